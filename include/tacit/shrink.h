/* SPDX-License-Identifier: Apache-2.0
 *
 * Models made smaller: what `tacit model quantize`, `prune` and `recover` do. In the library tacit_train, apart from libtacit, because it may
 * use the C library's mathematics; nothing here is needed to compress or to run what it makes.
 */
#ifndef TACIT_SHRINK_H
#define TACIT_SHRINK_H

#include <stddef.h>
#include <stdint.h>

#include "tacit/model.h"
#include "tacit/status.h"
#include "tacit/train.h"

#ifdef __cplusplus
extern "C" {
#endif

enum tacit_rounding {
    TACIT_ROUND_NEAREST, /* each weight to the nearest; scale and minimum of each group are searched */
    TACIT_ROUND_GPTQ,    /* second-order rounding, by the model's inputs on texts; embeddings to the
                         nearest */
};

enum tacit_allocation {
    TACIT_ALLOCATE_UNIFORM, /* the same number of bits for all matrices */
    TACIT_ALLOCATE_BITS, /* most where the texts cost least for a byte: what they cost with one matrix at 3 bits is
                               measured for each matrix, and scaled to other numbers of bits by the error of its products */
};

enum tacit_wide_inputs {
    TACIT_WIDE_AS_BEFORE, /* as the model has them: int8, unless it was made otherwise */
    TACIT_WIDE_HEAD, /* inputs of the head are the sum of two rows of int8, multiplied one after the other */
    TACIT_WIDE_ALL, /* and those of the layers' matrices */
};

struct tacit_quantize {
    const char *model; /* a .gguf or .tmodel file; NULL: the model that is linked in */
    const char *path;  /* the .tmodel file to write, put in its place whole */
    enum tacit_rounding rounding;
    const char *const
        *texts; /* of TACIT_ROUND_GPTQ, TACIT_ALLOCATE_BITS and `smooth`: [n_texts] files */
    size_t n_texts;
    int keep_embeddings; /* non-zero: token embeddings, and a head of their own, stay int8 */
    unsigned
        bits; /* 2 .. 8, in groups of 64 with a scale and a minimum (0.375 bits a weight); 0: as `size`
                            says, or 4 */
    uint64_t size; /* the most bytes of the file; 0: as uniform `bits` need */
    enum tacit_allocation allocation;
    int smooth; /* non-zero: first, by the texts, the inputs of the layers' matrices are evened out, of which 64 share a
                   scale, so that rounding them to 8 bits loses less; exactly computed, the model stays the same */
    enum tacit_wide_inputs wide_inputs;
};

/* Rounds a model's matrices to few bits; one that takes no more bytes already stays as it is. TACIT_ERR_IO (errno), TACIT_ERR_MODEL_DAMAGED, TACIT_ERR_UNSUPPORTED,
 * TACIT_ERR_MEMORY; TACIT_ERR_CONTENT_LIMIT: the texts have fewer than 512 tokens; TACIT_ERR_CANCELLED; TACIT_ERR_RANGE:
 * the file cannot be as small as `size`; TACIT_ERR_ARGUMENT: `bits`, or `smooth` with matrices that are not int8. After a failure a file that was at `path` before is unchanged. */
enum tacit_status tacit_shrink_quantize(const struct tacit_quantize *job,
                                        const struct tacit_train_sink *sink);

enum tacit_prune_part {
    TACIT_PRUNE_WEIGHTS, /* of each row of each matrix of the layers, the share `ratio` becomes 0; by bits, of all together */
    TACIT_PRUNE_2_OF_4,  /* of any four neighbours in a row, two become 0 */
    TACIT_PRUNE_NEURONS, /* the share of each hidden layer, in multiples of 64: the model gets smaller
                            and faster */
    TACIT_PRUNE_LAYERS, /* the share of all layers, at least one: smaller and faster */
    TACIT_PRUNE_HEADS, /* the share of each layer's heads of keys and values with their queries, or where there is one, of query
                           heads; at least one: smaller and faster */
};

/* What goes first: that which by this rule matters least. */
enum tacit_prune_rule {
    TACIT_PRUNE_BY_MAGNITUDE, /* weights: their size; neurons: that of their weights; heads: that of the weights
                                 that lead from them to the output */
    TACIT_PRUNE_BY_WANDA,     /* size times the root mean square of the input (arXiv 2306.11695);
                                 neurons and heads: what they add to the output */
    TACIT_PRUNE_BY_SPARSEGPT, /* weights: the error of the product, which the weights that stay then
                                 correct (arXiv 2301.00774) */
    TACIT_PRUNE_BY_BITS, /* layers and heads: what 2,048 tokens of the texts, alike of each, cost without them,
                                 measured again after each that goes; weights: by an estimate to second order of how much the texts cost more without
                                 each, from the trainer's gradients, one limit for all matrices */
};

struct tacit_prune {
    const char *model, *path; /* as of struct tacit_quantize */
    enum tacit_prune_part what;
    enum tacit_prune_rule by;
    double ratio;             /* above 0, below 1; 0.5 with TACIT_PRUNE_2_OF_4 */
    const char *const *texts; /* [n_texts] files; not needed for TACIT_PRUNE_BY_MAGNITUDE */
    size_t n_texts;
};

/* Makes a model of int8 without a part of the weights. Errors as tacit_shrink_quantize; TACIT_ERR_ARGUMENT: the rule is not
 * one for that part, the ratio out of range, or weights go by bits and the shape is not of Llama, Qwen 2 or 3, or tacit's own. */
enum tacit_status tacit_shrink_prune(const struct tacit_prune *job,
                                     const struct tacit_train_sink *sink);

enum { TACIT_RECOVER_RANK_MAX = 64 };

/* The learning rate that tacit_shrink_recover takes by itself. */
#define TACIT_RECOVER_RATE 1e-3

/* What is learned from: the texts themselves, and of a teacher its distributions, its hidden states, how its keys and values
 * relate, and its hidden states by the gradients of its loss in them. */
enum tacit_see {
    TACIT_SEE_TEXT = 1,
    TACIT_SEE_DISTRIBUTIONS = 2,
    TACIT_SEE_HIDDEN = 4,
    TACIT_SEE_ATTENTION = 8,
    TACIT_SEE_GRADIENTS = 16
};

struct tacit_recover {
    const char *model,
        *path; /* as of struct tacit_quantize; the training's state lies at PATH.state meanwhile */
    const char *const *texts; /* [n_texts] files */
    size_t n_texts;
    unsigned
        lora_rank; /* of two narrow matrices beside each matrix of the layers, which alone are trained;
                             at most TACIT_RECOVER_RANK_MAX; 0: all parameters are trained */
    unsigned n_steps; /* 0: no limit; of 2,048 tokens each */
    unsigned
        n_seconds; /* of training, in all calls together; 0: no limit; one of the two is needed */
    double learning_rate; /* 0: as above */
    const char *
        teacher; /* a .gguf or .tmodel file with the same tokens; "": the linked-in model; NULL: none */
    unsigned
        sees; /* with a teacher: of enum tacit_see, text or distributions among them; 0: both of these, half and half */
    const char *
        config; /* a configuration of the trainer (tacit/train.h): the model is new, with its sizes and the tokens of
                           `model`, which is of tacit's own shape; NULL: `model` itself learns */
    unsigned seed; /* of the order of the text, and of new weights */
    unsigned
        n_threads; /* 0: one for each processor; at most 4 work, on a window each. Never changes a result. */
};

struct tacit_recover_report {
    double before, after; /* bits per byte of text held out from the training, by the engine */
    uint64_t n_steps, n_tokens;
    double seconds;
    char why[TACIT_MODEL_REASON_MAX]; /* after a failure: one phrase, or empty */
};

/* Trains a model on text with Adam, and writes it: repairs what tacit_shrink_prune and
 * tacit_shrink_quantize damaged. Weights that were pruned stay zero: those that are zero in a matrix of which a tenth or more
 * is. Matrices of 4 bits stay so, each group with its scale and minimum. All others become int8. A state is written every five
 * minutes and when sink->stop says so, which returns TACIT_ERR_CANCELLED; a later call with the same model, texts, rank
 * and rate goes on from it. Other errors as tacit_shrink_quantize; TACIT_ERR_CONTENT_LIMIT: fewer than 1,024 tokens of text;
 * TACIT_ERR_ARGUMENT: no limit, or the state is of another call; TACIT_ERR_CORRUPT: the state is damaged;
 * TACIT_ERR_STATE: the training diverged; TACIT_ERR_MODEL_WRONG: the teacher has other tokens; TACIT_ERR_UNSUPPORTED: not a shape of Llama, Qwen 2 or 3, or tacit's own. */
enum tacit_status tacit_shrink_recover(const struct tacit_recover *job,
                                       const struct tacit_train_sink *sink,
                                       struct tacit_recover_report *report);

enum tacit_gguf_type {
    TACIT_GGUF_AS_STORED, /* Q8_0 for a matrix of int8, Q4_1 for one of 4 bits */
    TACIT_GGUF_F16,
    TACIT_GGUF_Q8_0,
    TACIT_GGUF_Q4_0,
    TACIT_GGUF_Q4_1
};

struct tacit_export {
    const char *model;         /* as of struct tacit_quantize */
    const char *path;          /* the .gguf file to write, put in its place whole */
    enum tacit_gguf_type type; /* of all matrices; norms and biases are F32 */
    int keep_embeddings;       /* non-zero: as struct tacit_quantize, those are written as stored */
    const char *
        like; /* a .gguf file with the model's tokenizer, whose description is copied; NULL: `model` itself if it
                         is one, or the .gguf file beside a .tmodel of its name, if its tokenizer is the same */
};

struct tacit_export_report {
    char why[TACIT_MODEL_REASON_MAX]; /* after TACIT_ERR_UNSUPPORTED: one phrase; else empty */
    size_t n_unnamed; /* tokens, never made of text, whose names no file told: they got numbers */
};

/* Writes a model as GGUF, for llama.cpp. Errors as tacit_shrink_quantize; TACIT_ERR_UNSUPPORTED: GGUF has no such
 * architecture or tokenizer, or `like` has another tokenizer. */
enum tacit_status tacit_shrink_export(const struct tacit_export *job,
                                      struct tacit_export_report *report);

/* Makes a .tmodel file at `path` of the .gguf file `model`, whose matrices of Q4_0 and Q4_1 keep their own numbers, as
 * matrices of 4 bits; tacit_model_import rounds all to int8. The two are different models. Errors as
 * tacit_shrink_quantize; TACIT_ERR_UNSUPPORTED: there is no such matrix, or the engine cannot run the model. why: as in
 * struct tacit_export_report. */
enum tacit_status tacit_shrink_import(const char *model, const char *path,
                                      char why[TACIT_MODEL_REASON_MAX]);

/* Makes a .tmodel file at `path` of a folder as Hugging Face's transformers writes it: config.json, tokenizer.json (byte-level
 * BPE), and model.safetensors or its parts, of the model types llama, mistral, qwen2 and qwen3. Whatever in these files has
 * no meaning for the engine is refused by its name. All matrices become int8. A GGUF file of the same numbers lies
 * beside `path` meanwhile. TACIT_ERR_IO (errno), TACIT_ERR_MODEL_DAMAGED, TACIT_ERR_UNSUPPORTED, TACIT_ERR_MEMORY. why: as
 * in struct tacit_export_report. TACIT_ERR_UNSUPPORTED in a build without libjansson. */
enum tacit_status tacit_shrink_import_folder(const char *folder, const char *path,
                                             char why[TACIT_MODEL_REASON_MAX]);

#ifdef __cplusplus
}
#endif

#endif
