/* SPDX-License-Identifier: Apache-2.0
 *
 * Blocks coded with a language model, a tiny one that knows nothing: they come back whatever the number
 * of streams, threads and kernels, always from the same bytes; wrong
 * payloads are refused; unmixed, the size is what the model says that the content costs.
 */
#include "methods/language/language_block.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "check.h"
#include "engine/lm.h"
#include "golden/golden_content.h"
#include "methods/language/language_choose.h"
#include "methods/language/language_layout.h"
#include "tiny_tmodel.h"
#include "unit/samples.h"

enum { N_CONTENT = 1500, N_MAX = 4 * N_CONTENT, N_THREADS = 5 };

/* The thread sanitizer takes fifty times as long, and asks about threads alone. */
#ifdef __SANITIZE_THREAD__
enum { ONLY_THREADS = 1 };
#else
enum { ONLY_THREADS = 0 };
#endif
#ifdef __SANITIZE_ADDRESS__ /* takes ten times as long */
enum { N_DAMAGED = 4, N_DAMAGED_KIND = 2 };
#else
enum { N_DAMAGED = 12, N_DAMAGED_KIND = 4 };
#endif

#define SHAPE(name, ...) {__VA_ARGS__},
static const struct lm_shape shapes[] = {TINY_MODELS(SHAPE)};

static uint8_t content[N_CONTENT];
static struct tacit_model_report report; /* there is one, so what the model says is counted */
static struct thread_pool *pool;         /* that helps, if the plan has several threads */

static void fill_content(void)
{
    struct line_ends ends;
    golden_fill(content, N_CONTENT, GOLDEN_crlf);
    line_ends_find(&ends, content, N_CONTENT);
    CHECK(ends.n_removed > 0);
    for (size_t i = 100; i < N_CONTENT; i += 173) /* bytes that the vocabulary lacks */
        content[i] = i % 2 ? 'Q' : 255;
    content[N_CONTENT - 1] = 'Q';
}

static const struct tacit_reference *reference; /* of all jobs; NULL: none */

static void encode(struct block_job *job, const struct codec_plan *plan)
{
    static struct block_look look;
    *job = (struct block_job){.plan = plan,
                              .model = plan->model,
                              .reference = reference,
                              .look = &look,
                              .pool = plan->n_threads > 1 ? pool : NULL,
                              .alone = true};
    CHECK(byte_buffer_append(&job->content, content, N_CONTENT) == TACIT_OK);
    job->header.content_size = N_CONTENT;
    if (reference)
        look.line_ends.n_removed = look.line_ends.n_bare = 0;
    else
        line_ends_find(&look.line_ends, content, N_CONTENT);
    job->content.size = line_ends_apply(&look.line_ends, job->content.data, N_CONTENT);
    look.n_split = 1;
    look.split[0] = (struct content_segment){{.type = CONTENT_TEXT}, (uint32_t)job->content.size};
    CHECK(language_choose_spoken(&look, &job->content, !plan->unmixed) == TACIT_OK && look.spoken);
    CHECK(language_method.encode(job, N_MAX) == TACIT_OK && job->payload.size > 0);
}

static enum tacit_status decode(const struct block_job *whole, const uint8_t *payload, size_t n,
                                uint32_t content_size)
{
    struct block_job job = {.plan = whole->plan,
                            .model = whole->model,
                            .reference = whole->reference,
                            .header = whole->header,
                            .pool = whole->pool,
                            .alone = true};
    uint64_t n_bytes;
    job.header.content_size = content_size;
    CHECK(byte_buffer_append(&job.payload, payload, n) == TACIT_OK);
    enum tacit_status status = language_method.decode_memory(&job, &n_bytes);
    if (status == TACIT_OK && n_bytes < (uint64_t)1 << 29)
        status = language_method.decode(&job);
    if (status == TACIT_OK && content_size == N_CONTENT && payload == whole->payload.data)
        CHECK(memcmp(job.content.data, content, N_CONTENT) == 0);
    block_job_free(&job);
    return status;
}

