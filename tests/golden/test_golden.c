/* SPDX-License-Identifier: Apache-2.0
 *
 * Every golden archive decodes to its content, and its content encodes to it, byte for byte.
 *
 *     test_golden FOLDER [CPU]     checks, with the kernels for these processor features (options.cpu)
 *     test_golden --turns N FOLDER a third of the archives is only decoded, a third only encoded, a third
 *                                  left out; N is 0, 1 or 2. For three emulated machines, which take a
 *                                  hundred times as long: encoder and decoder take the same steps, and
 *                                  each archive is decoded on one machine and encoded on another.
 *     test_golden --write FOLDER   makes them anew (tools/make_golden.sh)
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "golden/golden_content.h"
#include "golden/golden_features.h"
#include "golden/golden_files.h"
#include "tacit/tacit.h"

enum { RECALLED_MIN = 1 << 14 }; /* content that the model's blocks recall */
enum {
    SIZE_AT = 134,
    TIME_AT = 146,
    MARK_AT = 257,
    BLOCK = 512
};                        /* of a tar's headers; of its blocks */
enum { N_FILLER = 8192 }; /* of long tokens: all that the model reads of the reference, quickly */
enum { LACKING = 4096 };  /* a block that the reference lacks */
enum { CONTENT_MAX = 1 << 16, ARCHIVE_MAX = 2 * CONTENT_MAX };

enum golden_reference {
    NONE,
    NONE_OLDER, /* encoders write it otherwise by now, so that the archive is only decoded */
    NONE_WORDS, /* the same where the class has words, which encoders write by a dictionary */
    LESS,       /* content of a little less */
    OLDER,      /* the same, only decoded */
    FILLED,     /* with N_FILLER bytes behind it */
};

/* Archives of one class, or of every class. Small, since they also run under emulation, which takes
 * a hundred times as long. */
struct variant {
    const char *name;
    int level;
    uint64_t block_size;    /* 0: one block */
    size_t n_bytes;         /* of content */
    bool every_class;       /* but the last ones */
    enum golden_class kind; /* else */
    bool model;             /* with the linked-in model, if there is one */
    enum golden_reference reference;
};

