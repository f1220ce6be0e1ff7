/* SPDX-License-Identifier: Apache-2.0
 *
 * The components that there are; see inputs.h for how to add one.
 */
#ifndef TACIT_PREDICT_COMPONENTS_H
#define TACIT_PREDICT_COMPONENTS_H

#include "predict/inputs.h"

extern const struct component_ops order_model_ops; /* the last n bytes */

#endif
