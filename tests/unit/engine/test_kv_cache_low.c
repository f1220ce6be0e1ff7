/* SPDX-License-Identifier: Apache-2.0
 *
 * KV caches of few bits. Alone: every position that a row may look at is found, in the form that its distance asks for,
 * as the ring turns and after positions were taken back, although all keys have much in common. In models: a stream's logits depend on its tokens alone, and
 * are the bits written down here on any machine (on emulated ones this takes minutes; golden archives
 * of these kinds run there).
 */
#include "engine/kv_cache.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cpu.h"
#include "base/sha256.h"
#include "base/strict_math.h"
#include "check.h"
#include "engine/kv_pack.h"
#include "engine/lm.h"
#include "kernel_sets.h"
#include "tiny_model.h"

enum { HEAD_DIM = 128, KEPT = 320, SINKS = 4, QUERIES = 2, POSITIONS = 720 };

static float offset[HEAD_DIM]; /* that all keys have in common */

static uint32_t rng_state = 1;

static float random_value(void)
{
    rng_state = rng_state * 1664525u + 1013904223u;
    return (float)(int32_t)rng_state * (1.0f / 2147483648.0f);
}

static void check_rotation(void)
{
    _Alignas(64) float x[2 * LM_GROUP], y[2 * LM_GROUP], back[2 * LM_GROUP];
    struct kernels kernels;
    kernels_select(&kernels, CPU_SCALAR);
    for (size_t i = 0; i < 2 * LM_GROUP; i++)
        x[i] = random_value();
    kernels.lm_rotate(y, x, 2);
    for (size_t i = 0; i < 2 * LM_GROUP; i++) {
        double sum = 0;
        for (size_t j = 0; j < LM_GROUP; j++) {
            bool odd = __builtin_popcount((unsigned)(i % LM_GROUP & j)) % 2;
            sum += (odd ? -1.0 : 1.0) * (double)x[i / LM_GROUP * LM_GROUP + j];
        }
        CHECK(fabs(sum / 8 - (double)y[i]) < 1e-6);
    }
    kernels.lm_rotate(back, y, 2);
    for (size_t i = 0; i < 2 * LM_GROUP; i++)
        CHECK(fabsf(back[i] - x[i]) < 1e-6f);
}

static void check_levels(unsigned bits)
{
    struct kernels kernels;
    struct lm_tile unpacked;
    uint8_t level[LM_GROUP], tile[LM_GROUP * LM_TILE_ROWS / 2] = {0};
    float x[LM_GROUP] = {0}, top = (float)((1 << bits) - 1);
    CHECK(kv_levels(level, x, bits) == 0);
    x[3] = (float)INFINITY;
    CHECK(kv_levels(level, x, bits) == 0);
    x[3] = (float)NAN;
    CHECK(kv_levels(level, x, bits) == 0);
    for (size_t i = 0; i < LM_GROUP; i++)
        x[i] = random_value();
    float scale = kv_scale_value(kv_levels(level, x, bits)), error = 0, square = 0;
    for (size_t i = 0; i < LM_GROUP; i++) {
        float rounded = (2.0f * (float)level[i] - top) * scale;
        CHECK(level[i] < 1 << bits);
        error += (x[i] - rounded) * (x[i] - rounded);
        square += x[i] * x[i];
        kv_packed_set(tile, bits, 16 * i + 5, level[i]);
    }
    CHECK_MSG(error < square * (bits == 2   ? 0.09f
                                : bits == 3 ? 0.025f
                                            : 0.006f),
              "%u bits: %f", bits, (double)(error / square));
    kernels_select(&kernels, CPU_SCALAR);
    kernels.lm_unpack(&unpacked, tile, 1, bits);
    for (size_t i = 0; i < LM_GROUP; i++)
        CHECK((&unpacked.q[0][0][0])[16 * i + 5] == 2 * level[i] + 1 - (1 << bits));
}

struct plain {
    float keys[POSITIONS][HEAD_DIM], values[POSITIONS][HEAD_DIM];
};

static void store(struct kv_use *use, const struct plain *plain, uint64_t position)
{
    _Alignas(64) float key[HEAD_DIM], value[HEAD_DIM];
    memcpy(key, plain->keys[position], sizeof key);
    memcpy(value, plain->values[position], sizeof value);
    use->position = position;
    kv_cache_store(use, kv_slot(KEPT, use->n_sinks, position), key, value);
    for (size_t i = 0; position >= KEPT && i < use->n_sinks; i++) { /* turned: the negative key */
        for (size_t d = 0; d < HEAD_DIM; d++)
            key[d] = -plain->keys[i][d];
        kv_cache_store(use, i, key, NULL);
    }
}

