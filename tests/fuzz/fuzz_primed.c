/* SPDX-License-Identifier: Apache-2.0
 *
 * libFuzzer target: any bytes, behind a first one, as the file of a primed state. Where the first byte says so, the file is a
 * forged one: it is repeated up to the length that its header tells, and its length and hashes are made right, so that
 * what the model remembers is anything at all. A state that is taken must come out as it went in, and text is made and
 * scored from it.
 */
#include <stdlib.h>
#include <string.h>

#include "primed_model.h"
#include "primed_seal.h"
#include "tacit/eval.h"

enum { N_MADE = 8, FILE_MAX = 1 << 17, CONTEXT_MAX = 4096 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes);

static int drop(void *context, const void *data, size_t n)
{
    (void)context;
    (void)data;
    (void)n;
    return 0;
}

static void generate(const struct tacit_model *model, const struct tacit_primed *primed)
{
    struct tacit_generate_options options;
    tacit_generate_options_init(&options);
    options.n_threads = 1;
    options.primed = primed;
    options.kv = primed->info.kv;
    options.kv_keep = primed->info.kv_keep;
    if (tacit_generate(model, &options, N_MADE, drop, NULL) != TACIT_OK)
        abort();
}

static void evaluate(const struct tacit_model *model, const struct tacit_primed *primed)
{
    struct tacit_eval_options options;
    struct tacit_evaluator *evaluator;
    struct tacit_eval_text texts[2] = {{"the other in an", 15}, {"the other", 9}};
    struct tacit_eval_result results[2] = {{.struct_size = sizeof *results},
                                           {.struct_size = sizeof *results}};
    tacit_eval_options_init(&options);
    options.convention = TACIT_EVAL_ROLLING;
    options.n_threads = 1;
    options.primed = primed;
    options.kv = primed->info.kv;
    options.kv_keep = primed->info.kv_keep;
    if (tacit_evaluator_create(&evaluator, model, &options) != TACIT_OK ||
        tacit_evaluator_run(evaluator, texts, 2, results, NULL, NULL) != TACIT_OK ||
        !(results[0].bits >= 0))
        abort();
    tacit_evaluator_destroy(evaluator);
}

static void open_and_use(const uint8_t *file, size_t n)
{
    const struct tacit_model *model = primed_model();
    struct tacit_primed_info info = {.struct_size = sizeof info};
    struct tacit_primed *primed;
    size_t n_again;
    enum tacit_status told = tacit_primed_inspect(file, n, &info);
    if (told == TACIT_OK && info.n_context > CONTEXT_MAX)
        return; /* takes sanitizers too long */
    if (tacit_primed_open(&primed, model, file, n) != TACIT_OK)
        return;
    if (told != TACIT_OK || memcmp(&info, &primed->info, sizeof info) != 0)
        abort();
    const void *again = tacit_primed_data(primed, &n_again);
    if (n_again != n || memcmp(again, file, n) != 0)
        abort();
    generate(model, primed);
    if (primed->info.n_context > 1) /* a window of one token scores nothing */
        evaluate(model, primed);
    tacit_primed_destroy(primed);
}

/* The bytes behind the header again and again, up to the length that it tells. */
static size_t repeat(uint8_t *file, size_t n)
{
    uint64_t wanted = load_le64(file + 16);
    size_t n_body = n - PRIMED_HEADER_BYTES;
    for (; n_body > 0 && n < wanted && n < FILE_MAX; n++)
        file[n] = file[n - n_body];
    primed_seal(file, n);
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes)
{
    static uint8_t room[FILE_MAX];
    if (n_bytes == 0 || n_bytes > FILE_MAX)
        return 0;
    size_t n = n_bytes - 1;
    memcpy(room, data + 1, n);
    if (data[0] & PRIMED_IS_FORGED && n >= PRIMED_HEADER_BYTES)
        n = repeat(room, n);
    uint8_t *file = malloc(n + 1); /* so that the sanitizers see every overrun but of a byte */
    if (!file)
        abort();
    memcpy(file, room, n);
    open_and_use(file, n);
    free(file);
    return 0;
}
