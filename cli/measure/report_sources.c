/* SPDX-License-Identifier: Apache-2.0
 *
 * The first value of a file tells what results it holds. A document goes to the page unchanged.
 * There may be any number of JSON lines: the page gets the first ones, and every k-th of all, where
 * k grows with their number, so that a million lines take the memory of a few thousand.
 */
#include "cli/measure/cmd_report.h"

#ifdef TACIT_HAVE_JANSSON

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/json_text.h"
#include "cli/files/line_reader.h"
#include "cli/files/whole_file.h"
#include "cli/records/json_lenient.h"
#include "cli/records/json_record.h"

enum {
    N_HEAD = 20,      /* first lines, all of them */
    N_KEPT_MAX = 4000 /* of the others; even */
};

/* A string inside JSON may hold '<', which would end the page's script. */
static void print_json(FILE *out, const json_t *value)
{
    char *text = json_dumps(value, JSON_COMPACT);
    for (const char *c = text; c && *c; c++) {
        if (*c == '<')
            fputs("\\u003c", out);
        else
            putc(*c, out);
    }
    free(text);
}

/* The kind of the results; NULL: the page does not know it. */
static const char *document_kind(const json_t *root)
{
    static const struct {
        const char *name, *list; /* what it must hold */
    } kinds[] = {
        {"eval", "results"}, {"rank", "results"}, {"bench", "results"}, {"inspect", "tensors"}};
    const char *made_by = json_string_value(json_object_get(root, "tacit"));
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (made_by && strcmp(made_by, kinds[i].name) == 0 &&
            json_is_array(json_object_get(root, kinds[i].list)))
            return kinds[i].name;
    if (!made_by && json_is_array(json_object_get(root, "files")) &&
        json_is_object(json_object_get(root, "versions")))
        return "compare";
    return NULL;
}

static const char *line_kind(const json_t *line)
{
    if (json_is_integer(json_object_get(line, "step")))
        return "train";
    if (json_object_get(line, "rank") && json_is_string(json_object_get(line, "why")))
        return "select";
    return NULL;
}

static void print_head(FILE *out, const char *kind, const char *path)
{
    fprintf(out, "{\"kind\":\"%s\",\"name\":", kind);
    json_print_html_string(out, path, strlen(path));
}

struct lines {
    const char *kind; /* of the first one */
    json_t *head[N_HEAD];
    json_t *kept[N_KEPT_MAX]; /* lines 0, every, 2 every, ... */
    size_t n, n_kept, every;
    size_t n_chosen, n_bytes; /* of a selection */
};

static void lines_release(struct lines *lines)
{
    for (size_t i = 0; i < N_HEAD; i++)
        json_decref(lines->head[i]);
    for (size_t i = 0; i < lines->n_kept; i++)
        json_decref(lines->kept[i]);
    free(lines);
}

static void keep(struct lines *lines, json_t *line)
{
    if (lines->n_kept == N_KEPT_MAX) {
        for (size_t i = 0; i < N_KEPT_MAX; i++) {
            if (i % 2 == 0)
                lines->kept[i / 2] = lines->kept[i];
            else
                json_decref(lines->kept[i]);
        }
        lines->n_kept /= 2;
        lines->every *= 2;
    }
    if (lines->n % lines->every == 0)
        lines->kept[lines->n_kept++] = json_incref(line);
}

/* Takes the line, or writes what is wrong with it to problem. */
static bool lines_add(struct lines *lines, const char *text, size_t n, char *problem)
{
    json_error_t error;
    json_t *line = json_load_lenient(text, n, JSON_ALLOW_NUL, &error);
    const char *kind = line ? line_kind(line) : NULL;
    bool is_good = kind && (!lines->kind || strcmp(kind, lines->kind) == 0);
    if (!line)
        snprintf(problem, JSON_PROBLEM_CAP, "is not JSON: %s", error.text);
    else if (!is_good)
        snprintf(problem, JSON_PROBLEM_CAP, "is no result of %s",
                 lines->kind ? lines->kind : "a command that has a place in a report");
    if (is_good) {
        lines->kind = kind;
        if (lines->n < N_HEAD)
            lines->head[lines->n] = json_incref(line);
        keep(lines, line);
        lines->n++;
        if (json_is_integer(json_object_get(line, "rank"))) {
            lines->n_chosen++;
            lines->n_bytes += (size_t)json_integer_value(json_object_get(line, "bytes"));
        }
    }
    json_decref(line);
    return is_good;
}

