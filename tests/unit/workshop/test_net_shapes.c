/* SPDX-License-Identifier: Apache-2.0
 *
 * The trainer runs what the engine runs: for each shape that it knows, its logits of an imported model against the
 * engine's, every parameter's gradient against a central finite difference, and the way back to an int8 model.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "check.h"
#include "engine/lm.h"
#include "tiny_model.h"
#include "workshop/net/net_export.h"
#include "workshop/net/net_lesson.h"
#include "workshop/net/ops.h"
#include "workshop/net/random.h"

enum { N = 83 };

#define OWN                                                                                        \
    LM_QK_NORM | LM_WITH_HASHES | LM_WITH_SMEAR | LM_WITH_EMBED_NORM | LM_WITH_MIX |               \
        LM_WITH_Q_GAIN | LM_WITH_SINK | LM_ROOT_CAP | LM_BOS_LAST

/* X(name, known, fields of struct lm_shape) */
#define SHAPES(X)                                                                                  \
    X("llama", true, 300, 2, 64, 4, 2, 64, 128, 256, 64, LM_NORM_RMS, LM_ACT_SWIGLU, 0, 0, 0, 0,   \
      0, 10000.0f, 1e-5f, 0.0f, TINY_NO_MORE)                                                      \
    X("llama 3", true, 270, 2, 64, 2, 2, 64, 64, 256, 64, LM_NORM_RMS, LM_ACT_SWIGLU,              \
      LM_ROPE_SCALED, 0, 0, 0, 0, 500000.0f, 1e-5f, 0.0f, TINY_NO_MORE)                            \
    X("qwen 2", true, 513, 1, 128, 6, 2, 64, 64, 256, 64, LM_NORM_RMS, LM_ACT_SWIGLU,              \
      LM_QKV_BIAS | LM_SEPARATE_HEAD, 0, 0, 0, 0, 1e6f, 1e-6f, 0.0f, TINY_NO_MORE)                 \
    X("qwen 3", true, 97, 2, 64, 4, 2, 128, 192, 256, 128, LM_NORM_RMS, LM_ACT_SWIGLU, LM_QK_NORM, \
      0, 0, 0, 0, 1e6f, 1e-6f, 0.0f, TINY_NO_MORE)                                                 \
    X("biased", true, 97, 1, 64, 2, 1, 64, 64, 256, 32, LM_NORM_RMS, LM_ACT_SWIGLU,                \
      LM_QKV_BIAS | LM_OUT_BIAS, 0, 0, 0, 0, 1e4f, 1e-6f, 0.0f, TINY_NO_MORE)                      \
    X("default", true, 200, 3, 64, 2, 1, 64, 128, 256, 16, LM_NORM_RMS, LM_ACT_RELU2, OWN, 64,     \
      128, 50, 64, 10000.0f, 1e-6f, 15.0f, TINY_NO_MORE)                                           \
    X("learned positions", false, 260, 1, 64, 1, 1, 64, 64, 100, 0, LM_NORM_LAYER, LM_ACT_GELU,    \
      LM_LEARNED_POSITIONS, 0, 0, 0, 0, 10000.0f, 1e-5f, 0.0f, TINY_NO_MORE)                       \
    X("olmo 2", false, 150, 1, 64, 1, 1, 64, 64, 256, 64, LM_NORM_RMS, LM_ACT_SWIGLU,              \
      LM_POST_NORMS | LM_NO_PRE_NORMS, 0, 0, 0, 0, 10000.0f, 1e-5f, 0.0f, TINY_NO_MORE)

struct trained {
    const char *name;
    struct net net;
    struct net_work work;
    float *params;
    uint32_t ids[N + 1];
};

/* Writes the trainer's logits of one position, capped as the engine's are. */
static float logit(const struct trained *t, size_t position, size_t token)
{
    const size_t d = t->net.shape.width;
    const float *head = net_values(&t->net, t->params, net_head(&t->net), 0);
    const float cap = t->net.shape.logit_cap,
                l = op_dot(head + token * d, t->work.y + position * net_stride(d), d);
    return cap > 0 ? cap * l / sqrtf(l * l + cap * cap) : l;
}

