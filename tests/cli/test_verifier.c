/* SPDX-License-Identifier: Apache-2.0
 *
 * What --verify must notice cannot be provoked from outside: here it gets archives of other
 * content, of less, of more, cut and damaged ones.
 */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "cli/archive/verifier.h"
#include "tacit/buffer.h"

enum { N_CONTENT = 20000, BLOCK_SIZE = 4096 };

struct sample {
    unsigned char content[N_CONTENT];
    unsigned char *archive;
    size_t n_archive;
};

static void make_options(struct tacit_options *options)
{
    tacit_options_init(options);
    options->level = TACIT_LEVEL_MIN;
    options->block_size = BLOCK_SIZE;
    options->n_threads = 1;
}

static void make_sample(struct sample *sample)
{
    struct tacit_options options;
    make_options(&options);
    uint32_t state = 1;
    for (size_t i = 0; i < N_CONTENT; i++) {
        state = state * 1664525 + 1013904223;
        sample->content[i] = (unsigned char)(state >> 24); /* nothing to compress: as long */
    }
    size_t capacity = tacit_buffer_bound(N_CONTENT);
    sample->archive = malloc(capacity);
    CHECK(sample->archive != NULL);
    CHECK(tacit_buffer_compress(sample->content, N_CONTENT, sample->archive, capacity,
                                &sample->n_archive, &options) == TACIT_OK);
}

/* The content in pieces of n_piece; the first n_archive bytes of the archive follow two blocks
 * behind, as an encoder would give them out. */
static enum tacit_status verify(const unsigned char *content, size_t n_content,
                                const unsigned char *archive, size_t n_archive, size_t n_piece,
                                uint64_t *n_equal)
{
    struct verifier verifier;
    struct tacit_options options;
    make_options(&options);
    enum tacit_status status = verifier_create(&verifier, &options);
    size_t in = 0, out = 0;
    while (status == TACIT_OK && in < n_content) {
        size_t n = n_content - in < n_piece ? n_content - in : n_piece;
        status = verifier_add_content(&verifier, content + in, n);
        in += n;
        size_t n_due = in > 2 * BLOCK_SIZE ? in - 2 * BLOCK_SIZE : 0;
        if (status == TACIT_OK && out < n_due && n_due < n_archive) {
            status = verifier_add_archive(&verifier, archive + out, n_due - out, false);
            out = n_due;
        }
    }
    if (status == TACIT_OK)
        status = verifier_add_archive(&verifier, archive + out, n_archive - out, true);
    *n_equal = verifier.n_equal;
    verifier_destroy(&verifier);
    return status;
}

int main(void)
{
    static struct sample sample;
    make_sample(&sample);
    uint64_t n_equal;
    for (size_t n_piece = 100; n_piece <= 2 * N_CONTENT; n_piece *= 5) {
        CHECK(verify(sample.content, N_CONTENT, sample.archive, sample.n_archive, n_piece,
                     &n_equal) == TACIT_OK);
        CHECK(n_equal == N_CONTENT);
        for (size_t at = 0; at < N_CONTENT; at += 4999) {
            sample.content[at] ^= 1;
            CHECK_MSG(verify(sample.content, N_CONTENT, sample.archive, sample.n_archive, n_piece,
                             &n_equal) == TACIT_ERR_CORRUPT,
                      "at %zu", at);
            CHECK_MSG(n_equal == at, "%llu, not %zu", (unsigned long long)n_equal, at);
            sample.content[at] ^= 1;
        }
        CHECK(verify(sample.content, N_CONTENT - 1, sample.archive, sample.n_archive, n_piece,
                     &n_equal) != TACIT_OK);
        CHECK(verify(sample.content, N_CONTENT, sample.archive, sample.n_archive - 1, n_piece,
                     &n_equal) != TACIT_OK);
    }
    /* one byte more than the archive holds */
    unsigned char longer[N_CONTENT + 1] = {0};
    memcpy(longer, sample.content, N_CONTENT);
    CHECK(verify(longer, sizeof longer, sample.archive, sample.n_archive, 500, &n_equal) !=
          TACIT_OK);
    sample.archive[sample.n_archive / 2] ^= 4;
    CHECK(verify(sample.content, N_CONTENT, sample.archive, sample.n_archive, 500, &n_equal) !=
          TACIT_OK);
    free(sample.archive);
    return check_result();
}