static void print_lines(FILE *out, const char *path, const struct lines *lines)
{
    print_head(out, lines->kind, path);
    fprintf(out, ",\"n\":%zu,\"chosen\":%zu,\"bytes\":%zu,\"head\":[", lines->n, lines->n_chosen,
            lines->n_bytes);
    for (size_t i = 0; i < N_HEAD && i < lines->n; i++) {
        fputs(i ? "," : "", out);
        print_json(out, lines->head[i]);
    }
    fputs("],\"lines\":[", out);
    for (size_t i = 0; i < lines->n_kept; i++) {
        fputs(i ? ",\n" : "", out);
        print_json(out, lines->kept[i]);
    }
    fputs("]}", out);
}

static enum exit_code read_lines(struct console *console, const struct report_options *options,
                                 const char *path, const char *text, size_t n, struct lines *lines)
{
    char problem[JSON_PROBLEM_CAP];
    unsigned long long number = 1;
    for (const char *end = text + n, *next; text < end; text = next + 1, number++) {
        next = memchr(text, '\n', (size_t)(end - text));
        next = next ? next : end;
        if (json_is_blank(text, (size_t)(next - text)) ||
            lines_add(lines, text, (size_t)(next - text), problem))
            continue;
        if (!options->skip_broken) {
            console_error(console, path, "line %llu %s", number, problem);
            return EXIT_CODE_FAILED;
        }
        console_warn(console, path, "line %llu %s: skipped", number, problem);
    }
    if (lines->n > 0)
        return EXIT_CODE_OK;
    console_error(console, path, "holds no results");
    return EXIT_CODE_FAILED;
}

static enum exit_code add_lines(struct console *console, const struct report_options *options,
                                const char *path, const char *text, size_t n, FILE *out)
{
    struct lines *lines = calloc(1, sizeof *lines);
    if (!lines)
        return fail_with_status(console, path, TACIT_ERR_MEMORY);
    lines->every = 1;
    enum exit_code code = read_lines(console, options, path, text, n, lines);
    if (code == EXIT_CODE_OK)
        print_lines(out, path, lines);
    lines_release(lines);
    return code;
}

/* Reads one value, on one line or many; false if the file is something else. */
static bool add_document(const char *path, const char *text, size_t n, FILE *out)
{
    json_error_t error;
    json_t *root = json_load_lenient(text, n, 0, &error);
    const char *kind = document_kind(root);
    if (kind) {
        print_head(out, kind, path);
        fputs(",\"data\":", out);
        print_json(out, root);
        putc('}', out);
    }
    json_decref(root);
    return kind != NULL;
}

enum exit_code report_add_source(struct console *console, const struct report_options *options,
                                 const char *path, FILE *out)
{
    unsigned char *data;
    size_t n;
    enum exit_code code = whole_file_read(console, path, UINT64_MAX, &data, &n);
    const char *text = (const char *)data;
    if (code == EXIT_CODE_OK && n >= BYTE_ORDER_MARK_SIZE &&
        memcmp(text, BYTE_ORDER_MARK, BYTE_ORDER_MARK_SIZE) == 0) {
        text += BYTE_ORDER_MARK_SIZE;
        n -= BYTE_ORDER_MARK_SIZE;
    }
    if (code == EXIT_CODE_OK && !add_document(path, text, n, out))
        code = add_lines(console, options, path, text, n, out);
    free(data);
    return code;
}

#else

enum exit_code report_add_source(struct console *console, const struct report_options *options,
                                 const char *path, FILE *out)
{
    (void)options, (void)out;
    console_error(console, path, "cannot be read: this build has no libjansson");
    return EXIT_CODE_UNSUPPORTED;
}

#endif
