/* SPDX-License-Identifier: Apache-2.0
 *
 * Round trips through the binary coder, the same bytes from every kernel table, sane costs.
 */
#include "predict/context_mixer.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "check.h"
#include "coder/binary_coder.h"
#include "kernel_sets.h"

enum { N_MAX = 5000, N_TYPE = 640 };

static uint32_t rng(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*state >> 32);
}

static void fill_random(uint8_t *data, size_t n)
{
    uint64_t state = 1;
    for (size_t i = 0; i < n; i++)
        data[i] = (uint8_t)rng(&state);
}

static void fill_zeros(uint8_t *data, size_t n)
{
    memset(data, 0, n);
}

static void fill_runs(uint8_t *data, size_t n)
{
    uint64_t state = 2;
    for (size_t i = 0; i < n;) {
        size_t length = 1 + rng(&state) % 600;
        uint8_t byte = (uint8_t)rng(&state);
        for (; length > 0 && i < n; length--)
            data[i++] = byte;
    }
}

static void fill_words(uint8_t *data, size_t n)
{
    static const char *const words[] = {"the ",      "prior ", "of ",   "a ",
                                        "context, ", "is\n",   "Mixed "};
    uint64_t state = 3;
    for (size_t i = 0; i < n;)
        for (const char *w = words[rng(&state) % 7]; *w != 0 && i < n; w++)
            data[i++] = (uint8_t)*w;
}

static void fill_table(uint8_t *data, size_t n)
{
    uint64_t state = 4;
    char row[48];
    for (size_t i = 0, k = 0; i < n; k++) {
        int length = snprintf(row, sizeof row, "%zu,%u,name%u,\"x\"\n", k, rng(&state) % 1000,
                              rng(&state) % 20);
        for (int j = 0; j < length && i < n; j++)
            data[i++] = (uint8_t)row[j];
    }
}

static const struct generator {
    const char *name;
    void (*fill)(uint8_t *data, size_t n);
    double max_bits_a_byte;
} generators[] = {
    {"random", fill_random, 8.2}, {"zeros", fill_zeros, 0.02}, {"runs", fill_runs, 0.4},
    {"words", fill_words, 1.0},   {"table", fill_table, 3.2},
};

static size_t encode(const struct context_config *config, const struct kernels *kernels,
                     const uint8_t *data, size_t n, uint8_t *out, size_t out_cap)
{
    struct context_mixer *cm;
    struct binary_encoder enc;
    CHECK(context_mixer_create(&cm, config, kernels) == TACIT_OK);
    binary_encoder_init(&enc, out, out_cap);
    for (size_t i = 0; i < n; i++)
        for (int b = 7; b >= 0; b--) {
            int bit = data[i] >> b & 1;
            binary_encode(&enc, bit, context_mixer_predict(cm));
            context_mixer_update(cm, bit);
        }
    context_mixer_destroy(cm);
    return binary_encoder_finish(&enc);
}

static bool decodes_to(const struct context_config *config, const struct kernels *kernels,
                       const uint8_t *in, size_t n_in, const uint8_t *data, size_t n)
{
    struct context_mixer *cm;
    struct binary_decoder dec;
    bool same = true;
    CHECK(context_mixer_create(&cm, config, kernels) == TACIT_OK);
    binary_decoder_init(&dec, in, n_in);
    for (size_t i = 0; i < n && same; i++) {
        unsigned byte = 0;
        for (int b = 0; b < 8; b++) {
            int bit = binary_decode(&dec, context_mixer_predict(cm));
            context_mixer_update(cm, bit);
            byte = byte << 1 | (unsigned)bit;
        }
        same = byte == data[i];
    }
    context_mixer_destroy(cm);
    return same;
}

static void check_content(const struct context_config *config, const struct generator *g, size_t n)
{
    static uint8_t data[N_MAX], out[N_MAX + N_MAX / 16 + 64], again[sizeof out];
    struct kernels reference, kernels;
    uint32_t features = cpu_features() & (CPU_AVX2 | CPU_AVX512); /* others are for models */
    kernels_select(&reference, CPU_SCALAR);
    g->fill(data, n);
    size_t n_out = encode(config, &reference, data, n, out, sizeof out);
    /* The types for anything; other types' models need not be good at these. */
    bool general = (config->content_set & (CONTENT_BIT(CONTENT_X86 + 1) - 1)) != 0;
    CHECK_MSG(!general || (double)n_out * 8 <= g->max_bits_a_byte * (double)n + 512,
              "%s: %zu bytes", g->name, n_out);
    for (uint32_t set = CPU_SCALAR; set != features;) {
        set = kernel_set_after(set, features);
        kernels_select(&kernels, set);
        size_t n_again = encode(config, &kernels, data, n, again, sizeof again);
        CHECK_MSG(n_again == n_out && memcmp(out, again, n_out) == 0, "%s, features %x", g->name,
                  set);
    }
    kernels_select(&kernels, features);
    CHECK_MSG(decodes_to(config, &kernels, out, n_out, data, n), "%s of %zu", g->name, n);
}