static const struct variant variants[] = {
    {"empty", TACIT_LEVEL_DEFAULT, 0, 0, false, GOLDEN_zeros, false, NONE},
    {"one", TACIT_LEVEL_DEFAULT, 0, 1, false, GOLDEN_zeros, false, NONE},
    {"fast", 1, 0, 6000, true, GOLDEN_zeros, false, NONE},
    {"lean", 2, 0, 3000, true, GOLDEN_zeros, false, NONE_WORDS},
    {"quick", 3, 0, 3000, true, GOLDEN_zeros, false, NONE_WORDS},
    {"strong", 4, 0, 3000, true, GOLDEN_zeros, false, NONE_OLDER},
    {"blocks", 3, 1500, 4000, false, GOLDEN_prose, false, NONE_OLDER},
    {"segments", 3, 0, 24000, false, GOLDEN_mixed, false, NONE},
    {"default", TACIT_LEVEL_DEFAULT, 0, 400, false, GOLDEN_prose, true, NONE},
    {"default", TACIT_LEVEL_DEFAULT, 0, 400, false, GOLDEN_log, true, NONE},
    {"default", TACIT_LEVEL_DEFAULT, 0, 400, false, GOLDEN_source, true, NONE},
    {"default", TACIT_LEVEL_DEFAULT, 0, 400, false, GOLDEN_accents, true, NONE_OLDER},
    {"default", TACIT_LEVEL_DEFAULT, 0, 2800, false, GOLDEN_tar, true, NONE},
    {"default", TACIT_LEVEL_DEFAULT, 0, 1200, false, GOLDEN_holes, true, NONE},
    {"default", TACIT_LEVEL_DEFAULT, 0, 1200, false, GOLDEN_wide, true, NONE},
    {"default", TACIT_LEVEL_DEFAULT, 0, 1200, false, GOLDEN_digits, true, NONE},
    {"default", TACIT_LEVEL_DEFAULT, 0, 1600, false, GOLDEN_dumps, true, NONE},
    {"sounds_lean", 2, 0, 39600, false, GOLDEN_sounds, false, NONE},
    {"sounds_quick", 3, 0, 39600, false, GOLDEN_sounds, false, NONE},
    {"sounds_strong", 4, 0, 39600, false, GOLDEN_sounds, false, NONE},
    {"default", TACIT_LEVEL_DEFAULT, 0, 5200, false, GOLDEN_caption, true, NONE},
    {"pictures_lean", 2, 0, 13800, false, GOLDEN_pictures, false, NONE},
    {"pictures_quick", 3, 0, 30600, false, GOLDEN_pictures, false, NONE},
    {"pictures_strong", 4, 0, 13800, false, GOLDEN_pictures, false, NONE},
    {"dumps", 3, 0, 6000, false, GOLDEN_dumps, false, NONE},
    {"alpha", 3, 0, 9200, false, GOLDEN_alpha, false, NONE},
    {"figures", 3, 0, 14000, false, GOLDEN_figures, false, NONE},
    {"forms", 3, GOLDEN_FORMS_BLOCK, 3200, false, GOLDEN_forms, false, NONE},
    {"default", TACIT_LEVEL_DEFAULT, 0, 3000, false, GOLDEN_gaps, true, NONE},
    {"copies", 3, 0, 10000, false, GOLDEN_pages, false, NONE_OLDER},
    {"reference_copies", 3, 0, 8000, false, GOLDEN_prose, false, LESS},
    {"words", 3, 0, 9800, false, GOLDEN_words, false, NONE},
    {"numbers_quick", 3, 0, 6000, false, GOLDEN_numbers, false, NONE},
    {"numbers_strong", 4, 0, 6000, false, GOLDEN_numbers, false, NONE_OLDER},
    {"reference_fast", 1, 0, 2000, false, GOLDEN_log, false, LESS},
    {"reference_lean", 2, 1500, 2000, false, GOLDEN_log, false, LESS},
    {"reference_quick", 3, 1500, 2000, false, GOLDEN_log, false, LESS},
    {"reference_strong", 4, 0, 2000, false, GOLDEN_source, false, OLDER},
    {"recalls", 2, 0, 20000, false, GOLDEN_tar, false, LESS},
    {"recalls_model", TACIT_LEVEL_DEFAULT, 0, 17000, false, GOLDEN_news, true, OLDER},
    {"reference_model", TACIT_LEVEL_DEFAULT, 0, 400, false, GOLDEN_accents, true, OLDER},
    {"reference_versed", TACIT_LEVEL_DEFAULT, 0, 400, false, GOLDEN_accents, true, FILLED},
    {"restates", 2, 0, 17000, false, GOLDEN_news, false, LESS},
    {"trained", 4, 0, 3000, true, GOLDEN_zeros, false, NONE_WORDS},
    {"trained_numbers", 4, 0, 6000, false, GOLDEN_numbers, false, NONE},
    {"trained_reference", 4, 0, 2000, false, GOLDEN_source, false, LESS},
    {"database_lean", 2, 0, 6000, false, GOLDEN_database, false, NONE},
    {"database_quick", 3, 0, 9000, false, GOLDEN_database, false, NONE},
    {"database_strong", 4, 0, 7000, false, GOLDEN_database, false, NONE},
    {"reference_database", 3, 0, 6000, false, GOLDEN_database, false, LESS},
    {"dictionary_lean", 2, 0, 2400, false, GOLDEN_letters, false, NONE},
    {"dictionary_quick", 3, 1500, 4000, false, GOLDEN_prose, false, NONE},
    {"dictionary_quick", 3, 0, 2400, false, GOLDEN_letters, false, NONE},
    {"dictionary_quick", 3, 0, 10000, false, GOLDEN_pages, false, NONE},
    {"dictionary_strong", 4, 0, 2400, false, GOLDEN_letters, false, NONE},
    {"dictionary_strong", 4, 0, 3000, false, GOLDEN_markup, false, NONE},
};

