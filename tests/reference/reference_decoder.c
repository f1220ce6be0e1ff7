/* SPDX-License-Identifier: Apache-2.0
 *
 * A second decoder, slow and plain, written from docs/format.md, docs/predictor.md,
 * docs/components.md and docs/language-model.md: reference_decoder [-n NOTES] [-m MODEL] FILE [REFERENCE] writes the content to standard
 * output; exit status 0, or 1 and a line that says which rule was broken. MODEL is a .tmodel file; what the archive has is added to
 * the file NOTES. It keeps the whole archive in memory, shares no code
 * with the library, and trusts no check more than the page does. Hashes and zstd frames are other
 * people's specifications. This file is the container; context_decoder.c is method context, language_decoder.c
 * method model, predictor.c and what it includes are the context models, model_reader.c is the language model.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>
#include <zstd.h>

#include "archive_input.h"
#include "context_decoder.h"
#include "counters.h"
#include "language_decoder.h"
#include "text_pieces.h"

/* Section 2: the model that is given, and whether the archive names it. */
static struct model given_model;
static int has_model, names_model;

/* Section 4, method 1. */
static void decode_zstd(uint8_t *content, uint32_t n_content, uint32_t n_payload)
{
    ZSTD_DCtx *context = ZSTD_createDCtx();
    require(context != NULL, "out of memory");
    if (n_reference > 0)
        ZSTD_DCtx_refPrefix(context, reference, n_reference);
    require(ZSTD_decompressDCtx(context, content, n_content, archive + position, n_payload) ==
                n_content,
            "the zstd frame is damaged");
    ZSTD_freeDCtx(context);
}

/* Section 4: methods. The payload is archive[at .. at + n_payload). */
static uint8_t *decode_payload(unsigned method, uint32_t n_content, uint32_t n_payload)
{
    size_t end = position + n_payload;
    uint8_t *content = allocate(n_content);
    note("method", method);
    note("method of a reference", n_reference > 0 ? method : 0);
    if (method == 0) {
        memcpy(content, archive + position, n_content);
    } else if (method == 1) {
        require(ZSTD_findFrameCompressedSize(archive + position, n_payload) == n_payload,
                "the payload is not one zstd frame");
        require(ZSTD_getFrameContentSize(archive + position, n_payload) == n_content,
                "the zstd frame states another size");
        decode_zstd(content, n_content, n_payload);
    } else if (method == 2) {
        decode_context(content, n_content, end);
    } else if (method == 3) {
        require(names_model, "a block that needs a model, which the archive does not name");
        require(has_model, "a language model is needed");
        decode_language(&given_model, content, n_content, end);
    } else {
        refuse("unknown method");
    }
    position = end;
    return content;
}

/* The file that was given as the reference. */
static const uint8_t *given;
static size_t n_given;

static void give(const uint8_t *content, size_t n)
{
    require(fwrite(content, 1, n, stdout) == n, "cannot write");
}

/* Section 2, single form; the header starts at start. */
static void decode_single(size_t start)
{
    unsigned method = *take(1);
    uint32_t n_content = take_varint();
    uint32_t n_payload = method == 0 ? n_content : take_varint();
    uint32_t content_check = (uint32_t)take_number(4);
    uint64_t seed = h64(archive + start, position - start, 0);
    uint32_t payload_check = (uint32_t)take_number(4);
    require(n_content <= 1u << 30 && n_payload <= 1u << 30, "sizes exceed 2^30");
    require(n_content > 0 || method == 0, "empty content that is not stored");
    require(n_payload <= n_archive - position, "the archive ends too early");
    require((uint32_t)h64(archive + position, n_payload, seed) == payload_check, "payload check");
    uint8_t *content = decode_payload(method, n_content, n_payload);
    require(h32(content, n_content) == content_check, "content check");
    give(content, n_content);
    free(content);
}

/* Section 2: the reference that is given is the one that is named, by n bytes of its hash. */
static void take_reference_hash(size_t n)
{
    XXH128_hash_t hash = XXH3_128bits(given, n_given);
    const uint8_t *named = take(n);
    for (size_t i = 0; i < n; i++)
        require(named[i] == (uint8_t)((i < 8 ? hash.low64 : hash.high64) >> (i % 8 * 8)),
                "another reference is needed");
    require(n_given > 0, "a reference is needed");
    reference = given;
    n_reference = n_given;
}

static void take_reference(size_t n_hash)
{
    uint32_t n = take_varint();
    require(n >= 1 && n <= 1u << 30, "reference size");
    require(n == n_given, "a reference of another size is needed");
    take_reference_hash(n_hash);
}

