/* SPDX-License-Identifier: Apache-2.0
 *
 * The promise of model/lm.h: a stream's logits depend on its tokens alone. Small models of every
 * shape run one stream at a time, token by token, in plain C; then in lock-step, by prefill, on
 * several threads and with every set of kernels that the machine has, and must give the same bits.
 * Those bits are also compared with the ones written down here, which any machine must reproduce.
 */
#include "engine/lm.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cpu.h"
#include "base/sha256.h"
#include "base/strict_math.h"
#include "check.h"
#include "kernel_sets.h"
#include "tiny_model.h"

/* More tokens than the context holds, in few rows: it also runs under emulation. */
enum { N_TOKENS = 72, N_STREAMS = 5, CONTEXT = 64 };

struct golden {
    const char *name;
    struct lm_shape shape;
};

#define SHAPE(name, ...) {name, {__VA_ARGS__}},
static const struct golden models[] = {TINY_MODELS(SHAPE)};

/* The first 8 bytes of the SHA-256 of the model and of all its logits. */
static const char *const expected[][2] = {
    {"c67238cd9c1ee6d1", "e79b77cd364e79fb"}, {"a7d53376eaeb71ba", "df43ccbfc6451194"},
    {"7e1e8a7b04990f17", "73fa7f6eb2e72af7"}, {"ca22c75e8d0e81f0", "a8d7840871ba7d1e"},
    {"84d983bbf3b5b12e", "35daacf3fe3332f9"}, {"f265533dac8de15f", "73a7ac5014af05d0"},
    {"e1a8549a88cbf6a3", "70081345a393b2d8"}, {"b8c89adc5e9494e2", "d52cd31205763662"},
    {"35dd8ec92d6d5ed4", "59d6bd365d70e051"},
};

/* Streams differ from the first token on. */
static uint32_t token_at(const struct lm_shape *shape, size_t stream, size_t i)
{
    return (uint32_t)((i * i * 7 + i * 13 + stream * 31) % shape->n_vocab);
}

struct run {
    const struct lm_model *model;
    struct lm_state *state;
    float *logits;
    size_t stride;
};

static void start(struct run *run, const struct lm_model *model, uint32_t n_streams,
                  uint32_t n_threads, uint32_t features)
{
    struct lm_options options = {n_streams, CONTEXT, n_threads, features, 1, 0, KV_INT8, 0, NULL};
    size_t n_rows = n_streams > N_TOKENS ? n_streams : N_TOKENS;
    run->model = model;
    run->stride = lm_logit_stride(model);
    run->logits = aligned_alloc(64, n_rows * run->stride * sizeof *run->logits);
    CHECK(lm_state_create(&run->state, model, &options) == TACIT_OK);
}

static void stop(struct run *run)
{
    lm_state_destroy(run->state);
    free(run->logits);
}

static bool same(const struct run *run, const float *a, const float *b)
{
    return memcmp(a, b, run->model->shape.n_vocab * sizeof *a) == 0;
}

/* [stream][token][stride], plain C, one stream after the other. */
static float *reference_logits(const struct lm_model *model)
{
    struct run run;
    start(&run, model, 1, 1, CPU_SCALAR);
    float *all = malloc(N_STREAMS * N_TOKENS * run.stride * sizeof *all), *at = all;
    for (size_t stream = 0; stream < N_STREAMS; stream++) {
        lm_reset_stream(run.state, 0);
        for (size_t i = 0; i < N_TOKENS; i++, at += run.stride) {
            uint32_t token = token_at(&model->shape, stream, i);
            CHECK(lm_step(run.state, &token, run.logits) == TACIT_OK);
            memcpy(at, run.logits, run.stride * sizeof *at);
        }
    }
    stop(&run);
    return all;
}