static void check_damage(const struct block_job *whole, int n_damaged)
{
    uint64_t state = 1;
    size_t n = whole->payload.size;
    uint8_t *copy = malloc(n);
    for (int i = 0; i < n_damaged; i++) {
        memcpy(copy, whole->payload.data, n);
        size_t reach = i % 3 ? 16 : n;
        copy[sample_rng(&state) % reach] ^= (uint8_t)(1 + sample_rng(&state) % 255);
        enum tacit_status status = decode(whole, copy, n, N_CONTENT);
        CHECK_MSG(status == TACIT_OK || status == TACIT_ERR_CORRUPT ||
                      status == TACIT_ERR_VERSION, /* reserved */
                  "%s", tacit_status_name(status));
    }
    memcpy(copy, whole->payload.data, n);
    for (size_t cut = 0; cut < 12; cut++)
        CHECK(decode(whole, copy, cut, N_CONTENT) == TACIT_ERR_CORRUPT);
    free(copy);
}

/* Whatever the streams and threads: the same reading, once made and once brought back, and what repeats the
 * reference takes less. Without it, nothing is decoded. */
static void check_reference(const struct tacit_model *model)
{
    struct tacit_reference *made;
    CHECK(tacit_reference_create(&made, content, N_CONTENT - 100) == TACIT_OK);
    for (unsigned n_streams = 1; n_streams <= 3; n_streams += 2) {
        size_t n_without = 0;
        uint64_t hash = 0;
        for (unsigned i = 0; i < 5; i++) {
            struct codec_plan plan;
            struct block_job job;
            struct tacit_options options;
            tacit_options_init(&options);
            options.model = model;
            options.n_streams = n_streams;
            options.n_threads = i < 3 ? 1 : N_THREADS;
            reference = options.reference = i == 0 ? NULL : made;
            CHECK(codec_plan_make(&plan, &options) == TACIT_OK);
            encode(&job, &plan);
            CHECK(decode(&job, job.payload.data, job.payload.size, N_CONTENT) == TACIT_OK);
            if (i == 0) {
                n_without = job.payload.size;
                block_job_free(&job);
                continue;
            }
            CHECK(language_method.needs_reference(job.payload.data, job.payload.size));
            CHECK_MSG(job.payload.size < n_without * 3 / 4, "%zu bytes, %zu without",
                      job.payload.size, n_without);
            CHECK(i == 1 || hash == hash64(job.payload.data, job.payload.size, 0));
            hash = hash64(job.payload.data, job.payload.size, 0);
            job.reference = NULL;
            CHECK(decode(&job, job.payload.data, job.payload.size, N_CONTENT) ==
                  TACIT_ERR_REFERENCE_MISSING);
            job.reference = made;
            block_job_free(&job);
        }
    }
    reference = NULL;
    tacit_reference_destroy(made);
}

/* Bits of the content as one stream, by the model alone, which never says its special token. */
static double model_bits(const struct codec_plan *plan)
{
    const struct lm_model *lm = model_file_lm(plan->model->file);
    const struct tokenizer *tokenizer = model_file_tokenizer(plan->model->file);
    struct lm_options options = {1, plan->n_context, 1, plan->cpu_features, 1, 0, KV_INT8, 0, NULL};
    struct line_ends ends;
    struct lm_state *state;
    float *logits = aligned_alloc(64, lm_logit_stride(lm) * sizeof *logits);
    uint8_t text[N_CONTENT];
    uint32_t items[N_CONTENT], token = tokenizer_start(tokenizer);
    size_t n_items;
    double bits = 0;
    memcpy(text, content, N_CONTENT);
    line_ends_find(&ends, text, N_CONTENT);
    size_t n = line_ends_apply(&ends, text, N_CONTENT);
    CHECK(tokenizer_encode(tokenizer, text, n, items, &n_items) == TACIT_OK);
    CHECK(lm_state_create(&state, lm, &options) == TACIT_OK);
    for (size_t i = 0; i < n_items; i++) {
        double sum = 0;
        CHECK(lm_step(state, &token, logits) == TACIT_OK);
        for (uint32_t j = 0; j < lm->shape.n_vocab; j++)
            sum += tokenizer_item_bytes(tokenizer, j).n > 0 ? exp(logits[j]) : 0;
        token = items[i] < lm->shape.n_vocab ? items[i] : LM_NO_TOKEN;
        bits += token == LM_NO_TOKEN ? 30 : log2(sum) - logits[token] / log(2);
    }
    lm_state_destroy(state);
    free(logits);
    return bits;
}

