/* SPDX-License-Identifier: Apache-2.0
 *
 * What a model file states about the model, without loading its weights (tacit_model_inspect).
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/struct_size.h"
#include "base/try.h"
#include "base/view.h"
#include "engine/lm.h"
#include "model/lm_gguf.h"
#include "model/open_model.h"
#include "model/tmodel.h"
#include "tacit/model.h"
#include "tacit/shrink.h"

/* The value's start, without control characters. */
static void copy_text(char *text, struct byte_view value)
{
    size_t n = value.n < TACIT_MODEL_TEXT_MAX ? value.n : TACIT_MODEL_TEXT_MAX - 1;
    for (size_t i = 0; i < n; i++)
        text[i] = value.data[i] < ' ' || value.data[i] == 0x7f ? '?' : (char)value.data[i];
    text[n] = '\0';
}

/* The number of values in all tensors, vectors and matrices. */
static uint64_t count_parameters(const struct lm_shape *shape)
{
    uint64_t n = 0;
    for (int id = 0; id < LM_N_TENSORS; id++) {
        struct lm_tensor_size size = lm_tensor_size(shape, (enum lm_tensor_id)id);
        uint64_t n_values = (uint64_t)(size.n_rows ? size.n_rows : 1) * size.n_columns;
        n += n_values * (id < LM_N_LAYER_TENSORS ? shape->n_layers : 1);
    }
    return n;
}

static enum tacit_status describe_shape(struct tacit_model_info *info, const struct lm_shape *shape,
                                        const uint8_t *kinds)
{
    struct lm_options one_stream = {.n_streams = 1, .n_context = 1024, .n_threads = 1};
    info->n_parameters = count_parameters(shape);
    info->n_vocab = shape->n_vocab;
    info->n_layers = shape->n_layers;
    info->width = shape->width;
    info->n_context = shape->n_context;
    info->wide_inputs = shape->flags & LM_WIDE_LAYERS ? TACIT_WIDE_ALL
                        : shape->flags & LM_WIDE_HEAD ? TACIT_WIDE_HEAD
                                                      : TACIT_WIDE_AS_BEFORE;
    info->weights_bytes = lm_model_memory_needed(shape, kinds);
    return lm_state_memory_needed(shape, &one_stream, &info->stream_bytes);
}

static enum tacit_status describe_gguf(struct tacit_model_info *info, const struct gguf *gguf)
{
    struct byte_view text[3] = {{NULL, 0}, {NULL, 0}, {NULL, 0}};
    struct lm_shape shape;
    gguf_get_string(gguf, "general.name", &text[0]);
    gguf_get_string(gguf, "general.architecture", &text[1]);
    gguf_get_string(gguf, "general.license", &text[2]);
    copy_text(info->title, text[0]);
    copy_text(info->architecture, text[1]);
    copy_text(info->licence, text[2]);
    TRY(lm_shape_from_gguf(&shape, gguf));
    return describe_shape(info, &shape, NULL);
}

/* The family that has these flags; .tmodel files do not state it. */
static const char *architecture_of(const struct lm_shape *shape)
{
    if (shape->norm == LM_NORM_LAYER)
        return "gpt2";
    if (shape->activation == LM_ACT_GEGLU)
        return !(shape->flags & LM_POST_NORMS) ? "gemma"
               : shape->flags & LM_QK_NORM     ? "gemma3"
                                               : "gemma2";
    if (shape->activation != LM_ACT_SWIGLU)
        return "tacit";
    if (shape->flags & LM_NO_PRE_NORMS)
        return "olmo2";
    return shape->flags & LM_QK_NORM ? "qwen3" : shape->flags & LM_QKV_BIAS ? "qwen2" : "llama";
}

static enum tacit_status describe_tmodel(struct tacit_model_info *info, const struct tmodel *tmodel)
{
    const struct lm_shape *shape = &tmodel_model(tmodel)->shape;
    copy_text(info->title, tmodel_text(tmodel).name);
    copy_text(info->licence, tmodel_text(tmodel).licence);
    snprintf(info->architecture, sizeof info->architecture, "%s", architecture_of(shape));
    return describe_shape(info, shape, tmodel_model(tmodel)->kinds);
}

static enum tacit_status inspect_linked(struct tacit_model_info *info)
{
    struct byte_view file = model_linked_file();
    struct tmodel *tmodel;
    if (file.n == 0)
        return TACIT_ERR_MODEL_MISSING;
    info->file_size = file.n;
    TRY(tmodel_open_memory(&tmodel, file.data, file.n));
    enum tacit_status status = describe_tmodel(info, tmodel);
    tmodel_close(tmodel);
    return status;
}

static enum tacit_status inspect(const char *path, struct tacit_model_info *info)
{
    struct gguf *gguf;
    struct tmodel *tmodel;
    struct stat file;
    enum tacit_status status;
    if (!path)
        return inspect_linked(info);
    size_t n = strlen(path);
    if (stat(path, &file) != 0)
        return TACIT_ERR_IO;
    info->file_size = (uint64_t)file.st_size;
    if (n > 7 && strcmp(path + n - 7, ".tmodel") == 0) {
        TRY(tmodel_open_file(&tmodel, path));
        status = describe_tmodel(info, tmodel);
        tmodel_close(tmodel);
    } else {
        TRY(gguf_open_file(&gguf, path, NULL));
        status = describe_gguf(info, gguf);
        gguf_close(gguf);
    }
    return status;
}

enum tacit_status tacit_model_inspect(const char *path, struct tacit_model_info *info)
{
    struct tacit_model_info full = {.struct_size = sizeof full};
    if (info->struct_size < sizeof info->struct_size)
        return TACIT_ERR_ARGUMENT;
    TRY(inspect(path, &full));
    return struct_give(info, &full, sizeof full);
}