/* Streams begin late and pause now and then. */
static void check_steps(const struct lm_model *model, const float *want, uint32_t n_streams,
                        uint32_t n_threads, uint32_t features)
{
    struct run run;
    size_t done[N_STREAMS] = {0}, n_wrong = 0;
    start(&run, model, n_streams, n_threads, features);
    for (size_t step = 0; step < N_TOKENS * 5 / 4; step++) {
        uint32_t tokens[N_STREAMS];
        for (size_t s = 0; s < n_streams; s++)
            tokens[s] = (step + s) % 5 == 0 || done[s] == N_TOKENS
                            ? LM_NO_TOKEN
                            : token_at(&model->shape, s, done[s]);
        CHECK(lm_step(run.state, tokens, run.logits) == TACIT_OK);
        for (size_t s = 0; s < n_streams; s++)
            if (tokens[s] != LM_NO_TOKEN) {
                const float *at = want + (s * N_TOKENS + done[s]++) * run.stride;
                n_wrong += !same(&run, run.logits + s * run.stride, at);
            }
    }
    CHECK_MSG(n_wrong == 0, "%zu rows, streams %u, threads %u, cpu %x", n_wrong, n_streams,
              n_threads, features);
    stop(&run);
}

static void check_prefill(const struct lm_model *model, const float *want, size_t piece,
                          uint32_t n_threads, uint32_t features)
{
    struct run run;
    uint32_t tokens[N_TOKENS];
    size_t n_wrong = 0, s = 1;
    start(&run, model, 2, n_threads, features);
    for (size_t i = 0; i < N_TOKENS; i++)
        tokens[i] = token_at(&model->shape, s, i);
    for (size_t i = 0; i < N_TOKENS; i += piece) {
        size_t n = N_TOKENS - i < piece ? N_TOKENS - i : piece;
        CHECK(lm_prefill(run.state, 1, tokens + i, n, run.logits) == TACIT_OK);
        for (size_t j = 0; j < n; j++)
            n_wrong += !same(&run, run.logits + j * run.stride,
                             want + (s * N_TOKENS + i + j) * run.stride);
    }
    CHECK(lm_stream_position(run.state, 1) == N_TOKENS && lm_stream_position(run.state, 0) == 0);
    CHECK_MSG(n_wrong == 0, "%zu rows, pieces of %zu, threads %u, cpu %x", n_wrong, piece,
              n_threads, features);
    stop(&run);
}

/* A stream saved after so many tokens goes on in every stream that it is restored to, whatever these had read. */
static void check_saved(const struct lm_model *model, const float *want, size_t n_before)
{
    struct run from, to;
    uint32_t tokens[N_TOKENS];
    size_t n_wrong = 0;
    start(&from, model, 1, 1, cpu_features());
    start(&to, model, N_STREAMS, 1, cpu_features());
    for (size_t i = 0; i < N_TOKENS; i++)
        tokens[i] = token_at(&model->shape, 0, i);
    CHECK(lm_prefill(from.state, 0, tokens, n_before, NULL) == TACIT_OK);
    uint8_t *saved = malloc(lm_stream_size(from.state, n_before));
    lm_save_stream(from.state, 0, saved);
    for (uint32_t s = 0; s < N_STREAMS; s += 2) {
        CHECK(lm_prefill(to.state, s, tokens + s, N_TOKENS - s, NULL) == TACIT_OK);
        lm_restore_stream(to.state, s, saved);
        CHECK(lm_stream_position(to.state, s) == n_before);
    }
    for (uint32_t s = 0; s < N_STREAMS; s += 2)
        for (size_t i = n_before; i < N_TOKENS; i++) {
            CHECK(lm_prefill(to.state, s, tokens + i, 1, to.logits) == TACIT_OK);
            n_wrong += !same(&to, to.logits, want + i * to.stride);
        }
    CHECK_MSG(n_wrong == 0, "%zu rows after %zu tokens", n_wrong, n_before);
    CHECK(lm_stream_size(from.state, 1) <= lm_stream_size(from.state, UINT64_MAX));
    free(saved);
    stop(&from);
    stop(&to);
}

/* Pieces of two streams in one pass; a stream's rows of logits are two apart. */
static void check_feed(const struct lm_model *model, const float *want, uint32_t n_threads,
                       uint32_t features)
{
    enum { PIECE = 9 };
    struct run run;
    size_t n_wrong = 0;
    start(&run, model, 2, n_threads, features);
    for (size_t i = 0; i < N_TOKENS; i += PIECE) {
        struct lm_input inputs[2 * PIECE];
        for (uint32_t j = 0; j < 2 * PIECE; j++) {
            uint32_t stream = 1 - j / PIECE;
            inputs[j] = (struct lm_input){stream, token_at(&model->shape, stream, i + j % PIECE),
                                          2 * (j % PIECE) + stream};
        }
        CHECK(lm_feed(run.state, 0, inputs, 2 * PIECE, run.logits) == TACIT_OK);
        for (size_t j = 0; j < 2 * PIECE; j++)
            n_wrong += !same(&run, run.logits + inputs[j].logits_row * run.stride,
                             want + (inputs[j].stream * N_TOKENS + i + j % PIECE) * run.stride);
    }
    CHECK_MSG(n_wrong == 0, "%zu rows fed, threads %u, cpu %x", n_wrong, n_threads, features);
    struct lm_input wrong = {2, 0, 0}, right = {1, 0, 0};
    CHECK(lm_feed(run.state, 1, &right, 1, run.logits) == TACIT_ERR_ARGUMENT);
    CHECK(lm_feed(run.state, 0, &wrong, 1, run.logits) == TACIT_ERR_ARGUMENT);
    stop(&run);
}

