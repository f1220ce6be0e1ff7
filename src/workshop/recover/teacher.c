/* SPDX-License-Identifier: Apache-2.0 */
#include "workshop/recover/teacher.h"

#include <stdlib.h>
#include <string.h>

#include "base/try.h"
#include "workshop/net/memory.h"
#include "workshop/net/net_export.h"
#include "workshop/shrink/source_model.h"

static enum tacit_status same_tokenizer(const struct tokenizer *a, const struct tokenizer *b)
{
    uint8_t *of_a, *of_b;
    size_t n_a, n_b;
    TRY(tokenizer_save(a, &of_a, &n_a));
    enum tacit_status status = tokenizer_save(b, &of_b, &n_b);
    if (status == TACIT_OK) {
        status = n_a == n_b && memcmp(of_a, of_b, n_a) == 0 ? TACIT_OK : TACIT_ERR_MODEL_WRONG;
        free(of_b);
    }
    free(of_a);
    return status;
}

enum tacit_status teacher_open(struct teacher *teacher, const char *path,
                               const struct model_file *student, uint32_t seq_len)
{
    memset(teacher, 0, sizeof *teacher);
    TRY(source_model_open(&teacher->file, path[0] ? path : NULL));
    const struct lm_model *model = model_file_lm(teacher->file), *other = model_file_lm(student);
    if (model->shape.n_vocab != other->shape.n_vocab ||
        (model->shape.flags & LM_BOS_LAST) != (other->shape.flags & LM_BOS_LAST))
        return TACIT_ERR_MODEL_WRONG;
    TRY(same_tokenizer(model_file_tokenizer(teacher->file), model_file_tokenizer(student)));
    TRY(net_open_model(&teacher->net, model, seq_len));
    TRY(net_work_open(&teacher->work, &teacher->net, false));
    teacher->params = memory_zeroed(teacher->net.n_params * sizeof *teacher->params);
    if (!teacher->params)
        return TACIT_ERR_MEMORY;
    net_import(&teacher->net, model, teacher->params);
    return TACIT_OK;
}

void teacher_close(struct teacher *teacher)
{
    free(teacher->params);
    net_work_close(&teacher->work);
    net_close(&teacher->net);
    model_file_close(teacher->file);
    memset(teacher, 0, sizeof *teacher);
}