static void compare_with_engine(const struct trained *t, const struct lm_model *model)
{
    struct lm_state *state;
    struct lm_options options = {1, 256, 1, cpu_features(), 1, 0, KV_INT8, 0, NULL};
    CHECK(lm_state_create(&state, model, &options) == TACIT_OK);
    const size_t stride = lm_logit_stride(model), n_vocab = t->net.shape.n_vocab;
    float *logits = aligned_alloc(64, N * stride * sizeof *logits);
    CHECK(lm_prefill(state, 0, t->ids, N, logits) == TACIT_OK);
    double error = 0, size = 0;
    for (size_t i = 0; i < N; i++)
        for (size_t token = 0; token + 1 < n_vocab; token++) {
            const double want = logit(t, i, token), d = logits[i * stride + token] - want;
            error += d * d;
            size += want * want;
        }
    CHECK_MSG(error < 0.0009 * size, "%s: relative error %g", t->name, sqrt(error / size));
    free(logits);
    lm_state_destroy(state);
}

/* A model made of the imported parameters is the model that they came from, up to the rounding of scales. */
static void test_way_back(struct trained *t, const struct lm_model *model)
{
    struct lm_model *made;
    const float *divisors = model->tensors[LM_ROPE_DIVISORS].values;
    CHECK(net_export(&made, &t->net, t->params, divisors) == TACIT_OK);
    CHECK(memcmp(&made->shape, &model->shape, sizeof made->shape) == 0);
    float *back = calloc(t->net.n_params, sizeof *back);
    net_import(&t->net, made, back);
    for (size_t i = 0; i < t->net.n_params; i++)
        CHECK(fabsf(back[i] - t->params[i]) <= 1e-6f * fabsf(t->params[i]));
    if (divisors)
        CHECK(memcmp(divisors, made->tensors[LM_ROPE_DIVISORS].values,
                     t->net.shape.rope_dims / 2 * sizeof *divisors) == 0);
    free(back);
    lm_model_destroy(made);
}

static double loss(struct trained *t, float scale, float *grad)
{
    return net_run(&t->net, &t->work, t->params, N, t->ids, t->ids + 1, scale, grad);
}

enum { N_SAMPLED = 4 };

/* With the address sanitizer, which takes forty times as long, gradients are computed and not compared with differences:
 * a difference only runs what has run. */
#ifdef __SANITIZE_ADDRESS__
enum { WITH_DIFFERENCES = 0 };
#else
enum { WITH_DIFFERENCES = 1 };
#endif

static void check_param(struct trained *t, const struct net_param *p, const float *grad)
{
    const size_t n = p->n_rows * p->n_cols;
    const float h = 4e-3f;
    double norm = 0;
    for (size_t i = 0; i < n; i++)
        norm += (double)grad[p->offset + i] * (double)grad[p->offset + i];
    norm = sqrt(norm / (double)n);
    CHECK_MSG(norm > 1e-6, "%s: %s has no gradient", t->name, p->name);
    for (size_t i = n / (2 * N_SAMPLED); WITH_DIFFERENCES && i < n; i += 1 + n / N_SAMPLED) {
        const size_t at = p->offset + i;
        const float kept = t->params[at];
        t->params[at] = kept + h;
        const double up = loss(t, 0, NULL);
        t->params[at] = kept - h;
        const double down = loss(t, 0, NULL);
        t->params[at] = kept;
        const double want = 0.5 * (up - down) / (2 * (double)h), got = (double)grad[at];
        CHECK_MSG(fabs(want - got) < 0.02 * (fabs(want) + norm) + 2e-3,
                  "%s: %s[%zu]: difference %g, gradient %g (rms %g)", t->name, p->name, i, want,
                  got, norm);
    }
}

static void test_gradients(struct trained *t)
{
    float *grad = calloc(t->net.n_params, sizeof *grad);
    const double nats = loss(t, 0.5f, grad);
    CHECK_MSG(nats > 0 && nats < 1000, "%s: loss %g", t->name, nats);
    for (size_t p = 0; p < t->net.n_table; p++)
        check_param(t, &t->net.table[p], grad);

    /* Frozen, the tables get no gradient and the rest the same. */
    float *less = calloc(t->net.n_params, sizeof *less);
    t->net.tables_are_frozen = true;
    CHECK(loss(t, 0.5f, less) == nats);
    for (size_t p = 0; p < t->net.n_table; p++) {
        const struct net_param *param = &t->net.table[p];
        const bool is_frozen = param->id == LM_EMBEDDING || param->id == LM_HEAD;
        for (size_t i = param->offset; i < param->offset + param->n_rows * param->n_cols; i++)
            CHECK(less[i] == (is_frozen ? 0 : grad[i]));
    }
    free(less);
    free(grad);
}

