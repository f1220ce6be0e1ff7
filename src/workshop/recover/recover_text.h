/* SPDX-License-Identifier: Apache-2.0
 *
 * The text of a recovery, in windows that begin with the model's start token: most are learned, some are held out.
 */
#ifndef TACIT_WORKSHOP_RECOVER_RECOVER_TEXT_H
#define TACIT_WORKSHOP_RECOVER_RECOVER_TEXT_H

#include "base/sha256.h"
#include "workshop/inspect/text_cost.h"

struct recover_text {
    uint32_t *tokens; /* [n_windows][window]: learned; the rest of a window is left out */
    size_t n_windows, window;
    struct text_tokens held;
    uint8_t hash[SHA256_BYTES]; /* of all windows, in order */
};

/* TACIT_ERR_IO (errno; *bad is the file), TACIT_ERR_CONTENT_LIMIT: fewer than two windows; TACIT_ERR_MEMORY. On failure there is
 * nothing to close. */
enum tacit_status recover_text_read(struct recover_text *text, const struct lm_model *model,
                                    const struct tokenizer *tokenizer, size_t window,
                                    const char *const *paths, size_t n_paths, const char **bad);
void recover_text_close(struct recover_text *text);

#endif
