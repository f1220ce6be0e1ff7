/* SPDX-License-Identifier: Apache-2.0
 *
 * The engine and the second decoder's language model, which was written from docs/language-model.md, give the same
 * logits, bit for bit: every shape of tiny_model.h with every kind of KV cache, beyond the context; also with weights
 * of 4 bits with a minimum, which files of other programs bring.
 */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cpu.h"
#include "base/try.h"
#include "check.h"
#include "engine/lm.h"
#include "engine/lm_model.h"
#include "reference/arithmetic.h"
#include "reference/model_reader.h"
#include "tiny_tmodel.h"

enum { N_TOKENS = 400, N_TURNS = 9 };

/* Emulated machines and builds without optimisation, whose engine test_lm.c and the golden archives hold to the same
 * logits, make every ninth comparison each; below 0: all. */
static int turn = -1;

static void compare(const char *name, const struct lm_model *lm, const struct model *second,
                    const struct kept *kept)
{
    static int n_comparisons;
    if (turn >= 0 && n_comparisons++ % N_TURNS != turn)
        return;
    struct kv_heads heads = {.n = kept->n_heads};
    memcpy(heads.parts, kept->parts, sizeof heads.parts);
    bool all = kept->kind == KV_INT8 && kept->share == 0 && kept->n_heads == 0;
    struct lm_options options = {.n_streams = 1,
                                 .n_context = all ? 64 : 320,
                                 .n_threads = 1,
                                 .cpu_features = cpu_features(),
                                 .kv_kind = (enum kv_kind)kept->kind,
                                 .kv_keep = kept->share,
                                 .kv_heads = heads.n > 0 ? &heads : NULL};
    size_t n_bytes = lm_logit_stride(lm) * sizeof(float);
    float *logits = aligned_alloc(64, (n_bytes + 63) / 64 * 64), *theirs = malloc(n_bytes);
    struct lm_state *state = NULL;
    uint32_t token = 1, first_wrong = N_TOKENS;
    CHECK(logits && theirs && lm_state_create(&state, lm, &options) == TACIT_OK);
    if (logits && theirs && state) {
        struct reader *reader = make_reader(second, options.n_context, kept);
        for (uint32_t i = 0; i < N_TOKENS && first_wrong == N_TOKENS; i++) {
            token = (token * 75 + i + 74) % lm->shape.n_vocab;
            CHECK(lm_step(state, &token, logits) == TACIT_OK);
            read_token(reader, token, theirs);
            if (memcmp(logits, theirs, lm->shape.n_vocab * sizeof *logits) != 0)
                first_wrong = i;
        }
        forget();
    }
    CHECK_MSG(first_wrong == N_TOKENS, "%s, kind %u, share %u, %u heads: other logits at token %u",
              name, kept->kind, kept->share, kept->n_heads, first_wrong);
    lm_state_destroy(state);
    free(logits);
    free(theirs);
}

/* An lm_fill_fn. Scales and minima that differ, down to a subnormal scale. */
static enum tacit_status fill(void *context, size_t index, const struct tensor *from,
                              struct tensor *to)
{
    uint32_t *state = context;
    (void)from;
    for (size_t row = 0; row < to->n_rows; row++)
        for (size_t g = 0; g < to->n_columns / LM_INT4_GROUP; g++) {
            struct tensor_int4_group values = {{0}, row % 9 ? 0x2a00 : 3, (uint16_t)(0xb400 + g)};
            values.scale = (uint16_t)(values.scale + index);
            for (size_t i = 0; i < LM_INT4_GROUP; i++)
                values.n[i] = (uint8_t)((*state = *state * 1664525 + 1013904223) >> 28);
            tensor_set_int4(to, row, g, &values);
        }
    return TACIT_OK;
}

static enum tacit_status open_int4(struct tacit_model **model, const struct lm_shape *shape,
                                   uint8_t **memory)
{
    struct lm_model *plain, *lm = NULL;
    uint32_t state = 1;
    TRY(tiny_model(&plain, shape));
    size_t n = lm_n_tensors(&plain->shape);
    uint8_t *kinds = calloc(n, 1);
    for (size_t i = 0; i < n; i++)
        if (lm_tensor_at(plain, i)->n_rows && lm_tensor_at(plain, i)->n_columns)
            kinds[i] = TENSOR_INT4;
    enum tacit_status status = lm_model_convert(&lm, plain, kinds, fill, &state);
    free(kinds);
    lm_model_destroy(plain);
    return status == TACIT_OK ? tiny_open(model, lm, memory) : status;
}

static void check_shape(const char *name, const struct lm_shape *shape, bool int4)
{
    struct tacit_model *model;
    uint8_t *memory;
    static struct model second;
    enum tacit_status status = (int4 ? open_int4 : tiny_tmodel)(&model, shape, &memory);
    CHECK(status == TACIT_OK);
    if (status != TACIT_OK)
        return;
    memset(&second, 0, sizeof second);
    read_model(&second, memory, (size_t)load_le64(memory + 16)); /* the file's own size */
    const struct lm_model *lm = model_file_lm(model->file);
    struct kept kept = {0};
    for (kept.kind = 0; kept.kind < KV_N_KINDS; kept.kind++)
        compare(name, lm, &second, &kept);
    compare(name, lm, &second, &(const struct kept){.share = 30});
    kept = (struct kept){.n_heads = (uint32_t)kv_heads_of(&lm->shape)};
    for (uint32_t i = 0; i < kept.n_heads; i++)
        kept.parts[i] = (uint8_t)(i * 5 % KV_PARTS); /* all, then fewer */
    static const enum kv_kind by_head[] = {KV_K4V2, KV_K4V3S};
    for (size_t i = 0; i < sizeof by_head / sizeof *by_head && kept.n_heads > 0; i++) {
        kept.kind = by_head[i];
        compare(name, lm, &second, &kept);
    }
    tacit_model_close(model);
    free_model(&second);
    free(memory);
}

int main(int argc, char **argv)
{
    if (argc > 1)
        turn = (int)strtol(argv[1], NULL, 10);
#define CHECK_SHAPE(name, ...) check_shape(name, &(const struct lm_shape){__VA_ARGS__}, false);
    TINY_MODELS(CHECK_SHAPE)
    const struct lm_shape shapes[] = {
#define SHAPE(name, ...) {__VA_ARGS__},
        TINY_MODELS(SHAPE)};
    check_shape("llama, 4 bits", &shapes[0], true);
    check_shape("default, 4 bits", &shapes[4], true); /* with hashed tables */
    return check_result();
}
