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

enum tacit_status config_read_said(struct config *config, const char *path,
                                   const struct tacit_train_sink *sink)
{
    int bad_line;
    const enum tacit_status status = config_read(config, path, &bad_line);
    if (bad_line)
        say(sink, "%s:%d: not a known key with a value", path, bad_line);
    else if (status != TACIT_OK)
        say(sink, "%s: cannot be used: %s", path, tacit_status_message(status));
    return status;
}
