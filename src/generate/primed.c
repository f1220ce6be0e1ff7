/* SPDX-License-Identifier: Apache-2.0 */
#include "generate/primed.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/struct_size.h"
#include "base/try.h"
#include "engine/kv/kv_choose.h"
#include "model/open_model.h"

#define MAGIC "\x9etprime\n"

enum {
    VERSION = 1,
    VERSION_BY_HEAD = 2,
    BYTE_ORDER_MARK = 0x01020304,
    AT_IDENTITY = 24,
    AT_TOKENS = 72,
    AT_HEADS = 84,
    AT_TEXT = 88,
    AT_TEXT_HASH = 96,
    AT_TOKENS_HASH = 128,
    AT_CONTENT_HASH = 144,
    AT_HEADER_HASH = 184,
};

static void store_hash(uint8_t *at, struct hash128 hash)
{
    store_le64(at, hash.low);
    store_le64(at + 8, hash.high);
}

static struct hash128 load_hash(const uint8_t *at)
{
    return (struct hash128){load_le64(at), load_le64(at + 8)};
}

enum tacit_status primed_hash_tokens(const uint32_t *tokens, size_t n, struct hash128 *hash)
{
    struct hash_stream *stream;
    TRY(hash_stream_create(&stream));
    for (size_t i = 0; i < n; i++) {
        uint8_t bytes[4];
        store_le32(bytes, tokens[i]);
        hash_stream_update(stream, bytes, sizeof bytes);
    }
    *hash = hash_stream_value(stream);
    hash_stream_destroy(stream);
    return TACIT_OK;
}

/* What the header says; it is checked for its length, version and hash. */
static enum tacit_status read_header(struct tacit_primed *primed, const uint8_t *data,
                                     size_t n_bytes)
{
    uint32_t order;
    struct tacit_primed_info *info = &primed->info;
    if (n_bytes < sizeof MAGIC - 1 || memcmp(data, MAGIC, sizeof MAGIC - 1) != 0)
        return TACIT_ERR_NOT_ARCHIVE;
    if (n_bytes < PRIMED_HEADER_BYTES)
        return TACIT_ERR_TRUNCATED;
    uint32_t version = load_le32(data + 8);
    if (version != VERSION && version != VERSION_BY_HEAD)
        return TACIT_ERR_VERSION;
    if (load_le64(data + AT_HEADER_HASH) != hash64(data, AT_HEADER_HASH, 0))
        return TACIT_ERR_CHECKSUM;
    memcpy(&order, data + 12, sizeof order);
    if (order != BYTE_ORDER_MARK)
        return TACIT_ERR_UNSUPPORTED;
    if (load_le64(data + 16) != n_bytes)
        return load_le64(data + 16) > n_bytes ? TACIT_ERR_TRUNCATED : TACIT_ERR_CORRUPT;
    info->struct_size = sizeof *info;
    memcpy(info->model, data + AT_IDENTITY, sizeof info->model);
    info->rules = load_le32(data + 56);
    info->kv = (enum tacit_kv)load_le32(data + 60);
    info->kv_keep = load_le32(data + 64);
    info->n_context = load_le32(data + 68);
    info->n_tokens = load_le64(data + AT_TOKENS);
    info->n_text = load_le64(data + AT_TEXT);
    memcpy(info->text_hash, data + AT_TEXT_HASH, sizeof info->text_hash);
    primed->last_token = load_le32(data + 80);
    primed->tokens_hash = load_hash(data + AT_TOKENS_HASH);
    return TACIT_OK;
}

enum tacit_status tacit_primed_inspect(const void *data, size_t n_bytes,
                                       struct tacit_primed_info *info)
{
    struct tacit_primed primed;
    TRY(read_header(&primed, data, n_bytes));
    return struct_give(info, &primed.info, sizeof primed.info);
}

size_t primed_front(const struct kv_heads *heads)
{
    size_t n_bytes = ((size_t)heads->n + 1) / 2;
    return PRIMED_HEADER_BYTES + (n_bytes + PRIMED_UNIT - 1) / PRIMED_UNIT * PRIMED_UNIT;
}

void primed_write_front(const struct tacit_primed *primed)
{
    const struct tacit_primed_info *info = &primed->info;
    const struct kv_heads *heads = &primed->heads;
    const uint32_t order = BYTE_ORDER_MARK;
    uint8_t *data = primed->data;
    memset(data, 0, primed_front(heads));
    memcpy(data, MAGIC, sizeof MAGIC - 1);
    store_le32(data + 8, heads->n > 0 ? VERSION_BY_HEAD : VERSION);
    memcpy(data + 12, &order, sizeof order);
    store_le64(data + 16, primed->n_bytes);
    memcpy(data + AT_IDENTITY, info->model, sizeof info->model);
    store_le32(data + 56, info->rules);
    store_le32(data + 60, (uint32_t)info->kv);
    store_le32(data + 64, info->kv_keep);
    store_le32(data + 68, info->n_context);
    store_le64(data + AT_TOKENS, info->n_tokens);
    store_le32(data + 80, primed->last_token);
    store_le32(data + AT_HEADS, heads->n);
    for (uint32_t i = 0; i < heads->n; i += 2)
        data[PRIMED_HEADER_BYTES + i / 2] = kv_heads_pair(heads, i);
    store_le64(data + AT_TEXT, info->n_text);
    memcpy(data + AT_TEXT_HASH, info->text_hash, sizeof info->text_hash);
    store_hash(data + AT_TOKENS_HASH, primed->tokens_hash);
    store_hash(data + AT_CONTENT_HASH,
               hash128(data + PRIMED_HEADER_BYTES, primed->n_bytes - PRIMED_HEADER_BYTES));
    store_le64(data + AT_HEADER_HASH, hash64(data, AT_HEADER_HASH, 0));
}

