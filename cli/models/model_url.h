/* SPDX-License-Identifier: Apache-2.0
 *
 * Model files by their address: hf:OWNER/REPO/FILE[@REVISION], a file of a repository on huggingface.co, or
 * https://HOST/..., either with #sha256=HEX behind it where the hash is known. Plain http:// is taken with a hash
 * only.
 */
#ifndef TACIT_CLI_MODELS_MODEL_URL_H
#define TACIT_CLI_MODELS_MODEL_URL_H

#include <stdbool.h>

#include "cli/models/model_files.h"

enum { MODEL_URL_CAP = 2048, MODEL_SHA256_CAP = 65 };

struct model_url {
    char url[MODEL_URL_CAP];
    char name[MODEL_NAME_CAP];     /* the model's */
    const char *suffix;            /* ".gguf" or ".tmodel" */
    char sha256[MODEL_SHA256_CAP]; /* small letters; empty: not known */
    const char *token;             /* for that server; NULL: none */
};

/* Whether text is an address, not a name. */
bool model_url_is_one(const char *text);

/* false: *why says what is wrong with text. For hf: addresses, HF_TOKEN is the token and
 * HF_ENDPOINT, if set, the server. */
bool model_url_read(struct model_url *url, const char *text, const char **why);

#endif
