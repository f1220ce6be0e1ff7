/* SPDX-License-Identifier: Apache-2.0
 *
 * The README's twelve lines: a buffer becomes an archive in memory.
 */
#include <stdio.h>
#include <tacit/tacit.h>

int main(void)
{
    static const char text[] = "What two sides both already know need not be said.";
    static unsigned char archive[4096]; /* tacit_buffer_bound tells how much is enough */
    size_t n = 0;
    int status = tacit_buffer_compress(text, sizeof text, archive, sizeof archive, &n, NULL);
    printf("%zu bytes became %zu: %s\n", sizeof text, n, tacit_status_message(status));
    return status != TACIT_OK;
}
