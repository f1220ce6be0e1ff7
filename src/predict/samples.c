/* SPDX-License-Identifier: Apache-2.0 */
#include "predict/samples.h"

#include "base/strict_math.h"

enum { FLOAT_LIMIT = 0x47800000 }; /* the bits of 65536.0 */

#define FLOAT_SIGN UINT32_C(0x80000000)
#define FULL_SCALE 32768.0f

struct sample_scale sample_scale_of(enum content_type type)
{
    static const float value[5] = {0, 256.0f, 1.0f, 1.0f / 256.0f, 1.0f / 65536.0f};
    static const float steps[5] = {0, 1.0f / 16.0f, 1.0f, 256.0f, 256.0f};
    struct sample_format f = content_samples(type);
    struct sample_scale s = {
        f.n_bytes,        f.is_float,  (int64_t)1 << (8 * f.n_bytes - 1), value[f.n_bytes],
        steps[f.n_bytes], -FULL_SCALE, FULL_SCALE - value[f.n_bytes]};
    if (f.is_float) {
        s.max = FULL_SCALE * 65536.0f;
        s.min = -s.max;
    }
    return s;
}

uint32_t sample_code(const struct history *history, uint32_t back, unsigned n_bytes)
{
    uint32_t code = 0;
    for (unsigned i = 0; i < n_bytes; i++)
        code = code << 8 | history_byte(history, back - i);
    return code;
}

static float float_of_code(uint32_t code)
{
    uint32_t bits = code & FLOAT_SIGN ? code ^ FLOAT_SIGN : ~code, size = bits & ~FLOAT_SIGN;
    return strict_from_bits((bits & FLOAT_SIGN) | (size > FLOAT_LIMIT ? FLOAT_LIMIT : size));
}

float sample_value(const struct sample_scale *scale, uint32_t code)
{
    if (scale->is_float)
        return float_of_code(code) * FULL_SCALE;
    return (float)((int64_t)code - scale->zero) * scale->value;
}

uint32_t sample_guessed(const struct sample_scale *scale, float value)
{
    if (scale->is_float) {
        uint32_t bits = strict_to_bits(value * (1.0f / FULL_SCALE));
        return (bits & FLOAT_SIGN ? ~bits : bits ^ FLOAT_SIGN) >> 8;
    }
    if (scale->n_bytes == 2)
        return (uint32_t)(value + 32768.5f);
    uint32_t code = (uint32_t)((value + 32768.0f) * 256.0f);
    return code > 0xffffff ? 0xffffff : code;
}
