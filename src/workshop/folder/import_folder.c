/* SPDX-License-Identifier: Apache-2.0
 *
 * A model from a folder as Hugging Face's transformers writes it (tacit/shrink.h): config.json, tokenizer.json and
 * safetensors become a GGUF file, and this a .tmodel, so that there is one reader of architectures.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/strict_math.h"
#include "base/try.h"
#include "model/gguf_names.h"
#include "model/model_file.h"
#include "tacit/shrink.h"
#include "workshop/folder/config_json.h"
#include "workshop/folder/safetensors.h"
#include "workshop/folder/tokenizer_json.h"

/* Which heads' rows GGUF has in another order. */
enum rotated { ROTATED_NOT, ROTATED_QUERIES, ROTATED_KEYS };

static const struct {
    const char *name, *gguf;
    enum rotated rotated;
    bool is_optional;
} layer_tensors[] = {
    {"input_layernorm.weight", "attn_norm.weight", ROTATED_NOT, false},
    {"self_attn.q_proj.weight", "attn_q.weight", ROTATED_QUERIES, false},
    {"self_attn.k_proj.weight", "attn_k.weight", ROTATED_KEYS, false},
    {"self_attn.v_proj.weight", "attn_v.weight", ROTATED_NOT, false},
    {"self_attn.q_proj.bias", "attn_q.bias", ROTATED_QUERIES, true},
    {"self_attn.k_proj.bias", "attn_k.bias", ROTATED_KEYS, true},
    {"self_attn.v_proj.bias", "attn_v.bias", ROTATED_NOT, true},
    {"self_attn.q_norm.weight", "attn_q_norm.weight", ROTATED_NOT, true},
    {"self_attn.k_norm.weight", "attn_k_norm.weight", ROTATED_NOT, true},
    {"self_attn.o_proj.weight", "attn_output.weight", ROTATED_NOT, false},
    {"self_attn.o_proj.bias", "attn_output.bias", ROTATED_NOT, true},
    {"post_attention_layernorm.weight", "ffn_norm.weight", ROTATED_NOT, false},
    {"mlp.gate_proj.weight", "ffn_gate.weight", ROTATED_NOT, false},
    {"mlp.up_proj.weight", "ffn_up.weight", ROTATED_NOT, false},
    {"mlp.down_proj.weight", "ffn_down.weight", ROTATED_NOT, false},
};

enum { N_LAYER_TENSORS = sizeof layer_tensors / sizeof *layer_tensors, NAME_CAP = 128 };

struct importer {
    struct safetensors tensors;
    struct config_json config;
    struct gguf_draft draft;
    struct file_replace *out;
    struct reason *reason;
};

typedef enum tacit_status tensor_fn(struct importer *in, struct safetensor *tensor,
                                    const char *gguf, enum rotated rotated);

static enum tacit_status visit_one(struct importer *in, tensor_fn *visit, const char *name,
                                   const char *gguf, enum rotated rotated, bool is_optional)
{
    struct safetensor *tensor = safetensors_find(&in->tensors, name);
    if (tensor)
        return visit(in, tensor, gguf, rotated);
    return is_optional
               ? TACIT_OK
               : reason_give(in->reason, TACIT_ERR_MODEL_DAMAGED, "the tensor %s is missing", name);
}

static enum tacit_status visit_tensors(struct importer *in, tensor_fn *visit)
{
    char name[NAME_CAP], gguf[NAME_CAP];
    TRY(visit_one(in, visit, "model.embed_tokens.weight", "token_embd.weight", ROTATED_NOT, false));
    for (uint32_t layer = 0; layer < in->config.n_layers; layer++)
        for (size_t i = 0; i < N_LAYER_TENSORS; i++) {
            snprintf(name, sizeof name, "model.layers.%u.%s", (unsigned)layer,
                     layer_tensors[i].name);
            snprintf(gguf, sizeof gguf, "blk.%u.%s", (unsigned)layer, layer_tensors[i].gguf);
            TRY(visit_one(in, visit, name, gguf, layer_tensors[i].rotated,
                          layer_tensors[i].is_optional));
        }
    TRY(visit_one(in, visit, "model.norm.weight", "output_norm.weight", ROTATED_NOT, false));
    if (in->config.tied)
        return TACIT_OK;
    return visit_one(in, visit, "lm_head.weight", "output.weight", ROTATED_NOT, false);
}

/* A tensor_fn. */
static enum tacit_status declare(struct importer *in, struct safetensor *tensor, const char *gguf,
                                 enum rotated rotated)
{
    const struct config_json *c = &in->config;
    uint32_t n_heads = rotated == ROTATED_QUERIES ? c->n_heads : c->n_kv_heads;
    uint64_t n = tensor->n_rows ? tensor->n_rows : tensor->n_columns;
    if (rotated != ROTATED_NOT && n != (uint64_t)n_heads * c->head_dim)
        return reason_give(in->reason, TACIT_ERR_MODEL_DAMAGED,
                           "the tensor %s has %llu rows, not %u heads of %u", tensor->name,
                           (unsigned long long)n, (unsigned)n_heads, (unsigned)c->head_dim);
    tensor->is_used = true;
    gguf_draft_tensor(&in->draft, gguf, tensor->type, tensor->n_columns, tensor->n_rows);
    return TACIT_OK;
}

/* What is left out has to be known to repeat something: the head of a model whose embedding serves as the head,
 * frequencies that follow from the configuration. */
