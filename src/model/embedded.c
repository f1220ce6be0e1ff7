/* SPDX-License-Identifier: Apache-2.0
 *
 * The model that is linked in: its bytes, and the one open handle on it.
 */
#include <pthread.h>

#include "model/open_model.h"

#ifdef TACIT_EMBEDDED

extern const uint8_t tacit_embedded_model[], tacit_embedded_model_end[];

static struct {
    pthread_mutex_t lock;
    struct tacit_model *model;
} embedded = {.lock = PTHREAD_MUTEX_INITIALIZER};

struct byte_view model_linked_file(void)
{
    return (struct byte_view){tacit_embedded_model,
                              (size_t)(tacit_embedded_model_end - tacit_embedded_model)};
}

/* Stays open until the process ends. What was short of memory may be tried again. */
enum tacit_status tacit_model_default(const struct tacit_model **model)
{
    const struct byte_view file = model_linked_file();
    enum tacit_status status = TACIT_OK;
    pthread_mutex_lock(&embedded.lock);
    if (!embedded.model)
        status = model_open_memory(&embedded.model, file.data, file.n);
    if (status == TACIT_OK)
        embedded.model->is_linked = true;
    *model = embedded.model;
    pthread_mutex_unlock(&embedded.lock);
    return status;
}

#else

struct byte_view model_linked_file(void)
{
    return (struct byte_view){NULL, 0};
}

enum tacit_status tacit_model_default(const struct tacit_model **model)
{
    *model = NULL;
    return TACIT_ERR_MODEL_MISSING;
}

#endif
