/* SPDX-License-Identifier: Apache-2.0 */
#include "workshop/shrink/prune_texts.h"

#include <stdlib.h>

#include "base/try.h"

enum { TOKENS_MAX = 2048 };

static enum tacit_status read_texts(struct prune_texts *t, const struct lm_model *model,
                                    const struct tokenizer *tokenizer,
                                    const struct tacit_prune *job)
{
    for (; t->n < job->n_texts; t->n++)
        TRY(text_tokens_read(&t->texts[t->n], model, tokenizer, job->texts[t->n], UINT64_MAX));
    t->n_tokens = text_tokens_share(t->texts, t->n, TOKENS_MAX);
    return t->n_tokens < TEXT_WINDOW ? TACIT_ERR_CONTENT_LIMIT : TACIT_OK;
}

enum tacit_status prune_texts_open(struct prune_texts *texts, const struct lm_model *model,
                                   const struct tokenizer *tokenizer, const struct tacit_prune *job)
{
    *texts = (struct prune_texts){calloc(job->n_texts + 1, sizeof *texts->texts), 0, 0};
    if (!texts->texts)
        return TACIT_ERR_MEMORY;
    enum tacit_status status = read_texts(texts, model, tokenizer, job);
    if (status != TACIT_OK)
        prune_texts_close(texts);
    return status;
}

void prune_texts_close(struct prune_texts *texts)
{
    for (size_t i = 0; i < texts->n; i++)
        text_tokens_close(&texts->texts[i]);
    free(texts->texts);
    *texts = (struct prune_texts){.texts = NULL};
}

enum tacit_status prune_texts_cost(double *cost, const struct prune_texts *texts,
                                   const struct lm_model *model)
{
    *cost = 0;
    for (size_t i = 0; i < texts->n; i++) {
        double bits;
        TRY(text_cost(&bits, model, &texts->texts[i], 0));
        *cost += bits / (double)texts->n_tokens;
    }
    return TACIT_OK;
}