/* Parts of different types after one another, decoded by a predictor of its own. */
static void check_content_changes(enum context_strength strength)
{
    enum { N_PART = 300 };
    static uint8_t data[CONTENT_N_TYPES * N_PART], back[sizeof data], out[2 * sizeof data];
    struct context_config config = {
        .strength = strength, .content_set = CONTENT_ALL, .memory_log2 = CONTEXT_MEMORY_LOG2_MIN};
    struct kernels kernels;
    struct binary_encoder enc = {0};
    struct binary_decoder dec = {0};
    kernels_select(&kernels, cpu_features());
    fill_table(data, sizeof data / 2);
    fill_runs(data + sizeof data / 2, sizeof data / 2);
    binary_encoder_init(&enc, out, sizeof out);
    for (int decoding = 0; decoding <= 1; decoding++) {
        struct context_mixer *cm;
        CHECK(context_mixer_create(&cm, &config, &kernels) == TACIT_OK);
        for (size_t i = 0; i < sizeof data * 8; i++) {
            struct content content = {(enum content_type)(i / 8 / N_PART), 7, 2};
            if (content_samples(content.type).n_bytes > 0)
                content.stride = 6u * content_samples(content.type).n_bytes;
            if (content.type == CONTENT_DATABASE)
                content.stride = CONTENT_PAGE_MIN;
            content.offset %= content.stride;
            if (!content_has_rows(content.type))
                content.stride = content.offset = 0;
            if (i % (8 * N_PART) == 0)
                CHECK(context_mixer_set_content(cm, &content) == TACIT_OK);
            uint32_t p = context_mixer_predict(cm);
            int bit = data[i / 8] >> (7 - i % 8) & 1;
            if (decoding)
                bit = binary_decode(&dec, p);
            else
                binary_encode(&enc, bit, p);
            back[i / 8] = (uint8_t)(back[i / 8] << 1 | bit);
            context_mixer_update(cm, bit);
        }
        context_mixer_destroy(cm);
        if (!decoding)
            binary_decoder_init(&dec, out, binary_encoder_finish(&enc));
    }
    CHECK(memcmp(data, back, sizeof data) == 0);
}

static void check_content_bounds(void)
{
    static const struct content bad[] = {
        {(enum content_type)CONTENT_N_TYPES, 0, 0},
        {CONTENT_TEXT, 1, 0},
        {CONTENT_RECORDS, 0, 0},
        {CONTENT_RECORDS, CONTENT_STRIDE_MAX + 1, 0},
        {CONTENT_RECORDS, 12, 12},
        {CONTENT_DATABASE, 256, 0},
        {CONTENT_DATABASE, 1536, 0},
        {CONTENT_DATABASE, CONTENT_PAGE_MAX * 2, 0},
        {CONTENT_DATABASE, 512, 512},
        {CONTENT_IMAGE24, 2, 0},
        {CONTENT_IMAGE32, 3, 0},
        {CONTENT_AUDIO16, 3, 0},
        {CONTENT_AUDIO16, 18, 0},
        {CONTENT_AUDIO8, 9, 0},
        {CONTENT_AUDIO24B, 4, 0},
        {CONTENT_AUDIO_FLOAT, 36, 0},
        {CONTENT_AUDIO32, 4, 4},
        {CONTENT_IMAGE16, 7, 0},
        {CONTENT_IMAGE16_SIGNEDB, CONTENT_STRIDE_MAX + 2, 0},
        {CONTENT_IMAGE48, 4, 0},
        {CONTENT_IMAGE48B, 600, 600},
        {CONTENT_IMAGE64, 6, 0},
        {CONTENT_MARKUP, 0, 1},
    };
    static const struct content good = {CONTENT_RECORDS, 12, 11}, other = {CONTENT_TEXT, 0, 0};
    struct context_config config = {.content_set = CONTENT_ALL & ~CONTENT_BIT(CONTENT_TEXT),
                                    .memory_log2 = CONTEXT_MEMORY_LOG2_MIN};
    struct kernels kernels;
    struct context_mixer *cm;
    kernels_select(&kernels, cpu_features());
    CHECK(context_mixer_create(&cm, &config, &kernels) == TACIT_OK);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK_MSG(context_mixer_set_content(cm, &bad[i]) == TACIT_ERR_ARGUMENT, "content %zu", i);
    CHECK(context_mixer_set_content(cm, &good) == TACIT_OK);
    CHECK(context_mixer_set_content(cm, &other) == TACIT_ERR_ARGUMENT);
    context_mixer_destroy(cm);
}

