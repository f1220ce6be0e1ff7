/* SPDX-License-Identifier: Apache-2.0
 *
 * The activations of one sequence (workshop/net/net.h): how they lie in memory.
 */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "workshop/net/memory.h"
#include "workshop/net/net.h"

/* n_rows rows of floats, `stride` apart. */
static float *take(struct arena *arena, size_t n_rows, size_t stride)
{
    return arena_take(arena, n_rows * stride * sizeof(float));
}

static void lay_out_layer(const struct net *net, struct arena *arena, struct net_layer_work *w)
{
    const struct lm_shape *s = &net->shape;
    const size_t t = net->seq_len, d = net_stride(s->width);
    const size_t heads = lm_head_columns(s), kv = (size_t)s->n_kv_heads * s->head_dim;
    const bool has_hats = net->has_gains && net_has(net, LM_QK_NORM);
    w->a = take(arena, t, d);
    w->m = take(arena, t, d);
    w->u = take(arena, t, net_stride(lm_up_rows(s)));
    w->q = take(arena, t, heads);
    w->o = take(arena, t, heads);
    w->k = take(arena, t, kv);
    w->v = take(arena, t, kv);
    w->q_hat = has_hats ? take(arena, t, heads) : NULL;
    w->k_hat = has_hats ? take(arena, t, kv) : NULL;
    w->r_a = take(arena, t, 1);
    w->r_m = take(arena, t, 1);
    w->r_q = take(arena, t, s->n_heads);
    w->r_k = take(arena, t, s->n_kv_heads);
    w->lse = take(arena, t, s->n_heads);
}

/* Keys within reach of a block of queries. */
static size_t block_keys(const struct net *net)
{
    size_t span = 0;
    for (uint32_t l = 0; l < net->shape.n_layers; l++)
        span = net_window(net, l) > span ? net_window(net, l) : span;
    return span + NET_ATTEND_BLOCK < net->seq_len ? span + NET_ATTEND_BLOCK : net->seq_len;
}

static void lay_out_gradients(const struct net *net, struct arena *arena, struct net_work *w)
{
    const struct lm_shape *s = &net->shape;
    const size_t t = net->seq_len, d = net_stride(s->width);
    const size_t heads = lm_head_columns(s), kv = (size_t)s->n_kv_heads * s->head_dim;
    w->dx = take(arena, t, d);
    w->dx0 = take(arena, t, d);
    w->dy = take(arena, t, d);
    w->dqkv = take(arena, t, net_stride(lm_qkv_rows(s)));
    w->dq = take(arena, t, heads);
    w->dk = take(arena, t, kv);
    w->dv = take(arena, t, kv);
    w->do_ = take(arena, t, heads);
    /* embed_back also writes the gradient of the hashed rows there */
    const size_t n_hash = (size_t)2 * s->hash_size, n_mlp = net_stride(lm_up_rows(s));
    w->dh = take(arena, t, n_mlp > n_hash ? n_mlp : n_hash);
}

static void lay_out(const struct net *net, struct arena *arena, struct net_work *w)
{
    const struct lm_shape *s = &net->shape;
    const size_t t = net->seq_len, d = net_stride(s->width);
    const size_t n_scores = NET_ATTEND_BLOCK * net_group(net) * net_stride(block_keys(net));
    w->layer = arena_take(arena, (s->n_layers + 1) * sizeof *w->layer);
    struct net_layer_work unused;
    for (uint32_t l = 0; l < s->n_layers; l++)
        lay_out_layer(net, arena, w->layer ? &w->layer[l] : &unused);
    for (uint32_t l = 0; l <= s->n_layers; l++)
        *(w->layer ? &w->layer[l].x : &unused.x) = take(arena, t, d);
    w->e = take(arena, t, d);
    w->hash = take(arena, t, net_stride(2 * (size_t)s->hash_size));
    w->x0_raw = take(arena, t, d);
    w->x0 = take(arena, t, d);
    w->r_x0 = take(arena, t, 1);
    w->y_hat = take(arena, t, d);
    w->y = net->has_gains ? take(arena, t, d) : w->y_hat;
    w->gained = net->has_gains ? take(arena, t, d) : NULL;
    w->r_y = take(arena, t, 1);
    w->qkv = take(arena, t, net_stride(lm_qkv_rows(s)));
    w->h = take(arena, t, net_stride(s->n_hidden));
    w->logits = take(arena, t, net_stride(NET_LOSS_PANEL));
    w->lse = take(arena, t, 1);
    w->top = take(arena, t, 1);
    w->scores = take(arena, 1, n_scores);
    w->scores_2 = take(arena, 1, n_scores);
    lay_out_gradients(net, arena, w);
}

enum tacit_status net_work_open(struct net_work *work, const struct net *net, bool exact)
{
    memset(work, 0, sizeof *work);
    struct arena arena = {0};
    lay_out(net, &arena, work);
    const size_t n_bytes = arena.used;
    work->memory = memory_zeroed(n_bytes);
    if (!work->memory)
        return TACIT_ERR_MEMORY;
    arena = (struct arena){work->memory, n_bytes, 0};
    lay_out(net, &arena, work);
    return matmul_open(&work->mm, exact);
}

void net_work_close(struct net_work *work)
{
    matmul_close(&work->mm);
    free(work->memory);
    memset(work, 0, sizeof *work);
}
