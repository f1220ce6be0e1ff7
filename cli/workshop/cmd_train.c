/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/workshop/cmd_train.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "cli/workshop/train_distil.h"
#include "tacit/train.h"

static volatile sig_atomic_t stop_asked;

static void on_signal(int number)
{
    (void)number;
    stop_asked = 1;
}

static void print_line(void *context, const char *line)
{
    (void)context;
    printf("%s\n", line);
    fflush(stdout);
}

static int is_stop_asked(void *context)
{
    (void)context;
    return stop_asked;
}

static int usage(FILE *file)
{
    fputs("usage: tacit train prepare CONFIG CATEGORY=FILE... [-- EVALUATION-FILE...]\n"
          "       tacit train run CONFIG [WEIGHTS]\n"
          "       tacit train eval CONFIG WEIGHTS [--int8]\n"
          "       tacit train export WEIGHTS MODEL NAME LICENCE\n"
          "       tacit train import CONFIG MODEL WEIGHTS\n"
          "       tacit train distil --teacher MODEL --text FILE STUDENT -o NAME\n",
          file);
    return file == stdout ? 0 : 2;
}

static enum tacit_status prepare(int argc, char **argv, const struct tacit_train_sink *sink)
{
    int split = 3;
    while (split < argc && strcmp(argv[split], "--") != 0)
        split++;
    const int n_apart = split < argc ? argc - split - 1 : 0;
    return tacit_train_prepare(argv[2], (size_t)(split - 3), (const char *const *)argv + 3,
                               (size_t)n_apart, (const char *const *)argv + split + 1, sink);
}

int cli_train(int argc, char **argv)
{
    const struct tacit_train_sink sink = {print_line, is_stop_asked, NULL};
    enum tacit_status status;
    if (argc > 1 && !strcmp(argv[1], "distil"))
        return cli_train_distil(argc - 1, argv + 1);
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return usage(stdout);
    if (argc < 3)
        return usage(stderr);
    if (!strcmp(argv[1], "prepare") && argc > 3) {
        status = prepare(argc, argv, &sink);
    } else if (!strcmp(argv[1], "run") && argc <= 4) {
        signal(SIGINT, on_signal);
        signal(SIGTERM, on_signal);
        status = tacit_train_run(argv[2], argc == 4 ? argv[3] : NULL, &sink);
    } else if (!strcmp(argv[1], "eval") &&
               (argc == 4 || (argc == 5 && !strcmp(argv[4], "--int8")))) {
        status = tacit_train_eval(argv[2], argv[3], argc == 5, &sink);
    } else if (!strcmp(argv[1], "export") && argc == 6) {
        status = tacit_train_export(argv[2], argv[3], argv[4], argv[5]);
    } else if (!strcmp(argv[1], "import") && argc == 5) {
        status = tacit_train_import(argv[2], argv[3], argv[4], &sink);
    } else {
        return usage(stderr);
    }
    if (status == TACIT_OK)
        return 0;
    fprintf(stderr, "tacit: train %s: %s\n", argv[1],
            status == TACIT_ERR_IO && errno ? strerror(errno) : tacit_status_message(status));
    return 1;
}