/* Section 2: the first bytes of the model's identity; from kind 2 on its name; with kind 3 the rules. */
static void take_identity(size_t n, unsigned kind)
{
    const uint8_t *identity = take(n);
    if (kind >= 2)
        take(*take(1));
    uint32_t rules = kind == 3 ? (uint32_t)take_number(4) : 0;
    names_model = 1;
    require(!has_model || memcmp(given_model.identity, identity, n) == 0,
            "another language model is needed");
    require(kind != 3 || !has_model || hash_of_rules(&given_model) == rules,
            "a language model with another tokenizer is needed");
}

/* Section 2.1; the header starts at start. */
static void decode_brief(size_t start)
{
    unsigned form = *take(1), method = form & 3;
    note("brief", method);
    uint32_t n_payload = ((form >> 2 & 3) << 8 | *take(1)) + 1;
    uint32_t n_content = take_varint();
    take_reference_hash(2);
    require(method != 0, "brief form of a stored block");
    if (method == 3)
        take_identity(1, 0);
    require(n_content >= 1 && n_content <= 1u << 16, "content size");
    uint64_t seed = h64(archive + start, position - start, 0);
    uint32_t check = (uint32_t)take_number(4);
    require(n_payload <= n_archive - position, "the archive ends too early");
    uint8_t *content = decode_payload(method, n_content, n_payload), hash[8];
    for (int i = 0; i < 8; i++)
        hash[i] = (uint8_t)(h64(content, n_content, 0) >> (8 * i));
    require((uint32_t)h64(hash, 8, seed) == check, "content check");
    give(content, n_content);
    free(content);
}

/* Section 3.1. Behind the mark; what the index must say of the block goes to entry. */
static uint32_t decode_block(uint32_t block_size, uint32_t tag, uint64_t offset, uint8_t *entry,
                             XXH3_state_t *hash)
{
    const uint8_t *header = archive + position - 8;
    take(42);
    require(h32(header, 46) == number(header + 46, 4), "block header check");
    require(number(header + 8, 4) == tag, "tag of another archive");
    require(header[13] == 0, "reserved byte of a block header");
    require(number(header + 14, 8) == offset, "content offset");
    uint32_t n_content = (uint32_t)number(header + 22, 4);
    uint32_t n_payload = (uint32_t)number(header + 26, 4);
    require(n_content >= 1 && n_content <= block_size, "content size");
    require(n_payload <= 1u << 30 && (header[12] != 0 || n_payload == n_content), "payload size");
    require(n_payload <= n_archive - position, "the archive ends too early");
    require(h64(archive + position, n_payload, 0) == number(header + 30, 8), "payload check");
    uint8_t *content = decode_payload(header[12], n_content, n_payload);
    require(h64(content, n_content, 0) == number(header + 38, 8), "content check");
    XXH3_128bits_update(hash, content, n_content);
    give(content, n_content);
    free(content);
    entry[0] = header[12];
    memcpy(entry + 1, header + 22, 8);
    return n_content;
}

/* Sections 3.2 and 3.3. Behind the mark. */
static void check_index(const uint8_t *entries, uint64_t n, uint64_t content_size, size_t start,
                        const XXH3_state_t *hash)
{
    const uint8_t *index = archive + position - 8;
    require(n >= 1 && take_number(8) == n, "number of blocks");
    require(memcmp(take((size_t)n * 9), entries, (size_t)n * 9) == 0, "entries");
    require(take_number(8) == content_size, "content size");
    XXH128_hash_t value = XXH3_128bits_digest(hash);
    uint64_t low = take_number(8), high = take_number(8);
    size_t n_checked = (size_t)(archive + position - index);
    require(take_number(8) == h64(index, n_checked, 0), "index check");
    require(low == value.low64 && high == value.high64, "content hash");
    const uint8_t *footer = take(24);
    require(number(footer, 8) == 9 * n + 72, "index size");
    require(number(footer + 8, 8) == position - start, "archive size");
    require(number(footer + 16, 4) == h32(footer, 16), "footer check");
    require(memcmp(footer + 20,
                   "\xcf"
                   "end",
                   4) == 0,
            "footer mark");
}

