/* SPDX-License-Identifier: Apache-2.0
 *
 * What the context models make of files: coded size (the sum of the bits' costs, which the coder
 * meets to within a few bytes) and user time.
 *
 *     context_mixer_bench [-s lean|quick|strong] [-m MEMORY_LOG2] [-n MAX_BYTES] FILE...
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cpu.h"
#include "content/content.h"
#include "predict/context_mixer.h"

static uint8_t *read_file(const char *path, size_t max, size_t *n)
{
    FILE *f = fopen(path, "rb");
    if (f == NULL || fseek(f, 0, SEEK_END) != 0) {
        perror(path);
        exit(1);
    }
    long size = ftell(f);
    rewind(f);
    uint8_t *data = malloc((size_t)size + 1);
    *n = fread(data, 1, (size_t)size < max ? (size_t)size : max, f);
    fclose(f);
    return data;
}

enum { SEGMENTS_MAX = 4096 };

static double code(struct context_config config, const uint8_t *data, size_t n)
{
    static struct content_segment segments[SEGMENTS_MAX];
    struct kernels kernels;
    struct context_mixer *cm;
    double cost = 0;
    size_t n_segments = content_split(data, n, segments, SEGMENTS_MAX);
    config.content_set = 0;
    for (size_t s = 0; s < n_segments; s++)
        config.content_set |= CONTENT_BIT(segments[s].content.type);
    kernels_select(&kernels, cpu_features());
    if (context_mixer_create(&cm, &config, &kernels) != TACIT_OK) {
        fprintf(stderr, "cannot create the predictor\n");
        exit(1);
    }
    for (size_t s = 0, i = 0; s < n_segments; s++) {
        context_mixer_set_content(cm, &segments[s].content);
        context_mixer_expect(cm, segments[s].n_bytes);
        for (size_t end = i + segments[s].n_bytes; i < end; i++)
            for (int b = 7; b >= 0; b--) {
                int bit = data[i] >> b & 1;
                double p = context_mixer_predict(cm) / 4294967296.0;
                cost -= log2(bit ? p : 1 - p);
                context_mixer_update(cm, bit);
            }
    }
    context_mixer_destroy(cm);
    return cost / 8;
}

static enum context_strength strength_named(const char *name)
{
    return strcmp(name, "lean") == 0    ? CONTEXT_LEAN
           : strcmp(name, "quick") == 0 ? CONTEXT_QUICK
                                        : CONTEXT_STRONG;
}

int main(int argc, char **argv)
{
    struct context_config config = {.strength = CONTEXT_STRONG};
    unsigned memory_log2 = 0;
    size_t max = SIZE_MAX;
    int i = 1;
    for (; i + 1 < argc && argv[i][0] == '-'; i += 2) {
        if (argv[i][1] == 's')
            config.strength = strength_named(argv[i + 1]);
        else if (argv[i][1] == 'm')
            memory_log2 = (unsigned)atoi(argv[i + 1]);
        else if (argv[i][1] == 'n')
            max = strtoull(argv[i + 1], NULL, 10);
    }
    double total = 0, total_s = 0;
    size_t total_n = 0;
    for (; i < argc; i++) {
        size_t n;
        uint8_t *data = read_file(argv[i], max, &n);
        config.memory_log2 =
            memory_log2 ? memory_log2 : context_memory_log2_for(config.strength, n);
        clock_t start = clock();
        double size = code(config, data, n), s = (double)(clock() - start) / CLOCKS_PER_SEC;
        printf("%-60s %8zu %10.0f %6.3f bpb %6.2f s %6.0f ns/B\n", argv[i], n, size,
               size * 8 / (double)n, s, s * 1e9 / (double)n);
        fflush(stdout);
        total += size, total_n += n, total_s += s;
        free(data);
    }
    printf("%-60s %8zu %10.0f %6.3f bpb %6.2f s %6.0f ns/B\n", "total", total_n, total,
           total * 8 / (double)total_n, total_s, total_s * 1e9 / (double)total_n);
    return 0;
}
