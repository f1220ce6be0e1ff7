/* SPDX-License-Identifier: Apache-2.0 */
#include "workshop/shrink/fisher.h"

#include <stdlib.h>
#include <string.h>

#include "base/try.h"
#include "workshop/inspect/text_cost.h"
#include "workshop/net/memory.h"
#include "workshop/net/net_export.h"

struct fisher_pass {
    struct fisher *fisher;
    struct net_work work;
    struct net_squares squares;
    float *params;
    const struct lm_model *model;
    const struct tokenizer *tokenizer;
};

/* Columns of the widest matrix of a product, padded. */
static size_t widest(const struct lm_shape *s)
{
    size_t n = lm_shape_widest(s);
    n = lm_qkv_rows(s) > n ? lm_qkv_rows(s) : n;
    return net_stride(lm_up_rows(s) > n ? lm_up_rows(s) : n);
}

static void read_text(struct fisher_pass *p, const struct text_tokens *text)
{
    const struct net *net = &p->fisher->net;
    uint32_t ids[TEXT_WINDOW + 1] = {text->start};
    for (size_t at = 0; at < text->n; at += net->seq_len) {
        const size_t n = text->n - at < net->seq_len ? text->n - at : net->seq_len;
        memcpy(ids + 1, text->tokens + at, n * sizeof *ids);
        net_run(net, &p->work, p->params, n, ids, ids + 1, 1, p->fisher->squares);
    }
    p->fisher->n_tokens += text->n;
}

static enum tacit_status read_files(struct fisher_pass *p, const char *const *paths, size_t n_paths)
{
    for (size_t i = 0; i < n_paths; i++) {
        struct text_tokens text;
        TRY(text_tokens_read(&text, p->model, p->tokenizer, paths[i], UINT64_MAX));
        read_text(p, &text);
        text_tokens_close(&text);
    }
    return p->fisher->n_tokens < TEXT_WINDOW ? TACIT_ERR_CONTENT_LIMIT : TACIT_OK;
}

static enum tacit_status open_pass(struct fisher_pass *p)
{
    struct fisher *f = p->fisher;
    const uint32_t n_context = p->model->shape.n_context;
    TRY(net_open_model(&f->net, p->model, n_context < TEXT_WINDOW ? n_context : TEXT_WINDOW));
    f->net.tables_are_frozen = true;
    TRY(net_work_open(&p->work, &f->net, false));
    const size_t n_square = f->net.seq_len * widest(&f->net.shape) * sizeof(float);
    p->squares = (struct net_squares){memory_zeroed(n_square), memory_zeroed(n_square)};
    p->work.squares = &p->squares;
    p->params = memory_zeroed(f->net.n_params * sizeof *p->params);
    f->squares = memory_zeroed(f->net.n_params * sizeof *f->squares);
    if (!p->squares.dy || !p->squares.x || !p->params || !f->squares)
        return TACIT_ERR_MEMORY;
    net_import(&f->net, p->model, p->params);
    return TACIT_OK;
}

enum tacit_status fisher_run(struct fisher *fisher, const struct lm_model *model,
                             const struct tokenizer *tokenizer, const char *const *paths,
                             size_t n_paths)
{
    *fisher = (struct fisher){.squares = NULL};
    struct fisher_pass p = {.fisher = fisher, .model = model, .tokenizer = tokenizer};
    enum tacit_status status = open_pass(&p);
    if (status == TACIT_OK)
        status = read_files(&p, paths, n_paths);
    net_work_close(&p.work);
    free(p.squares.dy);
    free(p.squares.x);
    free(p.params);
    if (status != TACIT_OK)
        fisher_close(fisher);
    return status;
}

void fisher_close(struct fisher *fisher)
{
    free(fisher->squares);
    net_close(&fisher->net);
    fisher->squares = NULL;
}
