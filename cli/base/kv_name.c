/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/base/kv_name.h"

#include <string.h>

static const char *const names[] = {
    [TACIT_KV_8] = "8",        [TACIT_KV_4] = "4", [TACIT_KV_K4V2] = "k4v2",
    [TACIT_KV_K4V3] = "k4v3",  [TACIT_KV_3] = "3", [TACIT_KV_K3V2] = "k3v2",
    [TACIT_KV_K4V3S] = "k4v3s"};

const char *kv_name(enum tacit_kv kv)
{
    return names[kv];
}

bool kv_named(const char *name, enum tacit_kv *kv)
{
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i], name) == 0) {
            *kv = (enum tacit_kv)i;
            return true;
        }
    return false;
}
