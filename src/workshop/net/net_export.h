/* SPDX-License-Identifier: Apache-2.0
 *
 * Turns a trained network into a model of the engine (engine/lm_model.h), quantised to int8, and
 * back.
 */
#ifndef TACIT_WORKSHOP_NET_NET_EXPORT_H
#define TACIT_WORKSHOP_NET_NET_EXPORT_H

#include "engine/lm_model.h"
#include "workshop/net/net.h"

/* TACIT_ERR_UNSUPPORTED: a size is not a multiple of 64 as the engine needs (width, head size,
 * inner width, windows, hashed rows); TACIT_ERR_MODEL_DAMAGED if a parameter is not finite;
 * TACIT_ERR_MEMORY. On failure *model is NULL. divisors: the LM_ROPE_DIVISORS of a shape that has them. */
enum tacit_status net_export(struct lm_model **model, const struct net *net, const float *params,
                             const float *divisors);

/* The sizes of the network that a model was exported from; TACIT_ERR_UNSUPPORTED if it is of another architecture. */
enum tacit_status net_import_config(struct net_config *config, const struct lm_model *model);

/* Copies a model's values, as the engine computes with them, to the parameters of a network opened
 * for it. */
void net_import(const struct net *net, const struct lm_model *model, float *params);

#endif
