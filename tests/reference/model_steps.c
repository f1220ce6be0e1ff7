/* SPDX-License-Identifier: Apache-2.0 */
#include "model_steps.h"

#include <string.h>

#include "arithmetic.h"

static float from_bits(uint32_t bits)
{
    float f;
    memcpy(&f, &bits, sizeof f);
    return f;
}

static uint32_t to_bits(float f)
{
    uint32_t bits;
    memcpy(&bits, &f, sizeof bits);
    return bits;
}

/* The nearest binary32 to the root: the root of x = m 4^e as an integer of 25 bits, and a half more. */
float square_root(float x)
{
    if (!(x > 0.0f) || x * 0.5f == x)
        return x;
    int e = 0;
    for (; x < 0x1p46f; e--)
        x *= 4.0f;
    for (; x >= 0x1p48f; e++)
        x *= 0.25f;
    uint64_t m = (uint64_t)x << 2, root = 0; /* below 2^50: the root has 25 bits */
    for (int b = 24; b >= 0; b--) {
        uint64_t next = root | UINT64_C(1) << b;
        if (next * next <= m)
            root = next;
    }
    float r = (float)(2 * root + (root * root < m)) * 0.25f; /* a bit more tells ties */
    for (; e > 0; e--)
        r *= 2.0f;
    for (; e < 0; e++)
        r *= 0.5f;
    return r;
}

float exp_brief(float x)
{
    float t = bounded(x, -87.0f, 87.0f) * 1.44269504f, b = t + 12582912.0f;
    float r = t - (b - 12582912.0f);
    float p = 0.0560057883f + r * 0.0096760371f;
    p = 0.240221678f + r * p;
    p = 0.693105334f + r * p;
    p = 1.0f + r * p;
    return from_bits(to_bits(p) + (to_bits(b) << 23));
}

float limited(float x, float limit)
{
    x = x > -limit ? x : -limit;
    return x < limit ? x : limit;
}

float sum_of_lanes(float lane[16])
{
    for (int width = 8; width > 0; width /= 2)
        for (int i = 0; i < width; i++)
            lane[i] += lane[i + width];
    return lane[0];
}

struct rounded make_rounded(size_t n, bool wide)
{
    return (struct rounded){n, zeros(n), zeros(n / 64 * sizeof(float)), wide ? zeros(n) : NULL,
                            wide ? zeros(n / 64 * sizeof(float)) : NULL};
}

void round_group(int8_t q[64], float *scale, const float x[64])
{
    uint32_t top = 0;
    for (int i = 0; i < 64; i++) {
        uint32_t bits = to_bits(x[i]) & 0x7fffffff;
        top = bits > top ? bits : top;
    }
    memset(q, 0, 64);
    *scale = 0.0f;
    if (top < 0x0d800000 || top >= 0x7f800000) /* below 2^-100, or not finite */
        return;
    float a = from_bits(top), inverse = 127.0f / a;
    for (int i = 0; i < 64; i++)
        q[i] = (int8_t)((x[i] * inverse + 12582912.0f) - 12582912.0f);
    *scale = a * (1.0f / 127.0f);
}

void round_row(struct rounded *to, const float *x)
{
    for (size_t g = 0; g < to->n / 64; g++) {
        float left[64];
        round_group(to->q + 64 * g, &to->scale[g], x + 64 * g);
        for (size_t i = 0; i < 64; i++)
            left[i] = x[64 * g + i] - (float)to->q[64 * g + i] * to->scale[g];
        if (to->rest)
            round_group(to->rest + 64 * g, &to->rest_scale[g], left);
    }
}

static float product8(const int8_t *q, const float *scale, const struct rounded *x)
{
    float sum = 0.0f;
    for (size_t g = 0; g < x->n / 64; g++, q += 64) {
        int32_t dot = 0;
        for (int i = 0; i < 64; i++)
            dot += q[i] * x->q[64 * g + (size_t)i];
        sum += ((float)dot * x->scale[g]) * scale[g];
    }
    return sum;
}

