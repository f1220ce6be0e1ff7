/* SPDX-License-Identifier: Apache-2.0
 *
 * Exact compressed sizes of generated content, class by class and level by level, against
 * results.csv. A commit that changes one changes the file, and says by how much.
 *
 *     test_sizes FILE           compares
 *     test_sizes --write FILE   makes it anew (tools/make_golden.sh)
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "golden/golden_content.h"
#include "tacit/tacit.h"

enum { N_CONTENT = 12000, LINE_MAX_BYTES = 256 };

static size_t compressed_size(enum golden_class kind, int level)
{
    static uint8_t content[N_CONTENT], archive[2 * N_CONTENT];
    struct tacit_options options;
    size_t n_archive;
    tacit_options_init(&options);
    options.level = level;
    options.no_model = 1;
    golden_fill(content, N_CONTENT, kind);
    enum tacit_status status =
        tacit_buffer_compress(content, N_CONTENT, archive, sizeof archive, &n_archive, &options);
    CHECK_MSG(status == TACIT_OK, "%s", tacit_status_name(status));
    return n_archive;
}

static void head_line(char *line, size_t cap)
{
    int n = snprintf(line, cap, "class,bytes");
    for (int level = TACIT_LEVEL_MIN; level <= TACIT_LEVEL_MAX; level++)
        n += snprintf(line + n, cap - (size_t)n, ",-%d", level);
    snprintf(line + n, cap - (size_t)n, "\n");
}

static void size_line(char *line, size_t cap, enum golden_class kind)
{
    int n = snprintf(line, cap, "%s,%d", golden_class_name(kind), N_CONTENT);
    for (int level = TACIT_LEVEL_MIN; level <= TACIT_LEVEL_MAX; level++)
        n += snprintf(line + n, cap - (size_t)n, ",%zu", compressed_size(kind, level));
    snprintf(line + n, cap - (size_t)n, "\n");
}

static void compare(FILE *file, const char *line)
{
    char wanted[LINE_MAX_BYTES] = "";
    bool same = fgets(wanted, sizeof wanted, file) && strcmp(line, wanted) == 0;
    CHECK_MSG(same, "\n  was %s  is  %s", wanted, line);
}

int main(int argc, char **argv)
{
    bool write = argc == 3 && strcmp(argv[1], "--write") == 0;
    FILE *file = argc == 2 || write ? fopen(argv[argc - 1], write ? "w" : "r") : NULL;
    if (!file) {
        fprintf(stderr, "usage: test_sizes [--write] FILE\n");
        return 2;
    }
    for (int kind = -1; kind < GOLDEN_N_CLASSES; kind++) {
        char line[LINE_MAX_BYTES];
        if (kind < 0)
            head_line(line, sizeof line);
        else
            size_line(line, sizeof line, (enum golden_class)kind);
        if (write)
            fputs(line, file);
        else
            compare(file, line);
    }
    CHECK(fclose(file) == 0);
    return check_result();
}
