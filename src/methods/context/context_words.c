/* SPDX-License-Identifier: Apache-2.0 */
#include "methods/context/context_words.h"

#include <stdlib.h>
#include <string.h>

#include "base/try.h"
#include "content/recoding/dictionary_text.h"

/* Codes save so many bytes in a segment, and this part of it, or it stays as it is. Measured: prose and most code save a quarter to two
 * fifths; XML and code that save less repeat themselves so much that codes for their words, which hide letters, cost more than they
 * save. */
enum { SAVED_MIN = 32, SAVED_SHARE = 5 };

static bool is_of_words(const struct content_segment *segment)
{
    return (CONTENT_BIT(segment->content.type) & CONTENT_WORDS) != 0;
}

static bool may_have_words(const struct block_job *job)
{
    const struct block_look *look = job->look;
    bool may = !look->spoken && !job->reference && look->recoding.n_stretches == 0;
    for (size_t i = 0; may && i < look->n_split; i++)
        if (is_of_words(&look->split[i]))
            return true;
    return false;
}

/* The segment's bytes at data with codes for words, to out. Returns their number, which is less; 0: codes do not save enough. */
static size_t put_codes(const struct content_segment *segment, const uint8_t *data, uint8_t *out)
{
    uint32_t n = segment->n_bytes, saved = SAVED_MIN + n / SAVED_SHARE;
    if (!is_of_words(segment) || n <= saved)
        return 0;
    size_t n_put = dictionary_text_read(data, n, out, n - saved);
    return n_put == SIZE_MAX ? 0 : n_put;
}

/* A segment of n_written bytes became n_bytes of codes: one more stretch, or more of the last one if it stands right behind. false:
 * there is no room. */
static bool add_stretch(struct recoding *recoding, uint32_t n_bytes, uint32_t n_written)
{
    struct recoded_stretch *stretch = &recoding->stretches[recoding->n_stretches];
    if (recoding->n_stretches > 0 && recoding->n_behind == 0) {
        stretch--;
    } else {
        if (recoding->n_stretches == RECODING_STRETCHES_MAX)
            return false;
        *stretch = (struct recoded_stretch){.n_before = recoding->n_behind,
                                            .kind = {.code = RECODING_DICTIONARY}};
        recoding->n_stretches++;
        recoding->n_behind = 0;
    }
    stretch->n_bytes += n_bytes;
    stretch->n_written += n_written;
    return true;
}

/* Writes the content to out, which has room for as many bytes, and says in look where codes are. Returns the number of bytes. */
static size_t write_content(struct block_look *look, const uint8_t *data, uint8_t *out)
{
    struct recoding *recoding = &look->recoding;
    size_t to = 0;
    recoding->n_behind = 0;
    for (size_t i = 0; i < look->n_split; i++) {
        uint32_t n = look->split[i].n_bytes;
        size_t n_put = put_codes(&look->split[i], data, out + to);
        if (n_put == 0 || !add_stretch(recoding, (uint32_t)n_put, n)) {
            memcpy(out + to, data, n);
            recoding->n_behind += n;
            n_put = n;
        }
        look->split[i].n_bytes = (uint32_t)n_put;
        to += n_put;
        data += n;
    }
    recoding->n_bytes = (uint32_t)to;
    return to;
}

uint64_t context_words_memory(const struct codec_plan *plan, uint64_t n_bytes)
{
    return plan->reference ? 0 : n_bytes + sizeof(struct block_look);
}

enum tacit_status context_words_begin(struct context_words *words, struct block_job *job)
{
    struct byte_buffer content = {0};
    *words = (struct context_words){0};
    if (!may_have_words(job))
        return TACIT_OK;
    TRY(byte_buffer_reserve(&content, job->content.size, job->content.size));
    struct block_look *look = malloc(sizeof *look);
    if (look) {
        *look = *job->look;
        content.size = write_content(look, job->content.data, content.data);
    }
    if (!look || look->recoding.n_stretches == 0) {
        byte_buffer_free(&content);
        enum tacit_status status = look ? TACIT_OK : TACIT_ERR_MEMORY;
        free(look);
        return status;
    }
    *words = (struct context_words){look, job->look, job->content};
    job->content = content;
    job->look = look;
    return TACIT_OK;
}

void context_words_end(struct context_words *words, struct block_job *job)
{
    if (!words->look)
        return;
    byte_buffer_free(&job->content);
    job->content = words->content_before;
    job->look = words->look_before;
    free(words->look);
}
