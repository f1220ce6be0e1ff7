/* SPDX-License-Identifier: Apache-2.0
 *
 * libFuzzer target: any bytes as content, which must come back from how it is arranged; and as a list that
 * a file claims, with the first two bytes as the content's size, which must not lead out of any buffer.
 */
#include <stdlib.h>
#include <string.h>

#include "content/arrangement.h"

enum { HEAD = 2, SPLIT_MAX = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes);

static enum tacit_status parse(const uint8_t *list, size_t n_list, size_t n, struct arrangement *a)
{
    struct varint_reader r = {list, n_list, 0};
    enum tacit_status status = arrangement_parse(&r, (uint32_t)n, a);
    return status == TACIT_OK && r.pos > n_list ? TACIT_ERR_CORRUPT : status;
}

/* Takes arranged. */
static enum tacit_status restore(const struct arrangement *a, struct byte_buffer *arranged,
                                 size_t n, const uint8_t *wanted)
{
    enum tacit_status status = arrangement_restore(a, arranged, n, n);
    if (wanted && (status != TACIT_OK || memcmp(arranged->data, wanted, n) != 0))
        abort();
    byte_buffer_free(arranged);
    return status;
}

static void check_content(const uint8_t *data, size_t n)
{
    static struct content_segment split[SPLIT_MAX];
    static struct arrangement found, parsed;
    static uint8_t packed[ARRANGEMENT_BYTES_MAX];
    struct byte_buffer arranged = {0};
    size_t n_split = content_split(data, n, split, SPLIT_MAX);
    if (arrangement_find(&found, data, n, split, n_split) != TACIT_OK ||
        (found.speech.n_segments > 0 &&
         arrangement_apply(&found, data, n, &arranged, n) != TACIT_OK))
        abort();
    if (found.speech.n_segments > 0 && speech_n_spoken(&found.speech) > 0 &&
        speech_silent_set(&found.speech) != 0) {
        size_t n_packed = arrangement_pack(packed, &found);
        if (parse(packed, n_packed, n, &parsed) != TACIT_OK)
            abort();
        restore(&parsed, &arranged, n, data);
    }
    byte_buffer_free(&arranged);
}

static void check_list(const uint8_t *data, size_t n_bytes)
{
    static struct arrangement claimed;
    struct byte_buffer arranged = {0};
    size_t n = (size_t)(data[0] | data[1] << 8) + 1;
    if (parse(data + HEAD, n_bytes - HEAD, n, &claimed) != TACIT_OK)
        return;
    if (byte_buffer_reserve(&arranged, n, n) != TACIT_OK)
        abort();
    for (size_t i = 0; i < n; i++)
        arranged.data[i] = data[i % n_bytes];
    (void)restore(&claimed, &arranged, n, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes)
{
    check_content(data, n_bytes);
    if (n_bytes >= HEAD)
        check_list(data, n_bytes);
    return 0;
}
