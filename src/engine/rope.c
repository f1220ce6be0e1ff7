/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/rope.h"

#include "base/strict_math.h"

#define TURN_PER_RADIAN 0x28be60db9391054aull /* 2^64 / (2 pi) */

/* The upper half of a 128-bit product, in C that every compiler has. */
static uint64_t mul_high(uint64_t a, uint64_t b)
{
    uint64_t a0 = (uint32_t)a, a1 = a >> 32, b0 = (uint32_t)b, b1 = b >> 32;
    uint64_t low = a0 * b0, mid1 = a1 * b0, mid2 = a0 * b1;
    uint64_t carry = ((low >> 32) + (uint32_t)mid1 + (uint32_t)mid2) >> 32;
    return a1 * b1 + (mid1 >> 32) + (mid2 >> 32) + carry;
}

/* 2^64 / base, rounded down. base = m 2^(e - 23) with m of 24 bits, so it is 2^86 / m 2^(1 - e);
 * that quotient is made in two steps of long division. */
static uint64_t inverse(float base)
{
    uint32_t bits = strict_to_bits(base), e = (bits >> 23) - 127;
    uint64_t m = (bits & 0x7fffffu) | 0x800000u, n = (uint64_t)1 << 63;
    return (((n / m) << 23) + ((n % m) << 23) / m) >> (e - 1);
}

static uint64_t power(uint64_t x, size_t n)
{
    uint64_t p = x;
    for (size_t i = 1; i < n; i++)
        p = mul_high(p, x);
    return p;
}

/* The largest r with r^n <= x, as fractions of 2^64. */
static uint64_t root(uint64_t x, size_t n)
{
    uint64_t r = 0;
    for (int bit = 63; bit >= 0; bit--) {
        uint64_t candidate = r | (uint64_t)1 << bit;
        if (power(candidate, n) <= x)
            r = candidate;
    }
    return r;
}

/* step / divisor, rounded down. The divisor is m 2^(e - 23) with m of 24 bits; as in inverse. */
static uint64_t divide(uint64_t step, float divisor)
{
    divisor = divisor > ROPE_DIVISOR_MIN ? divisor : ROPE_DIVISOR_MIN;
    divisor = divisor < ROPE_DIVISOR_MAX ? divisor : ROPE_DIVISOR_MAX;
    uint32_t bits = strict_to_bits(divisor);
    int e = (int)(bits >> 23) - 127;
    uint64_t m = (bits & 0x7fffffu) | 0x800000u;
    uint64_t quotient = ((step / m) << 23) + ((step % m) << 23) / m;
    return e < 0 ? quotient << -e : quotient >> e;
}

void rope_init(struct rope *rope, size_t n_dims, float base, const float *divisors, float gain)
{
    rope->n_pairs = n_dims / 2;
    rope->gain = gain != 0.0f ? gain : 1.0f;
    if (rope->n_pairs == 0)
        return;
    uint64_t ratio = root(inverse(base), rope->n_pairs), frequency = ratio;
    rope->step[0] = TURN_PER_RADIAN;
    for (size_t i = 1; i < rope->n_pairs; i++) {
        rope->step[i] = mul_high(TURN_PER_RADIAN, frequency);
        frequency = mul_high(frequency, ratio);
    }
    for (size_t i = 0; divisors && i < rope->n_pairs; i++)
        rope->step[i] = divide(rope->step[i], divisors[i]);
}

/* Sine and cosine of an angle within an eighth of a turn of zero, in units of 2^-32 turns, by
 * Taylor series beyond the precision of the result. */
static void sine_cosine(int32_t angle, float *sine, float *cosine)
{
    float a = (float)angle * 1.46291808e-9f, z = a * a; /* 2 pi / 2^32 */
    float s = -1.98412698e-4f + z * 2.75573192e-6f;
    s = 8.33333333e-3f + z * s;
    s = -1.66666667e-1f + z * s;
    float c = -1.38888889e-3f + z * 2.48015873e-5f;
    c = 4.16666667e-2f + z * c;
    c = -0.5f + z * c;
    *sine = a + a * (z * s);
    *cosine = 1.0f + z * c;
}

void rope_angles(const struct rope *rope, uint64_t position, float *cosine, float *sine)
{
    for (size_t i = 0; i < rope->n_pairs; i++) {
        uint64_t phase = position * rope->step[i];
        uint64_t quarter = (phase + ((uint64_t)1 << 61)) >> 62; /* the nearest quarter turn, modulo
                                                                   4 */
        float s, c;
        sine_cosine((int32_t)(uint32_t)((phase - (quarter << 62)) >> 32), &s, &c);
        sine[i] = rope->gain * (quarter == 0 ? s : quarter == 1 ? c : quarter == 2 ? -s : -c);
        cosine[i] = rope->gain * (quarter == 0 ? c : quarter == 1 ? -s : quarter == 2 ? -c : s);
    }
}

void rope_turn(float *x, const float *cosine, const float *sine, size_t n_pairs)
{
    for (size_t i = 0; i < n_pairs; i++) {
        float a = x[i], b = x[i + n_pairs];
        x[i] = a * cosine[i] - b * sine[i];
        x[i + n_pairs] = b * cosine[i] + a * sine[i];
    }
}
