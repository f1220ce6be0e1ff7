/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/eval_mix.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/strict_math.h"
#include "base/try.h"
#include "engine/lm.h"
#include "measure/eval_cost.h"
#include "measure/learner_state.h"
#include "methods/language/token_walk.h"

struct costs {
    float coded, mixed, hint, context; /* nats */
};

struct eval_mix {
    const struct kernels *kernels;
    struct context_mixer *cm;
    struct token_distribution distribution;
    float *no_logits; /* all tokens equally likely */
    void *memory;
    struct costs costs; /* of the present token */
};

static void lay_out(struct eval_mix *m, struct arena *arena, const struct tacit_model *model)
{
    const struct lm_model *lm = model_file_lm(model->file);
    uint32_t n_tokens = tokenizer_vocabulary(model_file_tokenizer(model->file))->n_tokens;
    token_distribution_lay_out(&m->distribution, arena, model->trie, n_tokens, true);
    m->no_logits = arena_take(arena, lm_logit_stride(lm) * sizeof *m->no_logits);
}

static enum tacit_status start(struct eval_mix *m, const struct tacit_model *model,
                               const uint8_t *data, size_t n_bytes)
{
    struct content content = content_of_words(data, n_bytes);
    struct context_config config = {.strength = CONTEXT_STRONG,
                                    .content_set = CONTENT_BIT(content.type),
                                    .memory_log2 = context_memory_log2_for(CONTEXT_STRONG, n_bytes),
                                    .hinted = true};
    struct arena arena = {0};
    TRY(context_mixer_create(&m->cm, &config, m->kernels));
    lay_out(m, &arena, model);
    m->memory = aligned_alloc(ARENA_ALIGN, arena.used);
    if (!m->memory)
        return TACIT_ERR_MEMORY;
    arena = (struct arena){m->memory, arena.used, 0};
    lay_out(m, &arena, model);
    return TACIT_OK;
}

enum tacit_status eval_mix_create(struct eval_mix **mix, const struct tacit_model *model,
                                  const struct kernels *kernels, const uint8_t *data,
                                  size_t n_bytes)
{
    struct eval_mix *m = calloc(1, sizeof *m);
    *mix = NULL;
    if (!m)
        return TACIT_ERR_MEMORY;
    m->kernels = kernels;
    enum tacit_status status = start(m, model, data, n_bytes);
    if (status != TACIT_OK) {
        eval_mix_destroy(m);
        return status;
    }
    *mix = m;
    return TACIT_OK;
}

void eval_mix_destroy(struct eval_mix *m)
{
    if (!m)
        return;
    context_mixer_destroy(m->cm);
    free(m->memory);
    free(m);
}

/* A decision in which the items left differ. */
static int decide(void *context, const struct byte_trie_walk *walk, int bit)
{
    struct eval_mix *m = context;
    struct costs *costs = &m->costs;
    struct context_hint hint = token_hint(&m->distribution, walk);
    bool at_end = byte_trie_at_end(walk);
    struct context_mixer_parts parts;
    context_mixer_set_hint(m->cm, &hint);
    costs->coded +=
        eval_bit_nats(at_end ? context_mixer_predict_end(m->cm, walk->split, byte_trie_depth(walk))
                             : context_mixer_predict(m->cm),
                      bit);
    context_mixer_predict_parts(m->cm, at_end, &parts);
    costs->mixed += eval_bit_nats(parts.mixed, bit);
    costs->hint += eval_bit_nats(parts.hint, bit);
    costs->context += eval_bit_nats(parts.context, bit);
    if (at_end)
        context_mixer_update_end(m->cm, bit);
    else
        context_mixer_update(m->cm, bit);
    return bit;
}

void eval_mix_token(struct eval_mix *m, const float *logits, uint32_t item,
                    struct tacit_eval_token *token)
{
    const struct byte_trie *trie = m->distribution.trie;
    uint32_t place = trie->places[item];
    const struct costs *costs = &m->costs;
    m->costs = (struct costs){0, 0, 0, 0};
    token_distribution_set(&m->distribution, m->kernels, logits ? logits : m->no_logits);
    token_walk(trie, m->cm, place, decide, m);
    token_distribution_learn(&m->distribution, m->kernels, place);
    token->mixed_bits = (double)(costs->coded * STRICT_LOG2_E);
    token->model_saves = (double)((costs->context - costs->mixed) * STRICT_LOG2_E);
    token->context_saves = (double)((costs->hint - costs->mixed) * STRICT_LOG2_E);
}
