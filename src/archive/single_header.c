/* SPDX-License-Identifier: Apache-2.0 */
#include "archive/single_header.h"

#include "archive/model_identity.h"
#include "archive/reference_identity.h"
#include "methods/block.h"
#include "tacit/archive.h"

size_t single_header_pack(uint8_t *out, const struct codec_plan *plan,
                          const struct format_block *block, const uint8_t *payload)
{
    struct format_model_identity model = model_identity_of(
        block->method == TACIT_METHOD_MODEL ? plan->model : NULL, block_cuts_text(block, payload));
    struct format_reference_identity reference =
        reference_identity_of(block_needs_reference(block, payload) ? plan->reference : NULL);
    return format_single_pack(out, &model, &reference, block, payload);
}
