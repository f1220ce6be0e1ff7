/* SPDX-License-Identifier: Apache-2.0 */
#include "methods/language/language_choose.h"

#include <stdlib.h>

#include "base/cpu.h"
#include "base/try.h"
#include "engine/lm.h"
#include "methods/guess/language_guess.h"

enum { SPOKEN_PART = 8, SPLIT_MAX = 1024 };

/* Whether the spoken part is large enough for the model to gain: measured, an eighth gains about 2
 * % of the whole block. Silent bytes that equal the byte before, and tar headers, cost next to
 * nothing and do not count. */
static bool speaks_enough(const struct arrangement *a, const struct byte_buffer *arranged)
{
    size_t n_spoken = speech_n_spoken(&a->speech), n_costly = 0;
    size_t end = arranged->size - (size_t)a->tar.n_headers * TAR_BLOCK;
    for (size_t i = n_spoken + 1; i < end; i++)
        n_costly += arranged->data[i] != arranged->data[i - 1];
    return n_spoken > (n_spoken + n_costly) / SPOKEN_PART;
}

static enum tacit_status look_at_arranged(struct block_look *look,
                                          const struct byte_buffer *content)
{
    uint32_t n_spoken = speech_n_spoken(&look->arrangement.speech);
    struct content_segment *split = malloc(SPLIT_MAX * sizeof *split);
    struct byte_buffer arranged = {0};
    enum tacit_status status = split ? TACIT_OK : TACIT_ERR_MEMORY;
    if (status == TACIT_OK)
        status = arrangement_apply(&look->arrangement, content->data, content->size, &arranged,
                                   content->size);
    if (status == TACIT_OK) {
        look->spoken = n_spoken > 0 && speaks_enough(&look->arrangement, &arranged);
        look->spoken_type =
            content_commonest(split, content_split(arranged.data, n_spoken, split, SPLIT_MAX),
                              CONTENT_WORDS, CONTENT_TEXT);
    }
    byte_buffer_free(&arranged);
    free(split);
    return status;
}

enum tacit_status language_choose_spoken(struct block_look *look, const struct byte_buffer *content,
                                         bool arranging)
{
    look->arrangement.speech.n_segments = 0;
    look->spoken_type = content_commonest(look->split, look->n_split, CONTENT_WORDS, CONTENT_TEXT);
    look->spoken = arranging || content_is_words(look->split, look->n_split);
    if (!arranging)
        return TACIT_OK;
    TRY(arrangement_find(&look->arrangement, content->data, content->size, look->split,
                         look->n_split));
    return look->arrangement.speech.n_segments > 0 ? look_at_arranged(look, content) : TACIT_OK;
}

size_t language_choose_n_spoken(const struct block_job *job)
{
    const struct speech *speech = &job->look->arrangement.speech;
    return speech->n_segments > 0 ? speech_n_spoken(speech) : job->content.size;
}

enum tacit_status language_choose_arrange(struct block_job *job)
{
    const struct arrangement *arrangement = &job->look->arrangement;
    struct byte_buffer *content = &job->content, arranged = {0};
    if (arrangement->speech.n_segments == 0)
        return TACIT_OK;
    TRY(arrangement_apply(arrangement, content->data, content->size, &arranged,
                          block_job_room(job)));
    arranged.size = speech_n_spoken(&arrangement->speech);
    byte_buffer_free(content);
    *content = arranged;
    return TACIT_OK;
}

enum tacit_status language_choose_restore(struct block_job *job)
{
    const struct block_look *look = job->look;
    if (look->arrangement.speech.n_segments == 0)
        return TACIT_OK;
    return arrangement_restore(&look->arrangement, &job->content, block_job_n_seen(job),
                               block_job_room(job));
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

/* Measured by bench/guess_speed.c. With a large model, a pass of few rows waits for memory. */
struct guess_costs language_choose_costs(const struct codec_plan *plan,
                                         const struct tacit_model *model)
{
    static const struct {
        uint32_t features;
        struct guess_costs of_large, of_small;
    } rows[] = {{CPU_AMX_INT8,
                 {8, GUESS_ONE / 32, GUESS_ONE * 3 / 16},
                 {8, GUESS_ONE * 5 / 64, GUESS_ONE * 3 / 32}},
                {CPU_AVX512_VNNI | CPU_AVX_VNNI,
                 {8, GUESS_ONE / 32, GUESS_ONE * 3 / 16},
                 {2, GUESS_ONE / 8, GUESS_ONE / 2}},
                {CPU_AVX2 | CPU_NEON_DOTPROD,
                 {4, GUESS_ONE / 32, GUESS_ONE / 4},
                 {1, 0, GUESS_ONE * 5 / 8}},
                {UINT32_MAX, {1, 0, GUESS_ONE * 7 / 8}, {1, 0, GUESS_ONE * 15 / 16}}};
    size_t i = 0;
    if (plan->guessing == GUESSING_ALL)
        return (struct guess_costs){0};
    while (i < 3 && !(plan->cpu_features & rows[i].features))
        i++;
    return codec_plan_is_large(model) ? rows[i].of_large : rows[i].of_small;
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
