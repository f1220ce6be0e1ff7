/* SPDX-License-Identifier: Apache-2.0 */
#include "workshop/net/net_lesson.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "workshop/net/memory.h"
#include "workshop/net/ops.h"
#include "workshop/net/random.h"

static const float NO_SINK = -1e30f;

static void lay_out(struct net_lesson *lesson, struct arena *arena, const struct net *student,
                    const struct net *teacher, bool has_gradients)
{
    const size_t row = sizeof(float) * student->seq_len;
    lesson->own = arena_take(arena, row * net_stride(student->shape.width));
    lesson->theirs = arena_take(arena, row * net_stride(teacher->shape.width));
    lesson->error = arena_take(arena, row * net_stride(teacher->shape.width));
    lesson->r = arena_take(arena, row);
    lesson->scores = arena_take(arena, row * net_stride(student->seq_len));
    lesson->their_scores = arena_take(arena, row * net_stride(student->seq_len));
    if (!has_gradients)
        return;
    lesson->weights = arena_take(arena, row * net_stride(teacher->shape.width));
    lesson->exits =
        arena_take(arena, row * net_stride(teacher->shape.width) * teacher->shape.n_layers);
    lesson->unread = arena_take(arena, teacher->n_params * sizeof(float));
}

enum tacit_status net_lesson_open(struct net_lesson *lesson, const struct net *student,
                                  const struct net *teacher, bool has_gradients)
{
    struct arena arena = {0};
    memset(lesson, 0, sizeof *lesson);
    lay_out(lesson, &arena, student, teacher, has_gradients);
    lesson->memory = memory_zeroed(arena.used);
    if (!lesson->memory)
        return TACIT_ERR_MEMORY;
    arena = (struct arena){lesson->memory, arena.used, 0};
    lay_out(lesson, &arena, student, teacher, has_gradients);
    return TACIT_OK;
}

void net_lesson_close(struct net_lesson *lesson)
{
    free(lesson->memory);
    memset(lesson, 0, sizeof *lesson);
}

size_t net_lesson_maps(const struct net *student, const struct net *teacher)
{
    const size_t own = student->shape.width, theirs = teacher->shape.width;
    return own == theirs ? 0 : student->shape.n_layers * own * theirs;
}

void net_lesson_start(const struct net *student, const struct net *teacher, uint64_t seed,
                      float *maps)
{
    struct random random = {seed};
    const float size = 1 / sqrtf((float)student->shape.width);
    for (size_t i = 0, n = net_lesson_maps(student, teacher); i < n; i++)
        maps[i] = size * random_normal(&random);
}

uint32_t net_lesson_layer(const struct net *student, const struct net *teacher, uint32_t layer)
{
    const uint32_t at = (layer + 1) * teacher->shape.n_layers / student->shape.n_layers;
    return at > 0 ? at - 1 : 0;
}

void net_lesson_gradients(const struct net_teacher *teacher, size_t n, const uint32_t *ids,
                          const uint32_t *targets)
{
    struct net_work *work = teacher->work;
    const struct net_lesson *l = teacher->lesson;
    work->exits = l->exits;
    net_loss_back(teacher->net, work, teacher->params, n, targets, 1, l->unread, NULL);
    net_backward(teacher->net, work, teacher->params, n, ids, l->unread, NULL);
    work->exits = NULL;
}

/* Writes what the squares of a layer's errors count: `hidden`, and by the gradients. l->r: of the teacher's norm. */
static void weigh_errors(const struct net_teacher *teacher, size_t n, uint32_t layer)
{
    const struct net_lesson *l = teacher->lesson;
    const size_t d = teacher->net->shape.width, ld = net_stride(d);
    const float *exits = l->exits + layer * teacher->net->seq_len * ld;
    double sum = 0;
    for (size_t t = 0; t < n; t++)
        for (size_t i = t * ld; i < t * ld + d; i++) {
            const float g = exits[i] / l->r[t];
            l->weights[i] = g * g;
            sum += (double)l->weights[i];
        }
    const float by = sum > 0 ? teacher->gradients * (float)((double)(n * d) / sum) : 0;
    for (size_t i = 0; i < n * ld; i++)
        l->weights[i] = teacher->hidden + by * l->weights[i];
}

