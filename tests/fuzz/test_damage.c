/* SPDX-License-Identifier: Apache-2.0
 *
 * Archives with random damage: flipped bits, lost ends, bytes removed, inserted, moved. Every
 * reader gives an error or the exact content, within bounded time and memory; the streaming decoder
 * gives out nothing but the content's beginning; recovery returns each block that was not touched. Some archives have
 * a reference, content of a little less: copies in their coded bits, headers of a tar restated.
 *
 *     test_damage [N_CASES [FIRST_SEED]]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "check.h"
#include "golden/golden_content.h"
#include "tacit/tacit.h"

enum {
    N_CASES = 9500,
    CONTENT_MAX = 20000,
    ARCHIVE_MAX = 32768,
    BLOCKS_MAX = 6,
    SECONDS_MAX = 20, /* for one case */
    N_REFERENCE_BASES = 9,
    N_MODEL_BASES = 5, /* the last: a model takes a hundred times as long as what others do */
};
#define MEMORY_MAX ((uint64_t)2 << 30) /* address space of the whole test */

struct base {
    struct tacit_reference *reference; /* may be NULL */
    size_t n_content, n_archive;
    size_t n_blocks;
    uint8_t content[CONTENT_MAX], archive[ARCHIVE_MAX];
    struct tacit_block_info blocks[BLOCKS_MAX];
};

/* Bytes [begin, end_before) of the sound archive became [begin, end_after) of the damaged one; what
 * lies around them is as it was. */
struct damage {
    size_t begin, end_before, end_after;
};

static struct base bases[GOLDEN_N_CLASSES * 5 + N_REFERENCE_BASES + N_MODEL_BASES];
static size_t n_bases;
static uint64_t rng_state;
static unsigned long case_seed, n_unharmed;

static uint32_t rng(void)
{
    rng_state = rng_state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(rng_state >> 32);
}

/* context: a pointer to the pointer to the bytes. */
static enum tacit_status read_memory(void *context, uint64_t offset, void *data, size_t n_bytes)
{
    const uint8_t *const *archive = context;
    memcpy(data, *archive + offset, n_bytes);
    return TACIT_OK;
}

static struct tacit_options options_of(const struct base *base)
{
    struct tacit_options options;
    tacit_options_init(&options);
    options.n_threads = 1;
    options.reference = base->reference;
    return options;
}

static void note_blocks(struct base *base)
{
    const uint8_t *data = base->archive;
    struct tacit_options options = options_of(base);
    struct tacit_source source = {&data, base->n_archive, read_memory};
    struct tacit_archive *archive;
    struct tacit_archive_info info = {.struct_size = sizeof info};
    CHECK(tacit_archive_open(&archive, &source, &options) == TACIT_OK);
    CHECK(tacit_archive_get_info(archive, &info) == TACIT_OK && info.n_blocks <= BLOCKS_MAX);
    for (base->n_blocks = 0; base->n_blocks < info.n_blocks; base->n_blocks++) {
        struct tacit_block_info *block = &base->blocks[base->n_blocks];
        block->struct_size = sizeof *block;
        CHECK(tacit_archive_get_block(archive, base->n_blocks, block) == TACIT_OK);
    }
    tacit_archive_close(archive);
}

static void make_base(enum golden_class kind, int level, bool with_model, uint64_t block_size,
                      size_t n_content)
{
    struct base *base = &bases[n_bases++];
    struct tacit_options options = options_of(base);
    options.level = level;
    options.no_model = !with_model;
    options.block_size = block_size;
    base->n_content = n_content;
    golden_fill(base->content, n_content, kind);
    CHECK(tacit_buffer_compress(base->content, n_content, base->archive, ARCHIVE_MAX,
                                &base->n_archive, &options) == TACIT_OK);
    note_blocks(base);
}

/* The reference: the content without its last quarter, and with another beginning. */
static void make_referenced(enum golden_class kind, int level, bool with_model, uint64_t block_size,
                            size_t n_content)
{
    static uint8_t old[CONTENT_MAX];
    struct base *base = &bases[n_bases];
    struct tacit_reference_identity needed = {.struct_size = sizeof needed};
    golden_fill(old, n_content, kind);
    old[0] ^= 1;
    CHECK(tacit_reference_create(&base->reference, old, n_content - n_content / 4) == TACIT_OK);
    make_base(kind, level, with_model, block_size, n_content);
    CHECK(tacit_archive_needs_reference(base->archive, base->n_archive, &needed) == TACIT_OK);
    CHECK(needed.n_hash > 0);
}

