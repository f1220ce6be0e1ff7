/* SPDX-License-Identifier: Apache-2.0 */
#include "golden/golden_models.h"

#include <stdlib.h>
#include <string.h>

#include "base/try.h"
#include "engine/lm_identity.h"
#include "tiny_model.h"

enum {
    N_VOCAB = 352, /* more than there are tokens */
    N_KNOWN = 63,  /* tokens that have a column of their own; one column is everybody else's */
    STEP = 16,     /* what a model knows better for each bit of how often a token follows */
};

/* The kinds of matrices in turn, by the number of the tensor. */
enum mixture { INT8, INT4, NARROW, MIXED };

static const struct {
    const char *name;
    enum tokenizer_form form;
    const char *pre;
    enum mixture mixture;
    struct lm_shape shape;
} models[GOLDEN_MODELS] = {
    {"gpt2",
     TOKENIZER_PAIRS,
     "gpt-2",
     INT8,
     {N_VOCAB,     1,
      64,          1,
      1,           64,
      64,          300,
      0,           LM_NORM_LAYER,
      LM_ACT_GELU, LM_QKV_BIAS | LM_BIASES | LM_LEARNED_POSITIONS,
      0,           0,
      0,           0,
      10000.0f,    1e-5f,
      8.0f,        TINY_NO_MORE}},
    {"smollm",
     TOKENIZER_PAIRS,
     "smollm",
     NARROW,
     {N_VOCAB,          2, 64, 2, 1, 64,       64,    256,  64,          LM_NORM_RMS, LM_ACT_SWIGLU,
      LM_SEPARATE_HEAD, 0, 0,  0, 0, 10000.0f, 1e-5f, 0.0f, TINY_NO_MORE}},
    {"qwen2",
     TOKENIZER_PAIRS,
     "qwen2",
     INT4,
     {N_VOCAB,
      1,
      64,
      2,
      1,
      64,
      64,
      256,
      64,
      LM_NORM_RMS,
      LM_ACT_SWIGLU,
      LM_SEPARATE_HEAD | LM_QKV_BIAS,
      0,
      0,
      0,
      0,
      1e6f,
      1e-6f,
      0.0f,
      TINY_NO_MORE}},
    {"qwen3",
     TOKENIZER_PAIRS,
     "deepseek-r1-qwen",
     MIXED,
     {N_VOCAB,
      1,
      64,
      1,
      1,
      128,
      64,
      256,
      128,
      LM_NORM_RMS,
      LM_ACT_SWIGLU,
      LM_SEPARATE_HEAD | LM_QK_NORM,
      0,
      0,
      0,
      0,
      1e6f,
      1e-6f,
      0.0f,
      TINY_NO_MORE}},
    {"llama3",
     TOKENIZER_PAIRS,
     "llama-bpe",
     INT8,
     {N_VOCAB,
      1,
      64,
      2,
      2,
      64,
      64,
      256,
      64,
      LM_NORM_RMS,
      LM_ACT_SWIGLU,
      LM_SEPARATE_HEAD | LM_OUT_BIAS | LM_ROPE_SCALED,
      0,
      0,
      0,
      0,
      500000.0f,
      1e-5f,
      0.0f,
      TINY_NO_MORE}},
    {"dbrx", TOKENIZER_PAIRS, "dbrx", MIXED, {N_VOCAB,
                                              1,
                                              64,
                                              2,
                                              1,
                                              64,
                                              128,
                                              256,
                                              32,
                                              LM_NORM_LAYER,
                                              LM_ACT_SWIGLU,
                                              LM_SEPARATE_HEAD,
                                              0,
                                              0,
                                              0,
                                              0,
                                              10000.0f,
                                              1e-5f,
                                              30.0f,
                                              TINY_NO_MORE}},
    {"gemma",
     TOKENIZER_SCORED,
     "",
     INT4,
     {N_VOCAB,
      2,
      64,
      2,
      1,
      128,
      64,
      256,
      96,
      LM_NORM_RMS,
      LM_ACT_GEGLU,
      LM_SEPARATE_HEAD | LM_QK_NORM | LM_POST_NORMS | LM_ROPE_SCALED | LM_EXTENDED,
      40,
      0,
      0,
      0,
      1e6f,
      1e-6f,
      12.0f,
      2,
      10000.0f,
      1.25f,
      0.1f,
      20.0f,
      8.0f}},
    {"olmo2",
     TOKENIZER_JOINED,
     "olmo",
     NARROW,
     {N_VOCAB,
      2,
      64,
      2,
      2,
      64,
      64,
      256,
      64,
      LM_NORM_RMS,
      LM_ACT_SWIGLU,
      LM_SEPARATE_HEAD | LM_QK_NORM | LM_QK_NORM_ALL | LM_POST_NORMS | LM_NO_PRE_NORMS,
      0,
      0,
      0,
      0,
      10000.0f,
      1e-5f,
      0.0f,
      TINY_NO_MORE}},
    {"tacit",
     TOKENIZER_JOINED,
     "tacit",
     MIXED,
     {N_VOCAB,
      3,
      64,
      2,
      1,
      64,
      64,
      256,
      16,
      LM_NORM_RMS,
      LM_ACT_RELU2,
      LM_SEPARATE_HEAD | LM_QK_NORM | LM_WITH_HASHES | LM_WITH_SMEAR | LM_WITH_EMBED_NORM |
          LM_WITH_MIX | LM_WITH_Q_GAIN | LM_WITH_SINK | LM_ROOT_CAP | LM_BOS_LAST,
      64,
      128,
      50,
      64,
      10000.0f,
      1e-6f,
      15.0f,
      TINY_NO_MORE}},
    {"bare",
     TOKENIZER_SCORED,
     "",
     NARROW,
     {N_VOCAB,          1, 64, 1, 1, 64,       64,   256,  0,           LM_NORM_RMS, LM_ACT_RELU2,
      LM_SEPARATE_HEAD, 0, 0,  0, 0, 10000.0f, 0.0f, 0.0f, TINY_NO_MORE}},
};

