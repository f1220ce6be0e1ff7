/* SPDX-License-Identifier: Apache-2.0
 *
 * Copies in the coded bits: encoder and decoder find the same places, of the reference and of the content, at any
 * size; numbers of bytes come back; and damaged bits copy nothing that is not there.
 */
#include "methods/recall/recall.h"

#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "unit/samples.h"

enum { N_REFERENCE = 30000, N_CONTENT = 60000, N_OUT = 2 * N_CONTENT };

static uint8_t reference[N_REFERENCE], content[N_CONTENT], decoded[N_CONTENT], out[N_OUT];
static uint64_t state = 1;
static unsigned n_found[RECALL_N_KINDS]; /* copies */

static void fill(uint8_t *to, size_t n)
{
    for (size_t i = 0; i < n; i++)
        to[i] = (uint8_t)sample_rng(&state);
}

/* A few bytes take the place of as many. In a long piece, a block begins where another byte of the reference was. */
static void change(size_t at, size_t n, size_t from)
{
    size_t block = (at + n / 2) / 512 * 512, older = (from + block - at + 511) / 512 * 512;
    fill(content + at + n / 2, n < 1000 ? 1 : 3);
    if (n < 3000 || older + 400 > N_REFERENCE)
        return;
    fill(content + block - 20, 20);
    memcpy(content + block, reference + older, 400);
}

/* News, and pieces of the reference and of what is before. */
static void make_content(void)
{
    fill(reference, N_REFERENCE);
    for (size_t at = 0; at < N_CONTENT;) {
        size_t n = sample_rng(&state) % 6000, left = N_CONTENT - at;
        n = n < left ? n + 1 : left;
        size_t from = (size_t)sample_rng(&state) % (N_REFERENCE - 6001);
        unsigned kind = (unsigned)(sample_rng(&state) % 3);
        if (kind == 0)
            fill(content + at, n % 50 < left ? n % 50 : left);
        else if (kind == 1)
            memcpy(content + at, reference + from, n);
        else
            memset(content + at, 7, n);
        if (kind == 1 && n > 3)
            change(at, n, from);
        at += kind == 0 ? n % 50 : n;
    }
}

/* How many bytes are known at once, by where they begin: one, or those of an item. */
static uint32_t n_at_once(uint32_t at, uint32_t n, bool resumes)
{
    uint32_t n_block = 512 - at % 512, n_new = resumes ? 1 + at % 7 : 1;
    n_new = n_new < n_block ? n_new : n_block;
    return n_new < n - at ? n_new : n - at;
}

/* Bytes that are not copied cost eight bits. Returns the bytes that were copied. */
static size_t encode(struct byte_view view, uint32_t n, bool resumes, size_t *n_out)
{
    struct recall recall;
    struct binary_encoder enc;
    size_t n_copied = 0;
    CHECK(recall_create(&recall, view, n, resumes) == TACIT_OK);
    binary_encoder_init(&enc, out, N_OUT);
    for (uint32_t at = 0; at < n;) {
        uint32_t n_new = n_at_once(at, n, resumes);
        for (uint32_t end = at + n_new; at < end; at++)
            for (int b = 7; b >= 0; b--)
                binary_encode(&enc, content[at] >> b & 1, UINT32_C(1) << 31);
        for (bool copied = true; copied && recall_finds(&recall, content, at, n_new); n_new = 0) {
            uint32_t length = recall_length(&recall, content, at, n, resumes ? 40 : 2000);
            CHECK(recall_code(&recall, recall.kind, length, &enc, NULL) == length);
            copied = length > 0 && resumes;
            n_found[recall.kind] += length > 0;
            at += length;
            n_copied += length;
            if (length > 0)
                recall_note(&recall, at);
        }
    }
    *n_out = binary_encoder_finish(&enc);
    recall_destroy(&recall);
    return n_copied;
}

/* False if a copy does not fit. */
static bool decode(struct byte_view view, uint32_t n, bool resumes, size_t n_out)
{
    struct recall recall;
    struct binary_decoder dec;
    CHECK(recall_create(&recall, view, n, resumes) == TACIT_OK);
    binary_decoder_init(&dec, out, n_out);
    bool fits = true;
    for (uint32_t at = 0; at < n && fits;) {
        uint32_t n_new = n_at_once(at, n, resumes);
        for (uint32_t end = at + n_new; at < end; at++) {
            decoded[at] = 0;
            for (int b = 0; b < 8; b++)
                decoded[at] = (uint8_t)(decoded[at] << 1 | binary_decode(&dec, UINT32_C(1) << 31));
        }
        for (bool copied = true; copied && recall_finds(&recall, decoded, at, n_new); n_new = 0) {
            uint32_t length = recall_code(&recall, recall.kind, 1, NULL, &dec);
            fits = length <= n - at;
            copied = fits && length > 0 && resumes;
            if (fits && length > 0) {
                recall_copy(&recall, decoded, at, length);
                at += length;
                recall_note(&recall, at);
            }
        }
    }
    recall_destroy(&recall);
    return fits;
}

int main(void)
{
    for (unsigned turn = 0; turn < 20; turn++) {
        make_content();
        uint32_t n = turn == 0 ? 1 : (uint32_t)(1 + sample_rng(&state) % N_CONTENT);
        struct byte_view view = {reference, turn % 4 == 3 ? turn : N_REFERENCE};
        bool resumes = turn % 2 == 0;
        size_t n_out, n_copied = encode(view, n, resumes, &n_out);
        CHECK(decode(view, n, resumes, n_out) && memcmp(content, decoded, n) == 0);
        CHECK(n < N_CONTENT / 2 || view.n < N_REFERENCE || n_copied > n / 4);
        for (unsigned i = 0; i < 20; i++) {
            out[sample_rng(&state) % n_out] ^= (uint8_t)(1 << i % 8);
            decode(view, n, resumes, n_out); /* for the sanitizers */
        }
    }
    for (unsigned kind = 0; kind < RECALL_N_KINDS; kind++)
        CHECK_MSG(n_found[kind] > 0, "no copy found in way %u", kind);
    CHECK(recall_memory(0, 1, false) == 4 << 10 && recall_memory(0, 1, true) == 4 << 10);
    CHECK(recall_memory(1 << 30, 1 << 30, false) == 4 << 23);
    return check_result();
}
