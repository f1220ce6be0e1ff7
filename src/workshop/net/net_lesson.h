/* SPDX-License-Identifier: Apache-2.0
 *
 * What a student learns of a teacher's inside, besides its distributions. Layer i of the student's L answers to
 * layer (i + 1) M / L - 1 of the teacher's M. For each position there are three losses, means over layers:
 *
 * - hidden: the mean square of M x / rms(x) - y / rms(y), x and y the residual streams behind the two layers. Where the
 *   widths differ, M is a matrix that is learned for each layer, [teacher's width][student's width]; else there is none.
 * - gradients: the same, each square times a weight: the square of the gradient of the teacher's loss of the text in that number of
 *   y / rms(y), its mean over the window and the layer's numbers 1. What matters to the teacher's predictions counts, as in
 *   gradient-guided distillation (arXiv 2303.04240). The norm's own gradient is left out.
 * - relations: how a position's keys (of all heads, as one vector) relate to those of the positions before it, by the softmax
 *   of their products over the root of their length; and the same for values. The mean of the two Kullback-Leibler
 *   divergences of the student's from the teacher's, as in MiniLMv2 (arXiv 2012.15828), for any numbers and sizes of heads.
 */
#ifndef TACIT_WORKSHOP_NET_NET_LESSON_H
#define TACIT_WORKSHOP_NET_NET_LESSON_H

#include "workshop/net/net.h"

/* Scratch of one thread. */
struct net_lesson {
    void *memory;                /* of all that follows */
    float *own, *theirs, *error; /* normed streams, and the gradient of the mapped one */
    float *r;
    float *scores, *their_scores;
    /* For gradients, else NULL: of the teacher's loss, as work->exits; the weights; and what net_backward adds to, which
     * nobody reads. */
    float *exits, *weights, *unread;
};

/* Both networks have the same seq_len. TACIT_ERR_MEMORY. */
enum tacit_status net_lesson_open(struct net_lesson *lesson, const struct net *student,
                                  const struct net *teacher, bool has_gradients);
void net_lesson_close(struct net_lesson *lesson);

/* Floats of the maps, which lie behind the student's parameters: 0 if the widths are equal. */
size_t net_lesson_maps(const struct net *student, const struct net *teacher);
/* Random maps. */
void net_lesson_start(const struct net *student, const struct net *teacher, uint64_t seed,
                      float *maps);
/* The teacher's layer to which one of the student's answers. */
uint32_t net_lesson_layer(const struct net *student, const struct net *teacher, uint32_t layer);

/* After the teacher's net_loss: writes lesson->exits. */
void net_lesson_gradients(const struct net_teacher *teacher, size_t n, const uint32_t *ids,
                          const uint32_t *targets);
/* The losses hidden and gradients, after both forward passes. Adds the gradient of the stream behind the layer to work->dx, and that of the map. */
void net_hidden_back(const struct net *net, struct net_work *work, const float *params, size_t n,
                     uint32_t layer, float *grad, const struct net_teacher *teacher);
/* Adds to work->dk and dv. */
void net_relations_back(const struct net *net, struct net_work *work, size_t n, uint32_t layer,
                        const struct net_teacher *teacher);

#endif