const char *golden_model_name(size_t model)
{
    return models[model].name;
}

/* Tokens behind those of one byte. Each but characters of form 3 is two of the others joined. */
static const char *const words[] = {
    "th",
    "he",
    "in",
    "an",
    "er",
    " t",
    " a",
    "the",
    " the",
    "ing",
    " an",
    "and",
    " and",
    "re",
    "'s",
    "'re",
    "'l",
    "'ll",
    "12",
    "123",
    " 1",
    "00",
    "  ",
    "   ",
    "\r\n",
    "\n\n",
    "--",
    " -",
    "\xc3\xa9",
    "\xc3\xbc",
    " \xc3\xa9",
    "t\xc3\xa9",
    "\xe6\x97",
    "\xe6\x97\xa5",
    "\xe6\x9c",
    "\xe6\x9c\xac",
    "\xe6\x97\xa5\xe6\x9c\xac",
    "\xc2\xa0",
    "<b",
    "<b>",
    "on",
    "or",
    " b",
    " d",
    " k",
    " l",
    " m",
    " p",
    " ba",
    " be",
    " bi",
    " bo",
    " bu",
    " da",
    " de",
    " di",
    " do",
    " du",
    " ka",
    " ke",
    " ki",
    " ko",
    " ku",
    " la",
    " le",
    " li",
    " lo",
    " lu",
    " ma",
    " me",
    " mi",
    " mo",
    " mu",
    " pa",
    " pe",
    " pi",
    " po",
    " pu",
};

enum { N_BYTES = 255, N_WORDS = sizeof words / sizeof *words, N_TOKENS = 1 + 254 + N_WORDS };

/* Number 0 is special; 'Q' and ff are no tokens. */
static void list_tokens(struct byte_view *tokens)
{
    static uint8_t bytes[N_BYTES];
    uint32_t n = 0;
    tokens[n++] = (struct byte_view){NULL, 0};
    for (unsigned b = 0; b < N_BYTES; b++) {
        bytes[b] = (uint8_t)b;
        if (b != 'Q')
            tokens[n++] = (struct byte_view){&bytes[b], 1};
    }
    for (size_t i = 0; i < N_WORDS; i++)
        tokens[n++] = (struct byte_view){(const uint8_t *)words[i], strlen(words[i])};
}

