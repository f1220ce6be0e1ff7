/* SPDX-License-Identifier: Apache-2.0
 *
 * A recovery's state on disk: what is trained, the optimiser's means, and the position. Written beside the model to
 * come, whole or not at all, with a SHA-256 behind it.
 */
#ifndef TACIT_WORKSHOP_RECOVER_RECOVER_STATE_H
#define TACIT_WORKSHOP_RECOVER_RECOVER_STATE_H

#include "base/sha256.h"
#include "workshop/recover/adapter.h"

struct recover_position {
    uint64_t step, n_tokens;
    double seconds; /* of training so far */
};

/* arguments: a hash of all that the state must agree with. TACIT_ERR_IO (errno): an older state is unchanged. */
enum tacit_status recover_state_write(const char *path, const uint8_t arguments[SHA256_BYTES],
                                      const struct recover_position *at, const struct adapter *a);

/* TACIT_ERR_IO (errno), TACIT_ERR_CORRUPT, TACIT_ERR_ARGUMENT: of other arguments. On failure `at` is unchanged; the adapter
 * may be changed after TACIT_ERR_CORRUPT. */
enum tacit_status recover_state_read(const char *path, const uint8_t arguments[SHA256_BYTES],
                                     struct recover_position *at, struct adapter *a);

#endif
