/* SPDX-License-Identifier: Apache-2.0
 *
 * Golden archives of what models may be (golden_models.h): each decodes to its content, which encodes to it, byte for
 * byte. Those that read a reference hold text of many kinds of characters, which the decoder cuts into tokens.
 *
 *     test_golden_shapes FOLDER [CPU]     with the kernels for these processor features
 *     test_golden_shapes --turns N FOLDER      every third archive, of which N says which, is decoded alone, which takes every
 *                                              product and table that encoding takes. For emulated machines
 *     test_golden_shapes --write FOLDER   makes them anew (tools/make_golden.sh)
 *     test_golden_shapes --models FOLDER  writes the models, content and reference, for the second decoder
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "check.h"
#include "golden/golden_features.h"
#include "golden/golden_files.h"
#include "golden/golden_models.h"
#include "tacit/tacit.h"
#include "tiny_tmodel.h"

enum {
    N_CONTENT = 1380,
    SHARED_AT = 600, /* bytes that the reference has */
    N_SHARED = 120,
    N_ZEROS = 300, /* from there in timed */
    LINE = 60,
    N_TIME = 8,
    N_REFERENCE = 1500,
    ARCHIVE_MAX = 4 * N_CONTENT,
    N_TURNS = 3
};

static uint8_t content[N_CONTENT], old[N_REFERENCE];
static uint8_t timed[N_CONTENT]; /* lines that begin with a time, as of a log, and zeros between */
static struct tacit_reference *reference; /* of old */

static const struct variant {
    const char *name;
    bool is_timed, reads_reference;
    unsigned n_streams, n_context, kv_keep;
} variants[] = {
    {"reads", false, true, 1, 64, 0},
    {"few", false, false, 1, 320, 0}, /* bits of keys and values, by the model */
    {"keep", false, false, 1, 192, 40},
    {"primed", true, false, 1, 64, 0}, /* and arranged */
};

enum { N_VARIANTS = sizeof variants / sizeof *variants };

static const uint8_t *content_of(const struct variant *variant)
{
    return variant->is_timed ? timed : content;
}

static uint32_t next(uint64_t *state, uint32_t n)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((*state >> 32) * n >> 32);
}

/* Each word is a token; three may follow it, which the models know. They do not know what the reference has too. */
static void fill_content(void)
{
    uint64_t state = 1;
    uint32_t word = 0;
    for (size_t i = 0; i < N_CONTENT; i++) {
        if (i % 3 == 0)
            word = (word * 7 + 5 + 11 * next(&state, 3)) % 30;
        content[i] = (uint8_t)(i % 3 == 0   ? ' '
                               : i % 3 == 1 ? "bdklmp"[word / 5]
                                            : "aeiou"[word % 5]);
    }
    for (size_t i = 0; i < N_CONTENT; i++)
        timed[i] = i % LINE == LINE - 1 ? '\n'
                   : i % LINE < N_TIME  ? (uint8_t) "12:31:07"[i % LINE]
                                        : content[i];
    memset(timed + SHARED_AT, 0, N_ZEROS);
    memcpy(content + SHARED_AT, old + N_REFERENCE / 2, N_SHARED);
}

/* What cuts text into tokens meets here each of its rules. */
static void fill_reference(void)
{
    static const char *const phrases[] = {
        " the man and the train",
        " in an hour,",
        " we're",
        " it's",
        " they'll",
        " I'LL",
        " DON'T",
        " 12",
        " 1234",
        "12345",
        " t\xc3\xa9l\xc3\xa9phone",
        " \xc3\xa9t\xc3\xa9",
        "\xc3\xbc\xc3\xbc",
        " '\xc5\xbf",
        " \xe6\x97\xa5\xe6\x9c\xac",
        "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e",
        "\xd9\xa3\xd9\xa4",
        " \xc2\xbd",
        "\xc2\xa0",
        "\xe3\x80\x80",
        "   ",
        "    12",
        "\n",
        "\n\n",
        "\r\n",
        "  \n  ",
        " --",
        "--- ",
        "... ",
        " <b>",
        "<b>and",
        "\xe2\x80\x83\xe2\x80\x83x",
        "\xf0\x9f\x98\x80",
        "\xcc\x81",
        "Q",
        " Qa",
        "\xff",
        "\xc3",
        "\xe6\x97",
        "_a",
        "\ton",
        "1.00",
        "{\"or\": 0}",
        " bapu",
        "kilo mo",
    };
    uint64_t state = 2;
    for (size_t pos = 0; pos < N_REFERENCE;) {
        const char *phrase = phrases[next(&state, sizeof phrases / sizeof *phrases)];
        for (; *phrase && pos < N_REFERENCE; phrase++)
            old[pos++] = (uint8_t)*phrase;
    }
}

static struct tacit_model *make_model(size_t number, uint8_t **memory)
{
    struct tacit_model *model = NULL;
    struct tokenizer *tokenizer = golden_model_tokenizer(number);
    struct lm_model *lm =
        tokenizer ? golden_model_weights(number, tokenizer, content, N_CONTENT) : NULL;
    CHECK(lm && tiny_open_with(&model, lm, tokenizer, memory) == TACIT_OK);
    return model;
}