static struct codec_plan plan_of(const struct tacit_model *model, bool unmixed, unsigned n_streams,
                                 unsigned n_threads, const char *cpu)
{
    struct tacit_options options;
    struct codec_plan plan;
    tacit_options_init(&options);
    options.model = model;
    options.unmixed = unmixed;
    options.n_streams = n_streams;
    options.n_threads = n_threads;
    options.cpu = cpu;
    options.n_context = 256;
    CHECK(codec_plan_make(&plan, &options) == TACIT_OK);
    plan.report = &report;
    plan.memory_log2_max = CONTEXT_MEMORY_LOG2_MIN;
    plan.guessing = n_threads > 1 ? GUESSING_ALL : GUESSING_WHAT_PAYS;
    return plan;
}

/* expected: the payload's hash; 0: any, but always the same (tests/golden has archives of it). */
static void check_streams(const struct tacit_model *model, bool unmixed, unsigned n_streams,
                          uint64_t expected)
{
    for (unsigned i = ONLY_THREADS; i < 3; i++) {
        unsigned n_threads = (unsigned[]){1, 2, N_THREADS}[i];
        struct codec_plan plan =
            plan_of(model, unmixed, n_streams, n_threads, n_threads == 2 ? "scalar" : NULL);
        struct block_job job;
        encode(&job, &plan);
        uint64_t hash = hash64(job.payload.data, job.payload.size, 0);
        expected = expected ? expected : hash;
        CHECK_MSG(hash == expected, "unmixed %d, %u streams, %u threads: %016llx", unmixed,
                  n_streams, n_threads, (unsigned long long)hash);
        CHECK(decode(&job, job.payload.data, job.payload.size, N_CONTENT) == TACIT_OK);
        if (n_streams == 1) {
            double bits = model_bits(&plan);
            uint64_t n_bytes = unmixed ? job.payload.size : job.report.model_bytes;
            CHECK_MSG(fabs((double)n_bytes - bits / 8) < bits / 8 * 0.001 + 64,
                      "unmixed %d, %llu bytes, %.1f bits", unmixed, (unsigned long long)n_bytes,
                      bits);
        }
        CHECK(decode(&job, job.payload.data, job.payload.size, 1) == TACIT_ERR_CORRUPT);
        if (n_streams == 3 && n_threads == 1)
            check_damage(&job, N_DAMAGED);
        block_job_free(&job);
    }
}

/* A log of one stream begins with the primer, and comes back; nothing else may claim to. */
static void check_primer(const struct tacit_model *model)
{
    struct codec_plan plan = plan_of(model, false, 1, 1, NULL);
    struct language_layout layout;
    struct block_job job;
    size_t n_layout;
    golden_fill(content, N_CONTENT, GOLDEN_log);
    encode(&job, &plan);
    const uint8_t *payload = job.payload.data;
    size_t n = job.payload.size;
    CHECK(language_layout_parse(payload, n, N_CONTENT, NULL, &layout, &n_layout) == TACIT_OK);
    CHECK(layout.primed);
    CHECK(decode(&job, payload, n, N_CONTENT) == TACIT_OK);
    check_damage(&job, N_DAMAGED);
    uint8_t packed[LANGUAGE_LAYOUT_MAX];
    layout.n_streams = 2;
    layout.n_bytes[0] = 1;
    n = language_layout_pack(packed, &layout);
    CHECK(language_layout_parse(packed, n, N_CONTENT, NULL, &layout, &n_layout) ==
          TACIT_ERR_VERSION);
    block_job_free(&job);
    plan = plan_of(model, true, 1, 1, NULL);
    encode(&job, &plan);
    payload = job.payload.data;
    CHECK(language_layout_parse(payload, job.payload.size, N_CONTENT, NULL, &layout, &n_layout) ==
              TACIT_OK &&
          !layout.primed);
    block_job_free(&job);
}

