/* SPDX-License-Identifier: Apache-2.0
 *
 * Eigenvalues of matrices whose eigenvalues are known; facts of a matrix that is made to have them; and a silenced part
 * of a layer costs a text what a model costs it that was built with zeros there; of a rounded head, the head alone is
 * rounded.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "tiny_model.h"
#include "workshop/inspect/attention.h"
#include "workshop/inspect/silenced.h"
#include "workshop/inspect/spectrum.h"
#include "workshop/inspect/tensor_facts.h"
#include "workshop/inspect/text_cost.h"
#include "workshop/shrink/prune_heads.h"

enum { N = 40 };

static uint64_t state = 1;

static double next(void)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (double)(int32_t)(state >> 32) / 2147483648.0;
}

/* a = H a H, with H = I - 2 v v^T a random reflection: the eigenvalues stay. */
static void turn(double *a, size_t n)
{
    double v[N], length = 0;
    for (size_t i = 0; i < n; i++) {
        v[i] = next();
        length += v[i] * v[i];
    }
    for (int side = 0; side < 2; side++)
        for (size_t j = 0; j < n; j++) {
            size_t step = side ? 1 : n, line = side ? j * n : j;
            double sum = 0;
            for (size_t i = 0; i < n; i++)
                sum += v[i] * a[line + i * step];
            for (size_t i = 0; i < n; i++)
                a[line + i * step] -= 2 * sum / length * v[i];
        }
}

static void check_eigenvalues(size_t n, double (*value)(size_t i), int n_turns)
{
    double a[N * N] = {0}, values[N];
    for (size_t i = 0; i < n; i++)
        a[i * n + i] = value(i);
    for (int i = 0; i < n_turns; i++)
        turn(a, n);
    CHECK(spectrum_eigenvalues(values, a, n) == TACIT_OK);
    for (size_t i = 0; i < n; i++)
        CHECK_MSG(fabs(values[i] - value(i)) < 1e-9 * (1 + fabs(value(0))), "%zu of %zu: %g", i, n,
                  values[i]);
}

static double falling(size_t i)
{
    return 3.0 - (double)i;
}

static double steep(size_t i)
{
    return exp2(-(double)i);
}

static double equal(size_t i)
{
    return i < 5 ? 2 : 0;
}

static void test_spectrum(void)
{
    for (size_t n = 1; n <= N; n += n < 4 ? 1 : 9)
        for (int n_turns = 0; n_turns < 3; n_turns++) {
            check_eigenvalues(n, falling, n_turns);
            check_eigenvalues(n, steep, n_turns);
            check_eigenvalues(n, equal, n_turns);
        }
    const double values[] = {90, 9, 1, -1e-9};
    CHECK(spectrum_rank(values, 4, 0.9) == 1 && spectrum_rank(values, 4, 0.99) == 2);
    CHECK(spectrum_rank(values, 4, 0.995) == 3);
    const double nothing[] = {0, 0};
    CHECK(spectrum_rank(nothing, 2, 0.9) == 0);
}

/* Of 128 x 64: two rows of rank 2, the second with a tenth of the energy; four numbers, equally
 * often. */
