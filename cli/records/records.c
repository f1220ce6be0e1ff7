/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/records/records.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/base/console.h"
#include "cli/files/fd_io.h"
#include "cli/files/file_walk.h"
#include "cli/files/line_reader.h"
#include "cli/files/whole_file.h"
#include "cli/records/json_lenient.h"

static enum exit_code add_place(struct records *r, struct record_place place)
{
    if (r->n_records == r->capacity) {
        size_t capacity = r->capacity ? 2 * r->capacity : 1024;
        struct record_place *more = realloc(r->places, capacity * sizeof *more);
        if (!more)
            return fail_with_status(r->console, r->path, TACIT_ERR_MEMORY);
        r->places = more;
        r->capacity = capacity;
    }
    r->places[r->n_records++] = place;
    return EXIT_CODE_OK;
}

static enum exit_code broken(struct records *r, uint64_t line, const char *problem)
{
    r->n_broken++;
    if (r->options.skip_broken) {
        console_warn(r->console, r->path, "line %llu %s; skipped", (unsigned long long)line,
                     problem);
        return EXIT_CODE_OK;
    }
    console_error(r->console, r->path, "line %llu %s (--skip-broken goes on)",
                  (unsigned long long)line, problem);
    return EXIT_CODE_FAILED;
}

static enum exit_code add_line(struct records *r, const struct line_reader *reader,
                               const char *line, size_t n)
{
    char problem[JSON_PROBLEM_CAP];
    struct json_record json;
    if (n == 0 || (r->options.field && json_is_blank(line, n)))
        return EXIT_CODE_OK;
    if (n > UINT32_MAX || reader->number > UINT32_MAX)
        return broken(r, reader->number, "is too long");
    if (r->options.field) {
        if (!json_record_parse(&json, line, n, r->options.field, problem))
            return broken(r, reader->number, problem);
        json_record_release(&json);
    }
    return add_place(r,
                     (struct record_place){reader->offset, (uint32_t)n, (uint32_t)reader->number});
}

static enum exit_code scan_file(struct records *r)
{
    struct line_reader reader;
    const char *line;
    size_t n;
    enum exit_code code = line_reader_open(&reader, r->console, r->path);
    if (code != EXIT_CODE_OK)
        return code;
    do {
        code = line_reader_next(&reader, &line, &n);
        if (code == EXIT_CODE_OK && line)
            code = add_line(r, &reader, line, n);
    } while (code == EXIT_CODE_OK && line);
    line_reader_close(&reader);
    return code;
}

static enum exit_code refuse_file(struct records *r, const char *path, const char *problem)
{
    r->n_broken++;
    if (r->options.skip_broken) {
        console_warn(r->console, path, "%s; skipped", problem);
        return EXIT_CODE_OK;
    }
    console_error(r->console, path, "%s (--skip-broken goes on)", problem);
    return EXIT_CODE_FAILED;
}

/* A visit of file_walk. Empty files are no records, nor are empty lines. */
static enum exit_code add_file(void *context, const char *path)
{
    struct records *r = context;
    struct stat about;
    if (access(path, R_OK) != 0 || stat(path, &about) != 0) {
        char problem[128];
        snprintf(problem, sizeof problem, "cannot open: %s", strerror(errno));
        return refuse_file(r, path, problem);
    }
    if (about.st_size == 0) {
        r->n_empty++;
        return EXIT_CODE_OK;
    }
    if (r->n_records == r->capacity) {
        size_t capacity = r->capacity ? 2 * r->capacity : 1024;
        char **more = realloc(r->names, capacity * sizeof *more);
        if (!more)
            return fail_with_status(r->console, r->path, TACIT_ERR_MEMORY);
        r->names = more;
        r->capacity = capacity;
    }
    r->names[r->n_records] = strdup(path);
    if (!r->names[r->n_records])
        return fail_with_status(r->console, r->path, TACIT_ERR_MEMORY);
    r->n_records++;
    return EXIT_CODE_OK;
}