/* Of a sequence of n the squares of each position's gradient: of one it is the gradient's square, and no sum of n numbers has a larger
 * square than n times the sum of theirs. */
static void check_squares(struct trained *t, size_t n, float *grad, float *squares)
{
    const size_t n_square =
        t->net.seq_len * (16 + 4 * (size_t)t->net.shape.n_hidden + 4 * lm_qkv_rows(&t->net.shape));
    const struct net_squares room = {calloc(n_square, sizeof(float)),
                                     calloc(n_square, sizeof(float))};
    memset(grad, 0, t->net.n_params * sizeof *grad);
    memset(squares, 0, t->net.n_params * sizeof *squares);
    net_run(&t->net, &t->work, t->params, n, t->ids, t->ids + 1, 1, grad);
    t->work.squares = &room;
    net_run(&t->net, &t->work, t->params, n, t->ids, t->ids + 1, 1, squares);
    t->work.squares = NULL;
    for (size_t p = 0; p < t->net.n_table; p++) {
        const struct net_param *param = &t->net.table[p];
        const size_t at = param->offset, n_values = param->n_rows * param->n_cols;
        double got = 0, least = 0, too_small = 0;
        for (size_t i = at; i < at + n_values && param->kind == NET_MATRIX; i++) {
            const double bound = (double)grad[i] * (double)grad[i] / (double)n;
            got += (double)squares[i];
            least += bound;
            too_small += (double)squares[i] < bound * 0.9999 - 1e-12;
        }
        CHECK_MSG(too_small == 0, "%s: %s: %g squares too small", t->name, param->name, too_small);
        CHECK_MSG(n > 1 || got <= 1.0001 * least, "%s: %s: %g, want %g", t->name, param->name, got,
                  least);
    }
    free(room.dy);
    free(room.x);
}

static void test_squares(struct trained *t)
{
    float *grad = calloc(t->net.n_params, sizeof *grad);
    float *squares = calloc(t->net.n_params, sizeof *squares);
    check_squares(t, 1, grad, squares);
    check_squares(t, 40, grad, squares);
    free(squares);
    free(grad);
}

/* The cross-entropy with the mixture that net_distil learns, from all logits. */
static double lesson_loss(struct trained *t, const struct trained *teacher, float share)
{
    double sum = 0;
    net_forward(&t->net, &t->work, t->params, N, t->ids);
    for (size_t i = 0; i < N; i++) {
        double own = 0, theirs = 0, mixed = 0;
        for (size_t token = 0; token < t->net.shape.n_vocab; token++) {
            own += exp((double)logit(t, i, token));
            theirs += exp((double)logit(teacher, i, token));
        }
        for (size_t token = 0; token < t->net.shape.n_vocab; token++) {
            const double q = exp((double)logit(teacher, i, token)) / theirs;
            const double want =
                (double)share * q + (token == t->ids[i + 1] ? 1 - (double)share : 0);
            mixed += want * (log(own) - (double)logit(t, i, token));
        }
        sum += mixed;
    }
    return sum;
}

static void open_trained(struct trained *t, const struct lm_shape *shape)
{
    struct lm_model *model;
    struct random random = {12};
    CHECK(tiny_model(&model, shape) == TACIT_OK);
    CHECK(net_open_model(&t->net, model, 96) == TACIT_OK);
    CHECK(net_work_open(&t->work, &t->net, true) == TACIT_OK);
    t->params = calloc(t->net.n_params, sizeof *t->params);
    net_import(&t->net, model, t->params);
    for (size_t i = 0; i <= N; i++)
        t->ids[i] = (uint32_t)(random_next(&random) % shape->n_vocab);
    lm_model_destroy(model);
}

static void close_trained(struct trained *t)
{
    free(t->params);
    net_work_close(&t->work);
    net_close(&t->net);
}

