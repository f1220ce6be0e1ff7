/* SPDX-License-Identifier: Apache-2.0
 *
 * Costs of tokens: against a hand-computed example, against a plain evaluation in double, against
 * the length of an arithmetically coded file; the conventions' windows; the same for any number of
 * threads and any kernels.
 */
#include "tacit/eval.h"

#include <math.h>
#include <stdio.h>

#include "base/cpu.h"
#include "base/strict_math.h"
#include "check.h"
#include "coder/binary_coder.h"
#include "engine/lm.h"
#include "engine/token_distribution.h"
#include "measure/eval_cost.h"
#include "measure/eval_windows.h"
#include "measure/text_count.h"
#include "tiny_tmodel.h"

#define SHAPE(name, ...) {__VA_ARGS__},

static struct tacit_model *model;

/* Logits 0, ln 2, ln 4, 0: probabilities 1/8, 2/8, 4/8, 1/8. */
static void test_by_hand(void)
{
    static const double want[] = {3, 2, 1, 3};
    _Alignas(64) float logits[64] = {0, 0.693147181f, 1.38629436f, 0};
    uint32_t mass[4];
    struct kernels kernels;
    struct tacit_eval_token token = {0};
    double sum = 0;
    kernels_select(&kernels, cpu_features());
    for (uint32_t i = 0; i < 4; i++) {
        double bits = eval_token_bits(&kernels, mass, logits, 4, i, &token);
        CHECK_MSG(fabs(bits - want[i]) < 2e-5, "token %u: %.9f", i, bits);
        sum += bits;
    }
    CHECK(fabs(sum - 9) < 1e-4);
    CHECK_MSG(fabs(token.entropy - 1.75) < 2e-5, "%.9f", token.entropy);
    CHECK(token.top[0] == 2 && token.top[1] == 1 && token.top[2] == 0 && token.top[3] == 3);
    CHECK(fabs(token.top_bits[0] - 1) < 2e-5 && fabs(token.top_bits[1] - 2) < 2e-5);
}

/* Each token of 0 .. n - 1 is scored once or never, in order. */
static size_t check_cut(struct eval_cut cut, size_t n, size_t first, size_t last)
{
    size_t expected = first, n_windows = eval_n_windows(&cut, n);
    for (size_t i = 0; i < n_windows; i++) {
        struct eval_window w = eval_window_at(&cut, n, i);
        CHECK(w.begin <= w.score && w.score <= w.end && w.end <= n);
        CHECK(w.end - w.begin + 1 <= eval_window_positions(&cut, n) + 1);
        CHECK(w.has_first || w.score > w.begin || w.score == w.end);
        if (cut.convention != TACIT_EVAL_LLAMA_PERPLEXITY)
            CHECK_MSG(w.score == expected, "%d: window %zu of %zu begins at %zu, not %zu",
                      (int)cut.convention, i, n, w.score, expected);
        expected = w.end;
    }
    if (n_windows)
        CHECK_MSG(expected == last, "%d: %zu tokens end at %zu", (int)cut.convention, n, expected);
    return n_windows;
}

static void test_windows(void)
{
    for (size_t n = 1; n < 100; n++) {
        for (size_t stride = 1; stride <= 8; stride++)
            check_cut((struct eval_cut){TACIT_EVAL_WINDOWS, 8, stride, true}, n, 0, n);
        check_cut((struct eval_cut){TACIT_EVAL_ROLLING, 8, 8, true}, n, 0, n);
        check_cut((struct eval_cut){TACIT_EVAL_LM_EVAL, 8, 8, true}, n, 0, n);
        size_t got =
            check_cut((struct eval_cut){TACIT_EVAL_LLAMA_PERPLEXITY, 8, 8, false}, n, 5, n / 8 * 8);
        CHECK(got == n / 8);
        got = check_cut((struct eval_cut){TACIT_EVAL_HKUST, 8, 3, false}, n, 1,
                        n < 9 ? 0 : 9 + (n - 9) / 3 * 3);
        CHECK(got == (n < 9 ? 0 : (n - 9) / 3 + 1));
    }
    /* llama.cpp's 512: 255 of each window, tokens 257 .. 511 */
    struct eval_cut cut = {TACIT_EVAL_LLAMA_PERPLEXITY, 512, 512, false};
    struct eval_window w = eval_window_at(&cut, 2000, 1);
    CHECK(w.begin == 512 && w.score == 512 + 257 && w.end == 1024);
    cut.has_first = true; /* counts as one: the text's tokens come one later */
    w = eval_window_at(&cut, 2000, 1);
    CHECK(w.begin == 512 && w.score == 512 + 256 && w.end == 1023);
}