static uint32_t find(const struct byte_view *tokens, const uint8_t *bytes, size_t n)
{
    for (uint32_t i = 1; i < N_TOKENS; i++)
        if (tokens[i].n == n && memcmp(tokens[i].data, bytes, n) == 0)
            return i;
    return 0;
}

enum { RULES_MAX = 4 * N_WORDS };

/* Each way in which two tokens make a word; the first rule once more at the end, where it counts for nothing. */
static uint32_t list_pairs(const struct byte_view *tokens, uint32_t *pairs)
{
    uint32_t n = 0;
    for (uint32_t word = N_TOKENS - N_WORDS; word < N_TOKENS; word++)
        for (size_t k = 1; k < tokens[word].n; k++) {
            uint32_t left = find(tokens, tokens[word].data, k);
            uint32_t right = find(tokens, tokens[word].data + k, tokens[word].n - k);
            if (left && right) {
                pairs[2 * n] = left;
                pairs[2 * n++ + 1] = right;
            }
        }
    pairs[2 * n] = pairs[0];
    pairs[2 * n + 1] = pairs[1];
    return n + 1;
}

/* Words are merged, later ones first; two are cut out. */
static uint32_t list_uses(uint32_t *pairs)
{
    uint32_t n = 0;
    for (uint32_t i = N_WORDS; i-- > 0;) {
        bool out = strcmp(words[i], "\n\n") == 0 || strcmp(words[i], "<b>") == 0;
        pairs[2 * n] = N_TOKENS - N_WORDS + i;
        pairs[2 * n++ + 1] = out;
    }
    return n;
}

struct tokenizer *golden_model_tokenizer(size_t model)
{
    struct byte_view tokens[N_TOKENS];
    uint32_t pairs[2 * RULES_MAX];
    const char *pre = models[model].pre;
    list_tokens(tokens);
    struct tokenizer_spec spec = {.pre = {(const uint8_t *)pre, strlen(pre)},
                                  .form = models[model].form,
                                  .n_tokens = N_TOKENS,
                                  .tokens = tokens,
                                  .pairs = pairs,
                                  .has_start = true};
    if (spec.form == TOKENIZER_PAIRS)
        spec.n_rules = list_pairs(tokens, pairs);
    if (spec.form == TOKENIZER_SCORED)
        spec.n_rules = list_uses(pairs);
    struct tokenizer *tokenizer = NULL;
    return tokenizer_create(&tokenizer, &spec) == TACIT_OK ? tokenizer : NULL;
}

struct maker {
    struct lm_shape shape;
    uint64_t state;
    unsigned column[N_VOCAB];               /* of the embedding, by token */
    unsigned follows[N_KNOWN + 1][N_VOCAB]; /* [column of the one before] */
};

static enum tacit_status learn(struct maker *m, const struct tokenizer *tokenizer,
                               const uint8_t *text, size_t n)
{
    uint32_t *items = malloc(n * sizeof *items);
    size_t n_items;
    unsigned n_known = 0;
    if (!items)
        return TACIT_ERR_MEMORY;
    for (size_t i = 0; i < N_VOCAB; i++)
        m->column[i] = N_KNOWN;
    enum tacit_status status = tokenizer_encode(tokenizer, text, n, items, &n_items);
    for (size_t i = 0; status == TACIT_OK && i + 1 < n_items; i++) {
        if (items[i] >= N_TOKENS || items[i + 1] >= N_TOKENS)
            continue; /* a bare byte */
        unsigned *column = &m->column[items[i]];
        if (*column == N_KNOWN && n_known < N_KNOWN)
            *column = n_known++;
        m->follows[*column][items[i + 1]]++;
    }
    free(items);
    return status;
}

static uint32_t noise(struct maker *m, uint32_t n)
{
    m->state = m->state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((m->state >> 32) * n >> 32);
}

