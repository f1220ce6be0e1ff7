/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/base/reference_text.h"

#include <stdio.h>

#include "cli/base/needed_model.h"

void reference_hash_text(char *hex, const uint8_t *hash, uint32_t n_hash)
{
    hex[0] = '\0';
    for (uint32_t i = 0; i < n_hash && i < TACIT_REFERENCE_HASH; i++)
        snprintf(hex + 2 * i, 3, "%02x", (unsigned)hash[i]);
}

const char *reference_text(char *text, const struct tacit_reference_identity *identity)
{
    char hex[2 * TACIT_REFERENCE_HASH + 1];
    reference_hash_text(hex, identity->hash, identity->n_hash);
    if (identity->n_bytes > 0)
        snprintf(text, REFERENCE_TEXT_CAP, "%llu bytes, XXH3 %s",
                 (unsigned long long)identity->n_bytes, hex);
    else
        snprintf(text, REFERENCE_TEXT_CAP, "XXH3 %s", hex);
    return text;
}

void reference_needed_read(const char *path, struct tacit_reference_identity *identity)
{
    uint8_t head[TACIT_ARCHIVE_HEADER_MAX];
    *identity = (struct tacit_reference_identity){.struct_size = sizeof *identity};
    size_t n = archive_head_read(path, head);
    if (tacit_archive_needs_reference(head, n, identity) != TACIT_OK)
        identity->n_hash = 0;
}
