/* SPDX-License-Identifier: Apache-2.0
 *
 * Measuring with a model has nothing to do with the model that is linked in: the evaluator does not open it.
 * The linker sends the library's call here (--wrap).
 */
#include <string.h>

#include "check.h"
#include "tacit/eval.h"
#include "tiny_tmodel.h"

enum tacit_status __wrap_tacit_model_default(const struct tacit_model **model);

static unsigned n_opened;

enum tacit_status __wrap_tacit_model_default(const struct tacit_model **model)
{
    n_opened++;
    *model = NULL;
    return TACIT_ERR_MEMORY;
}

int main(void)
{
    static const char text[] = "the text";
    const struct lm_shape shapes[] = {
#define SHAPE(name, ...) {__VA_ARGS__},
        TINY_MODELS(SHAPE)
#undef SHAPE
    };
    struct lm_shape shape = shapes[0];
    const struct tacit_eval_text given = {text, sizeof text};
    struct tacit_eval_result result = {.struct_size = sizeof result};
    struct tacit_model *model;
    struct tacit_evaluator *e;
    uint8_t *memory;
    shape.n_vocab = 260;
    CHECK(tiny_tmodel(&model, &shape, &memory) == TACIT_OK);
    CHECK(tacit_evaluator_create(&e, model, NULL) == TACIT_OK);
    CHECK(tacit_evaluator_run(e, &given, 1, &result, NULL, NULL) == TACIT_OK && result.bits > 0);
    CHECK(n_opened == 0);
    tacit_evaluator_destroy(e);
    tacit_model_close(model);
    free(memory);
    return check_result();
}
