/* SPDX-License-Identifier: Apache-2.0
 *
 * Symbols a second of the entropy coders alone, both directions, on the bytes of a file under their
 * own static distribution, beside a plain Huffman decoder:
 *
 *     coder_bench FILE
 *
 * rANS codes a byte as one symbol, the binary coder as eight decisions down a tree, as the codec
 * does; Huffman's codes, of at most 12 bits, are looked up in one table. Nothing is predicted, so this
 * is what the coders themselves can do.
 */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/file_bytes.h"
#include "coder/binary_coder.h"
#include "coder/rans.h"

enum { N = 256, CODE_BITS = 12, TRIALS = 5 };

struct source {
    const uint8_t *data;
    size_t n;
    uint32_t count[N];
    uint8_t *coded, *back;
    size_t cap;
};

static double cpu_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Each coder: from data to coded, its length; from coded to back. */
struct coder {
    const char *name;
    size_t (*encode)(struct source *s);
    void (*decode)(struct source *s, size_t n_coded);
};

static struct rans_part parts[N];
static uint8_t symbols[1 << CODE_BITS]; /* rANS: of a slot's first bits, where to begin looking */

static void make_parts(const struct source *s)
{
    uint32_t left = RANS_TOTAL - N, top = 0;
    for (uint32_t i = 0; i < N; i++) {
        parts[i].n = 1 + (uint32_t)((uint64_t)s->count[i] * (RANS_TOTAL - N) / s->n);
        left -= parts[i].n - 1;
        top = s->count[i] > s->count[top] ? i : top;
    }
    parts[top].n += left;
    for (uint32_t i = 1; i < N; i++)
        parts[i].start = parts[i - 1].start + parts[i - 1].n;
    for (uint32_t slot = 0, i = 0; slot < 1 << CODE_BITS; slot++) {
        while (i + 1 < N && parts[i + 1].start <= slot << (RANS_TOTAL_LOG2 - CODE_BITS))
            i++;
        symbols[slot] = (uint8_t)i;
    }
}

static size_t encode_rans(struct source *s)
{
    struct rans_part *all = malloc(s->n * sizeof *all);
    if (!all)
        return 0;
    for (size_t i = 0; i < s->n; i++)
        all[i] = parts[s->data[i]];
    size_t n = rans_encode(all, s->n, s->coded, s->cap);
    free(all);
    return n;
}

static void decode_rans(struct source *s, size_t n_coded)
{
    struct rans_decoder dec;
    rans_decoder_init(&dec, s->coded, n_coded);
    for (size_t i = 0; i < s->n; i++) {
        uint32_t slot = rans_peek(&dec);
        unsigned symbol = symbols[slot >> (RANS_TOTAL_LOG2 - CODE_BITS)];
        while (symbol + 1 < N && parts[symbol + 1].start <= slot)
            symbol++;
        rans_take(&dec, parts[symbol]);
        s->back[i] = (uint8_t)symbol;
    }
}

static uint32_t ones[N]; /* probability of a 1, by the path so far with a leading 1 */

static void make_tree(const struct source *s)
{
    uint64_t weight[2 * N];
    for (unsigned i = 0; i < N; i++)
        weight[N + i] = s->count[i] + (uint64_t)1;
    for (unsigned i = N - 1; i > 0; i--) {
        weight[i] = weight[2 * i] + weight[2 * i + 1];
        ones[i] = (uint32_t)((weight[2 * i + 1] << 32) / weight[i]);
    }
}

static size_t encode_binary(struct source *s)
{
    struct binary_encoder enc;
    binary_encoder_init(&enc, s->coded, s->cap);
    for (size_t i = 0; i < s->n; i++)
        for (unsigned path = 1, bit = 8; bit-- > 0;) {
            int one = s->data[i] >> bit & 1;
            binary_encode(&enc, one, ones[path]);
            path = 2 * path + (unsigned)one;
        }
    return binary_encoder_finish(&enc);
}

static void decode_binary(struct source *s, size_t n_coded)
{
    struct binary_decoder dec;
    binary_decoder_init(&dec, s->coded, n_coded);
    for (size_t i = 0; i < s->n; i++) {
        unsigned path = 1;
        while (path < N)
            path = 2 * path + (unsigned)binary_decode(&dec, ones[path]);
        s->back[i] = (uint8_t)path;
    }
}

static struct {
    uint8_t length[N];
    uint16_t code[N];
    struct {
        uint8_t symbol, length;
    } table[1 << CODE_BITS];
} huffman;