/* Plain kernels and one thread, or all kernels and threads, give the same payload, which decodes, and damaged does no harm: it
 * is left in *job, and its layout in *layout. */
static void encode_alike(const struct tacit_model *model, uint32_t n_context, enum kv_kind kind,
                         uint32_t share, struct block_job *job, struct language_layout *layout)
{
    struct codec_plan plans[2] = {plan_of(model, false, 1, 1, "scalar"),
                                  plan_of(model, false, 1, N_THREADS, NULL)};
    struct block_job again;
    size_t n_layout;
    fill_content();
    for (int i = 0; i < 2; i++) {
        plans[i].n_context = n_context;
        plans[i].kv_kind = kind;
        plans[i].kv_keep = share;
        encode(i ? &again : job, &plans[i]);
    }
    const uint8_t *payload = job->payload.data;
    size_t n = job->payload.size;
    CHECK(again.payload.size == n && memcmp(again.payload.data, payload, n) == 0);
    CHECK(language_layout_parse(payload, n, N_CONTENT, NULL, layout, &n_layout) == TACIT_OK);
    CHECK(decode(&again, again.payload.data, n, N_CONTENT) == TACIT_OK);
    CHECK(decode(job, payload, n, N_CONTENT) == TACIT_OK);
    check_damage(job, N_DAMAGED_KIND);
    block_job_free(&again);
}

/* Positions are kept by attention: the block records the share; threads and kernels change nothing; shares and kinds
 * that do not go together are refused. */
static void check_kv_keep(const struct tacit_model *model)
{
    struct language_layout layout;
    struct block_job job;
    encode_alike(model, 256, KV_INT8, 30, &job, &layout);
    const uint8_t *payload = job.payload.data;
    size_t n = job.payload.size;
    CHECK(layout.kv_kind == KV_INT8 && layout.kv_keep == 30);
    struct codec_plan few = plan_of(model, false, 1, 1, "scalar");
    few.n_context = 256; /* all heads alike, whatever kind is asked for */
    few.kv_kind = KV_K4V4;
    few.kv_keep = 30;
    CHECK(language_method.encode_memory(&few, N_CONTENT) < (uint64_t)1 << 32);
    job.payload.data[2] = 0x80 | KV_K4V4;
    CHECK(decode(&job, payload, n, N_CONTENT) == TACIT_ERR_VERSION);
    job.payload.data[2] = 0x80;
    job.payload.data[3] = 100;
    CHECK(decode(&job, payload, n, N_CONTENT) == TACIT_ERR_VERSION);
    job.payload.data[3] = 0;
    CHECK(decode(&job, payload, n, N_CONTENT) == TACIT_ERR_CORRUPT);
    block_job_free(&job);
}

/* Heads keep numbers of their own, beside any kind: the block records them; threads and kernels change nothing; numbers that
 * are not this model's are refused. */
static void check_kv_heads(const struct tacit_model *model, enum kv_kind kind)
{
    struct language_layout layout;
    struct block_job job;
    encode_alike(model, 512, kind, 10, &job, &layout);
    const uint8_t *payload = job.payload.data;
    size_t n = job.payload.size;
    CHECK(layout.kv_kind == kind && layout.kv_keep == 0);
    CHECK(layout.kv_heads.n == kv_heads_of(&model_file_lm(model->file)->shape));
    CHECK(job.payload.data[3] == 0x80 && job.payload.data[4] == layout.kv_heads.n);
    job.payload.data[4]++;
    CHECK(decode(&job, payload, n, N_CONTENT) == TACIT_ERR_CORRUPT);
    job.payload.data[4] = 0;
    CHECK(decode(&job, payload, n, N_CONTENT) == TACIT_ERR_CORRUPT);
    block_job_free(&job);
}

