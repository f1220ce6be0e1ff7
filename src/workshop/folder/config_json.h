/* SPDX-License-Identifier: Apache-2.0
 *
 * What a model is, as config.json tells it, in the words of GGUF. Every key is one that is used here, one that
 * is known to change nothing, or one that has the value that changes nothing; any other is
 * refused by its name.
 */
#ifndef TACIT_WORKSHOP_FOLDER_CONFIG_JSON_H
#define TACIT_WORKSHOP_FOLDER_CONFIG_JSON_H

#include "gguf/gguf_write.h"
#include "workshop/folder/json_file.h"

enum { CONFIG_DIVISORS_MAX = 256 };

struct config_json {
    const char *architecture; /* GGUF's name */
    bool interleaved;         /* GGUF has the pairs of a rotated head beside each other */
    uint32_t n_layers, n_heads, n_kv_heads, head_dim, width, n_hidden, n_context;
    bool tied;           /* the embedding serves as the head */
    uint32_t n_divisors; /* of Llama 3's RoPE, else 0 */
    float divisors[CONFIG_DIVISORS_MAX];
};

/* Reads the root and drafts the values of the architecture. TACIT_ERR_UNSUPPORTED, TACIT_ERR_MODEL_DAMAGED. */
enum tacit_status config_json_read(struct config_json *out, struct gguf_draft *draft, json_t *root,
                                   struct reason *reason);

#endif
