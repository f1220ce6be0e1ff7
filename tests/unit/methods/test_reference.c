/* SPDX-License-Identifier: Apache-2.0
 *
 * References: content comes back at every method, one object serves encoders and decoders of several threads
 * at a time, what repeats the reference costs next to nothing, payloads that lie do no harm, and
 * without the same reference nothing is decoded.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "check.h"
#include "methods/block.h"
#include "methods/reference/reference_models.h"
#include "tacit/tacit.h"
#include "unit/samples.h"

enum { N = 9000, N_REFERENCE = 7000, ARCHIVE_MAX = 2 * N, N_THREADS = 3, N_TRIES = 100 };

static uint8_t reference_data[N], content[N];

static struct tacit_reference *make(const uint8_t *data, size_t n)
{
    struct tacit_reference *reference;
    CHECK(tacit_reference_create(&reference, data, n) == TACIT_OK);
    return reference;
}

static struct tacit_options options_of(int level, const struct tacit_reference *reference)
{
    struct tacit_options options;
    tacit_options_init(&options);
    options.level = level;
    options.n_threads = 1;
    options.no_model = 1;
    options.reference = reference;
    return options;
}

/* Returns the archive's size; 0: it was not restored. */
static size_t round_trip(const struct tacit_options *options, size_t n)
{
    static _Thread_local uint8_t archive[ARCHIVE_MAX], restored[N];
    size_t n_archive, n_restored;
    bool ok =
        tacit_buffer_compress(content, n, archive, sizeof archive, &n_archive, options) == TACIT_OK;
    ok = ok && tacit_buffer_decompress(archive, n_archive, restored, sizeof restored, &n_restored,
                                       options) == TACIT_OK;
    return ok && n_restored == n && memcmp(restored, content, n) == 0 ? n_archive : 0;
}

static size_t check_round_trip(const struct tacit_options *options, size_t n)
{
    size_t n_archive = round_trip(options, n);
    CHECK(n_archive > 0);
    return n_archive;
}

static void check_kinds(void)
{
    static const int levels[] = {1, 2, 6};
    for (int kind = 0; kind < N_SAMPLE_KINDS; kind++) {
        sample_fill(reference_data, N, (enum sample_kind)kind, 7);
        sample_fill(content, N, (enum sample_kind)kind, 8);
        memcpy(content + 1000, reference_data + 500, 5500); /* a copy, and what goes on behind it */
        struct tacit_reference *reference = make(reference_data, N_REFERENCE);
        for (size_t i = 0; i < sizeof levels / sizeof *levels; i++) {
            struct tacit_options options = options_of(levels[i], reference);
            check_round_trip(&options, N);
            options.block_size = 4000;
            options.n_threads = 2;
            check_round_trip(&options, N);
            check_round_trip(&options, 1);
        }
        tacit_reference_destroy(reference);
    }
}

/* The same content again is a few bytes; without the reference it is what it was. */
static void check_gain(void)
{
    sample_fill(content, N, SAMPLE_RANDOM, 3);
    struct tacit_reference *reference = make(content, N);
    for (int level = TACIT_LEVEL_MIN; level <= 6; level++) {
        struct tacit_options options = options_of(level, reference);
        size_t n = check_round_trip(&options, N);
        CHECK_MSG(n < 200, "level %d: %zu bytes", level, n);
    }
    tacit_reference_destroy(reference);
}

struct work {
    const struct tacit_reference *reference;
    bool ok;
};

static void *run_thread(void *argument)
{
    struct work *work = argument;
    struct tacit_options options = options_of(4, work->reference);
    work->ok = true;
    for (int i = 0; i < 4; i++)
        work->ok &= round_trip(&options, 1000 + 500 * (size_t)i) > 0;
    return NULL;
}

