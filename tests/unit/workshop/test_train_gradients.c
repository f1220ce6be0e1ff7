/* SPDX-License-Identifier: Apache-2.0
 *
 * Every parameter's gradient against a central finite difference, on a tiny network in which each
 * mechanism is at work: both windows shorter than the sequence, repeated tokens, a BOS in the
 * middle, no parameter at its neutral starting value.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "workshop/net/net.h"
#include "workshop/net/random.h"

static const struct net_config TINY = {
    .n_vocab = 21,
    .width = 12,
    .n_layers = 3,
    .n_heads = 2,
    .head_size = 8,
    .mlp_size = 20,
    .n_rotary = 4,
    .seq_len = 90,
    .window_short = 5,
    .window_long = 70,
    .hash_rows = 11,
    .hash_size = 3,
    .logit_cap = 4,
};

enum { N = 83 };

int main(void)
{
    struct net net;
    struct net_work work;
    CHECK(net_open(&net, &TINY) == TACIT_OK);
    CHECK(net_work_open(&work, &net, true) == TACIT_OK);
    float *params = malloc(net.n_params * sizeof *params);
    float *grad = calloc(net.n_params, sizeof *grad);
    struct random random = {7};
    uint32_t ids[N + 1];
    for (size_t i = 0; i <= N; i++)
        ids[i] = (uint32_t)(random_next(&random) % (TINY.n_vocab - 1));
    ids[0] = ids[40] = (uint32_t)(TINY.n_vocab - 1);
    net_init_params(&net, 3, params);
    for (size_t i = 0; i < net.n_params; i++)
        params[i] += 0.3f * random_normal(&random);

    const double loss = net_run(&net, &work, params, N, ids, ids + 1, 0.5f, grad);
    CHECK_MSG(loss > 0 && loss < 1000, "loss %g", loss);
    for (size_t p = 0; p < net.n_table; p++) {
        const struct net_param *param = &net.table[p];
        const size_t n = param->n_rows * param->n_cols;
        double norm = 0;
        for (size_t i = 0; i < n; i++)
            norm += (double)grad[param->offset + i] * (double)grad[param->offset + i];
        norm = sqrt(norm / (double)n);
        CHECK_MSG(norm > 1e-6, "%s has no gradient", param->name);
        for (size_t i = 0; i < n; i += 1 + n / 16) {
            const size_t at = param->offset + i;
            const float kept = params[at], h = 4e-3f;
            params[at] = kept + h;
            const double up = net_run(&net, &work, params, N, ids, ids + 1, 0, NULL);
            params[at] = kept - h;
            const double down = net_run(&net, &work, params, N, ids, ids + 1, 0, NULL);
            params[at] = kept;
            const double want = 0.5 * (up - down) / (2 * (double)h), got = (double)grad[at];
            CHECK_MSG(fabs(want - got) < 0.02 * (fabs(want) + norm) + 2e-3,
                      "%s[%zu]: difference %g, gradient %g (rms %g)", param->name, i, want, got,
                      norm);
        }
    }
    free(params);
    free(grad);
    net_work_close(&work);
    net_close(&net);
    return check_result();
}
