/* SPDX-License-Identifier: Apache-2.0
 *
 * Texts that are scored behind a state that a model has been primed with: their tokens cost what they cost behind the
 * state's text, one text after the other too; a state of another model, and options that are not the state's, are refused.
 */
#include <string.h>

#include "check.h"
#include "tacit/eval.h"
#include "tacit/generate.h"
#include "tiny_tmodel.h"

enum { CONTEXT = 256, N_TEXT = 700, N_TEXTS = 4, TOKENS_MAX = N_TEXTS * N_TEXT };

static const struct {
    enum tacit_kv kv;
    unsigned keep;
} kinds[] = {{TACIT_KV_8, 0}, {TACIT_KV_K4V2, 0}, {TACIT_KV_8, 40}};
enum { N_KINDS = sizeof kinds / sizeof kinds[0] };

static char text[N_TEXT + 1];

struct told {
    size_t n;
    struct tacit_eval_token tokens[TOKENS_MAX];
};

static int tell(void *context, const struct tacit_eval_token *token)
{
    struct told *told = context;
    told->tokens[told->n++] = *token;
    return 0;
}

static struct tacit_eval_options options_of(size_t kind)
{
    struct tacit_eval_options options;
    tacit_eval_options_init(&options);
    options.convention = TACIT_EVAL_ROLLING;
    options.window = CONTEXT;
    options.n_threads = 1;
    options.details = 1;
    options.kv = kinds[kind].kv;
    options.kv_keep = kinds[kind].keep;
    return options;
}

static struct tacit_primed *prime(const struct tacit_model *model, size_t kind, size_t n_prompt)
{
    struct tacit_generate_options options;
    struct tacit_primed *primed;
    tacit_generate_options_init(&options);
    options.n_threads = 1;
    options.n_context = CONTEXT;
    options.prompt = text;
    options.n_prompt = n_prompt;
    options.kv = kinds[kind].kv;
    options.kv_keep = kinds[kind].keep;
    CHECK(tacit_primed_create(&primed, model, &options) == TACIT_OK);
    return primed;
}

static void score(struct told *told, const struct tacit_model *model,
                  const struct tacit_eval_options *options, const struct tacit_eval_text *texts,
                  size_t n)
{
    struct tacit_evaluator *e;
    struct tacit_eval_result results[N_TEXTS];
    for (size_t i = 0; i < n; i++)
        results[i].struct_size = sizeof results[i];
    CHECK(tacit_evaluator_create(&e, model, options) == TACIT_OK);
    CHECK(tacit_evaluator_run(e, texts, n, results, tell, told) == TACIT_OK);
    tacit_evaluator_destroy(e);
}

/* Tokens begin at every space, so text that begins with one has the tokens that it has behind other text. */
static void check_behind(const struct tacit_model *model, size_t kind, size_t n_prompt)
{
    static struct told behind, whole;
    struct tacit_eval_options options = options_of(kind);
    struct tacit_primed *primed = prime(model, kind, n_prompt);
    struct tacit_eval_text parts[N_TEXTS], all[N_TEXTS];
    CHECK(text[n_prompt] == ' ');
    for (size_t i = 0; i < N_TEXTS; i++) {
        size_t end = i < 2 ? N_TEXT : N_TEXT - 50 * i; /* the same twice, then its beginnings */
        parts[i] = (struct tacit_eval_text){text + n_prompt, end - n_prompt};
        all[i] = (struct tacit_eval_text){text, end};
    }
    behind.n = whole.n = 0;
    score(&whole, model, &options, all, N_TEXTS);
    options.primed = primed;
    options.window = 0;
    score(&behind, model, &options, parts, N_TEXTS);
    size_t k = 0;
    for (size_t i = 0; i < whole.n; i++) {
        struct tacit_eval_token want = whole.tokens[i];
        if (want.offset < n_prompt)
            continue;
        want.offset -= n_prompt;
        CHECK_MSG(k < behind.n && memcmp(&want, &behind.tokens[k], sizeof want) == 0,
                  "kind %zu, %zu bytes: token %zu", kind, n_prompt, k);
        k++;
    }
    CHECK_MSG(k > 50 && k == behind.n, "kind %zu: %zu tokens, not %zu", kind, behind.n, k);
    tacit_primed_destroy(primed);
}

static void check_refused(const struct tacit_model *model, const struct tacit_model *other)
{
    struct tacit_evaluator *e;
    struct tacit_primed *primed = prime(model, 1, 8);
    struct tacit_eval_options good = options_of(1), options;
    good.primed = primed;
    CHECK(tacit_evaluator_create(&e, other, &good) == TACIT_ERR_MODEL_WRONG && !e);
#define REFUSED(change)                                                                            \
    options = good;                                                                                \
    options.change;                                                                                \
    CHECK_MSG(tacit_evaluator_create(&e, model, &options) == TACIT_ERR_ARGUMENT && !e, #change)
    REFUSED(convention = TACIT_EVAL_WINDOWS);
    REFUSED(convention = TACIT_EVAL_HKUST);
    REFUSED(window = CONTEXT + 64);
    REFUSED(kv = TACIT_KV_4);
    REFUSED(kv_keep = 40);
    REFUSED(first_token = -2);
    REFUSED(mixed = 1);
#undef REFUSED
    CHECK(tacit_evaluator_create(&e, model, &good) == TACIT_OK);
    tacit_evaluator_destroy(e);
    tacit_primed_destroy(primed);
}

int main(void)
{
    const struct lm_shape shapes[] = {
#define SHAPE(name, ...) {__VA_ARGS__},
        TINY_MODELS(SHAPE)
#undef SHAPE
    };
    struct tacit_model *llama, *windowed;
    uint8_t *memory, *other_memory;
    for (size_t i = 0; i < N_TEXT; i++)
        text[i] = i % 5 == 3 ? ' ' : "the other in an"[i * i % 15];
    CHECK(tiny_tmodel(&llama, &shapes[0], &memory) == TACIT_OK);
    CHECK(tiny_tmodel(&windowed, &shapes[4], &other_memory) == TACIT_OK);
    for (size_t kind = 0; kind < N_KINDS; kind++)
        for (size_t n = 8; n < 500; n += 230) {
            check_behind(llama, kind, n);
            check_behind(windowed, kind, n);
        }
    check_refused(llama, windowed);
    tacit_model_close(llama);
    tacit_model_close(windowed);
    free(memory);
    free(other_memory);
    return check_result();
}
