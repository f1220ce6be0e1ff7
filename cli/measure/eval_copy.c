/* SPDX-License-Identifier: Apache-2.0
 *
 * `tacit eval --probe copy`: what a passage costs a language model when it comes again, by how many
 * tokens ago it came.
 *
 * A text is made for each distance and each of some places in the file: tokens that lead to the
 * passage, the passage, what follows it in the file, and the passage again. Each text fits one
 * window. The first time is after the lead, so that it has a context too.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/json_text.h"
#include "cli/base/kv_name.h"
#include "cli/measure/cmd_eval.h"
#include "cli/records/text_pieces.h"
#include "tacit/version.h"

enum {
    PASSAGE = 64, /* tokens; a distance is a multiple of it */
    LEAD = 64,
    SLACK = 8, /* tokens more that a text may have than its pieces, where these meet */
    PLACES = 8,
    WINDOW_DEFAULT = 2048,
    TOKEN_BYTES = 16, /* that a token of text has at most, all but rare ones */
};

/* One text: bytes of the passage where it comes first, and of where it comes again. */
struct copy_text {
    unsigned char *bytes;
    size_t n_bytes, first, again, n_passage;
};

struct copy_result {
    const struct subject *subject;
    const char *file;
    unsigned distance;
    size_t n_texts, n_first, n_again; /* texts; tokens of all passages */
    double first_bits, again_bits;
    struct copy_text texts[PLACES];
};

static const char *const value_names[] = {"first_bits_per_token", "again_bits_per_token"};

/* *n: bytes of the first n_tokens tokens of the data. False if there are fewer tokens, or memory
 * is short. */
static bool cut_tokens(const struct tacit_evaluator *evaluator, const unsigned char *data,
                       size_t n_data, size_t n_tokens, size_t *n)
{
    size_t low = 0, high = n_data, n_found = 0;
    high = high < n_tokens * TOKEN_BYTES ? high : n_tokens * TOKEN_BYTES;
    if (tacit_evaluator_count_tokens(evaluator, data, high, &n_found) != TACIT_OK ||
        n_found < n_tokens)
        return false;
    while (low + 1 < high) { /* low: n_tokens or fewer; high: n_tokens or more */
        size_t middle = low + (high - low) / 2;
        if (tacit_evaluator_count_tokens(evaluator, data, middle, &n_found) != TACIT_OK)
            return false;
        if (n_found <= n_tokens)
            low = middle;
        else
            high = middle;
    }
    /* Words begin with their space, so a cut before a space parts no word. */
    for (size_t i = low; i > 0 && low - i < TOKEN_BYTES; i--)
        if (data[i - 1] == ' ' || data[i - 1] == '\n') {
            low = i - 1;
            break;
        }
    *n = low;
    return low > 0;
}

/* False: the data has too few tokens for this distance. */
static bool make_text(const struct tacit_evaluator *evaluator, struct copy_text *text,
                      const unsigned char *data, size_t n_data, unsigned distance)
{
    size_t end = 0;
    if (!cut_tokens(evaluator, data, n_data, LEAD, &text->first) ||
        !cut_tokens(evaluator, data + text->first, n_data - text->first, PASSAGE,
                    &text->n_passage) ||
        !cut_tokens(evaluator, data + text->first, n_data - text->first, distance, &end))
        return false;
    text->again = text->first + (end > text->n_passage ? end : text->n_passage);
    text->n_bytes = text->again + text->n_passage;
    text->bytes = malloc(text->n_bytes);
    if (!text->bytes)
        return false;
    memcpy(text->bytes, data, text->again);
    memcpy(text->bytes + text->again, data + text->first, text->n_passage);
    return true;
}

static int add_token(void *context, const struct tacit_eval_token *token)
{
    struct copy_result *result = context;
    const struct copy_text *text = &result->texts[token->text];
    if (token->offset >= text->again) {
        result->again_bits += token->bits;
        result->n_again++;
    } else if (token->offset >= text->first && token->offset < text->first + text->n_passage) {
        result->first_bits += token->bits;
        result->n_first++;
    }
    return 0;
}

