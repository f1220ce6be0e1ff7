/* SPDX-License-Identifier: Apache-2.0
 *
 * A language model and its tokenizer from one file of either kind: GGUF, which is requantised as it
 * is opened (seconds), or .tmodel, which is read and verified (tenths of a second). Both give the same model, bit
 * for bit.
 */
#ifndef TACIT_MODEL_MODEL_FILE_H
#define TACIT_MODEL_MODEL_FILE_H

#include "base/reason.h"
#include "base/view.h"
#include "engine/lm_model.h"
#include "token/tokenizer.h"

struct model_file;

/* TACIT_ERR_IO (errno says why), TACIT_ERR_MODEL_DAMAGED, TACIT_ERR_UNSUPPORTED, TACIT_ERR_MEMORY.
 * On failure *file is NULL, and reason, unless NULL, tells what is wrong with the file. */
enum tacit_status model_file_open(struct model_file **file, const char *path,
                                  struct reason *reason);

/* A .tmodel in memory, such as one linked into the program; data outlives the handle. */
enum tacit_status model_file_open_memory(struct model_file **file, const uint8_t *data,
                                         size_t n_bytes);

/* NULL is allowed. */
void model_file_close(struct model_file *file);

/* These live as long as the handle; any number of threads may use them. Name and licence are as the
 * file states them: any bytes, perhaps none. */
const struct lm_model *model_file_lm(const struct model_file *file);
const struct tokenizer *model_file_tokenizer(const struct model_file *file);
struct byte_view model_file_name(const struct model_file *file);
struct byte_view model_file_licence(const struct model_file *file);

/* Writes the model as .tmodel to path. The file replaces path when it is complete; after
 * TACIT_ERR_IO path is unchanged. */
enum tacit_status model_file_export(const struct model_file *file, const char *path);

/* The same with other weights under the file's name, licence and tokenizer. */
enum tacit_status model_file_export_as(const struct model_file *file, const struct lm_model *lm,
                                       const char *path);

/* Bytes of the file that model_file_export_as would make of the model with matrices of these kinds ([lm_n_tensors]; NULL: all
 * int8). */
enum tacit_status model_file_size_as(uint64_t *n_bytes, const struct model_file *file,
                                     uint8_t *kinds);

#endif
