/* SPDX-License-Identifier: Apache-2.0
 *
 * TRY(call) forwards a failing status to the caller; use it where nothing is left to release.
 */
#ifndef TACIT_BASE_TRY_H
#define TACIT_BASE_TRY_H

#include "tacit/status.h"

#define TRY(call)                                                                                  \
    do {                                                                                           \
        enum tacit_status try_status_ = (call);                                                    \
        if (try_status_ != TACIT_OK)                                                               \
            return try_status_;                                                                    \
    } while (0)

#endif
