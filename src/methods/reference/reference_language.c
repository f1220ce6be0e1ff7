/* SPDX-License-Identifier: Apache-2.0 */
#include "methods/reference/reference_language.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/try.h"

enum { IDENTITY_WORDS = 4 };

static void make_key(const struct tacit_model *model,
                     const struct reference_language_reading *reading,
                     const struct context_config *config, const struct lm_options *options,
                     uint64_t key[REFERENCE_KEY_WORDS])
{
    const struct kv_heads *heads = options->kv_heads;
    const uint64_t words[] = {REFERENCE_OF_LANGUAGE, config->content_set,
                              config->memory_log2,   config->n_streams,
                              config->span,          config->versed,
                              reading->part,         reading->model_part,
                              reading->first_token,  (uint64_t)(uintptr_t)model,
                              options->n_context,    options->n_threads,
                              options->n_teams,      options->n_back,
                              options->cpu_features, options->kv_kind,
                              options->kv_keep,      heads ? hash64(heads->parts, heads->n, 0) : 0};
    enum { N_WORDS = sizeof words / sizeof *words };
    static_assert(N_WORDS + IDENTITY_WORDS <= REFERENCE_KEY_WORDS, "the key has room");
    for (unsigned i = 0; i < REFERENCE_KEY_WORDS; i++)
        key[i] = i < N_WORDS ? words[i] : 0;
    for (unsigned i = 0; i < IDENTITY_WORDS; i++) /* another model may later lie at the same
                                                     address */
        key[N_WORDS + i] = load_le64(model->identity + 8 * i);
}

static void destroy(struct reference_kept *kept)
{
    struct reference_language *reference = (struct reference_language *)kept;
    context_mixer_destroy(reference->cm);
    lm_state_destroy(reference->lm);
    free(reference->context_mixer_saved);
    free(reference->lm_saved);
    free(reference->bias);
    free(reference->logits);
    free(reference);
}

static enum tacit_status make(struct reference_language *reference, const struct tacit_model *of,
                              const struct context_config *config, const struct lm_options *options)
{
    const struct lm_model *model = model_file_lm(of->file);
    TRY(context_mixer_create(&reference->cm, config, &reference->kernels));
    TRY(lm_state_create(&reference->lm, model, options));
    size_t n_cm = context_mixer_state_size(reference->cm),
           n_lm = lm_stream_size(reference->lm, UINT64_MAX);
    reference->context_mixer_saved = malloc(n_cm);
    reference->lm_saved = malloc(n_lm);
    reference->bias = malloc(model->shape.n_vocab * sizeof *reference->bias);
    reference->logits = malloc(lm_logit_stride(model) * sizeof *reference->logits);
    reference->kept.n_bytes = 2 * n_cm + (1 + options->n_streams) * n_lm;
    return reference->context_mixer_saved && reference->lm_saved && reference->bias &&
                   reference->logits
               ? TACIT_OK
               : TACIT_ERR_MEMORY;
}

enum tacit_status
reference_language_take(const struct tacit_reference *reference, const struct tacit_model *model,
                        const struct reference_language_reading *reading,
                        const struct context_config *config, const struct lm_options *options,
                        const struct kernels *kernels, struct reference_language **language_out)
{
    uint64_t key[REFERENCE_KEY_WORDS];
    make_key(model, reading, config, options, key);
    struct reference_language *language =
        (struct reference_language *)reference_shelf_take(reference->shelf, key);
    *language_out = language;
    if (language)
        return TACIT_OK;
    language = calloc(1, sizeof *language);
    if (!language)
        return TACIT_ERR_MEMORY;
    memcpy(language->kept.key, key, sizeof key);
    language->kept.destroy = destroy;
    language->kernels = *kernels;
    enum tacit_status status = make(language, model, config, options);
    if (status != TACIT_OK) {
        destroy(&language->kept);
        return status;
    }
    *language_out = language;
    return TACIT_OK;
}

void reference_language_give_back(const struct tacit_reference *reference,
                                  struct reference_language *language)
{
    if (!language)
        return;
    if (language->has_read)
        reference_shelf_put(reference->shelf, &language->kept);
    else
        destroy(&language->kept);
}

uint64_t reference_language_memory(const struct tacit_model *model,
                                   const struct reference_language_reading *reading,
                                   uint64_t n_models)
{
    uint64_t n_text = reading->versed
                          ? reading->n_learnt
                          : (uint64_t)1 << (REFERENCE_MODEL_SHIFT + reading->model_part);
    return n_models + sizeof(struct reference_language) + REFERENCE_SHELF_BYTES +
           2 * lm_logit_stride(model_file_lm(model->file)) * sizeof(float) +
           n_text * sizeof(uint32_t);
}
