/* SPDX-License-Identifier: Apache-2.0 */
#include "recalled.h"

#include <string.h>

#include "archive_input.h"
#include "arithmetic.h"

/* Section 5.8. A place is the end of a window: of the reference its end + 1, of the content that and n_reference more. */

static uint64_t *places;
static unsigned table_log2, stride;
static uint32_t distance, noted;
static unsigned odds[34], counts[34],
    last_flag; /* two of the flag, then those of the size's nodes */

static uint64_t window_hash(const uint8_t *end)
{
    uint64_t h = number(end - 24, 8) * K0;
    h = (h ^ h >> 32 ^ number(end - 16, 8)) * K0;
    h = (h ^ h >> 32 ^ number(end - 8, 8)) * K0;
    return h >> (64 - table_log2);
}

void begin_recall(uint32_t size)
{
    uint64_t n = (uint64_t)n_reference + size;
    table_log2 = 10;
    stride = 8;
    while (table_log2 < 23 && n / stride * 2 > (uint64_t)1 << table_log2)
        table_log2++;
    while (n / stride * 2 > (uint64_t)1 << table_log2)
        stride *= 2;
    places = zeros(((size_t)1 << table_log2) * sizeof *places);
    for (size_t end = stride; end <= n_reference; end += stride)
        if (end >= 24)
            places[window_hash(reference + end)] = end + 1;
    distance = noted = last_flag = 0;
    for (unsigned i = 0; i < 34; i++) {
        odds[i] = 32768;
        counts[i] = 0;
    }
}

static uint8_t byte_before(const uint8_t *content, uint32_t at)
{
    return distance <= at ? content[at - distance] : reference[n_reference - (distance - at)];
}

static void find_place(const uint8_t *content, uint32_t at)
{
    for (; noted < at; noted++)
        if (noted >= 24 && noted % stride == 0)
            places[window_hash(content + noted)] = (uint64_t)n_reference + noted + 1;
    if (at < 24)
        return;
    uint64_t place = places[window_hash(content + at)];
    if (place == 0)
        return;
    const uint8_t *end =
        place - 1 > n_reference ? content + (place - 1 - n_reference) : reference + (place - 1);
    if (memcmp(end - 24, content + at - 24, 24) == 0)
        distance = (uint32_t)(n_reference + at - (place - 1));
}

static unsigned decode_odds(struct decoder *d, unsigned i)
{
    int bit = decode_bit(d, (uint64_t)odds[i] * 65536 + 32768);
    int error = (bit ? 65535 : 0) - (int)odds[i];
    odds[i] = (unsigned)((int)odds[i] + error * 2 / (int)(2 * counts[i] + 3));
    counts[i] += counts[i] < 30;
    return (unsigned)bit;
}

uint32_t recall_behind(struct decoder *d, uint8_t *content, uint32_t at, uint32_t size)
{
    if (distance != 0 && content[at - 1] == byte_before(content, at - 1))
        return 0;
    distance = 0;
    find_place(content, at);
    if (distance == 0)
        return 0;
    last_flag = decode_odds(d, last_flag);
    if (!last_flag)
        return 0;
    unsigned node = 1;
    for (int i = 0; i < 5; i++)
        node = node * 2 + decode_odds(d, 2 + node);
    uint32_t n = 1;
    for (unsigned i = 32; i < node; i++)
        n = n * 2 + (uint32_t)decode_bit(d, 2147483648u);
    require(n <= size - at, "a copy exceeds the block");
    for (uint32_t i = at; i < at + n; i++)
        content[i] = byte_before(content, i);
    return n;
}

/* Section 5.9. */

static const uint8_t *older; /* the header of the reference */
static uint8_t root[100], time_field[11];
static uint32_t root_size, older_root_size;

void take_restated(void)
{
    uint32_t pattern = take_varint();
    require(pattern / 2 < n_reference / 512, "no such header in the reference");
    older = reference + (size_t)(pattern / 2) * 512;
    older_root_size = 0;
    while (older_root_size < 100 && older[older_root_size] != '/')
        older_root_size++;
    older_root_size %= 100; /* none: it is empty */
    uint32_t same = take_varint(), other = take_varint();
    require(same <= older_root_size && other <= 100 - same, "a root of more than a name");
    root_size = same + other;
    memcpy(root, older, same);
    memcpy(root + same, take(other), other);
    memcpy(time_field, older + 136, 11);
    if (pattern % 2 == 1) {
        uint64_t time = take_number(5);
        for (int i = 10; i >= 0; i--, time /= 8)
            time_field[i] = (uint8_t)('0' + time % 8);
    }
}

static int octal(const uint8_t *p, unsigned n)
{
    while (n > 0 && p[n - 1] >= '0' && p[n - 1] <= '7')
        n--;
    return n == 0;
}

static void restore_header(uint8_t *h)
{
    uint8_t name[201] = {0};
    uint32_t n = 0, sum = 0;
    if (memcmp(h + 136, older + 136, 11) == 0)
        memcpy(h + 136, time_field, 11);
    while (n < 100 && h[n] != 0)
        n++;
    if (n > older_root_size && memcmp(h, older, older_root_size) == 0 &&
        h[older_root_size] == '/' && n - older_root_size + root_size <= 100) {
        memcpy(name, root, root_size);
        memcpy(name + root_size, h + older_root_size, n - older_root_size);
        memcpy(h, name, 100);
    }
    for (unsigned i = 0; i < 512; i++)
        sum += i >= 148 && i < 156 ? ' ' : h[i];
    for (int i = 5; i >= 0; i--, sum /= 8)
        h[148 + i] = (uint8_t)('0' + sum % 8);
}

void restore_headers(uint8_t *content, uint32_t size)
{
    for (uint8_t *h = content; h + 512 <= content + size; h += 512)
        if (memcmp(h + 257, "ustar", 5) == 0 && octal(h + 148, 6) && h[154] == 0 && h[155] == ' ' &&
            octal(h + 136, 11))
            restore_header(h);
}
