/* SPDX-License-Identifier: Apache-2.0 */
#include "methods/language/language_primer.h"

#include <stdlib.h>
#include <string.h>

#include "base/try.h"

enum {
    SNIFFED = 4096,    /* bytes of the content */
    READ_BYTES = 4096, /* bytes of a reference between two checks of the watch */
};

/* Part of the format: archives depend on every byte. */
static const char text[] =
    "10.0.0.7 - - [04/Mar/2024:12:31:09 +0000] \"GET /index.html HTTP/1.1\" 200 5316 \"-\" "
    "\"Mozilla/5.0 (X11; Linux x86_64)\"\n"
    "time=\"2024-03-04T12:31:08Z\" level=info msg=\"request done\" method=GET path=/api/items "
    "status=200\n"
    "{\"level\":\"error\",\"ts\":\"2024-03-04T12:31:08.120Z\",\"msg\":\"connection refused\"}\n"
    "2024-03-04 12:31:07,412 INFO [main] org.example.server.Worker: Started 4 threads in 31 ms\n"
    "2024-03-04 12:31:09 status installed libc6:amd64 2.36-9\n"
    "Mar  4 12:31:10 server kernel: [    1.204817] usb 1-1: new high-speed USB device number 2 "
    "using xhci_hcd\n"
    "Mar  4 12:31:11 server systemd[1]: Started Session 3 of user root.\n"
    "Mar  4 12:31:12 server CRON[2114]: pam_unix(cron:session): session opened for user root by "
    "(uid=0)\n"
    "Mar  4 12:31:14 server sshd[2120]: Invalid user admin from 192.168.1.20\n"
    "Mar  4 12:31:14 server sshd[2120]: pam_unix(sshd:auth): authentication failure; logname= "
    "uid=0 euid=0 tty=ssh ruser= rhost=192.168.1.20  user=root\n"
    "Mar  4 12:31:15 server sshd[2120]: Failed password for root from 192.168.1.20 port 50022 "
    "ssh2\n"
    "Mar  4 12:31:15 server sshd[2120]: Received disconnect from 192.168.1.20: 11: Bye Bye "
    "[preauth]\n";
enum { TEXT_BYTES = sizeof text - 1 };

/* Finds digits, a colon, digits: a time of day, which each line of a log has. */
static bool has_time(const uint8_t *line, size_t n)
{
    static const char form[] = "00:00:00";
    for (size_t i = 0, n_matched = 0; i < n; i++) {
        bool is_digit = line[i] >= '0' && line[i] <= '9';
        bool fits = form[n_matched] == '0' ? is_digit : line[i] == ':';
        n_matched = fits ? n_matched + 1 : is_digit;
        if (n_matched == sizeof form - 1)
            return true;
    }
    return false;
}

bool language_primer_pays(const struct byte_buffer *content)
{
    size_t n = content->size < SNIFFED ? content->size : SNIFFED, n_lines = 0, n_timed = 0;
    for (size_t start = 0; start < n;) {
        const uint8_t *line = content->data + start;
        const uint8_t *end = memchr(line, '\n', n - start);
        size_t n_line = end ? (size_t)(end - line) + 1 : n - start;
        n_lines++;
        n_timed += has_time(line, n_line);
        start += n_line;
    }
    return n_timed > n_lines / 2;
}

/* Learns at most LANGUAGE_PRIMER_ROWS items. The model reads the item before each of them. */
static enum tacit_status read_items(struct language_coder *coder, const uint32_t *items, size_t n)
{
    struct language_stream *s = &coder->streams[0];
    TRY(language_coder_feed(coder, items, n));
    for (size_t i = 0; i < n; i++) {
        language_coder_take_logits(coder, s);
        token_coder_teach(&coder->token, s->logits, items[i]);
        s->before = language_coder_token_of(coder, items[i]);
    }
    s->planned_before = s->before;
    s->guess.is_read = s->before == LM_NO_TOKEN; /* else the first pass reads it */
    language_coder_keep_logits(coder, s);
    return TACIT_OK;
}

static enum tacit_status learn_items(struct language_coder *coder, const uint32_t *items, size_t n)
{
    for (size_t i = 0; i < n; i += LANGUAGE_PRIMER_ROWS) {
        if (block_watch_stop(&coder->job->watch, 0))
            return TACIT_ERR_CANCELLED;
        TRY(read_items(coder, items + i,
                       n - i < LANGUAGE_PRIMER_ROWS ? n - i : LANGUAGE_PRIMER_ROWS));
    }
    return TACIT_OK;
}

