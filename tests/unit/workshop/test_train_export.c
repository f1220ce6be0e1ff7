/* SPDX-License-Identifier: Apache-2.0
 *
 * The engine computes what the trainer trains: logits of an exported network, int8, against the trainer's own
 * in float, on a small network in which every mechanism is at work and the windows are shorter than the text.
 * And the model comes back as parameters that differ by rounding alone.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "check.h"
#include "engine/lm.h"
#include "workshop/net/net_export.h"
#include "workshop/net/random.h"

static const struct net_config SMALL = {
    .n_vocab = 300,
    .width = 64,
    .n_layers = 3,
    .n_heads = 2,
    .head_size = 64,
    .mlp_size = 128,
    .n_rotary = 16,
    .seq_len = 200,
    .window_short = 64,
    .window_long = 128,
    .hash_rows = 100,
    .hash_size = 64,
    .logit_cap = 15,
};

enum { N = 180 };

static void make_params(const struct net *net, float *params)
{
    struct random random = {7};
    net_init_params(net, 3, params);
    for (size_t i = 0; i < net->n_params; i++)
        params[i] += 0.1f * random_normal(&random);
}

/* The trainer's logit of a token, before the cap's softmax. */
static float trained_logit(const struct net *net, const struct net_work *work, const float *params,
                           size_t t, size_t token)
{
    const size_t d = net->config.width;
    float l = 0, cap = net->config.logit_cap;
    for (size_t i = 0; i < d; i++)
        l += params[net->at[LM_EMBEDDING] + token * d + i] * work->y[t * net_stride(d) + i];
    return cap * l / sqrtf(l * l + cap * cap);
}

/* Root mean square of the differences and of the logits themselves. */
static void compare(const struct net *net, const struct net_work *work, const float *params,
                    const float *logits, size_t stride)
{
    double error = 0, size = 0;
    for (size_t t = 0; t < N; t++)
        for (size_t token = 0; token + 1 < SMALL.n_vocab; token++) {
            double want = trained_logit(net, work, params, t, token);
            double d = logits[t * stride + token] - want;
            error += d * d;
            size += want * want;
        }
    CHECK_MSG(error < 0.0016 * size, "relative error %g", sqrt(error / size));
    CHECK(size > N * SMALL.n_vocab * 0.01);
}

static void test_import(const struct net *net, const struct lm_model *model, const float *params)
{
    struct net_config config;
    CHECK(net_import_config(&config, model) == TACIT_OK);
    CHECK(memcmp(&config, &SMALL, sizeof config) == 0);
    float *back = calloc(net->n_params, sizeof *back);
    net_import(net, model, back);
    double error = 0, size = 0;
    for (size_t i = 0; i < net->n_params; i++) {
        const double d = (double)back[i] - (double)params[i];
        error += d * d;
        size += (double)params[i] * (double)params[i];
    }
    CHECK_MSG(error < 1e-4 * size, "relative error %g", sqrt(error / size));
    struct lm_model other = *model;
    other.shape.flags &= ~(uint32_t)LM_WITH_SINK;
    CHECK(net_import_config(&config, &other) == TACIT_ERR_UNSUPPORTED);
    free(back);
}

int main(void)
{
    struct net net;
    struct net_work work;
    struct lm_model *model;
    struct lm_state *state;
    struct random random = {9};
    uint32_t tokens[N];
    CHECK(net_open(&net, &SMALL) == TACIT_OK);
    CHECK(net_work_open(&work, &net, true) == TACIT_OK);
    float *params = malloc(net.n_params * sizeof *params);
    make_params(&net, params);
    for (size_t i = 0; i < N; i++)
        tokens[i] = (uint32_t)(i ? random_next(&random) % (SMALL.n_vocab - 1) : SMALL.n_vocab - 1);
    net_forward(&net, &work, params, N, tokens);
    CHECK(net_export(&model, &net, params, NULL) == TACIT_OK);
    struct lm_options options = {1, 64, 1, cpu_features(), 1, 0, KV_INT8, 0, NULL};
    CHECK(lm_state_create(&state, model, &options) == TACIT_OK);
    size_t stride = lm_logit_stride(model);
    float *logits = aligned_alloc(64, N * stride * sizeof *logits);
    CHECK(lm_prefill(state, 0, tokens, N, logits) == TACIT_OK);
    compare(&net, &work, params, logits, stride);
    test_import(&net, model, params);
    CHECK(logits[SMALL.n_vocab - 1] == -LM_LOGIT_MAX);
    free(logits);
    lm_state_destroy(state);
    lm_model_destroy(model);
    free(params);
    net_work_close(&work);
    net_close(&net);
    return check_result();
}
