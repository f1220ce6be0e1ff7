/* SPDX-License-Identifier: Apache-2.0
 *
 * Text from a model: the same from every machine, kernel set and number of threads; what a prompt, temperature
 * and top-p change; bytes that become text and come back; what is refused.
 */
#include "tacit/generate.h"

#include <string.h>

#include "base/cpu.h"
#include "base/hash.h"
#include "base/strict_math.h"
#include "check.h"
#include "tiny_tmodel.h"

/* Of 300 bytes by seed 0, whoever makes them. */
#define TEXT_HASH UINT64_C(0x3f13423b4e7adf3c)

static struct tacit_model *model;

struct collected {
    uint8_t bytes[8192];
    size_t n, limit;
};

static int collect(void *context, const void *data, size_t n)
{
    struct collected *c = context;
    if (n > c->limit - c->n)
        return 1;
    memcpy(c->bytes + c->n, data, n);
    c->n += n;
    return 0;
}

static struct tacit_generate_options defaults(void)
{
    struct tacit_generate_options options;
    tacit_generate_options_init(&options);
    options.n_threads = 1;
    return options;
}

static uint64_t generated(const struct tacit_generate_options *options)
{
    struct collected text = {.limit = sizeof text.bytes};
    CHECK(tacit_generate(model, options, 300, collect, &text) == TACIT_OK && text.n == 300);
    return hash64(text.bytes, text.n, 0);
}

static void test_same_everywhere(void)
{
    struct tacit_generate_options options = defaults();
    uint64_t first = generated(&options);
    CHECK_MSG(first == TEXT_HASH, "%llx", (unsigned long long)first);
    options.cpu = "scalar";
    CHECK(generated(&options) == first);
#define TRY_FEATURE(flag, bit, name)                                                               \
    options.cpu = name;                                                                            \
    CHECK_MSG(!(cpu_features() & (flag)) || generated(&options) == first, "%s", name);
    CPU_FEATURE_TABLE(TRY_FEATURE)
#undef TRY_FEATURE
    options = defaults();
    options.n_threads = 3;
    CHECK(generated(&options) == first);
    CHECK(tacit_generate(model, NULL, 0, collect, NULL) == TACIT_OK);
}

static void test_what_changes_it(void)
{
    struct tacit_generate_options options = defaults(), plain = options;
    uint64_t first = generated(&options);
    options.seed = 1;
    CHECK(generated(&options) != first);
    options = plain;
    options.prompt = "the";
    options.n_prompt = 3;
    CHECK(generated(&options) != first);
    options = plain;
    options.temperature = 0.5f;
    CHECK(generated(&options) != first);
    options = plain;
    options.top_p = 0.5f;
    CHECK(generated(&options) != first);
    options = plain;
    options.temperature = 0;
    first = generated(&options);
    options.seed = 7;
    CHECK(generated(&options) == first);
    options.temperature = 1;
    options.top_p = 1e-9f;
    CHECK(generated(&options) == first);
}

enum { N_TEXTS = 35, TEXT_BYTES = 20 }; /* more than are made together */

struct collected_texts {
    uint8_t bytes[N_TEXTS][TEXT_BYTES];
    size_t n[N_TEXTS];
};

static int collect_texts(void *context, size_t index, const void *data, size_t n)
{
    struct collected_texts *c = context;
    CHECK(index < N_TEXTS && n <= TEXT_BYTES - c->n[index]);
    memcpy(c->bytes[index] + c->n[index], data, n);
    c->n[index] += n;
    return 0;
}

/* Texts that are made together are those that are made one by one. */
static void check_texts(const struct tacit_generate_options *options)
{
    struct collected_texts texts = {.n = {0}};
    struct tacit_generate_options one = *options;
    CHECK(tacit_generate_texts(model, options, N_TEXTS, TEXT_BYTES, collect_texts, &texts) ==
          TACIT_OK);
    for (size_t i = 0; i < N_TEXTS; i++) {
        struct collected text = {.limit = TEXT_BYTES};
        one.seed = options->seed + i;
        one.n_threads = 1;
        CHECK(tacit_generate(model, &one, TEXT_BYTES, collect, &text) == TACIT_OK);
        CHECK_MSG(texts.n[i] == TEXT_BYTES && memcmp(texts.bytes[i], text.bytes, TEXT_BYTES) == 0,
                  "text %zu, kv %d, keep %u", i, (int)options->kv, options->kv_keep);
    }
}