static float product4(const int8_t *q, const float *scale, const float *minimum,
                      const struct rounded *x)
{
    float sum = 0.0f;
    for (size_t g = 0; g < x->n / 32; g++, q += 32) {
        int32_t dot = 0, all = 0;
        for (int i = 0; i < 32; i++) {
            dot += q[i] * x->q[32 * g + (size_t)i];
            all += x->q[32 * g + (size_t)i];
        }
        sum += ((float)dot * x->scale[g / 2]) * scale[g];
        sum += ((float)all * x->scale[g / 2]) * minimum[g];
    }
    return sum;
}

static void multiply_once(float *y, const struct weights *w, const struct rounded *x, bool add)
{
    size_t n_groups = w->n_columns / (w->kind == 1 ? 32 : 64);
    for (size_t row = 0; row < w->n_rows; row++) {
        const int8_t *q = w->q + row * w->n_columns;
        const float *scale = w->scale + row * n_groups;
        float sum = w->kind != 1 ? product8(q, scale, x)
                                 : product4(q, scale, w->minimum + row * n_groups, x);
        y[row] = add ? y[row] + sum : sum;
    }
}

void multiply(float *y, const struct weights *w, const struct rounded *x, bool add)
{
    const struct rounded rest = {x->n, x->rest, x->rest_scale, NULL, NULL};
    multiply_once(y, w, x, add);
    if (x->rest)
        multiply_once(y, w, &rest, true);
}

void rms_norm(float *y, const float *x, const float *gain, size_t n, float epsilon)
{
    float lane[16] = {0};
    for (size_t i = 0; i < n; i++)
        lane[i % 16] += x[i] * x[i];
    float r = 1.0f / square_root(sum_of_lanes(lane) / (float)n + epsilon);
    for (size_t i = 0; i < n; i++)
        y[i] = (x[i] * r) * gain[i];
}

void layer_norm(float *y, const float *x, const float *gain, const float *bias, size_t n,
                float epsilon)
{
    float lane[16] = {0}, square[16] = {0};
    for (size_t i = 0; i < n; i++)
        lane[i % 16] += x[i];
    float mean = sum_of_lanes(lane) / (float)n;
    for (size_t i = 0; i < n; i++)
        square[i % 16] += (x[i] - mean) * (x[i] - mean);
    float r = 1.0f / square_root(sum_of_lanes(square) / (float)n + epsilon);
    for (size_t i = 0; i < n; i++)
        y[i] = ((x[i] - mean) * r) * gain[i] + bias[i];
}

static float gelu(float x)
{
    float u = 1.59576912f * (x + 0.044715f * ((x * x) * x));
    return x / (1.0f + exp_whole(-limited(u, LARGEST)));
}

float activate(unsigned activation, float gate, float up)
{
    switch (activation) {
    case ACT_SWIGLU:
        return (gate / (1.0f + exp_brief(-limited(gate, LARGEST)))) * up;
    case ACT_GELU:
        return gelu(gate);
    case ACT_GEGLU:
        return gelu(gate) * up;
    default:
        return gate > 0.0f ? gate * gate : 0.0f;
    }
}

float tanh_cap(float x, float cap)
{
    return cap * (1.0f - 2.0f / (1.0f + exp_whole((2.0f / cap) * limited(x, LARGEST))));
}

float root_cap(float x, float cap)
{
    float l = limited(x, 1e15f), square = l * l + cap * cap, half = 0.5f * square;
    float y = from_bits(0x5f375a86 - (to_bits(square) >> 1));
    y = y * (1.5f - half * (y * y));
    y = y * (1.5f - half * (y * y));
    return (cap * l) * y;
}

