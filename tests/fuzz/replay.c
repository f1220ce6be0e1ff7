/* SPDX-License-Identifier: Apache-2.0
 *
 * Drives a fuzz target where libFuzzer is not at hand: the files of the folders named on the
 * command line, each as it is and in 24 fixed mutations, or in N with -mutations=N before them.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_MAX = 1 << 16 };

static int n_mutations = 24;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes);

static uint32_t rng(void)
{
    static uint64_t state = 1;
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(state >> 32);
}

/* Exactly as long as the input, so that the sanitizers see every overrun. */
static void run(const uint8_t *data, size_t n_bytes)
{
    uint8_t *copy = calloc(n_bytes ? n_bytes : 1, 1);
    if (!copy)
        abort();
    memcpy(copy, data, n_bytes);
    (void)LLVMFuzzerTestOneInput(copy, n_bytes);
    free(copy);
}

static void mutate_and_run(const uint8_t *data, size_t n_bytes)
{
    static uint8_t changed[FILE_MAX];
    for (int i = 0; i < n_mutations; i++) {
        size_t n = n_bytes;
        memcpy(changed, data, n);
        if (i % 4 == 0)
            n = n ? rng() % n : 0;
        for (uint32_t k = rng() % 4; k > 0 && n > 0; k--)
            changed[rng() % n] ^= (uint8_t)(i % 2 ? 1u << (rng() & 7) : rng());
        run(changed, n);
    }
}

static unsigned long run_folder(const char *folder)
{
    static uint8_t data[FILE_MAX];
    DIR *dir = opendir(folder);
    if (!dir)
        return 0;
    unsigned long n_files = 0;
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        FILE *file = entry->d_name[0] == '.' ? NULL : fopen(path, "rb");
        if (!file)
            continue;
        size_t n = fread(data, 1, sizeof data, file);
        fclose(file);
        run(data, n);
        mutate_and_run(data, n);
        n_files++;
    }
    closedir(dir);
    return n_files;
}

int main(int argc, char **argv)
{
    unsigned long n_files = 0;
    run((const uint8_t *)"", 0);
    for (int i = 1; i < argc; i++)
        if (strncmp(argv[i], "-mutations=", 11) == 0)
            n_mutations = (int)strtol(argv[i] + 11, NULL, 10);
        else
            n_files += run_folder(argv[i]);
    printf("%lu files, each with %d mutations\n", n_files, n_mutations);
    return 0;
}
