/* SPDX-License-Identifier: Apache-2.0 */
#include "coder/rans.h"

#include <string.h>

/* The output grows downwards from the end. */
struct rans_writer {
    uint8_t *out, *at;
};

static bool put(struct rans_writer *w, uint32_t word)
{
    if (w->at - w->out < 4)
        return false;
    w->at -= 4;
    store_le32(w->at, word);
    return true;
}

size_t rans_encode(const struct rans_part *parts, size_t n_parts, uint8_t *out, size_t out_cap)
{
    uint64_t state[RANS_LANES];
    struct rans_writer w = {out, out + out_cap};
    for (unsigned i = 0; i < RANS_LANES; i++)
        state[i] = RANS_LOW;
    for (size_t i = n_parts; i-- > 0;) {
        uint64_t x = state[i % RANS_LANES], n = parts[i].n;
        if (x >= n << (63 - RANS_TOTAL_LOG2)) {
            if (!put(&w, (uint32_t)x))
                return SIZE_MAX;
            x >>= 32;
        }
        state[i % RANS_LANES] = (x / n << RANS_TOTAL_LOG2) + x % n + parts[i].start;
    }
    for (unsigned i = RANS_LANES; i-- > 0;)
        if (!put(&w, (uint32_t)(state[i] >> 32)) || !put(&w, (uint32_t)state[i]))
            return SIZE_MAX;
    size_t n_out = out_cap - (size_t)(w.at - out);
    memmove(out, w.at, n_out);
    return n_out;
}

void rans_decoder_init(struct rans_decoder *dec, const uint8_t *in, size_t n_in)
{
    *dec = (struct rans_decoder){.in = in, .n_in = n_in, .pos = RANS_HEAD};
    for (unsigned i = 0; i < RANS_LANES && n_in >= RANS_HEAD; i++)
        dec->state[i] = load_le64(in + 8 * (size_t)i);
}

bool rans_decoder_is_done(const struct rans_decoder *dec)
{
    bool done = dec->pos == dec->n_in;
    for (unsigned i = 0; i < RANS_LANES; i++)
        done = done && dec->state[i] == RANS_LOW;
    return done;
}