/* Each pass reads up to three tokens of a stream and up to LM_BACK_MAX wrong guesses, which it takes
 * back. */
static void check_back(const struct lm_model *model, const float *want, uint32_t n_threads)
{
    struct lm_options options = {2,       CONTEXT, n_threads, cpu_features(), 1, LM_BACK_MAX,
                                 KV_INT8, 0,       NULL};
    struct run run = {.model = model, .stride = lm_logit_stride(model)};
    size_t n_wrong = 0, done[2] = {0, 0};
    run.logits = aligned_alloc(64, 2 * (3 + LM_BACK_MAX) * run.stride * sizeof *run.logits);
    CHECK(lm_state_create(&run.state, model, &options) == TACIT_OK);
    for (uint32_t pass = 0; done[0] < N_TOKENS || done[1] < N_TOKENS; pass++) {
        struct lm_input inputs[2 * (3 + LM_BACK_MAX)];
        uint32_t n = 0, n_back[2];
        for (uint32_t s = 0; s < 2; s++) {
            size_t n_right = 1 + (pass + s) % 3, left = N_TOKENS - done[s];
            n_right = n_right < left ? n_right : left;
            n_back[s] = (pass * 5 + s * 7) % (LM_BACK_MAX + 1);
            for (uint32_t j = 0; j < n_right + n_back[s]; j++) {
                uint32_t token = token_at(&model->shape, s, done[s] + j);
                token = j < n_right ? token : (token + 1 + pass % 2) % model->shape.n_vocab;
                inputs[n] = (struct lm_input){s, token, n};
                n++;
            }
        }
        CHECK(lm_feed(run.state, 0, inputs, n, run.logits) == TACIT_OK);
        for (uint32_t s = 0, at = 0; s < 2; s++) {
            for (; at < n && inputs[at].stream == s; at++)
                if (at + n_back[s] < n && inputs[at + n_back[s]].stream == s) {
                    n_wrong += !same(&run, run.logits + at * run.stride,
                                     want + (s * N_TOKENS + done[s]++) * run.stride);
                }
            CHECK(lm_take_back(run.state, s, n_back[s]) == TACIT_OK);
            CHECK(lm_stream_position(run.state, s) == done[s]);
        }
    }
    CHECK_MSG(n_wrong == 0, "%zu rows after tokens taken back, threads %u", n_wrong, n_threads);
    CHECK(lm_take_back(run.state, 0, LM_BACK_MAX + 1) == TACIT_ERR_ARGUMENT);
    lm_reset_stream(run.state, 1);
    CHECK(lm_take_back(run.state, 1, 1) == TACIT_ERR_ARGUMENT);
    stop(&run);
}

/* Of 9 tokens the stream keeps the first n and reads on; beyond its context it has lost some. */
static void check_keep(const struct lm_model *model, const float *want)
{
    enum { N_READ = 9 };
    struct run run;
    uint32_t tokens[N_TOKENS];
    size_t n_wrong = 0;
    start(&run, model, 1, 1, cpu_features());
    for (size_t i = 0; i < N_TOKENS; i++)
        tokens[i] = token_at(&model->shape, 0, i);
    for (size_t n = 0; n <= N_READ; n++) {
        lm_reset_stream(run.state, 0);
        CHECK(lm_prefill(run.state, 0, tokens, N_READ, NULL) == TACIT_OK);
        CHECK(lm_keep_first(run.state, 0, tokens, N_READ + 1) == TACIT_ERR_ARGUMENT);
        CHECK(lm_keep_first(run.state, 0, tokens, n) == TACIT_OK);
        CHECK(lm_stream_position(run.state, 0) == n);
        CHECK(lm_prefill(run.state, 0, tokens + n, N_TOKENS - n, run.logits) == TACIT_OK);
        for (size_t i = n; i < N_TOKENS; i++)
            n_wrong += !same(&run, run.logits + (i - n) * run.stride, want + i * run.stride);
        CHECK(lm_keep_first(run.state, 0, tokens, n) == TACIT_ERR_ARGUMENT);
    }
    CHECK_MSG(n_wrong == 0, "%zu rows after the first were kept", n_wrong);
    stop(&run);
}

