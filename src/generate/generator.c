/* SPDX-License-Identifier: Apache-2.0 */
#include "generate/generator.h"

#include <stdlib.h>

#include "base/cpu.h"
#include "base/strict_math.h"
#include "base/struct_size.h"
#include "base/threads/threads.h"
#include "base/try.h"
#include "engine/kv/kv_choose.h"
#include "generate/primed.h"
#include "token/byte_trie.h"

enum { CONTEXT_DEFAULT = 2048, CANDIDATES = 128 };

static const struct lm_model *lm_of(const struct generator *g)
{
    return model_file_lm(g->model->file);
}

static bool options_are_sound(const struct tacit_generate_options *o)
{
    bool warm = o->temperature >= (float)TACIT_TEMPERATURE_MIN &&
                o->temperature <= (float)TACIT_TEMPERATURE_MAX;
    return (warm || o->temperature == 0.0f) && o->top_p > 0.0f && o->top_p <= 1.0f &&
           o->n_prompt <= TACIT_GENERATE_INPUT_MAX && o->n_context <= TACIT_CONTEXT_MAX &&
           o->n_threads <= TACIT_THREADS_MAX && (unsigned)o->kv < KV_N_KINDS && o->kv_keep < 100;
}

unsigned generator_context(const struct tacit_generate_options *options)
{
    if (options->n_context == 0 && options->primed)
        return options->primed->info.n_context;
    return options->n_context ? options->n_context : CONTEXT_DEFAULT;
}

static enum tacit_status check_primed(const struct generator *g)
{
    const struct tacit_primed *primed = g->options.primed;
    if (!primed)
        return TACIT_OK;
    const struct tacit_primed_info *info = &primed->info;
    if (!primed_is_of(info, g->model))
        return TACIT_ERR_MODEL_WRONG;
    bool alike = info->kv == g->options.kv && info->kv_keep == g->options.kv_keep &&
                 info->n_context == generator_context(&g->options);
    return alike ? TACIT_OK : TACIT_ERR_ARGUMENT;
}

static void lay_out(struct generator *g, struct arena *arena)
{
    sampling_lay_out(&g->sampling, arena, g->model->trie, lm_of(g)->shape.n_vocab);
    g->logits = arena_take(arena, g->n_streams * lm_logit_stride(lm_of(g)) * sizeof *g->logits);
}

static enum tacit_status take_memory(struct generator *g)
{
    struct arena arena = {0};
    lay_out(g, &arena);
    g->memory = aligned_alloc(ARENA_ALIGN, arena.used);
    if (!g->memory)
        return TACIT_ERR_MEMORY;
    arena = (struct arena){g->memory, arena.used, 0};
    lay_out(g, &arena);
    generator_turn_to(g, 0);
    g->sampling.temperature = g->options.temperature;
    g->sampling.top_q24 = (uint32_t)(g->options.top_p * 0x1p24f);
    return TACIT_OK;
}

/* The model does not read bytes that the vocabulary cannot spell. */
static size_t leave_tokens(uint32_t *items, size_t n, uint32_t n_vocab)
{
    size_t n_left = 0;
    for (size_t i = 0; i < n; i++)
        if (items[i] < n_vocab)
            items[n_left++] = items[i];
    return n_left;
}

/* A primed state without a prompt needs no items. */
static enum tacit_status take_items(struct generator *g)
{
    const struct tokenizer *tokenizer = model_file_tokenizer(g->model->file);
    uint32_t start = tokenizer_start(tokenizer);
    size_t n = 0;
    if (g->options.primed && g->options.n_prompt == 0)
        return TACIT_OK;
    g->items = malloc((g->options.n_prompt + 1) * sizeof *g->items);
    if (!g->items)
        return TACIT_ERR_MEMORY;
    g->items[0] = start == VOCABULARY_NONE ? 0 : start;
    if (g->options.n_prompt > 0)
        TRY(tokenizer_encode(tokenizer, g->options.prompt, g->options.n_prompt, g->items + 1, &n));
    g->n_items = 1 + leave_tokens(g->items + 1, n, lm_of(g)->shape.n_vocab);
    return TACIT_OK;
}