/* A query that looks at one position only gets its value. */
static void look(const struct kv_use *use, const struct plain *plain, uint64_t at)
{
    _Alignas(64) float queries[QUERIES][HEAD_DIM], out[QUERIES][HEAD_DIM];
    float sinks[QUERIES] = {-LM_SCORE_MAX, -LM_SCORE_MAX};
    bool turned = at < use->n_sinks && use->position >= KEPT;
    bool near = at < use->n_sinks || use->position - at < kv_near(use->cache.kind);
    double worst = 0, bound = near ? 0.04 : use->cache.kind == KV_K4V4 ? 0.35 : 1.0;
    for (size_t d = 0; d < HEAD_DIM; d++) {
        queries[0][d] = (plain->keys[at][d] - offset[d]) * (turned ? -1.0f : 1.0f);
        queries[1][d] = 0.0f;
    }
    kv_cache_score(use, queries[0], 0, 0);
    kv_cache_weigh(use, out[0], sinks, 0);
    for (size_t d = 0; d < HEAD_DIM; d++)
        worst = fmax(worst, fabs((double)out[0][d] - (double)plain->values[at][d]));
    CHECK_MSG(worst < bound, "kind %d, row %d looks at %d: off by %f", (int)use->cache.kind,
              (int)use->position, (int)at, worst);
}

/* A query of zeros gets the mean. */
static void look_everywhere(const struct kv_use *use, const struct plain *plain)
{
    _Alignas(64) float queries[QUERIES][HEAD_DIM] = {{0}}, out[QUERIES][HEAD_DIM];
    float sinks[QUERIES] = {-LM_SCORE_MAX, 0.0f};
    double mean[HEAD_DIM] = {0}, worst = 0, n = 0;
    for (uint64_t i = 0; i <= use->position; i++)
        if (i < use->n_sinks || use->position < KEPT || i > use->position - (KEPT - use->n_sinks)) {
            for (size_t d = 0; d < HEAD_DIM; d++)
                mean[d] += (double)plain->values[i][d];
            n++;
        }
    kv_cache_score(use, queries[0], 0, 0);
    kv_cache_weigh(use, out[0], sinks, 0);
    for (size_t d = 0; d < HEAD_DIM; d++) {
        worst = fmax(worst, fabs((double)out[0][d] - mean[d] / n));
        worst = fmax(worst, fabs((double)out[1][d] - mean[d] / (n + 1)));
    }
    CHECK_MSG(worst < 0.08, "kind %d, row %d: mean off by %f", (int)use->cache.kind,
              (int)use->position, worst);
}

static void check_row(const struct kv_use *use, const struct plain *plain)
{
    uint64_t near = kv_near(use->cache.kind), now = use->position;
    uint64_t oldest = now < KEPT ? 0 : now + 1 - (KEPT - use->n_sinks);
    look_everywhere(use, plain);
    for (uint64_t i = 0; i < use->n_sinks && i <= now; i++)
        look(use, plain, i);
    for (uint64_t i = oldest; i <= now; i += 1 + (i + now) % 7)
        look(use, plain, i);
    look(use, plain, oldest);
    look(use, plain, now < near ? now : now + 1 - near);
    look(use, plain, now < near ? now : now - near);
}

static void lay_out(struct kv_use *use, struct kv_cache *undone, enum kv_kind kind,
                    struct arena *arena)
{
    kv_cache_lay_out(&use->cache, kind, HEAD_DIM, KEPT, arena);
    kv_cache_lay_out(undone, kind, HEAD_DIM, LM_GROUP, arena);
    kv_scratch_lay_out(use->scratch, kind, QUERIES, HEAD_DIM, KEPT, arena);
}

