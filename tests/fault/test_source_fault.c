/* SPDX-License-Identifier: Apache-2.0
 *
 * A source whose reads fail, each in turn: the reader says so; recovery goes around it.
 */
#include <string.h>

#include "check.h"
#include "tacit/tacit.h"
#include "unit/samples.h"

enum { BLOCK = 2000, N_CONTENT = 5 * BLOCK };

static uint8_t content[N_CONTENT], archive[2 * N_CONTENT], restored[N_CONTENT];
static size_t n_archive;
static unsigned n_reads, fail_at;

static enum tacit_status read_at(void *context, uint64_t offset, void *data, size_t n_bytes)
{
    (void)context;
    if (++n_reads == fail_at)
        return TACIT_ERR_IO;
    memcpy(data, archive + offset, n_bytes);
    return TACIT_OK;
}

static enum tacit_status read_all(void)
{
    struct tacit_archive *reader;
    struct tacit_source source = {NULL, n_archive, read_at};
    enum tacit_status status = tacit_archive_open(&reader, &source, NULL);
    if (status == TACIT_OK)
        status = tacit_archive_read(reader, 0, restored, N_CONTENT);
    tacit_archive_close(reader);
    return status;
}

static int take(void *context, enum tacit_recovered what, uint64_t offset, const void *data,
                uint64_t n)
{
    uint64_t *n_taken = context;
    (void)what;
    if (data) {
        *n_taken += n;
        CHECK(offset == UINT64_MAX || memcmp(content + offset, data, n) == 0);
    }
    return 0;
}

int main(void)
{
    struct tacit_options options;
    tacit_options_init(&options);
    options.level = 1;
    options.block_size = BLOCK;
    sample_fill(content, N_CONTENT, SAMPLE_TEXT, 1);
    CHECK(tacit_buffer_compress(content, N_CONTENT, archive, sizeof archive, &n_archive,
                                &options) == TACIT_OK);
    for (fail_at = 1; fail_at <= n_reads + 1; fail_at++) {
        n_reads = 0;
        enum tacit_status status = read_all();
        CHECK_MSG(status == (n_reads < fail_at ? TACIT_OK : TACIT_ERR_IO), "read %u: %s", fail_at,
                  tacit_status_name(status));
    }

    /* Reading blocks again may fail without a loss; a block at most is lost otherwise. */
    n_reads = 0;
    for (fail_at = 1; fail_at <= n_reads + 1; fail_at++) {
        struct tacit_source source = {NULL, n_archive, read_at};
        uint64_t n_taken = 0;
        n_reads = 0;
        tacit_archive_recover(&source, NULL, take, &n_taken);
        CHECK_MSG(n_taken >= N_CONTENT - BLOCK, "read %u: %u bytes", fail_at, (unsigned)n_taken);
    }
    return check_result();
}
