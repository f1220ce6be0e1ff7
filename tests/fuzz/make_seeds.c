/* SPDX-License-Identifier: Apache-2.0
 *
 * Writes the seeds of the fuzz targets: make_seeds FOLDER fills FOLDER/decoder, FOLDER/archive and
 * so on, one folder a target.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "content/arrangement.h"
#include "content/recoding/recoding.h"
#include "generate/primed.h"
#include "gguf/gguf_tokenizer.h"
#include "gguf_writer.h"
#include "golden/golden_content.h"
#include "methods/block.h"
#include "methods/language/language_block.h"
#include "methods/language/language_choose.h"
#include "payload_reference.h"
#include "primed_model.h"
#include "tacit/tacit.h"

enum { CONTENT_MAX = 3000, LANGUAGE_MAX = 700, ARCHIVE_MAX = 16384 };

_Noreturn static void fail(const char *what)
{
    fprintf(stderr, "make_seeds: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void write_seed(const char *folder, const char *target, const char *name, const void *data,
                       size_t n_bytes)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, target);
    if (mkdir(path, 0777) != 0 && errno != EEXIST)
        fail(path);
    snprintf(path, sizeof path, "%s/%s/%s", folder, target, name);
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(data, 1, n_bytes, file) != n_bytes || fclose(file) != 0)
        fail(path);
}

static size_t compress(const uint8_t *content, size_t n, int level, uint64_t block_size,
                       uint8_t *archive)
{
    struct tacit_options options;
    size_t n_archive;
    tacit_options_init(&options);
    options.level = level;
    options.block_size = block_size;
    enum tacit_status status =
        tacit_buffer_compress(content, n, archive, ARCHIVE_MAX, &n_archive, &options);
    if (status != TACIT_OK)
        fail(tacit_status_message(status));
    return n_archive;
}

/* The same payload, as if copies lay in its coded bits and a header of a tar were restated (docs/format.md, sections 5.8 and
 * 5.9): it decodes to something else. */
static void make_recalled(const char *folder, const char *name, const struct byte_buffer *seed)
{
    static const uint8_t more[] = {0x0f, 3}, restated[] = {0, 0, 1, 'x'};
    enum { FRONT = 4 }; /* method, size, configuration; then comes the reading */
    struct byte_buffer recalled = {0};
    char whole_name[80];
    if (seed->size <= FRONT || byte_buffer_append(&recalled, seed->data, FRONT) != TACIT_OK ||
        byte_buffer_append(&recalled, more, sizeof more) != TACIT_OK ||
        byte_buffer_append(&recalled, seed->data + FRONT, 1) != TACIT_OK ||
        byte_buffer_append(&recalled, restated, sizeof restated) != TACIT_OK ||
        byte_buffer_append(&recalled, seed->data + FRONT + 1, seed->size - FRONT - 1) != TACIT_OK)
        fail("recalled payload");
    snprintf(whole_name, sizeof whole_name, "%s-recalled", name);
    write_seed(folder, "payload", whole_name, recalled.data, recalled.size);
    byte_buffer_free(&recalled);
}

/* A block's method, its content's size less one, its payload. */
static void make_payload(const char *folder, enum golden_class kind, int level,
                         const struct tacit_reference *reference)
{
    uint8_t head[3];
    char name[64];
    struct tacit_options options;
    struct codec_plan plan;
    struct block_job job = {.plan = &plan, .reference = reference};
    struct byte_buffer seed = {0};
    tacit_options_init(&options);
    options.level = level;
    if (codec_plan_make(&plan, &options) != TACIT_OK ||
        byte_buffer_reserve(&job.content, CONTENT_MAX, CONTENT_MAX) != TACIT_OK)
        fail("payload");
    job.content.size = CONTENT_MAX;
    golden_fill(job.content.data, CONTENT_MAX, kind);
    for (size_t i = 0; reference && i < PAYLOAD_REFERENCE_BYTES / 2; i++)
        job.content.data[i] = (uint8_t) "level=info 1204\n"[i % 16];
    if (block_encode(&job) != TACIT_OK)
        fail("payload");
    if (reference && !block_needs_reference(&job.header, job.payload.data))
        fail("payload that does not read its reference");
    head[0] = (uint8_t)(job.header.method | (reference ? PAYLOAD_HAS_REFERENCE : 0));
    head[1] = (uint8_t)(CONTENT_MAX - 1);
    head[2] = (uint8_t)((CONTENT_MAX - 1) >> 8);
    if (byte_buffer_append(&seed, head, sizeof head) != TACIT_OK ||
        byte_buffer_append(&seed, job.payload.data, job.payload.size) != TACIT_OK)
        fail("payload");
    snprintf(name, sizeof name, "%s-%d%s", golden_class_name(kind), level,
             reference ? "-reference" : "");
    write_seed(folder, "payload", name, seed.data, seed.size);
    if (reference && job.header.method == TACIT_METHOD_CONTEXT)
        make_recalled(folder, name, &seed);
    byte_buffer_free(&seed);
    block_job_free(&job);
}