void rotate64(float x[64])
{
    for (int h = 32; h > 0; h /= 2)
        for (int i = 0; i < 64; i++)
            if ((i & h) == 0) {
                float a = x[i], b = x[i + h];
                x[i] = a + b;
                x[i + h] = a - b;
            }
    for (int i = 0; i < 64; i++)
        x[i] *= 0.125f;
}

/* floor(a b / 2^64) */
static uint64_t upper(uint64_t a, uint64_t b)
{
    uint64_t low = (a & 0xffffffff) * (b & 0xffffffff);
    uint64_t middle = (a >> 32) * (b & 0xffffffff) + (low >> 32);
    uint64_t other = (a & 0xffffffff) * (b >> 32) + (middle & 0xffffffff);
    return (a >> 32) * (b >> 32) + (middle >> 32) + (other >> 32);
}

static uint64_t power(uint64_t x, size_t n)
{
    uint64_t p = x;
    for (size_t i = 1; i < n; i++)
        p = upper(p, x);
    return p;
}

/* A float from 2^-2 on is m 2^e; m has 24 bits. */
static uint64_t mantissa(float f, int *e)
{
    *e = (int)(to_bits(f) >> 23) - 127 - 23;
    return (to_bits(f) & 0x7fffff) | 0x800000;
}

static uint64_t shifted(uint64_t x, int n)
{
    return n < 0 ? x << -n : x >> n;
}

void make_angles(struct angles *angles, size_t n_dims, float base, const float *divisors,
                 float gain)
{
    int e;
    angles->n_pairs = n_dims / 2;
    angles->gain = gain != 0.0f ? gain : 1.0f;
    if (n_dims == 0)
        return;
    uint64_t m = mantissa(base, &e), half = UINT64_C(1) << 63, ratio = 0;
    uint64_t inverse = shifted((half / m << 23) + (half % m << 23) / m, e + 22);
    for (int b = 63; b >= 0; b--)
        if (power(ratio | UINT64_C(1) << b, angles->n_pairs) <= inverse)
            ratio |= UINT64_C(1) << b;
    uint64_t frequency = ratio;
    angles->step[0] = UINT64_C(0x28be60db9391054a);
    for (size_t i = 1; i < angles->n_pairs; i++) {
        angles->step[i] = upper(angles->step[0], frequency);
        frequency = upper(frequency, ratio);
    }
    for (size_t i = 0; divisors != NULL && i < angles->n_pairs; i++) {
        m = mantissa(bounded(divisors[i], 0.25f, 0x1p20f), &e);
        angles->step[i] =
            shifted((angles->step[i] / m << 23) + (angles->step[i] % m << 23) / m, e + 23);
    }
}

static void sine_and_cosine(uint64_t phase, float *sine, float *cosine)
{
    uint64_t quarter = (phase + (UINT64_C(1) << 61)) >> 62;
    int32_t angle = (int32_t)(uint32_t)((phase - (quarter << 62)) >> 32);
    float a = (float)angle * 1.46291808e-9f, z = a * a;
    float s = -1.98412698e-4f + z * 2.75573192e-6f;
    s = 8.33333333e-3f + z * s;
    s = -1.66666667e-1f + z * s;
    s = a + a * (z * s);
    float c = -1.38888889e-3f + z * 2.48015873e-5f;
    c = 4.16666667e-2f + z * c;
    c = -0.5f + z * c;
    c = 1.0f + z * c;
    *sine = quarter == 0 ? s : quarter == 1 ? c : quarter == 2 ? -s : -c;
    *cosine = quarter == 0 ? c : quarter == 1 ? -s : quarter == 2 ? -c : s;
}

void turn(const struct angles *angles, float *x, uint64_t position)
{
    for (size_t i = 0; i < angles->n_pairs; i++) {
        float s, c, a = x[i], b = x[i + angles->n_pairs];
        sine_and_cosine(position * angles->step[i], &s, &c);
        s = angles->gain * s;
        c = angles->gain * c;
        x[i] = a * c - b * s;
        x[i + angles->n_pairs] = b * c + a * s;
    }
}