static void test_facts(enum tensor_kind kind)
{
    static _Alignas(ARENA_ALIGN) uint8_t memory[1 << 16];
    struct arena arena = {memory, sizeof memory, 0};
    struct tensor tensor;
    struct tacit_inspect_tensor facts = {.layer = 0};
    struct matmul mm;
    memset(memory, 0, sizeof memory);
    tensor_lay_out(&tensor, kind, 128, 64, &arena);
    for (size_t row = 0; row < 128; row++) {
        int8_t q[LM_GROUP];
        struct tensor_int4_group group = {.scale = 0x3c00, .minimum = 0xc000}; /* 1 and -2 */
        for (size_t i = 0; i < LM_GROUP; i++) {
            bool same_sign = row % 2 == 0 || i % 2 == 0;
            q[i] = (int8_t)((row % 2 ? 1 : 2) * (same_sign ? 1 : -1));
            group.n[i % LM_INT4_GROUP] = (uint8_t)(q[i] + 2);
        }
        for (size_t g = 0; kind == TENSOR_INT4 && g < 2; g++)
            tensor_set_int4(&tensor, row, g, &group);
        if (kind == TENSOR_INT8)
            tensor_set_group(&tensor, row, 0, q, 0.5f);
    }
    CHECK(matmul_open(&mm, true) == TACIT_OK);
    CHECK(tensor_facts(&facts, &tensor, &mm) == TACIT_OK);
    matmul_close(&mm);
    CHECK(facts.n_rows == 128 && facts.n_columns == 64 && facts.n_ranks == 64);
    CHECK_MSG(facts.rank_90 == 2 && facts.rank_99 == 2, "%d", (int)facts.rank_90);
    CHECK(fabs(facts.entropy - 1.5) < 1e-9); /* 2: half, 1 and -1: a quarter each */
    CHECK(fabs(facts.stored_bits - (kind == TENSOR_INT8 ? 8.5 : 5)) < 1e-9);
    CHECK(fabs(facts.peak - 2 / sqrt(2.5)) < 1e-6 && facts.beyond_6 == 0);
}

struct with_zeros {
    struct tiny_random random; /* first */
    unsigned parts;
};

/* tiny_row, but layer 1 is as silenced_open makes it. */
static enum tacit_status row_with_zeros(void *context, enum lm_tensor_id id, uint32_t layer,
                                        size_t row, float *dst)
{
    struct with_zeros *w = context;
    unsigned both = SILENCED_ATTENTION | SILENCED_HIDDEN;
    bool is_zero = ((w->parts & SILENCED_ATTENTION) && (id == LM_OUT || id == LM_OUT_B)) ||
                   ((w->parts & SILENCED_HIDDEN) && (id == LM_DOWN || id == LM_DOWN_B));
    bool is_mix = w->parts == both && (id == LM_MIX_X || id == LM_MIX_X0);
    enum tacit_status status = tiny_row(&w->random, id, layer, row, dst);
    size_t n = lm_tensor_size(&w->random.shape, id).n_columns;
    for (size_t i = 0; layer == 1 && id < LM_N_LAYER_TENSORS && (is_zero || is_mix) && i < n; i++)
        dst[i] = id == LM_MIX_X ? 1 : 0;
    return status;
}

static void test_silenced(const struct lm_shape *shape, const char *name)
{
    uint32_t tokens[100];
    struct text_tokens text = {tokens, 100, 300, 0};
    struct lm_model *model, *built;
    for (size_t i = 0; i < 100; i++)
        tokens[i] = (uint32_t)(i * 7919 % (shape->n_vocab - 1));
    CHECK(tiny_model(&model, shape) == TACIT_OK);
    for (unsigned parts = 0; parts < 4; parts++) {
        struct with_zeros with = {.random = {.shape = *shape}, .parts = parts};
        struct silenced silenced;
        double bits, want, whole;
        CHECK(lm_model_build(&built, shape, row_with_zeros, &with) == TACIT_OK);
        CHECK(silenced_open(&silenced, model, 1, parts) == TACIT_OK);
        CHECK(text_cost(&bits, &silenced.model, &text, 1) == TACIT_OK);
        CHECK(text_cost(&want, built, &text, 1) == TACIT_OK);
        CHECK(text_cost(&whole, model, &text, 1) == TACIT_OK);
        CHECK_MSG(bits == want && isfinite(bits), "%s, %u: %g, %g", name, parts, bits, want);
        CHECK_MSG((bits == whole) == (parts == 0), "%s, %u: %g", name, parts, whole);
        silenced_close(&silenced);
        lm_model_destroy(built);
    }
    lm_model_destroy(model);
}