/* Lengths by merging the two lightest, of counts that are halved until the longest is short enough. */
static void make_lengths(const struct source *s)
{
    unsigned longest = CODE_BITS + 1;
    for (unsigned shift = 0; longest > CODE_BITS; shift++) {
        uint64_t weight[2 * N];
        unsigned parent[2 * N], n = N;
        for (unsigned i = 0; i < N; i++)
            weight[i] = (s->count[i] >> shift) + (uint64_t)1;
        for (; n < 2 * N - 1; n++) {
            unsigned least[2] = {0, 0};
            for (int k = 0; k < 2; k++) {
                uint64_t best = UINT64_MAX;
                for (unsigned i = 0; i < n; i++)
                    if (weight[i] < best) {
                        best = weight[i];
                        least[k] = i;
                    }
                weight[n] = (k ? weight[n] : 0) + best;
                weight[least[k]] = UINT64_MAX;
                parent[least[k]] = n;
            }
        }
        longest = 0;
        for (unsigned i = 0; i < N; i++) {
            unsigned length = 0;
            for (unsigned at = i; at != 2 * N - 2; at = parent[at])
                length++;
            huffman.length[i] = (uint8_t)length;
            longest = length > longest ? length : longest;
        }
    }
}

static void make_huffman(const struct source *s)
{
    unsigned code = 0;
    make_lengths(s);
    for (unsigned length = 1; length <= CODE_BITS; length++)
        for (unsigned i = 0; i < N; i++) {
            if (huffman.length[i] != length)
                continue;
            unsigned span = 1u << (CODE_BITS - length);
            huffman.code[i] = (uint16_t)(code >> (CODE_BITS - length));
            for (unsigned j = 0; j < span; j++, code++) {
                huffman.table[code].symbol = (uint8_t)i;
                huffman.table[code].length = (uint8_t)length;
            }
        }
}

static size_t encode_huffman(struct source *s)
{
    uint64_t bits = 0;
    unsigned n_bits = 0;
    size_t n = 0;
    for (size_t i = 0; i < s->n; i++) {
        bits = bits << huffman.length[s->data[i]] | huffman.code[s->data[i]];
        n_bits += huffman.length[s->data[i]];
        for (; n_bits >= 8; n_bits -= 8)
            s->coded[n++] = (uint8_t)(bits >> (n_bits - 8));
    }
    s->coded[n++] = (uint8_t)(bits << (8 - n_bits));
    memset(s->coded + n, 0, 8); /* the decoder looks ahead */
    return n;
}

static void decode_huffman(struct source *s, size_t n_coded)
{
    const uint8_t *in = s->coded;
    uint64_t bits = 0;
    unsigned n_bits = 0;
    (void)n_coded;
    for (size_t i = 0; i < s->n; i++) {
        for (; n_bits <= 56; n_bits += 8)
            bits |= (uint64_t)*in++ << (56 - n_bits);
        unsigned at = (unsigned)(bits >> (64 - CODE_BITS));
        s->back[i] = huffman.table[at].symbol;
        bits <<= huffman.table[at].length;
        n_bits -= huffman.table[at].length;
    }
}

static int measure(const struct coder *coder, struct source *s)
{
    double to = 1e9, from = 1e9;
    size_t n_coded = 0;
    for (int trial = 0; trial < TRIALS; trial++) {
        double start = cpu_seconds();
        n_coded = coder->encode(s);
        double middle = cpu_seconds();
        coder->decode(s, n_coded);
        double end = cpu_seconds();
        to = middle - start < to ? middle - start : to;
        from = end - middle < from ? end - middle : from;
    }
    if (memcmp(s->back, s->data, s->n) != 0)
        return fprintf(stderr, "coder_bench: %s: other bytes\n", coder->name), 1;
    printf("%-14s %10zu %8.1f %8.1f\n", coder->name, n_coded, 1e-6 * (double)s->n / to,
           1e-6 * (double)s->n / from);
    return 0;
}

int main(int argc, char **argv)
{
    static const struct coder coders[] = {{"rANS, 4 lanes", encode_rans, decode_rans},
                                          {"binary, 8 bits", encode_binary, decode_binary},
                                          {"Huffman", encode_huffman, decode_huffman}};
    struct file_bytes file;
    struct source s = {0};
    if (argc != 2 || file_bytes_open(&file, argv[1]) != TACIT_OK || file.n_bytes == 0)
        return fprintf(stderr, "usage: coder_bench FILE\n"), 2;
    s.data = file.data;
    s.n = file.n_bytes;
    s.cap = 2 * s.n + 64;
    s.coded = malloc(s.cap + 8);
    s.back = malloc(s.n);
    if (!s.coded || !s.back)
        return 1;
    for (size_t i = 0; i < s.n; i++)
        s.count[s.data[i]]++;
    make_parts(&s);
    make_tree(&s);
    make_huffman(&s);
    printf("%-14s %10s %8s %8s   million symbols a second\n", "", "bytes", "to", "from");
    for (size_t i = 0; i < sizeof coders / sizeof *coders; i++)
        if (measure(&coders[i], &s) != 0)
            return 1;
    return 0;
}