static enum exit_code scan_folder(struct records *r)
{
    struct file_walk walk = {.console = r->console,
                             .skips_hidden = true,
                             .takes_links = true,
                             .visit = add_file,
                             .context = r};
    r->names = malloc(sizeof *r->names); /* a folder's, even if it is empty */
    if (!r->names)
        return fail_with_status(r->console, r->path, TACIT_ERR_MEMORY);
    enum exit_code code = file_walk_run(&walk, r->path);
    if (code == EXIT_CODE_OK && r->n_empty > 0)
        console_warn(r->console, r->path, "empty files left out: %zu", r->n_empty);
    return code;
}

enum exit_code records_open(struct records *r, struct console *console, const char *path,
                            const struct records_options *options)
{
    struct stat stat_;
    *r = (struct records){
        .console = console, .options = *options, .path = path, .input = {.fd = -1}};
    bool exists = stat(path, &stat_) == 0;
    bool is_folder = exists && S_ISDIR(stat_.st_mode);
    if (strcmp(path, "-") == 0 || (exists && !is_folder && !S_ISREG(stat_.st_mode))) {
        console_error(console, path, "is read several times, so it must be a file or a folder");
        return EXIT_CODE_FAILED;
    }
    enum exit_code code = is_folder ? scan_folder(r) : scan_file(r);
    if (code == EXIT_CODE_OK && !is_folder)
        code = input_open(&r->input, console, path, INPUT_ANY);
    if (code != EXIT_CODE_OK)
        records_close(r);
    return code;
}

void records_close(struct records *r)
{
    for (unsigned i = 0; i < TACIT_SELECT_THREADS_MAX; i++) {
        json_record_release(&r->buffers[i].json);
        free(r->buffers[i].data);
    }
    for (size_t i = 0; r->names && i < r->n_records; i++)
        free(r->names[i]);
    free(r->names);
    free(r->places);
    if (r->input.fd >= 0)
        input_close(&r->input);
}

static const char *read_line(struct records *r, struct record_buffer *b, size_t record, size_t *n)
{
    const struct record_place *place = &r->places[record];
    if (place->n_bytes > b->capacity || !b->data) {
        free(b->data);
        b->capacity = place->n_bytes + (size_t)place->n_bytes / 2 + 64;
        b->data = malloc(b->capacity);
    }
    if (!b->data) {
        b->capacity = 0;
        fail_with_status(r->console, r->path, TACIT_ERR_MEMORY);
        return NULL;
    }
    if (!fd_read_at(r->input.fd, place->offset, b->data, place->n_bytes)) {
        r->is_unreadable = true;
        console_error(r->console, r->path, "cannot read: %s", strerror(errno));
        return NULL;
    }
    *n = place->n_bytes;
    return b->data;
}

static const char *read_file(struct records *r, struct record_buffer *b, size_t record, size_t *n)
{
    unsigned char *data;
    free(b->data);
    b->data = NULL;
    if (whole_file_read(r->console, r->names[record], UINT32_MAX, &data, n) != EXIT_CODE_OK) {
        free(data);
        r->is_unreadable = true;
        return NULL;
    }
    b->data = (char *)data;
    return b->data;
}

const void *records_read(void *context, unsigned reader, size_t record, size_t *n)
{
    struct records *r = context;
    struct record_buffer *b = &r->buffers[reader];
    char problem[JSON_PROBLEM_CAP];
    if (r->names)
        return read_file(r, b, record, n);
    const char *line = read_line(r, b, record, n);
    if (!line || !r->options.field)
        return line;
    json_record_release(&b->json);
    if (!json_record_parse(&b->json, line, *n, r->options.field, problem)) {
        r->is_unreadable = true;
        console_error(r->console, r->path, "line %u %s now: it was changed meanwhile",
                      (unsigned)r->places[record].line, problem);
        return NULL;
    }
    *n = b->json.n_text;
    return b->json.text;
}

const char *records_raw(struct records *r, size_t record, size_t *n)
{
    if (!r->names)
        return read_line(r, &r->buffers[0], record, n);
    *n = strlen(r->names[record]);
    return r->names[record];
}