/* Whether a group has at most `most` numbers and is within 40 int8 steps of the group that it was made of. */
static bool is_rounded(const int8_t *q, const int8_t *from, size_t most)
{
    bool met[256] = {false}, is_near = true;
    size_t n = 0;
    for (size_t i = 0; i < LM_GROUP; i++) {
        n += !met[(uint8_t)q[i]];
        met[(uint8_t)q[i]] = true;
        is_near = is_near && abs(q[i] - from[i]) <= 40;
    }
    return n <= most && is_near;
}

/* Group g of a row of `out`, or a row of qkv: is it of that part of the heads? */
static bool is_of_part(const struct lm_shape *s, bool is_out, size_t row, size_t g, uint32_t part,
                       uint32_t n_parts)
{
    size_t n_queries = (size_t)s->n_heads * s->head_dim;
    size_t n_keys = (size_t)s->n_kv_heads * s->head_dim;
    if (is_out)
        return g * LM_GROUP / (n_queries / n_parts) == part;
    if (row < n_queries)
        return row / (n_queries / n_parts) == part;
    return s->n_kv_heads == n_parts && (row - n_queries) % n_keys / s->head_dim == part;
}

/* Of 3 bits: the part's weights have 8 numbers a group, all others are as they were. */
static void test_rounded_heads(const struct lm_shape *shape, const char *name)
{
    struct lm_model *model;
    uint32_t n_parts = heads_that_go(shape);
    CHECK(tiny_model(&model, shape) == TACIT_OK);
    for (uint32_t part = 0; part < n_parts; part++) {
        struct silenced silenced;
        CHECK(silenced_open_heads_rounded(&silenced, model, 0, part, n_parts, TENSOR_NARROW3) ==
              TACIT_OK);
        for (int is_out = 0; is_out < 2; is_out++) {
            enum lm_tensor_id id = is_out ? LM_OUT : LM_QKV;
            const struct tensor *t = &silenced.model.layers[0].tensors[id];
            for (size_t i = 0; i < t->n_rows * t->n_columns / LM_GROUP; i++) {
                int8_t q[LM_GROUP], from[LM_GROUP];
                size_t row = i / (t->n_columns / LM_GROUP), g = i % (t->n_columns / LM_GROUP);
                float scale = tensor_get_group(t, row, g, q);
                CHECK(scale == tensor_get_group(&model->layers[0].tensors[id], row, g, from));
                bool ours = is_of_part(shape, is_out, row, g, part, n_parts);
                CHECK_MSG(ours ? is_rounded(q, from, 8) : memcmp(q, from, LM_GROUP) == 0,
                          "%s, part %u, %s %zu, %zu", name, part, is_out ? "out" : "qkv", row, g);
            }
        }
        silenced_close(&silenced);
    }
    lm_model_destroy(model);
}

struct told {
    struct tacit_inspect_head head; /* sums of all heads */
    size_t n_heads, n_caches;
    double worst; /* sum of shares against 1 */
    uint64_t n_ranks, rank_99;
};

static void take_head(void *context, const struct tacit_inspect_head *h)
{
    struct told *told = context;
    told->head.first += h->first;
    told->head.recent += h->recent;
    told->head.none += h->none;
    told->head.copy += h->copy;
    double sum = h->first + h->recent + h->far + h->none; /* 0 in layers with short windows */
    told->worst = fmax(told->worst, sum != 0 ? fabs(sum - 1) : 0);
    told->n_heads++;
}

static void take_cache(void *context, const struct tacit_inspect_cache *c)
{
    struct told *told = context;
    told->n_caches++;
    told->n_ranks += c->n_ranks;
    told->rank_99 += c->rank_99;
}

/* tiny_row without queries and keys: all scores are 0. */
static enum tacit_status row_without_scores(void *context, enum lm_tensor_id id, uint32_t layer,
                                            size_t row, float *dst)
{
    struct tiny_random *random = context;
    struct lm_tensor_size size = lm_tensor_size(&random->shape, id);
    if (id != LM_QKV)
        return tiny_row(context, id, layer, row, dst);
    memset(dst, 0, size.n_columns * sizeof *dst);
    return TACIT_OK;
}

