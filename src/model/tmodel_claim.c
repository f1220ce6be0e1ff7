/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads the identity that a .tmodel file states, from its header and its tokenizer alone
 * (tmodel_read_claim).
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/bytes.h"
#include "base/try.h"
#include "model/tmodel.h"
#include "model/tmodel_layout.h"

static enum tacit_status read_exactly(FILE *file, uint64_t offset, uint8_t *data, size_t n_bytes)
{
    if (fseeko(file, (off_t)offset, SEEK_SET) != 0)
        return TACIT_ERR_IO;
    if (fread(data, 1, n_bytes, file) == n_bytes)
        return TACIT_OK;
    return ferror(file) ? TACIT_ERR_IO : TACIT_ERR_MODEL_DAMAGED;
}

static enum tacit_status file_size(FILE *file, uint64_t *n_bytes)
{
    struct stat info;
    if (fstat(fileno(file), &info) != 0)
        return TACIT_ERR_IO;
    if (!S_ISREG(info.st_mode)) {
        errno = EINVAL;
        return TACIT_ERR_IO;
    }
    *n_bytes = (uint64_t)info.st_size;
    return TACIT_OK;
}

static enum tacit_status read_tokenizer(FILE *file, uint64_t n_file, const uint8_t *header,
                                        struct tokenizer **tokenizer)
{
    const uint8_t *section = header + TMODEL_AT_SECTIONS + 16 * (size_t)TMODEL_TOKENIZER;
    uint64_t offset = load_le64(section), n_bytes = load_le64(section + 8);
    if (offset > n_file || n_bytes > n_file - offset || n_bytes > UINT32_MAX)
        return TACIT_ERR_MODEL_DAMAGED;
    uint8_t *saved = malloc((size_t)n_bytes + 1);
    if (!saved)
        return TACIT_ERR_MEMORY;
    enum tacit_status status = read_exactly(file, offset, saved, (size_t)n_bytes);
    if (status == TACIT_OK)
        status = tokenizer_load(tokenizer, saved, (size_t)n_bytes);
    free(saved);
    return status;
}

static enum tacit_status read_claim(FILE *file, uint8_t identity[LM_IDENTITY_BYTES],
                                    struct tokenizer **tokenizer)
{
    uint8_t header[TMODEL_HEADER_BYTES];
    uint64_t n_file;
    TRY(file_size(file, &n_file));
    TRY(read_exactly(file, 0, header, sizeof header));
    TRY(tmodel_check_header(header, n_file));
    memcpy(identity, header + TMODEL_AT_IDENTITY, LM_IDENTITY_BYTES);
    return read_tokenizer(file, n_file, header, tokenizer);
}

enum tacit_status tmodel_read_claim(const char *path, uint8_t identity[LM_IDENTITY_BYTES],
                                    struct tokenizer **tokenizer)
{
    *tokenizer = NULL;
    FILE *file = fopen(path, "rb");
    if (!file)
        return TACIT_ERR_IO;
    enum tacit_status status = read_claim(file, identity, tokenizer);
    fclose(file);
    return status;
}
