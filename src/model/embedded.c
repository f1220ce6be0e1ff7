/* SPDX-License-Identifier: Apache-2.0
 *
 * The model that is linked in: its bytes, and the one open handle on it.
 */
#include <pthread.h>

#include "model/open_model.h"

#ifdef TACIT_EMBEDDED

extern const uint8_t tacit_embedded_model[], tacit_embedded_model_end[];

static struct {
    pthread_once_t once;
    struct tacit_model *model;
    enum tacit_status status;
} embedded = {.once = PTHREAD_ONCE_INIT};

struct byte_view model_linked_file(void)
{
    return (struct byte_view){tacit_embedded_model,
                              (size_t)(tacit_embedded_model_end - tacit_embedded_model)};
}

/* Stays open until the process ends. */
static void open_once(void)
{
    struct byte_view file = model_linked_file();
    embedded.status = model_open_memory(&embedded.model, file.data, file.n);
    if (embedded.status == TACIT_OK)
        embedded.model->is_linked = true;
}

enum tacit_status tacit_model_default(const struct tacit_model **model)
{
    pthread_once(&embedded.once, open_once);
    *model = embedded.model;
    return embedded.status;
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
