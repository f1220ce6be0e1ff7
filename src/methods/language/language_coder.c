/* SPDX-License-Identifier: Apache-2.0 */
#include "methods/language/language_coder.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/cpu.h"
#include "base/strict_math.h"
#include "base/try.h"
#include "methods/language/language_choose.h"
#include "methods/language/language_threads.h"
#include "model/open_model.h"

enum { BY_PLACE_MIN = 1 << 16 };

static struct context_config mixer_config(const struct language_layout *layout,
                                          const struct tacit_reference *reference,
                                          uint32_t content_size)
{
    uint32_t silent_set = speech_silent_set(&layout->arrangement.speech);
    struct context_config config = {.strength = CONTEXT_STRONG,
                                    .content_set = CONTENT_BIT(layout->type) | silent_set,
                                    .memory_log2 = layout->memory_log2,
                                    .n_streams = layout->n_streams +
                                                 (silent_set != 0 && layout->n_streams > 1),
                                    .span = content_size,
                                    .hinted = true,
                                    .versed = layout->versed};
    if (layout->referenced)
        reference_models_configure(reference, content_size, &layout->reading, &config);
    return config;
}

static struct lm_options lm_options(const struct codec_plan *plan,
                                    const struct language_layout *layout,
                                    const struct language_threads *threads, uint32_t n_back)
{
    return (struct lm_options){.n_streams = layout->n_streams,
                               .n_context = layout->n_context,
                               .n_threads = threads->team_size,
                               .cpu_features = plan->cpu_features,
                               .n_teams = threads->n_teams,
                               .n_back = n_back,
                               .kv_kind = layout->kv_kind,
                               .kv_keep = layout->kv_keep,
                               .kv_heads = layout->kv_heads.n > 0 ? &layout->kv_heads : NULL};
}

static void lay_out(struct language_coder *coder, struct arena *arena)
{
    const struct lm_model *lm = model_file_lm(coder->model->file);
    struct language_readers *readers = &coder->readers;
    size_t row = lm_logit_stride(lm) * sizeof(float);
    size_t n_rows = (size_t)readers->n_rounds * readers->n_streams * readers->n_rows;
    size_t n_inputs = readers->n_teams * language_readers_rows(readers->n_streams);
    readers->stride = lm_logit_stride(lm);
    readers->inputs = arena_take(arena, n_inputs * sizeof *readers->inputs);
    readers->logits = arena_take(arena, n_rows * row);
    for (uint32_t i = 0; i < coder->layout.n_streams; i++)
        coder->streams[i].kept = arena_take(arena, row);
    if (coder->layout.primed || coder->layout.referenced)
        coder->primer_logits = arena_take(arena, LANGUAGE_PRIMER_ROWS * row);
    if (coder->guessing)
        language_guesser_lay_out(&coder->guesser, arena, coder->layout.n_spoken);
    language_draft_lay_out(&coder->draft, arena);
    if (coder->by_place)
        tensor_lay_out(&coder->head, TENSOR_INT8, lm->shape.n_vocab, lm->shape.width, arena);
    coder->token.unmixed = coder->layout.unmixed;
    token_coder_lay_out(&coder->token, arena, coder->model->trie,
                        tokenizer_vocabulary(coder->tokenizer)->n_tokens, coder->n_items);
}

/* Whether memory counts for more than a little time. */
static bool is_sparing(const struct language_coder *coder, const struct codec_plan *plan)
{
    return plan->memory_limit < UINT64_MAX || codec_plan_is_large(coder->model);
}

/* Whether the model's last matrix is put into the order of places: milliseconds and some megabytes, which a small model's
 * long block earns again. */