static void check_kind(enum kv_kind kind, size_t n_sinks, uint32_t features)
{
    static struct plain plain;
    struct kernels kernels;
    struct kv_scratch scratch;
    struct kv_cache undone;
    struct kv_use use = {.kernels = &kernels,
                         .scratch = &scratch,
                         .n_queries = QUERIES,
                         .n_rows = 1,
                         .n_kept = KEPT,
                         .n_sinks = n_sinks};
    struct arena sizes = {0};
    kernels_select(&kernels, features);
    lay_out(&use, &undone, kind, &sizes);
    uint8_t *memory = aligned_alloc(ARENA_ALIGN, sizes.used);
    memset(memory, 0xff, sizes.used); /* NaNs, where nothing was stored */
    struct arena arena = {memory, sizes.used, 0};
    lay_out(&use, &undone, kind, &arena);
    for (size_t i = 0; i < POSITIONS * HEAD_DIM; i++) {
        if (i < HEAD_DIM)
            offset[i] = random_value();
        plain.keys[i / HEAD_DIM][i % HEAD_DIM] = random_value() * 1.5f + offset[i % HEAD_DIM];
        plain.values[i / HEAD_DIM][i % HEAD_DIM] = random_value();
    }
    for (uint64_t position = 0; position + KV_BACK_MAX < POSITIONS; position++) {
        store(&use, &plain, position);
        if (position % 13 > 0 && position > 6 && position % 64 > 1)
            continue;
        /* Others follow, and are taken back. */
        for (uint64_t i = position + 1; i <= position + KV_BACK_MAX; i++) {
            kv_cache_copy(&undone, i % LM_GROUP, &use.cache, kv_slot(KEPT, n_sinks, i));
            store(&use, &plain, i);
        }
        for (uint64_t i = position + KV_BACK_MAX; i > position; i--)
            kv_cache_copy(&use.cache, kv_slot(KEPT, n_sinks, i), &undone, i % LM_GROUP);
        use.position = position;
        check_row(&use, &plain);
    }
    free(memory);
}

enum { N_TOKENS = 450, CONTEXT = 320 };

#define SHAPE(name, ...) {__VA_ARGS__},
static const struct lm_shape shapes[] = {TINY_MODELS(SHAPE)};

struct golden {
    int shape;
    uint32_t window; /* 0: the shape's own */
    enum kv_kind kind;
    const char *hash; /* the first 8 bytes of the SHA-256 of all logits */
};

static const struct golden goldens[] = {
    {0, 0, KV_K4V4, "97dbcbec4f6efcc7"},    {0, 0, KV_K4V2, "91d59517b2d93455"},
    {2, 0, KV_K4V2, "4ef41a65acda2639"},    {5, 280, KV_K4V4, "e3a68434f1e25483"},
    {0, 0, KV_K4V3, "8ea9eb870436c452"},    {5, 280, KV_K3V3, "50c61ed9247d917d"},
    {2, 0, KV_K3V2, "b0be4ccdf699c0fb"},    {0, 0, KV_K4V3S, "d116e76f00cfb2ff"},
    {5, 280, KV_K4V3S, "b19b3c7aae798f15"},
};

struct run {
    const struct lm_model *model;
    enum kv_kind kind;
    float *logits; /* [N_TOKENS][stride] */
    const float *want;
    size_t stride;
};

static uint32_t token_at(const struct run *run, size_t i)
{
    return (uint32_t)((i * i * 7 + i * 13) % run->model->shape.n_vocab);
}

static struct lm_state *start(const struct run *run, uint32_t n_threads, uint32_t features)
{
    struct lm_options options = {1,           CONTEXT,   n_threads, features, 1,
                                 LM_BACK_MAX, run->kind, 0,         NULL};
    struct lm_state *state;
    CHECK(lm_state_create(&state, run->model, &options) == TACIT_OK);
    return state;
}

/* Pieces of so many tokens, each followed by wrong guesses that are taken back. */
static void read_pieces(const struct run *run, size_t piece, uint32_t n_wrong, uint32_t n_threads,
                        uint32_t features)
{
    struct lm_state *state = start(run, n_threads, features);
    for (size_t i = 0; i < N_TOKENS; i += piece) {
        uint32_t tokens[LM_BATCH];
        size_t n = N_TOKENS - i < piece ? N_TOKENS - i : piece;
        for (size_t j = 0; j < n + n_wrong; j++)
            tokens[j] = j < n ? token_at(run, i + j) : (uint32_t)(i + 5 * j) % 90;
        CHECK(lm_prefill(state, 0, tokens, n, run->logits + i * run->stride) == TACIT_OK);
        CHECK(lm_prefill(state, 0, tokens + n, n_wrong, NULL) == TACIT_OK);
        CHECK(lm_take_back(state, 0, n_wrong) == TACIT_OK);
    }
    lm_state_destroy(state);
}

static void check_pieces(const struct run *run, size_t piece, uint32_t n_wrong, uint32_t n_threads,
                         uint32_t features)
{
    size_t n_bad = 0;
    read_pieces(run, piece, n_wrong, n_threads, features);
    for (size_t i = 0; i < N_TOKENS; i++)
        n_bad += memcmp(run->logits + i * run->stride, run->want + i * run->stride,
                        run->model->shape.n_vocab * sizeof(float)) != 0;
    CHECK_MSG(n_bad == 0, "kind %d: %zu rows, pieces of %zu, %u wrong, threads %u, cpu %x",
              (int)run->kind, n_bad, piece, n_wrong, n_threads, features);
}

