/* SPDX-License-Identifier: Apache-2.0
 *
 * libFuzzer target: any bytes as content, which must come back from how it is recoded, and from its words' codes; as
 * codes, of which any content that they stand for must come back; and as a list that a file claims, with the first two
 * bytes as the content's size, which must not lead out of any buffer.
 */
#include <stdlib.h>
#include <string.h>

#include "content/recoding/dictionary.h"
#include "content/recoding/dictionary_text.h"
#include "content/recoding/recoding.h"

enum { HEAD = 2 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes);

static enum tacit_status parse(const uint8_t *list, size_t n_list, size_t n, struct recoding *r)
{
    struct varint_reader reader = {list, n_list, 0};
    enum tacit_status status = recoding_parse(&reader, (uint32_t)n, r);
    return status == TACIT_OK && reader.pos > n_list ? TACIT_ERR_CORRUPT : status;
}

static void check_content(const uint8_t *data, size_t n)
{
    static struct recoding found, parsed;
    static uint8_t packed[RECODING_BYTES_MAX];
    struct byte_buffer content = {0};
    recoding_find(&found, data, n, 2 * n);
    if (found.n_stretches == 0)
        return;
    if (byte_buffer_append(&content, data, n) != TACIT_OK ||
        recoding_apply(&found, &content) != TACIT_OK || content.size != found.n_bytes)
        abort();
    size_t n_packed = recoding_pack(packed, &found);
    if (parse(packed, n_packed, n, &parsed) != TACIT_OK || parsed.n_bytes != found.n_bytes ||
        recoding_restore(&parsed, &content, n, n) != TACIT_OK || content.size != n ||
        memcmp(content.data, data, n) != 0)
        abort();
    byte_buffer_free(&content);
}

static void check_list(const uint8_t *data, size_t n_bytes)
{
    static struct recoding claimed;
    struct byte_buffer content = {0};
    size_t n = (size_t)(data[0] | data[1] << 8) + 1;
    if (parse(data + HEAD, n_bytes - HEAD, n, &claimed) != TACIT_OK)
        return;
    if (byte_buffer_reserve(&content, claimed.n_bytes, claimed.n_bytes) != TACIT_OK)
        abort();
    for (size_t i = 0; i < claimed.n_bytes; i++)
        content.data[i] = data[i % n_bytes];
    (void)recoding_restore(&claimed, &content, n, n);
    byte_buffer_free(&content);
}

static void check_words(const uint8_t *data, size_t n)
{
    uint8_t *codes = malloc(2 * n + 1), *back = malloc(n + 1);
    if (!codes || !back)
        abort();
    size_t n_codes = dictionary_text_read(data, n, codes, 2 * n);
    if (n_codes == SIZE_MAX || dictionary_text_write(codes, n_codes, back, n) != n ||
        memcmp(back, data, n) != 0)
        abort();
    free(codes);
    free(back);
}

static void check_codes(const uint8_t *codes, size_t n)
{
    size_t room = n * DICTIONARY_LETTERS_MAX;
    uint8_t *text = malloc(room + 1);
    if (!text)
        abort();
    size_t n_text = dictionary_text_write(codes, n, text, room);
    if (n_text != SIZE_MAX)
        check_words(text, n_text);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes)
{
    check_words(data, n_bytes);
    check_codes(data, n_bytes);
    check_content(data, n_bytes);
    if (n_bytes >= HEAD)
        check_list(data, n_bytes);
    return 0;
}