static void test_counts(void)
{
    static const char text[] = "caf\xc3\xa9 \xe2\x82\xac\tx\xff\x80 \xe2\x82";
    struct text_count count = {0, 0};
    size_t n = sizeof text - 1;
    text_count_add(&count, (const uint8_t *)text, n, 0, n);
    CHECK_MSG(count.n_chars == 13 && count.n_words == 4, "%d %d", (int)count.n_chars,
              (int)count.n_words);
    struct text_count parts = {0, 0};
    for (size_t i = 0; i < n; i++)
        text_count_add(&parts, (const uint8_t *)text, n, i, i + 1);
    CHECK(parts.n_chars == count.n_chars && parts.n_words == count.n_words);
}

/* One window by single steps, costs in double: what the model says of each item after the start
 * token and the items before. */
static double plain_bits(const uint32_t *items, size_t n, double *costs)
{
    const struct lm_model *lm = model_file_lm(model->file);
    struct lm_options options = {1, 64, 1, cpu_features(), 1, 0, KV_INT8, 0, NULL};
    struct lm_state *state;
    float *logits = aligned_alloc(64, lm_logit_stride(lm) * sizeof *logits);
    double total = 0;
    uint32_t token = 0;
    CHECK(lm_state_create(&state, lm, &options) == TACIT_OK);
    for (size_t i = 0; i < n; i++) {
        if (token < lm->shape.n_vocab)
            lm_step(state, &token, logits);
        double sum = 0, top = -1e9;
        for (uint32_t k = 0; k < lm->shape.n_vocab; k++) {
            sum += exp((double)logits[k]);
            top = fmax(top, (double)logits[k]);
        }
        bool bare = items[i] >= lm->shape.n_vocab;
        costs[i] = log2(sum) - (bare ? top : (double)logits[items[i]]) / log(2);
        costs[i] += bare ? TACIT_EVAL_BARE_BITS : 0;
        total += costs[i];
        token = items[i];
    }
    lm_state_destroy(state);
    free(logits);
    return total;
}

/* Lets every token be compared and added up. */
struct seen {
    const double *costs;
    size_t n, offset;
    double sum;
};

static int see(void *context, const struct tacit_eval_token *token)
{
    struct seen *seen = context;
    if (seen->costs)
        CHECK_MSG(fabs(token->bits - seen->costs[seen->n]) < 2e-5, "token %zu: %f, not %f", seen->n,
                  token->bits, seen->costs[seen->n]);
    CHECK(token->offset == seen->offset);
    seen->offset += token->n_bytes;
    seen->sum += token->bits;
    seen->n++;
    return 0;
}

static const char text[] = "the oQueen said that in another hour \xff she is at the end of it";

static double run(const struct tacit_eval_options *options, struct tacit_eval_result *result,
                  struct seen *seen)
{
    struct tacit_evaluator *e;
    struct tacit_eval_text given = {text, sizeof text - 1};
    result->struct_size = sizeof *result;
    CHECK(tacit_evaluator_create(&e, model, options) == TACIT_OK);
    CHECK(tacit_evaluator_run(e, &given, 1, result, seen ? see : NULL, seen) == TACIT_OK);
    tacit_evaluator_destroy(e);
    return result->bits;
}

static void test_against_plain(void)
{
    uint32_t items[sizeof text];
    double costs[sizeof text];
    size_t n;
    struct tacit_eval_options options;
    struct tacit_eval_result result;
    tokenizer_encode(model_file_tokenizer(model->file), (const uint8_t *)text, sizeof text - 1,
                     items, &n);
    double want = plain_bits(items, n, costs);
    tacit_eval_options_init(&options);
    struct seen seen = {.costs = costs};
    double got = run(&options, &result, &seen);
    CHECK_MSG(fabs(got - want) < 1e-3, "%f, not %f", got, want);
    CHECK(seen.n == n && seen.offset == sizeof text - 1 && fabs(seen.sum - got) < 1e-9);
    CHECK(result.n_tokens == n && result.n_scored_tokens == n);
    CHECK(result.n_scored_bytes == sizeof text - 1 && result.n_chars == sizeof text - 1);
    CHECK(result.n_words == 15 && result.n_scored_words == 15);
    /* Rolling, in a context that holds all, is the same. */
    options.convention = TACIT_EVAL_ROLLING;
    CHECK(run(&options, &result, NULL) == got);
    /* The second window of lm-eval sees one token of the first: by hand, as a text of its own. */
    options = (struct tacit_eval_options){
        sizeof options, TACIT_EVAL_LM_EVAL, 16, 0,   -1, 0, 0, 1, NULL, NULL,
        NULL,           TACIT_KV_8,         0,  NULL};
    got = run(&options, &result, NULL);
    CHECK(result.n_scored_tokens == n && got > want - 200 && got != want);
}

