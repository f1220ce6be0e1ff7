/* SPDX-License-Identifier: Apache-2.0
 *
 * What each level turns on, what the options change, what is refused, and how a plan is made to fit
 * a memory limit.
 */
#include "methods/plan.h"

#include <stdlib.h>

#include "check.h"
#include "methods/plan_memory.h"
#include "tacit/tacit.h"

#define MIB ((uint64_t)1 << 20)

static struct tacit_options options_of(int level)
{
    struct tacit_options options;
    tacit_options_init(&options);
    options.level = level;
    options.no_model = 1;
    options.n_threads = 3;
    return options;
}

static struct codec_plan plan_of(const struct tacit_options *options)
{
    struct codec_plan plan = {0};
    CHECK(codec_plan_make_encoder(&plan, options) == TACIT_OK);
    return plan;
}

static void check_levels(void)
{
    static const struct {
        uint64_t block_size;
        int zstd_level;
        bool context;
        enum context_strength strength;
    } expected[TACIT_LEVEL_MAX + 1] = {
        [1] = {8 * MIB, 9, false, CONTEXT_LEAN},    [2] = {8 * MIB, 9, true, CONTEXT_LEAN},
        [3] = {16 * MIB, 22, true, CONTEXT_QUICK},  [4] = {16 * MIB, 22, true, CONTEXT_STRONG},
        [5] = {4 * MIB, 22, true, CONTEXT_STRONG},  [6] = {8 * MIB, 22, true, CONTEXT_STRONG},
        [7] = {16 * MIB, 22, true, CONTEXT_STRONG}, [8] = {32 * MIB, 22, true, CONTEXT_STRONG},
        [9] = {64 * MIB, 22, true, CONTEXT_STRONG},
    };
    for (int level = TACIT_LEVEL_MIN; level <= TACIT_LEVEL_MAX; level++) {
        struct tacit_options options = options_of(level);
        struct codec_plan plan = plan_of(&options);
        CHECK_MSG(plan.level == level && plan.block_size == expected[level].block_size &&
                      plan.zstd_level == expected[level].zstd_level &&
                      plan.context == expected[level].context && !plan.model && !plan.unmixed,
                  "level %d", level);
        CHECK(plan.context == (level >= TACIT_LEVEL_CONTEXT));
        CHECK(!plan.context || plan.strength == expected[level].strength);
        CHECK(context_level_strength(level) == plan.strength);
        CHECK(plan.n_threads == 3 && plan.n_at_once == 3 && plan.memory_limit == UINT64_MAX);
        CHECK(plan.block_bound == plan.block_size);
    }
    struct codec_plan plan = plan_of(NULL);
    CHECK(plan.level == TACIT_LEVEL_DEFAULT && plan.n_threads >= 1);
}

static void check_model_levels(void)
{
    const struct tacit_model *linked;
    bool is_linked = tacit_model_default(&linked) == TACIT_OK;
    for (int level = TACIT_LEVEL_MIN; level <= TACIT_LEVEL_MAX; level++) {
        struct tacit_options options = options_of(level);
        options.no_model = 0;
        struct codec_plan plan = plan_of(&options);
        CHECK_MSG((plan.model != NULL) == (is_linked && level >= TACIT_LEVEL_MODEL), "level %d",
                  level);
        CHECK(codec_plan_make(&plan, &options) == TACIT_OK && !plan.model); /* of a decoder */
        options.unmixed = 1;
        plan = plan_of(&options);
        CHECK(plan.unmixed == (plan.model != NULL)); /* the model's: nothing without one */
        CHECK(!plan.unmixed || !plan.context);
    }
    if (!is_linked)
        return;
    struct tacit_options options = options_of(TACIT_LEVEL_CONTEXT - 1);
    options.model = linked;
    struct codec_plan plan = plan_of(&options);
    CHECK(codec_plan_fit_encoder(&plan) == TACIT_ERR_ARGUMENT);
    options.level = TACIT_LEVEL_CONTEXT;
    plan = plan_of(&options);
    CHECK(plan.model == linked && codec_plan_fit_encoder(&plan) == TACIT_OK);
}

