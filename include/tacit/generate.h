/* SPDX-License-Identifier: Apache-2.0
 *
 * Text from a language model. A model that compresses text turns bits into text when it runs the other way:
 * random bits, decoded by the coder that archives are made with, become what the model expects.
 *
 * The arithmetic is strict: the same model, options, prompt and seed give the same text on every
 * machine and with any number of threads. The text holds none of the model's control tokens, and is as long as the
 * caller asks.
 *
 * tacit_generate_from turns the caller's bytes into text, and tacit_generate_back turns that text
 * into the bytes again, with the same model, options and prompt. This is no cipher: the text does
 * not hide that it stands for data.
 *
 * These functions keep no state between calls; any threads may call them.
 */
#ifndef TACIT_GENERATE_H
#define TACIT_GENERATE_H

#include <stddef.h>
#include <stdint.h>

#include "tacit/export.h"
#include "tacit/model.h"
#include "tacit/options.h"
#include "tacit/status.h"

#ifdef __cplusplus
extern "C" {
#endif

#define TACIT_TEMPERATURE_MIN    0.01 /* or 0 */
#define TACIT_TEMPERATURE_MAX    100.0
#define TACIT_GENERATE_INPUT_MAX ((size_t)1 << 30)
#define TACIT_PRIMED_TEXT_HASH   32 /* SHA-256 */

/* A model that has read a text (below). */
struct tacit_primed;

/* Fill with tacit_generate_options_init, then change what you need. Functions take NULL for the
 * defaults. */
struct tacit_generate_options {
    size_t struct_size;
    const void *prompt; /* the text continues it and does not repeat it; NULL: none */
    size_t n_prompt;    /* at most TACIT_GENERATE_INPUT_MAX */
    /* divides the logits: 1: the model's own distribution; below 1: surer; 0: always the likeliest
     * token */
    float temperature;
    float top_p;   /* above 0 .. 1: only the likeliest tokens that together have this share */
    uint64_t seed; /* which random bits */
    /* tokens that the model looks back on, 0: 2,048; at most TACIT_CONTEXT_MAX */
    unsigned n_context;
    unsigned n_threads; /* 0: one for each processor. Never changes the text. */
    const char *cpu;    /* as in tacit_options */
    enum tacit_kv kv;   /* the model's keys and values, */
    /* and how many of them, as in tacit_options, where the prompt stands for a block: its beginning, as many tokens as the
     * model looks back on, says which heads need more */
    unsigned kv_keep;
    /* Instead of reading all of the prompt; NULL: none. The prompt begins with the text of primed, or is empty and
     * stands for that text. kv and kv_keep are those of primed, and so is n_context, unless it is 0. Never changes the
     * text, with one exception: with kv_keep, heads keep what suits the text of primed, and where that is shorter than
     * n_context tokens and than the prompt, the prompt alone may have suited others. */
    const struct tacit_primed *primed;
};

/* Sets every field of a struct of struct_size bytes to its default. TACIT_ERR_ARGUMENT: struct_size is too
 * small to hold itself. Call tacit_generate_options_init, which passes the size that the caller was compiled with. */
TACIT_API enum tacit_status
tacit_generate_options_init_sized(struct tacit_generate_options *options, size_t struct_size);

/* Sets every field to its default. options: not NULL. */
static inline void tacit_generate_options_init(struct tacit_generate_options *options)
{
    (void)tacit_generate_options_init_sized(options, sizeof *options);
}

/* Takes the text token by token; a token may end inside a character. Non-zero stops with
 * TACIT_ERR_CANCELLED. */
typedef int (*tacit_generate_fn)(void *context, const void *data, size_t n_bytes);

/* Hands n_bytes of text to sink; the last token is cut to fit. TACIT_ERR_ARGUMENT: an option out of
 * range; TACIT_ERR_MODEL_WRONG: options->primed is of another model; TACIT_ERR_REFERENCE_WRONG: the prompt does not begin
 * with its text; TACIT_ERR_MEMORY, TACIT_ERR_THREAD, TACIT_ERR_FLOAT, TACIT_ERR_CANCELLED. */
TACIT_API enum tacit_status tacit_generate(const struct tacit_model *model,
                                           const struct tacit_generate_options *options,
                                           uint64_t n_bytes, tacit_generate_fn sink, void *context);

/* The same for n_texts texts, of which text i is that of options->seed + i. The model reads the prompt once, and texts
 * are made together, up to 32 at a time, which is faster than one by one; each of these takes the memory of a stream of
 * the model. sink takes their tokens in turn, with the text's number. */
typedef int (*tacit_generate_texts_fn)(void *context, size_t text, const void *data,
                                       size_t n_bytes);
TACIT_API enum tacit_status tacit_generate_texts(const struct tacit_model *model,
                                                 const struct tacit_generate_options *options,
                                                 size_t n_texts, uint64_t n_bytes,
                                                 tacit_generate_texts_fn sink, void *context);

/* Hands text to sink that stands for data[0 .. n_data), at most TACIT_GENERATE_INPUT_MAX bytes, and
 * for 7 to 9 bytes of length and checksum that the function adds. Tokens are drawn from the 128
 * likeliest that the tokenizer would choose, so that the text leads back to them. options->seed has
 * no effect; temperature 0 is TACIT_ERR_ARGUMENT. TACIT_ERR_CONTENT_LIMIT: the model, by itself or
 * by the options, is so sure that text of 256 tokens holds less than a byte; TACIT_ERR_UNSUPPORTED:
 * the tokenizer makes other tokens of the text; otherwise as tacit_generate. */
TACIT_API enum tacit_status tacit_generate_from(const struct tacit_model *model,
                                                const struct tacit_generate_options *options,
                                                const void *data, size_t n_data,
                                                tacit_generate_fn sink, void *context);

/* Hands to sink, in one piece, the data that the text stands for. What follows the text's end is ignored.
 * TACIT_ERR_CHECKSUM: the text stands for no data, since the text, the model, the prompt or an
 * option differs; otherwise as tacit_generate. */
TACIT_API enum tacit_status tacit_generate_back(const struct tacit_model *model,
                                                const struct tacit_generate_options *options,
                                                const void *text, size_t n_text,
                                                tacit_generate_fn sink, void *context);

/* What a primed state is of. */
struct tacit_primed_info {
    size_t struct_size;              /* set by the caller */
    uint8_t model[TACIT_MODEL_HASH]; /* the model's identity (tacit/model.h) */
    uint32_t rules;                  /* and its tokenizer's rules */
    enum tacit_kv kv;
    unsigned kv_keep, n_context;
    uint64_t n_tokens; /* that the model has read: the text's, but for the last */
    uint64_t n_text;   /* bytes */
    uint8_t text_hash[TACIT_PRIMED_TEXT_HASH];
};

/* Has the model read options->prompt, with the n_context, kv and kv_keep of options. options->primed: NULL. The state is
 * never changed: any threads may generate from it at a time. On failure *primed is NULL. Errors as tacit_generate. */
TACIT_API enum tacit_status tacit_primed_create(struct tacit_primed **primed,
                                                const struct tacit_model *model,
                                                const struct tacit_generate_options *options);

/* The state as bytes for a file, the same on all machines of one byte order; they are part of primed. n_bytes: not NULL. */
TACIT_API const void *tacit_primed_data(const struct tacit_primed *primed, size_t *n_bytes);

/* A state of such bytes, which are copied. All lengths are checked. TACIT_ERR_NOT_ARCHIVE: they are something else;
 * TACIT_ERR_VERSION: of a newer version; TACIT_ERR_UNSUPPORTED: made on a machine of the other byte order;
 * TACIT_ERR_MODEL_WRONG; TACIT_ERR_TRUNCATED, TACIT_ERR_CHECKSUM, TACIT_ERR_CORRUPT; TACIT_ERR_MEMORY, TACIT_ERR_FLOAT,
 * TACIT_ERR_THREAD. */
TACIT_API enum tacit_status tacit_primed_open(struct tacit_primed **primed,
                                              const struct tacit_model *model, const void *data,
                                              size_t n_bytes);

/* What such bytes say of themselves, whatever the model. Errors as tacit_primed_open, and TACIT_ERR_ARGUMENT: info is too
 * small. */
TACIT_API enum tacit_status tacit_primed_inspect(const void *data, size_t n_bytes,
                                                 struct tacit_primed_info *info);

/* NULL is allowed. */
TACIT_API void tacit_primed_destroy(struct tacit_primed *primed);

#ifdef __cplusplus
}
#endif

#endif
