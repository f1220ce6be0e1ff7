/* SPDX-License-Identifier: Apache-2.0
 *
 *     records LEVEL MODEL REFERENCE FILE...
 *
 * Compresses each file alone, in memory and on one thread, and restores and compares it. REFERENCE: a
 * file, '-' for none; MODEL: 1 with the linked-in model, 0 without. Prints the number of files, bytes of content,
 * bytes of all archives, and the processor seconds of both directions, without the first file's, which
 * has the models read the reference.
 */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/file_bytes.h"
#include "tacit/buffer.h"
#include "tacit/reference.h"

static double cpu_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void check(enum tacit_status status)
{
    if (status == TACIT_OK)
        return;
    fprintf(stderr, "records: %s\n", tacit_status_message(status));
    exit(1);
}

int main(int argc, char **argv)
{
    struct tacit_options options;
    struct tacit_reference *reference = NULL;
    double encode = 0, decode = 0;
    size_t n_content = 0, n_archives = 0;
    if (argc < 5) {
        fprintf(stderr, "usage: records LEVEL MODEL REFERENCE FILE...\n");
        return 2;
    }
    tacit_options_init(&options);
    options.level = atoi(argv[1]);
    options.no_model = argv[2][0] == '0';
    options.n_threads = 1;
    if (strcmp(argv[3], "-") != 0) {
        struct file_bytes data;
        check(file_bytes_open(&data, argv[3]));
        check(tacit_reference_create(&reference, data.data, data.n_bytes));
        file_bytes_close(&data);
        options.reference = reference;
    }
    for (int i = 4; i < argc; i++) {
        struct file_bytes file;
        check(file_bytes_open(&file, argv[i]));
        size_t n, n_restored, cap = tacit_buffer_bound(file.n_bytes);
        unsigned char *archive = malloc(cap), *restored = malloc(file.n_bytes + 1);
        double start = cpu_seconds();
        check(tacit_buffer_compress(file.data, file.n_bytes, archive, cap, &n, &options));
        double middle = cpu_seconds();
        check(tacit_buffer_decompress(archive, n, restored, file.n_bytes, &n_restored, &options));
        double end = cpu_seconds();
        if (n_restored != file.n_bytes || memcmp(restored, file.data, file.n_bytes) != 0)
            check(TACIT_ERR_CORRUPT);
        encode += i == 4 ? 0 : middle - start;
        decode += i == 4 ? 0 : end - middle;
        n_content += file.n_bytes;
        n_archives += n;
        free(archive);
        free(restored);
        file_bytes_close(&file);
    }
    printf("%d %zu %zu %.6f %.6f\n", argc - 4, n_content, n_archives, encode, decode);
    tacit_reference_destroy(reference);
    return 0;
}
