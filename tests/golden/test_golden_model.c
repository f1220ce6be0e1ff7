/* SPDX-License-Identifier: Apache-2.0
 *
 * Golden archives that need a language model: each decodes to its content, its content encodes to
 * it, byte for byte, with one thread and two; and none decodes without its model or with another.
 * Models that came later have theirs in test_golden_shapes.
 *
 *     test_golden_model FOLDER [CPU]     with the kernels for these processor features
 *     test_golden_model --turns N FOLDER      a third of the archives is decoded, a third encoded by one thread; N,
 *                                             0 .. 2, says which. For emulated machines (test_golden.c)
 *     test_golden_model --models FOLDER  writes the models and the content, for the second decoder
 *
 * The models are tiny and made here. Noise fills their layers, so that every step of the engine
 * counts; what they know is which token follows which in the content, through embedding and head.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/try.h"
#include "check.h"
#include "golden/golden_content.h"
#include "golden/golden_features.h"
#include "golden/golden_files.h"
#include "methods/block.h"
#include "methods/plan.h"
#include "tacit/tacit.h"
#include "tiny_tmodel.h"

enum {
    N_CONTENT = 1500,
    ARCHIVE_MAX = 4 * N_CONTENT,
    N_KNOWN = 63,
    N_VOCAB = 271,
    N_REFERENCE = 400
};

/* The Llama family's switches, the default model's, and the Llama family's with wide inputs. */
static const struct lm_shape shapes[] = {
    {N_VOCAB,          2, 64, 4, 2, 64,       128,   256,  64,          LM_NORM_RMS, LM_ACT_SWIGLU,
     LM_SEPARATE_HEAD, 0, 0,  0, 0, 10000.0f, 1e-5f, 0.0f, TINY_NO_MORE},
    {N_VOCAB + 1,
     3,
     64,
     2,
     1,
     64,
     128,
     256,
     16,
     LM_NORM_RMS,
     LM_ACT_RELU2,
     LM_SEPARATE_HEAD | LM_QK_NORM | LM_WITH_HASHES | LM_WITH_SMEAR | LM_WITH_EMBED_NORM |
         LM_WITH_MIX | LM_WITH_Q_GAIN | LM_WITH_SINK | LM_ROOT_CAP | LM_BOS_LAST,
     64,
     128,
     50,
     64,
     10000.0f,
     1e-6f,
     15.0f,
     TINY_NO_MORE},
    {N_VOCAB,
     2,
     64,
     4,
     2,
     64,
     128,
     256,
     64,
     LM_NORM_RMS,
     LM_ACT_SWIGLU,
     LM_SEPARATE_HEAD | LM_WIDE_HEAD | LM_WIDE_LAYERS,
     0,
     0,
     0,
     0,
     10000.0f,
     1e-5f,
     0.0f,
     TINY_NO_MORE},
};

enum { N_TURNS = 3, N_SHAPES = sizeof shapes / sizeof *shapes, N_OLD_SHAPES = 2 };

static const struct variant {
    const char *name;
    unsigned n_streams;
    bool unmixed;
    enum tacit_kv kv;
    unsigned n_context, kv_keep;
    bool
        reads_reference; /* so that its header names the rules of the tokenizer; of model 0 alone */
} variants[] = {
    {"mixed1", 1, false, TACIT_KV_8, 64, 0, false},
    {"mixed3", 3, false, TACIT_KV_8, 64, 0, false},
    {"whole2", 2, true, TACIT_KV_8, 64, 0, false},
    {"kv4", 1, false, TACIT_KV_4, 320, 0, false},
    {"k4v2", 3, false, TACIT_KV_K4V2, 384, 0, false},
    {"k4v3", 2, false, TACIT_KV_K4V3, 384, 0, false},
    {"kv3", 1, false, TACIT_KV_3, 320, 0, false},
    {"k3v2", 3, false, TACIT_KV_K3V2, 448, 0, false},
    {"keep", 2, false, TACIT_KV_8, 192, 40, false},
    {"heads", 2, false, TACIT_KV_4, 512, 10, false},
    {"short", 2, false, TACIT_KV_K4V3S, 512, 20, false},
    {"rules", 1, false, TACIT_KV_8, 64, 0, true},
    {"behind", 1, false, TACIT_KV_4, 512, 10, true}, /* heads differ, behind a reference */
};

/* Of the models that came later there is one archive each. */
static bool is_made(const struct variant *variant, size_t shape)
{
    return shape >= N_OLD_SHAPES ? variant == &variants[1]
                                 : !variant->reads_reference || shape == 0;
}

