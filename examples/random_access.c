/* SPDX-License-Identifier: Apache-2.0
 *
 * Lists an archive's blocks, or writes a range of its content, decoding only the blocks it lies in:
 *     random_access book.tct
 *     random_access book.tct 1000000 80
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <tacit/tacit.h>

static enum tacit_status read_at(void *context, uint64_t offset, void *data, size_t n_bytes)
{
    FILE *file = context;
    if (fseeko(file, (off_t)offset, SEEK_SET) != 0 || fread(data, 1, n_bytes, file) != n_bytes)
        return TACIT_ERR_IO;
    return TACIT_OK;
}

static enum tacit_status list(const struct tacit_archive *archive)
{
    struct tacit_archive_info info = {.struct_size = sizeof info};
    enum tacit_status status = tacit_archive_get_info(archive, &info);
    for (uint64_t i = 0; status == TACIT_OK && i < info.n_blocks; i++) {
        struct tacit_block_info block = {.struct_size = sizeof block};
        status = tacit_archive_get_block(archive, i, &block);
        printf("%" PRIu64 ": content %" PRIu64 " + %" PRIu64 ", archive %" PRIu64 " + %" PRIu64
               ", %s\n",
               i, block.content_offset, block.content_size, block.archive_offset,
               block.archive_size, tacit_method_name(block.method));
    }
    return status;
}

static enum tacit_status write_range(struct tacit_archive *archive, uint64_t offset, uint64_t n)
{
    char data[4096];
    while (n > 0) {
        size_t n_part = n < sizeof data ? (size_t)n : sizeof data;
        enum tacit_status status = tacit_archive_read(archive, offset, data, n_part);
        if (status != TACIT_OK)
            return status;
        fwrite(data, 1, n_part, stdout);
        offset += n_part;
        n -= n_part;
    }
    return TACIT_OK;
}

int main(int argc, char **argv)
{
    FILE *file = argc == 2 || argc == 4 ? fopen(argv[1], "rb") : NULL;
    if (!file || fseeko(file, 0, SEEK_END) != 0) {
        fprintf(stderr, "usage: random_access ARCHIVE [OFFSET LENGTH]\n");
        return 2;
    }
    struct tacit_source source = {file, (uint64_t)ftello(file), read_at};
    struct tacit_archive *archive;
    enum tacit_status status = tacit_archive_open(&archive, &source, NULL);
    if (status == TACIT_OK && argc == 2)
        status = list(archive);
    else if (status == TACIT_OK)
        status = write_range(archive, strtoull(argv[2], NULL, 10), strtoull(argv[3], NULL, 10));
    tacit_archive_close(archive);
    fclose(file);
    if (status != TACIT_OK)
        fprintf(stderr, "random_access: %s\n", tacit_status_message(status));
    return status != TACIT_OK;
}