/* A stream saved after so many tokens and restored to another state goes on as if nothing had happened. */
static void check_saved(const struct run *run, size_t middle)
{
    struct lm_state *from = start(run, 1, cpu_features()), *to = start(run, 1, cpu_features());
    uint8_t *saved = malloc(lm_stream_size(from, middle));
    for (size_t i = 0; i < N_TOKENS; i++) {
        uint32_t token = token_at(run, i);
        if (i == middle) {
            lm_save_stream(from, 0, saved);
            lm_restore_stream(to, 0, saved);
        }
        CHECK(lm_step(i < middle ? from : to, &token, run->logits) == TACIT_OK);
        CHECK(memcmp(run->logits, run->want + i * run->stride,
                     run->model->shape.n_vocab * sizeof(float)) == 0);
    }
    free(saved);
    lm_state_destroy(from);
    lm_state_destroy(to);
}

static void check_hash(const struct run *run, const struct golden *golden)
{
    struct sha256 sha;
    uint8_t digest[SHA256_BYTES], bytes[4];
    char hex[17];
    sha256_init(&sha);
    for (size_t row = 0; row < N_TOKENS; row++)
        for (size_t i = 0; i < run->model->shape.n_vocab; i++) {
            store_le32(bytes, strict_to_bits(run->want[row * run->stride + i]));
            sha256_update(&sha, bytes, sizeof bytes);
        }
    sha256_final(&sha, digest);
    for (int i = 0; i < 8; i++)
        snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    CHECK_MSG(strcmp(hex, golden->hash) == 0, "shape %d, kind %d: logits %s", golden->shape,
              (int)golden->kind, hex);
}

static void check_golden(const struct golden *golden)
{
    struct lm_model *model;
    struct lm_shape shape = shapes[golden->shape];
    shape.window = golden->window ? golden->window : shape.window;
    CHECK(tiny_model(&model, &shape) == TACIT_OK);
    struct run run = {.model = model, .kind = golden->kind, .stride = lm_logit_stride(model)};
    size_t n_bytes = N_TOKENS * run.stride * sizeof(float);
    float *want = run.logits = aligned_alloc(64, n_bytes);
    read_pieces(&run, 1, 0, 1, CPU_SCALAR);
    run.want = want;
    run.logits = aligned_alloc(64, n_bytes);
    check_hash(&run, golden);
    uint32_t features = cpu_features();
    for (uint32_t set = CPU_SCALAR; set != features; set = kernel_set_after(set, features))
        check_pieces(&run, 37, 0, 1, set);
    check_pieces(&run, LM_BATCH, 0, 2, features);
    check_pieces(&run, 1, LM_BACK_MAX, 1, features);
    check_pieces(&run, 7, 5, 1, features);
    check_saved(&run, 250);
    check_saved(&run, 400);
    free(want);
    free(run.logits);
    lm_model_destroy(model);
}

/* Fewer bits take less memory; layers that look back on little keep 8. */
static void check_memory(void)
{
    uint64_t n[KV_N_KINDS], n_small[KV_N_KINDS];
    for (unsigned kind = 0; kind < KV_N_KINDS; kind++) {
        struct lm_options options = {4, 2048, 1, 0, 1, 0, (enum kv_kind)kind, 0, NULL};
        CHECK(lm_state_memory_needed(&shapes[0], &options, &n[kind]) == TACIT_OK);
        options.n_context = KV_NEAR_SLOTS;
        CHECK(lm_state_memory_needed(&shapes[0], &options, &n_small[kind]) == TACIT_OK);
        CHECK(kind == 0 || (n[kind] < n[0] && n_small[kind] >= n_small[0]));
    }
    CHECK(n[KV_K4V3] < n[KV_K4V4] && n[KV_K3V3] < n[KV_K4V3] && n[KV_K4V2] == n[KV_K3V3] &&
          n[KV_K3V2] < n[KV_K4V2] && n[KV_K4V3S] < n[KV_K4V3]);
    struct lm_options bad = {1, 64, 1, 0, 1, 0, KV_N_KINDS, 0, NULL};
    CHECK(lm_state_memory_needed(&shapes[0], &bad, n) == TACIT_ERR_ARGUMENT);
}

int main(void)
{
    check_rotation();
    check_levels(2);
    check_levels(3);
    check_levels(4);
    check_kind(KV_K4V4, SINKS, CPU_SCALAR);
    check_kind(KV_K4V2, SINKS, cpu_features());
    check_kind(KV_K4V4, 0, cpu_features());
    check_kind(KV_K3V3, SINKS, CPU_SCALAR);
    check_kind(KV_K4V3S, SINKS, cpu_features());
    for (size_t i = 0; i < sizeof goldens / sizeof *goldens; i++)
        check_golden(&goldens[i]);
    check_memory();
    return check_result();
}