/* A payload of method model, with such a KV cache; or, with a reference, with the usual layout. */
static void make_language(const char *folder, const char *name, enum tacit_kv kv, unsigned kv_keep,
                          const struct tacit_reference *reference)
{
    static struct block_look look;
    uint8_t head[] = {TACIT_METHOD_MODEL | (reference ? PAYLOAD_HAS_REFERENCE : 0),
                      (uint8_t)(LANGUAGE_MAX - 1), (uint8_t)((LANGUAGE_MAX - 1) >> 8)};
    struct tacit_options options;
    struct codec_plan plan;
    struct block_job job = {.plan = &plan,
                            .model = primed_model(),
                            .reference = reference,
                            .look = &look,
                            .header.content_size = LANGUAGE_MAX};
    struct byte_buffer seed = {0};
    tacit_options_init(&options);
    options.model = job.model;
    options.n_threads = 1;
    options.reference = reference;
    options.n_context = reference ? 0 : KV_HEADS_CONTEXT_MIN;
    options.kv = kv;
    options.kv_keep = kv_keep;
    if (codec_plan_make(&plan, &options) != TACIT_OK ||
        byte_buffer_reserve(&job.content, LANGUAGE_MAX, LANGUAGE_MAX) != TACIT_OK)
        fail("a plan");
    job.content.size = LANGUAGE_MAX;
    golden_fill(job.content.data, LANGUAGE_MAX, GOLDEN_prose);
    look.n_split = 1;
    look.split[0] = (struct content_segment){{.type = CONTENT_TEXT}, LANGUAGE_MAX};
    if (language_choose_spoken(&look, &job.content, true) != TACIT_OK ||
        language_method.encode(&job, 2 * LANGUAGE_MAX) != TACIT_OK || job.payload.size == 0 ||
        byte_buffer_append(&seed, head, sizeof head) != TACIT_OK ||
        byte_buffer_append(&seed, job.payload.data, job.payload.size) != TACIT_OK)
        fail("a payload of method model");
    write_seed(folder, "payload", name, seed.data, seed.size);
    byte_buffer_free(&seed);
    block_job_free(&job);
}

static void make_language_kinds(const char *folder)
{
    make_language(folder, "model-8", TACIT_KV_8, 0, NULL);
    make_language(folder, "model-k3v2", TACIT_KV_K3V2, 0, NULL);
    make_language(folder, "model-heads", TACIT_KV_4, 30, NULL);
    make_language(folder, "model-short", TACIT_KV_K4V3S, 30, NULL);
    make_language(folder, "model-versed", TACIT_KV_8, 0, payload_reference());
}

/* The list of what content of one class is arranged by, behind its size less one; and the content. */
static void make_arrangement(const char *folder, enum golden_class kind)
{
    static struct content_segment split[16];
    static struct arrangement arrangement;
    static uint8_t content[CONTENT_MAX], seed[2 + ARRANGEMENT_BYTES_MAX];
    char name[64];
    golden_fill(content, CONTENT_MAX, kind);
    size_t n_split = content_split(content, CONTENT_MAX, split, 16);
    write_seed(folder, "arrangement", golden_class_name(kind), content, CONTENT_MAX);
    if (arrangement_find(&arrangement, content, CONTENT_MAX, split, n_split) != TACIT_OK)
        fail("arrangement");
    seed[0] = (uint8_t)(CONTENT_MAX - 1);
    seed[1] = (uint8_t)((CONTENT_MAX - 1) >> 8);
    snprintf(name, sizeof name, "%s-list", golden_class_name(kind));
    if (arrangement.speech.n_segments > 0)
        write_seed(folder, "arrangement", name, seed, 2 + arrangement_pack(seed + 2, &arrangement));
}