static void make_referenced_bases(void)
{
    for (int level = 1; level <= 4; level++)
        make_referenced(GOLDEN_log, level, false, level % 2 ? 1024 : 0, 2100);
    make_referenced(GOLDEN_tar, 2, false, 0, CONTENT_MAX);
    make_referenced(GOLDEN_tar, 3, false, 3000, 6000);
    make_referenced(GOLDEN_tar, 4, false, 0, 6000);
    make_referenced(GOLDEN_pages, 2, false, 0, 10000);
    make_referenced(GOLDEN_prose, 3, false, 0, 8000);
}

static void make_bases(void)
{
    for (int kind = 0; kind < GOLDEN_N_CLASSES; kind++) {
        make_base((enum golden_class)kind, 1, false, 1024, 6000);
        make_base((enum golden_class)kind, 2, false, 1024, 2100);
        make_base((enum golden_class)kind, 3, false, 0, 300);
        make_base((enum golden_class)kind, 3, false, 1024, 2100);
        make_base((enum golden_class)kind, 6, false, 1024, 1100);
    }
    make_referenced_bases();
    make_base(GOLDEN_prose, 6, true, 1024, 1100);
    make_base(GOLDEN_crlf, 6, true, 0, 300);
    make_base(GOLDEN_tar, 6, true, 0, 1100);
    make_base(GOLDEN_holes, 6, true, 0, 900);
    make_referenced(GOLDEN_accents, 6, true, 0, 400);
}

static size_t below(size_t n)
{
    return n ? rng() % n : 0;
}

static struct damage flip_bits(uint8_t *data, size_t n)
{
    size_t begin = below(n), n_bytes = 1 + below(rng() % 4 ? 2 : 40);
    n_bytes = n_bytes < n - begin ? n_bytes : n - begin;
    for (size_t i = 0; i < n_bytes; i++)
        data[begin + i] ^= (uint8_t)(1u << (rng() & 7));
    return (struct damage){begin, begin + n_bytes, begin + n_bytes};
}

/* Bytes [begin, end_before) give way to n_new others, which may come from the archive itself. */
static struct damage splice(uint8_t *data, size_t *n)
{
    uint8_t inserted[64];
    size_t begin = below(*n), n_old = rng() % 3 ? below(200) : 0;
    size_t n_new = rng() % 3 ? below(sizeof inserted) : 0, from = below(*n - sizeof inserted);
    bool own = rng() % 2;
    n_old = n_old < *n - begin ? n_old : *n - begin;
    for (size_t i = 0; i < n_new; i++)
        inserted[i] = own ? data[from + i] : (uint8_t)rng();
    memmove(data + begin + n_new, data + begin + n_old, *n - begin - n_old);
    memcpy(data + begin, inserted, n_new);
    *n = *n - n_old + n_new;
    return (struct damage){begin, begin + n_old, begin + n_new};
}

static struct damage do_damage(uint8_t *data, size_t *n)
{
    size_t n_before = *n;
    switch (rng() % 4) {
    case 0:
        *n = below(n_before);
        return (struct damage){*n, n_before, *n};
    case 1:
        if (n_before > 64)
            return splice(data, n);
        return flip_bits(data, n_before);
    default:
        return flip_bits(data, n_before);
    }
}

#define CHECK_CASE(condition) CHECK_MSG(condition, "case %lu", case_seed)

static void check_one_shot(const struct base *base, const uint8_t *data, size_t n)
{
    static uint8_t out[2 * CONTENT_MAX];
    size_t n_out;
    struct tacit_options options = options_of(base);
    enum tacit_status status = tacit_buffer_decompress(data, n, out, sizeof out, &n_out, &options);
    if (status != TACIT_OK)
        return;
    n_unharmed++;
    CHECK_CASE(n_out == base->n_content && memcmp(out, base->content, n_out) == 0);
}

static void check_streaming(const struct base *base, const uint8_t *data, size_t n)
{
    static uint8_t out[2 * CONTENT_MAX];
    struct tacit_decoder *decoder;
    struct tacit_input input = {.data = data};
    struct tacit_output output = {.data = out};
    struct tacit_options options = options_of(base);
    enum tacit_status status = tacit_decoder_create(&decoder, &options);
    bool done = false;
    while (status == TACIT_OK && !done && output.pos < sizeof out) {
        size_t step = 1 + below(999);
        input.size = step < n - input.pos ? input.pos + step : n;
        output.size = step < sizeof out - output.pos ? output.pos + step : sizeof out;
        status = tacit_decoder_run(decoder, &input, &output, input.size == n, &done);
    }
    tacit_decoder_destroy(decoder);
    CHECK_CASE(output.pos <= base->n_content);
    CHECK_CASE(memcmp(out, base->content, output.pos) == 0);
    CHECK_CASE(!done || output.pos == base->n_content);
}

