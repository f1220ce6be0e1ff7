/* SPDX-License-Identifier: Apache-2.0
 *
 * A golden archive of a real model: FOLDER/smollm2.tct decodes to its content, also under emulation.
 * Skipped where the model smollm2-135m is not there: 'tacit model fetch smollm2-135m' gets it.
 *
 *     test_golden_smollm2 FOLDER            checks
 *     test_golden_smollm2 --write FOLDER    makes it anew (tools/make_golden.sh)
 */
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "golden/golden_files.h"
#include "tacit/tacit.h"

#define SKIPPED 77

/* With bytes that the vocabulary cannot spell. */
static const char content[] =
    "The compressor and the decompressor share a language model, so that what both expect costs "
    "next to nothing. Every machine has to make the same predictions, bit for bit: otherwise "
    "nothing after the first difference could be read.\xff\xfe\n";

enum { N_CONTENT = sizeof content - 1, ARCHIVE_MAX = 1024 };

static size_t encode(const struct tacit_model *model, uint8_t *archive)
{
    struct tacit_model_report report = {.struct_size = sizeof report};
    struct tacit_options options;
    size_t n;
    tacit_options_init(&options);
    options.model = model;
    options.n_streams = 2;
    options.report = &report;
    CHECK(tacit_buffer_compress(content, N_CONTENT, archive, ARCHIVE_MAX, &n, &options) ==
              TACIT_OK &&
          report.n_blocks == 1);
    return n;
}

static void check(const struct tacit_model *model, const char *path)
{
    static uint8_t archive[ARCHIVE_MAX];
    struct tacit_options options;
    size_t n = golden_read(path, archive, sizeof archive);
    CHECK_MSG(n > 0, "%s: missing", path);
    if (n == 0)
        return;
    tacit_options_init(&options);
    options.model = model;
    enum tacit_status status =
        golden_decode(archive, n, &options, (const uint8_t *)content, N_CONTENT);
    CHECK_MSG(status == TACIT_OK, "%s: %s", path, tacit_status_name(status));
}

static void write(const struct tacit_model *model, const char *path)
{
    static uint8_t archive[ARCHIVE_MAX];
    golden_write(path, archive, encode(model, archive));
}

int main(int argc, char **argv)
{
    char model_path[TACIT_MODEL_PATH_MAX], path[4096];
    struct tacit_model *model;
    bool is_write = argc == 3 && strcmp(argv[1], "--write") == 0;
    if (argc != 2 && !is_write) {
        fprintf(stderr, "usage: test_golden_smollm2 FOLDER | --write FOLDER\n");
        return 2;
    }
    if (tacit_model_find("smollm2-135m", model_path) != TACIT_OK) {
        printf("skipped: no model smollm2-135m\n");
        return SKIPPED;
    }
    snprintf(path, sizeof path, "%s/smollm2.tct", argv[argc - 1]);
    CHECK_MSG(tacit_model_open(&model, model_path) == TACIT_OK, "%s", model_path);
    if (model)
        (is_write ? write : check)(model, path);
    tacit_model_close(model);
    return check_result();
}
