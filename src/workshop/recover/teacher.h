/* SPDX-License-Identifier: Apache-2.0
 *
 * A model from which another one learns, and what it shows.
 */
#ifndef TACIT_WORKSHOP_RECOVER_TEACHER_H
#define TACIT_WORKSHOP_RECOVER_TEACHER_H

#include "model/model_file.h"
#include "workshop/net/net_lesson.h"

struct teacher {
    struct model_file *file;
    struct net net;
    float *params;
};

/* What one thread sees of it. */
struct teacher_view {
    struct net_work work;
    struct net_lesson lesson;
    struct net_teacher shows; /* for net_distil */
};

/* path: a .gguf or .tmodel file; "": the linked-in model. student, tokenizer: of the model that learns.
 * TACIT_ERR_MODEL_WRONG: the tokens are others; otherwise as model_file_open and net_open_model. The caller closes the
 * teacher, after a failure too. */
enum tacit_status teacher_open(struct teacher *teacher, const char *path, const struct net *student,
                               const struct tokenizer *tokenizer);
void teacher_close(struct teacher *teacher);

/* sees: of enum tacit_see. The teacher outlives the view. TACIT_ERR_MEMORY; the caller closes the view after a failure too. */
enum tacit_status teacher_view_open(struct teacher_view *view, const struct teacher *teacher,
                                    const struct net *student, unsigned sees);
void teacher_view_close(struct teacher_view *view);

#endif