static void check_random_access(const struct base *base, const uint8_t *data, size_t n)
{
    uint8_t out[512];
    struct tacit_source source = {&data, n, read_memory};
    struct tacit_archive *archive;
    struct tacit_options options = options_of(base);
    if (tacit_archive_open(&archive, &source, &options) != TACIT_OK)
        return;
    for (int i = 0; i < 4; i++) {
        size_t n_part = below(sizeof out), offset = below(base->n_content - n_part);
        if (tacit_archive_read(archive, offset, out, n_part) == TACIT_OK)
            CHECK_CASE(memcmp(out, base->content + offset, n_part) == 0);
    }
    tacit_archive_close(archive);
}

struct recovered {
    const struct base *base;
    bool has[CONTENT_MAX];
};

/* Where the content is from is not known when whole archives may have been lost before it. */
static uint64_t find_block(const struct base *base, const void *data, uint64_t n_bytes)
{
    for (size_t i = 0; i < base->n_blocks; i++) {
        const struct tacit_block_info *block = &base->blocks[i];
        if (block->content_size == n_bytes &&
            memcmp(base->content + block->content_offset, data, n_bytes) == 0)
            return block->content_offset;
    }
    return UINT64_MAX;
}

static int take_recovered(void *context, enum tacit_recovered what, uint64_t offset,
                          const void *data, uint64_t n_bytes)
{
    struct recovered *recovered = context;
    const struct base *base = recovered->base;
    CHECK_CASE((what == TACIT_RECOVERED_CONTENT) == (data != NULL));
    if (data == NULL)
        return 0;
    if (offset == UINT64_MAX)
        offset = find_block(base, data, n_bytes);
    bool inside = offset <= base->n_content && n_bytes <= base->n_content - offset;
    CHECK_CASE(inside && memcmp(base->content + offset, data, n_bytes) == 0);
    if (inside)
        memset(recovered->has + offset, 1, n_bytes);
    return 0;
}

static void check_recovery(const struct base *base, const uint8_t *data, size_t n,
                           const struct damage *damage)
{
    static struct recovered recovered;
    struct tacit_options options = options_of(base);
    struct tacit_source source = {&data, n, read_memory};
    memset(&recovered, 0, sizeof recovered);
    recovered.base = base;
    enum tacit_status status = tacit_archive_recover(&source, &options, take_recovered, &recovered);
    CHECK_CASE(status == TACIT_OK || status == TACIT_ERR_CORRUPT ||
               status == TACIT_ERR_NOT_ARCHIVE || status == TACIT_ERR_VERSION ||
               status == TACIT_ERR_MODEL_WRONG || status == TACIT_ERR_MODEL_MISSING ||
               status == TACIT_ERR_REFERENCE_WRONG || status == TACIT_ERR_REFERENCE_MISSING);
    for (size_t i = 0; i < base->n_blocks; i++) {
        const struct tacit_block_info *block = &base->blocks[i];
        bool before = block->archive_offset + block->archive_size <= damage->begin;
        bool after = block->archive_offset >= damage->end_before;
        const bool *has = recovered.has + block->content_offset;
        if (before || after)
            CHECK_MSG(memchr(has, 0, block->content_size) == NULL,
                      "case %lu: archive %zu, block %zu of %zu, damage at %zu to %zu", case_seed,
                      (size_t)(base - bases), i, base->n_blocks, damage->begin, damage->end_before);
    }
}

static void check_case(unsigned long seed)
{
    static uint8_t data[ARCHIVE_MAX + 64];
    case_seed = seed;
    rng_state = seed;
    (void)rng();
    size_t n_chosen = rng() % 3 ? n_bases - N_MODEL_BASES : n_bases;
    const struct base *base = &bases[below(n_chosen)];
    size_t n = base->n_archive;
    memcpy(data, base->archive, n);
    struct damage damage = do_damage(data, &n);
    /* Exactly as long as it is, so that the sanitizers see every overrun. */
    uint8_t *exact = malloc(n ? n : 1);
    if (!exact)
        abort();
    memcpy(exact, data, n);
    alarm(SECONDS_MAX); /* the default action ends the test */
    check_one_shot(base, exact, n);
    check_streaming(base, exact, n);
    check_random_access(base, exact, n);
    check_recovery(base, exact, n, &damage);
    alarm(0);
    free(exact);
}

int main(int argc, char **argv)
{
    unsigned long n_cases = argc > 1 ? strtoul(argv[1], NULL, 10) : N_CASES;
    unsigned long first = argc > 2 ? strtoul(argv[2], NULL, 10) : 1;
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    struct rlimit limit = {MEMORY_MAX, MEMORY_MAX};
    CHECK(setrlimit(RLIMIT_AS, &limit) == 0);
#endif
    make_bases();
    for (unsigned long seed = first; seed < first + n_cases; seed++)
        check_case(seed);
    for (size_t i = 0; i < n_bases; i++)
        tacit_reference_destroy(bases[i].reference);
    printf("%lu cases, %lu still decode to their content\n", n_cases, n_unharmed);
    return check_result();
}
