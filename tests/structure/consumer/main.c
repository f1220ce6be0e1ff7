/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include <tacit/tacit.h>

int main(void)
{
    return strcmp(tacit_version(), TACIT_VERSION_STRING) != 0;
}
