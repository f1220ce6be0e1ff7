/* SPDX-License-Identifier: Apache-2.0 */
#include "workshop/recover/teacher.h"

#include <stdlib.h>
#include <string.h>

#include "base/try.h"
#include "tacit/shrink.h"
#include "workshop/net/memory.h"
#include "workshop/net/net_export.h"
#include "workshop/shrink/source_model.h"

static const float SHARE = 0.5f; /* of the distributions, where the text is learned too */

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

enum tacit_status teacher_open(struct teacher *teacher, const char *path, const struct net *student,
                               const struct tokenizer *tokenizer)
{
    memset(teacher, 0, sizeof *teacher);
    TRY(source_model_open(&teacher->file, path[0] ? path : NULL));
    const struct lm_model *model = model_file_lm(teacher->file);
    if (model->shape.n_vocab != student->shape.n_vocab ||
        (model->shape.flags & LM_BOS_LAST) != (student->shape.flags & LM_BOS_LAST))
        return TACIT_ERR_MODEL_WRONG;
    TRY(same_tokenizer(model_file_tokenizer(teacher->file), tokenizer));
    TRY(net_open_model(&teacher->net, model, student->seq_len));
    teacher->net.tables_are_frozen = true;
    teacher->params = memory_zeroed(teacher->net.n_params * sizeof *teacher->params);
    if (!teacher->params)
        return TACIT_ERR_MEMORY;
    net_import(&teacher->net, model, teacher->params);
    return TACIT_OK;
}

void teacher_close(struct teacher *teacher)
{
    free(teacher->params);
    net_close(&teacher->net);
    model_file_close(teacher->file);
    memset(teacher, 0, sizeof *teacher);
}

enum tacit_status teacher_view_open(struct teacher_view *view, const struct teacher *teacher,
                                    const struct net *student, unsigned sees)
{
    const float share = sees & TACIT_SEE_TEXT ? SHARE : 1;
    TRY(net_work_open(&view->work, &teacher->net, false));
    view->shows = (struct net_teacher){
        .net = &teacher->net,
        .work = &view->work,
        .params = teacher->params,
        .share = sees & TACIT_SEE_DISTRIBUTIONS ? share : 0,
        .hidden = sees & TACIT_SEE_HIDDEN ? 1 : 0,
        .relations = sees & TACIT_SEE_ATTENTION ? 1 : 0,
        .gradients = sees & TACIT_SEE_GRADIENTS ? 1 : 0,
        .lesson = &view->lesson,
    };
    if (!(sees & (TACIT_SEE_HIDDEN | TACIT_SEE_ATTENTION | TACIT_SEE_GRADIENTS)))
        return TACIT_OK;
    return net_lesson_open(&view->lesson, student, &teacher->net, sees & TACIT_SEE_GRADIENTS);
}

void teacher_view_close(struct teacher_view *view)
{
    net_lesson_close(&view->lesson);
    net_work_close(&view->work);
    memset(view, 0, sizeof *view);
}
