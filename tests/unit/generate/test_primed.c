/* SPDX-License-Identifier: Apache-2.0
 *
 * States of models that have read a text: what is generated from them is what the text gives; they are the same bytes
 * whoever makes them; those of another model, text or option, and damaged and forged ones, are refused.
 *
 *     test_primed [TURN]    TURN, 0 to 2: a third of the kinds of cache, for emulated machines, which are slow
 */
#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "check.h"
#include "primed_seal.h"
#include "tiny_tmodel.h"

enum { CONTEXT = 384, LONGER = 512, N_TEXT = 420, N_MADE = 40 };

static const struct {
    enum tacit_kv kv;
    unsigned keep, context;
} kinds[] = {
    {TACIT_KV_8, 0, CONTEXT},    {TACIT_KV_4, 0, CONTEXT},    {TACIT_KV_K3V2, 0, CONTEXT},
    {TACIT_KV_8, 40, CONTEXT},   {TACIT_KV_8, 30, LONGER}, /* from here on heads differ, unless the text is short */
    {TACIT_KV_K4V2, 20, LONGER}, {TACIT_KV_K4V3S, 20, LONGER}};
enum { N_KINDS = sizeof kinds / sizeof kinds[0] };

/* On which of three machines this runs, or all at once. */
static int turn = -1;

static bool left_to_others(size_t kind)
{
    return turn >= 0 && kind % 3 != (size_t)turn;
}

static struct tacit_model *model, *other_model;
static char text[N_TEXT + 1];

struct made {
    uint8_t bytes[N_MADE];
    size_t n;
};

static int collect(void *context, const void *data, size_t n)
{
    struct made *made = context;
    memcpy(made->bytes + made->n, data, n);
    made->n += n;
    return 0;
}

static struct tacit_generate_options options_of(size_t kind, size_t n_prompt)
{
    struct tacit_generate_options options;
    tacit_generate_options_init(&options);
    options.n_threads = 1;
    options.n_context = kinds[kind].context;
    options.prompt = text;
    options.n_prompt = n_prompt;
    options.kv = kinds[kind].kv;
    options.kv_keep = kinds[kind].keep;
    return options;
}

static struct tacit_primed *prime(size_t kind, size_t n_prompt)
{
    struct tacit_generate_options options = options_of(kind, n_prompt);
    struct tacit_primed *primed;
    CHECK(tacit_primed_create(&primed, model, &options) == TACIT_OK);
    return primed;
}

static struct tacit_primed *reopened(const struct tacit_primed *primed)
{
    size_t n;
    struct tacit_primed *again;
    const void *data = tacit_primed_data(primed, &n);
    CHECK(tacit_primed_open(&again, model, data, n) == TACIT_OK);
    return again;
}

static struct made make(const struct tacit_generate_options *options, enum tacit_status wanted)
{
    struct made made = {.n = 0};
    enum tacit_status status = tacit_generate(model, options, N_MADE, collect, &made);
    CHECK_MSG(status == wanted, "%s, not %s", tacit_status_name(status), tacit_status_name(wanted));
    return made;
}

static bool heads_differ(const struct tacit_primed *primed)
{
    return primed->heads.n > 0;
}

/* Of n_primed bytes, for prompts that go on to n_prompt bytes, unless heads would keep what suits the prompt, and for no
 * prompt. */
static void check_same(size_t kind, size_t n_primed, size_t n_prompt)
{
    struct tacit_primed *made = prime(kind, n_primed), *primed = reopened(made);
    struct tacit_generate_options options = options_of(kind, n_prompt), exact = options;
    struct made want = make(&options, TACIT_OK);
    options.primed = primed;
    options.n_context = 0;
    struct made got = make(&options, TACIT_OK);
    CHECK_MSG(memcmp(got.bytes, want.bytes, N_MADE) == 0 || heads_differ(primed),
              "kind %zu, %zu bytes", kind, n_primed);
    exact.n_prompt = n_primed;
    want = make(&exact, TACIT_OK);
    options.n_prompt = 0;
    got = make(&options, TACIT_OK);
    CHECK_MSG(memcmp(got.bytes, want.bytes, N_MADE) == 0, "kind %zu, %zu bytes", kind, n_primed);
    tacit_primed_destroy(primed);
    tacit_primed_destroy(made);
}

