/* SPDX-License-Identifier: Apache-2.0
 *
 * The kinds of KV caches by name: 8, 4, k4v3, 3, k4v2, k3v2, k4v3s.
 */
#ifndef TACIT_CLI_BASE_KV_NAME_H
#define TACIT_CLI_BASE_KV_NAME_H

#include <stdbool.h>

#include "tacit/options.h"

/* take: sets the kind by kv_named. */
#define OPTION_ROW_KV(take, commands)                                                              \
    {                                                                                              \
        "kv", 0, OPTION_TAKE, commands, 0, 0, 0, "8|4|k4v3|3|k4v2|k3v2|k4v3s",                     \
            "is 8, 4, k4v3, 3, k4v2, k3v2 or k4v3s",                                               \
            "with a model: bits of the keys and values of what it\n"                               \
            "looks back on (8); fewer take less memory, more bytes",                               \
            take                                                                                   \
    }

#define OPTION_ROW_KV_KEEP(offset, commands)                                                       \
    {                                                                                              \
        "kv-keep", 0, OPTION_NUMBER, commands, offset, 1, 99, "PERCENT",                           \
            "is a number from 1 to 99",                                                            \
            "with a model: the share of what it looks back on that it\n"                           \
            "keeps, by the attention received",                                                    \
            NULL                                                                                   \
    }

const char *kv_name(enum tacit_kv kv);

/* False: there is no such kind. */
bool kv_named(const char *name, enum tacit_kv *kv);

#endif
