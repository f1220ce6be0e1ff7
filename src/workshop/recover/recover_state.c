/* SPDX-License-Identifier: Apache-2.0 */
#include "workshop/recover/recover_state.h"

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/file_replace.h"
#include "base/strict_math.h"
#include "base/try.h"

static const uint8_t MAGIC[8] = "TRECOV1";

enum { HEAD_BYTES = 8 + SHA256_BYTES + 4 * 8, PIECE = 4096 }; /* floats */

static void pack_head(uint8_t head[HEAD_BYTES], const uint8_t *arguments,
                      const struct recover_position *at, size_t n)
{
    uint8_t *p = head + 8 + SHA256_BYTES;
    uint64_t seconds;
    memcpy(&seconds, &at->seconds, sizeof seconds);
    memcpy(head, MAGIC, 8);
    memcpy(head + 8, arguments, SHA256_BYTES);
    store_le64(p, n);
    store_le64(p + 8, at->step);
    store_le64(p + 16, at->n_tokens);
    store_le64(p + 24, seconds);
}

static enum tacit_status write_hashed(struct file_replace *file, struct sha256 *sha,
                                      const void *data, size_t n)
{
    sha256_update(sha, data, n);
    return file_replace_write(file, data, n);
}

static enum tacit_status write_all(struct file_replace *file, const uint8_t head[HEAD_BYTES],
                                   const struct adapter *a)
{
    const float *const arrays[3] = {a->x, a->m, a->v};
    uint8_t piece[4 * PIECE], digest[SHA256_BYTES];
    struct sha256 sha;
    sha256_init(&sha);
    TRY(write_hashed(file, &sha, head, HEAD_BYTES));
    for (size_t j = 0; j < 3; j++)
        for (size_t i = 0, n; i < a->n; i += n) {
            n = a->n - i < PIECE ? a->n - i : PIECE;
            for (size_t k = 0; k < n; k++)
                store_le32(piece + 4 * k, strict_to_bits(arrays[j][i + k]));
            TRY(write_hashed(file, &sha, piece, 4 * n));
        }
    sha256_final(&sha, digest);
    return file_replace_write(file, digest, sizeof digest);
}

enum tacit_status recover_state_write(const char *path, const uint8_t arguments[SHA256_BYTES],
                                      const struct recover_position *at, const struct adapter *a)
{
    struct file_replace file;
    uint8_t head[HEAD_BYTES];
    pack_head(head, arguments, at, a->n);
    TRY(file_replace_open(&file, path));
    const enum tacit_status status = write_all(&file, head, a);
    if (status == TACIT_OK)
        return file_replace_commit(&file);
    file_replace_abandon(&file);
    return status;
}

static enum tacit_status read_hashed(FILE *file, struct sha256 *sha, void *data, size_t n)
{
    if (fread(data, 1, n, file) != n)
        return ferror(file) ? TACIT_ERR_IO : TACIT_ERR_CORRUPT;
    sha256_update(sha, data, n);
    return TACIT_OK;
}

static enum tacit_status read_all(FILE *file, const uint8_t *arguments,
                                  struct recover_position *read, struct adapter *a)
{
    float *const arrays[3] = {a->x, a->m, a->v};
    uint8_t head[HEAD_BYTES], piece[4 * PIECE], digest[SHA256_BYTES], wanted[SHA256_BYTES];
    const uint8_t *p = head + 8 + SHA256_BYTES;
    struct sha256 sha, unused;
    sha256_init(&sha);
    sha256_init(&unused);
    TRY(read_hashed(file, &sha, head, HEAD_BYTES));
    if (memcmp(head, MAGIC, 8) != 0)
        return TACIT_ERR_CORRUPT;
    if (memcmp(head + 8, arguments, SHA256_BYTES) != 0 || load_le64(p) != a->n)
        return TACIT_ERR_ARGUMENT;
    const uint64_t seconds = load_le64(p + 24);
    read->step = load_le64(p + 8);
    read->n_tokens = load_le64(p + 16);
    memcpy(&read->seconds, &seconds, sizeof seconds);
    for (size_t j = 0; j < 3; j++)
        for (size_t i = 0, n; i < a->n; i += n) {
            n = a->n - i < PIECE ? a->n - i : PIECE;
            TRY(read_hashed(file, &sha, piece, 4 * n));
            for (size_t k = 0; k < n; k++)
                arrays[j][i + k] = strict_from_bits(load_le32(piece + 4 * k));
        }
    sha256_final(&sha, wanted);
    TRY(read_hashed(file, &unused, digest, sizeof digest));
    return memcmp(digest, wanted, sizeof digest) == 0 ? TACIT_OK : TACIT_ERR_CORRUPT;
}

enum tacit_status recover_state_read(const char *path, const uint8_t arguments[SHA256_BYTES],
                                     struct recover_position *at, struct adapter *a)
{
    struct recover_position read;
    FILE *file = fopen(path, "rb");
    if (!file)
        return TACIT_ERR_IO;
    const enum tacit_status status = read_all(file, arguments, &read, a);
    fclose(file);
    if (status == TACIT_OK)
        *at = read;
    return status;
}
