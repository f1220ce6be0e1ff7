/* SPDX-License-Identifier: Apache-2.0
 *
 * Two models of one shape in turn, one thread: a decoder's steps by number of streams, in tokens a second of processor time, the
 * quickest step of each counting:
 *
 *     lm_pair A.tmodel B.tmodel
 */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/cpu.h"
#include "base/try.h"
#include "engine/lm.h"
#include "model/tmodel.h"

enum { STREAMS_MAX = 64, WARM = 3 };

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static enum tacit_status run(struct tmodel *const models[2], uint32_t n, float *logits)
{
    struct lm_options options = {
        .n_streams = n, .n_context = 512, .n_threads = 1, .cpu_features = cpu_features()};
    struct lm_state *states[2] = {NULL, NULL};
    struct lm_input inputs[STREAMS_MAX] = {{0}};
    double best[2] = {1e9, 1e9};
    enum tacit_status status = lm_state_create(&states[0], tmodel_model(models[0]), &options);
    if (status == TACIT_OK)
        status = lm_state_create(&states[1], tmodel_model(models[1]), &options);
    for (uint32_t step = 0; status == TACIT_OK && step < WARM + 5 + 60 / n; step++)
        for (int i = 0; i < 2 && status == TACIT_OK; i++) {
            for (uint32_t j = 0; j < n; j++) {
                inputs[j].stream = inputs[j].logits_row = j;
                inputs[j].token = 1000 + 37 * step + j;
            }
            double start = seconds();
            status = lm_feed(states[i], 0, inputs, n, logits);
            double taken = seconds() - start;
            best[i] = step >= WARM && taken < best[i] ? taken : best[i];
        }
    if (status == TACIT_OK)
        printf("%7u  %8.1f  %8.1f  %5.2f\n", n, n / best[0], n / best[1], best[0] / best[1]);
    lm_state_destroy(states[0]);
    lm_state_destroy(states[1]);
    return status;
}

int main(int argc, char **argv)
{
    struct tmodel *models[2];
    if (argc != 3)
        return fprintf(stderr, "usage: lm_pair A.tmodel B.tmodel\n"), 2;
    for (int i = 0; i < 2; i++)
        if (tmodel_open_file(&models[i], argv[1 + i]) != TACIT_OK)
            return fprintf(stderr, "lm_pair: cannot open %s\n", argv[1 + i]), 1;
    float *logits =
        aligned_alloc(64, STREAMS_MAX * lm_logit_stride(tmodel_model(models[0])) * sizeof *logits);
    printf("streams   A, t/s    B, t/s    B/A\n");
    for (uint32_t n = 1; n <= STREAMS_MAX && logits; n *= 4)
        if (run(models, n, logits) != TACIT_OK)
            return fprintf(stderr, "lm_pair: failed\n"), 1;
    return 0;
}