static size_t encode(size_t number, const struct variant *variant, const struct tacit_model *model,
                     const char *cpu, uint8_t *archive)
{
    struct tacit_model_report report = {.struct_size = sizeof report};
    struct tacit_options options;
    size_t n_archive;
    tacit_options_init(&options);
    options.cpu = cpu;
    options.model = model;
    options.n_streams = variant->n_streams;
    options.n_context = variant->n_context;
    options.kv = variant->n_context > 256 ? (enum tacit_kv)(number % 6) : TACIT_KV_8;
    options.kv_keep = variant->kv_keep;
    options.reference = variant->reads_reference ? reference : NULL;
    options.report = &report;
    enum tacit_status status = tacit_buffer_compress(content_of(variant), N_CONTENT, archive,
                                                     ARCHIVE_MAX, &n_archive, &options);
    CHECK_MSG(status == TACIT_OK && report.n_blocks == 1, "%s-%s: %s, %d blocks by the model",
              golden_model_name(number), variant->name, tacit_status_name(status),
              (int)report.n_blocks);
    return n_archive;
}

static enum tacit_status decode(const struct variant *variant, const uint8_t *archive, size_t n,
                                const struct tacit_model *model, const char *cpu)
{
    struct tacit_options options;
    tacit_options_init(&options);
    options.cpu = cpu;
    options.model = model;
    options.reference = reference;
    return golden_decode(archive, n, &options, content_of(variant), N_CONTENT);
}

struct task {
    bool write, models_only;
    int turn; /* below 0: all */
    const char *cpu, *folder;
};

static void check_one(size_t number, const struct variant *variant, const struct tacit_model *model,
                      const struct task *task, const char *path)
{
    static uint8_t archive[ARCHIVE_MAX], wanted[ARCHIVE_MAX];
    size_t n_wanted = golden_read(path, wanted, sizeof wanted);
    CHECK_MSG(n_wanted > 0, "%s: missing", path);
    if (n_wanted == 0)
        return;
    CHECK_MSG(decode(variant, wanted, n_wanted, model, task->cpu) == TACIT_OK, "%s: decoding",
              path);
    if (task->turn >= 0)
        return;
    size_t n = encode(number, variant, model, task->cpu, archive);
    CHECK_MSG(n == n_wanted && memcmp(archive, wanted, n) == 0,
              "%s: encodes to %zu other bytes than its %zu", path, n, n_wanted);
}

static void write_texts(const char *folder)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/shapes-content", folder);
    golden_write(path, content, N_CONTENT);
    snprintf(path, sizeof path, "%s/shapes-timed", folder);
    golden_write(path, timed, N_CONTENT);
    snprintf(path, sizeof path, "%s/shapes-reference", folder);
    golden_write(path, old, N_REFERENCE);
}

static void run_model(size_t number, const struct task *task)
{
    static uint8_t archive[ARCHIVE_MAX];
    uint8_t *memory = NULL;
    char path[4096];
    struct tacit_model *model = make_model(number, &memory);
    snprintf(path, sizeof path, "%s/%s.tmodel", task->folder, golden_model_name(number));
    if (model && task->models_only)
        golden_write(path, memory, (size_t)load_le64(memory + 16)); /* its own size */
    for (size_t v = 0; model && v < N_VARIANTS && !task->models_only; v++) {
        snprintf(path, sizeof path, "%s/shapes/%s-%s.tct", task->folder, golden_model_name(number),
                 variants[v].name);
        if (task->write)
            golden_write(path, archive, encode(number, &variants[v], model, NULL, archive));
        else if (task->turn < 0 || (number + v) % N_TURNS == (size_t)task->turn % N_TURNS)
            check_one(number, &variants[v], model, task, path);
    }
    tacit_model_close(model);
    free(memory);
}

int main(int argc, char **argv)
{
    struct task task = {.write = argc == 3 && strcmp(argv[1], "--write") == 0,
                        .models_only = argc == 3 && strcmp(argv[1], "--models") == 0,
                        .turn = -1};
    bool turns = argc == 4 && strcmp(argv[1], "--turns") == 0;
    if (argc != 2 && argc != 3 && !turns) {
        fprintf(stderr,
                "usage: test_golden_shapes FOLDER [CPU] | --turns N FOLDER | --write FOLDER "
                "| --models FOLDER\n");
        return 2;
    }
    task.folder = argv[turns ? 3 : task.write || task.models_only ? 2 : 1];
    task.cpu = argc == 3 && !task.write && !task.models_only ? argv[2] : NULL;
    if (turns)
        task.turn = atoi(argv[2]);
    if (task.cpu && golden_features_repeat(task.cpu))
        return GOLDEN_SKIPPED;
    fill_reference();
    fill_content();
    CHECK(tacit_reference_create(&reference, old, N_REFERENCE) == TACIT_OK);
    if (task.models_only)
        write_texts(task.folder);
    for (size_t i = 0; i < GOLDEN_MODELS; i++)
        run_model(i, &task);
    tacit_reference_destroy(reference);
    return check_result();
}