/* Classes from alpha on, of which a few bytes show nothing, have variants of their own. */
static bool takes(const struct variant *variant, int kind)
{
    return variant->every_class ? kind < GOLDEN_alpha : kind == (int)variant->kind;
}

/* What encoders write by a dictionary, of the classes that every level has. */
static bool has_words(int kind)
{
    return kind == GOLDEN_prose || kind == GOLDEN_accents || kind == GOLDEN_markup ||
           kind == GOLDEN_source || kind == GOLDEN_log || kind == GOLDEN_repeats ||
           kind == GOLDEN_mixed || kind == GOLDEN_crlf;
}

static bool is_older(const struct variant *variant, int kind)
{
    return variant->reference == OLDER || variant->reference == NONE_OLDER ||
           (variant->reference == NONE_WORDS && has_words(kind));
}

/* Archives that no encoder here makes: it has no reason to in such small content. */
static const struct {
    const char *path, *content;
} decoded_only[] = {
    {"handmade/raw.tct", "Raw bytes, then a copy of them. Raw bytes, then a copy of"},
};

static uint8_t content[CONTENT_MAX], archive[ARCHIVE_MAX], wanted[ARCHIVE_MAX];

/* Another folder at the root and another time, as an older release has. */
static void change_headers(uint8_t *data, size_t n)
{
    for (size_t at = 0; at + BLOCK <= n; at += BLOCK)
        if (memcmp(data + at + MARK_AT, "ustar", 5) == 0) {
            data[at] ^= 1;
            data[at + TIME_AT] ^= 1;
        }
}

/* The content without its end, and with another beginning; for a model, less of an end, since models are slow, or with short
 * content what would come behind it. Returns
 * its length, 0 if the variant has none. */
static size_t fill_reference(const struct variant *variant, enum golden_class kind, uint8_t *to)
{
    size_t n_content = variant->n_bytes, n = n_content - n_content / 4;
    if (variant->reference <= NONE_WORDS)
        return 0;
    golden_fill(to, variant->model ? 2 * n_content : n_content, kind);
    if (variant->model && n_content >= RECALLED_MIN)
        n = n_content - n_content / 16;
    else if (variant->model) {
        memmove(to, to + n_content, n_content);
        memset(to + n_content, '-', variant->reference == FILLED ? N_FILLER : 0);
        return n_content + (variant->reference == FILLED ? N_FILLER : 0);
    }
    if (kind == GOLDEN_news && !variant->model) {
        change_headers(to, n);
        return n;
    }
    to[variant->model ? SIZE_AT : 0] ^= 1; /* of the first file in a tar, or the first byte */
    if (!variant->model)
        return n;
    memmove(to + LACKING, to + LACKING + BLOCK, n - LACKING - BLOCK);
    return n - BLOCK;
}

static struct tacit_reference *make_reference(const struct variant *variant, enum golden_class kind)
{
    static uint8_t data[CONTENT_MAX];
    struct tacit_reference *reference = NULL;
    size_t n = fill_reference(variant, kind, data);
    CHECK(n == 0 || tacit_reference_create(&reference, data, n) == TACIT_OK);
    return reference;
}

static struct tacit_options options_of(const struct variant *variant, const char *cpu)
{
    struct tacit_options options;
    tacit_options_init(&options);
    options.cpu = cpu;
    options.level = variant->level;
    options.block_size = variant->block_size;
    options.n_threads = 2;
    options.no_model = !variant->model;
    return options;
}

static bool has_default_model(void)
{
    const struct tacit_model *model;
    return tacit_model_default(&model) == TACIT_OK;
}