static void check_threads(void)
{
    pthread_t threads[N_THREADS];
    struct work work[N_THREADS];
    sample_fill(content, N, SAMPLE_TEXT, 1);
    sample_fill(reference_data, N, SAMPLE_TEXT, 2);
    struct tacit_reference *reference = make(reference_data, N_REFERENCE);
    for (int i = 0; i < N_THREADS; i++) {
        work[i] = (struct work){reference, false};
        CHECK(pthread_create(&threads[i], NULL, run_thread, &work[i]) == 0);
    }
    for (int i = 0; i < N_THREADS; i++) {
        pthread_join(threads[i], NULL);
        CHECK(work[i].ok);
    }
    tacit_reference_destroy(reference);
}

static void check_refusals(void)
{
    uint8_t archive[ARCHIVE_MAX], restored[N];
    size_t n_archive, n_restored;
    struct tacit_reference *reference, *other, *shorter;
    struct tacit_reference_identity identity = {.struct_size = sizeof identity}, needed = identity;
    CHECK(tacit_reference_create(&reference, content, 0) == TACIT_ERR_ARGUMENT && !reference);
    CHECK(tacit_reference_create(&reference, NULL, 5) == TACIT_ERR_ARGUMENT);
    sample_fill(content, N, SAMPLE_TEXT, 1);
    reference = make(content, N_REFERENCE);
    shorter = make(content, N_REFERENCE - 1);
    content[N_REFERENCE / 2] ^= 1;
    other = make(content, N_REFERENCE);
    CHECK(tacit_reference_get_identity(reference, &identity) == TACIT_OK);
    CHECK(identity.n_bytes == N_REFERENCE && identity.n_hash == TACIT_REFERENCE_HASH);
    for (uint64_t block_size = 0; block_size <= 4000; block_size += 4000) {
        struct tacit_options options = options_of(3, reference);
        options.block_size = block_size;
        CHECK(tacit_buffer_compress(content, N, archive, sizeof archive, &n_archive, &options) ==
              TACIT_OK);
        CHECK(tacit_archive_needs_reference(archive, n_archive, &needed) == TACIT_OK);
        CHECK(needed.n_bytes == (block_size ? N_REFERENCE : 0) && needed.n_hash >= 2 &&
              memcmp(needed.hash, identity.hash, needed.n_hash) == 0);
        const struct tacit_reference *wrong[] = {NULL, other, shorter};
        for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
            options.reference = wrong[i];
            CHECK(tacit_buffer_decompress(archive, n_archive, restored, N, &n_restored, &options) ==
                  (wrong[i] ? TACIT_ERR_REFERENCE_WRONG : TACIT_ERR_REFERENCE_MISSING));
            CHECK(n_restored == 0);
        }
    }
    tacit_reference_destroy(reference);
    tacit_reference_destroy(other);
    tacit_reference_destroy(shorter);
    tacit_reference_destroy(NULL);
}

/* Content that does without names none. */
static void check_stored(void)
{
    uint8_t archive[ARCHIVE_MAX];
    size_t n_archive;
    struct tacit_reference_identity needed = {.struct_size = sizeof needed};
    sample_fill(content, N, SAMPLE_RANDOM, 5);
    sample_fill(reference_data, N, SAMPLE_RANDOM, 6);
    struct tacit_reference *reference = make(reference_data, N);
    struct tacit_options options = options_of(3, reference);
    CHECK(tacit_buffer_compress(content, N, archive, sizeof archive, &n_archive, &options) ==
          TACIT_OK);
    CHECK(tacit_archive_needs_reference(archive, n_archive, &needed) == TACIT_OK);
    CHECK(needed.n_bytes == 0 && needed.n_hash == 0);
    tacit_reference_destroy(reference);
}

