/* SPDX-License-Identifier: Apache-2.0 */
#include "methods/language/whole_token_coder.h"

void whole_token_lay_out(struct whole_token_coder *coder, struct arena *arena, size_t n_items)
{
    coder->parts = arena_take(arena, n_items * sizeof *coder->parts);
}

void whole_token_begin_decoding(struct whole_token_coder *coder, const uint8_t *in, size_t n_in)
{
    rans_decoder_init(&coder->rans, in, n_in);
}

static struct rans_part part_of(const struct token_distribution *distribution, uint32_t place)
{
    return (struct rans_part){(uint32_t)distribution->sum[place],
                              token_distribution_mass(distribution, place)};
}

void whole_token_encode(struct whole_token_coder *coder, uint32_t place)
{
    coder->parts[coder->n_parts++] = part_of(coder->distribution, place);
}

uint32_t whole_token_decode(struct whole_token_coder *coder)
{
    uint32_t place = token_distribution_find(coder->distribution, rans_peek(&coder->rans));
    rans_take(&coder->rans, part_of(coder->distribution, place));
    return place;
}

size_t whole_token_finish(struct whole_token_coder *coder, uint8_t *out, size_t out_cap)
{
    return rans_encode(coder->parts, coder->n_parts, out, out_cap);
}