static bool goes_by_place(const struct language_coder *coder, const struct codec_plan *plan,
                          uint32_t content_size)
{
    const struct lm_model *lm = model_file_lm(coder->model->file);
    uint32_t n_tokens = tokenizer_vocabulary(coder->tokenizer)->n_tokens;
    return content_size >= BY_PLACE_MIN && !coder->layout.unmixed && !coder->layout.referenced &&
           !is_sparing(coder, plan) && lm->shape.n_vocab == n_tokens &&
           lm_head_matrix(lm)->kind == TENSOR_INT8 &&
           token_distribution_may_be_by_place(coder->model->trie, n_tokens);
}

/* Needs the layout. Decides which threads read, and how much at a time, for n_threads. */
static struct language_threads choose_readers(struct language_coder *coder,
                                              const struct codec_plan *plan, unsigned n_threads,
                                              bool alone)
{
    struct language_readers *readers = &coder->readers;
    bool encoding = coder->token.encoding;
    readers->n_streams = coder->layout.n_streams;
    readers->n_ahead = language_choose_ahead(encoding, readers->n_streams);
    coder->guessing = coder->guessing && !encoding && !coder->layout.recalls &&
                      readers->n_streams <= GUESS_STREAMS &&
                      coder->layout.kv_keep == 0 && /* what was kept cannot be taken back */
                      coder->layout.kv_heads.n == 0;
    readers->n_rows = coder->guessing ? GUESS_ROWS : readers->n_ahead;
    coder->guesser.n_streams = readers->n_streams;
    if (coder->guessing)
        language_draft_choose(&coder->draft, plan, coder->model, readers->n_streams);
    coder->guesser.drafted = coder->draft.model != NULL;
    struct language_threads threads = language_threads_choose(n_threads, coder->model, alone,
                                                              readers->n_streams, readers->n_ahead);
    readers->n_teams = threads.n_teams;
    readers->n_rounds =
        language_readers_n_rounds(encoding && threads.n_teams > 1, is_sparing(coder, plan));
    return threads;
}

static uint32_t guesses_max(const struct language_coder *coder)
{
    return coder->guessing ? GUESS_ROWS - 1 : 0;
}

static void describe(struct language_coder *coder, const struct codec_plan *plan,
                     const struct tacit_model *model, bool encoding)
{
    coder->model = model;
    coder->tokenizer = model_file_tokenizer(model->file);
    coder->token.encoding = encoding;
    coder->token.kernels = &plan->kernels;
}

static struct reference_language_reading reading_of(const struct language_layout *layout,
                                                    const struct tacit_reference *reference)
{
    uint32_t n =
        layout->versed && reference ? reference_n_learnt(reference, layout->reading.part) : 0;
    return (struct reference_language_reading){layout->reading.part, layout->model_part,
                                               layout->first_token, layout->versed, n};
}

static bool heads_fit(const struct tacit_model *model, const struct language_layout *layout)
{
    return layout->kv_heads.n == 0 ||
           layout->kv_heads.n == kv_heads_of(&model_file_lm(model->file)->shape);
}

enum tacit_status language_coder_memory(const struct codec_plan *plan,
                                        const struct tacit_model *model,
                                        const struct language_layout *layout, uint32_t content_size,
                                        size_t n_items, uint64_t *n_bytes)
{
    struct language_coder *coder = calloc(1, sizeof *coder);
    struct arena sizes = {0};
    uint64_t n_models, n_draft = 0;
    if (!coder)
        return TACIT_ERR_MEMORY;
    if (!heads_fit(model, layout)) {
        free(coder);
        return TACIT_ERR_CORRUPT;
    }
    describe(coder, plan, model, n_items > 0);
    coder->layout = *layout;
    coder->n_items = n_items;
    coder->by_place = goes_by_place(coder, plan, content_size);
    coder->guessing = plan->guessing != GUESSING_NOTHING;
    struct language_threads threads = choose_readers(coder, plan, plan->n_threads, true);
    struct lm_options options = lm_options(plan, layout, &threads, guesses_max(coder));
    lay_out(coder, &sizes);
    struct reference_language_reading reading = reading_of(layout, plan->reference);
    enum tacit_status status =
        lm_state_memory_needed(&model_file_lm(model->file)->shape, &options, &n_models);
    if (status == TACIT_OK)
        status = language_draft_memory(&coder->draft, &n_draft);
    if (status == TACIT_OK) {
        struct context_config config = mixer_config(layout, plan->reference, content_size);
        n_models += layout->unmixed ? 0 : context_mixer_memory_needed(&config);
        *n_bytes = sizeof *coder + sizes.used + n_models + n_draft;
        if (layout->referenced)
            *n_bytes += reference_language_memory(model, &reading, n_models);
        if (layout->recalls)
            *n_bytes += recall_memory(plan->reference->n_bytes, content_size, true);
    }
    free(coder);
    return status;
}