/* A short archive has one check for all: no damage to it goes unnoticed, nor does a cut. */
static void check_short(void)
{
    enum { N_SHORT = 300 };
    uint8_t archive[ARCHIVE_MAX], restored[N];
    size_t n_archive, n;
    sample_fill(reference_data, N, SAMPLE_TEXT, 5);
    sample_fill(content, N, SAMPLE_TEXT, 6);
    struct tacit_reference *reference = make(reference_data, N);
    struct tacit_options options = options_of(3, reference);
    CHECK(tacit_buffer_compress(content, N_SHORT, archive, sizeof archive, &n_archive, &options) ==
          TACIT_OK);
    for (size_t i = 0; i < n_archive; i++) {
        CHECK(tacit_buffer_decompress(archive, i, restored, N, &n, &options) != TACIT_OK);
        archive[i] ^= (uint8_t)(1u << i % 8);
        enum tacit_status status =
            tacit_buffer_decompress(archive, n_archive, restored, N, &n, &options);
        CHECK_MSG(status != TACIT_OK || (n == N_SHORT && memcmp(restored, content, n) == 0),
                  "byte %zu", i);
        archive[i] ^= (uint8_t)(1u << i % 8);
    }
    tacit_reference_destroy(reference);
}

/* Payloads whose checks are right, and which are wrong all the same. */
static void check_damaged(int level)
{
    uint64_t state = 11;
    struct codec_plan plan;
    sample_fill(content, N, SAMPLE_TEXT, 1);
    sample_fill(reference_data, N, SAMPLE_TEXT, 2);
    memcpy(content + 1000, reference_data + 500, 5500);
    struct tacit_reference *reference = make(reference_data, N_REFERENCE);
    struct tacit_options options = options_of(level, reference);
    CHECK(codec_plan_make(&plan, &options) == TACIT_OK);
    struct block_job whole = {.plan = &plan, .reference = reference};
    CHECK(byte_buffer_append(&whole.content, content, N) == TACIT_OK);
    CHECK(block_encode(&whole) == TACIT_OK &&
          block_needs_reference(&whole.header, whole.payload.data));
    for (int i = 0; i < N_TRIES; i++) {
        struct block_job job = {.plan = &plan, .header = whole.header, .reference = reference};
        uint64_t n_bytes;
        size_t n = whole.payload.size, at = sample_rng(&state) % (i % 2 && n > 16 ? 16 : n);
        CHECK(byte_buffer_append(&job.payload, whole.payload.data, n) == TACIT_OK);
        job.payload.data[at] ^= (uint8_t)(1 + sample_rng(&state) % 255);
        job.header.payload_check = hash64(job.payload.data, job.payload.size, 0);
        if (block_decode_memory(&job, &n_bytes) == TACIT_OK && n_bytes < (uint64_t)64 << 20) {
            enum tacit_status status = block_decode(&job);
            CHECK_MSG(status == TACIT_ERR_CORRUPT || status == TACIT_ERR_CHECKSUM ||
                          status == TACIT_ERR_VERSION ||
                          (status == TACIT_OK && memcmp(job.content.data, content, N) == 0),
                      "level %d: %s", level, tacit_status_name(status));
        }
        block_job_free(&job);
    }
    whole.header.content_size = N;
    struct block_job without = {.plan = &plan, .header = whole.header, .payload = whole.payload};
    CHECK(block_decode(&without) != TACIT_OK);
    byte_buffer_free(&without.content);
    block_job_free(&whole);
    tacit_reference_destroy(reference);
}