/* What one team does in check_teams: its stream, to rows of its own, the last first. */
struct teamwork {
    const struct run *run;
    uint32_t team;
    bool is_fed;
};

static void *feed_stream(void *argument)
{
    struct teamwork *work = argument;
    work->is_fed = true;
    for (uint32_t i = 0; i < N_TOKENS; i++) {
        struct lm_input input = {work->team, token_at(&work->run->model->shape, work->team, i),
                                 (work->team + 1) * N_TOKENS - 1 - i};
        work->is_fed &=
            lm_feed(work->run->state, work->team, &input, 1, work->run->logits) == TACIT_OK;
    }
    return NULL;
}

/* Each team takes a stream, all at the same time. */
static void check_teams(const struct lm_model *model, const float *want, uint32_t n_threads)
{
    struct lm_options options = {N_STREAMS, CONTEXT, n_threads, cpu_features(), N_STREAMS, 0,
                                 KV_INT8,   0,       NULL};
    struct run run = {.model = model, .stride = lm_logit_stride(model)};
    struct teamwork work[N_STREAMS];
    pthread_t threads[N_STREAMS];
    size_t n_wrong = 0;
    run.logits = aligned_alloc(64, N_STREAMS * N_TOKENS * run.stride * sizeof *run.logits);
    CHECK(lm_state_create(&run.state, model, &options) == TACIT_OK);
    for (uint32_t i = 0; i < N_STREAMS; i++) {
        work[i] = (struct teamwork){&run, i, false};
        CHECK(pthread_create(&threads[i], NULL, feed_stream, &work[i]) == 0);
    }
    for (uint32_t i = 0; i < N_STREAMS; i++) {
        pthread_join(threads[i], NULL);
        CHECK(work[i].is_fed);
        for (size_t j = 0; j < N_TOKENS; j++)
            n_wrong += !same(&run, run.logits + ((i + 1) * N_TOKENS - 1 - j) * run.stride,
                             want + (i * N_TOKENS + j) * run.stride);
    }
    CHECK_MSG(n_wrong == 0, "%zu rows by teams of %u", n_wrong, n_threads);
    stop(&run);
}

/* Two teams take a stream each, by turns a step of each pass. */
static void check_steps_of_passes(const struct lm_model *model, const float *want)
{
    struct lm_options options = {2, CONTEXT, 1, cpu_features(), 2, 0, KV_INT8, 0, NULL};
    struct run run = {.model = model, .stride = lm_logit_stride(model)};
    size_t n_wrong = 0, n_steps = 0;
    run.logits = aligned_alloc(64, 2 * run.stride * sizeof *run.logits);
    CHECK(lm_state_create(&run.state, model, &options) == TACIT_OK);
    for (uint32_t i = 0; i < N_TOKENS; i++) {
        bool more[2] = {true, true};
        for (uint32_t team = 0; team < 2; team++) {
            struct lm_input input = {team, token_at(&model->shape, team, i), team};
            CHECK(lm_feed_begin(run.state, team, &input, 1, run.logits) == TACIT_OK);
        }
        for (; more[0] || more[1]; n_steps++)
            for (uint32_t team = 0; team < 2; team++)
                more[team] = more[team] && lm_feed_on(run.state, team);
        for (size_t s = 0; s < 2; s++)
            n_wrong +=
                !same(&run, run.logits + s * run.stride, want + (s * N_TOKENS + i) * run.stride);
    }
    CHECK(n_steps > N_TOKENS * model->shape.n_layers);
    CHECK_MSG(n_wrong == 0, "%zu rows by steps of passes", n_wrong);
    stop(&run);
}

static void hex_of(const uint8_t *digest, char hex[17])
{
    for (int i = 0; i < 8; i++)
        snprintf(hex + 2 * i, 3, "%02x", digest[i]);
}