/* Section 3; the header starts at start. */
static void decode_blocks(size_t start)
{
    uint32_t block_size = (uint32_t)take_number(4), tag = (uint32_t)take_number(4);
    uint32_t check = h32(archive + start, position - start);
    require(take_number(4) == check, "header check");
    require(block_size >= 1 && block_size <= 1u << 30, "block size");
    uint8_t *entries = allocate((n_archive / 50 + 1) * 9); /* a header takes 50 bytes */
    uint64_t n = 0, content_size = 0;
    XXH3_state_t *hash = XXH3_createState();
    require(hash != NULL, "out of memory");
    XXH3_128bits_reset(hash);
    for (;;) {
        const uint8_t *mark = take(8);
        if (memcmp(mark, "\xd7TCTi\x64\x3d\xe1", 8) == 0)
            break;
        require(memcmp(mark, "\xd7TCTb\x9b\xc2\x1e", 8) == 0, "neither block nor index");
        content_size += decode_block(block_size, tag, content_size, entries + 9 * n, hash);
        n++;
    }
    check_index(entries, n, content_size, start, hash);
    XXH3_freeState(hash);
    free(entries);
}

/* docs/predictor.md, sections 1 and 3: what other compilers and machines could get wrong. */
static void check_tables(void)
{
    static uint8_t bytes[4 * 4096];
    make_tables();
    for (int i = 0; i < 4096; i++) {
        uint32_t bits;
        memcpy(&bits, &ST[i], sizeof bits);
        for (int j = 0; j < 4; j++)
            bytes[4 * i + j] = (uint8_t)(bits >> (8 * j));
    }
    require(h64(bytes, 4 * 4096, 0) == UINT64_C(0x3045a5a611277df9), "table ST");
    for (unsigned i = 0; i < histories.n; i++) {
        bytes[4 * i] = histories.after[i][0];
        bytes[4 * i + 1] = histories.after[i][1];
        bytes[4 * i + 2] = histories.n0[i];
        bytes[4 * i + 3] = histories.n1[i];
    }
    require(histories.n == 247 && h64(bytes, 4 * histories.n, 0) == UINT64_C(0x39563326ba1321ca),
            "bit histories");
}

/* Zero bytes may follow the last archive. */
static int is_padding(void)
{
    size_t i = position;
    while (i < n_archive && archive[i] == 0)
        i++;
    return i == n_archive;
}

static void decode_archive(void)
{
    size_t start = position;
    reference = NULL;
    n_reference = 0;
    names_model = 0;
    if (n_archive - position > 1 && archive[position] == 0xcf && archive[position + 1] >> 4 == 1) {
        take(1);
        decode_brief(start);
        return;
    }
    require(memcmp(take(4), "\xcfTCT", 4) == 0, "not an archive");
    unsigned flags = *take(1);
    require((flags & 15) == 1, "another version");
    note("version", flags & 15);
    note("single", flags >> 4 & 1);
    note("identity", flags >> 5 & 3);
    note("reference", flags >> 7 << 1 | (flags >> 4 & 1));
    if ((flags & 0x60) != 0)
        take_identity(flags & 0x40 ? 32 : 4, flags >> 5 & 3);
    if (flags & 0x80)
        take_reference(flags & 0x10 ? 4 : 16);
    if (flags & 0x10)
        decode_single(start);
    else
        decode_blocks(start);
}

static const uint8_t *read_file(const char *name, size_t *n_bytes)
{
    FILE *file = fopen(name, "rb");
    uint8_t *data = NULL;
    size_t n;
    require(file != NULL, "a file cannot be opened");
    *n_bytes = 0;
    do {
        data = realloc(data, *n_bytes + 65536);
        require(data != NULL, "out of memory");
        n = fread(data + *n_bytes, 1, 65536, file);
        *n_bytes += n;
    } while (n > 0);
    fclose(file);
    return data;
}

int main(int argc, char **argv)
{
    check_tables();
    if (argc > 2 && strcmp(argv[1], "-n") == 0) {
        note_to(argv[2]);
        argc -= 2;
        argv += 2;
    }
    if (argc > 2 && strcmp(argv[1], "-m") == 0) {
        size_t n;
        const uint8_t *file = read_file(argv[2], &n);
        read_model(&given_model, file, n);
        has_model = 1;
        argc -= 2;
        argv += 2;
    }
    if (argc != 2 && argc != 3) {
        fprintf(stderr, "usage: reference_decoder [-n NOTES] [-m MODEL] ARCHIVE [REFERENCE]\n");
        return 2;
    }
    archive = read_file(argv[1], &n_archive);
    if (argc == 3)
        given = read_file(argv[2], &n_given);
    do
        decode_archive();
    while (!is_padding());
    require(fflush(stdout) == 0, "cannot write");
    return 0;
}
