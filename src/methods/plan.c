/* SPDX-License-Identifier: Apache-2.0 */
#include "methods/plan.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

#include "base/cpu.h"
#include "base/struct_size.h"
#include "base/threads/threads.h"
#include "base/try.h"
#include "engine/lm.h"
#include "model/open_model.h"
#include "predict/context_mixer.h"

enum { CONTEXT_DEFAULT = 2048, SMALL_MODEL = 32 << 20 };

enum { LARGE_MODEL_STREAM_BYTES = 1 << 15, LARGE_MODEL_STREAMS = 32 };

static_assert((int)TACIT_KV_8 == (int)KV_INT8 && (int)TACIT_KV_4 == (int)KV_K4V4 &&
                  (int)TACIT_KV_K4V2 == (int)KV_K4V2 && (int)TACIT_KV_K4V3 == (int)KV_K4V3 &&
                  (int)TACIT_KV_3 == (int)KV_K3V3 && (int)TACIT_KV_K3V2 == (int)KV_K3V2 &&
                  (int)TACIT_KV_K4V3S == (int)KV_K4V3S,
              "the kinds' numbers are public");

#define MIB ((uint64_t)1 << 20)

struct level {
    uint64_t block_size;
    int zstd_level;
    bool context;
    unsigned memory_log2_max;
    uint32_t stream_bytes, streams_max; /* of a small model */
    unsigned least_gain;
};

static const struct level levels[TACIT_LEVEL_MAX + 1] = {
    [1] = {8 * MIB, 9, false, 0, 0, 0, 0},          [2] = {8 * MIB, 9, true, 26, 0, 0, 30},
    [3] = {16 * MIB, 22, true, 26, 0, 0, 30},       [4] = {16 * MIB, 22, true, 28, 0, 0, 30},
    [5] = {4 * MIB, 22, true, 28, 1 << 14, 16, 30}, [6] = {8 * MIB, 22, true, 29, 1 << 16, 16, 20},
    [7] = {16 * MIB, 22, true, 29, 1 << 17, 4, 10}, [8] = {32 * MIB, 22, true, 29, 1 << 18, 2, 5},
    [9] = {64 * MIB, 22, true, 29, 1 << 20, 1, 0},
};

enum tacit_status tacit_options_init_sized(struct tacit_options *options, size_t struct_size)
{
    const struct tacit_options defaults = {.level = TACIT_LEVEL_DEFAULT};
    options->struct_size = struct_size;
    return struct_give(options, &defaults, sizeof defaults);
}

static enum tacit_status copy_options(struct tacit_options *to, const struct tacit_options *from)
{
    tacit_options_init(to);
    if (!from)
        return TACIT_OK;
    TRY(struct_take(to, sizeof *to, from));
    if (to->level < TACIT_LEVEL_MIN || to->level > TACIT_LEVEL_MAX ||
        to->n_threads > TACIT_THREADS_MAX)
        return TACIT_ERR_ARGUMENT;
    if (to->n_streams > TACIT_STREAMS_MAX || to->n_context > TACIT_CONTEXT_MAX || to->unmixed > 1)
        return TACIT_ERR_ARGUMENT;
    if ((unsigned)to->kv >= KV_N_KINDS || to->kv_keep > 99)
        return TACIT_ERR_ARGUMENT;
    if (to->report && to->report->struct_size < sizeof to->report->struct_size)
        return TACIT_ERR_ARGUMENT;
    if (to->block_size != 0 &&
        (to->block_size < TACIT_BLOCK_SIZE_MIN || to->block_size > TACIT_BLOCK_SIZE_MAX))
        return TACIT_ERR_ARGUMENT;
    return TACIT_OK;
}

bool codec_plan_is_large(const struct tacit_model *model)
{
    return model && model_file_lm(model->file)->n_bytes > SMALL_MODEL;
}

/* A large model is read from memory once for all streams of a block, so that more streams make it
 * faster, and takes much memory for each block: blocks are coded one by one. A small one stays in
 * the caches: a few streams do, and threads go further with a block each. */
static void suit_model(struct codec_plan *plan)
{
    plan->n_at_once = plan->n_threads;
    if (!plan->model || (!codec_plan_is_large(plan->model) && plan->streams_max))
        return;
    plan->stream_bytes = LARGE_MODEL_STREAM_BYTES;
    plan->streams_max = LARGE_MODEL_STREAMS;
    plan->n_at_once = 1;
}

enum tacit_status codec_plan_make(struct codec_plan *plan, const struct tacit_options *given)
{
    struct tacit_options options;
    TRY(copy_options(&options, given));
    uint32_t features;
    TRY(cpu_features_named(options.cpu, &features));
    const struct level *level = &levels[options.level];
    *plan = (struct codec_plan){
        .level = options.level,
        .n_threads = options.n_threads ? options.n_threads : threads_available(),
        .block_size = options.block_size ? options.block_size : level->block_size,
        .content_set = CONTENT_ALL,
        .memory_limit = options.memory_limit ? options.memory_limit : UINT64_MAX,
        .content_limit = options.content_limit ? options.content_limit : UINT64_MAX,
        .zstd_level = level->zstd_level,
        .context = level->context,
        .strength = context_level_strength(options.level),
        .memory_log2_max = level->memory_log2_max,
        .model = options.model,
        .reference = options.reference,
        .n_streams = options.n_streams,
        .n_context = options.n_context ? options.n_context : CONTEXT_DEFAULT,
        .kv_kind = (enum kv_kind)options.kv,
        .kv_keep = options.kv_keep,
        .stream_bytes = level->stream_bytes,
        .streams_max = level->streams_max,
        .least_gain = level->least_gain,
        .report = options.report,
        .cpu_features = features,
        .progress = options.progress,
        .progress_context = options.progress_context,
    };
    bool is_short = options.content_size > 0 && options.content_size < plan->block_size;
    plan->block_bound = is_short ? options.content_size : plan->block_size;
    kernels_select(&plan->kernels, features);
    suit_model(plan);
    plan->unmixed = plan->model && options.unmixed;
    plan->context = plan->context && !plan->unmixed;
    return TACIT_OK;
}

enum tacit_status codec_plan_make_encoder(struct codec_plan *plan,
                                          const struct tacit_options *given)
{
    struct tacit_options options;
    TRY(copy_options(&options, given));
    if (!options.model && !options.no_model && options.level >= TACIT_LEVEL_MODEL) {
        enum tacit_status status = tacit_model_default(&options.model);
        if (status != TACIT_OK && status != TACIT_ERR_MODEL_MISSING)
            return status;
    }
    return codec_plan_make(plan, &options);
}
