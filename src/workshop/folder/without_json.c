/* SPDX-License-Identifier: Apache-2.0
 *
 * In place of import_folder.c in a build without libjansson.
 */
#include <stdio.h>

#include "tacit/shrink.h"

enum tacit_status tacit_shrink_import_folder(const char *folder, const char *path,
                                             char why[TACIT_MODEL_REASON_MAX])
{
    (void)folder, (void)path;
    snprintf(why, TACIT_MODEL_REASON_MAX, "this build has no libjansson");
    return TACIT_ERR_UNSUPPORTED;
}