/* Heads keep positions as they did for the primed state, or as they should for the prompt. */
static enum tacit_status start_model(struct generator *g, struct lm_options *options)
{
    if (g->options.primed)
        g->heads = g->options.primed->heads;
    else if (options->kv_keep > 0)
        TRY(kv_heads_choose(&g->heads, lm_of(g), options, options->kv_keep, g->items, g->n_items));
    kv_heads_use(options, &g->heads);
    return lm_state_create(&g->lm, lm_of(g), options);
}

enum tacit_status generator_create(struct generator *g, const struct tacit_model *model,
                                   const struct tacit_generate_options *options, uint32_t n_streams)
{
    uint32_t features;
    g->model = model;
    g->n_streams = n_streams;
    g->options.struct_size = sizeof g->options;
    TRY(strict_float_check());
    TRY(tacit_generate_options_init_sized(&g->options, sizeof g->options));
    if (options)
        TRY(struct_take(&g->options, sizeof g->options, options));
    if (!options_are_sound(&g->options))
        return TACIT_ERR_ARGUMENT;
    TRY(check_primed(g));
    TRY(cpu_features_named(g->options.cpu, &features));
    kernels_select(&g->kernels, features);
    unsigned n_threads = g->options.n_threads ? g->options.n_threads : threads_available();
    struct lm_options lm = {.n_streams = n_streams,
                            .n_context = generator_context(&g->options),
                            .n_threads = n_threads < LM_THREADS_MAX ? n_threads : LM_THREADS_MAX,
                            .cpu_features = features,
                            .kv_kind = (enum kv_kind)g->options.kv,
                            .kv_keep = g->options.kv_keep};
    TRY(take_items(g));
    TRY(start_model(g, &lm));
    g->spelling.tokenizer = model_file_tokenizer(model->file);
    return take_memory(g);
}

void generator_destroy(struct generator *g)
{
    lm_state_destroy(g->lm);
    spelling_release(&g->spelling);
    free(g->items);
    free(g->behind);
    free(g->memory);
}

/* Stream 0 goes on from the primed state, if that has read the beginning of the items. *n_read: how many of them. */
static enum tacit_status begin_primed(struct generator *g, const uint32_t *items, size_t n,
                                      size_t *n_read)
{
    const struct tacit_primed *primed = g->options.primed;
    struct hash128 hash;
    if (n <= primed->info.n_tokens)
        return TACIT_ERR_REFERENCE_WRONG;
    TRY(primed_hash_tokens(items, (size_t)primed->info.n_tokens, &hash));
    if (!hash128_equal(hash, primed->tokens_hash))
        return TACIT_ERR_REFERENCE_WRONG;
    lm_restore_stream(g->lm, 0, primed->stream);
    *n_read = (size_t)primed->info.n_tokens;
    return TACIT_OK;
}

/* There is at least one. */
static enum tacit_status read_items(struct generator *g, struct hash128 *hash)
{
    const uint32_t *items = g->items;
    size_t n = g->n_items, n_read = 0;
    if (g->options.primed)
        TRY(begin_primed(g, items, n, &n_read));
    if (hash)
        TRY(primed_hash_tokens(items, n - 1, hash));
    g->last_token = items[n - 1];
    return lm_prefill(g->lm, 0, items + n_read, n - 1 - n_read, NULL);
}

enum tacit_status generator_read_but_last(struct generator *g, struct hash128 *hash)
{
    if (!g->items) {
        lm_restore_stream(g->lm, 0, g->options.primed->stream);
        g->last_token = g->options.primed->last_token;
        return TACIT_OK;
    }
    TRY(read_items(g, hash));
    free(g->items);
    g->items = NULL;
    return TACIT_OK;
}

