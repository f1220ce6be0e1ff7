/* SPDX-License-Identifier: Apache-2.0 */
#include "base/reason.h"

#include <stdarg.h>
#include <stdio.h>

enum tacit_status reason_give(struct reason *reason, enum tacit_status status, const char *format,
                              ...)
{
    va_list arguments;
    if (!reason || reason->text[0])
        return status;
    va_start(arguments, format);
    vsnprintf(reason->text, sizeof reason->text, format, arguments);
    va_end(arguments);
    return status;
}