static void test_same_text(void)
{
    for (size_t kind = 0; kind < N_KINDS; kind++) {
        if (left_to_others(kind))
            continue;
        check_same(kind, 1, 20);
        check_same(kind, 300, 330);
        check_same(kind, N_TEXT - 1, N_TEXT);
    }
    check_same(0, 0, 10);
}

/* With other kernels and threads too. */
static void test_same_bytes(void)
{
    for (size_t kind = 0; kind < N_KINDS; kind++) {
        if (left_to_others(kind))
            continue;
        size_t n, n_again;
        struct tacit_primed *primed = prime(kind, 330), *again;
        struct tacit_generate_options options = options_of(kind, 330);
        options.cpu = "scalar";
        options.n_threads = 2;
        CHECK(tacit_primed_create(&again, model, &options) == TACIT_OK);
        const void *data = tacit_primed_data(primed, &n),
                   *other = tacit_primed_data(again, &n_again);
        CHECK(n == n_again && memcmp(data, other, n) == 0);
        struct tacit_primed_info info = {.struct_size = sizeof info};
        CHECK(tacit_primed_inspect(data, n, &info) == TACIT_OK);
        CHECK(heads_differ(primed) == (kinds[kind].context == LONGER));
        CHECK(info.n_text == 330 && info.n_context == kinds[kind].context &&
              info.kv == kinds[kind].kv && info.kv_keep == kinds[kind].keep && info.n_tokens > 10 &&
              info.n_tokens <= 330);
        tacit_primed_destroy(primed);
        tacit_primed_destroy(again);
    }
}

static void test_refused(void)
{
    size_t n;
    struct tacit_primed *primed = prime(1, 300), *none = primed;
    const void *data = tacit_primed_data(primed, &n);
    CHECK(tacit_primed_open(&none, other_model, data, n) == TACIT_ERR_MODEL_WRONG && !none);
    struct tacit_generate_options options = options_of(1, 330), good;
    options.primed = primed;
    good = options;
    struct made made = {.n = 0};
    CHECK(tacit_generate(other_model, &options, 1, collect, &made) == TACIT_ERR_MODEL_WRONG);
    CHECK(tacit_primed_create(&none, model, &options) == TACIT_ERR_ARGUMENT && !none);
    options.n_prompt = 200;
    make(&options, TACIT_ERR_REFERENCE_WRONG);
    options.n_prompt = 329;
    options.prompt = text + 1;
    make(&options, TACIT_ERR_REFERENCE_WRONG);
    options = good;
    options.n_context = CONTEXT + 64;
    make(&options, TACIT_ERR_ARGUMENT);
    options = good;
    options.kv = TACIT_KV_K4V2;
    make(&options, TACIT_ERR_ARGUMENT);
    make(&good, TACIT_OK);
    tacit_primed_destroy(primed);
}

static enum tacit_status open_only(const uint8_t *data, size_t n)
{
    struct tacit_primed *primed;
    enum tacit_status status = tacit_primed_open(&primed, model, data, n);
    CHECK((status == TACIT_OK) == (primed != NULL));
    tacit_primed_destroy(primed);
    return status;
}

/* One number of a sound state replaced. */
static void check_forged(const uint8_t *data, size_t n, size_t at, uint64_t value, size_t n_value,
                         size_t n_left)
{
    uint8_t number[8], *forged = malloc(n + 64);
    memset(forged, 0, n + 64);
    memcpy(forged, data, n);
    store_le64(number, value);
    memcpy(forged + at, number, n_value);
    primed_seal(forged, n_left);
    enum tacit_status status = open_only(forged, n_left);
    CHECK_MSG(status == TACIT_ERR_CORRUPT, "at %zu: %s", at, tacit_status_name(status));
    free(forged);
}

