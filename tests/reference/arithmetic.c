/* SPDX-License-Identifier: Apache-2.0 */
#include "arithmetic.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

float dot(const float *a, const float *b, unsigned n)
{
    float lane[16] = {0};
    for (unsigned i = 0; i < n; i++)
        lane[i % 16] += a[i] * b[i];
    for (int width = 8; width > 0; width /= 2)
        for (int i = 0; i < width; i++)
            lane[i] += lane[i + width];
    return lane[0];
}

static float from_bits(uint32_t bits)
{
    float f;
    memcpy(&f, &bits, sizeof f);
    return f;
}

float exp_whole(float x)
{
    x = bounded(x, -87.0f, 87.0f);
    float n = (x * 1.44269504f + 12582912.0f) - 12582912.0f;
    float r = (x - n * 0.693145752f) - n * 1.42860677e-6f;
    float p = 0.00138888889f + r * 0.000198412698f;
    p = 0.00833333333f + r * p;
    p = 0.0416666667f + r * p;
    p = 0.166666667f + r * p;
    p = 0.5f + r * p;
    p = 1.0f + (r + (r * r) * p);
    return p * from_bits((uint32_t)((int)n + 127) << 23);
}

float squash(float x)
{
    return 1.0f / (1.0f + exp_whole(-x));
}

float natural_log(float x)
{
    uint32_t b;
    memcpy(&b, &x, sizeof b);
    uint32_t shift = (b - 0x3f3504f3) & 0xff800000;
    float e = (float)((int32_t)shift / (1 << 23));
    float m = from_bits(b - shift);
    float s = (m - 1.0f) / (m + 1.0f), z = s * s;
    float q = 0.142857143f + z * 0.111111111f;
    q = 0.2f + z * q;
    q = 0.333333333f + z * q;
    float lead = s + s, tail = lead * (z * q);
    return e * 0.693145752f + (lead + (tail + e * 1.42860677e-6f));
}

float stretch(float p)
{
    return natural_log(p / (1.0f - p));
}

static struct piece {
    struct piece *before;
    max_align_t aligned[];
} * pieces;

void *zeros(size_t n_bytes)
{
    struct piece *piece = calloc(1, sizeof *piece + n_bytes);
    if (piece == NULL) {
        fprintf(stderr, "reference_decoder: out of memory\n");
        exit(1);
    }
    piece->before = pieces;
    pieces = piece;
    return piece->aligned;
}

void forget(void)
{
    while (pieces != NULL) {
        struct piece *before = pieces->before;
        free(pieces);
        pieces = before;
    }
}
