/* SPDX-License-Identifier: Apache-2.0
 *
 * Scores of records for `tacit select --method surprise`: bits a byte of each.
 */
#include <stdlib.h>
#include <string.h>

#include "cli/base/progress.h"
#include "cli/records/cmd_select.h"

enum { BATCH = 64, LEARNER_LEVEL = 4 };

static enum tacit_status score_learning(struct records *records, struct progress *progress,
                                        float *scores)
{
    struct tacit_learner *learner;
    size_t n;
    double bits;
    enum tacit_status status = tacit_learner_create(&learner, LEARNER_LEVEL, 0);
    for (size_t i = 0; status == TACIT_OK && i < records->n_records; i++) {
        const void *text = records_read(records, 0, i, &n);
        if (!text) {
            status = TACIT_ERR_IO;
            break;
        }
        status = tacit_learner_read(learner, text, n, NULL, &bits);
        scores[i] = n ? (float)(bits / (double)n) : 0;
        if (status == TACIT_OK)
            status = tacit_learner_read(learner, "\n", 1, NULL, &bits);
        progress_update(progress, i, 0);
    }
    tacit_learner_destroy(learner);
    return status;
}

/* Scores records from first on in one call. */
static enum tacit_status score_batch(struct records *records, struct tacit_evaluator *evaluator,
                                     size_t first, size_t n_batch, float *scores)
{
    struct tacit_eval_text texts[BATCH] = {{NULL, 0}};
    struct tacit_eval_result results[BATCH];
    enum tacit_status status = TACIT_OK;
    for (size_t i = 0; i < n_batch && status == TACIT_OK; i++) {
        const void *text = records_read(records, 0, first + i, &texts[i].n_bytes);
        char *copy = text ? malloc(texts[i].n_bytes + 1) : NULL;
        if (copy)
            memcpy(copy, text, texts[i].n_bytes);
        else
            status = text ? TACIT_ERR_MEMORY : TACIT_ERR_IO;
        texts[i].data = copy;
        results[i].struct_size = sizeof results[i];
    }
    if (status == TACIT_OK)
        status = tacit_evaluator_run(evaluator, texts, n_batch, results, NULL, NULL);
    for (size_t i = 0; i < n_batch; i++) {
        union {
            const void *data;
            void *memory;
        } text = {texts[i].data};
        if (status == TACIT_OK)
            scores[first + i] =
                texts[i].n_bytes ? (float)(results[i].bits / (double)texts[i].n_bytes) : 0;
        free(text.memory);
    }
    return status;
}

enum exit_code select_score(const struct select_arguments *arguments, struct records *records,
                            struct tacit_evaluator *evaluator, float *scores)
{
    struct console console = arguments->console;
    struct progress progress;
    enum tacit_status status = TACIT_OK;
    progress_start(&progress, &console, "scoring", records->n_records, false, false);
    if (!evaluator)
        status = score_learning(records, &progress, scores);
    for (size_t i = 0; evaluator && status == TACIT_OK && i < records->n_records; i += BATCH) {
        size_t n = records->n_records - i < BATCH ? records->n_records - i : BATCH;
        status = score_batch(records, evaluator, i, n, scores);
        progress_update(&progress, i, 0);
    }
    progress_end(&progress);
    if (records->is_unreadable)
        return EXIT_CODE_FAILED;
    return status == TACIT_OK ? EXIT_CODE_OK
                              : fail_with_status(&console, arguments->input_path, status);
}