static void check_damaged(const uint8_t *data, size_t n)
{
    uint8_t *damaged = malloc(n);
    for (size_t left = 0; left < n; left += left < 2 * PRIMED_HEADER_BYTES ? 1 : n / 7)
        CHECK(open_only(data, left) != TACIT_OK);
    for (size_t at = 0; at < n; at += at < 2 * PRIMED_HEADER_BYTES ? 1 : n / 7) {
        memcpy(damaged, data, n);
        damaged[at] ^= 0x40;
        CHECK_MSG(open_only(damaged, n) != TACIT_OK, "byte %zu", at);
    }
    free(damaged);
}

/* Any numbers in the caches: the text is nonsense, and no more than that. */
static void check_nonsense(size_t kind, const uint8_t *data, size_t n, size_t front)
{
    struct tacit_primed *primed;
    uint8_t *forged = malloc(n);
    memcpy(forged, data, n);
    for (size_t i = front + 128; i < n; i++)
        forged[i] = (uint8_t)hash64(&i, sizeof i, 0);
    primed_seal(forged, n);
    CHECK(tacit_primed_open(&primed, model, forged, n) == TACIT_OK);
    struct tacit_generate_options options = options_of(kind, 0);
    options.primed = primed;
    make(&options, TACIT_OK);
    tacit_primed_destroy(primed);
    free(forged);
}

static void test_hostile(void)
{
    bool was_damaged[2] = {false}; /* the head has two forms, whatever the kind of cache */
    for (size_t kind = 0; kind < N_KINDS; kind++) {
        if (left_to_others(kind))
            continue;
        size_t n;
        struct tacit_primed *primed = prime(kind, 330);
        const uint8_t *data = tacit_primed_data(primed, &n);
        size_t front = primed_front(&primed->heads);
        if (!was_damaged[heads_differ(primed)])
            check_damaged(data, n);
        was_damaged[heads_differ(primed)] = true;
        check_nonsense(kind, data, n, front);
        check_forged(data, n, 8, heads_differ(primed) ? 1 : 2, 4, n);
        check_forged(data, n, 84, KV_HEADS_MAX + 1, 4, n);
        check_forged(data, n, 84, heads_differ(primed) ? 0 : 1, 4, n);
        check_forged(data, n, 60, KV_N_KINDS, 4, n);
        check_forged(data, n, 64, kinds[kind].keep ? 100 : 1000, 4, n);
        check_forged(data, n, 68, 0, 4, n);
        check_forged(data, n, 68, UINT32_MAX, 4, n);
        check_forged(data, n, 72, UINT64_MAX, 8, n);
        check_forged(data, n, 72, 1, 8, n);
        check_forged(data, n, 80, UINT32_MAX, 4, n);
        check_forged(data, n, 0, data[0], 1, n - 64);
        check_forged(data, n, 0, data[0], 1, n + 64);
        check_forged(data, n, 0, data[0], 1, PRIMED_HEADER_BYTES);
        check_forged(data, n, front + 4, UINT32_MAX, 4, n); /* a token before */
        check_forged(data, n, front + 72, 7, 8, n);         /* tokens read */
        if (heads_differ(primed)) {
            check_forged(data, n, 64, 0, 4, n);        /* the share */
            check_forged(data, n, front - 1, 1, 1, n); /* zeros behind what heads keep */
        }
        tacit_primed_destroy(primed);
    }
    CHECK(open_only((const uint8_t *)"hello", 5) == TACIT_ERR_NOT_ARCHIVE);
}

int main(int argc, char **argv)
{
    const struct lm_shape shapes[] = {
#define SHAPE(name, ...) {__VA_ARGS__},
        TINY_MODELS(SHAPE)
#undef SHAPE
    };
    uint8_t *memory, *other_memory;
    if (argc > 1)
        turn = (int)strtol(argv[1], NULL, 10);
    for (size_t i = 0; i < N_TEXT; i++)
        text[i] = "the other in an"[i * i % 15];
    CHECK(tiny_tmodel(&model, &shapes[0], &memory) == TACIT_OK);
    CHECK(tiny_tmodel(&other_model, &shapes[1], &other_memory) == TACIT_OK);
    test_same_text();
    test_same_bytes();
    test_refused();
    test_hostile();
    tacit_model_close(model);
    tacit_model_close(other_model);
    free(memory);
    free(other_memory);
    return check_result();
}