static void place_streams(struct language_coder *coder)
{
    uint32_t start = 0;
    for (uint32_t i = 0; i < coder->layout.n_streams; i++) {
        struct language_stream *s = &coder->streams[i];
        s->at = start;
        s->end = start += coder->layout.n_bytes[i];
        s->before = s->planned_before = coder->layout.first_token;
        s->planned = s->items;
    }
}

/* The first stream has the spoken type from the start, since a primer may come before the
 * content. */
static enum tacit_status create_mixer(struct language_coder *coder,
                                      const struct context_config *config)
{
    struct content content = {.type = coder->layout.type};
    struct context_mixer **cm = &coder->token.mixed.cm;
    TRY(context_mixer_create(cm, config, &coder->job->plan->kernels));
    return context_mixer_set_content(*cm, &content);
}

/* Takes models that have read the reference, or that read it next. */
static enum tacit_status take_reference(struct language_coder *coder,
                                        const struct context_config *config,
                                        const struct lm_options *options)
{
    const struct tacit_reference *reference = coder->job->reference;
    struct reference_language_reading reading = reading_of(&coder->layout, reference);
    TRY(reference_language_take(reference, coder->model, &reading, config, options,
                                &coder->job->plan->kernels, &coder->reference));
    coder->n_before = reference->n_bytes;
    coder->token.mixed.cm = coder->reference->cm;
    coder->lm = coder->reference->lm;
    return TACIT_OK;
}

static enum tacit_status make_models(struct language_coder *coder)
{
    const struct codec_plan *plan = coder->job->plan;
    struct context_config config =
        mixer_config(&coder->layout, coder->job->reference,
                     language_layout_span(&coder->layout, coder->job->header.content_size));
    struct language_threads threads =
        choose_readers(coder, plan, coder->job->pool ? plan->n_threads : 1, coder->job->alone);
    struct lm_options options = lm_options(plan, &coder->layout, &threads, guesses_max(coder));
    if (coder->layout.referenced)
        return take_reference(coder, &config, &options);
    if (!coder->layout.unmixed)
        TRY(create_mixer(coder, &config));
    return lm_state_create(&coder->lm, model_file_lm(coder->model->file), &options);
}

static void order_by_place(struct language_coder *coder)
{
    const struct byte_trie *trie = coder->model->trie;
    token_distribution_order_rows(&coder->head, lm_head_matrix(model_file_lm(coder->model->file)),
                                  trie);
    token_distribution_go_by_place(&coder->token.distribution);
    lm_state_reorder(coder->lm, &coder->head);
}

enum tacit_status language_coder_prepare(struct language_coder *coder)
{
    struct arena arena = {0};
    if (coder->layout.first_token >= model_file_lm(coder->model->file)->shape.n_vocab ||
        !heads_fit(coder->model, &coder->layout))
        return TACIT_ERR_CORRUPT;
    if (coder->layout.referenced && !coder->job->reference)
        return TACIT_ERR_REFERENCE_MISSING;
    TRY(make_models(coder));
    coder->by_place = goes_by_place(coder, coder->job->plan, coder->job->header.content_size);
    lay_out(coder, &arena);
    coder->memory = aligned_alloc(ARENA_ALIGN, arena.used);
    if (!coder->memory)
        return TACIT_ERR_MEMORY;
    arena = (struct arena){coder->memory, arena.used, 0};
    lay_out(coder, &arena);
    if (coder->by_place)
        order_by_place(coder);
    place_streams(coder);
    if (coder->guessing)
        language_guesser_start(&coder->guesser);
    coder->guesser.costs = language_choose_costs(coder->job->plan, coder->model);
    return language_draft_start(&coder->draft, coder->job->plan->cpu_features);
}