void net_hidden_back(const struct net *net, struct net_work *work, const float *params, size_t n,
                     uint32_t layer, float *grad, const struct net_teacher *teacher)
{
    const struct net_lesson *l = teacher->lesson;
    const size_t d = net->shape.width, ld = net_stride(d);
    const size_t their_d = teacher->net->shape.width, their_ld = net_stride(their_d);
    const uint32_t answers = net_lesson_layer(net, teacher->net, layer);
    const bool has_map = net_lesson_maps(net, teacher->net) > 0;
    const size_t map_at = net->n_params + layer * d * their_d;
    const float by = 2 / (float)(net->shape.n_layers * their_d);
    const struct matrix own = matrix(l->own, n, d, ld),
                        error = matrix(l->error, n, their_d, their_ld);
    op_norm(matrix(l->theirs, n, their_d, their_ld), l->r,
            matrix(teacher->work->layer[answers + 1].x, n, their_d, their_ld),
            teacher->net->shape.norm_epsilon);
    if (teacher->gradients > 0)
        weigh_errors(teacher, n, answers);
    op_norm(own, l->r, matrix(work->layer[layer + 1].x, n, d, ld), net->shape.norm_epsilon);
    if (has_map)
        matmul_run(&work->mm, error, operand(l->own, ld), transposed(params + map_at, d), d, false);
    for (size_t t = 0; t < n; t++)
        for (size_t i = t * their_ld; i < t * their_ld + their_d; i++) {
            const float weight = teacher->gradients > 0 ? l->weights[i] : teacher->hidden;
            l->error[i] = by * weight * ((has_map ? l->error[i] : l->own[i]) - l->theirs[i]);
        }
    if (has_map) {
        matmul_run(&work->mm, matrix(work->dy, n, d, ld), operand(l->error, their_ld),
                   operand(params + map_at, d), their_d, false);
        matmul_run(&work->mm, matrix(grad + map_at, their_d, d, d), transposed(l->error, their_ld),
                   operand(l->own, ld), n, true);
    }
    op_norm_back(matrix(work->dx, n, d, ld), has_map ? matrix(work->dy, n, d, ld) : error, own,
                 l->r);
}

/* The products' scale. */
static float relation_scale(const struct net *net)
{
    return 1 / sqrtf((float)((size_t)net->shape.n_kv_heads * net->shape.head_dim));
}

/* Each position's softmax over those before it; u: keys or values by heads. */
static void relate(struct matmul *mm, const struct net *net, const float *u, size_t n,
                   float *scores)
{
    const size_t hs = net->shape.head_dim, stride = net_stride(net->seq_len);
    const float scale = relation_scale(net);
    for (size_t kv = 0; kv < net->shape.n_kv_heads; kv++, u += net->seq_len * hs)
        matmul_run(mm, matrix(scores, n, n, stride), operand(u, hs), transposed(u, hs), hs, kv > 0);
    for (size_t t = 0; t < n; t++, scores += stride) {
        for (size_t s = 0; s < t; s++)
            scores[s] *= scale;
        op_softmax(scores, n, 0, t, NO_SINK);
    }
}

/* Adds to du, the gradient of u. */
static void relation_back(const struct net *net, struct net_work *work, size_t n, const float *u,
                          const float *their_u, float *du, const struct net_teacher *teacher)
{
    const struct net_lesson *l = teacher->lesson;
    const size_t hs = net->shape.head_dim, stride = net_stride(net->seq_len);
    const float by = teacher->relations * relation_scale(net) / (2 * (float)net->shape.n_layers);
    relate(&work->mm, net, u, n, l->scores);
    relate(&work->mm, teacher->net, their_u, n, l->their_scores);
    for (size_t t = 0; t < n; t++)
        for (size_t i = t * stride; i < t * stride + n; i++)
            l->scores[i] = by * (l->scores[i] - l->their_scores[i]);
    for (size_t kv = 0; kv < net->shape.n_kv_heads; kv++) {
        const size_t at = kv * net->seq_len * hs;
        const struct matrix to = matrix(du + at, n, hs, hs);
        matmul_run(&work->mm, to, operand(l->scores, stride), operand(u + at, hs), n, true);
        matmul_run(&work->mm, to, transposed(l->scores, stride), operand(u + at, hs), n, true);
    }
}

void net_relations_back(const struct net *net, struct net_work *work, size_t n, uint32_t layer,
                        const struct net_teacher *teacher)
{
    const uint32_t answers = net_lesson_layer(net, teacher->net, layer);
    const struct net_layer_work *own = &work->layer[layer];
    const struct net_layer_work *theirs = &teacher->work->layer[answers];
    relation_back(net, work, n, own->k, theirs->k, work->dk, teacher);
    relation_back(net, work, n, own->v, theirs->v, work->dv, teacher);
}