static void encode_behind(const struct tacit_model *model, const struct tacit_reference *made,
                          uint32_t n_context, uint32_t share, struct block_job *job)
{
    struct codec_plan plan;
    struct tacit_options options;
    struct language_layout layout;
    size_t n_layout;
    tacit_options_init(&options);
    options.model = model;
    options.n_streams = options.n_threads = 1;
    reference = options.reference = made;
    CHECK(codec_plan_make(&plan, &options) == TACIT_OK);
    plan.n_context = n_context;
    plan.kv_keep = share;
    plan.kv_kind = KV_K4V4;
    encode(job, &plan);
    CHECK(language_layout_parse(job->payload.data, job->payload.size, N_CONTENT, NULL, &layout,
                                &n_layout) == TACIT_OK);
    CHECK(layout.referenced && (layout.kv_heads.n > 0) == (n_context == 512));
    CHECK(decode(job, job->payload.data, job->payload.size, N_CONTENT) == TACIT_OK);
}

/* Behind a reference too, of which another block's models, whose heads keep other numbers, may have been kept; content that
 * does not fill the context has its heads alike. */
static void check_kv_behind(const struct tacit_model *model)
{
    struct tacit_reference *used, *fresh;
    struct block_job first, second, alone;
    fill_content();
    CHECK(tacit_reference_create(&used, content, N_CONTENT / 2) == TACIT_OK);
    CHECK(tacit_reference_create(&fresh, content, N_CONTENT / 2) == TACIT_OK);
    encode_behind(model, used, 512, 10, &first);
    encode_behind(model, used, 512, 25, &second);
    encode_behind(model, fresh, 512, 25, &alone);
    CHECK(second.payload.size == alone.payload.size &&
          memcmp(second.payload.data, alone.payload.data, alone.payload.size) == 0);
    reference = used;
    CHECK(decode(&first, first.payload.data, first.payload.size, N_CONTENT) == TACIT_OK);
    block_job_free(&first);
    block_job_free(&second);
    block_job_free(&alone);
    encode_behind(model, fresh, 1 << 16, 10, &first);
    block_job_free(&first);
    reference = NULL;
    tacit_reference_destroy(used);
    tacit_reference_destroy(fresh);
}

/* Kinds of KV cache: the block records them, whatever else it has; threads, kernels and guesses change nothing; unknown
 * ones are refused, and so is a byte that says what its absence says. */
static void check_kv_kinds(const struct tacit_model *model)
{
    fill_content();
    for (unsigned i = 0; i < 4; i++) {
        struct codec_plan plan = plan_of(model, i == 3, 1, 1, "scalar");
        struct codec_plan helped = plan_of(model, i == 3, 1, N_THREADS, NULL);
        struct language_layout layout;
        struct block_job job, again;
        size_t n_layout;
        plan.n_context = helped.n_context = 384;
        plan.kv_kind = helped.kv_kind = i % 2 ? KV_K4V4 : KV_K3V2;
        if (i == 2)
            golden_fill(content, N_CONTENT, GOLDEN_tar);
        encode(&job, &plan);
        encode(&again, &helped);
        const uint8_t *payload = job.payload.data;
        size_t n = job.payload.size;
        CHECK(again.payload.size == n && memcmp(again.payload.data, payload, n) == 0);
        CHECK(language_layout_parse(payload, n, N_CONTENT, NULL, &layout, &n_layout) == TACIT_OK);
        CHECK(layout.kv_kind == plan.kv_kind);
        CHECK(decode(&job, payload, n, N_CONTENT) == TACIT_OK);
        CHECK(decode(&again, again.payload.data, n, N_CONTENT) == TACIT_OK);
        check_damage(&job, N_DAMAGED_KIND);
        job.payload.data[2] = KV_N_KINDS;
        CHECK(decode(&job, payload, n, N_CONTENT) == TACIT_ERR_VERSION);
        job.payload.data[2] = KV_INT8;
        CHECK(decode(&job, payload, n, N_CONTENT) == TACIT_ERR_CORRUPT);
        block_job_free(&job);
        block_job_free(&again);
    }
}