static enum tacit_status check_used(const struct importer *in)
{
    for (size_t i = 0; i < in->tensors.n_tensors; i++) {
        const struct safetensor *t = &in->tensors.tensors[i];
        bool repeats = (in->config.tied && strcmp(t->name, "lm_head.weight") == 0) ||
                       strstr(t->name, "rotary_emb.inv_freq") != NULL;
        if (!t->is_used && !repeats)
            return reason_give(in->reason, TACIT_ERR_UNSUPPORTED,
                               "the tensor %s has no use in this architecture", t->name);
    }
    return TACIT_OK;
}

/* A tensor_fn. Rows, or numbers of a vector, are moved one by one where GGUF has them in another order. */
static enum tacit_status write_tensor(struct importer *in, struct safetensor *tensor,
                                      const char *gguf, enum rotated rotated)
{
    static const uint8_t zeros[GGUF_ALIGNMENT];
    uint64_t n = tensor->n_rows ? tensor->n_rows : tensor->n_columns;
    uint64_t n_bytes = safetensor_row_bytes(tensor) * (tensor->n_rows ? tensor->n_rows : 1);
    size_t step = (size_t)(n_bytes / n), head_dim = in->config.head_dim;
    (void)gguf;
    if (rotated == ROTATED_NOT || !in->config.interleaved)
        TRY(file_replace_write(in->out, tensor->data, (size_t)n_bytes));
    for (size_t i = 0; rotated != ROTATED_NOT && in->config.interleaved && i < n; i++) {
        size_t at = i / head_dim * head_dim + gguf_place_in_engine(i % head_dim, head_dim);
        TRY(file_replace_write(in->out, tensor->data + at * step, step));
    }
    return file_replace_write(in->out, zeros, gguf_padding(n_bytes));
}

static enum tacit_status write_divisors(struct importer *in)
{
    uint8_t bytes[4 * CONFIG_DIVISORS_MAX + GGUF_ALIGNMENT] = {0};
    size_t n = 4 * (size_t)in->config.n_divisors;
    for (uint32_t i = 0; i < in->config.n_divisors; i++)
        store_le32(bytes + 4 * i, strict_to_bits(in->config.divisors[i]));
    return n ? file_replace_write(in->out, bytes, n + gguf_padding(n)) : TACIT_OK;
}

/* A gguf_data_fn. */
static enum tacit_status write_data(void *context, struct file_replace *out)
{
    struct importer *in = context;
    in->out = out;
    TRY(visit_tensors(in, write_tensor));
    return write_divisors(in);
}

/* Reads a JSON file of the folder and passes it on. */
static enum tacit_status draft_config(struct importer *in, const char *folder)
{
    json_t *root;
    TRY(json_file_read(&root, folder, "config.json", in->reason));
    enum tacit_status status = config_json_read(&in->config, &in->draft, root, in->reason);
    json_decref(root);
    return status;
}

static enum tacit_status draft_tokenizer(struct importer *in, const char *folder)
{
    json_t *root;
    const struct safetensor *embedding =
        safetensors_find(&in->tensors, "model.embed_tokens.weight");
    if (!embedding || embedding->n_rows == 0)
        return reason_give(in->reason, TACIT_ERR_MODEL_DAMAGED,
                           "the tensor model.embed_tokens.weight is missing");
    TRY(json_file_read(&root, folder, "tokenizer.json", in->reason));
    enum tacit_status status =
        tokenizer_json_read(&in->draft, root, (uint32_t)embedding->n_rows, in->reason);
    json_decref(root);
    return status;
}

/* The folder's own name. */
static void draft_name(struct importer *in, const char *folder)
{
    size_t end = strlen(folder), begin;
    while (end > 1 && folder[end - 1] == '/')
        end--;
    for (begin = end; begin > 0 && folder[begin - 1] != '/';)
        begin--;
    gguf_draft_string(&in->draft, "general.name",
                      (struct byte_view){(const uint8_t *)folder + begin, end - begin});
}

static enum tacit_status convert(struct importer *in, const char *folder, const char *path)
{
    draft_name(in, folder);
    TRY(draft_config(in, folder));
    TRY(safetensors_open(&in->tensors, folder, in->reason));
    TRY(draft_tokenizer(in, folder));
    TRY(visit_tensors(in, declare));
    TRY(check_used(in));
    if (in->config.n_divisors)
        gguf_draft_tensor(&in->draft, "rope_freqs.weight", gguf_type_find(0), in->config.n_divisors,
                          0);
    return gguf_draft_write(&in->draft, path, write_data, in);
}

/* By way of a GGUF file beside the target, which goes again. */
static enum tacit_status import_by(const char *gguf, const char *folder, const char *path,
                                   struct reason *reason)
{
    struct importer in = {.reason = reason};
    struct model_file *file = NULL;
    enum tacit_status status = convert(&in, folder, gguf);
    safetensors_close(&in.tensors);
    gguf_draft_free(&in.draft);
    if (status != TACIT_OK)
        return status;
    status = model_file_open(&file, gguf, reason);
    unlink(gguf);
    if (status == TACIT_OK)
        status = model_file_export(file, path);
    model_file_close(file);
    return status;
}

enum tacit_status tacit_shrink_import_folder(const char *folder, const char *path,
                                             char why[TACIT_MODEL_REASON_MAX])
{
    struct reason reason = {""};
    char gguf[FOLDER_PATH_MAX];
    int n = snprintf(gguf, sizeof gguf, "%s.from-folder.gguf", path);
    enum tacit_status status =
        n > 0 && n < (int)sizeof gguf ? import_by(gguf, folder, path, &reason) : TACIT_ERR_ARGUMENT;
    snprintf(why, TACIT_MODEL_REASON_MAX, "%s", reason.text);
    return status;
}