/* What stands between the header and the stream, behind which stream is set; the bytes are whole. */
static enum tacit_status read_heads(struct tacit_primed *primed)
{
    struct kv_heads *heads = &primed->heads;
    const uint8_t *data = primed->data;
    heads->n = load_le32(data + AT_HEADS);
    bool by_head = load_le32(data + 8) == VERSION_BY_HEAD;
    if (by_head != (heads->n > 0) || heads->n > KV_HEADS_MAX || primed->info.kv_keep > 99 ||
        (by_head && primed->info.kv_keep == 0) || primed_front(heads) > primed->n_bytes)
        return TACIT_ERR_CORRUPT;
    for (uint32_t i = 0; i < heads->n; i += 2)
        if (!kv_heads_set_pair(heads, i, data[PRIMED_HEADER_BYTES + i / 2]))
            return TACIT_ERR_CORRUPT;
    for (size_t at = PRIMED_HEADER_BYTES + ((size_t)heads->n + 1) / 2; at < primed_front(heads);
         at++)
        if (data[at] != 0)
            return TACIT_ERR_CORRUPT;
    primed->stream = data + primed_front(heads);
    return TACIT_OK;
}

/* Whether the stream fits the header. A state without a token read takes next to no time to make. */
static enum tacit_status check_stream(struct tacit_primed *primed, const struct tacit_model *model)
{
    const struct tacit_primed_info *info = &primed->info;
    const struct lm_model *lm = model_file_lm(model->file);
    const uint8_t *content = primed->data + PRIMED_HEADER_BYTES;
    struct lm_options options = {.n_streams = 1,
                                 .n_context = info->n_context,
                                 .n_threads = 1,
                                 .kv_kind = (enum kv_kind)info->kv,
                                 .kv_keep = info->kv_keep};
    struct lm_state *state;
    if ((unsigned)info->kv >= KV_N_KINDS || primed->last_token >= lm->shape.n_vocab ||
        info->n_tokens > TACIT_GENERATE_INPUT_MAX)
        return TACIT_ERR_CORRUPT;
    if (!hash128_equal(hash128(content, primed->n_bytes - PRIMED_HEADER_BYTES),
                       load_hash(primed->data + AT_CONTENT_HASH)))
        return TACIT_ERR_CHECKSUM;
    TRY(read_heads(primed));
    size_t n_stream = primed->n_bytes - primed_front(&primed->heads);
    kv_heads_use(&options, &primed->heads);
    enum tacit_status status = lm_state_create(&state, lm, &options);
    if (status == TACIT_OK && !lm_saved_fits(state, primed->stream, n_stream, info->n_tokens))
        status = TACIT_ERR_CORRUPT;
    lm_state_destroy(state);
    return status == TACIT_ERR_ARGUMENT ? TACIT_ERR_CORRUPT : status;
}

bool primed_is_of(const struct tacit_primed_info *info, const struct tacit_model *model)
{
    return memcmp(info->model, model->identity, sizeof info->model) == 0 &&
           info->rules == model->rules;
}

static enum tacit_status open_data(struct tacit_primed *primed, const struct tacit_model *model,
                                   const void *data, size_t n_bytes)
{
    TRY(read_header(primed, data, n_bytes));
    if (!primed_is_of(&primed->info, model))
        return TACIT_ERR_MODEL_WRONG;
    primed->data = malloc(n_bytes);
    if (!primed->data)
        return TACIT_ERR_MEMORY;
    memcpy(primed->data, data, n_bytes);
    primed->n_bytes = n_bytes;
    return check_stream(primed, model);
}

enum tacit_status tacit_primed_open(struct tacit_primed **primed_out,
                                    const struct tacit_model *model, const void *data,
                                    size_t n_bytes)
{
    struct tacit_primed *primed = *primed_out = calloc(1, sizeof *primed);
    enum tacit_status status = primed ? open_data(primed, model, data, n_bytes) : TACIT_ERR_MEMORY;
    if (status != TACIT_OK) {
        tacit_primed_destroy(primed);
        *primed_out = NULL;
    }
    return status;
}

const void *tacit_primed_data(const struct tacit_primed *primed, size_t *n_bytes)
{
    *n_bytes = primed->n_bytes;
    return primed->data;
}

void tacit_primed_destroy(struct tacit_primed *primed)
{
    if (!primed)
        return;
    free(primed->data);
    free(primed);
}