/* A teacher of another shape over the same tokens: the gradient against differences, and with share 0 that of the text. */
static void test_teacher(void)
{
    static const struct lm_shape shapes[2] = {
        {97,          1, 64, 2, 1, 64,   64,    256,  32,          LM_NORM_RMS, LM_ACT_SWIGLU,
         LM_QKV_BIAS, 0, 0,  0, 0, 1e4f, 1e-6f, 0.0f, TINY_NO_MORE},
        {97,
         2,
         64,
         2,
         2,
         64,
         128,
         256,
         64,
         LM_NORM_RMS,
         LM_ACT_RELU2,
         LM_QK_NORM | LM_ROOT_CAP,
         0,
         0,
         0,
         0,
         1e4f,
         1e-6f,
         3.0f,
         TINY_NO_MORE}};
    for (size_t order = 0; order < 2; order++) {
        struct trained t = {.name = "student"}, teacher = {.name = "teacher"};
        open_trained(&t, &shapes[order]);
        open_trained(&teacher, &shapes[1 - order]);
        struct net_teacher lesson = {
            .net = &teacher.net, .work = &teacher.work, .params = teacher.params, .share = 0.7f};
        float *grad = calloc(t.net.n_params, sizeof *grad);
        const double nats =
            net_distil(&t.net, &t.work, t.params, N, t.ids, t.ids + 1, 1.0f, grad, &lesson);
        CHECK(nats == loss(&t, 0, NULL));
        for (size_t i = 0; WITH_DIFFERENCES && i < t.net.n_params; i += 1 + t.net.n_params / 60) {
            const float kept = t.params[i], h = 4e-3f;
            t.params[i] = kept + h;
            const double up = lesson_loss(&t, &teacher, lesson.share);
            t.params[i] = kept - h;
            const double down = lesson_loss(&t, &teacher, lesson.share);
            t.params[i] = kept;
            const double want = (up - down) / (2 * (double)h), got = (double)grad[i];
            CHECK_MSG(fabs(want - got) < 0.03 * fabs(want) + 1e-2,
                      "%zu: difference %g, gradient %g", i, want, got);
        }
        float *plain = calloc(t.net.n_params, sizeof *plain);
        lesson.share = 0;
        memset(grad, 0, t.net.n_params * sizeof *grad);
        net_distil(&t.net, &t.work, t.params, N, t.ids, t.ids + 1, 1.0f, grad, &lesson);
        loss(&t, 1.0f, plain);
        for (size_t i = 0; i < t.net.n_params; i++)
            CHECK(fabsf(grad[i] - plain[i]) < 1e-4f + 1e-4f * fabsf(plain[i]));
        free(plain);
        free(grad);
        close_trained(&t);
        close_trained(&teacher);
    }
}

/* The teacher's gradients by the normed stream behind a layer, squared, with the mean 1. */
static void weights_of(const struct trained *teacher, uint32_t layer, const float *exits, double *w)
{
    const size_t d = teacher->net.shape.width, ld = net_stride(d);
    double sum = 0;
    for (size_t p = 0; p < N; p++) {
        const float *y = teacher->work.layer[layer + 1].x + p * ld;
        const float *g = exits + (layer * teacher->net.seq_len + p) * ld;
        for (size_t i = 0; i < d; i++) {
            w[p * d + i] = (double)g[i] * (double)g[i] * (double)op_dot(y, y, d) / (double)d;
            sum += w[p * d + i] / (double)(N * d);
        }
    }
    for (size_t i = 0; i < N * d; i++)
        w[i] /= sum;
}

/* The mean square of the two streams' difference behind a layer, summed over positions; exits: NULL, or the teacher's gradients. */
static double hidden_loss(const struct trained *t, const struct trained *teacher, uint32_t layer,
                          const float *exits)
{
    double *w = calloc(N * teacher->net.shape.width, sizeof *w);
    const size_t d = t->net.shape.width, their_d = teacher->net.shape.width;
    const float *map = t->params + t->net.n_params + layer * d * their_d;
    const uint32_t answers = net_lesson_layer(&t->net, &teacher->net, layer);
    double sum = 0;
    if (exits)
        weights_of(teacher, answers, exits, w);
    for (size_t p = 0; p < N; p++) {
        const float *x = t->work.layer[layer + 1].x + p * net_stride(d);
        const float *y = teacher->work.layer[answers + 1].x + p * net_stride(their_d);
        const double size = sqrt((double)op_dot(x, x, d) / (double)d);
        const double their_size = sqrt((double)op_dot(y, y, their_d) / (double)their_d);
        for (size_t i = 0; i < their_d; i++) {
            const double mapped = d == their_d ? (double)x[i] : (double)op_dot(map + i * d, x, d);
            const double error = mapped / size - (double)y[i] / their_size;
            sum += (exits ? w[p * their_d + i] : 1) * error * error / (double)their_d;
        }
    }
    free(w);
    return sum;
}

