/* SPDX-License-Identifier: Apache-2.0 */
#include "archive_input.h"

#include <stdio.h>
#include <stdlib.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

const uint8_t *archive;
size_t n_archive, position;
const uint8_t *reference;
size_t n_reference;

void refuse(const char *rule)
{
    fprintf(stderr, "reference_decoder: at %zu: %s\n", position, rule);
    exit(1);
}

void require(int holds, const char *rule)
{
    if (!holds)
        refuse(rule);
}

const uint8_t *take(size_t n)
{
    require(n <= n_archive - position, "the archive ends too early");
    position += n;
    return archive + position - n;
}

uint64_t number(const uint8_t *p, int n_bytes)
{
    uint64_t v = 0;
    for (int i = n_bytes - 1; i >= 0; i--)
        v = v * 256 + p[i];
    return v;
}

uint64_t take_number(int n_bytes)
{
    return number(take((size_t)n_bytes), n_bytes);
}

uint32_t take_varint(void)
{
    uint64_t v = 0;
    for (int i = 0; i < 5; i++) {
        uint8_t byte = *take(1);
        v += (uint64_t)(byte % 128) << (7 * i);
        if (byte < 128) {
            require(i == 0 || byte != 0, "varint is not in its shortest form");
            require(v <= UINT32_MAX, "varint exceeds 32 bits");
            return (uint32_t)v;
        }
    }
    refuse("varint is longer than five bytes");
    return 0;
}

uint64_t h64(const uint8_t *data, size_t n, uint64_t seed)
{
    return XXH3_64bits_withSeed(data, n, seed);
}

uint32_t h32(const uint8_t *data, size_t n)
{
    return (uint32_t)h64(data, n, 0);
}

static FILE *notes;

void note_to(const char *file_name)
{
    notes = fopen(file_name, "a");
    require(notes != NULL, "the file for notes cannot be opened");
}

void note(const char *what, unsigned value)
{
    if (notes != NULL)
        fprintf(notes, "%s %u\n", what, value);
}

uint8_t *allocate(size_t n)
{
    uint8_t *p = malloc(n + 1);
    require(p != NULL, "out of memory");
    return p;
}
