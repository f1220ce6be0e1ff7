/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/archive/verifier.h"

#include <stdlib.h>
#include <string.h>

enum tacit_status verifier_create(struct verifier *verifier, const struct tacit_options *options)
{
    *verifier = (struct verifier){0};
    struct tacit_options decoding = *options;
    decoding.progress = NULL;
    decoding.content_limit = 0; /* of content that is decoded only to compare it */
    return tacit_decoder_create(&verifier->decoder, &decoding);
}

static enum tacit_status make_room(struct verifier *verifier, size_t n)
{
    size_t n_waiting = verifier->end - verifier->start;
    if (verifier->start > 0 && verifier->capacity - verifier->end < n) {
        memmove(verifier->content, verifier->content + verifier->start, n_waiting);
        verifier->start = 0;
        verifier->end = n_waiting;
    }
    if (verifier->capacity - verifier->end >= n)
        return TACIT_OK;
    if (n_waiting > SIZE_MAX / 2 - n)
        return TACIT_ERR_MEMORY;
    size_t capacity = 2 * (n_waiting + n);
    unsigned char *content = realloc(verifier->content, capacity);
    if (content == NULL)
        return TACIT_ERR_MEMORY;
    verifier->content = content;
    verifier->capacity = capacity;
    return TACIT_OK;
}

enum tacit_status verifier_add_content(struct verifier *verifier, const void *data, size_t n)
{
    enum tacit_status status = make_room(verifier, n);
    if (status != TACIT_OK || n == 0)
        return status;
    memcpy(verifier->content + verifier->end, data, n);
    verifier->end += n;
    return TACIT_OK;
}

static enum tacit_status compare(struct verifier *verifier, const unsigned char *decoded, size_t n)
{
    const unsigned char *expected = verifier->content + verifier->start;
    size_t n_common = verifier->end - verifier->start;
    if (n_common > n)
        n_common = n;
    size_t n_equal = 0;
    while (n_equal < n_common && decoded[n_equal] == expected[n_equal])
        n_equal++;
    verifier->start += n_equal;
    verifier->n_equal += n_equal;
    return n_equal == n ? TACIT_OK : TACIT_ERR_CORRUPT;
}

enum tacit_status verifier_add_archive(struct verifier *verifier, const void *data, size_t n,
                                       bool finish)
{
    unsigned char decoded[16384];
    struct tacit_input input = {.data = data, .size = n};
    struct tacit_output output = {.data = decoded, .size = sizeof decoded};
    do {
        output.pos = 0;
        enum tacit_status status =
            tacit_decoder_run(verifier->decoder, &input, &output, finish, &verifier->is_done);
        if (status != TACIT_OK)
            return status;
        if (output.pos > 0) {
            status = compare(verifier, decoded, output.pos);
            if (status != TACIT_OK)
                return status;
        }
    } while (!verifier->is_done && (input.pos < input.size || output.pos == output.size || finish));
    if (finish && verifier->start != verifier->end)
        return TACIT_ERR_CORRUPT;
    return TACIT_OK;
}

void verifier_destroy(struct verifier *verifier)
{
    tacit_decoder_destroy(verifier->decoder);
    free(verifier->content);
    *verifier = (struct verifier){0};
}
