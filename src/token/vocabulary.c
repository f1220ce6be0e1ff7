/* SPDX-License-Identifier: Apache-2.0 */
#include "token/vocabulary.h"

#include <stdlib.h>

#include "base/utf8.h"

/* Much longer than any run of full slots that occurs by chance in a table at most half full. */
#define PROBES_MAX 1024

/* Whether byte-level vocabularies write this byte as the character of the same number. */
static bool writes_itself(unsigned byte)
{
    return (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte != 0xad);
}

/* The other bytes are written, in order, as the characters from U+0100 on. */
static int byte_of_char(uint32_t code)
{
    if (code < 256)
        return writes_itself(code) ? (int)code : -1;
    uint32_t nth = 256;
    for (unsigned byte = 0; byte < 256; byte++)
        if (!writes_itself(byte) && nth++ == code)
            return (int)byte;
    return -1;
}

size_t vocabulary_decode(struct byte_view text, uint8_t *bytes)
{
    size_t n = 0;
    for (size_t pos = 0; pos < text.n;) {
        uint32_t code;
        unsigned length = utf8_decode(text.data + pos, text.n - pos, &code);
        int byte = length ? byte_of_char(code) : -1;
        if (byte < 0)
            return SIZE_MAX;
        bytes[n++] = (uint8_t)byte;
        pos += length;
    }
    return n;
}

static uint32_t char_of_byte(unsigned byte)
{
    uint32_t nth = 256;
    if (writes_itself(byte))
        return byte;
    for (unsigned other = 0; other < byte; other++)
        nth += !writes_itself(other);
    return nth;
}

size_t vocabulary_spell(struct byte_view bytes, uint8_t *text)
{
    size_t n = 0;
    for (size_t i = 0; i < bytes.n; i++) {
        uint32_t code = char_of_byte(bytes.data[i]);
        if (code >= 0x80) {
            text[n++] = (uint8_t)(0xc0 | code >> 6);
            code = 0x80 | (code & 0x3f);
        }
        text[n++] = (uint8_t)code;
    }
    return n;
}

static uint32_t hash_bytes(const uint8_t *bytes, size_t n)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t i = 0; i < n; i++)
        hash = (hash ^ bytes[i]) * 0x100000001b3u;
    return (uint32_t)((hash * 0x9e3779b97f4a7c15u) >> 32);
}

/* The slot that holds these bytes, or the empty slot where they belong. NULL: no slot within reach.
 */
static uint32_t *find_slot(const struct vocabulary *vocabulary, const uint8_t *bytes, size_t n)
{
    uint32_t at = hash_bytes(bytes, n);
    for (unsigned i = 0; i < PROBES_MAX; i++, at++) {
        uint32_t *slot = &vocabulary->slots[at & vocabulary->slot_mask];
        if (*slot == VOCABULARY_NONE)
            return slot;
        struct byte_view token = vocabulary_bytes(vocabulary, *slot);
        if (token.n == n && memcmp(token.data, bytes, n) == 0)
            return slot;
    }
    return NULL;
}

uint32_t vocabulary_find(const struct vocabulary *vocabulary, const uint8_t *bytes, size_t n)
{
    if (n == 0 || n > vocabulary->n_bytes_max)
        return VOCABULARY_NONE;
    const uint32_t *slot = find_slot(vocabulary, bytes, n);
    return slot ? *slot : VOCABULARY_NONE;
}

static enum tacit_status allocate(struct vocabulary *vocabulary, const struct byte_view *texts)
{
    uint64_t n_bytes = 256;
    for (uint32_t i = 0; i < vocabulary->n_tokens; i++) {
        if (texts[i].n > UINT32_MAX - n_bytes)
            return TACIT_ERR_UNSUPPORTED;
        n_bytes += texts[i].n;
    }
    uint32_t n_slots = 256;
    while (n_slots < 2 * vocabulary->n_tokens)
        n_slots *= 2;
    vocabulary->slot_mask = n_slots - 1;
    vocabulary->bytes = malloc((size_t)n_bytes);
    vocabulary->offsets = malloc((vocabulary->n_tokens + (size_t)257) * sizeof(uint32_t));
    vocabulary->slots = malloc(n_slots * sizeof(uint32_t));
    if (!vocabulary->bytes || !vocabulary->offsets || !vocabulary->slots)
        return TACIT_ERR_MEMORY;
    memset(vocabulary->slots, 0xff, n_slots * sizeof(uint32_t));
    return TACIT_OK;
}

/* Appends token i; its bytes stay only if they are new. */
static enum tacit_status add_token(struct vocabulary *vocabulary, uint32_t i, struct byte_view text,
                                   bool raw)
{
    uint32_t start = vocabulary->offsets[i];
    uint8_t *bytes = vocabulary->bytes + start;
    vocabulary->offsets[i + 1] = start;
    size_t n = raw ? text.n : vocabulary_decode(text, bytes);
    if (raw && n)
        memcpy(bytes, text.data, n);
    if (n == 0 || n == SIZE_MAX)
        return TACIT_OK;
    uint32_t *slot = find_slot(vocabulary, bytes, n);
    if (!slot)
        return TACIT_ERR_MODEL_DAMAGED;
    if (*slot != VOCABULARY_NONE)
        return TACIT_OK;
    *slot = i;
    vocabulary->offsets[i + 1] = start + (uint32_t)n;
    if (n > vocabulary->n_bytes_max)
        vocabulary->n_bytes_max = (uint32_t)n;
    return TACIT_OK;
}

/* The bare bytes follow the tokens. */
static void add_bare_bytes(struct vocabulary *vocabulary)
{
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t item = vocabulary->n_tokens + byte;
        uint32_t start = vocabulary->offsets[item];
        uint8_t value = (uint8_t)byte;
        uint32_t token = vocabulary_find(vocabulary, &value, 1);
        vocabulary->offsets[item + 1] = start;
        vocabulary->byte_item[byte] = token;
        if (token == VOCABULARY_NONE) {
            vocabulary->byte_item[byte] = item;
            vocabulary->bytes[start] = value;
            vocabulary->offsets[item + 1] = start + 1;
        }
    }
}

enum tacit_status vocabulary_init(struct vocabulary *vocabulary, const struct byte_view *texts,
                                  bool raw, const uint8_t *is_text, uint32_t n_tokens)
{
    *vocabulary = (struct vocabulary){.n_tokens = n_tokens};
    if (n_tokens == 0 || n_tokens > VOCABULARY_TOKENS_MAX)
        return TACIT_ERR_UNSUPPORTED;
    enum tacit_status status = allocate(vocabulary, texts);
    if (status != TACIT_OK)
        return status;
    vocabulary->offsets[0] = 0;
    for (uint32_t i = 0; i < n_tokens; i++) {
        vocabulary->offsets[i + 1] = vocabulary->offsets[i];
        if (!is_text || is_text[i])
            status = add_token(vocabulary, i, texts[i], raw);
        if (status != TACIT_OK)
            return status;
    }
    add_bare_bytes(vocabulary);
    return TACIT_OK;
}

void vocabulary_free(struct vocabulary *vocabulary)
{
    free(vocabulary->bytes);
    free(vocabulary->offsets);
    free(vocabulary->slots);
    *vocabulary = (struct vocabulary){0};
}
