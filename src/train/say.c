/* SPDX-License-Identifier: Apache-2.0 */
#include "train/say.h"

#include <stdarg.h>
#include <stdio.h>

void say(const struct tacit_train_sink *sink, const char *format, ...)
{
    if (!sink || !sink->say)
        return;
    char line[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    sink->say(sink->context, line);
}