/* Likewise for how content is recoded. */
static void make_recoding(const char *folder, enum golden_class kind)
{
    static struct recoding recoding;
    static uint8_t content[CONTENT_MAX], seed[2 + RECODING_BYTES_MAX];
    char name[64];
    golden_fill(content, CONTENT_MAX, kind);
    write_seed(folder, "recoding", golden_class_name(kind), content, CONTENT_MAX);
    recoding_find(&recoding, content, CONTENT_MAX, CONTENT_MAX);
    seed[0] = (uint8_t)(CONTENT_MAX - 1);
    seed[1] = (uint8_t)((CONTENT_MAX - 1) >> 8);
    snprintf(name, sizeof name, "%s-list", golden_class_name(kind));
    if (recoding.n_stretches > 0)
        write_seed(folder, "recoding", name, seed, 2 + recoding_pack(seed + 2, &recoding));
}

static void make_class(const char *folder, enum golden_class kind)
{
    static uint8_t content[CONTENT_MAX], archive[2 * ARCHIVE_MAX];
    const char *name = golden_class_name(kind);
    char seed_name[64];
    content[0] = (uint8_t)kind;
    content[1] = (uint8_t)(kind / 4);
    golden_fill(content + 2, CONTENT_MAX - 2, kind);
    write_seed(folder, "round_trip", name, content, CONTENT_MAX / 4);
    write_seed(folder, "tokenizer", name, content, CONTENT_MAX / 4);

    for (int level = 1; level <= 7; level += level == 1 ? 2 : 4) {
        make_payload(folder, kind, level, NULL);
        if (kind == GOLDEN_log && level < 7)
            make_payload(folder, kind, level, payload_reference());
        size_t n = compress(content, 400, level, 0, archive);
        n += compress(content, level == 3 ? CONTENT_MAX : 0, level, 1024, archive + n);
        snprintf(seed_name, sizeof seed_name, "%s-%d", name, level);
        write_seed(folder, "decoder", seed_name, archive, n);
        write_seed(folder, "archive", seed_name, archive, n);
    }
}

static void make_arguments(const char *folder)
{
    static const char *const lines[] = {
        "-9\n-T4\n--block-size\n64K\nbook.txt",
        "-dc\n--memory=2G\n--\n-x.tct\n-",
        "compress\n-fkqv\n--rm\n--verify\n--fast\n--no-model\n-o\nout\nin",
        "decompress\n--cpu\navx2,avx512\n--stdout\na.tct\nb.tct",
        "test\n--threads\n0\na.tct",
        "list\n--json\n-v\na.tct",
        "cat\n--range\n1K-2047\n--range=-5\n--range=7-\na.tct",
        "recover\na.tct\n--output=b\n--force",
        "bench\n--levels\n1-9\nbook.txt",
        "-l\n-t\n-z\n--help\n--version",
    };
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        char name[16];
        snprintf(name, sizeof name, "%zu", i);
        write_seed(folder, "arguments", name, lines[i], strlen(lines[i]));
    }
}

