/* SPDX-License-Identifier: Apache-2.0
 *
 * Measures a text for `tacit surprise`, and joins tokens into what is shown as one.
 */
#include <stdlib.h>
#include <string.h>

#include "cli/files/whole_file.h"
#include "cli/measure/cmd_surprise.h"
#include "cli/models/model_named.h"

static struct unit *add_unit(struct surprise *s)
{
    if (s->n_units == s->capacity) {
        size_t capacity = s->capacity ? 2 * s->capacity : 4096;
        struct unit *more = realloc(s->units, capacity * sizeof *more);
        if (!more)
            return NULL;
        s->units = more;
        s->capacity = capacity;
    }
    s->units[s->n_units] = (struct unit){0};
    return &s->units[s->n_units++];
}

static bool continues_character(const struct surprise *s, size_t at)
{
    return at > 0 && (s->data[at] & 0xc0) == 0x80 && s->data[at - 1] >= 0x80;
}

static int add_token(void *context, const struct tacit_eval_token *token)
{
    struct surprise *s = context;
    bool joins = s->n_units > 0 && continues_character(s, token->offset);
    struct unit *unit = joins ? &s->units[s->n_units - 1] : add_unit(s);
    if (!unit)
        return 1;
    if (!joins) {
        unit->offset = token->offset;
        memcpy(unit->top, token->top, sizeof unit->top);
        for (int i = 0; i < TACIT_EVAL_TOP; i++)
            unit->top_bits[i] = (float)token->top_bits[i];
    }
    unit->n = token->offset + token->n_bytes - unit->offset;
    unit->bits += (float)token->bits;
    unit->entropy += (float)token->entropy;
    unit->mixed += (float)token->mixed_bits;
    unit->model_saves += (float)token->model_saves;
    unit->context_saves += (float)token->context_saves;
    return 0;
}

static enum tacit_status run_model(struct surprise *s, struct tacit_model *model, bool details,
                                   tacit_eval_token_fn on_token, void *context,
                                   struct tacit_evaluator **evaluator)
{
    struct tacit_eval_options options;
    struct tacit_eval_text text = {s->data, s->n_bytes};
    struct tacit_eval_result result = {.struct_size = sizeof result};
    tacit_eval_options_init(&options);
    options.window = s->options->window;
    options.stride = options.window > 1 ? options.window / 2 : 0; /* text whose half was seen
                                                                     before */
    options.n_threads = s->options->n_threads;
    options.details = details;
    options.mixed = details && s->options->mixed;
    enum tacit_status status = tacit_evaluator_create(evaluator, model, &options);
    if (status == TACIT_OK)
        status = tacit_evaluator_run(*evaluator, &text, 1, &result, on_token, context);
    return status == TACIT_ERR_CANCELLED ? TACIT_ERR_MEMORY : status;
}

static bool is_word(unsigned char byte)
{
    return byte >= 0x80 || (byte >= '0' && byte <= '9') ||
           ((byte | 32) >= 'a' && (byte | 32) <= 'z');
}

/* Without a model: units are words, and single bytes between words. */
static bool cut_words(struct surprise *s)
{
    for (size_t i = 0, end; i < s->n_bytes; i = end) {
        struct unit *unit = add_unit(s);
        for (end = i + 1; is_word(s->data[i]) && end < s->n_bytes && is_word(s->data[end]);)
            end++;
        if (!unit)
            return false;
        unit->offset = i;
        unit->n = end - i;
    }
    return true;
}

/* Adds up the costs of bytes for each unit. */
static void gather(struct surprise *s, const float *bits, bool is_context)
{
    for (size_t i = 0; i < s->n_units; i++) {
        struct unit *unit = &s->units[i];
        float sum = 0;
        for (size_t j = 0; j < unit->n; j++)
            sum += bits[unit->offset + j];
        *(is_context ? &unit->context : &unit->other) = sum;
        if (is_context && !s->model)
            unit->bits = sum;
    }
}

static int add_bytes(void *context, const struct tacit_eval_token *token)
{
    float *bits = context;
    for (size_t i = 0; i < token->n_bytes; i++)
        bits[token->offset + i] = (float)(token->bits / (double)token->n_bytes);
    return 0;
}

static enum exit_code measure_other(struct surprise *s, float *bits)
{
    struct tacit_model *other;
    struct tacit_evaluator *evaluator = NULL;
    enum exit_code code = model_open_named(s->console, s->options->compare_name, &other);
    if (code != EXIT_CODE_OK)
        return code;
    enum tacit_status status = run_model(s, other, false, add_bytes, bits, &evaluator);
    tacit_evaluator_destroy(evaluator);
    tacit_model_close(other);
    if (status != TACIT_OK)
        return fail_with_status(s->console, s->options->compare_name, status);
    gather(s, bits, false);
    return EXIT_CODE_OK;
}

static enum exit_code measure_context(struct surprise *s, float *bits)
{
    struct tacit_learner *learner;
    enum tacit_status status =
        tacit_learner_create(&learner, TACIT_LEVEL_DEFAULT, s->n_bytes ? s->n_bytes : 1);
    double sum;
    if (status == TACIT_OK)
        status = tacit_learner_read(learner, s->data, s->n_bytes, bits, &sum);
    tacit_learner_destroy(learner);
    if (status != TACIT_OK)
        return fail_with_status(s->console, s->options->path, status);
    gather(s, bits, true);
    return EXIT_CODE_OK;
}

static enum exit_code measure_model(struct surprise *s)
{
    if (!s->options->model_name)
        return cut_words(s) ? EXIT_CODE_OK
                            : fail_with_status(s->console, s->options->path, TACIT_ERR_MEMORY);
    enum exit_code code = model_open_named(s->console, s->options->model_name, &s->model);
    if (code != EXIT_CODE_OK)
        return code;
    enum tacit_status status = run_model(s, s->model, true, add_token, s, &s->evaluator);
    return status == TACIT_OK ? EXIT_CODE_OK
                              : fail_with_status(s->console, s->options->model_name, status);
}

enum exit_code surprise_measure(struct surprise *s)
{
    float *bits = NULL;
    enum exit_code code =
        whole_file_read(s->console, s->options->path, s->options->limit, &s->data, &s->n_bytes);
    if (code == EXIT_CODE_OK)
        code = measure_model(s);
    if (code == EXIT_CODE_OK) {
        bits = malloc((s->n_bytes + 1) * sizeof *bits);
        code = bits ? measure_context(s, bits)
                    : fail_with_status(s->console, s->options->path, TACIT_ERR_MEMORY);
    }
    if (code == EXIT_CODE_OK && s->options->compare_name)
        code = measure_other(s, bits);
    for (size_t i = 0; i < s->n_units; i++) {
        s->bits += (double)s->units[i].bits;
        s->context += (double)s->units[i].context;
        s->other += (double)s->units[i].other;
        s->mixed += (double)s->units[i].mixed;
    }
    free(bits);
    return code;
}

void surprise_release(struct surprise *s)
{
    tacit_evaluator_destroy(s->evaluator);
    tacit_model_close(s->model);
    free(s->units);
    free(s->data);
}
