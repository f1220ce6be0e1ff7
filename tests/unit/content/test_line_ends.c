/* SPDX-License-Identifier: Apache-2.0
 *
 * CR LF to LF and back, for any bytes; lists that are wrong.
 */
#include <string.h>

#include "check.h"
#include "content/line_ends.h"
#include "unit/samples.h"

enum { N_MAX = 4000 };

static uint8_t data[N_MAX], copy[N_MAX];

/* Lines of a few letters; one in `odd` ends with LF alone, and CRs stand here and there. */
static size_t fill(uint64_t *state, uint32_t odd)
{
    size_t n = 0, n_lines = 20 + sample_rng(state) % 200;
    while (n_lines-- > 0 && n + 16 < N_MAX) {
        for (uint32_t i = sample_rng(state) % 8; i > 0; i--)
            data[n++] = sample_rng(state) % 50 == 0 ? '\r' : 'x';
        if (n > 0 && data[n - 1] == '\r' && sample_rng(state) % odd == 0)
            data[n++] = 'y';
        if (sample_rng(state) % odd != 0)
            data[n++] = '\r';
        data[n++] = '\n';
    }
    return n;
}

/* The round trip in place, and through the packed list. */
static void check_back(size_t n, bool pays)
{
    struct line_ends ends, parsed;
    uint8_t packed[LINE_ENDS_BYTES_MAX];
    memcpy(copy, data, n);
    line_ends_find(&ends, data, n);
    CHECK_MSG((ends.n_removed > 0) == pays, "%u removed, %u bare", ends.n_removed, ends.n_bare);
    size_t n_text = line_ends_apply(&ends, data, n);
    CHECK(n_text == n - ends.n_removed);
    if (ends.n_removed > 0) {
        size_t n_packed = line_ends_pack(packed, &ends);
        struct varint_reader r = {packed, n_packed, 0};
        CHECK(line_ends_parse(&r, (uint32_t)n, &parsed) == TACIT_OK && r.pos == n_packed);
        ends = parsed;
    }
    CHECK(line_ends_restore(&ends, data, n) == TACIT_OK);
    CHECK(memcmp(data, copy, n) == 0);
}

static void check_wrong_lists(void)
{
    struct line_ends ends = {.n_removed = 1, .n_bare = 1, .bare = {2}};
    uint8_t text[8] = "a\nb\n";
    CHECK(line_ends_restore(&ends, text, 5) == TACIT_ERR_CORRUPT); /* there is no third line */
    ends.bare[0] = 1;
    ends.n_removed = 2;
    CHECK(line_ends_restore(&ends, text, 6) == TACIT_ERR_CORRUPT); /* only one line is left */
    ends.n_removed = 1;
    CHECK(line_ends_restore(&ends, text, 5) == TACIT_OK && memcmp(text, "a\r\nb\n", 5) == 0);
    static const uint8_t lists[][3] = {{10, 0, 0}, {0, 1, 30}, {0x80, 0, 0}};
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        struct varint_reader r = {lists[i], 3, 0};
        CHECK(line_ends_parse(&r, 20, &ends) == TACIT_ERR_CORRUPT);
    }
}

int main(void)
{
    uint64_t state = 1;
    for (int i = 0; i < 300; i++)
        check_back(fill(&state, 1000000), true);
    for (int i = 0; i < 300; i++) {
        struct line_ends ends;
        size_t n = fill(&state, 20);
        line_ends_find(&ends, data, n);
        check_back(n, ends.n_removed > 0);
    }
    check_back(fill(&state, 2), false);
    memset(data, 'a', 100);
    check_back(100, false);
    check_back(0, false);
    memset(data, '\n', N_MAX);
    check_back(N_MAX, false);
    check_wrong_lists();
    return check_result();
}
