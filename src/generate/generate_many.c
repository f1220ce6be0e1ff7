/* SPDX-License-Identifier: Apache-2.0
 *
 * Text of random bits (tacit/generate.h). The model reads the prompt once; several texts then go on from there together,
 * a stream each, so that one pass over the weights serves them all.
 */
#include <stdlib.h>

#include "base/bytes.h"
#include "base/try.h"
#include "generate/generator.h"

enum {
    STREAMS_MAX = 32, /* texts that are made together */
    RANDOM_BYTES = 4096,
    TOKEN_BYTES_MAX = 64, /* bytes of the coder's input that a token takes, with a margin */
};

/* A text on its way. */
struct text {
    size_t index;
    uint64_t n_left; /* bytes to come */
    uint64_t random_state;
    struct binary_decoder dec;
    uint8_t random[RANDOM_BYTES];
};

/* Where texts go: each to the same function, or the only one to a function that asks for no index. */
struct texts_sink {
    tacit_generate_texts_fn of_texts;
    tacit_generate_fn of_one;
    void *context;
};

/* SplitMix64 */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static void fill_random(struct text *text)
{
    for (size_t i = 0; i < RANDOM_BYTES; i += 8)
        store_le64(text->random + i, next_random(&text->random_state));
}

static void begin_text(struct text *text, size_t index, uint64_t seed, uint64_t n_bytes)
{
    text->index = index;
    text->n_left = n_bytes;
    text->random_state = seed;
    fill_random(text);
    binary_decoder_init(&text->dec, text->random, RANDOM_BYTES);
}

/* Draws the stream's next token, LM_NO_TOKEN if the text ends with the one that is handed on. */
static enum tacit_status step(struct generator *g, uint32_t stream, struct text *text,
                              const struct texts_sink *sink, uint32_t *token)
{
    *token = LM_NO_TOKEN;
    if (text->n_left == 0)
        return TACIT_OK;
    if (text->dec.n_in - text->dec.pos < TOKEN_BYTES_MAX) {
        fill_random(text);
        text->dec.pos = 0;
    }
    uint32_t drawn = 0;
    generator_turn_to(g, stream);
    g->dec = text->dec;
    TRY(generator_code(g, &drawn));
    text->dec = g->dec;
    struct byte_view bytes = generator_bytes(g, drawn);
    bytes.n = bytes.n < text->n_left ? bytes.n : (size_t)text->n_left;
    text->n_left -= bytes.n;
    int stopped = sink->of_one ? sink->of_one(sink->context, bytes.data, bytes.n)
                               : sink->of_texts(sink->context, text->index, bytes.data, bytes.n);
    if (text->n_left > 0)
        *token = drawn;
    return stopped ? TACIT_ERR_CANCELLED : TACIT_OK;
}

/* Texts that have begun, at least one and at most one a stream. */
static enum tacit_status make_texts(struct generator *g, struct text *texts, uint32_t n_texts,
                                    const struct texts_sink *sink)
{
    uint32_t tokens[STREAMS_MAX];
    TRY(generator_read_prompt(g));
    for (bool more = true; more;) {
        more = false;
        for (uint32_t i = 0; i < g->n_streams; i++) {
            tokens[i] = LM_NO_TOKEN;
            if (i < n_texts)
                TRY(step(g, i, &texts[i], sink, &tokens[i]));
            more |= tokens[i] != LM_NO_TOKEN;
        }
        if (more)
            TRY(generator_read(g, tokens));
    }
    return TACIT_OK;
}

static enum tacit_status make_all(struct generator *g, struct text *texts, size_t n_texts,
                                  uint64_t n_bytes, const struct texts_sink *sink)
{
    for (size_t first = 0; first < n_texts && n_bytes > 0; first += g->n_streams) {
        size_t left = n_texts - first;
        uint32_t n = left < g->n_streams ? (uint32_t)left : g->n_streams;
        for (uint32_t i = 0; i < n; i++)
            begin_text(&texts[i], first + i, g->options.seed + first + i, n_bytes);
        TRY(make_texts(g, texts, n, sink));
    }
    return TACIT_OK;
}

static enum tacit_status generate(const struct tacit_model *model,
                                  const struct tacit_generate_options *options, size_t n_texts,
                                  uint64_t n_bytes, const struct texts_sink *sink)
{
    struct generator g = {0};
    uint32_t n_streams = n_texts < STREAMS_MAX ? (uint32_t)n_texts : STREAMS_MAX;
    if (n_streams == 0)
        return TACIT_OK;
    struct text *texts = malloc(n_streams * sizeof *texts);
    enum tacit_status status =
        texts ? generator_create(&g, model, options, n_streams) : TACIT_ERR_MEMORY;
    if (status == TACIT_OK)
        status = make_all(&g, texts, n_texts, n_bytes, sink);
    generator_destroy(&g);
    free(texts);
    return status;
}

enum tacit_status tacit_generate(const struct tacit_model *model,
                                 const struct tacit_generate_options *options, uint64_t n_bytes,
                                 tacit_generate_fn sink, void *context)
{
    const struct texts_sink one = {.of_one = sink, .context = context};
    return generate(model, options, 1, n_bytes, &one);
}

enum tacit_status tacit_generate_texts(const struct tacit_model *model,
                                       const struct tacit_generate_options *options, size_t n_texts,
                                       uint64_t n_bytes, tacit_generate_texts_fn sink,
                                       void *context)
{
    const struct texts_sink many = {.of_texts = sink, .context = context};
    return generate(model, options, n_texts, n_bytes, &many);
}