static int known_step(const struct maker *m, size_t column, size_t token)
{
    unsigned count = m->follows[column][token];
    int bits = 0;
    for (; count >> bits; bits++)
        ;
    return STEP * bits;
}

/* Without a separate head, the hidden layer makes of a token those that follow it: GELU of its inputs, which are far
 * above 0 by their bias, is these inputs. */
static int followers(const struct maker *m, size_t row, size_t column)
{
    int sum = row == column ? -60 : 0;
    for (size_t token = 0; token < N_TOKENS; token++)
        if (m->column[token] == row && row < N_KNOWN)
            sum += known_step(m, column, token);
    return sum;
}

/* A weight, -127 .. 127. */
static int value_at(struct maker *m, enum lm_tensor_id id, size_t row, size_t column)
{
    bool tied = !(m->shape.flags & LM_SEPARATE_HEAD);
    int value = (int)noise(m, 17) - 8;
    if (id == LM_EMBEDDING && row < N_VOCAB && m->column[row] == column)
        value += 110;
    if (id == LM_HEAD)
        value += known_step(m, column, row);
    if (tied && id == LM_UP)
        value += row == column ? 100 : 0;
    if (tied && id == LM_DOWN)
        value += followers(m, row, column);
    if (id != LM_EMBEDDING && id != LM_HEAD && !tied)
        value *= 8;
    return value < -127 ? -127 : value > 127 ? 127 : value;
}

/* The weight 127 stands for about 2 to this power. */
static int size_of(const struct maker *m, enum lm_tensor_id id)
{
    bool tied = !(m->shape.flags & LM_SEPARATE_HEAD);
    if (id == LM_EMBEDDING)
        return 2;
    if (id == LM_HEAD)
        return 1;
    if (tied && (id == LM_UP || id == LM_DOWN))
        return 0;
    return id == LM_OUT || id == LM_DOWN ? -5 : -3;
}

/* A float of these upper bits; so are those of exponent e and 7 bits of a fraction. */
static float float_of(uint32_t upper)
{
    uint32_t bits = upper << 16;
    float f;
    memcpy(&f, &bits, sizeof f);
    return f;
}

static uint32_t upper_of(struct maker *m, int exponent)
{
    return (uint32_t)(127 + exponent) << 7 | noise(m, 32);
}

static void fill_int8(struct maker *m, struct tensor *t, enum lm_tensor_id id, size_t row, size_t g)
{
    int8_t q[LM_GROUP];
    for (size_t i = 0; i < LM_GROUP; i++)
        q[i] = (int8_t)value_at(m, id, row, LM_GROUP * g + i);
    tensor_set_group(t, row, g, q, float_of(upper_of(m, size_of(m, id) - 7)));
}

static void fill_int4(struct maker *m, struct tensor *t, enum lm_tensor_id id, size_t row, size_t g)
{
    for (size_t half = 2 * g; half < 2 * g + 2; half++) {
        struct tensor_int4_group values;
        uint32_t fraction = noise(m, 64);
        for (size_t i = 0; i < LM_INT4_GROUP; i++)
            values.n[i] = (uint8_t)((value_at(m, id, row, LM_INT4_GROUP * half + i) + 128) >> 4);
        values.scale = (uint16_t)((uint32_t)(15 + size_of(m, id) - 3) << 10 | fraction);
        values.minimum = (uint16_t)(0x8000u | (uint32_t)(15 + size_of(m, id)) << 10 | fraction);
        tensor_set_int4(t, row, half, &values);
    }
}

static void fill_narrow(struct maker *m, struct tensor *t, enum lm_tensor_id id, size_t row,
                        size_t g)
{
    unsigned bits = tensor_narrow_bits(t->kind);
    struct tensor_narrow_group values = {.minimum = 64};
    for (size_t i = 0; i < LM_GROUP; i++)
        values.n[i] = (uint8_t)((value_at(m, id, row, LM_GROUP * g + i) + 128) >> (8 - bits));
    values.scale = (uint16_t)upper_of(m, size_of(m, id) - 6);
    tensor_set_narrow(t, row, g, &values);
}

