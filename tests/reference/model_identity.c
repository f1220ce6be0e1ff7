/* SPDX-License-Identifier: Apache-2.0 */
#include "model_identity.h"

#include <string.h>

static const uint32_t K256[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

struct sha {
    uint32_t h[8];
    uint64_t n; /* bytes so far */
    uint8_t block[64];
};

static uint32_t turn(uint32_t x, int n)
{
    return x >> n | x << (32 - n);
}

static void take_block(struct sha *sha)
{
    uint32_t w[64], v[8];
    for (int i = 0; i < 16; i++)
        w[i] = (uint32_t)sha->block[4 * i] << 24 | (uint32_t)sha->block[4 * i + 1] << 16 |
               (uint32_t)sha->block[4 * i + 2] << 8 | sha->block[4 * i + 3];
    for (int i = 16; i < 64; i++)
        w[i] = w[i - 16] + w[i - 7] + (turn(w[i - 15], 7) ^ turn(w[i - 15], 18) ^ w[i - 15] >> 3) +
               (turn(w[i - 2], 17) ^ turn(w[i - 2], 19) ^ w[i - 2] >> 10);
    memcpy(v, sha->h, sizeof v);
    for (int i = 0; i < 64; i++) {
        uint32_t a = v[0], e = v[4];
        uint32_t t1 = v[7] + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & v[5]) ^ (~e & v[6])) +
                      K256[i] + w[i];
        uint32_t t2 =
            (turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & v[1]) ^ (a & v[2]) ^ (v[1] & v[2]));
        memmove(v + 1, v, 7 * sizeof *v);
        v[4] += t1;
        v[0] = t1 + t2;
    }
    for (int i = 0; i < 8; i++)
        sha->h[i] += v[i];
}

static void take_bytes(struct sha *sha, const void *data, size_t n)
{
    const uint8_t *p = data;
    for (size_t i = 0; i < n; i++) {
        sha->block[sha->n++ % 64] = p[i];
        if (sha->n % 64 == 0)
            take_block(sha);
    }
}

static void finish(struct sha *sha, uint8_t out[32])
{
    uint8_t length[8];
    for (int i = 0; i < 8; i++)
        length[i] = (uint8_t)(8 * sha->n >> (56 - 8 * i));
    take_bytes(sha, "\x80", 1);
    while (sha->n % 64 != 56)
        take_bytes(sha, "", 1);
    take_bytes(sha, length, 8);
    for (int i = 0; i < 32; i++)
        out[i] = (uint8_t)(sha->h[i / 4] >> (24 - 8 * (i % 4)));
}

static void take_little(struct sha *sha, uint32_t value, int n_bytes)
{
    uint8_t bytes[4];
    for (int i = 0; i < n_bytes; i++)
        bytes[i] = (uint8_t)(value >> (8 * i));
    take_bytes(sha, bytes, (size_t)n_bytes);
}

static void take_float(struct sha *sha, float f)
{
    uint32_t bits;
    memcpy(&bits, &f, sizeof bits);
    take_little(sha, bits, 4);
}

/* The binary16 of a float that was one. */
static uint32_t half_of(float f)
{
    uint32_t sign = 0, exponent = 25;
    memcpy(&sign, &f, sizeof sign);
    sign = sign >> 16 & 0x8000;
    f = f < 0.0f ? -f : f;
    while (f != 0.0f && f < 1024.0f && exponent > 1) {
        f *= 2.0f;
        exponent--;
    }
    while (f >= 2048.0f) {
        f *= 0.5f;
        exponent++;
    }
    uint32_t fraction = (uint32_t)f;
    return fraction < 1024 ? sign | fraction : sign | exponent << 10 | (fraction - 1024);
}

/* A group of 64 of a kind of 2 to 7 bits. */
static void take_narrow(struct sha *sha, const struct weights *w, size_t row, size_t g)
{
    size_t at = row * (w->n_columns / 64) + g;
    int minimum = (int)w->minimum[at];
    uint32_t scale;
    for (size_t i = 0; i < 64; i++)
        take_little(
            sha, (uint32_t)(w->q[row * w->n_columns + 64 * g + i] + minimum) >> (7 - w->kind), 1);
    memcpy(&scale, &w->scale[at], sizeof scale);
    take_little(sha, (uint32_t)minimum, 1);
    take_little(sha, scale >> 16, 2);
}

static void take_tensor(struct sha *sha, const struct weights *w, bool kinds)
{
    if (kinds)
        take_little(sha, w->kind, 4);
    for (size_t i = 0; w->n_rows == 0 && i < w->n_columns; i++)
        take_float(sha, w->values[i]);
    for (size_t row = 0; row < w->n_rows; row++) {
        size_t n_group = w->kind == 1 ? 32 : 64, n_groups = w->n_columns / n_group;
        const int8_t *q = w->q + row * w->n_columns;
        if (w->kind == 0)
            take_bytes(sha, q, w->n_columns);
        for (size_t g = 0; g < n_groups; g++) {
            if (w->kind == 0) {
                take_float(sha, w->scale[row * n_groups + g]);
                continue;
            }
            if (w->kind > 1) {
                take_narrow(sha, w, row, g);
                continue;
            }
            take_bytes(sha, q + 32 * g, 32);
            take_little(sha, half_of(w->scale[row * n_groups + g]), 2);
            take_little(sha, half_of(w->minimum[row * n_groups + g]), 2);
        }
    }
}

static struct sha start(void)
{
    return (struct sha){{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c,
                         0x1f83d9ab, 0x5be0cd19},
                        0,
                        {0}};
}

void weights_identity(const struct model *m, const uint8_t *header, bool kinds,
                      uint8_t identity[32])
{
    struct sha sha = start();
    bool plain = true; /* no matrix of another kind than int8 */
    for (int i = 0; i < N_GLOBAL_TENSORS; i++)
        plain = plain && m->global[i].kind == 0;
    for (uint32_t l = 0; l < m->shape.n_layers; l++)
        for (int i = 0; i < N_LAYER_TENSORS; i++)
            plain = plain && m->layer[l][i].kind == 0;
    kinds = kinds && !plain;
    take_bytes(&sha, "tacit language model ", 21);
    take_bytes(&sha, kinds ? "2\n" : "1\n", 2);
    take_bytes(&sha, header + 104, 76);
    if (m->shape.flags & FLAG_EXTENDED)
        take_bytes(&sha, header + 216, 24);
    for (int i = 0; i < N_GLOBAL_TENSORS; i++)
        take_tensor(&sha, &m->global[i], kinds);
    for (uint32_t l = 0; l < m->shape.n_layers; l++)
        for (int i = 0; i < N_LAYER_TENSORS; i++)
            take_tensor(&sha, &m->layer[l][i], kinds);
    finish(&sha, identity);
}

void archive_identity(const struct model *m, const uint8_t weights[32], uint8_t identity[32])
{
    struct sha sha = start();
    take_bytes(&sha, "tacit model 1\n", 14);
    take_bytes(&sha, weights, 32);
    take_little(&sha, m->n_tokens, 4);
    for (uint32_t i = 0; i < m->n_tokens; i++) {
        take_little(&sha, m->token[i].n, 4);
        take_bytes(&sha, m->token[i].bytes, m->token[i].n);
    }
    finish(&sha, identity);
}
