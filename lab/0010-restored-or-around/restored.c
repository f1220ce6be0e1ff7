/* SPDX-License-Identifier: Apache-2.0
 *
 * How near the matrices of a recovered model are to those of the original, for each layer and for all.
 *
 *     restored ORIGINAL.tmodel DAMAGED.tmodel RECOVERED.tmodel TEXT
 *
 * For W, D and R, the matrices of the three: |D - W| / |W|, |R - W| / |W|, the cosine of R - D with W - D; the same two distances of their
 * products with the original's inputs while it reads the text; and of the weights that are 0 in D only, R's regression on W.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "model/open_model.h"
#include "workshop/shrink/calibration.h"

struct sums {
    double w, d, r;      /* |W|^2, |D - W|^2, |R - W|^2 */
    double moved, along; /* |R - D|^2, (R - D)(W - D) */
    double wx, dx, rx;   /* of products */
    double gone, back;   /* of weights that are 0 in D: W^2, R W */
};

static void need(int holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "restored: %s\n", what);
    exit(1);
}

/* v H v^T. */
static double weigh(const float *v, const float *h, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        float line = 0;
        for (size_t j = 0; j < n; j++)
            line += h[i * n + j] * v[j];
        sum += (double)v[i] * (double)line;
    }
    return sum;
}

static void add_row(struct sums *s, float *w, float *d, float *r, const float *h, size_t n)
{
    s->wx += weigh(w, h, n);
    for (size_t i = 0; i < n; i++) {
        const double to_w = (double)w[i] - (double)d[i], to_r = (double)r[i] - (double)d[i];
        if (d[i] == 0) {
            s->gone += (double)w[i] * (double)w[i];
            s->back += (double)w[i] * (double)r[i];
        }
        s->w += (double)w[i] * (double)w[i];
        s->d += to_w * to_w;
        s->moved += to_r * to_r;
        s->along += to_w * to_r;
        d[i] -= w[i];
        r[i] -= w[i];
        s->r += (double)r[i] * (double)r[i];
    }
    s->dx += weigh(d, h, n);
    s->rx += weigh(r, h, n);
}

static void add_sums(struct sums *to, const struct sums *from)
{
    to->w += from->w, to->d += from->d, to->r += from->r;
    to->moved += from->moved, to->along += from->along;
    to->wx += from->wx, to->dx += from->dx, to->rx += from->rx;
    to->gone += from->gone, to->back += from->back;
}

static void print_sums(const char *name, const struct sums *s)
{
    printf("| %s | %.3f | %.3f | %+.3f | %.3f | %.3f | %+.3f |\n", name, sqrt(s->d / s->w),
           sqrt(s->r / s->w), s->along / sqrt(s->d * s->moved + 1e-30), sqrt(s->dx / s->wx),
           sqrt(s->rx / s->wx), s->back / (s->gone + 1e-30));
}

int main(int argc, char **argv)
{
    const struct lm_model *models[3];
    struct model_file *files[3];
    struct calibration calibration;
    struct sums all = {.w = 0};
    static float rows[3][1 << 16];
    need(argc == 5, "ORIGINAL DAMAGED RECOVERED TEXT");
    for (int k = 0; k < 3; k++) {
        need(model_file_open(&files[k], argv[k + 1], NULL) == TACIT_OK, argv[k + 1]);
        models[k] = model_file_lm(files[k]);
    }
    const char *text = argv[4];
    need(calibration_run(&calibration, models[0], model_file_tokenizer(files[0]), &text, 1) ==
             TACIT_OK,
         text);
    puts("| layer | damaged | recovered | way back | its products | recovered | what was 0 |");
    puts("|-|-:|-:|-:|-:|-:|-:|");
    for (uint32_t layer = 0; layer < models[0]->shape.n_layers; layer++) {
        struct sums sums = {.w = 0};
        for (int id = 0; id < LM_N_LAYER_TENSORS; id++) {
            const size_t index = lm_tensor_index((enum lm_tensor_id)id, layer);
            const struct tensor *t = lm_tensor_at(models[0], index);
            for (size_t row = 0; row < t->n_rows; row++) {
                for (int k = 0; k < 3; k++)
                    tensor_row(lm_tensor_at(models[k], index), row, rows[k]);
                add_row(&sums, rows[0], rows[1], rows[2], calibration.products[index],
                        t->n_columns);
            }
        }
        char name[16];
        snprintf(name, sizeof name, "%u", (unsigned)layer);
        print_sums(name, &sums);
        add_sums(&all, &sums);
    }
    print_sums("all", &all);
    return 0;
}
