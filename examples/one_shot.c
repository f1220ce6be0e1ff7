/* SPDX-License-Identifier: Apache-2.0
 *
 * Compresses a buffer in memory and restores it: one_shot FILE prints both sizes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tacit/tacit.h>

static void *read_file(const char *path, size_t *n_bytes)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return NULL;
    char *data = NULL;
    *n_bytes = 0;
    for (;;) {
        char *more = realloc(data, *n_bytes + 65536);
        if (!more)
            break;
        data = more;
        size_t n = fread(data + *n_bytes, 1, 65536, file);
        *n_bytes += n;
        if (n == 0)
            break;
    }
    fclose(file);
    return data;
}

static enum tacit_status round_trip(const void *content, size_t n_content)
{
    size_t cap = tacit_buffer_bound(n_content), n_archive = 0, n_restored = 0;
    void *archive = malloc(cap);
    void *restored = malloc(n_content + 1); /* malloc(0) may be NULL */
    enum tacit_status status = TACIT_ERR_MEMORY;
    if (archive && restored)
        status = tacit_buffer_compress(content, n_content, archive, cap, &n_archive, NULL);
    if (status == TACIT_OK)
        status =
            tacit_buffer_decompress(archive, n_archive, restored, n_content, &n_restored, NULL);
    if (status == TACIT_OK) {
        printf("%zu bytes became %zu\n", n_content, n_archive);
        if (n_restored != n_content || memcmp(content, restored, n_content) != 0)
            status = TACIT_ERR_CORRUPT;
    }
    free(restored);
    free(archive);
    return status;
}

int main(int argc, char **argv)
{
    size_t n_content;
    void *content = argc == 2 ? read_file(argv[1], &n_content) : NULL;
    if (!content) {
        fprintf(stderr, "usage: one_shot FILE\n");
        return 2;
    }
    enum tacit_status status = round_trip(content, n_content);
    free(content);
    if (status != TACIT_OK)
        fprintf(stderr, "one_shot: %s\n", tacit_status_message(status));
    return status != TACIT_OK;
}
