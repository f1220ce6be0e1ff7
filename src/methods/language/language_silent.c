/* SPDX-License-Identifier: Apache-2.0 */
#include "methods/language/language_silent.h"

#include "base/try.h"
#include "content/transform.h"

enum { WATCH_BYTES = 4096 }; /* how often progress is noted */

static enum tacit_status code_bytes(struct language_coder *coder, uint8_t *data, size_t n)
{
    struct mixed_token_coder *mixed = &coder->token.mixed;
    for (size_t i = 0; i < n; i++) {
        if (i % WATCH_BYTES == 0) {
            if (block_watch_stop(&coder->job->watch, 0))
                return TACIT_ERR_CANCELLED;
            if (token_coder_is_hopeless(&coder->token))
                return coder->token.encoding ? TACIT_OK : TACIT_ERR_CORRUPT;
            context_mixer_expect(mixed->cm, n - i < WATCH_BYTES ? n - i : WATCH_BYTES);
        }
        data[i] = mixed_token_code_silent(mixed, data[i]);
    }
    return TACIT_OK;
}

static enum tacit_status code_segment(struct language_coder *coder,
                                      const struct speech_segment *segment, uint8_t *data)
{
    TRY(context_mixer_set_content(coder->token.mixed.cm, &segment->content));
    if (coder->token.encoding)
        transform_apply(&segment->content, data, segment->n_bytes);
    enum tacit_status status = code_bytes(coder, data, segment->n_bytes);
    /* The encoder's content is always restored, since the block may be coded once more. */
    if (coder->token.encoding || status == TACIT_OK)
        transform_restore(&segment->content, data, segment->n_bytes);
    return status;
}

/* Every stream of items begins with the spoken content type. */
static enum tacit_status begin_streams(struct language_coder *coder)
{
    struct content content = {.type = coder->layout.type};
    for (uint32_t i = 0; i < coder->layout.n_streams; i++) {
        context_mixer_select_stream(coder->token.mixed.cm, i, coder->streams[i].at);
        TRY(context_mixer_set_content(coder->token.mixed.cm, &content));
    }
    return TACIT_OK;
}

enum tacit_status language_silent_run(struct language_coder *coder)
{
    const struct speech *speech = &coder->layout.arrangement.speech;
    uint16_t order[SPEECH_SEGMENTS_MAX];
    uint32_t n_silent = speech_silent_order(speech, order);
    uint8_t *data = coder->job->content.data + coder->layout.n_spoken;
    if (n_silent == 0)
        return TACIT_OK;
    if (coder->layout.n_streams > 1)
        context_mixer_select_stream(coder->token.mixed.cm, coder->layout.n_streams,
                                    coder->layout.n_spoken);
    else
        context_mixer_select_stream(coder->token.mixed.cm, 0, 0);
    for (uint32_t i = 0; i < n_silent; i++) {
        const struct speech_segment *segment = &speech->segments[order[i]];
        TRY(code_segment(coder, segment, data));
        data += segment->n_bytes;
    }
    return begin_streams(coder);
}
