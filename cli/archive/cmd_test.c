/* SPDX-License-Identifier: Apache-2.0
 *
 * `tacit test`: decompresses to nowhere and verifies every checksum.
 */
#include "cli/archive/job.h"
#include "cli/base/commands.h"

static enum exit_code test_one(struct arguments *arguments, const char *path)
{
    struct output nowhere;
    output_open_nothing(&nowhere, &arguments->console);
    return job_decode_into(arguments, path, &nowhere);
}

enum exit_code command_test(struct arguments *arguments)
{
    return command_each_file(arguments, test_one);
}
