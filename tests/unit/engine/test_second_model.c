/* SPDX-License-Identifier: Apache-2.0
 *
 * The engine and the second decoder's language model, which was written from docs/language-model.md, give the same
 * logits, bit for bit: every shape of tiny_model.h with every kind of KV cache, beyond the context.
 */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cpu.h"
#include "check.h"
#include "engine/lm.h"
#include "reference/arithmetic.h"
#include "reference/model_reader.h"
#include "tiny_tmodel.h"

enum { N_TOKENS = 400 };

static void compare(const char *name, const struct lm_model *lm, const struct model *second,
                    unsigned kind, unsigned share)
{
    struct lm_options options = {.n_streams = 1,
                                 .n_context = kind == KV_INT8 && share == 0 ? 64 : 320,
                                 .n_threads = 1,
                                 .cpu_features = cpu_features(),
                                 .kv_kind = (enum kv_kind)kind,
                                 .kv_keep = share};
    size_t n_bytes = lm_logit_stride(lm) * sizeof(float);
    float *logits = aligned_alloc(64, (n_bytes + 63) / 64 * 64), *theirs = malloc(n_bytes);
    struct lm_state *state = NULL;
    uint32_t token = 1, first_wrong = N_TOKENS;
    CHECK(logits && theirs && lm_state_create(&state, lm, &options) == TACIT_OK);
    if (logits && theirs && state) {
        struct reader *reader = make_reader(second, options.n_context, kind, share);
        for (uint32_t i = 0; i < N_TOKENS && first_wrong == N_TOKENS; i++) {
            token = (token * 75 + i + 74) % lm->shape.n_vocab;
            CHECK(lm_step(state, &token, logits) == TACIT_OK);
            read_token(reader, token, theirs);
            if (memcmp(logits, theirs, lm->shape.n_vocab * sizeof *logits) != 0)
                first_wrong = i;
        }
        forget();
    }
    CHECK_MSG(first_wrong == N_TOKENS, "%s, kind %u, share %u: other logits at token %u", name,
              kind, share, first_wrong);
    lm_state_destroy(state);
    free(logits);
    free(theirs);
}

static void check_shape(const char *name, const struct lm_shape *shape)
{
    struct tacit_model *model;
    uint8_t *memory;
    static struct model second;
    CHECK(tiny_tmodel(&model, shape, &memory) == TACIT_OK);
    memset(&second, 0, sizeof second);
    read_model(&second, memory, (size_t)load_le64(memory + 16)); /* the file's own size */
    for (unsigned kind = 0; kind < KV_N_KINDS; kind++)
        compare(name, model_file_lm(model->file), &second, kind, 0);
    compare(name, model_file_lm(model->file), &second, KV_INT8, 30);
    tacit_model_close(model);
    free_model(&second);
    free(memory);
}

int main(void)
{
#define CHECK_SHAPE(name, ...) check_shape(name, &(const struct lm_shape){__VA_ARGS__});
    TINY_MODELS(CHECK_SHAPE)
    return check_result();
}
