/* SPDX-License-Identifier: Apache-2.0
 *
 * A model whose distributions another one learns.
 */
#ifndef TACIT_WORKSHOP_RECOVER_TEACHER_H
#define TACIT_WORKSHOP_RECOVER_TEACHER_H

#include "model/model_file.h"
#include "workshop/net/net.h"

struct teacher {
    struct model_file *file;
    struct net net;
    struct net_work work;
    float *params;
};

/* path: a .gguf or .tmodel file; "": the linked-in model. student: the file of the model that learns. TACIT_ERR_MODEL_WRONG: the tokens are others; otherwise as
 * model_file_open and net_open_model. The caller closes the teacher, after a failure too. */
enum tacit_status teacher_open(struct teacher *teacher, const char *path,
                               const struct model_file *student, uint32_t seq_len);
void teacher_close(struct teacher *teacher);

#endif
