/* SPDX-License-Identifier: Apache-2.0
 *
 * docs/components.md, section 4.
 */
#include "contexts.h"

struct instruction {
    unsigned phase;
    uint32_t opcode, modrm, left, immediate;
    bool wide, is_short;
};

struct x86 {
    struct context_set *contexts;
    struct instruction now;
    uint64_t sum, whole;
    uint32_t operand, kind[4];
};

static const char T0[] = "MMMM14..MMMM14..MMMM14..MMMM14..MMMM14P.MMMM14P.MMMM14P.MMMM14P."
                         "PPPPPPPPPPPPPPPP...................MPPPP4b1a....1111111111111111"
                         "abaaMMMMMMMMMMMM................WWWW....14......11111111WWWWWWWW"
                         "aa2...ab2.2..1..MMMM11..MMMMMMMM11111111441.....P.PP..GG......MM";
static const char T1[] = "MMMM.....M.M.M..MMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMM................"
                         "MMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMaaaaMMM.MMMMMMMM"
                         "4444444444444444MMMMMMMMMMMMMMMM...MaM.....MaMMMMMMMMMMMMMaMMMMM"
                         "MMaMaaaM........MMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMM";

/* The steps below give true if the instruction has ended. */

static bool expect_immediate(struct instruction *x)
{
    if (x->immediate == 0)
        return true;
    x->phase = 7;
    x->left = x->immediate;
    return false;
}

static bool expect_displacement(struct instruction *x, unsigned sib)
{
    unsigned mod = x->modrm >> 6 & 3, rm = x->modrm & 7;
    bool no_base = mod == 0 && (rm == 5 || (rm == 4 && (sib & 7) == 5));
    x->left = mod == 1 ? 1 : mod == 2 || no_base ? 4 : 0;
    if (x->left == 0)
        return expect_immediate(x);
    x->phase = 6;
    return false;
}

static bool take_opcode(struct instruction *x, unsigned b, unsigned map, char t)
{
    uint32_t z = x->is_short && map == 0 ? 2 : 4;
    x->opcode = map << 8 | b;
    x->immediate = t == '1' || t == 'a'   ? 1
                   : t == '2'             ? 2
                   : t == '4' || t == 'b' ? z
                   : t == 'W'             ? (x->wide ? 8 : z)
                                          : 0;
    if (t != 'M' && t != 'a' && t != 'b' && t != 'G')
        return expect_immediate(x);
    x->phase = 4;
    return false;
}

static bool take_first(struct instruction *x, unsigned b)
{
    if (T0[b] != 'P' && b != 0x0f && b != 0xc4 && b != 0xc5)
        return take_opcode(x, b, 0, T0[b]);
    if (b == 0x0f) {
        x->phase = 1;
    } else if (b == 0xc4 || b == 0xc5) {
        x->phase = 3;
        x->left = b == 0xc4 ? 2 : 1;
    } else {
        x->wide = b >= 0x48 && b <= 0x4f;
        x->is_short |= b == 0x66;
    }
    return false;
}

static bool take_second(struct instruction *x, unsigned b)
{
    if (b != 0x38 && b != 0x3a)
        return take_opcode(x, b, 1, T1[b]);
    x->phase = 2;
    x->immediate = b == 0x3a;
    return false;
}

static bool take_modrm(struct instruction *x, unsigned b)
{
    x->modrm = 0x100 | b;
    if ((x->opcode == 0xf6 || x->opcode == 0xf7) && (b >> 3 & 7) < 2)
        x->immediate = x->opcode == 0xf6 ? 1 : x->is_short ? 2 : 4;
    if (b < 0xc0 && (b & 7) == 4) {
        x->phase = 5;
        return false;
    }
    return b >= 0xc0 ? expect_immediate(x) : expect_displacement(x, 0);
}

static bool take(struct instruction *x, unsigned b)
{
    switch (x->phase) {
    case 0:
        return take_first(x, b);
    case 1:
        return take_second(x, b);
    case 2:
        return take_opcode(x, b, 2, x->immediate == 1 ? 'a' : 'M');
    case 3:
        x->phase = --x->left == 0 ? 1 : 3;
        return false;
    case 4:
        return take_modrm(x, b);
    case 5:
        return expect_displacement(x, b);
    case 6:
        return --x->left == 0 && expect_immediate(x);
    default:
        return --x->left == 0;
    }
}

static uint64_t J(uint64_t x, uint64_t y)
{
    return ((x + 1) * K1 ^ x >> 30) + y;
}

static void follow(struct x86 *x, unsigned b)
{
    struct instruction before = x->now;
    x->sum = J(x->sum, b);
    x->operand = before.phase >= 6 ? x->operand << 8 | b : 0;
    if (!take(&x->now, b))
        return;
    x->now = (struct instruction){.phase = 0};
    uint32_t o = before.phase <= 2 ? before.phase << 8 | b : before.opcode;
    uint32_t r = before.phase == 4 ? 0x100 | b : before.modrm;
    for (int i = 3; i > 0; i--)
        x->kind[i] = x->kind[i - 1];
    x->kind[0] = o << 9 | r;
    x->whole = x->sum;
    x->sum = 0;
    x->operand = 0;
}

static void byte(void *state, const struct seen *seen)
{
    struct x86 *x = state;
    if (seen->n != seen->start)
        follow(x, back(seen, 1));
    const struct instruction *now = &x->now;
    uint64_t g = now->phase << 4 | now->left, s = J(x->sum, g);
    uint64_t f = J(J(now->opcode, now->modrm), g), o = 0;
    const uint32_t *kind = x->kind;
    for (int i = 0; i < 4; i++)
        o = J(o, kind[i] >> 9);
    struct context_set *set = x->contexts;
    context(set, s);
    context(set, J(s, kind[0]));
    context(set, J(J(s, kind[0]), kind[1]));
    context(set, J(s, x->whole));
    context(set, J(J(J(s, kind[0]), kind[1]), kind[2]));
    context(set, J(o, s));
    context(set, J(f, x->operand));
    context(set, J(J(now->modrm & 0xc7, g), x->operand));
    context(set, J(J(f, kind[0]), x->operand));
    context(set, J(J(now->opcode, g), back(seen, 1)));
    context(set, J(J(kind[0] >> 9, kind[1] >> 9), s));
    context(set, J(J(kind[1], kind[2]), s));
}

static void predict(void *state, const struct seen *seen, struct given *given)
{
    struct x86 *x = state;
    contexts_predict(x->contexts, seen, given);
    give_selector(given, (x->now.phase * 8 + least(x->now.left, 7)) * 8 + seen->i);
    give_selector(given, x->now.phase <= 2 ? x->kind[0] >> 9 : x->now.opcode);
}

static void learn(void *state, const struct seen *seen, int bit)
{
    contexts_learn(((struct x86 *)state)->contexts, seen, bit);
}

struct component make_x86(struct setup *setup)
{
    struct x86 *x = zeros(sizeof *x);
    struct component c = {x, byte, predict, learn, 0, 2, {512, 768}, 0, NULL};
    x->contexts = make_contexts(setup, &c, setup->strong ? 12 : 3);
    own(setup, &x->now, sizeof *x - offsetof(struct x86, now));
    return c;
}