/* A GGUF file with one tensor and a tokenizer of a few words. */
static size_t write_gguf(uint8_t *data, size_t cap)
{
    static const char *const words[] = {"<s>",
                                        "a",
                                        "b",
                                        "ab",
                                        "\xc4\xa0",
                                        ("\xc4\xa0"
                                         "ab")};
    static const uint32_t types[] = {3, 1, 1, 1, 1, 1};
    struct gguf_writer w = {data, 0, cap};
    gw_header(&w, 3, 1, 5);
    gw_key(&w, "tokenizer.ggml.model", GGUF_STRING);
    gw_string(&w, "gpt2");
    gw_key(&w, "tokenizer.ggml.pre", GGUF_STRING);
    gw_string(&w, "qwen2");
    gw_array(&w, "tokenizer.ggml.tokens", GGUF_STRING, 6);
    for (int i = 0; i < 6; i++)
        gw_string(&w, words[i]);
    gw_array(&w, "tokenizer.ggml.token_type", GGUF_I32, 6);
    for (int i = 0; i < 6; i++)
        gw_u32(&w, types[i]);
    gw_array(&w, "tokenizer.ggml.merges", GGUF_STRING, 2);
    gw_string(&w, "a b");
    gw_string(&w, "\xc4\xa0 ab");
    gw_tensor(&w, "t", 256, 1, 12, 0);
    gw_pad(&w, 32);
    memset(gw_room(&w, 144), 0x11, 144);
    return w.n;
}

static void make_models(const char *folder)
{
    uint8_t data[2048], *saved = NULL;
    struct gguf *gguf;
    struct tokenizer *tokenizer = NULL;
    size_t n = write_gguf(data, sizeof data), n_saved = 0;
    write_seed(folder, "gguf", "vocabulary", data, n);
    if (gguf_open_memory(&gguf, data, n, NULL) != TACIT_OK ||
        gguf_tokenizer_create(&tokenizer, gguf, NULL) != TACIT_OK ||
        tokenizer_save(tokenizer, &saved, &n_saved) != TACIT_OK)
        fail("a small model");
    write_seed(folder, "tokenizer_file", "pairs", saved, n_saved);
    free(saved);
    tokenizer_destroy(tokenizer);
    gguf_close(gguf);
}

/* A whole state, or the beginning of one for the target to make whole. */
static void make_primed(const char *folder, const char *name, enum tacit_kv kv, unsigned kv_keep,
                        unsigned n_context, bool is_whole)
{
    static uint8_t seed[1 << 16];
    struct tacit_generate_options options;
    struct tacit_primed *primed;
    size_t n;
    tacit_generate_options_init(&options);
    options.n_threads = 1;
    options.prompt = "the other is in an hour on the";
    options.n_prompt = strlen(options.prompt);
    options.n_context = n_context;
    options.kv = kv;
    options.kv_keep = kv_keep;
    if (tacit_primed_create(&primed, primed_model(), &options) != TACIT_OK)
        fail("a primed state");
    const void *file = tacit_primed_data(primed, &n);
    if (!is_whole)
        n = primed_front(&primed->heads) + PRIMED_SEED_BODY;
    if (1 + n > sizeof seed)
        fail("a long state");
    seed[0] = is_whole ? 0 : PRIMED_IS_FORGED;
    memcpy(seed + 1, file, n);
    write_seed(folder, "primed", name, seed, 1 + n);
    tacit_primed_destroy(primed);
}

static void make_primed_kinds(const char *folder)
{
    make_primed(folder, "whole", TACIT_KV_8, 0, 384, true);
    make_primed(folder, "8", TACIT_KV_8, 0, 384, false);
    make_primed(folder, "4", TACIT_KV_4, 0, 384, false);
    make_primed(folder, "k3v2", TACIT_KV_K3V2, 0, 384, false);
    make_primed(folder, "keep", TACIT_KV_8, 40, 384, false);
    make_primed(folder, "heads", TACIT_KV_4, 1, 512, false); /* by head: the text fills the share */
    make_primed(folder, "short", TACIT_KV_K4V3S, 1, 512, false);
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: make_seeds FOLDER\n");
        return 2;
    }
    if (mkdir(argv[1], 0777) != 0 && errno != EEXIST)
        fail(argv[1]);
    for (int kind = 0; kind < GOLDEN_N_CLASSES; kind++) {
        make_class(argv[1], (enum golden_class)kind);
        make_arrangement(argv[1], (enum golden_class)kind);
        make_recoding(argv[1], (enum golden_class)kind);
    }
    make_arguments(argv[1]);
    make_models(argv[1]);
    make_primed_kinds(argv[1]);
    make_language_kinds(argv[1]);
    return 0;
}