/* Norms' gains are near 1, divisors from below what counts to above it, everything else near 0. */
static float vector_at(struct maker *m, enum lm_tensor_id id, size_t i)
{
    static const float divisors[] = {0.125f, 0.5f, 1.0f, 1.5f, 3.0f, 8.0f, 40.0f, 2097152.0f};
    float small = (float)((int)noise(m, 33) - 16) * (1.0f / 256.0f);
    switch (id) {
    case LM_ROPE_DIVISORS:
        return divisors[i % 8];
    case LM_UP_B:
        return 4.0f + small;
    case LM_MIX_X:
    case LM_ATTN_NORM:
    case LM_Q_NORM:
    case LM_K_NORM:
    case LM_Q_GAIN:
    case LM_FFN_NORM:
    case LM_POST_ATTN_NORM:
    case LM_POST_FFN_NORM:
    case LM_EMBED_NORM:
    case LM_FINAL_NORM:
        return 1.0f + small;
    default:
        return small;
    }
}

static void fill(struct maker *m, struct tensor *t, enum lm_tensor_id id, size_t index)
{
    m->state = index * 1000003u + 1;
    for (size_t i = 0; t->n_rows == 0 && i < t->n_columns; i++)
        t->values[i] = vector_at(m, id, i);
    for (size_t row = 0; row < t->n_rows; row++)
        for (size_t g = 0; g < t->n_columns / LM_GROUP; g++)
            (t->kind == TENSOR_INT8   ? fill_int8
             : t->kind == TENSOR_INT4 ? fill_int4
                                      : fill_narrow)(m, t, id, row, g);
}

/* Embeddings and heads have at least 4 bits, with which they still know something. */
static enum tensor_kind kind_of(size_t model, enum lm_tensor_id id, size_t index)
{
    enum mixture mixture = models[model].mixture;
    bool knows = id == LM_EMBEDDING || id == LM_HEAD;
    enum tensor_kind narrow = knows ? (enum tensor_kind)(TENSOR_NARROW4 + (index + model) % 4)
                                    : (enum tensor_kind)(TENSOR_NARROW2 + (index + model) % 6);
    switch (mixture) {
    case INT4:
        return TENSOR_INT4;
    case NARROW:
        return narrow;
    case MIXED:
        return index % 3 == 0 ? TENSOR_INT8 : index % 3 == 1 ? TENSOR_INT4 : narrow;
    default:
        return TENSOR_INT8;
    }
}

static enum tacit_status make(struct lm_model **lm, size_t model, struct maker *m)
{
    size_t n = lm_n_tensors(&m->shape);
    uint8_t kinds[256];
    uint32_t layer;
    for (size_t i = 0; i < n; i++) {
        enum lm_tensor_id id = lm_tensor_id_at(i, &layer);
        struct lm_tensor_size size = lm_tensor_size(&m->shape, id);
        bool matrix = size.n_rows > 0 && size.n_columns > 0;
        kinds[i] = (uint8_t)(matrix ? kind_of(model, id, i) : TENSOR_INT8);
    }
    TRY(lm_model_create(lm, &m->shape, kinds));
    TRY(lm_model_allocate(*lm));
    for (size_t i = 0; i < n; i++)
        fill(m, lm_tensor_at(*lm, i), lm_tensor_id_at(i, &layer), i);
    lm_identity(*lm, (*lm)->identity);
    return TACIT_OK;
}

struct lm_model *golden_model_weights(size_t model, const struct tokenizer *tokenizer,
                                      const uint8_t *text, size_t n)
{
    struct lm_model *lm = NULL;
    struct maker *m = calloc(1, sizeof *m);
    if (!m)
        return NULL;
    m->shape = models[model].shape;
    if (learn(m, tokenizer, text, n) != TACIT_OK || make(&lm, model, m) != TACIT_OK) {
        lm_model_destroy(lm);
        lm = NULL;
    }
    free(m);
    return lm;
}
