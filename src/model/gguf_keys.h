/* SPDX-License-Identifier: Apache-2.0
 *
 * The keys of a GGUF model file. A key is accepted if the importer reads it, if it cannot change
 * what the model computes, or if its value says that a feature is not used. Any other key may
 * describe a feature that the engine lacks, so the file is refused.
 */
#ifndef TACIT_MODEL_GGUF_KEYS_H
#define TACIT_MODEL_GGUF_KEYS_H

#include "base/reason.h"
#include "gguf/gguf.h"

/* architecture: the prefix of the model's own keys.
 * TACIT_ERR_UNSUPPORTED, and reason, unless NULL, names the key. */
enum tacit_status gguf_keys_check(const struct gguf *gguf, const char *architecture,
                                  struct reason *reason);

#endif