static void check_golden(const struct lm_model *model, const char *name, const float *logits,
                         const char *const want[2])
{
    struct sha256 sha;
    uint8_t digest[SHA256_BYTES], bytes[4];
    char hex[17];
    hex_of(model->identity, hex);
    CHECK_MSG(strcmp(hex, want[0]) == 0, "%s: identity %s", name, hex);
    sha256_init(&sha);
    for (size_t row = 0; row < N_STREAMS * N_TOKENS; row++)
        for (size_t i = 0; i < model->shape.n_vocab; i++) {
            store_le32(bytes, strict_to_bits(logits[row * lm_logit_stride(model) + i]));
            sha256_update(&sha, bytes, sizeof bytes);
        }
    sha256_final(&sha, digest);
    hex_of(digest, hex);
    CHECK_MSG(strcmp(hex, want[1]) == 0, "%s: logits %s", name, hex);
}

static void check_one_thread(const struct lm_model *model, const float *logits)
{
    uint32_t features = cpu_features();
    check_steps(model, logits, 1, 1, features);
    check_steps(model, logits, 2, 1, features);
    check_steps(model, logits, N_STREAMS, 1, features);
    check_back(model, logits, 1);
    check_keep(model, logits);
    check_steps_of_passes(model, logits);
    check_prefill(model, logits, N_TOKENS, 1, features);
    for (uint32_t set = CPU_SCALAR; set != features; set = kernel_set_after(set, features)) {
        check_steps(model, logits, N_STREAMS, 1, set);
        check_prefill(model, logits, 19, 1, set);
    }
}

static void check_threads(const struct lm_model *model, const float *logits)
{
    for (uint32_t n_threads = 2; n_threads <= 3; n_threads++) {
        check_steps(model, logits, N_STREAMS, n_threads, cpu_features());
        check_prefill(model, logits, 7, n_threads, cpu_features());
    }
    check_feed(model, logits, 2, cpu_features());
    check_back(model, logits, 2);
    for (uint32_t n_threads = 1; n_threads <= 2; n_threads++)
        check_teams(model, logits, n_threads);
}

static void check_model(const struct golden *golden, const char *const want[2])
{
    struct lm_model *model;
    CHECK(tiny_model(&model, &golden->shape) == TACIT_OK);
    float *logits = reference_logits(model);
    check_golden(model, golden->name, logits, want);
    check_saved(model, logits, 3);
    check_saved(model, logits, CONTEXT + 3);
#ifndef __SANITIZE_THREAD__ /* takes fifty times as long, and asks about threads alone */
    check_one_thread(model, logits);
#else
    (void)check_one_thread;
#endif
    check_threads(model, logits);
    free(logits);
    lm_model_destroy(model);
}

static void check_arguments(void)
{
    struct lm_model *model;
    struct run run;
    struct lm_shape shape = models[0].shape;
    shape.width = 65;
    CHECK(tiny_model(&model, &shape) == TACIT_ERR_UNSUPPORTED && model == NULL);
    CHECK(tiny_model(&model, &models[0].shape) == TACIT_OK);
    struct lm_options bad = {0, CONTEXT, 1, 0, 1, 0, KV_INT8, 0, NULL};
    CHECK(lm_state_create(&run.state, model, &bad) == TACIT_ERR_ARGUMENT && run.state == NULL);
    start(&run, model, 2, 1, CPU_SCALAR);
    uint32_t tokens[2] = {1, model->shape.n_vocab};
    CHECK(lm_step(run.state, tokens, NULL) == TACIT_ERR_ARGUMENT);
    CHECK(lm_stream_position(run.state, 0) == 0);
    CHECK(lm_prefill(run.state, 2, tokens, 1, NULL) == TACIT_ERR_ARGUMENT);
    CHECK(lm_prefill(run.state, 0, tokens, 2, NULL) == TACIT_ERR_ARGUMENT);
    stop(&run);
    lm_model_destroy(model);
}

/* N: every third model, of which N says which, for emulated machines. */
int main(int argc, char **argv)
{
    size_t n_turns = argc > 1 ? 3 : 1, turn = argc > 1 ? (size_t)strtol(argv[1], NULL, 10) : 0;
    for (size_t i = turn % n_turns; i < sizeof models / sizeof models[0]; i += n_turns)
        check_model(&models[i], expected[i]);
    check_arguments();
    return check_result();
}