static enum tacit_status measure_distance(struct copy_result *result, const unsigned char *data,
                                          size_t n_data)
{
    struct tacit_evaluator *evaluator = result->subject->evaluator;
    struct tacit_eval_text texts[PLACES];
    struct tacit_eval_result sums[PLACES];
    size_t n = 0;
    for (size_t i = 0; i < PLACES; i++) { /* in the first half, to leave room behind the last */
        size_t begin = n_data / 2 * i / PLACES;
        if (!make_text(evaluator, &result->texts[n], data + begin, n_data - begin,
                       result->distance))
            continue;
        texts[n] = (struct tacit_eval_text){result->texts[n].bytes, result->texts[n].n_bytes};
        sums[n] = (struct tacit_eval_result){.struct_size = sizeof sums[n]};
        n++;
    }
    result->n_texts = n;
    enum tacit_status status = tacit_evaluator_run(evaluator, texts, n, sums, add_token, result);
    for (size_t i = 0; i < n; i++)
        free(result->texts[i].bytes);
    return status;
}

static unsigned window_of(const struct eval_arguments *arguments)
{
    return arguments->options.window ? arguments->options.window : WINDOW_DEFAULT;
}

void eval_copy_print_begin(const struct eval_arguments *arguments)
{
    if (arguments->form == EVAL_JSON)
        printf("{\"tacit\": \"eval-copy\", \"version\": \"%s\", \"window\": %u, \"kv\": \"%s\", "
               "\"kv_keep\": %u, \"results\": [",
               tacit_version(), window_of(arguments), kv_name(arguments->options.kv),
               arguments->options.kv_keep);
    else if (arguments->form == EVAL_CSV)
        printf("model,file,distance,passages,%s,%s\n", value_names[0], value_names[1]);
    else
        printf("%-24s %9s %9s %17s %17s  %s\n", "model", "distance", "passages",
               "bits/token, first", "bits/token, again", "file");
}

static void print_json(const struct copy_result *result, const double values[2])
{
    static bool printed;
    fputs(printed ? ",\n  {\"model\": " : "\n  {\"model\": ", stdout);
    printed = true;
    json_print_string(stdout, result->subject->name, strlen(result->subject->name));
    fputs(", \"file\": ", stdout);
    json_print_string(stdout, result->file, strlen(result->file));
    printf(", \"distance\": %u, \"passages\": %zu", result->distance, result->n_texts);
    for (int i = 0; i < 2; i++) {
        printf(", \"%s\": ", value_names[i]);
        json_print_number(stdout, values[i]);
    }
    putchar('}');
}

static void print_result(const struct eval_arguments *arguments, const struct copy_result *result)
{
    const double values[2] = {result->first_bits / (double)result->n_first,
                              result->again_bits / (double)result->n_again};
    if (arguments->form == EVAL_JSON) {
        print_json(result, values);
    } else if (arguments->form == EVAL_CSV) {
        eval_print_csv_text(result->subject->name);
        putchar(',');
        eval_print_csv_text(result->file);
        printf(",%u,%zu,%.6f,%.6f\n", result->distance, result->n_texts, values[0], values[1]);
    } else {
        printf("%-24s %9u %9zu %17.4f %17.4f  %s\n", result->subject->name, result->distance,
               result->n_texts, values[0], values[1], result->file);
    }
    fflush(stdout);
}

/* Twice as far each time; the last distance is the farthest that the window has room for. 0: none
 * is left. */
static unsigned next_distance(unsigned distance, unsigned window)
{
    unsigned used = LEAD + PASSAGE + SLACK;
    unsigned most = window > used ? (window - used) / PASSAGE * PASSAGE : 0;
    unsigned next = distance ? 2 * distance : PASSAGE;
    if (next > most)
        next = most;
    return next > distance ? next : 0;
}

enum exit_code eval_copy_measure(struct eval_arguments *arguments, const struct subject *subject,
                                 const char *file)
{
    struct text_pieces pieces;
    const unsigned char *data;
    size_t n_data, n_rows = 0;
    enum tacit_status status = TACIT_OK;
    unsigned window = window_of(arguments);
    enum exit_code code = text_pieces_open(&pieces, &arguments->console, file, arguments->limit);
    if (code != EXIT_CODE_OK)
        return code;
    code = text_pieces_next(&pieces, &data, &n_data); /* the first piece has tokens enough */
    for (unsigned n = next_distance(0, window); code == EXIT_CODE_OK && status == TACIT_OK && n > 0;
         n = next_distance(n, window)) {
        struct copy_result result = {.subject = subject, .file = file, .distance = n};
        status = measure_distance(&result, data, n_data);
        if (status == TACIT_OK && result.n_first > 0 && result.n_again > 0) {
            print_result(arguments, &result);
            n_rows++;
        }
    }
    text_pieces_close(&pieces);
    if (status == TACIT_OK && code == EXIT_CODE_OK && n_rows == 0)
        console_warn(&arguments->console, file, "is too short for a passage that comes again");
    return status == TACIT_OK ? code : fail_with_status(&arguments->console, file, status);
}
