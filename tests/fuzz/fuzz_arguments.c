/* SPDX-License-Identifier: Apache-2.0
 *
 * libFuzzer target: a command line, one word a line. What is accepted must keep to the ranges that
 * the library documents, and its files must be words of the command line.
 */
#include <getopt.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/arguments.h"
#include "cli/base/commands.h"

enum { N_WORDS_MAX = 40 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes);

static void check(const struct arguments *arguments, int argc, char *const *argv)
{
    const struct tacit_options *codec = &arguments->codec;
    if (codec->level < TACIT_LEVEL_MIN || codec->level > TACIT_LEVEL_MAX)
        abort();
    if (codec->block_size != 0 &&
        (codec->block_size < TACIT_BLOCK_SIZE_MIN || codec->block_size > TACIT_BLOCK_SIZE_MAX))
        abort();
    if (arguments->first_level > arguments->last_level || arguments->last_level > TACIT_LEVEL_MAX)
        abort();
    if (arguments->n_files < 0 || arguments->n_files >= argc)
        abort();
    for (int i = 0; i < arguments->n_files; i++) {
        int k = 1;
        while (k < argc && argv[k] != arguments->files[i])
            k++;
        if (k == argc)
            abort();
    }
    uint64_t offset, n;
    if (arguments->has_range && range_resolve(&arguments->range, 1000, &offset, &n) &&
        (offset > 1000 || n > 1000 - offset))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes)
{
    static char program[] = "tacit", quiet[] = "-qq";
    char *argv[N_WORDS_MAX + 3] = {program};
    int argc = 1;
    char *text = malloc(n_bytes + 1);
    if (text == NULL)
        abort();
    memcpy(text, data, n_bytes);
    text[n_bytes] = '\0';
    for (char *word = strtok(text, "\n"); word != NULL && argc <= N_WORDS_MAX;
         word = strtok(NULL, "\n")) {
        argv[argc++] = word;
        if (argc == 2) /* behind the command's name, if it is one */
            argv[argc++] = quiet;
    }
    opterr = 0;
    optind = 0; /* getopt starts anew */
    struct arguments arguments;
    if (arguments_parse(&arguments, argc, argv) == EXIT_CODE_OK && !arguments.wants_help &&
        !arguments.wants_version)
        check(&arguments, argc, argv);
    free(text);
    return 0;
}