/* The other streams, and later ones, begin with a copy of stream 0. */
static enum tacit_status save_behind(struct generator *g)
{
    g->behind = malloc(lm_stream_size(g->lm, lm_stream_position(g->lm, 0)));
    if (!g->behind)
        return TACIT_ERR_MEMORY;
    lm_save_stream(g->lm, 0, g->behind);
    return TACIT_OK;
}

enum tacit_status generator_read_prompt(struct generator *g)
{
    uint32_t tokens[TACIT_STREAMS_MAX];
    bool first = !g->behind;
    if (first)
        TRY(generator_read_but_last(g, NULL));
    if (first && g->n_streams > 1)
        TRY(save_behind(g));
    for (uint32_t i = 0; i < g->n_streams; i++) {
        if (!first || i > 0)
            lm_restore_stream(g->lm, i, g->behind);
        tokens[i] = g->last_token;
    }
    return generator_read(g, tokens);
}

enum tacit_status generator_read(struct generator *g, const uint32_t *tokens)
{
    return lm_step(g->lm, tokens, g->logits);
}

static unsigned code_open(struct generator *g, const struct byte_trie_walk *walk, bool bit)
{
    const uint64_t *sum = g->sampling.distribution.sum;
    uint64_t one = sum[walk->high] - sum[walk->split], both = sum[walk->high] - sum[walk->low];
    if (one == 0 || one == both)
        return one > 0;
    for (; both >> 32; one >>= 1)
        both >>= 1;
    uint64_t p1 = (one << 32) / both;
    p1 = p1 < 1 ? 1 : p1 > UINT32_MAX ? UINT32_MAX : p1;
    if (!g->encoding)
        return (unsigned)binary_decode(&g->dec, (uint32_t)p1);
    binary_encode(&g->enc, bit, (uint32_t)p1);
    return bit;
}

/* place: to encode. Returns the place. */
static uint32_t walk_down(struct generator *g, uint32_t place)
{
    const struct byte_trie *trie = g->model->trie;
    struct byte_trie_walk walk = byte_trie_start(trie);
    bool more = true;
    while (more) {
        unsigned bit = byte_trie_is_open(trie, &walk) ? code_open(g, &walk, place >= walk.split)
                                                      : byte_trie_forced(trie, &walk);
        more = byte_trie_take(trie, &walk, bit);
    }
    return walk.low;
}

static enum tacit_status drop_what_leads_astray(struct generator *g)
{
    const struct token_distribution *d = &g->sampling.distribution;
    for (uint32_t i = 0; i < d->n_tokens; i++) {
        bool allowed = true;
        if (d->mass[i] > 0)
            TRY(spelling_allows(&g->spelling, i, &allowed));
        if (!allowed)
            sampling_drop(&g->sampling, i);
    }
    return TACIT_OK;
}

/* If no likely token leads back, all tokens are tried. */
static enum tacit_status set_distribution(struct generator *g)
{
    sampling_begin(&g->sampling, &g->kernels, g->at);
    if (g->leads_back) {
        sampling_keep_likeliest(&g->sampling, CANDIDATES);
        TRY(drop_what_leads_astray(g));
    }
    if (sampling_end(&g->sampling))
        return TACIT_OK;
    sampling_begin(&g->sampling, &g->kernels, g->at);
    TRY(drop_what_leads_astray(g));
    return sampling_end(&g->sampling) ? TACIT_OK : TACIT_ERR_UNSUPPORTED;
}

enum tacit_status generator_code(struct generator *g, uint32_t *token)
{
    const struct token_distribution *d = &g->sampling.distribution;
    const struct byte_trie *trie = g->model->trie;
    TRY(set_distribution(g));
    uint32_t place = g->encoding ? trie->places[*token] : 0;
    if (g->encoding && (place == BYTE_TRIE_NONE || token_distribution_mass(d, place) == 0))
        return TACIT_ERR_CHECKSUM;
    *token = trie->items[walk_down(g, place)];
    return g->leads_back ? spelling_add(&g->spelling, *token) : TACIT_OK;
}
