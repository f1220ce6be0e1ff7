/* SPDX-License-Identifier: Apache-2.0
 *
 * Public structs may grow at their end: every public call that takes one takes the struct of a program that was
 * compiled when it was shorter, and that of a program compiled with a longer one that it leaves zero. Each
 * struct lies at the end of a heap block, so that the sanitizers see a step beyond it. tests/structure/check_growth.py
 * looks that no public call is missing here.
 */
#include <stdlib.h>
#include <string.h>

#include "base/struct_size.h"
#include "check.h"
#include "tacit/archive.h"
#include "tacit/buffer.h"
#include "tacit/eval.h"
#include "tacit/generate.h"
#include "tacit/model.h"
#include "tacit/parts.h"
#include "tacit/reference.h"
#include "tacit/select.h"
#include "tacit/stream.h"
#include "tiny_tmodel.h"

enum { WORD = sizeof(size_t), LONGER = 64 };

static const char text[] =
    "what an older program passes, and what it is given back, and what it passes";
static uint8_t archive[4096];
static size_t n_archive;

/* A struct of n bytes: the beginning of full, zeros beyond it, its own size in front. */
static void *resized(const void *full, size_t full_size, size_t n)
{
    uint8_t *copy = calloc(1, n);
    memcpy(copy, full, n < full_size ? n : full_size);
    memcpy(copy, &n, sizeof n);
    return copy;
}

struct sample {
    size_t struct_size;
    uint32_t a, b;
    uint64_t c;
};

static void test_rules(void)
{
    struct sample to = {sizeof to, 1, 2, 3}, from = {16, 7, 8, 9};
    CHECK(struct_take(&to, sizeof to, &from) == TACIT_OK && to.struct_size == sizeof to);
    CHECK(to.a == 7 && to.b == 8 && to.c == 3);
    from.struct_size = WORD - 1;
    CHECK(struct_take(&to, sizeof to, &from) == TACIT_ERR_ARGUMENT);
    CHECK(struct_give(&from, &to, sizeof to) == TACIT_ERR_ARGUMENT);
    struct {
        struct sample sample;
        uint64_t new_field;
    } longer = {{sizeof longer, 4, 5, 6}, 0};
    CHECK(struct_take(&to, sizeof to, &longer) == TACIT_OK && to.c == 6);
    longer.new_field = 1;
    CHECK(struct_take(&to, sizeof to, &longer) == TACIT_ERR_ARGUMENT);
    CHECK(struct_give(&longer, &to, sizeof to) == TACIT_OK && longer.new_field == 0);
    CHECK(longer.sample.struct_size == sizeof longer && longer.sample.c == 6);
}

static enum tacit_status read_archive(void *context, uint64_t offset, void *data, size_t n_bytes)
{
    (void)context;
    memcpy(data, archive + offset, n_bytes);
    return TACIT_OK;
}

static struct tacit_source source(void)
{
    return (struct tacit_source){.read_at = read_archive, .size = n_archive};
}

static int ignore_recovered(void *context, enum tacit_recovered what, uint64_t offset,
                            const void *data, uint64_t n_bytes)
{
    (void)context, (void)what, (void)offset, (void)data, (void)n_bytes;
    return 0;
}

static void create_with(const struct tacit_options *options)
{
    struct tacit_encoder *encoder;
    struct tacit_decoder *decoder;
    struct tacit_joiner *joiner;
    struct tacit_archive *opened;
    const struct tacit_source from = source();
    CHECK_MSG(tacit_encoder_create(&encoder, options) == TACIT_OK, "%zu", options->struct_size);
    tacit_encoder_destroy(encoder);
    CHECK(tacit_decoder_create(&decoder, options) == TACIT_OK);
    tacit_decoder_destroy(decoder);
    CHECK(tacit_joiner_create(&joiner, options) == TACIT_OK);
    tacit_joiner_destroy(joiner);
    CHECK(tacit_archive_open(&opened, &from, options) == TACIT_OK);
    tacit_archive_close(opened);
    CHECK(tacit_archive_recover(&from, options, ignore_recovered, NULL) == TACIT_OK);
}

/* Compresses and decompresses with the options, which say level 1 if they reach so far. */
static void compress_with(const struct tacit_options *options)
{
    uint8_t out[4096], back[sizeof text];
    size_t n, n_back;
    uint64_t n_memory;
    unsigned n_blocks, n_a_block;
    CHECK(tacit_options_memory(options, &n_memory) == TACIT_OK);
    CHECK(tacit_options_least_memory(options, &n_memory) == TACIT_OK);
    CHECK(tacit_options_block_size(options, &n_memory) == TACIT_OK);
    CHECK(tacit_options_threads(options, &n_blocks, &n_a_block) == TACIT_OK);
    CHECK(tacit_buffer_compress(text, sizeof text, out, sizeof out, &n, options) == TACIT_OK);
    CHECK(tacit_buffer_decompress(out, n, back, sizeof back, &n_back, options) == TACIT_OK);
    CHECK(n_back == sizeof text && memcmp(back, text, n_back) == 0);
    CHECK(tacit_block_encode(text, sizeof text, out, sizeof out, &n, options) == TACIT_OK);
}

