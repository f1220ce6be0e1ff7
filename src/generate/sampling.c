/* SPDX-License-Identifier: Apache-2.0 */
#include "generate/sampling.h"

#include "engine/lm.h"

void sampling_lay_out(struct sampling *sampling, struct arena *arena, const struct byte_trie *trie,
                      uint32_t n_tokens)
{
    size_t n_padded = (n_tokens + (size_t)KERNEL_LANES - 1) / KERNEL_LANES * KERNEL_LANES;
    token_distribution_lay_out(&sampling->distribution, arena, trie, n_tokens, false);
    sampling->scaled = arena_take(arena, n_padded * sizeof *sampling->scaled);
}

static float within_limits(float x)
{
    x = x > -LM_LOGIT_MAX ? x : -LM_LOGIT_MAX;
    return x < LM_LOGIT_MAX ? x : LM_LOGIT_MAX;
}

static void keep_first_of_largest(struct sampling *s)
{
    uint32_t best = 0, n = s->distribution.n_tokens;
    for (uint32_t i = 1; i < n; i++)
        best = s->scaled[i] > s->scaled[best] ? i : best;
    for (uint32_t i = 0; i < n; i++)
        s->distribution.mass[i] = i == best;
}

void sampling_begin(struct sampling *s, const struct kernels *kernels, const float *logits)
{
    const struct byte_trie *trie = s->distribution.trie;
    uint32_t n = s->distribution.n_tokens, *mass = s->distribution.mass;
    float factor = s->temperature > 0.0f ? 1.0f / s->temperature : 1.0f;
    for (uint32_t i = 0; i < n; i++)
        s->scaled[i] =
            trie->places[i] == BYTE_TRIE_NONE ? -LM_LOGIT_MAX : within_limits(logits[i] * factor);
    if (s->temperature > 0.0f) {
        kernels->lm_token_masses(mass, s->scaled, NULL, n);
        for (uint32_t i = 0; i < n; i++)
            mass[i]--;
    } else {
        keep_first_of_largest(s);
    }
    mass[n] = 0; /* bare bytes */
}

struct kept {
    size_t n;
    uint64_t mass;
};

static struct kept count_from(const struct sampling *s, uint32_t least)
{
    struct kept kept = {0, 0};
    for (uint32_t i = 0; i < s->distribution.n_tokens; i++) {
        bool is_kept = s->distribution.mass[i] >= least;
        kept.n += is_kept;
        kept.mass += is_kept ? s->distribution.mass[i] : 0;
    }
    return kept;
}

static void drop_below(struct sampling *s, uint32_t least)
{
    for (uint32_t i = 0; i < s->distribution.n_tokens; i++)
        if (s->distribution.mass[i] < least)
            s->distribution.mass[i] = 0;
}

void sampling_keep_likeliest(struct sampling *s, size_t n)
{
    uint32_t least = 1;
    for (uint32_t step = 1u << 30; step > 0; step /= 2) /* the largest bound that keeps too many */
        if (count_from(s, least + step).n > n)
            least += step;
    drop_below(s, count_from(s, 1).n > n ? least + 1 : 1);
}

static void keep_share(struct sampling *s)
{
    uint64_t all = count_from(s, 1).mass;
    uint64_t wanted = (all >> 24) * s->top_q24 + ((all & 0xffffff) * s->top_q24 >> 24);
    uint32_t least = 1;
    for (uint32_t step = 1u << 30; step > 0; step /= 2) /* the largest bound that keeps enough */
        if (count_from(s, least + step).mass >= wanted && count_from(s, least + step).n > 0)
            least += step;
    drop_below(s, least);
}

bool sampling_end(struct sampling *s)
{
    struct token_distribution *d = &s->distribution;
    if (s->top_q24 < 1u << 24)
        keep_share(s);
    d->sum[0] = 0;
    for (uint32_t i = 0; i < d->trie->n_places; i++)
        d->sum[i + 1] = d->sum[i] + d->mass[d->at[i]];
    return d->sum[d->trie->n_places] > 0;
}
