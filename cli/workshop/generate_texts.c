/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/workshop/generate_texts.h"

#include <stdlib.h>
#include <string.h>

#include "cli/base/json_text.h"

/* A text as far as it has come. */
struct growing {
    char *bytes;
    size_t n, capacity;
};

struct texts {
    struct output *output;
    struct growing *growing; /* [n] */
    size_t n, n_written;
    uint64_t n_bytes, first_seed;
    enum exit_code code;
};

static bool add(struct growing *text, const void *data, size_t n)
{
    if (text->n + n > text->capacity) {
        size_t capacity = 2 * text->capacity + n;
        char *bytes = realloc(text->bytes, capacity);
        if (!bytes)
            return false;
        text->bytes = bytes;
        text->capacity = capacity;
    }
    memcpy(text->bytes + text->n, data, n);
    text->n += n;
    return true;
}

static enum exit_code write_line(const struct texts *texts, uint64_t seed,
                                 const struct growing *text)
{
    char *line = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&line, &n);
    if (!out)
        return fail_with_status(texts->output->console, NULL, TACIT_ERR_MEMORY);
    fprintf(out, "{\"seed\": %llu, \"text\": ", (unsigned long long)seed);
    json_print_string(out, text->bytes, text->n);
    fputs("}\n", out);
    enum exit_code code = fclose(out) == 0
                              ? output_write(texts->output, line, n)
                              : fail_with_status(texts->output->console, NULL, TACIT_ERR_MEMORY);
    free(line);
    return code;
}

/* Writes the texts that are complete and whose turn it is. */
static int take_piece(void *context, size_t index, const void *data, size_t n)
{
    struct texts *texts = context;
    if (!add(&texts->growing[index], data, n))
        texts->code = fail_with_status(texts->output->console, NULL, TACIT_ERR_MEMORY);
    while (texts->code == EXIT_CODE_OK && texts->n_written < texts->n &&
           texts->growing[texts->n_written].n == texts->n_bytes) {
        struct growing *text = &texts->growing[texts->n_written];
        texts->code = write_line(texts, texts->first_seed + texts->n_written++, text);
        free(text->bytes);
        *text = (struct growing){NULL, 0, 0};
    }
    return texts->code != EXIT_CODE_OK;
}

enum tacit_status generate_texts(struct output *output, const struct tacit_model *model,
                                 const struct tacit_generate_options *options, size_t n_texts,
                                 uint64_t n_bytes, enum exit_code *code)
{
    struct texts texts = {.output = output,
                          .growing = calloc(n_texts, sizeof *texts.growing),
                          .n = n_texts,
                          .n_bytes = n_bytes,
                          .first_seed = options->seed};
    if (!texts.growing)
        return TACIT_ERR_MEMORY;
    enum tacit_status status =
        tacit_generate_texts(model, options, n_texts, n_bytes, take_piece, &texts);
    for (size_t i = 0; i < n_texts; i++)
        free(texts.growing[i].bytes);
    free(texts.growing);
    *code = texts.code;
    return status;
}