static void test_options(void)
{
    struct tacit_options full;
    tacit_options_init(&full);
    full.level = 1;
    for (size_t n = WORD; n <= sizeof full + LONGER; n += WORD) {
        struct tacit_options *options = resized(&full, sizeof full, n);
        if (n == WORD)
            options->struct_size = n; /* no field but the size: the defaults */
        create_with(options);
        compress_with(options);
        CHECK(tacit_options_init_sized(options, n) == TACIT_OK && options->struct_size == n);
        free(options);
    }
    full.struct_size = WORD - 1;
    struct tacit_encoder *encoder;
    CHECK(tacit_encoder_create(&encoder, &full) == TACIT_ERR_ARGUMENT && !encoder);
}

/* What the model earned is added to a report of any size. */
static void test_report(const struct tacit_model *model)
{
    const struct tacit_model_report zero = {0};
    uint8_t out[4096];
    size_t n_out;
    for (size_t n = WORD; n <= sizeof zero + LONGER; n += WORD) {
        struct tacit_options options;
        tacit_options_init(&options);
        options.model = model;
        options.report = resized(&zero, sizeof zero, n);
        CHECK(tacit_buffer_compress(text, sizeof text, out, sizeof out, &n_out, &options) ==
              TACIT_OK);
        CHECK(options.report->struct_size == n);
        free(options.report);
    }
}

static void test_archive(void)
{
    const struct tacit_source from = source();
    struct tacit_archive *opened;
    struct tacit_decoder *decoder;
    CHECK(tacit_archive_open(&opened, &from, NULL) == TACIT_OK);
    CHECK(tacit_decoder_create(&decoder, NULL) == TACIT_OK);
    for (size_t n = WORD; n <= sizeof(struct tacit_archive_model) + LONGER; n += WORD) {
        const struct tacit_archive_model zero = {0};
        void *info = resized(&zero, sizeof zero, n);
        CHECK(tacit_archive_get_info(opened, info) == TACIT_OK);
        CHECK(n < 2 * WORD || ((struct tacit_archive_info *)info)->struct_size == n);
        CHECK(tacit_archive_get_block(opened, 0, info) == TACIT_OK);
        CHECK(tacit_archive_needs(archive, n_archive, info) == TACIT_OK);
        CHECK(tacit_decoder_needs(decoder, info) == TACIT_OK);
        free(info);
    }
    tacit_decoder_destroy(decoder);
    tacit_archive_close(opened);
}

static void test_reference(void)
{
    const struct tacit_reference_identity zero = {0};
    struct tacit_reference *reference;
    struct tacit_decoder *decoder;
    CHECK(tacit_reference_create(&reference, text, sizeof text) == TACIT_OK);
    CHECK(tacit_decoder_create(&decoder, NULL) == TACIT_OK);
    for (size_t n = WORD; n <= sizeof zero + LONGER; n += WORD) {
        struct tacit_reference_identity *identity = resized(&zero, sizeof zero, n);
        CHECK(tacit_reference_get_identity(reference, identity) == TACIT_OK);
        CHECK(identity->struct_size == n && (n < 2 * WORD || identity->n_bytes == sizeof text));
        CHECK(tacit_archive_needs_reference(archive, n_archive, identity) == TACIT_OK);
        CHECK(tacit_decoder_needs_reference(decoder, identity) == TACIT_OK);
        CHECK(identity->struct_size == n && (n < 2 * WORD || identity->n_bytes == 0));
        free(identity);
    }
    tacit_decoder_destroy(decoder);
    tacit_reference_destroy(reference);
}

static void test_model(void)
{
    const struct tacit_model_info zero = {0};
    for (size_t n = WORD; n <= sizeof zero + LONGER; n += WORD) {
        struct tacit_model_info *info = resized(&zero, sizeof zero, n);
        enum tacit_status status = tacit_model_inspect(NULL, info);
        CHECK(status == TACIT_OK || status == TACIT_ERR_MODEL_MISSING);
        CHECK(info->struct_size == n);
        free(info);
    }
}

/* Options and an array of results, whose stride is the caller's. */
static void test_eval(const struct tacit_model *model)
{
    const struct tacit_eval_text texts[2] = {{text, sizeof text}, {text, 9}};
    struct tacit_eval_options full;
    tacit_eval_options_init(&full);
    for (size_t n = WORD; n <= sizeof full + LONGER; n += WORD) {
        struct tacit_eval_options *options = resized(&full, sizeof full, n);
        struct tacit_evaluator *e;
        CHECK_MSG(tacit_evaluator_create(&e, model, options) == TACIT_OK, "%zu", n);
        uint8_t *results = calloc(2, n);
        memcpy(results, &n, sizeof n);
        memcpy(results + n, &n, sizeof n);
        CHECK(tacit_evaluator_run(e, texts, 2, (void *)results, NULL, NULL) == TACIT_OK);
        CHECK(n < 2 * WORD || ((struct tacit_eval_result *)(void *)results)->bits > 0);
        CHECK(n < 2 * WORD || ((struct tacit_eval_result *)(void *)(results + n))->bits > 0);
        CHECK(tacit_eval_count(text, sizeof text, (void *)results) == TACIT_OK);
        free(results);
        tacit_evaluator_destroy(e);
        CHECK(tacit_eval_options_init_sized(options, n) == TACIT_OK);
        free(options);
    }
}