/* What uniform attention gives 600 tokens that repeat every ten, in windows of 512. */
static void expect_uniform(struct tacit_inspect_head *want)
{
    size_t n_rows = 0;
    for (size_t at = 0; at < 600; at += TEXT_WINDOW)
        for (size_t p = 64; p < 512 && at + p < 600; p++, n_rows++) {
            double n = (double)(p + 1);
            want->first += 4 / n;
            want->recent += 8 / n;
            want->copy +=
                (double)((p - 1) / 10) / n; /* p - 10, p - 20 ...: the tokens behind them */
        }
    want->first /= (double)n_rows;
    want->recent /= (double)n_rows;
    want->copy /= (double)n_rows;
}

static void test_attention(const struct lm_shape *shape, bool is_uniform)
{
    uint32_t tokens[600];
    struct text_tokens text = {tokens, 600, 600, 50};
    struct tiny_random random = {.shape = *shape};
    struct told told = {.n_heads = 0};
    struct tacit_inspection job = {.head = take_head, .cache = take_cache, .context = &told};
    struct lm_model *model;
    double bits, want_bits;
    for (size_t i = 0; i < 600; i++)
        tokens[i] = (uint32_t)(i % 10);
    CHECK(lm_model_build(&model, shape, is_uniform ? row_without_scores : tiny_row, &random) ==
          TACIT_OK);
    CHECK(attention_inspect(&bits, &job, model, &text, NULL, NULL) == TACIT_OK);
    CHECK(text_cost(&want_bits, model, &text, 2) == TACIT_OK && bits == want_bits);
    CHECK(told.n_heads == (size_t)shape->n_layers * shape->n_heads);
    CHECK(told.n_caches == 2 * (size_t)shape->n_layers && told.worst < 1e-9);
    CHECK(told.n_ranks == 2 * (uint64_t)shape->n_layers * shape->n_kv_heads * shape->head_dim);
    CHECK((told.head.none > 0) == ((shape->flags & LM_WITH_SINK) != 0));
    if (is_uniform) {
        struct tacit_inspect_head want = {.layer = 0};
        double n = (double)told.n_heads;
        expect_uniform(&want);
        CHECK(fabs(told.head.first / n - want.first) < 1e-6);
        CHECK(fabs(told.head.recent / n - want.recent) < 1e-6);
        CHECK_MSG(fabs(told.head.copy / n - want.copy) < 1e-6, "%g, %g", told.head.copy / n,
                  want.copy);
        CHECK(told.rank_99 == 0); /* keys and values are 0 */
    }
    lm_model_destroy(model);
}

static const struct {
    const char *name;
    struct lm_shape shape;
} shapes[] = {
#define SHAPE(name, ...) {name, {__VA_ARGS__}},
    TINY_MODELS(SHAPE)
#undef SHAPE
};

/* Short texts stay whole, long ones share what is left. */
static void test_shares(void)
{
    struct text_tokens texts[] = {{.n = 1000}, {.n = 10}, {.n = 300}, {.n = 0}, {.n = 400}};
    const size_t want[] = {0, 10, 300, 345, 345};
    CHECK(text_tokens_share(texts, 5, 1000) == 1000);
    for (size_t i = 0; i < 5; i++)
        CHECK_MSG(texts[i].n == want[i], "%zu: %zu", i, texts[i].n);
    CHECK(text_tokens_share(texts, 5, 5000) == 1000); /* nothing to cut */
    CHECK(text_tokens_share(texts, 5, 2) == 2);
    CHECK(text_tokens_share(texts, 0, 2) == 0);
}

int main(void)
{
    test_shares();
    test_spectrum();
    test_facts(TENSOR_INT8);
    test_facts(TENSOR_INT4);
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        if (shapes[i].shape.n_layers > 1)
            test_silenced(&shapes[i].shape, shapes[i].name);
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        test_rounded_heads(&shapes[i].shape, shapes[i].name);
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        test_attention(&shapes[i].shape, false);
    test_attention(&shapes[0].shape, true);
    return check_result();
}