static void check_given(void)
{
    struct tacit_options options = options_of(6);
    options.block_size = 12345;
    options.content_size = 2000;
    options.memory_limit = 1u << 30;
    options.cpu = "scalar";
    struct codec_plan plan = plan_of(&options);
    CHECK(plan.block_size == 12345 && plan.block_bound == 2000);
    CHECK(plan.memory_limit == 1u << 30 && plan.cpu_features == 0);
    options.content_size = 99999; /* more than a block bounds nothing */
    CHECK(plan_of(&options).block_bound == 12345);
}

static void check_refused(void)
{
    struct codec_plan plan;
#define REFUSED(field, value)                                                                      \
    do {                                                                                           \
        struct tacit_options options = options_of(6);                                              \
        options.field = (value);                                                                   \
        CHECK(codec_plan_make(&plan, &options) == TACIT_ERR_ARGUMENT);                             \
    } while (0)
    struct tacit_model_report report = {.struct_size = 1};
    REFUSED(level, 0);
    REFUSED(level, TACIT_LEVEL_MAX + 1);
    REFUSED(n_threads, 1025);
    REFUSED(n_streams, TACIT_STREAMS_MAX + 1);
    REFUSED(n_context, TACIT_CONTEXT_MAX + 1);
    REFUSED(unmixed, 2);
    REFUSED(kv, (enum tacit_kv)(TACIT_KV_K4V3S + 1));
    REFUSED(kv_keep, 100);
    REFUSED(block_size, TACIT_BLOCK_SIZE_MIN - 1);
    REFUSED(block_size, TACIT_BLOCK_SIZE_MAX + 1);
    REFUSED(cpu, "avx2,no-such-feature");
    REFUSED(report, &report);
#undef REFUSED
    struct tacit_options options = options_of(6);
    options.n_streams = TACIT_STREAMS_MAX;
    options.n_context = TACIT_CONTEXT_MAX;
    options.block_size = TACIT_BLOCK_SIZE_MAX;
    options.n_threads = 1024;
    CHECK(codec_plan_make(&plan, &options) == TACIT_OK);
}

static uint64_t memory_of(const struct codec_plan *plan)
{
    return codec_plan_memory_fixed(plan) + plan->n_at_once * codec_plan_memory_per_thread(plan);
}

/* Under any limit a plan that fits takes no more than that; the tables, which change the bytes, do not
 * depend on the number of threads. */
static void check_limits(int level)
{
    struct tacit_options options = options_of(level);
    options.n_threads = 1;
    struct codec_plan whole = plan_of(&options);
    uint64_t n_whole = memory_of(&whole), n_told;
    CHECK(tacit_options_memory(&options, &n_told) == TACIT_OK && n_told == n_whole);
    unsigned n_fit = 0, n_smaller = 0;
    for (uint64_t limit = 1 * MIB; limit < 4 * n_whole; limit += limit / 3) {
        options.memory_limit = limit;
        options.n_threads = 1;
        struct codec_plan one = plan_of(&options);
        enum tacit_status status = codec_plan_fit_encoder(&one);
        CHECK(status == TACIT_OK || (status == TACIT_ERR_MEMORY_LIMIT && limit < n_whole));
        options.n_threads = 4;
        struct codec_plan four = plan_of(&options);
        CHECK(codec_plan_fit_encoder(&four) == status);
        if (status != TACIT_OK)
            continue;
        CHECK(memory_of(&one) <= limit && memory_of(&four) <= limit && four.n_at_once >= 1);
        CHECK(one.memory_log2_max == four.memory_log2_max && one.zstd_level == four.zstd_level);
        n_fit++;
        n_smaller += one.memory_log2_max < whole.memory_log2_max;
    }
    CHECK(n_fit > 0 && (n_smaller > 0) == whole.context);
}

int main(void)
{
    check_levels();
    check_model_levels();
    check_given();
    check_refused();
    for (int level = TACIT_LEVEL_MIN; level <= TACIT_LEVEL_MAX; level++)
        check_limits(level);
    return check_result();
}
