/* SPDX-License-Identifier: Apache-2.0
 *
 * The version of the library (tacit/version.h).
 */
#include "tacit/version.h"

const char *tacit_version(void)
{
    return TACIT_VERSION_STRING;
}