static void test_independence(void)
{
    struct tacit_eval_options options;
    struct tacit_eval_result result;
    tacit_eval_options_init(&options);
    options.window = 7;
    for (int convention = 0; convention <= TACIT_EVAL_HKUST; convention++) {
        options.convention = (enum tacit_eval_convention)convention;
        options.n_threads = 1;
        options.cpu = NULL;
        options.details = 0;
        double want = run(&options, &result, NULL);
        uint64_t n = result.n_scored_tokens;
        CHECK(n > 0 && want > 0);
        options.n_threads = 3;
        CHECK(run(&options, &result, NULL) == want && result.n_scored_tokens == n);
        options.details = 1;
        CHECK(run(&options, &result, NULL) == want);
        options.cpu = "scalar";
        CHECK(run(&options, &result, NULL) == want);
    }
}

/* Where tokens end, and what all up to there cost. */
struct ends {
    size_t n, end[sizeof text];
    double sum[sizeof text];
};

static int add_end(void *context, const struct tacit_eval_token *token)
{
    struct ends *ends = context;
    ends->end[ends->n] = token->offset + token->n_bytes;
    ends->sum[ends->n] = (ends->n ? ends->sum[ends->n - 1] : 0) + token->bits;
    ends->n++;
    return 0;
}

/* Under rolling context what a text's beginning costs does not depend on what follows: the costs of the
 * two sides of any split between tokens add up. */
static void test_splits(void)
{
    struct tacit_eval_options options;
    struct tacit_evaluator *e;
    struct tacit_eval_text whole = {text, sizeof text - 1};
    struct tacit_eval_result result = {.struct_size = sizeof result};
    struct ends all = {.n = 0};
    size_t n_splits = 0;
    tacit_eval_options_init(&options);
    options.convention = TACIT_EVAL_ROLLING;
    options.window = 16; /* less than the text: its first tokens and the latest ones are seen */
    CHECK(tacit_evaluator_create(&e, model, &options) == TACIT_OK);
    CHECK(tacit_evaluator_run(e, &whole, 1, &result, add_end, &all) == TACIT_OK);
    CHECK(fabs(all.sum[all.n - 1] - result.bits) < 1e-9);
    for (size_t i = 0; i < all.n; i++) {
        struct tacit_eval_text left = {text, all.end[i]};
        struct ends part = {.n = 0};
        CHECK(tacit_evaluator_run(e, &left, 1, &result, add_end, &part) == TACIT_OK);
        if (part.n != i + 1 || memcmp(part.end, all.end, part.n * sizeof *part.end) != 0)
            continue; /* cut there, the text has other tokens */
        n_splits++;
        CHECK_MSG(fabs(result.bits - all.sum[i]) < 1e-9, "%zu tokens: %f, not %f", i + 1,
                  result.bits, all.sum[i]);
    }
    CHECK_MSG(n_splits > all.n / 2, "%zu of %zu", n_splits, all.n);
    tacit_evaluator_destroy(e);
}

/* Tokens of several texts, in the order in which they are told. */
struct told {
    size_t n;
    struct tacit_eval_token tokens[4096];
};

static int tell(void *context, const struct tacit_eval_token *token)
{
    struct told *told = context;
    told->tokens[told->n++] = *token;
    return 0;
}

/* Texts that begin alike cost together what each costs alone, in windows that hold them and in shorter
 * ones, and with keys and values of few bits, where the model goes back to a copy of its state. */
