/* SPDX-License-Identifier: Apache-2.0
 *
 * x86 code: the instruction so far, and the instructions before.
 */
#include "predict/components.h"
#include "predict/components/binary/x86_instruction.h"
#include "predict/context_set.h"

enum { N_QUICK = 3, N_STRONG = 12, N_BEFORE = 4 };

struct x86_stream {
    struct context_set_stream set;
    struct x86_instruction now;
    uint64_t now_hash;       /* of the instruction's bytes so far */
    uint32_t kind[N_BEFORE]; /* opcode and ModRM of those before, the latest first */
    uint64_t whole;          /* hash of the one before */
    uint32_t operand_now;    /* its bytes so far */
    uint32_t position;       /* in the instruction */
};

static void lay_out(struct input_setup *setup, struct component *self)
{
    bool strong = setup->config->strength == CONTEXT_STRONG;
    struct context_set *set = self->shared = arena_take(setup->arena, sizeof *set);
    component_take_streams(setup, self, sizeof(struct x86_stream));
    context_set_lay_out(set, setup, strong ? N_STRONG : N_QUICK);
    shape_add_selector(&setup->shape, 8 * 8 * 8);
    shape_add_selector(&setup->shape, 3 * 256);
}

static uint64_t join(uint64_t a, uint64_t b)
{
    return ((a + 1) * UINT64_C(0xd6e8feb86659fd93) ^ a >> 30) + b;
}

static void follow(struct x86_stream *s, unsigned byte)
{
    struct x86_instruction before = s->now;
    bool in_operand = before.phase == X86_DISPLACEMENT || before.phase == X86_IMMEDIATE;
    s->now_hash = join(s->now_hash, byte);
    s->position++;
    s->operand_now = in_operand ? s->operand_now << 8 | byte : 0;
    bool ended = x86_instruction_next(&s->now, byte);
    if (!ended)
        return;
    /* Ends the instruction, of which `before` and the hash keep what later contexts need. */
    uint32_t opcode =
        before.phase <= X86_OPCODE_0F3 ? (uint32_t)before.phase << 8 | byte : before.opcode;
    uint32_t modrm = before.phase == X86_MODRM ? 0x100 | byte : before.modrm;
    for (unsigned i = N_BEFORE - 1; i > 0; i--)
        s->kind[i] = s->kind[i - 1];
    s->kind[0] = opcode << 9 | modrm;
    s->whole = s->now_hash;
    s->now_hash = 0;
    s->position = 0;
    s->operand_now = 0;
}

static void next_byte(void *shared, void *stream, const struct history *h)
{
    const struct context_set *set = shared;
    struct x86_stream *s = stream;
    struct context_set_stream *c = &s->set;
    if (h->n != h->content_start)
        follow(s, history_byte(h, 1));
    const struct x86_instruction *x = &s->now;
    uint64_t phase = (uint64_t)x->phase << 4 | x->n_left;
    uint64_t so_far = join(s->now_hash, phase);
    uint64_t frame = join(join(x->opcode, x->modrm), phase);
    uint64_t opcodes = 0;
    unsigned i = 0;
    context_set_hash(c, i++, so_far);
    context_set_hash(c, i++, join(so_far, s->kind[0]));
    context_set_hash(c, i++, join(join(so_far, s->kind[0]), s->kind[1]));
    if (set->n == N_QUICK)
        return;
    for (unsigned k = 0; k < N_BEFORE; k++)
        opcodes = join(opcodes, s->kind[k] >> 9);
    context_set_hash(c, i++, join(so_far, s->whole));
    context_set_hash(c, i++, join(join(join(so_far, s->kind[0]), s->kind[1]), s->kind[2]));
    context_set_hash(c, i++, join(opcodes, so_far));
    context_set_hash(c, i++, join(frame, s->operand_now));
    context_set_hash(c, i++, join(join(x->modrm & 0xc7, phase), s->operand_now));
    context_set_hash(c, i++, join(join(frame, s->kind[0]), s->operand_now));
    context_set_hash(c, i++, join(join(x->opcode, phase), history_last(h, 1)));
    context_set_hash(c, i++, join(join(s->kind[0] >> 9, s->kind[1] >> 9), so_far));
    context_set_hash(c, i++, join(join(s->kind[1], s->kind[2]), so_far));
}

static void predict(void *shared, void *stream, const struct history *h,
                    struct mixer_inputs *inputs)
{
    struct x86_stream *s = stream;
    context_set_predict(shared, &s->set, h, inputs);
    unsigned n_left = s->now.n_left < 7 ? s->now.n_left : 7;
    inputs_select(inputs, ((unsigned)s->now.phase * 8 + n_left) * 8 + h->bit);
    inputs_select(inputs, s->now.phase <= X86_OPCODE_0F3 ? s->kind[0] >> 9 : s->now.opcode);
}

static void update(void *shared, void *stream, const struct history *h, int bit)
{
    struct x86_stream *s = stream;
    context_set_update(shared, &s->set, h, bit);
}

static void prefetch(void *shared, void *stream, const struct history *history)
{
    struct x86_stream *s = stream;
    context_set_prefetch(shared, &s->set, history);
}

const struct component_ops x86_model_ops = {
    "x86", lay_out, next_byte, predict, update, prefetch, CONTENT_BIT(CONTENT_X86)};