static void check_config_bounds(void)
{
    struct kernels kernels;
    struct context_mixer *cm;
    struct context_config config = {.content_set = CONTENT_BIT(CONTENT_DEFAULT),
                                    .memory_log2 = CONTEXT_MEMORY_LOG2_MIN - 1};
    kernels_select(&kernels, CPU_SCALAR);
    CHECK(context_mixer_create(&cm, &config, &kernels) == TACIT_ERR_ARGUMENT && cm == NULL);
    config.memory_log2 = CONTEXT_MEMORY_LOG2_MAX + 1;
    CHECK(context_mixer_memory_needed(&config) == 0);
    for (config.memory_log2 = CONTEXT_MEMORY_LOG2_MIN;
         config.memory_log2 <= CONTEXT_MEMORY_LOG2_MAX; config.memory_log2++) {
        size_t needed = context_mixer_memory_needed(&config);
        CHECK(needed != 0 && needed <= ((size_t)5 << config.memory_log2) / 4 + ((size_t)16 << 20));
    }
}

/* What the parts of a prediction are worth: a hint that knows which side a coin falls on, then
 * a repeated text of which it knows nothing. Asking changes nothing, nor does coming back to what was saved. */
static void check_parts(enum context_strength strength)
{
    static const char lyric[] =
        "the order of words is what a model learns from text and a list of them";
    struct kernels kernels;
    struct context_config config = {.strength = strength,
                                    .content_set = CONTENT_BIT(CONTENT_TEXT),
                                    .memory_log2 = CONTEXT_MEMORY_LOG2_MIN,
                                    .hinted = true};
    struct context_mixer *cm, *unasked;
    uint64_t random = 1;
    double hint_saves[2] = {0, 0}, context_saves[2] = {0, 0};
    kernels_select(&kernels, cpu_features());
    CHECK(context_mixer_create(&cm, &config, &kernels) == TACIT_OK);
    CHECK(context_mixer_create(&unasked, &config, &kernels) == TACIT_OK);
    uint8_t *saved = malloc(context_mixer_state_size(cm));
    for (int i = 0; i < 16000; i++) {
        bool coin = i < 8000;
        int bit =
            coin ? (int)(rng(&random) >> 31) : lyric[i / 8 % (sizeof lyric - 1)] >> (7 - i % 8) & 1;
        struct context_hint hint = {.stretch = !coin ? 0.0f : bit ? 3.0f : -3.0f};
        struct context_mixer_parts parts;
        uint32_t other;
        context_mixer_set_hint(cm, &hint);
        context_mixer_set_hint(unasked, &hint);
        if (i == 8000)
            context_mixer_save(cm, saved);
        uint32_t p1 = context_mixer_predict(cm);
        context_mixer_predict_parts(cm, false, &parts);
        if (i == 8000) {
            context_mixer_update(cm, !bit);
            context_mixer_restore(cm, saved);
            other = context_mixer_predict(cm);
            CHECK(other == p1);
        }
        other = context_mixer_predict(unasked);
        CHECK(other == p1);
        context_mixer_update(cm, bit);
        context_mixer_update(unasked, bit);
        double sign = bit ? 1 : -1;
        hint_saves[coin] += sign * ((double)parts.mixed - (double)parts.context) / 4294967296.0;
        context_saves[coin] += sign * ((double)parts.mixed - (double)parts.hint) / 4294967296.0;
    }
    CHECK_MSG(hint_saves[1] > 10 * fabs(context_saves[1]) && hint_saves[1] > 2000, "coin: %f, %f",
              hint_saves[1], context_saves[1]);
    CHECK_MSG(context_saves[0] > 4 * fabs(hint_saves[0]) && context_saves[0] > 1000, "text: %f, %f",
              context_saves[0], hint_saves[0]);
    free(saved);
    context_mixer_destroy(cm);
    context_mixer_destroy(unasked);
}

int main(void)
{
    static const size_t lengths[] = {0, 1, 2, 255, N_TYPE, N_MAX};
    for (int strength = CONTEXT_QUICK; strength <= CONTEXT_LEAN; strength++)
        for (int content = CONTENT_DEFAULT; content < CONTENT_N_TYPES; content++)
            for (size_t g = 0; g < sizeof generators / sizeof *generators; g++)
                for (size_t l = 0; l < sizeof lengths / sizeof *lengths; l++) {
                    bool everywhere = content == CONTENT_DEFAULT || lengths[l] == N_TYPE;
                    /* Sound and images of 16-bit samples have many types and one model each: each but
                     * one gets one kind of content. */
                    if (content != CONTENT_AUDIO16 && content != CONTENT_IMAGE16 &&
                        (CONTENT_BIT(content) & (CONTENT_AUDIO | CONTENT_DEEP_IMAGE)) &&
                        g != (size_t)content % (sizeof generators / sizeof *generators))
                        continue;
                    struct context_config config = {.strength = (enum context_strength)strength,
                                                    .content_set = CONTENT_BIT(content),
                                                    .memory_log2 = CONTEXT_MEMORY_LOG2_MIN};
                    if (everywhere)
                        check_content(&config, &generators[g], lengths[l]);
                }
    check_content_changes(CONTEXT_QUICK);
    check_content_changes(CONTEXT_STRONG);
    check_content_changes(CONTEXT_LEAN);
    check_content_bounds();
    check_config_bounds();
    check_parts(CONTEXT_QUICK);
    check_parts(CONTEXT_STRONG);
    return check_result();
}
