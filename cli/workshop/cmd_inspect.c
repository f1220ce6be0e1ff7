/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/workshop/cmd_inspect.h"

#include <errno.h>
#include <getopt.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "cli/base/json_text.h"
#include "cli/base/option_table.h"
#include "cli/models/model_named.h"
#include "tacit/inspect.h"
#include "tacit/options.h"

struct run {
    struct console console;
    struct tacit_inspection job;
    const char *name;
    char source[TACIT_MODEL_PATH_MAX];
    bool json, wants_help;
    size_t n_printed; /* of the present table */
    double bits_per_byte;
};

#define AT(field) offsetof(struct run, field)

static const struct option_row rows[] = {
    OPTION_ROW_LIMIT(struct run, job.n_bytes_max),
    {"json", 0, OPTION_SET, 0, AT(json), 0, 0, NULL, NULL, "all figures, as one JSON object", NULL},
    OPTION_ROW_THREADS(struct run, job.n_threads, TACIT_THREADS_MAX),
    OPTION_ROW_QUIET(struct run, console.verbosity),
    OPTION_ROW_HELP(struct run, wants_help),
};

static const struct command_line line = {
    .name = "inspect",
    .usage = "inspect [OPTION]... MODEL [TEXT]",
    .about =
        "What the matrices of a model hold: bits a weight as stored and as the frequencies of the\n"
        "numbers would need them (entropy), how many singular values have 90 and 99 % of the\n"
        "energy, the largest weight over the root mean square, and weights beyond six of it.\n"
        "With TEXT also what each layer is worth: bits a byte of it without the layer's "
        "attention,\n"
        "without its hidden layer, and without both.\n",
    OPTION_TABLE(rows),
    .manual = "tacit-models"};

static bool parse(struct run *run, int argc, char **argv)
{
    *run = (struct run){.job = {.n_bytes_max = 8192}};
    console_init(&run->console);
    if (!options_parse(&line, run, &run->console, argc, argv, NULL))
        return false;
    if (run->wants_help)
        return true;
    if (argc - optind < 1 || argc - optind > 2)
        return options_refuse(&run->console, &line, "name one model, and perhaps a text");
    run->name = argv[optind];
    run->job.text = argc - optind > 1 ? argv[optind + 1] : NULL;
    return true;
}

/* "12", or "-" for what belongs to no layer. */
static const char *layer_text(char text[16], uint32_t layer)
{
    if (layer == TACIT_NO_LAYER)
        return "-";
    snprintf(text, 16, "%u", (unsigned)layer);
    return text;
}

static void print_tensor(const struct run *run, const struct tacit_inspect_tensor *t)
{
    char layer[16];
    if (run->n_printed == 0)
        printf("%5s %-15s %14s %7s %8s %14s %7s %10s\n", "layer", "matrix", "size", "stored",
               "entropy", "rank 90/99 %", "peak", "beyond 6");
    printf("%5s %-15s %6llu x %5llu %7.2f %8.3f %4llu/%4llu/%4llu %7.1f %9.4f %%\n",
           layer_text(layer, t->layer), t->name, (unsigned long long)t->n_rows,
           (unsigned long long)t->n_columns, t->stored_bits, t->entropy,
           (unsigned long long)t->rank_90, (unsigned long long)t->rank_99,
           (unsigned long long)t->n_ranks, t->peak, 100 * t->beyond_6);
    fflush(stdout);
}

static void print_layer_json(uint32_t layer)
{
    char text[16];
    printf("{\"layer\": %s", layer == TACIT_NO_LAYER ? "null" : layer_text(text, layer));
}