/* Writes the softmax of a position's products with those before it. */
static void relations_of(const struct net *net, const float *u, size_t position, double *p)
{
    const size_t hs = net->shape.head_dim, n_kv = net->shape.n_kv_heads;
    double sum = 0;
    for (size_t s = 0; s < position; s++) {
        double product = 0;
        for (size_t kv = 0; kv < n_kv; kv++) {
            const float *of_head = u + kv * net->seq_len * hs;
            product += (double)op_dot(of_head + position * hs, of_head + s * hs, hs);
        }
        p[s] = exp(product / sqrt((double)(n_kv * hs)));
        sum += p[s];
    }
    for (size_t s = 0; s < position; s++)
        p[s] /= sum;
}

static double relation_loss(const struct trained *t, const struct trained *teacher, uint32_t layer)
{
    const uint32_t answers = net_lesson_layer(&t->net, &teacher->net, layer);
    const struct net_layer_work *own = &t->work.layer[layer];
    const struct net_layer_work *theirs = &teacher->work.layer[answers];
    double sum = 0, p[N], q[N];
    for (size_t position = 1; position < N; position++)
        for (int of_values = 0; of_values < 2; of_values++) {
            relations_of(&t->net, of_values ? own->v : own->k, position, p);
            relations_of(&teacher->net, of_values ? theirs->v : theirs->k, position, q);
            for (size_t s = 0; s < position; s++)
                sum += 0.5 * q[s] * log(q[s] / p[s]);
        }
    return sum;
}

static double inner_loss(struct trained *t, const struct net_teacher *lesson,
                         const struct trained *teacher)
{
    const uint32_t n_layers = t->net.shape.n_layers;
    double sum = 0;
    net_forward(&t->net, &t->work, t->params, N, t->ids);
    for (uint32_t l = 0; l < n_layers; l++) {
        if (lesson->hidden > 0)
            sum += (double)lesson->hidden * hidden_loss(t, teacher, l, NULL) / n_layers;
        if (lesson->gradients > 0)
            sum += (double)lesson->gradients * hidden_loss(t, teacher, l, lesson->lesson->exits) /
                   n_layers;
        if (lesson->relations > 0)
            sum += (double)lesson->relations * relation_loss(t, teacher, l) / n_layers;
    }
    return sum;
}

/* What the inside adds to the gradient, maps' included, against differences. */
static void check_inside(struct trained *t, const struct trained *teacher,
                         const struct net_teacher *lesson)
{
    const size_t n = t->net.n_params + net_lesson_maps(&t->net, &teacher->net);
    float *grad = calloc(n, sizeof *grad), *plain = calloc(n, sizeof *plain);
    loss(t, 1.0f, plain);
    net_distil(&t->net, &t->work, t->params, N, t->ids, t->ids + 1, 1.0f, grad, lesson);
    double norm = 0;
    for (size_t i = 0; i < n; i++) {
        grad[i] -= plain[i];
        norm += (double)grad[i] * (double)grad[i] / (double)n;
    }
    CHECK_MSG(norm > 1e-6, "mean square of the gradient %g", norm);
    for (size_t i = 3; WITH_DIFFERENCES && i < n; i += 1 + n / (6 * N_SAMPLED)) {
        const float kept = t->params[i], h = 4e-3f;
        t->params[i] = kept + h;
        const double up = inner_loss(t, lesson, teacher);
        t->params[i] = kept - h;
        const double down = inner_loss(t, lesson, teacher);
        t->params[i] = kept;
        const double want = (up - down) / (2 * (double)h), got = (double)grad[i];
        CHECK_MSG(fabs(want - got) < 0.03 * (fabs(want) + sqrt(norm)) + 1e-3,
                  "%s, hidden %g, gradients %g: %zu of %zu: difference %g, gradient %g", t->name,
                  (double)lesson->hidden, (double)lesson->gradients, i, n, want, got);
    }
    free(plain);
    free(grad);
}

