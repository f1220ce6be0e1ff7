/* SPDX-License-Identifier: Apache-2.0
 *
 * Language models: where their files lie, what a file states, and handles on open models.
 *
 * A model is a file, or a name. A name stands for the file NAME.tmodel or NAME.gguf in the first of
 * the model directories that has one: the user's own, $XDG_DATA_HOME/tacit/models
 * ($HOME/.local/share where that is not set), then tacit/models in each of $XDG_DATA_DIRS
 * (/usr/local/share, /usr/share).
 *
 * Paths are written to buffers of TACIT_MODEL_PATH_MAX bytes. An open model is read-only: any
 * number of encoders, decoders and threads share it. Nothing here downloads anything.
 */
#ifndef TACIT_MODEL_H
#define TACIT_MODEL_H

#include <stddef.h>
#include <stdint.h>

#include "tacit/export.h"
#include "tacit/status.h"

#ifdef __cplusplus
extern "C" {
#endif

#define TACIT_MODEL_PATH_MAX   4096
#define TACIT_MODEL_TEXT_MAX   96
#define TACIT_MODEL_HASH       32
#define TACIT_MODEL_REASON_MAX 256

/* What a model file says of itself, cut to fit; empty where it says nothing. */
struct tacit_model_info {
    size_t struct_size; /* set before the call; lets the struct grow */
    char title[TACIT_MODEL_TEXT_MAX];
    char architecture[TACIT_MODEL_TEXT_MAX]; /* as GGUF files name it, "llama" */
    char licence[TACIT_MODEL_TEXT_MAX];
    uint64_t file_size;    /* bytes */
    uint64_t n_parameters; /* weights, each counted once */
    uint32_t n_vocab, n_layers, width;
    uint32_t n_context;     /* tokens that it was trained to look back on */
    uint64_t weights_bytes; /* memory for the weights, shared by all streams */
    uint64_t stream_bytes;  /* memory for each stream with a context of 1,024 tokens */
    uint32_t wide_inputs;   /* enum tacit_wide_inputs: TACIT_WIDE_AS_BEFORE: none are wide */
};

struct tacit_model;

/* Writes the path of a model directory to path[TACIT_MODEL_PATH_MAX]. index 0: the user's own. It
 * need not exist. TACIT_ERR_RANGE: there are fewer directories; TACIT_ERR_ARGUMENT: the path is not
 * known (index 0 without HOME) or too long. */
TACIT_API enum tacit_status tacit_model_directory(unsigned index, char *path);

/* Writes the file that name stands for to path[TACIT_MODEL_PATH_MAX]: name itself if it has a '/'
 * or ends in .gguf or .tmodel. TACIT_ERR_MODEL_MISSING: no directory has it; TACIT_ERR_ARGUMENT:
 * too long.
 */
TACIT_API enum tacit_status tacit_model_find(const char *name, char *path);

/* Reads what the file says, without loading weights; path NULL: the model that is linked in, or
 * TACIT_ERR_MODEL_MISSING. info->struct_size must be set. TACIT_ERR_IO, TACIT_ERR_MODEL_DAMAGED,
 * TACIT_ERR_UNSUPPORTED (an architecture, tensor type or version that this build cannot run),
 * TACIT_ERR_MEMORY. */
TACIT_API enum tacit_status tacit_model_inspect(const char *path, struct tacit_model_info *info);

/* Loads a model. That takes some seconds (.tmodel: tenths of a second) and weights_bytes of memory;
 * while a GGUF file is loaded, also the file's size. Changes to the file afterwards have no effect.
 * Errors as tacit_model_inspect; TACIT_ERR_MODEL_DAMAGED also where a .tmodel file's identity is
 * not that of its weights. On failure *model is NULL. */
TACIT_API enum tacit_status tacit_model_open(struct tacit_model **model, const char *path);

/* Opens the model as tacit_model_open does, closes it, and returns the same status. If the file
 * cannot be run, writes the reason to text[TACIT_MODEL_REASON_MAX], one phrase without a full stop,
 * "the tensor blk.0.ffn_gate_inp.weight has no place in the architecture llama"; otherwise, and for
 * errors of memory, threads and input, text is empty. */
TACIT_API enum tacit_status tacit_model_explain(const char *path,
                                                char text[TACIT_MODEL_REASON_MAX]);

/* The model that is linked into this library, which levels from TACIT_LEVEL_MODEL on compress with
 * if no other is given. It is opened by the first call, in some milliseconds, and stays open:
 * closing it does nothing. TACIT_ERR_MODEL_MISSING: this build has none; TACIT_ERR_MEMORY. On failure
 * *model is NULL. Any thread may call. */
TACIT_API enum tacit_status tacit_model_default(const struct tacit_model **model);

/* NULL is allowed. No encoder, decoder or thread may be using the model. */
TACIT_API void tacit_model_close(struct tacit_model *model);

/* The hash by which archives name the model: over its weights as the engine runs them, its shape
 * and its vocabulary. The same for every file that holds the same model. */
TACIT_API void tacit_model_identity(const struct tacit_model *model,
                                    uint8_t identity[TACIT_MODEL_HASH]);

/* The hash of the rules by which the model's tokenizer cuts text. Archives name them beside the identity if decoding may
 * need them (struct tacit_archive_model). */
TACIT_API uint32_t tacit_model_rules(const struct tacit_model *model);

/* Reads the identity that the .tmodel file at path states, without reading its weights. That takes
 * some hundredths of a second, so that one model can be found among many. tacit_model_open verifies
 * the identity. Errors as tacit_model_inspect; TACIT_ERR_MODEL_DAMAGED for files of other kinds: a
 * GGUF file's identity is known only when it is open. */
TACIT_API enum tacit_status tacit_model_claimed_identity(const char *path,
                                                         uint8_t identity[TACIT_MODEL_HASH]);

/* SHA-256 of a file. TACIT_ERR_IO. */
TACIT_API enum tacit_status tacit_model_hash_file(const char *path, uint8_t hash[TACIT_MODEL_HASH]);

/* Copies the file at path into the user's model directory under name and the extension of path. The
 * function makes the directory if it does not exist, and inspects the model first. An older file of
 * that name is replaced only when the copy is complete and on the disk.
 * stored[TACIT_MODEL_PATH_MAX]: the path of the copy. TACIT_ERR_ARGUMENT: a name with other
 * characters than letters, digits, '.', '_' and '-', or that begins with '.' or '-'; errors as
 * tacit_model_inspect. */
TACIT_API enum tacit_status tacit_model_store(const char *path, const char *name, char *stored);

/* Writes the path of the user's .tmodel file of that name to path[TACIT_MODEL_PATH_MAX], and makes
 * its directory if it does not exist. TACIT_ERR_ARGUMENT: as tacit_model_store; TACIT_ERR_IO. */
TACIT_API enum tacit_status tacit_model_place(const char *name, char *path);

/* As tacit_model_store, but stores the model as .tmodel, a larger file that opens in tenths of a
 * second instead of seconds. The model stays the same, with the same identity. */
TACIT_API enum tacit_status tacit_model_import(const char *path, const char *name, char *stored);

#ifdef __cplusplus
}
#endif

#endif