/* Of a longer reference, the last part alone is learnt; all of it can be found. */
static void check_parts(void)
{
    enum { LONG = 100000 };
    uint8_t *data = malloc(LONG);
    sample_fill(data, LONG, SAMPLE_RANDOM, 9);
    struct tacit_reference *reference = make(data, LONG);
    CHECK(reference_part_for(reference, LONG) == 0 && reference_n_learnt(reference, 0) == LONG);
    CHECK(reference_part_for(reference, 1) == 1 && reference_n_learnt(reference, 1) == 1 << 16);
    CHECK(reference_n_learnt(reference, 2) == LONG);
    struct context_config config = {.strength = CONTEXT_QUICK, .content_set = 1, .memory_log2 = 20};
    struct reference_reading reading = {.type = CONTENT_DEFAULT, .part = 1};
    struct kernels kernels;
    struct block_watch watch = {0};
    struct reference_models *models;
    kernels_select(&kernels, 0);
    reference_models_configure(reference, 1000, &reading, &config);
    CHECK(reference_models_take(reference, &config, &reading, &kernels, &watch, &models) ==
          TACIT_OK);
    struct context_mixer *cm = models->cm;
    float bits = 0; /* of bytes that were skimmed: the match model knows them */
    for (size_t i = 0; i < 400; i++) {
        for (int bit = 7; bit >= 0; bit--) {
            int value = data[i + 100] >> bit & 1;
            uint32_t p = context_mixer_predict(cm);
            bits += (value ? p : ~p) < UINT32_C(1) << 31 ? 1.0f : 0.0f;
            context_mixer_update(cm, value);
        }
    }
    CHECK_MSG(bits < 400.0f, "%g of 3200 bits are foretold wrongly", (double)bits);
    reference_models_give_back(reference, models);
    reference_models_give_back(reference, NULL);
    tacit_reference_destroy(reference);
    free(data);
}

static void predict_some(struct context_mixer *cm, uint32_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        p[i] = context_mixer_predict(cm);
        context_mixer_update(cm, content[i / 8] >> i % 8 & 1);
    }
}

/* Models that worked and were given back foretell the next block as if nothing had been. */
static void check_used_again(void)
{
    enum { N_BITS = 8 * 1500 };
    static uint32_t first[N_BITS], again[N_BITS];
    static const unsigned sets[] = {CONTENT_ALL, CONTENT_BIT(CONTENT_TEXT)};
    struct reference_reading reading = {.type = CONTENT_TEXT};
    struct block_watch watch = {0};
    struct kernels kernels;
    kernels_select(&kernels, 0);
    sample_fill(reference_data, N, SAMPLE_TEXT, 2);
    for (unsigned i = 0; i < 6; i++) {
        struct tacit_reference *reference = make(reference_data, N_REFERENCE);
        struct context_config config = {.strength = (enum context_strength)(i / 2),
                                        .content_set = sets[i % 2],
                                        .memory_log2 = 20};
        struct reference_models *models, *same, *other;
        reference_models_configure(reference, 2000, &reading, &config);
        CHECK(reference_models_take(reference, &config, &reading, &kernels, &watch, &models) ==
              TACIT_OK);
        CHECK(reference_models_take(reference, &config, &reading, &kernels, &watch, &other) ==
              TACIT_OK);
        CHECK(models != other); /* one for each of those at work */
        sample_fill(content, N, SAMPLE_TEXT, 1);
        predict_some(models->cm, first, N_BITS);
        predict_some(other->cm, again, N_BITS);
        CHECK(memcmp(first, again, sizeof first) == 0);
        reference_models_give_back(reference, models);
        CHECK(reference_models_take(reference, &config, &reading, &kernels, &watch, &same) ==
              TACIT_OK);
        CHECK(models == same);
        predict_some(same->cm, again, N_BITS);
        CHECK(memcmp(first, again, sizeof first) == 0);
        reference_models_give_back(reference, same);
        reference_models_give_back(reference, other);
        tacit_reference_destroy(reference);
    }
}

#ifdef __SANITIZE_THREAD__
enum { THREADS_ONLY = 1 }; /* the rest takes minutes there, and is about one thread */
#else
enum { THREADS_ONLY = 0 };
#endif

static void check_one_thread(void)
{
    check_kinds();
    check_gain();
    check_refusals();
    check_stored();
    check_short();
    check_damaged(1);
    check_damaged(2);
    check_damaged(5);
    check_parts();
    check_used_again();
}

int main(void)
{
    check_threads();
    if (!THREADS_ONLY)
        check_one_thread();
    return check_result();
}
