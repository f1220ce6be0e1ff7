/* SPDX-License-Identifier: Apache-2.0 */
#include "content/transform.h"

#include "base/bytes.h"

enum { OPERAND_SIZE = 4, OPCODE_SIZE_MAX = 3 };

#define OPERAND_MASK UINT32_C(0x1ffffff)
#define OPERAND_SIGN UINT32_C(0x1000000)

/* Length of the opcode at p whose operand is relative to the instruction's end; 0: none. As many
 * bytes as an instruction may take lie at p. The result must not depend on bytes of the operand. */
static size_t opcode_size(const uint8_t *p)
{
    if (p[0] == 0xe8 || p[0] == 0xe9)
        return 1;
    if (p[0] == 0x0f && (p[1] & 0xf0) == 0x80)
        return 2;
    /* REX.W mov and lea with an operand relative to the instruction pointer. */
    if ((p[0] & 0xf8) == 0x48 && (p[1] == 0x8b || p[1] == 0x8d || p[1] == 0x89) &&
        (p[2] & 0xc7) == 0x05)
        return 3;
    return 0;
}

/* Adds to the operand, modulo 2^25 with the sign extended, if the operand has that form. The result
 * has that form too, so the inverse finds the same operands. */
static void move_operand(uint8_t *p, uint32_t by)
{
    uint32_t operand = load_le32(p);
    uint32_t top = operand >> 24;
    if (top != 0x00 && top != 0xff)
        return;
    operand = (operand + by) & OPERAND_MASK;
    if (operand & OPERAND_SIGN)
        operand |= ~OPERAND_MASK;
    store_le32(p, operand);
}

/* Goes backwards. x86_restore goes forwards, so it undoes the last change first and finds each
 * opcode and operand as they were left here, however they overlap. */
static void x86_apply(uint8_t *data, size_t n)
{
    for (size_t i = n - (OPCODE_SIZE_MAX + OPERAND_SIZE) + 1; i-- > 0;) {
        size_t size = opcode_size(data + i);
        if (size > 0)
            move_operand(data + i + size, (uint32_t)(i + size + OPERAND_SIZE));
    }
}

static void x86_restore(uint8_t *data, size_t n)
{
    for (size_t i = 0; i + OPCODE_SIZE_MAX + OPERAND_SIZE <= n; i++) {
        size_t size = opcode_size(data + i);
        if (size > 0)
            move_operand(data + i + size, 0 - (uint32_t)(i + size + OPERAND_SIZE));
    }
}

static uint32_t load_sample(struct sample_format f, const uint8_t *p)
{
    uint32_t sample = 0;
    for (unsigned k = 0; k < f.n_bytes; k++)
        sample = sample << 8 | p[f.big_endian ? k : f.n_bytes - 1u - k];
    return sample;
}

static void store_sample(struct sample_format f, uint8_t *p, uint32_t sample)
{
    for (unsigned k = 0; k < f.n_bytes; k++)
        p[f.big_endian ? f.n_bytes - 1u - k : k] = (uint8_t)(sample >> (8 * k));
}

static void order_samples(const struct content *content, uint8_t *data, size_t n)
{
    struct sample_format f = content_samples(content->type),
                         ordered = {f.n_bytes, 0, true, true, 0};
    uint32_t sign = f.is_unsigned ? 0 : UINT32_C(1) << (8 * f.n_bytes - 1);
    for (size_t i = content->offset; i + f.n_bytes <= n; i += f.n_bytes) {
        uint32_t sample = load_sample(f, data + i);
        bool inverted = f.is_float && (sample & sign) != 0;
        store_sample(ordered, data + i, inverted ? ~sample : sample ^ sign);
    }
}

static void restore_samples(const struct content *content, uint8_t *data, size_t n)
{
    struct sample_format f = content_samples(content->type),
                         ordered = {f.n_bytes, 0, true, true, 0};
    uint32_t sign = f.is_unsigned ? 0 : UINT32_C(1) << (8 * f.n_bytes - 1);
    for (size_t i = content->offset; i + f.n_bytes <= n; i += f.n_bytes) {
        uint32_t sample = load_sample(ordered, data + i);
        bool inverted = f.is_float && (sample & sign) == 0;
        store_sample(f, data + i, inverted ? ~sample : sample ^ sign);
    }
}

void transform_apply(const struct content *content, uint8_t *data, size_t n)
{
    if (content->type == CONTENT_X86 && n >= OPCODE_SIZE_MAX + OPERAND_SIZE)
        x86_apply(data, n);
    if (content_samples(content->type).n_bytes != 0)
        order_samples(content, data, n);
}

void transform_restore(const struct content *content, uint8_t *data, size_t n)
{
    if (content->type == CONTENT_X86 && n >= OPCODE_SIZE_MAX + OPERAND_SIZE)
        x86_restore(data, n);
    if (content_samples(content->type).n_bytes != 0)
        restore_samples(content, data, n);
}