static void test_beginnings(void)
{
    enum { N_TEXTS = 8 };
    static struct told together, alone;
    struct tacit_eval_text texts[N_TEXTS];
    struct tacit_eval_result results[N_TEXTS];
    struct tacit_eval_options options;
    struct tacit_evaluator *e;
    static char bytes[N_TEXTS][sizeof text];
    for (size_t i = 0; i < N_TEXTS; i++) {
        memcpy(bytes[i], text, sizeof text);
        bytes[i][5 * i % 50] ^= i % 3 == 0 ? 0 : 1;
        texts[i] = (struct tacit_eval_text){bytes[i], sizeof text - 1 - 4 * (i % 4)};
        results[i].struct_size = sizeof results[i];
    }
    tacit_eval_options_init(&options);
    options.details = 1;
    for (int variant = 0; variant < 4; variant++) {
        options.n_threads = 1 + (unsigned)variant % 2;
        options.window = variant == 2 ? 8 : 0;
        options.kv = variant < 3 ? TACIT_KV_8 : TACIT_KV_4;
        options.convention = variant < 1 ? TACIT_EVAL_WINDOWS : TACIT_EVAL_ROLLING;
        together.n = alone.n = 0;
        CHECK(tacit_evaluator_create(&e, model, &options) == TACIT_OK);
        CHECK(tacit_evaluator_run(e, texts, N_TEXTS, results, tell, &together) == TACIT_OK);
        for (size_t i = 0; i < N_TEXTS; i++) {
            size_t first = alone.n;
            CHECK(tacit_evaluator_run(e, &texts[i], 1, &results[i], tell, &alone) == TACIT_OK);
            for (size_t k = first; k < alone.n; k++)
                alone.tokens[k].text = i;
        }
        tacit_evaluator_destroy(e);
        CHECK_MSG(together.n == alone.n &&
                      memcmp(together.tokens, alone.tokens, alone.n * sizeof *alone.tokens) == 0,
                  "variant %d", variant);
    }
}

/* What is coded by these probabilities is as long as the costs say. */
static void test_against_file(void)
{
    static uint8_t out[1 << 16];
    const struct lm_model *lm = model_file_lm(model->file);
    const struct tokenizer *tokenizer = model_file_tokenizer(model->file);
    struct token_distribution distribution;
    struct arena sizes = {0};
    token_distribution_lay_out(&distribution, &sizes, model->trie, lm->shape.n_vocab, false);
    struct arena arena = {aligned_alloc(64, sizes.used), sizes.used, 0};
    token_distribution_lay_out(&distribution, &arena, model->trie, lm->shape.n_vocab, false);
    static char prose[1000];
    for (size_t i = 0; i < sizeof prose; i++)
        prose[i] = text[(i * i / 7 + i) % (sizeof text - 1)];
    uint32_t *items = malloc(sizeof prose * sizeof *items), token = 0;
    size_t n;
    tokenizer_encode(tokenizer, (const uint8_t *)prose, sizeof prose, items, &n);
    struct lm_options lm_options = {1, 8192, 1, cpu_features(), 1, 0, KV_INT8, 0, NULL};
    struct lm_state *state;
    float *logits = aligned_alloc(64, lm_logit_stride(lm) * sizeof *logits);
    struct binary_encoder enc;
    struct kernels kernels;
    kernels_select(&kernels, cpu_features());
    binary_encoder_init(&enc, out, sizeof out);
    CHECK(lm_state_create(&state, lm, &lm_options) == TACIT_OK);
    for (size_t i = 0; i < n; i++) {
        struct byte_trie_walk walk = byte_trie_start(model->trie);
        uint32_t place = model->trie->places[items[i]];
        int bit;
        if (token < lm->shape.n_vocab)
            lm_step(state, &token, logits);
        token_distribution_set(&distribution, &kernels, logits);
        do {
            bit = (int)byte_trie_forced(model->trie, &walk);
            if (byte_trie_is_open(model->trie, &walk)) {
                double p = 1 / (1 + exp(-(double)token_distribution_stretch(&distribution, &walk)));
                bit = place >= walk.split;
                p = p < 1e-9 ? 1e-9 : p > 1 - 1e-9 ? 1 - 1e-9 : p;
                binary_encode(&enc, bit, (uint32_t)(p * 4294967295.0));
            }
        } while (byte_trie_take(model->trie, &walk, (unsigned)bit));
        token = items[i];
    }
    double n_file = (double)binary_encoder_finish(&enc);
    struct tacit_eval_options options;
    struct tacit_evaluator *e;
    struct tacit_eval_text given = {prose, sizeof prose};
    struct tacit_eval_result result = {.struct_size = sizeof result};
    tacit_eval_options_init(&options);
    options.convention = TACIT_EVAL_ROLLING;
    options.window = 8192;
    CHECK(tacit_evaluator_create(&e, model, &options) == TACIT_OK);
    CHECK(tacit_evaluator_run(e, &given, 1, &result, NULL, NULL) == TACIT_OK);
    CHECK_MSG(fabs(result.bits / 8 - n_file) < 0.001 * n_file + 64, "%f computed, %f coded",
              result.bits / 8, n_file);
    tacit_evaluator_destroy(e);
    lm_state_destroy(state);
    free(logits);
    free(items);
    free(arena.memory);
}

