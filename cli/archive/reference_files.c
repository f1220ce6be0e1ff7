/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/archive/reference_files.h"

#include <stdlib.h>
#include <string.h>

#include "cli/base/reference_text.h"
#include "cli/files/file_input.h"

enum { PIECE = 1 << 16 };

struct joined {
    unsigned char *data;
    size_t n, cap;
};

static enum exit_code make_room(struct joined *joined, const struct input *input)
{
    if (joined->n + PIECE <= joined->cap)
        return EXIT_CODE_OK;
    size_t cap = joined->n + (size_t)input_size(input) + PIECE;
    cap = cap > 2 * joined->cap ? cap : 2 * joined->cap;
    cap = cap > PIECE ? cap : PIECE; /* clang-tidy does not see that these sums are bounded */
    unsigned char *data = realloc(joined->data, cap);
    if (data == NULL)
        return fail_with_status(input->console, input->name, TACIT_ERR_MEMORY);
    joined->data = data;
    joined->cap = cap;
    return EXIT_CODE_OK;
}

static enum exit_code refuse_size(const struct input *input)
{
    console_error(input->console, input->name,
                  "the files of -D have more than %llu MiB together; name the last parts only",
                  (unsigned long long)(TACIT_REFERENCE_MAX >> 20));
    return EXIT_CODE_USAGE;
}

static enum exit_code append_open(struct joined *joined, struct input *input)
{
    if (input_size(input) > TACIT_REFERENCE_MAX - joined->n)
        return refuse_size(input);
    while (!input->at_end) {
        size_t n;
        enum exit_code code = make_room(joined, input);
        if (code == EXIT_CODE_OK)
            code = input_read(input, joined->data + joined->n, PIECE, &n);
        if (code != EXIT_CODE_OK)
            return code;
        joined->n += n;
        if (joined->n > TACIT_REFERENCE_MAX)
            return refuse_size(input);
    }
    return EXIT_CODE_OK;
}

static enum exit_code append(struct arguments *arguments, const char *path, struct joined *joined)
{
    struct input input;
    if (strcmp(path, "-") == 0) {
        console_error(&arguments->console, NULL, "-D takes files, not standard input");
        return EXIT_CODE_USAGE;
    }
    enum exit_code code = input_open(&input, &arguments->console, path, INPUT_ANY);
    if (code != EXIT_CODE_OK)
        return code;
    code = append_open(joined, &input);
    input_close(&input);
    return code;
}

static enum exit_code create(struct arguments *arguments, const struct joined *joined,
                             struct tacit_reference **reference)
{
    const char *name = arguments->references[0];
    if (joined->n == 0) {
        console_error(&arguments->console, name, "is empty: a reference has a byte at least");
        return EXIT_CODE_USAGE;
    }
    enum tacit_status status = tacit_reference_create(reference, joined->data, joined->n);
    if (status != TACIT_OK)
        return fail_with_status(&arguments->console, name, status);
    struct tacit_reference_identity identity = {.struct_size = sizeof identity};
    tacit_reference_get_identity(*reference, &identity);
    reference_text(arguments->reference_given, &identity);
    arguments->console.reference_given = arguments->reference_given;
    arguments->codec.reference = *reference;
    return EXIT_CODE_OK;
}

enum exit_code reference_files_open(struct arguments *arguments, struct tacit_reference **reference)
{
    struct joined joined = {0};
    enum exit_code code = EXIT_CODE_OK;
    *reference = NULL;
    if (arguments->n_references == 0)
        return EXIT_CODE_OK;
    for (unsigned i = 0; i < arguments->n_references && code == EXIT_CODE_OK; i++)
        code = append(arguments, arguments->references[i], &joined);
    if (code == EXIT_CODE_OK)
        code = create(arguments, &joined, reference);
    free(joined.data);
    return code;
}
