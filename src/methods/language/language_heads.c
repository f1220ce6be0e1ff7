/* SPDX-License-Identifier: Apache-2.0 */
#include "methods/language/language_heads.h"

#include <stdlib.h>
#include <string.h>

#include "base/try.h"
#include "engine/kv/kv_choose.h"
#include "model/open_model.h"

enum { TOKENS_A_HEAD = 100 };

static struct lm_options options_of(const struct codec_plan *plan)
{
    unsigned n_threads = plan->n_threads < LM_THREADS_MAX ? plan->n_threads : LM_THREADS_MAX;
    return (struct lm_options){.n_context = plan->n_context,
                               .n_threads = n_threads ? n_threads : 1,
                               .cpu_features = plan->cpu_features,
                               .kv_kind = plan->kv_kind};
}

/* Behind a reference content must fill the context, and be long beside the half byte that the layout takes for each head. */
static bool is_long(const struct language_coder *coder)
{
    const struct language_stream *first = &coder->streams[0];
    size_t n = (size_t)(first->stop - first->items);
    return n >= coder->job->plan->n_context &&
           n >= TOKENS_A_HEAD * kv_heads_of(&model_file_lm(coder->model->file)->shape);
}

static enum tacit_status measure(struct language_coder *coder, struct kv_heads *heads)
{
    const struct codec_plan *plan = coder->job->plan;
    const struct language_stream *first = &coder->streams[0];
    const struct lm_options options = options_of(plan);
    size_t n_max = plan->n_context + LM_CONTEXT_UNIT, n = 1;
    uint32_t *tokens = malloc(n_max * sizeof *tokens);
    if (!tokens)
        return TACIT_ERR_MEMORY;
    tokens[0] = coder->layout.first_token;
    for (const uint32_t *item = first->items; item < first->stop && n < n_max; item++) {
        tokens[n] = language_coder_token_of(coder, *item);
        n += tokens[n] != LM_NO_TOKEN;
    }
    enum tacit_status status = kv_heads_choose(heads, model_file_lm(coder->model->file), &options,
                                               plan->kv_keep, tokens, n);
    free(tokens);
    return status;
}

enum tacit_status language_heads_choose(struct language_coder *coder)
{
    const struct codec_plan *plan = coder->job->plan;
    struct language_layout *layout = &coder->layout;
    layout->kv_kind = plan->kv_kind;
    layout->kv_keep = plan->kv_keep;
    layout->kv_heads.n = 0;
    if (plan->kv_keep == 0)
        return TACIT_OK;
    if (!layout->recalls && (!layout->referenced || is_long(coder)))
        TRY(measure(coder, &layout->kv_heads));
    if (layout->kv_heads.n > 0)
        layout->kv_keep = 0;
    else
        layout->kv_kind = KV_INT8;
    return TACIT_OK;
}

/* One head keeps all, as some will, and the others a sixteenth more than the share. */
uint64_t language_heads_expect(const struct codec_plan *plan, struct language_layout *layout)
{
    const struct lm_shape *shape = &model_file_lm(plan->model->file)->shape;
    const struct lm_options options = options_of(plan);
    struct kv_heads *heads = &layout->kv_heads;
    size_t n_heads = kv_heads_of(shape);
    uint64_t n_bytes;
    bool alike = plan->kv_keep == 0 || n_heads == 0 || n_heads > KV_HEADS_MAX ||
                 plan->n_context < KV_HEADS_CONTEXT_MIN;
    layout->kv_kind = alike && plan->kv_keep > 0 ? KV_INT8 : plan->kv_kind;
    layout->kv_keep = plan->kv_keep;
    if (alike)
        return 0;
    uint32_t parts = plan->kv_keep * KV_PARTS / 100 + 2;
    if (kv_is_short(plan->kv_kind)) /* a position takes half the bytes that the share counts */
        parts = plan->kv_keep * KV_PARTS * 2 / 100 + 2;
    layout->kv_keep = 0;
    heads->n = (uint32_t)n_heads;
    memset(heads->parts, parts < KV_PARTS ? (int)parts : 0, n_heads);
    heads->parts[0] = 0;
    return kv_heads_memory_needed(shape, &options, &n_bytes) == TACIT_OK ? n_bytes : UINT64_MAX / 2;
}