static size_t encode(const struct variant *variant, const struct tacit_options *options)
{
    size_t n_archive;
    enum tacit_status status = tacit_buffer_compress(content, variant->n_bytes, archive,
                                                     sizeof archive, &n_archive, options);
    CHECK_MSG(status == TACIT_OK, "%s", tacit_status_name(status));
    return n_archive;
}

static void check_decoding(const struct variant *variant, const struct tacit_options *options,
                           const char *path, size_t n_wanted)
{
    static uint8_t restored[CONTENT_MAX];
    size_t n_restored;
    enum tacit_status status =
        tacit_buffer_decompress(wanted, n_wanted, restored, sizeof restored, &n_restored, options);
    CHECK_MSG(status == TACIT_OK, "%s: %s", path, tacit_status_name(status));
    CHECK_MSG(n_restored == variant->n_bytes && memcmp(restored, content, n_restored) == 0,
              "%s: other content", path);
}

static void check_encoding(const struct variant *variant, const struct tacit_options *options,
                           const char *path, size_t n_wanted)
{
    size_t n_archive = encode(variant, options);
    CHECK_MSG(n_archive == n_wanted && memcmp(archive, wanted, n_archive) == 0,
              "%s: encodes to %zu other bytes than its %zu", path, n_archive, n_wanted);
}

static void check_decoded_only(const char *folder, const char *cpu)
{
    struct variant variant = {.name = "handmade", .level = TACIT_LEVEL_DEFAULT};
    struct tacit_options options = options_of(&variant, cpu);
    for (size_t i = 0; i < sizeof decoded_only / sizeof *decoded_only; i++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%s", folder, decoded_only[i].path);
        size_t n_wanted = golden_read(path, wanted, sizeof wanted);
        CHECK_MSG(n_wanted > 0, "%s: missing", path);
        if (n_wanted == 0)
            continue;
        variant.n_bytes = strlen(decoded_only[i].content);
        memcpy(content, decoded_only[i].content, variant.n_bytes);
        check_decoding(&variant, &options, path, n_wanted);
    }
}

static void write_one(const struct variant *variant, const struct tacit_options *options,
                      const char *path)
{
    golden_write(path, archive, encode(variant, options));
}

/* What is done with an archive, in turns. */
enum task { CHECK_BOTH, CHECK_DECODING, CHECK_ENCODING, LEAVE_OUT, WRITE };

enum { N_TURNS = 3 };

static void treat(enum task task, const struct variant *variant, int kind,
                  const struct tacit_options *options, const char *path)
{
    if (task == LEAVE_OUT || (task == WRITE && is_older(variant, kind)))
        return;
    if (task == WRITE) {
        write_one(variant, options, path);
        return;
    }
    size_t n_wanted = golden_read(path, wanted, sizeof wanted);
    CHECK_MSG(n_wanted > 0, "%s: missing", path);
    if (n_wanted == 0)
        return;
    if (task != CHECK_ENCODING)
        check_decoding(variant, options, path, n_wanted);
    if (task != CHECK_DECODING && !is_older(variant, kind))
        check_encoding(variant, options, path, n_wanted);
}

/* Contents and references as NAME-CLASS and NAME-CLASS.reference, for a decoder that is no part of the library. */
static void write_contents(const char *folder)
{
    for (size_t v = 0; v < sizeof variants / sizeof *variants; v++)
        for (int kind = 0; kind < GOLDEN_N_CLASSES; kind++) {
            const struct variant *variant = &variants[v];
            if (!takes(variant, kind))
                continue;
            char path[4096];
            int n = snprintf(path, sizeof path - 16, "%s/%s-%s", folder, variant->name,
                             golden_class_name((enum golden_class)kind));
            golden_fill(content, variant->n_bytes, (enum golden_class)kind);
            golden_write(path, content, variant->n_bytes);
            size_t n_reference = fill_reference(variant, (enum golden_class)kind, content);
            snprintf(path + n, 16, ".reference");
            if (n_reference > 0)
                golden_write(path, content, n_reference);
        }
    for (size_t i = 0; i < sizeof decoded_only / sizeof *decoded_only; i++) {
        char path[4096];
        int n = snprintf(path, sizeof path, "%s/%s", folder, decoded_only[i].path);
        path[n - 4] = '\0'; /* .tct */
        *strrchr(path, '/') = '-';
        golden_write(path, (const uint8_t *)decoded_only[i].content,
                     strlen(decoded_only[i].content));
    }
}