enum tacit_status language_coder_create(struct language_coder **coder_out, struct block_job *job,
                                        bool encoding)
{
    *coder_out = NULL;
    if (!job->model)
        return TACIT_ERR_MODEL_MISSING;
    TRY(strict_float_check()); /* in the thread that computes */
    struct language_coder *coder = calloc(1, sizeof *coder);
    if (!coder)
        return TACIT_ERR_MEMORY;
    coder->job = job;
    describe(coder, job->plan, job->model, encoding);
    *coder_out = coder;
    return TACIT_OK;
}

void language_coder_destroy(struct language_coder *coder)
{
    if (coder->reference) {
        reference_language_give_back(coder->job->reference, coder->reference);
    } else {
        context_mixer_destroy(coder->token.mixed.cm);
        lm_state_destroy(coder->lm);
    }
    recall_destroy(&coder->recall);
    language_draft_stop(&coder->draft);
    free(coder->memory);
    free(coder->items);
    free(coder);
}

uint32_t language_coder_token_of(const struct language_coder *coder, uint32_t item)
{
    return item < tokenizer_vocabulary(coder->tokenizer)->n_tokens ? item : LM_NO_TOKEN;
}

enum tacit_status language_coder_feed(struct language_coder *coder, const uint32_t *items, size_t n)
{
    struct language_stream *s = &coder->streams[0];
    struct lm_input inputs[LANGUAGE_PRIMER_ROWS];
    size_t n_inputs = 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t before = i == 0 ? s->before : language_coder_token_of(coder, items[i - 1]);
        if (before == LM_NO_TOKEN)
            continue;
        inputs[n_inputs] = (struct lm_input){0, before, (uint32_t)n_inputs};
        n_inputs++;
    }
    s->next = coder->primer_logits;
    return n_inputs > 0 ? lm_feed(coder->lm, 0, inputs, n_inputs, coder->primer_logits) : TACIT_OK;
}

void language_coder_take_logits(const struct language_coder *coder, struct language_stream *s)
{
    if (s->before == LM_NO_TOKEN)
        return;
    s->logits = s->next;
    s->next += coder->readers.stride;
}

enum tacit_status language_coder_step(struct language_coder *coder, uint32_t stream, uint32_t item)
{
    struct language_stream *s = &coder->streams[stream];
    language_coder_take_logits(coder, s);
    if (!coder->token.unmixed)
        context_mixer_select_stream(coder->token.mixed.cm, stream, coder->n_before + s->at);
    item = token_coder_step(&coder->token, s->logits, item);
    struct byte_view bytes = tokenizer_item_bytes(coder->tokenizer, item);
    if (bytes.n > s->end - s->at)
        return TACIT_ERR_CORRUPT;
    if (!coder->token.encoding)
        memcpy(coder->job->content.data + s->at, bytes.data, bytes.n);
    s->at += (uint32_t)bytes.n;
    s->before = language_coder_token_of(coder, item);
    coder->n_bare += s->before == LM_NO_TOKEN;
    coder->n_decoded += !coder->token.encoding;
    return TACIT_OK;
}

void language_coder_keep_logits(const struct language_coder *coder, struct language_stream *s)
{
    if (s->at == s->end || s->before != LM_NO_TOKEN || s->logits == s->kept)
        return;
    memcpy(s->kept, s->logits, coder->readers.stride * sizeof *s->logits);
    s->logits = s->kept;
}
