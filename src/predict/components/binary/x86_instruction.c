/* SPDX-License-Identifier: Apache-2.0 */
#include "predict/components/binary/x86_instruction.h"

/* What follows an opcode: M a ModRM byte, 1 2 4 an immediate of so many bytes, W one of 4 or, with
 * REX.W, 8, a b both ModRM and 1 or 4, G ModRM and, for some, an immediate; P a prefix, . nothing.
 */
static const char after_opcode[256 + 1] = "MMMM14..MMMM14.."
                                          "MMMM14..MMMM14.."
                                          "MMMM14P.MMMM14P."
                                          "MMMM14P.MMMM14P."
                                          "PPPPPPPPPPPPPPPP"
                                          "................"
                                          "...MPPPP4b1a...."
                                          "1111111111111111"
                                          "abaaMMMMMMMMMMMM"
                                          "................"
                                          "WWWW....14......"
                                          "11111111WWWWWWWW"
                                          "aa2...ab2.2..1.."
                                          "MMMM11..MMMMMMMM"
                                          "11111111441....."
                                          "P.PP..GG......MM";

static const char after_opcode_0f[256 + 1] = "MMMM.....M.M.M.."
                                             "MMMMMMMMMMMMMMMM"
                                             "MMMMMMMMMMMMMMMM"
                                             "................"
                                             "MMMMMMMMMMMMMMMM"
                                             "MMMMMMMMMMMMMMMM"
                                             "MMMMMMMMMMMMMMMM"
                                             "aaaaMMM.MMMMMMMM"
                                             "4444444444444444"
                                             "MMMMMMMMMMMMMMMM"
                                             "...MaM.....MaMMM"
                                             "MMMMMMMMMMaMMMMM"
                                             "MMaMaaaM........"
                                             "MMMMMMMMMMMMMMMM"
                                             "MMMMMMMMMMMMMMMM"
                                             "MMMMMMMMMMMMMMMM";

static bool begin_anew(struct x86_instruction *x)
{
    *x = (struct x86_instruction){.phase = X86_OPCODE};
    return true;
}

static bool expect_immediate(struct x86_instruction *x)
{
    if (x->n_immediate == 0)
        return begin_anew(x);
    x->phase = X86_IMMEDIATE;
    x->n_left = x->n_immediate;
    return false;
}

static bool take_opcode(struct x86_instruction *x, unsigned byte, unsigned map, char after)
{
    x->opcode = map << 8 | byte;
    uint32_t size4 = x->operand16 && map == 0 ? 2 : 4;
    x->has_modrm = after == 'M' || after == 'a' || after == 'b' || after == 'G';
    x->n_immediate = after == '1' || after == 'a'   ? 1
                     : after == '2'                 ? 2
                     : after == '4' || after == 'b' ? size4
                     : after == 'W'                 ? (x->wide ? 8 : size4)
                                                    : 0;
    if (!x->has_modrm)
        return expect_immediate(x);
    x->phase = X86_MODRM;
    return false;
}

static bool take_first(struct x86_instruction *x, unsigned byte)
{
    if (byte == 0x0f) {
        x->phase = X86_OPCODE_0F;
        return false;
    }
    if (byte == 0xc4 || byte == 0xc5) {
        x->phase = X86_VEX;
        x->n_left = byte == 0xc4 ? 2 : 1;
        return false;
    }
    if (after_opcode[byte] == 'P') {
        x->wide = (byte & 0xf8) == 0x48;
        x->operand16 |= byte == 0x66;
        return false;
    }
    return take_opcode(x, byte, 0, after_opcode[byte]);
}

/* Behind ModRM and SIB: the displacement, if any. */
static bool expect_displacement(struct x86_instruction *x, unsigned sib)
{
    unsigned mod = x->modrm >> 6 & 3, rm = x->modrm & 7;
    bool base_is_32 = mod == 0 && (rm == 5 || (rm == 4 && (sib & 7) == 5));
    x->n_left = mod == 1 ? 1 : mod == 2 || base_is_32 ? 4 : 0;
    if (x->n_left == 0)
        return expect_immediate(x);
    x->phase = X86_DISPLACEMENT;
    return false;
}

static bool take_modrm(struct x86_instruction *x, unsigned byte)
{
    x->modrm = 0x100 | byte;
    if ((x->opcode == 0xf6 || x->opcode == 0xf7) && (byte >> 3 & 7) < 2)
        x->n_immediate = x->opcode == 0xf6 ? 1 : x->operand16 ? 2 : 4;
    if (byte < 0xc0 && (byte & 7) == 4) {
        x->phase = X86_SIB;
        return false;
    }
    return byte >= 0xc0 ? expect_immediate(x) : expect_displacement(x, 0);
}

bool x86_instruction_next(struct x86_instruction *x, unsigned byte)
{
    switch (x->phase) {
    case X86_OPCODE:
        return take_first(x, byte);
    case X86_OPCODE_0F:
        if (byte == 0x38 || byte == 0x3a) {
            x->phase = X86_OPCODE_0F3;
            x->n_immediate = byte == 0x3a;
            return false;
        }
        return take_opcode(x, byte, 1, after_opcode_0f[byte]);
    case X86_OPCODE_0F3:
        return take_opcode(x, byte, 2, x->n_immediate ? 'a' : 'M');
    case X86_VEX:
        if (--x->n_left == 0)
            x->phase = X86_OPCODE_0F;
        return false;
    case X86_MODRM:
        return take_modrm(x, byte);
    case X86_SIB:
        return expect_displacement(x, byte);
    case X86_DISPLACEMENT:
        return --x->n_left == 0 && expect_immediate(x);
    case X86_IMMEDIATE:
        return --x->n_left == 0 && begin_anew(x);
    }
    return begin_anew(x);
}