/* The model reads thousands of tokens of such a reference, so that an emulated machine would encode for minutes. The first
 * machine decodes it, whose kernels have registers of lanes. */
static bool reads_much(const struct variant *variant)
{
    return variant->model && variant->n_bytes >= RECALLED_MIN;
}

/* A primer or a filled reference, which takes an encoder that tries other ways too as long as ten of the others; by turns,
 * such are decoded alone. */
static bool reads_more(const struct variant *variant, enum golden_class kind)
{
    return variant->model && (kind == GOLDEN_log || kind == GOLDEN_gaps || kind == GOLDEN_digits ||
                              variant->reference == FILLED);
}

/* The turn follows variant and class, so that no machine leaves a class out at every level. */
static void treat_all(const enum task tasks[N_TURNS], const char *folder, const char *cpu)
{
    for (size_t v = 0; v < sizeof variants / sizeof *variants; v++) {
        const struct variant *variant = &variants[v];
        struct tacit_options options = options_of(variant, cpu);
        if (variant->model && !has_default_model())
            continue;
        for (int kind = 0; kind < GOLDEN_N_CLASSES; kind++) {
            if (!takes(variant, kind))
                continue;
            char path[4096];
            snprintf(path, sizeof path, "%s/%s/%s.tct", folder, variant->name,
                     golden_class_name((enum golden_class)kind));
            golden_fill(content, variant->n_bytes, (enum golden_class)kind);
            struct tacit_reference *reference = make_reference(variant, (enum golden_class)kind);
            options.reference = reference;
            enum task task = tasks[reads_much(variant) ? 0 : (v + (unsigned)kind) % N_TURNS];
            if (task == CHECK_ENCODING &&
                (reads_much(variant) || reads_more(variant, (enum golden_class)kind)))
                task = LEAVE_OUT;
            treat(task, variant, kind, &options, path);
            tacit_reference_destroy(reference);
        }
    }
}

static void fill_tasks(enum task tasks[N_TURNS], enum task task)
{
    for (int i = 0; i < N_TURNS; i++)
        tasks[i] = task;
}

int main(int argc, char **argv)
{
    enum task tasks[N_TURNS];
    fill_tasks(tasks, CHECK_BOTH);
    if (argc == 3 && strcmp(argv[1], "--write") == 0) {
        fill_tasks(tasks, WRITE);
        treat_all(tasks, argv[2], NULL);
    } else if (argc == 3 && strcmp(argv[1], "--contents") == 0) {
        write_contents(argv[2]);
    } else if (argc == 4 && strcmp(argv[1], "--turns") == 0) {
        for (unsigned i = 0; i < N_TURNS; i++)
            tasks[(i + (unsigned)atoi(argv[2])) % N_TURNS] = (enum task)(CHECK_DECODING + i);
        treat_all(tasks, argv[3], NULL);
        check_decoded_only(argv[3], NULL);
    } else if (argc == 3 && golden_features_repeat(argv[2])) {
        return GOLDEN_SKIPPED;
    } else if (argc == 2 || argc == 3) {
        treat_all(tasks, argv[1], argc == 3 ? argv[2] : NULL);
        check_decoded_only(argv[1], argc == 3 ? argv[2] : NULL);
    } else {
        fprintf(stderr, "usage: test_golden FOLDER [CPU] | --turns 0|1|2 FOLDER | --write FOLDER | "
                        "--contents FOLDER\n");
        return 2;
    }
    return check_result();
}