static int take_text(void *context, const void *data, size_t n)
{
    struct tacit_output *out = context;
    memcpy((uint8_t *)out->data + out->pos, data, n);
    out->pos += n;
    return 0;
}

static int take_one_of(void *context, size_t index, const void *data, size_t n)
{
    CHECK(index == 0);
    return take_text(context, data, n);
}

/* A state made by options of any size tells as much as its caller knows. */
static void test_primed(const struct tacit_model *model,
                        const struct tacit_generate_options *options)
{
    struct tacit_primed *primed;
    struct tacit_primed_info full = {.struct_size = sizeof full};
    size_t n_data;
    CHECK(tacit_primed_create(&primed, model, options) == TACIT_OK);
    const void *data = tacit_primed_data(primed, &n_data);
    CHECK(tacit_primed_inspect(data, n_data, &full) == TACIT_OK && full.n_text == 0);
    for (size_t n = WORD; n <= sizeof full + LONGER; n += WORD) {
        struct tacit_primed_info *info = resized(&full, sizeof full, n);
        CHECK(tacit_primed_inspect(data, n_data, info) == TACIT_OK);
        CHECK(info->struct_size == n);
        free(info);
    }
    tacit_primed_destroy(primed);
}

/* Text, and text that stands for bytes, which become these bytes again. */
static void test_generate(const struct tacit_model *model)
{
    struct tacit_generate_options full;
    tacit_generate_options_init(&full);
    for (size_t n = WORD; n <= sizeof full + LONGER; n += WORD) {
        uint8_t written[16384], restored[16];
        struct tacit_output out = {written, sizeof written, 0},
                            back = {restored, sizeof restored, 0};
        struct tacit_generate_options *options = resized(&full, sizeof full, n);
        CHECK(tacit_generate(model, options, 4, take_text, &out) == TACIT_OK && out.pos == 4);
        out.pos = 0;
        CHECK(tacit_generate_texts(model, options, 1, 4, take_one_of, &out) == TACIT_OK);
        CHECK(out.pos == 4);
        out.pos = 0;
        CHECK_MSG(tacit_generate_from(model, options, "old", 3, take_text, &out) == TACIT_OK, "%zu",
                  n);
        CHECK(tacit_generate_back(model, options, written, out.pos, take_text, &back) == TACIT_OK);
        CHECK(back.pos == 3 && memcmp(restored, "old", 3) == 0);
        CHECK(tacit_generate_options_init_sized(options, n) == TACIT_OK);
        CHECK(options->struct_size == n);
        test_primed(model, options);
        free(options);
    }
}

static const void *read_record(void *context, unsigned reader, size_t record, size_t *n_bytes)
{
    (void)context, (void)reader, (void)record;
    *n_bytes = sizeof text;
    return text;
}

static int ignore(void *context, const struct tacit_choice *choice)
{
    (void)context, (void)choice;
    return 0;
}

static void test_select(void)
{
    const struct tacit_select_source source = {.n_records = 2, .read = read_record};
    struct tacit_select_options full;
    tacit_select_options_init(&full);
    full.method = TACIT_SELECT_RANDOM;
    for (size_t n = WORD; n <= sizeof full + LONGER; n += WORD) {
        struct tacit_select_options *options = resized(&full, sizeof full, n);
        CHECK_MSG(tacit_select(&source, options, ignore, ignore, NULL) == TACIT_OK, "%zu", n);
        CHECK(tacit_select_options_init_sized(options, n) == TACIT_OK);
        free(options);
    }
}

int main(void)
{
    const struct lm_shape shapes[] = {
#define SHAPE(name, ...) {__VA_ARGS__},
        TINY_MODELS(SHAPE)
#undef SHAPE
    };
    struct lm_shape shape = shapes[0];
    struct tacit_model *model;
    uint8_t *memory;
    shape.n_vocab = 260;
    CHECK(tiny_tmodel(&model, &shape, &memory) == TACIT_OK);
    CHECK(tacit_buffer_compress(text, sizeof text, archive, sizeof archive, &n_archive, NULL) ==
          TACIT_OK);
    test_rules();
    test_options();
    test_report(model);
    test_archive();
    test_reference();
    test_model();
    test_eval(model);
    test_generate(model);
    test_select();
    tacit_model_close(model);
    free(memory);
    return check_result();
}