static void test_texts(void)
{
    struct tacit_generate_options options = defaults();
    options.seed = 5;
    check_texts(&options);
    options.prompt = "the other an";
    options.n_prompt = 12;
    options.n_context = 64;
    options.n_threads = 2;
    check_texts(&options);
    options.kv_keep = 50;
    check_texts(&options);
    options.kv_keep = 0;
    options.n_context = 512;
    options.kv = TACIT_KV_4;
    check_texts(&options);
    CHECK(tacit_generate_texts(model, &options, 0, 9, collect_texts, NULL) == TACIT_OK);
    CHECK(tacit_generate_texts(model, &options, 9, 0, collect_texts, NULL) == TACIT_OK);
}

static void check_back(const struct tacit_generate_options *options, const uint8_t *data, size_t n)
{
    struct collected text = {.limit = sizeof text.bytes}, back = {.limit = sizeof back.bytes};
    CHECK(tacit_generate_from(model, options, data, n, collect, &text) == TACIT_OK);
    CHECK(text.n > n / 2);
    text.bytes[text.n] = '\n';
    CHECK(tacit_generate_back(model, options, text.bytes, text.n + 1, collect, &back) == TACIT_OK);
    CHECK(back.n == n && memcmp(back.bytes, data, n) == 0);
    back.n = 0;
    struct tacit_generate_options other = *options;
    other.temperature *= 1.5f;
    CHECK(tacit_generate_back(model, &other, text.bytes, text.n, collect, &back) ==
          TACIT_ERR_CHECKSUM);
    CHECK(tacit_generate_back(model, options, text.bytes, text.n / 2, collect, &back) ==
          TACIT_ERR_CHECKSUM);
    text.bytes[text.n / 3] ^= 1;
    CHECK(tacit_generate_back(model, options, text.bytes, text.n, collect, &back) ==
          TACIT_ERR_CHECKSUM);
}

static void test_bytes_and_back(void)
{
    struct tacit_generate_options options = defaults();
    uint8_t data[300];
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)hash64(&i, sizeof i, 3);
    check_back(&options, data, 0);
    check_back(&options, data, 1);
    check_back(&options, data, sizeof data);
    memset(data, 0, sizeof data);
    check_back(&options, data, 100);
    memset(data, 255, sizeof data);
    options.top_p = 0.9f;
    options.prompt = " the";
    options.n_prompt = 4;
    check_back(&options, data, 100);
}

static void test_refused(void)
{
    struct collected text = {.limit = 20};
    const float bad_temperatures[] = {-1, 0.001f, 101, strict_from_bits(0x7fc00000)};
    const float bad_shares[] = {0, -1, 1.5f, strict_from_bits(0x7fc00000)};
    for (size_t i = 0; i < 4; i++) {
        struct tacit_generate_options options = defaults();
        options.temperature = bad_temperatures[i];
        CHECK(tacit_generate(model, &options, 5, collect, &text) == TACIT_ERR_ARGUMENT);
        options = defaults();
        options.top_p = bad_shares[i];
        CHECK(tacit_generate(model, &options, 5, collect, &text) == TACIT_ERR_ARGUMENT);
    }
    struct tacit_generate_options options = defaults();
    options.cpu = "z80";
    CHECK(tacit_generate(model, &options, 5, collect, &text) == TACIT_ERR_ARGUMENT);
    options = defaults();
    options.kv = (enum tacit_kv)(TACIT_KV_K4V3S + 1);
    CHECK(tacit_generate(model, &options, 5, collect, &text) == TACIT_ERR_ARGUMENT);
    options.kv = TACIT_KV_4;
    options.kv_keep = 100;
    CHECK(tacit_generate(model, &options, 5, collect, &text) == TACIT_ERR_ARGUMENT);
    options = defaults();
    CHECK(tacit_generate(model, &options, 100, collect, &text) == TACIT_ERR_CANCELLED);
    options.temperature = 0;
    CHECK(tacit_generate_from(model, &options, "x", 1, collect, &text) == TACIT_ERR_ARGUMENT);
    options.temperature = 1;
    options.top_p = 0.001f;
    text = (struct collected){.limit = sizeof text.bytes};
    CHECK(tacit_generate_from(model, &options, "x", 1, collect, &text) == TACIT_ERR_CONTENT_LIMIT);
}

int main(void)
{
    const struct lm_shape shapes[] = {
#define SHAPE(name, ...) {__VA_ARGS__},
        TINY_MODELS(SHAPE)
#undef SHAPE
    };
    uint8_t *memory;
    CHECK(tiny_tmodel(&model, &shapes[0], &memory) == TACIT_OK);
    test_same_everywhere();
    test_what_changes_it();
    test_texts();
    test_bytes_and_back();
    test_refused();
    tacit_model_close(model);
    free(memory);
    return check_result();
}