/* What comes out of the last layer that the backward pass reaches, times what its last matrix read, is that matrix's gradient. */
static void check_exits(struct trained *t, const struct net_lesson *lesson)
{
    const size_t d = t->net.shape.width, mlp = t->net.shape.n_hidden,
                 at = net_at(&t->net, LM_DOWN, 0);
    float *grad = calloc(t->net.n_params, sizeof *grad);
    loss(t, 1.0f, grad);
    for (size_t i = 0; i < d; i += 7)
        for (size_t j = 0; j < mlp; j += 11) {
            double sum = 0;
            for (size_t p = 0; p < N; p++)
                sum += (double)lesson->exits[p * net_stride(d) + i] *
                       (double)t->work.h[p * net_stride(mlp) + j];
            const double got = (double)grad[at + i * mlp + j];
            CHECK_MSG(fabs(sum - got) < 1e-3 + 1e-3 * fabs(got), "%zu, %zu: %g, want %g", i, j, sum,
                      got);
        }
    free(grad);
}

/* Teachers as wide and wider, with more layers and fewer, other heads. */
static void test_inside(void)
{
    static const struct lm_shape shapes[3] = {
#define INSIDE(n_layers, width, n_heads, n_kv_heads, activation, flags)                            \
    {97,         n_layers, width, n_heads, n_kv_heads, 64, 128,  256,   64,   LM_NORM_RMS,         \
     activation, flags,    0,     0,       0,          0,  1e4f, 1e-6f, 0.0f, TINY_NO_MORE}
        INSIDE(2, 64, 2, 1, LM_ACT_SWIGLU, LM_QKV_BIAS), INSIDE(3, 128, 4, 2, LM_ACT_SWIGLU, 0),
        INSIDE(1, 64, 2, 2, LM_ACT_RELU2, LM_QK_NORM)};
    for (size_t i = 0; i < 3; i++) {
        struct trained t = {.name = "student"}, teacher = {.name = "teacher"};
        struct net_lesson space;
        open_trained(&t, &shapes[i]);
        open_trained(&teacher, &shapes[(i + 1) % 3]);
        const size_t n_maps = net_lesson_maps(&t.net, &teacher.net);
        CHECK((n_maps == 0) == (i == 2));
        t.params = realloc(t.params, (t.net.n_params + n_maps) * sizeof *t.params);
        net_lesson_start(&t.net, &teacher.net, 5, t.params + t.net.n_params);
        CHECK(net_lesson_open(&space, &t.net, &teacher.net, true) == TACIT_OK);
        net_forward(&teacher.net, &teacher.work, teacher.params, N, t.ids);
        for (int level = 0; level < 4; level++) {
            const struct net_teacher lesson = {.net = &teacher.net,
                                               .work = &teacher.work,
                                               .params = teacher.params,
                                               .hidden = level == 1 ? 0.7f : 0,
                                               .relations = level % 3 == 0 ? 0.6f : 0,
                                               .gradients = level > 1 ? 0.5f : 0,
                                               .lesson = &space};
            check_inside(&t, &teacher, &lesson);
        }
        check_exits(&teacher, &space);
        net_lesson_close(&space);
        close_trained(&t);
        close_trained(&teacher);
    }
}

static void test_shape(const char *name, bool is_known, const struct lm_shape *shape)
{
    struct lm_model *model;
    struct trained t = {.name = name};
    struct random random = {9};
    CHECK(tiny_model(&model, shape) == TACIT_OK);
    const enum tacit_status status = net_open_model(&t.net, model, 96);
    CHECK(status == (is_known ? TACIT_OK : TACIT_ERR_UNSUPPORTED));
    if (is_known) {
        CHECK(t.net.has_gains);
        CHECK(net_work_open(&t.work, &t.net, true) == TACIT_OK);
        t.params = calloc(t.net.n_params, sizeof *t.params);
        net_import(&t.net, model, t.params);
        for (size_t i = 0; i <= N; i++)
            t.ids[i] = (uint32_t)(random_next(&random) % (shape->n_vocab - 1));
        net_forward(&t.net, &t.work, t.params, N, t.ids);
        compare_with_engine(&t, model);
        test_way_back(&t, model);
        test_gradients(&t);
        test_squares(&t);
        free(t.params);
        net_work_close(&t.work);
        net_close(&t.net);
    }
    lm_model_destroy(model);
}

int main(void)
{
#define TEST(name, known, ...)                                                                     \
    {                                                                                              \
        const struct lm_shape shape = {__VA_ARGS__};                                               \
        test_shape(name, known, &shape);                                                           \
    }
    SHAPES(TEST)
    test_teacher();
    test_inside();
    return check_result();
}