static uint8_t content[N_CONTENT];
static struct tacit_reference *reference; /* the content's last N_REFERENCE bytes */

/* What a model is made to know. */
struct knowledge {
    struct tiny_random noise;
    unsigned column[N_VOCAB + 1];               /* of the embedding, by token */
    unsigned follows[N_KNOWN + 1][N_VOCAB + 1]; /* [column of the one before] */
};

/* Tokens get columns as they come; the last column is everybody else's. */
static void learn(struct knowledge *k, const struct lm_shape *shape)
{
    struct tokenizer *tokenizer = tiny_tokenizer(shape->n_vocab);
    uint32_t items[N_CONTENT];
    size_t n_items;
    unsigned n_known = 0;
    memset(k, 0, sizeof *k);
    k->noise.shape = *shape;
    for (size_t i = 0; i <= N_VOCAB; i++)
        k->column[i] = N_KNOWN;
    CHECK(tokenizer_encode(tokenizer, content, N_CONTENT, items, &n_items) == TACIT_OK);
    for (size_t i = 0; i + 1 < n_items; i++) {
        unsigned *column = &k->column[items[i]];
        if (*column == N_KNOWN && n_known < N_KNOWN)
            *column = n_known++;
        k->follows[*column][items[i + 1]]++;
    }
    tokenizer_destroy(tokenizer);
}

static enum tacit_status knowing_row(void *context, enum lm_tensor_id id, uint32_t layer,
                                     size_t row, float *dst)
{
    struct knowledge *k = context;
    TRY(tiny_row(&k->noise, id, layer, row, dst));
    size_t n = lm_tensor_size(&k->noise.shape, id).n_columns;
    for (size_t i = 0; (id == LM_OUT || id == LM_DOWN) && i < n; i++)
        dst[i] *= 0.05f; /* the layers say little */
    if (id == LM_EMBEDDING)
        dst[k->column[row]] += 4.0f;
    for (size_t i = 0; id == LM_HEAD && i < n; i++) {
        unsigned count = k->follows[i][row], bits = 0;
        for (; count >> bits; bits++)
            ;
        dst[i] = 0.1f * dst[i] + 0.25f * (float)bits;
    }
    return TACIT_OK;
}

static struct tacit_model *make_model(size_t shape, uint8_t **memory)
{
    static struct knowledge k;
    struct tacit_model *model = NULL;
    struct lm_model *lm;
    learn(&k, &shapes[shape]);
    CHECK(lm_model_build(&lm, &shapes[shape], knowing_row, &k) == TACIT_OK);
    CHECK(tiny_open(&model, lm, memory) == TACIT_OK);
    return model;
}

/* Makes the payload, which ends the archive. Of so little prose the context models alone would make less than with models as
 * small as these, so that they are not asked. */
static size_t encode(const struct variant *variant, const struct tacit_model *model,
                     unsigned n_threads, const char *cpu, uint8_t *payload)
{
    struct tacit_options options;
    struct codec_plan plan;
    struct thread_pool *pool = NULL;
    tacit_options_init(&options);
    options.cpu = cpu;
    options.model = model;
    options.n_threads = n_threads;
    options.n_streams = variant->n_streams;
    options.n_context = variant->n_context;
    options.kv = variant->kv;
    options.kv_keep = variant->kv_keep;
    options.reference = variant->reads_reference ? reference : NULL;
    options.unmixed = variant->unmixed;
    CHECK(codec_plan_make(&plan, &options) == TACIT_OK);
    plan.context = false;
    CHECK(n_threads == 1 || thread_pool_create(&pool, n_threads) == TACIT_OK);
    struct block_job job = {
        .plan = &plan, .model = model, .reference = options.reference, .pool = pool, .alone = true};
    CHECK(byte_buffer_append(&job.content, content, N_CONTENT) == TACIT_OK);
    enum tacit_status status = block_encode(&job);
    size_t n = job.payload.size;
    CHECK_MSG(status == TACIT_OK && job.header.method == TACIT_METHOD_MODEL, "%s: %s, method %u",
              variant->name, tacit_status_name(status), (unsigned)job.header.method);
    memcpy(payload, job.payload.data, n);
    block_job_free(&job);
    thread_pool_destroy(pool);
    return n;
}

static enum tacit_status decode(const uint8_t *archive, size_t n, const struct tacit_model *model,
                                const char *cpu)
{
    struct tacit_options options;
    tacit_options_init(&options);
    options.cpu = cpu;
    options.model = model;
    options.reference = reference;
    return golden_decode(archive, n, &options, content, N_CONTENT);
}

