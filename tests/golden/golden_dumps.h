/* SPDX-License-Identifier: Apache-2.0
 *
 * Dumps of bytes for people, as the programs that are named here write them. What is written never changes once an
 * archive of it is released.
 */
#ifndef TACIT_TESTS_GOLDEN_DUMPS_H
#define TACIT_TESTS_GOLDEN_DUMPS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "golden/golden_lines.h"

struct golden_dump {
    const char *program;
    const char *offset; /* printf's format of what stands before the bytes */
    const char *end;    /* of the last line; "" if there is none */
    unsigned line;      /* bytes of a line, */
    unsigned group;     /* and of those that no blank parts */
    const char *before; /* the characters; NULL: there are none */
    const char *behind;
    bool middle, squeezed, upper;
};

static const struct golden_dump golden_dumps[] = {
    {"xxd", "%08x: ", "", 16, 2, "  ", "", false, false, false},
    {"hexdump -C", "%08x  ", "%08x\n", 16, 1, "  |", "|", true, true, false},
    {"od -A x -t x1z", "%06x ", "%06x\n", 16, 1, "  >", "<", false, true, false},
    {"od -t x1", "%07o ", "%07o\n", 16, 1, NULL, "", false, true, false},
    {"od -A d -t x1z -w32", "%07u ", "%07u\n", 32, 1, "  >", "<", false, true, false},
    {"tcpdump -X", "\t0x%04x:  ", "", 16, 2, "  ", "", false, false, false},
    {"tshark -x", "%04x  ", "", 16, 1, "   ", "", false, false, false},
    {"xxd -u -g1 -c8", "%08x: ", "", 8, 1, "  ", "", false, false, true},
    {"DEBUG", "%08X  ", "", 16, 1, "   ", "", true, false, true},
    {"xxd -g4 -c24", "%08x: ", "", 24, 4, "  ", "", false, false, false},
    {"of 64 bits", "  00007fff%08x: ", "", 16, 8, "  ", "", false, false, false},
};

enum { GOLDEN_N_DUMPS = sizeof golden_dumps / sizeof *golden_dumps };

/* bytes: all of a line, or fewer in the last one. Returns the length. */
static inline size_t golden_dump_line(char *to, const void *layout, const uint8_t *bytes, size_t n,
                                      uint32_t offset)
{
    const struct golden_dump *dump = layout;
    int length = sprintf(to, dump->offset, offset);
    for (size_t i = 0; i < (dump->before ? dump->line : n); i++) {
        if (i > 0 && i % dump->group == 0)
            to[length++] = ' ';
        if (dump->middle && i == dump->line / 2)
            to[length++] = ' ';
        length += i >= n ? sprintf(to + length, "  ")
                         : sprintf(to + length, dump->upper ? "%02X" : "%02x", bytes[i]);
    }
    return (size_t)length + golden_line_end(to + length, dump->before, dump->behind, bytes, n);
}

/* Up to 8 characters a byte, and 64. Returns the length. */
static inline size_t golden_dump_write(char *to, const struct golden_dump *dump,
                                       const uint8_t *data, size_t n, uint32_t start)
{
    struct golden_lines lines = {golden_dump_line, dump, dump->line, dump->squeezed};
    size_t length = golden_lines_write(to, &lines, data, n, start);
    return length + (size_t)sprintf(to + length, dump->end, start + (uint32_t)n);
}

#endif
