/* SPDX-License-Identifier: Apache-2.0 */
#include "base/reason.h"

#include <stdarg.h>
#include <stdio.h>

void reason_write(struct reason *reason, const char *format, ...)
{
    va_list arguments;
    if (!reason || reason->text[0])
        return;
    va_start(arguments, format);
    vsnprintf(reason->text, sizeof reason->text, format, arguments);
    va_end(arguments);
}
