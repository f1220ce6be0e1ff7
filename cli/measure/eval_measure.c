/* SPDX-License-Identifier: Apache-2.0
 *
 * Measures one subject on one file: a model, an archive or another compressor.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/number_text.h"
#include "cli/base/progress.h"
#include "cli/measure/cmd_eval.h"
#include "cli/measure/peer.h"
#include "cli/models/model_named.h"
#include "cli/records/text_pieces.h"
#include "tacit/stream.h"

bool subject_init(struct subject *subject, const char *name)
{
    const char *suffix = strstr(name, "+context");
    const char *context = strncmp(name, "context", 7) == 0 ? name : suffix ? suffix + 1 : NULL;
    size_t n_model = suffix ? (size_t)(suffix - name) : strlen(name);
    *subject = (struct subject){.name = name, .level = TACIT_LEVEL_DEFAULT};
    subject->command = peer_command(name);
    if (subject->command) {
        subject->kind = SUBJECT_PEER;
        return true;
    }
    if (context && context[7] == ':') {
        unsigned level;
        if (!number_parse(context + 8, TACIT_LEVEL_MIN, TACIT_LEVEL_MAX, &level))
            return false;
        subject->level = (int)level;
    } else if (context && context[7] != '\0') {
        context = NULL; /* a model whose name begins like a subject's */
    }
    subject->kind = context ? SUBJECT_ARCHIVE : SUBJECT_MODEL;
    if (context == name)
        return true;
    if (!context)
        n_model = strlen(name);
    if (n_model == 0 || n_model >= sizeof subject->model_name)
        return false;
    memcpy(subject->model_name, name, n_model);
    return true;
}

void subject_init_peer(struct subject *subject, const char *command)
{
    *subject = (struct subject){.name = command, .kind = SUBJECT_PEER, .command = command};
}

enum exit_code subject_open(struct subject *subject, struct console *console,
                            const struct tacit_eval_options *options)
{
    enum exit_code code = EXIT_CODE_OK;
    if (subject->model_name[0])
        code = model_open_named(console, subject->model_name, &subject->model);
    if (code != EXIT_CODE_OK || subject->kind != SUBJECT_MODEL)
        return code;
    enum tacit_status status = tacit_evaluator_create(&subject->evaluator, subject->model, options);
    return status == TACIT_OK ? EXIT_CODE_OK : fail_with_status(console, subject->name, status);
}

void subject_close(struct subject *subject)
{
    tacit_evaluator_destroy(subject->evaluator);
    tacit_model_close(subject->model);
    subject->evaluator = NULL;
    subject->model = NULL;
}

static void add_result(struct tacit_eval_result *sum, const struct tacit_eval_result *r)
{
    sum->bits += r->bits;
    sum->n_bytes += r->n_bytes;
    sum->n_chars += r->n_chars;
    sum->n_words += r->n_words;
    sum->n_tokens += r->n_tokens;
    sum->n_scored_bytes += r->n_scored_bytes;
    sum->n_scored_chars += r->n_scored_chars;
    sum->n_scored_words += r->n_scored_words;
    sum->n_scored_tokens += r->n_scored_tokens;
    if (r->cache_bytes > sum->cache_bytes) { /* of the piece that needs most */
        sum->cache_bytes = r->cache_bytes;
        sum->cache_numbers = r->cache_numbers;
    }
}

void eval_row_add(struct eval_row *sum, const struct eval_row *row)
{
    add_result(&sum->result, &row->result);
    sum->seconds += row->seconds;
}

/* Passes a piece to the encoder and counts the bytes that come out. */
static enum tacit_status encode_piece(struct tacit_encoder *encoder, const unsigned char *data,
                                      size_t n, uint64_t *n_out)
{
    static unsigned char out[1 << 16];
    struct tacit_input input = {data, n, 0};
    bool done = false;
    enum tacit_status status;
    do {
        struct tacit_output output = {out, sizeof out, 0};
        status = tacit_encoder_run(encoder, &input, &output, n == 0, &done);
        *n_out += output.pos;
    } while (status == TACIT_OK && !done && (n == 0 || input.pos < n));
    return status;
}

static enum tacit_status open_encoder(const struct eval_arguments *arguments,
                                      const struct subject *subject, struct tacit_encoder **encoder)
{
    struct tacit_options options;
    tacit_options_init(&options);
    options.level = subject->level;
    options.n_threads = arguments->options.n_threads;
    options.cpu = arguments->options.cpu;
    options.model = subject->model;
    options.no_model = subject->model == NULL;
    return tacit_encoder_create(encoder, &options);
}

static enum tacit_status measure_piece(const struct eval_row *row, struct tacit_encoder *encoder,
                                       const unsigned char *data, size_t n, uint64_t *n_out,
                                       struct tacit_eval_result *result)
{
    struct tacit_eval_text text = {data, n};
    if (row->subject->kind == SUBJECT_MODEL)
        return n > 0 ? tacit_evaluator_run(row->subject->evaluator, &text, 1, result, NULL, NULL)
                     : TACIT_OK;
    tacit_eval_count(data, n, result);
    return encoder ? encode_piece(encoder, data, n, n_out) : TACIT_OK;
}

/* One pass over the file. */
static enum exit_code measure_pieces(struct eval_arguments *arguments, struct eval_row *row)
{
    struct text_pieces pieces;
    struct tacit_encoder *encoder = NULL;
    enum tacit_status status = TACIT_OK;
    const unsigned char *data;
    uint64_t n_out = 0;
    size_t n = 1;
    enum exit_code code =
        text_pieces_open(&pieces, &arguments->console, row->file, arguments->limit);
    if (code != EXIT_CODE_OK)
        return code;
    if (row->subject->kind == SUBJECT_ARCHIVE)
        status = open_encoder(arguments, row->subject, &encoder);
    while (n > 0 && code == EXIT_CODE_OK && status == TACIT_OK) {
        struct tacit_eval_result result = {.struct_size = sizeof result};
        code = text_pieces_next(&pieces, &data, &n);
        if (code == EXIT_CODE_OK)
            status = measure_piece(row, encoder, data, n, &n_out, &result);
        if (status == TACIT_OK)
            add_result(&row->result, &result);
    }
    row->result.bits += 8 * (double)n_out;
    tacit_encoder_destroy(encoder);
    text_pieces_close(&pieces);
    return status == TACIT_OK ? code : fail_with_status(&arguments->console, row->file, status);
}

enum exit_code eval_measure(struct eval_arguments *arguments, struct eval_row *row)
{
    double start = clock_seconds();
    uint64_t n_out;
    enum exit_code code = measure_pieces(arguments, row);
    if (code == EXIT_CODE_OK && row->subject->kind == SUBJECT_PEER) {
        start = clock_seconds();
        code = peer_run(&arguments->console, row->subject->command, row->file, arguments->limit,
                        &n_out);
        row->result.bits = 8 * (double)n_out;
    }
    row->seconds = clock_seconds() - start;
    return code;
}
