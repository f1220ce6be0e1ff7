/* SPDX-License-Identifier: Apache-2.0
 *
 * The inside of a primed state (tacit/generate.h): the bytes of its file.
 *
 * A file is a header of PRIMED_HEADER_BYTES, little-endian, then, if heads differ, what they keep (kv_heads_pair) and zeros up
 * to a multiple of PRIMED_UNIT bytes, then what lm_save_stream gives, in the byte order of the machine that made it. A change
 * to that layout, or to what the engine computes, needs another version.
 *
 *       0  "\x9etprime\n"
 *       8  version, 4 bytes: 1, or 2 if heads differ
 *      12  0x01020304 in the byte order of the stream, 4
 *      16  bytes of the file, 8
 *      24  the model's identity, 32
 *      56  the hash of its tokenizer's rules, 4
 *      60  kind of KV cache, 4, as in enum tacit_kv
 *      64  share that is kept, in hundredths, 4; 0: all
 *      68  context, 4
 *      72  tokens read, 8
 *      80  the token behind these, which has not been read, 4
 *      84  heads that differ, 4; 0: they do not
 *      88  bytes of the text, 8
 *      96  SHA-256 of the text, 32
 *     128  XXH3 of the tokens read, 4 bytes each, 16
 *     144  XXH3 of what follows the header, 16
 *     160  zeros, 24
 *     184  XXH3 of what stands before this, 8
 */
#ifndef TACIT_GENERATE_PRIMED_H
#define TACIT_GENERATE_PRIMED_H

#include "base/hash.h"
#include "engine/kv/kv_heads.h"
#include "engine/lm.h"
#include "tacit/generate.h"

enum { PRIMED_HEADER_BYTES = 192, PRIMED_UNIT = 64 };

struct tacit_primed {
    struct tacit_primed_info info;
    uint32_t last_token;        /* behind the tokens read */
    struct hash128 tokens_hash; /* of the tokens read */
    struct kv_heads heads;      /* by which the stream keeps positions; n is 0: all alike */
    const uint8_t *stream;      /* of lm_restore_stream, in data */
    uint8_t *data;              /* the file */
    size_t n_bytes;
};

/* Bytes in front of the stream. */
size_t primed_front(const struct kv_heads *heads);

/* Fills what stands in front of the stream; all else is there. */
void primed_write_front(const struct tacit_primed *primed);

/* Whether a state is of the model and its tokenizer. */
bool primed_is_of(const struct tacit_primed_info *info, const struct tacit_model *model);

/* TACIT_ERR_MEMORY. */
enum tacit_status primed_hash_tokens(const uint32_t *tokens, size_t n, struct hash128 *hash);

#endif
