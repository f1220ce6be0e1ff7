/* SPDX-License-Identifier: Apache-2.0 */
#include "recalled.h"

#include <string.h>

#include "archive_input.h"
#include "arithmetic.h"

/* Sections 5.8 and 6.2. A place is the end of a window: of the reference its end + 1, of the content that and n_reference more. */

static uint64_t *places;
static unsigned table_log2, stride;
static int resuming;
static uint32_t distance, noted;
static uint32_t copied, copy_end; /* the last copy's distance and end */
enum { BY_WINDOW, BY_BLOCK, BY_CHANGE, N_KINDS, N_ODDS = 2 * N_KINDS + 32 };
static unsigned odds[N_ODDS], counts[N_ODDS]; /* two of each flag, then those of the size's nodes */
static unsigned last_flag[N_KINDS];

static uint64_t window_hash(const uint8_t *end)
{
    uint64_t h = number(end - 24, 8) * K0;
    h = (h ^ h >> 32 ^ number(end - 16, 8)) * K0;
    h = (h ^ h >> 32 ^ number(end - 8, 8)) * K0;
    return h >> (64 - table_log2);
}

void begin_recall(uint32_t size, int resumes)
{
    uint64_t n = (uint64_t)n_reference + size;
    table_log2 = 10;
    resuming = resumes;
    stride = resumes ? 1 : 8;
    while (table_log2 < 23 && n / stride * 2 > (uint64_t)1 << table_log2)
        table_log2++;
    while (n / stride * 2 > (uint64_t)1 << table_log2)
        stride *= 2;
    places = zeros(((size_t)1 << table_log2) * sizeof *places);
    for (size_t end = stride; end <= n_reference; end += stride)
        if (end >= 24)
            places[window_hash(reference + end)] = end + 1;
    distance = noted = copied = copy_end = 0;
    memset(last_flag, 0, sizeof last_flag);
    for (unsigned i = 0; i < N_ODDS; i++) {
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

/* Sets the distance to where a block of the reference begins. */
static int find_block(uint32_t at)
{
    uint64_t block = ((uint64_t)n_reference + copy_end - copied + 511) / 512 * 512;
    uint64_t to = n_reference + at - block;
    if (copied == 0 || at % 512 != 0 || block >= n_reference || to == distance)
        return 0;
    distance = (uint32_t)to;
    return 1;
}

/* Sets the distance, and returns how it was found; N_KINDS: it is not. */
static unsigned find_distance(const uint8_t *content, uint32_t at, uint32_t n_new)
{
    uint32_t i = at - n_new;
    if (resuming && find_block(at))
        return BY_BLOCK;
    while (distance != 0 && i < at && content[i] == byte_before(content, i))
        i++;
    if (distance != 0 && i == at)
        return N_KINDS;
    distance = 0;
    find_place(content, at);
    if (distance != 0)
        return BY_WINDOW;
    if (!resuming || copied == 0 || at - copy_end > 64)
        return N_KINDS;
    distance = copied;
    if (content[at - 1] == byte_before(content, at - 1))
        return BY_CHANGE;
    distance = 0;
    return N_KINDS;
}

uint32_t recall_behind(struct decoder *d, uint8_t *content, uint32_t at, uint32_t size,
                       uint32_t n_new)
{
    unsigned kind = find_distance(content, at, n_new), node = 1;
    if (kind == N_KINDS)
        return 0;
    last_flag[kind] = decode_odds(d, 2 * kind + last_flag[kind]);
    if (!last_flag[kind])
        return 0;
    note("copy found", kind);
    for (int i = 0; i < 5; i++)
        node = node * 2 + decode_odds(d, 2 * N_KINDS + node);
    uint32_t n = 1;
    for (unsigned i = 32; i < node; i++)
        n = n * 2 + (uint32_t)decode_bit(d, 2147483648u);
    require(n <= size - at, "a copy exceeds the block");
    for (uint32_t i = at; i < at + n; i++)
        content[i] = byte_before(content, i);
    copied = distance;
    copy_end = at + n;
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
    note("restated time", pattern % 2);
    note("restated root", other > 0);
    if (pattern % 2 == 1) {
        uint64_t time = take_number(5);
        require(time >> 33 == 0, "a time of more than eleven digits");
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
