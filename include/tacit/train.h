/* SPDX-License-Identifier: Apache-2.0
 *
 * Training a small language model from text: what `tacit train` does. In the library tacit_train,
 * apart from libtacit, because training may use the C library's mathematics and the CPU's
 * low-precision matrix units; nothing here is needed to compress.
 *
 * Each call reads a configuration file (docs/default-model.md lists the keys), works until it is
 * done, and reports progress as lines of text to `say`, which may be NULL. Two calls must not use
 * one directory at a time. All threads that a call started have ended when it returns.
 */
#ifndef TACIT_TRAIN_H
#define TACIT_TRAIN_H

#include <stddef.h>

#include "tacit/status.h"

#ifdef __cplusplus
extern "C" {
#endif

struct tacit_train_sink {
    void (*say)(void *context, const char *line); /* no newline; valid during the call */
    int (*stop)(void *context); /* non-zero: save and return TACIT_ERR_CANCELLED */
    void *context;
};

/* Makes the configuration's data_dir from text: cleans the text, holds some of it out, counts the
 * vocabulary and cuts the text into tokens. inputs: CATEGORY=PATH, documents separated by NUL
 * bytes. apart: evaluation files, of which no line may be learned; they are cut into tokens too. */
enum tacit_status tacit_train_prepare(const char *config_path, size_t n_inputs,
                                      const char *const *inputs, size_t n_apart,
                                      const char *const *apart,
                                      const struct tacit_train_sink *sink);

/* Trains, from out_dir/state.bin if it is there, else from `weights` (a weights-only checkpoint) if
 * not NULL, else from random weights. */
enum tacit_status tacit_train_run(const char *config_path, const char *weights,
                                  const struct tacit_train_sink *sink);

/* Bits per byte of held-out text, by category, for a weights-only checkpoint. `int8` rounds weights
 * by rows and the activations before each product to 8 bits. */
enum tacit_status tacit_train_eval(const char *config_path, const char *weights, int int8,
                                   const struct tacit_train_sink *sink);

/* Writes the weights of a weights-only checkpoint, quantised, and its vocabulary as a model file that
 * tacit -m reads. TACIT_ERR_UNSUPPORTED: a size that has to be a multiple of 64 is not. */
enum tacit_status tacit_train_export(const char *weights, const char *path, const char *name,
                                     const char *licence);

/* The inverse: turns a model file that tacit_train_export wrote into a weights-only checkpoint,
 * from which tacit_train_run continues, and writes its vocabulary over that of the configuration's
 * data_dir. What rounding to int8 lost stays lost. TACIT_ERR_UNSUPPORTED for a model of another
 * architecture. */
enum tacit_status tacit_train_import(const char *config_path, const char *model,
                                     const char *weights, const struct tacit_train_sink *sink);

#ifdef __cplusplus
}
#endif

#endif