static void print_tensor_json(const struct run *run, const struct tacit_inspect_tensor *t)
{
    fputs(run->n_printed ? ",\n" : "", stdout);
    print_layer_json(t->layer);
    printf(", \"matrix\": \"%s\", \"rows\": %llu, \"columns\": %llu, \"stored_bits\": %.4f, "
           "\"entropy\": %.5f, \"ranks\": %llu, \"rank_90\": %llu, \"rank_99\": %llu, "
           "\"peak\": %.4f, \"beyond_6\": %.8f}",
           t->name, (unsigned long long)t->n_rows, (unsigned long long)t->n_columns, t->stored_bits,
           t->entropy, (unsigned long long)t->n_ranks, (unsigned long long)t->rank_90,
           (unsigned long long)t->rank_99, t->peak, t->beyond_6);
}

static void take_tensor(void *context, const struct tacit_inspect_tensor *tensor)
{
    struct run *run = context;
    if (run->json)
        print_tensor_json(run, tensor);
    else
        print_tensor(run, tensor);
    run->n_printed++;
}

static void take_text(void *context, const struct tacit_inspect_text *text)
{
    struct run *run = context;
    unsigned long long n_bytes = text->n_bytes, n_tokens = text->n_tokens;
    run->bits_per_byte = text->bits_per_byte;
    run->n_printed = 0;
    if (run->json)
        printf("\n], \"text\": {\"bytes\": %llu, \"tokens\": %llu, \"bits_per_byte\": %.6f}, "
               "\"layers\": [\n",
               n_bytes, n_tokens, text->bits_per_byte);
    else
        printf(
            "\n%llu bytes of text, %llu tokens: %.4f bits a byte. More without a layer's parts:\n"
            "%5s %10s %10s %10s\n",
            n_bytes, n_tokens, text->bits_per_byte, "layer", "attention", "hidden", "both");
}

static void take_layer(void *context, const struct tacit_inspect_layer *l)
{
    struct run *run = context;
    if (run->json)
        printf("%s{\"layer\": %u, \"without_attention\": %.6f, \"without_hidden\": %.6f, "
               "\"without_both\": %.6f}",
               run->n_printed ? ",\n" : "", (unsigned)l->layer, l->without_attention,
               l->without_hidden, l->without_both);
    else
        printf("%5u %+10.4f %+10.4f %+10.4f\n", (unsigned)l->layer,
               l->without_attention - run->bits_per_byte, l->without_hidden - run->bits_per_byte,
               l->without_both - run->bits_per_byte);
    run->n_printed++;
    fflush(stdout);
}

static enum exit_code explain(struct run *run, enum tacit_status status)
{
    if (status == TACIT_ERR_CONTENT_LIMIT) {
        console_error(&run->console, run->job.text, "has no token of this model");
        return EXIT_CODE_FAILED;
    }
    if (status == TACIT_ERR_IO && run->job.text) {
        console_error(&run->console, run->name, "cannot read it, or %s: %s", run->job.text,
                      strerror(errno));
        return EXIT_CODE_FAILED;
    }
    return fail_to_open_model(&run->console, run->name, status);
}

static enum exit_code inspect(struct run *run)
{
    enum exit_code code = model_path_named(&run->console, run->name, run->source, &run->job.model);
    if (code != EXIT_CODE_OK)
        return code;
    run->job.tensor = take_tensor;
    run->job.read = take_text;
    run->job.layer = take_layer;
    run->job.context = run;
    if (run->json) {
        fputs("{\"model\": ", stdout);
        json_print_string(stdout, run->name, strlen(run->name));
        fputs(", \"tensors\": [\n", stdout);
    }
    enum tacit_status status = tacit_inspect(&run->job);
    if (status != TACIT_OK)
        return explain(run, status);
    if (run->json)
        fputs("\n]}\n", stdout);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        console_error(&run->console, "(stdout)", "cannot write: %s", strerror(errno));
        return EXIT_CODE_FAILED;
    }
    return EXIT_CODE_OK;
}

int cli_inspect(int argc, char **argv)
{
    struct run run;
    if (!parse(&run, argc, argv))
        return EXIT_CODE_USAGE;
    if (run.wants_help) {
        options_print_help(&line);
        return EXIT_CODE_OK;
    }
    return (int)inspect(&run);
}