enum tacit_status language_primer_learn(struct language_coder *coder, const uint8_t *bytes,
                                        size_t n)
{
    size_t n_items;
    uint32_t *items = malloc(n * sizeof *items);
    if (!items)
        return TACIT_ERR_MEMORY;
    enum tacit_status status = tokenizer_encode(coder->tokenizer, bytes, n, items, &n_items);
    if (status == TACIT_OK)
        status = learn_items(coder, items, n_items);
    free(items);
    return status;
}

static uint32_t n_model_bytes(const struct language_coder *coder, uint32_t n_learnt)
{
    uint32_t n = UINT32_C(1) << (REFERENCE_MODEL_SHIFT + coder->layout.model_part);
    return n < n_learnt ? n : n_learnt;
}

/* The context models learn these bytes as items, so that they know where tokens begin. */
static enum tacit_status pass_items(struct language_coder *coder, const uint8_t *bytes, size_t n)
{
    size_t n_items = 0;
    uint32_t *items = malloc((n + 1) * sizeof *items);
    if (!items)
        return TACIT_ERR_MEMORY;
    enum tacit_status status = tokenizer_encode(coder->tokenizer, bytes, n, items, &n_items);
    for (size_t i = 0; i < n_items && status == TACIT_OK; i++) {
        if (i % READ_BYTES == 0 && block_watch_stop(&coder->job->watch, 0))
            status = TACIT_ERR_CANCELLED;
        else
            mixed_token_pass(&coder->token.mixed, coder->token.distribution.trie->places[items[i]]);
    }
    free(items);
    return status;
}

static enum tacit_status pass_bytes(struct language_coder *coder, const uint8_t *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (i % READ_BYTES == 0 && block_watch_stop(&coder->job->watch, 0))
            return TACIT_ERR_CANCELLED;
        for (int bit = 7; bit >= 0; bit--)
            context_mixer_pass(coder->token.mixed.cm, bytes[i] >> bit & 1);
    }
    return TACIT_OK;
}

/* All of the reference takes its place in the history; the context models learn its last part, and
 * the end of that part together with the language model. */
static enum tacit_status read_now(struct language_coder *coder)
{
    const struct tacit_reference *data = coder->job->reference;
    uint32_t n_learnt = reference_n_learnt(data, coder->layout.reading.part);
    uint32_t n_model = n_model_bytes(coder, n_learnt), at = data->n_bytes - n_learnt;
    struct context_mixer *cm = coder->token.mixed.cm;
    context_mixer_select_stream(cm, 0, 0);
    context_mixer_skim(cm, data->data, at);
    uint32_t n_passed = n_learnt - n_model;
    TRY(coder->layout.versed ? pass_items(coder, data->data + at, n_passed)
                             : pass_bytes(coder, data->data + at, n_passed));
    return language_primer_learn(coder, data->data + at + n_passed, n_model);
}

static void save(const struct language_coder *coder)
{
    struct reference_language *reference = coder->reference;
    const struct token_distribution *d = &coder->token.distribution;
    const struct language_stream *s = &coder->streams[0];
    context_mixer_save(reference->cm, reference->context_mixer_saved);
    lm_save_stream(reference->lm, 0, reference->lm_saved);
    memcpy(reference->bias, d->bias, d->n_tokens * sizeof *d->bias);
    reference->before = s->before;
    if (s->before == LM_NO_TOKEN)
        memcpy(reference->logits, s->logits, coder->readers.stride * sizeof *s->logits);
    reference->has_read = true;
}

static void restore_stream(struct language_coder *coder, uint32_t stream)
{
    const struct reference_language *reference = coder->reference;
    struct language_stream *s = &coder->streams[stream];
    lm_restore_stream(reference->lm, stream, reference->lm_saved);
    s->before = s->planned_before = reference->before;
    if (s->before != LM_NO_TOKEN)
        return;
    memcpy(s->kept, reference->logits, coder->readers.stride * sizeof *s->kept);
    s->logits = s->kept;
}

static enum tacit_status read_reference(struct language_coder *coder)
{
    struct reference_language *reference = coder->reference;
    const struct token_distribution *d = &coder->token.distribution;
    if (!reference->has_read) {
        TRY(read_now(coder));
        save(coder);
    } else {
        context_mixer_restore(reference->cm, reference->context_mixer_saved);
        memcpy(d->bias, reference->bias, d->n_tokens * sizeof *d->bias);
    }
    for (uint32_t i = 0; i < coder->layout.n_streams; i++)
        restore_stream(coder, i);
    return TACIT_OK;
}

enum tacit_status language_primer_read(struct language_coder *coder)
{
    if (coder->layout.referenced)
        return read_reference(coder);
    if (!coder->layout.primed)
        return TACIT_OK;
    context_mixer_select_stream(coder->token.mixed.cm, 0, 0);
    return language_primer_learn(coder, (const uint8_t *)text, TEXT_BYTES);
}
