/* SPDX-License-Identifier: Apache-2.0
 *
 * Questions that share a prompt and continuations that share a question, in any order: the model reads what is shared
 * once, whether it can forget the end of what it has read or needs copies of its state, and costs are what they are when
 * each text is scored alone.
 */
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "engine/lm.h"
#include "tacit/eval.h"
#include "tiny_tmodel.h"

enum {
    N_QUESTIONS = 6,
    N_CHOICES = 4,
    N_TEXTS = N_QUESTIONS * N_CHOICES,
    N_PROMPT = 300,
    N_TEXT = 400
};

static char texts[N_TEXTS][N_TEXT];
static size_t n_read,
    n_unlike; /* tokens that the model has read; bytes of the texts that no other text begins with */

/* The linker has all calls of lm_prefill come here. */
enum tacit_status __real_lm_prefill(struct lm_state *state, uint32_t stream, const uint32_t *tokens,
                                    size_t n_tokens, float *logits);
enum tacit_status __wrap_lm_prefill(struct lm_state *state, uint32_t stream, const uint32_t *tokens,
                                    size_t n_tokens, float *logits);
enum tacit_status __wrap_lm_prefill(struct lm_state *state, uint32_t stream, const uint32_t *tokens,
                                    size_t n_tokens, float *logits)
{
    n_read += n_tokens;
    return __real_lm_prefill(state, stream, tokens, n_tokens, logits);
}

/* Text k is question k * 7 % N_TEXTS / N_CHOICES with one of its continuations. */
static void make_texts(void)
{
    static const char *const continuations[N_CHOICES] = {"yes, at noon", "no, not yet",
                                                         "on the way", "nobody knows"};
    char prompt[N_PROMPT + 1];
    for (size_t i = 0; i < N_PROMPT; i++)
        prompt[i] = i % 6 == 5 ? ' ' : "bcdfgkmprsuwxyz"[i * i % 15];
    prompt[N_PROMPT] = '\0';
    n_unlike = N_PROMPT;
    for (size_t k = 0; k < N_TEXTS; k++) {
        size_t place = k * 7 % N_TEXTS, question = place / N_CHOICES, choice = place % N_CHOICES;
        const char *end = continuations[choice];
        int n = snprintf(texts[k], sizeof texts[k], "%s %c%c%c%c %c%c%c%c wxyz uv? %s", prompt,
                         (int)('b' + question), (int)('c' + question), (int)('f' + question),
                         (int)('k' + question), (int)('m' + question), (int)('p' + question),
                         (int)('r' + question), (int)('s' + question), end);
        n_unlike += strlen(end) + (choice == 0 ? (size_t)n - N_PROMPT - strlen(end) : 0);
    }
}

struct sums {
    double bits[N_TEXTS];
    size_t n_tokens;
};

static struct sums score(const struct tacit_model *model, const struct tacit_eval_options *options,
                         bool together)
{
    struct tacit_evaluator *e;
    struct tacit_eval_text given[N_TEXTS];
    struct tacit_eval_result results[N_TEXTS];
    struct sums sums = {.n_tokens = 0};
    CHECK(tacit_evaluator_create(&e, model, options) == TACIT_OK);
    for (size_t k = 0; k < N_TEXTS; k++) {
        given[k] = (struct tacit_eval_text){texts[k], strlen(texts[k])};
        results[k].struct_size = sizeof results[k];
        if (!together)
            CHECK(tacit_evaluator_run(e, &given[k], 1, &results[k], NULL, NULL) == TACIT_OK);
    }
    if (together)
        CHECK(tacit_evaluator_run(e, given, N_TEXTS, results, NULL, NULL) == TACIT_OK);
    tacit_evaluator_destroy(e);
    for (size_t k = 0; k < N_TEXTS; k++) {
        sums.bits[k] = results[k].bits;
        sums.n_tokens += results[k].n_tokens;
    }
    return sums;
}

static void check(const struct tacit_model *model, enum tacit_kv kv, unsigned kv_keep)
{
    struct tacit_eval_options options;
    tacit_eval_options_init(&options);
    options.convention = TACIT_EVAL_ROLLING;
    options.n_threads = 1;
    options.kv = kv;
    options.kv_keep = kv_keep;
    n_read = 0;
    struct sums want = score(model, &options, false);
    CHECK(n_read > want.n_tokens - N_TEXTS && n_read <= want.n_tokens);
    n_read = 0;
    struct sums got = score(model, &options, true);
    CHECK(memcmp(got.bits, want.bits, sizeof want.bits) == 0 && got.n_tokens == want.n_tokens);
    /* a token of the question at most is read again for each continuation */
    CHECK_MSG(n_read <= n_unlike + N_TEXTS, "%zu tokens read, %zu of them different", n_read,
              n_unlike);
}

int main(void)
{
    static const struct lm_shape shapes[] = {
#define SHAPE(name, ...) {__VA_ARGS__},
        TINY_MODELS(SHAPE)
#undef SHAPE
    };
    make_texts();
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        struct tacit_model *model;
        uint8_t *memory;
        struct lm_shape shape = shapes[i];
        shape.n_vocab =
            271; /* all of the vocabulary, so that a text has the tokens of each of its parts */
        CHECK(tiny_tmodel(&model, &shape, &memory) == TACIT_OK);
        check(model, TACIT_KV_8, 0);
        check(model, TACIT_KV_4, 0);
        check(model, TACIT_KV_8, 50);
        tacit_model_close(model);
        free(memory);
    }
    return check_result();
}