/* The thread sanitizer asks about threads alone, which do not ask about shapes: it sees each variant of a third of them. */
#ifdef __SANITIZE_THREAD__
enum { FEWEST_THREADS = 2, ONE_OF = 3 };
#else
enum { FEWEST_THREADS = 1, ONE_OF = 1 };
#endif

/* What is checked beside the archives themselves. */
struct how {
    const char *cpu;
    int turn; /* below 0: both ways, with one thread and two; else decoding, encoding, neither */
};

static void check_one(const struct variant *variant, struct tacit_model *const *models,
                      size_t shape, const struct how *how, const char *path)
{
    static uint8_t payload[ARCHIVE_MAX], wanted[ARCHIVE_MAX];
    size_t n_wanted = golden_read(path, wanted, sizeof wanted);
    CHECK_MSG(n_wanted > 0, "%s: missing", path);
    if (n_wanted == 0)
        return;
    if (how->turn < 0 || how->turn == 0)
        CHECK_MSG(decode(wanted, n_wanted, models[shape], how->cpu) == TACIT_OK, "%s: decoding",
                  path);
    CHECK(decode(wanted, n_wanted, NULL, how->cpu) == TACIT_ERR_MODEL_MISSING);
    CHECK(decode(wanted, n_wanted, models[(shape + 1) % N_SHAPES], how->cpu) ==
          TACIT_ERR_MODEL_WRONG);
    unsigned most = how->turn < 0 ? 2 : how->turn == 1;
    for (unsigned n_threads = FEWEST_THREADS; n_threads <= most; n_threads++) {
        size_t n = encode(variant, models[shape], n_threads, how->cpu, payload);
        CHECK_MSG(n < n_wanted && memcmp(payload, wanted + n_wanted - n, n) == 0,
                  "%s: encodes to %zu other bytes than its last ones", path, n);
    }
}

static void write_file(const char *folder, const char *name, const uint8_t *data, size_t n)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    golden_write(path, data, n);
}

static void write_models(const char *folder, uint8_t *const *memory)
{
    write_file(folder, "model-content", content, N_CONTENT);
    write_file(folder, "model-reference", content + N_CONTENT - N_REFERENCE, N_REFERENCE);
    for (size_t i = 0; i < N_SHAPES; i++) {
        char name[32];
        snprintf(name, sizeof name, "model%zu.tmodel", i);
        write_file(folder, name, memory[i], (size_t)load_le64(memory[i] + 16)); /* its own size */
    }
}

int main(int argc, char **argv)
{
    bool models_only = argc == 3 && strcmp(argv[1], "--models") == 0;
    bool turns = argc == 4 && strcmp(argv[1], "--turns") == 0;
    if (argc != 2 && argc != 3 && !turns) {
        fprintf(stderr, "usage: test_golden_model FOLDER [CPU] | --turns N FOLDER | --models "
                        "FOLDER\n");
        return 2;
    }
    const char *folder = argv[turns ? 3 : models_only ? 2 : 1];
    int first = turns ? atoi(argv[2]) : 0;
    struct how how = {argc == 3 && !models_only ? argv[2] : NULL, -1};
    struct tacit_model *models[N_SHAPES];
    uint8_t *memory[N_SHAPES];
    if (how.cpu && golden_features_repeat(how.cpu))
        return GOLDEN_SKIPPED;
    golden_fill(content, N_CONTENT, GOLDEN_prose);
    CHECK(tacit_reference_create(&reference, content + N_CONTENT - N_REFERENCE, N_REFERENCE) ==
          TACIT_OK);
    for (size_t i = 0; i < N_SHAPES; i++)
        models[i] = make_model(i, &memory[i]);
    if (models_only)
        write_models(folder, memory);
    for (size_t i = 0; i < N_SHAPES && !models_only; i++)
        for (size_t v = 0; v < sizeof variants / sizeof *variants; v++) {
            char path[4096];
            if (!is_made(&variants[v], i) || (i + v) % ONE_OF != 0)
                continue;
            snprintf(path, sizeof path, "%s/model%zu-%s.tct", folder, i, variants[v].name);
            how.turn = turns ? (first + (int)(i + v)) % N_TURNS : -1;
            if (how.turn < N_TURNS - 1)
                check_one(&variants[v], models, i, &how, path);
        }
    for (size_t i = 0; i < N_SHAPES; i++) {
        tacit_model_close(models[i]);
        free(memory[i]);
    }
    tacit_reference_destroy(reference);
    return check_result();
}