/* Silent segments and headers of a tar: from any streams and threads, with and without primer. */
static void check_silent(const struct tacit_model *model, enum golden_class kind, bool primed)
{
    for (unsigned i = 0; i < (kind == GOLDEN_holes ? 3u : 2u); i++) {
        unsigned n_streams = (unsigned[]){1, 3, TACIT_STREAMS_MAX}[i];
        struct codec_plan plan = plan_of(model, false, n_streams, 1, NULL);
        struct language_layout layout;
        struct block_job job, again;
        size_t n_layout;
        encode(&job, &plan);
        const uint8_t *payload = job.payload.data;
        size_t n = job.payload.size;
        CHECK(language_layout_parse(payload, n, N_CONTENT, NULL, &layout, &n_layout) == TACIT_OK);
        CHECK(layout.primed == (primed && n_streams == 1) && layout.n_spoken < layout.n_arranged);
        CHECK((layout.arrangement.tar.n_headers > 0) == (kind == GOLDEN_tar));
        uint32_t silent_set = speech_silent_set(&layout.arrangement.speech);
        CHECK(kind != GOLDEN_prose || silent_set & CONTENT_BIT(CONTENT_X86));
        CHECK(decode(&job, payload, n, N_CONTENT) == TACIT_OK);
        if (n_streams == 3)
            check_damage(&job, N_DAMAGED_KIND);
        struct codec_plan helped = plan_of(model, false, n_streams, N_THREADS, NULL);
        encode(&again, &helped);
        CHECK(again.payload.size == n && memcmp(again.payload.data, payload, n) == 0);
        CHECK(decode(&again, again.payload.data, n, N_CONTENT) == TACIT_OK);
        uint8_t packed[LANGUAGE_LAYOUT_MAX];
        layout.unmixed = true;
        layout.primed = false;
        n = language_layout_pack(packed, &layout);
        CHECK(language_layout_parse(packed, n, N_CONTENT, NULL, &layout, &n_layout) ==
              TACIT_ERR_VERSION);
        block_job_free(&job);
        block_job_free(&again);
    }
}

static void check_silent_kinds(const struct tacit_model *model)
{
    golden_fill(content, N_CONTENT, GOLDEN_holes);
    check_silent(model, GOLDEN_holes, false);
    golden_fill(content, N_CONTENT, GOLDEN_tar);
    check_silent(model, GOLDEN_tar, false);
    golden_fill(content, N_CONTENT, GOLDEN_log);
    memset(content + 500, 0, 100);
    check_silent(model, GOLDEN_log, true);
    golden_fill(content, N_CONTENT, GOLDEN_crlf); /* line ends that are removed, too */
    memset(content + 700, 0, 60);
    check_silent(model, GOLDEN_crlf, false);
    golden_fill(content, N_CONTENT, GOLDEN_prose);
    golden_fill(content + 600, 600, GOLDEN_x86); /* which is transformed */
    check_silent(model, GOLDEN_prose, false);
}

int main(void)
{
    static const struct {
        bool unmixed;
        unsigned n_streams;
        uint64_t hash;
    } cases[] = {
        {false, 1, 0},
        {false, 3, 0},
        {false, 70, 0},
        {true, 1, 0xdfaf0091ac98244a},
        {true, 3, 0x0e2df826efacedae},
    };
    fill_content();
    CHECK(thread_pool_create(&pool, N_THREADS) == TACIT_OK);
    struct tacit_model *model;
    uint8_t *memory;
    CHECK(tiny_tmodel(&model, &shapes[2], &memory) == TACIT_OK);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (!ONLY_THREADS || cases[i].n_streams == 3)
            check_streams(model, cases[i].unmixed, cases[i].n_streams, cases[i].hash);
    if (!ONLY_THREADS) {
        check_primer(model);
        check_reference(model);
        check_silent_kinds(model);
        check_kv_kinds(model);
        check_kv_keep(model);
        check_kv_heads(model, KV_K4V4);
        check_kv_heads(model, KV_K4V3S);
        check_kv_behind(model);
    }
    tacit_model_close(model);
    free(memory);
    thread_pool_destroy(pool);
    return check_result();
}
