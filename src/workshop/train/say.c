/* SPDX-License-Identifier: Apache-2.0 */
#include "workshop/train/say.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

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

enum tacit_status file_said(enum tacit_status status, const char *path,
                            const struct tacit_train_sink *sink)
{
    if (status != TACIT_OK)
        say(sink, "%s: %s", path,
            status == TACIT_ERR_IO && errno ? strerror(errno) : tacit_status_message(status));
    return status;
}

enum tacit_status config_read_said(struct config *config, const char *path,
                                   const struct tacit_train_sink *sink)
{
    int bad_line;
    const enum tacit_status status = config_read(config, path, &bad_line);
    if (!bad_line)
        return file_said(status, path, sink);
    say(sink, "%s:%d: not a known key with a value", path, bad_line);
    return status;
}
