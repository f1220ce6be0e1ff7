/* SPDX-License-Identifier: Apache-2.0 */
#include "workshop/recover/new_model.h"

#include <stdlib.h>

#include "base/try.h"
#include "workshop/net/memory.h"
#include "workshop/net/net_export.h"
#include "workshop/train/config.h"

enum tacit_status new_model(struct lm_model **made, const char *config_path,
                            const struct model_file *tokens, uint64_t seed, int *bad_line)
{
    const struct lm_shape *shape = &model_file_lm(tokens)->shape;
    struct config config;
    struct net net;
    *made = NULL;
    TRY(config_read(&config, config_path, bad_line));
    if (config.net.n_vocab != shape->n_vocab || !(shape->flags & LM_BOS_LAST))
        return TACIT_ERR_MODEL_WRONG;
    TRY(net_open(&net, &config.net));
    float *params = memory_zeroed(net.n_params * sizeof *params);
    enum tacit_status status = params ? TACIT_OK : TACIT_ERR_MEMORY;
    if (params) {
        net_init_params(&net, seed, params);
        status = net_export(made, &net, params, NULL);
    }
    free(params);
    net_close(&net);
    return status;
}