/* The last call of the progress function says that all is done; a call that asks for an end gets it. */
static int keep_share(void *context, uint64_t n_in, uint64_t n_out)
{
    uint64_t *calls = context;
    calls[0]++;
    calls[1] = n_in;
    calls[2] = n_out;
    return calls[0] == calls[3];
}

static void test_progress(void)
{
    uint64_t calls[4] = {0, 0, 0, 0};
    struct tacit_eval_options options;
    struct tacit_evaluator *e;
    struct tacit_eval_text given = {text, sizeof text - 1};
    struct tacit_eval_result result = {.struct_size = sizeof result};
    tacit_eval_options_init(&options);
    options.progress = keep_share;
    options.progress_context = calls;
    CHECK(tacit_evaluator_create(&e, model, &options) == TACIT_OK);
    CHECK(tacit_evaluator_run(e, &given, 1, &result, NULL, NULL) == TACIT_OK);
    CHECK(calls[0] > 0 && calls[1] == result.n_tokens && calls[2] == result.n_tokens);
    calls[3] = calls[0] + 1;
    CHECK(tacit_evaluator_run(e, &given, 1, &result, NULL, NULL) == TACIT_ERR_CANCELLED);
    tacit_evaluator_destroy(e);
}

static void test_edges(void)
{
    struct tacit_eval_options options;
    struct tacit_evaluator *e;
    struct tacit_eval_text texts[3] = {{"", 0}, {"t", 1}, {NULL, 0}};
    struct tacit_eval_result results[3];
    size_t n;
    for (int i = 0; i < 3; i++)
        results[i].struct_size = sizeof results[i];
    tacit_eval_options_init(&options);
    CHECK(tacit_evaluator_create(&e, NULL, &options) == TACIT_ERR_ARGUMENT && !e);
    options.window = 1;
    CHECK(tacit_evaluator_create(&e, model, &options) == TACIT_ERR_ARGUMENT && !e);
    options.window = 8;
    options.stride = 9;
    CHECK(tacit_evaluator_create(&e, model, &options) == TACIT_ERR_ARGUMENT);
    options.stride = 0;
    options.first_token = 271;
    CHECK(tacit_evaluator_create(&e, model, &options) == TACIT_ERR_ARGUMENT);
    options.first_token = -1;
    options.mixed = 1; /* which needs all tokens in order */
    options.convention = TACIT_EVAL_HKUST;
    CHECK(tacit_evaluator_create(&e, model, &options) == TACIT_ERR_ARGUMENT);
    options.mixed = 0;
    options.convention = TACIT_EVAL_WINDOWS;
    options.cpu = "z80";
    CHECK(tacit_evaluator_create(&e, model, &options) == TACIT_ERR_ARGUMENT);
    options.cpu = NULL;
    CHECK(tacit_evaluator_create(&e, model, &options) == TACIT_OK);
    CHECK(tacit_evaluator_run(e, texts, 3, results, NULL, NULL) == TACIT_OK);
    CHECK(results[0].n_tokens == 0 && results[0].bits == 0);
    CHECK(results[1].n_scored_tokens == 1 && results[1].bits > 0 && results[2].n_bytes == 0);
    CHECK(tacit_evaluator_token_bytes(e, 0, &n) == NULL || n == 0);
    CHECK(tacit_evaluator_token_bytes(e, 100000, &n) == NULL && n == 0);
    CHECK(memcmp(tacit_evaluator_token_bytes(e, 98, &n), "b", 1) != 0 || n == 1);
    tacit_evaluator_destroy(e);
    tacit_evaluator_destroy(NULL);
}

int main(void)
{
    static const struct lm_shape shapes[] = {TINY_MODELS(SHAPE)};
    struct lm_shape shape = shapes[0];
    uint8_t *memory;
    shape.n_vocab = 1 + 254 + 16;
    test_by_hand();
    test_windows();
    test_counts();
    CHECK(tiny_tmodel(&model, &shape, &memory) == TACIT_OK);
    if (model) {
        test_against_plain();
        test_independence();
        test_splits();
        test_beginnings();
        test_against_file();
        test_progress();
        test_edges();
    }
    tacit_model_close(model);
    free(memory);
    return check_result();
}
