/* SPDX-License-Identifier: Apache-2.0 */
#include "methods/language/language_choose.h"

#include "base/try.h"
#include "engine/lm.h"

bool language_choose_type(const struct block_look *look, enum content_type *type)
{
    size_t n_of_type[CONTENT_N_TYPES] = {0}, n = 0, n_text = 0;
    for (size_t i = 0; i < look->n_split; i++) {
        n_of_type[look->split[i].content.type] += look->split[i].n_bytes;
        n += look->split[i].n_bytes;
    }
    *type = CONTENT_TEXT;
    for (unsigned i = 0; i < CONTENT_N_TYPES; i++) {
        if (!(CONTENT_WORDS & CONTENT_BIT(i)))
            continue;
        n_text += n_of_type[i];
        if (n_of_type[i] > n_of_type[*type])
            *type = (enum content_type)i;
    }
    return n_text > n / 2;
}

uint32_t language_choose_streams(const struct codec_plan *plan, size_t n)
{
    uint32_t wanted = plan->n_streams ? plan->n_streams : 1 + (uint32_t)(n / plan->stream_bytes);
    uint32_t most = plan->n_streams ? TACIT_STREAMS_MAX : plan->streams_max;
    if (wanted > most)
        wanted = most;
    return wanted > n ? (uint32_t)n : wanted;
}

uint32_t language_choose_ahead(bool encoding, uint32_t n_streams)
{
    return encoding && n_streams < LM_BATCH ? LM_BATCH / n_streams : 1;
}

enum tacit_status language_choose_items(const struct tokenizer *tokenizer,
                                        const struct byte_buffer *content, uint32_t n_streams,
                                        struct language_layout *layout, uint32_t *items,
                                        size_t *first)
{
    size_t n = content->size, start = 0, n_items;
    uint32_t n_made = 0;
    first[0] = 0;
    for (uint32_t i = 1; i <= n_streams; i++) {
        size_t end = n;
        if (i < n_streams) {
            size_t wanted = (size_t)((uint64_t)n * i / n_streams);
            end = wanted > start ? tokenizer_cut(content->data, n, wanted) : start;
        }
        if (end <= start)
            continue; /* cut back to where the last stream ended */
        TRY(tokenizer_encode(tokenizer, content->data + start, end - start, items + first[n_made],
                             &n_items));
        layout->n_bytes[n_made++] = (uint32_t)(end - start);
        first[n_made] = first[n_made - 1] + n_items;
        start = end;
    }
    layout->n_streams = n_made;
    return TACIT_OK;
}
