/* SPDX-License-Identifier: Apache-2.0
 *
 * A model's shape in the words of GGUF: the architecture that stands for it, and that architecture's keys.
 */
#ifndef TACIT_WORKSHOP_EXPORT_GGUF_DESCRIBE_H
#define TACIT_WORKSHOP_EXPORT_GGUF_DESCRIBE_H

#include "base/reason.h"
#include "engine/lm_shape.h"
#include "gguf/gguf_write.h"

struct export_form {
    const char *architecture;
    bool interleaved;       /* as of struct architecture */
    uint32_t needs, allows; /* flags of the shape */
};

/* TACIT_ERR_UNSUPPORTED: none of llama, qwen2 and qwen3 computes what the shape says; *reason tells what none has. */
enum tacit_status gguf_describe_form(const struct export_form **form, const struct lm_shape *shape,
                                     struct reason *reason);

void gguf_describe_shape(struct gguf_draft *draft, const struct export_form *form,
                         const struct lm_shape *shape);

#endif
