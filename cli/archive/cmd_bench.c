/* SPDX-License-Identifier: Apache-2.0
 *
 * `tacit bench`: compresses and decompresses each file in memory, by level, and compares.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/commands.h"
#include "cli/base/json_text.h"
#include "cli/base/progress.h"
#include "cli/files/file_input.h"
#include "tacit/buffer.h"
#include "tacit/version.h"

/* A file in memory, and room for its archive and the content decoded from that. */
struct bench {
    unsigned char *content; /* [n_content] */
    unsigned char *archive; /* [archive_cap] */
    unsigned char *decoded; /* [n_content] */
    size_t n_content, archive_cap, n_archive;
    double encode_seconds, decode_seconds; /* the fastest of the runs */
};

/* Each direction runs at least this long, so that the figures of short files do not come from one
 * cold run. */
static const double min_seconds = 0.25;

static enum exit_code read_all(struct input *input, struct bench *bench)
{
    size_t capacity = 1 << 16, n_read = 0;
    while (!input->at_end) {
        capacity *= 2;
        unsigned char *content = realloc(bench->content, capacity);
        if (content == NULL)
            return fail_with_status(input->console, input->name, TACIT_ERR_MEMORY);
        bench->content = content;
        enum exit_code code =
            input_read(input, content + bench->n_content, capacity - bench->n_content, &n_read);
        if (code != EXIT_CODE_OK)
            return code;
        bench->n_content += n_read;
    }
    bench->archive_cap = tacit_buffer_bound(bench->n_content);
    bench->archive = malloc(bench->archive_cap);
    bench->decoded = malloc(bench->n_content + 1); /* malloc(0) may be NULL */
    if (bench->archive == NULL || bench->decoded == NULL)
        return fail_with_status(input->console, input->name, TACIT_ERR_MEMORY);
    return EXIT_CODE_OK;
}

static enum tacit_status run_encode(struct bench *bench, const struct tacit_options *options)
{
    return tacit_buffer_compress(bench->content, bench->n_content, bench->archive,
                                 bench->archive_cap, &bench->n_archive, options);
}

static enum tacit_status run_decode(struct bench *bench, const struct tacit_options *options)
{
    size_t n;
    enum tacit_status status = tacit_buffer_decompress(
        bench->archive, bench->n_archive, bench->decoded, bench->n_content, &n, options);
    if (status == TACIT_OK &&
        (n != bench->n_content || memcmp(bench->decoded, bench->content, n) != 0))
        status = TACIT_ERR_CORRUPT;
    return status;
}

static enum tacit_status
measure(struct bench *bench, const struct tacit_options *options,
        enum tacit_status (*run)(struct bench *, const struct tacit_options *), double *best)
{
    enum tacit_status status;
    double total = 0;
    *best = 0;
    do {
        double start = clock_seconds();
        status = run(bench, options);
        double seconds = clock_seconds() - start;
        if (*best == 0 || seconds < *best)
            *best = seconds;
        total += seconds;
    } while (status == TACIT_OK && total < min_seconds);
    return status;
}

static void print_json_row(const struct arguments *arguments, const struct bench *bench, int level,
                           const char *name)
{
    static bool printed;
    double content = (double)bench->n_content;
    fputs(printed ? ",\n  {\"file\": " : "\n  {\"file\": ", stdout);
    printed = true;
    json_print_string(stdout, name, strlen(name));
    fputs(", \"model\": ", stdout);
    if (arguments->model_name)
        json_print_string(stdout, arguments->model_name, strlen(arguments->model_name));
    else
        fputs("null", stdout);
    printf(", \"level\": %d, \"bytes\": %zu, \"archive_bytes\": %zu, \"bits_per_byte\": ", level,
           bench->n_content, bench->n_archive);
    json_print_number(stdout, 8 * (double)bench->n_archive / content);
    fputs(", \"encode_bytes_per_second\": ", stdout);
    json_print_number(stdout, content / bench->encode_seconds);
    fputs(", \"decode_bytes_per_second\": ", stdout);
    json_print_number(stdout, content / bench->decode_seconds);
    putchar('}');
}

static void print_row(const struct bench *bench, int level, const char *name)
{
    double content = (double)bench->n_content, archive = (double)bench->n_archive;
    printf("%5d %12zu %12zu %8.3f %9.3f %11.1f %11.1f  ", level, bench->n_content, bench->n_archive,
           content / archive, content > 0 ? 8 * archive / content : 0,
           content / 1024 / bench->encode_seconds, content / 1024 / bench->decode_seconds);
    console_print_name(name);
    putchar('\n');
    fflush(stdout);
}

static enum exit_code bench_levels(struct arguments *arguments, struct bench *bench,
                                   const char *name)
{
    int first = arguments->first_level, last = arguments->last_level;
    if (first == 0) {
        first = arguments->model_name ? TACIT_LEVEL_CONTEXT : TACIT_LEVEL_MIN;
        last = TACIT_LEVEL_MAX;
        if (arguments->level_given)
            first = last = arguments->codec.level;
    }
    for (int level = first; level <= last; level++) {
        struct tacit_options options = arguments->codec;
        options.level = level;
        enum tacit_status status = measure(bench, &options, run_encode, &bench->encode_seconds);
        if (status == TACIT_OK)
            status = measure(bench, &options, run_decode, &bench->decode_seconds);
        if (status != TACIT_OK)
            return fail_with_status(&arguments->console, name, status);
        if (arguments->as_json)
            print_json_row(arguments, bench, level, name);
        else
            print_row(bench, level, name);
    }
    return EXIT_CODE_OK;
}

static enum exit_code bench_one(struct arguments *arguments, const char *path)
{
    struct input input;
    struct bench bench = {0};
    enum exit_code code = input_open(&input, &arguments->console, path, INPUT_ANY);
    if (code != EXIT_CODE_OK)
        return code;
    code = read_all(&input, &bench);
    if (code == EXIT_CODE_OK)
        code = bench_levels(arguments, &bench, input.name);
    free(bench.content);
    free(bench.archive);
    free(bench.decoded);
    input_close(&input);
    return code;
}

enum exit_code command_bench(struct arguments *arguments)
{
    if (arguments->as_json)
        printf("{\"tacit\": \"bench\", \"version\": \"%s\", \"results\": [", tacit_version());
    else
        printf("%5s %12s %12s %8s %9s %11s %11s  %s\n", "level", "content", "archive", "ratio",
               "bits/byte", "enc KiB/s", "dec KiB/s", "file");
    enum exit_code code = command_each_file(arguments, bench_one);
    if (arguments->as_json)
        fputs("\n]}\n", stdout);
    return code;
}
