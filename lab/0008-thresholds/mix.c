/* SPDX-License-Identifier: Apache-2.0
 *
 * What texts cost a model whose tensors come from several models of one shape.
 *
 *     mix MODEL.tmodel... -- TEXT...
 *
 * First prints a line for each matrix: its layer (-1: none), its name, and its bytes in each model. Then for each line of standard input,
 * which has for each matrix, in that order, the number of the model that it comes from, prints the bits a byte of each text.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/open_model.h"
#include "workshop/inspect/tensor_facts.h"
#include "workshop/inspect/text_cost.h"

enum { MODELS_MAX = 64, TEXTS_MAX = 64 };

struct mix {
    const struct lm_model *models[MODELS_MAX];
    struct text_tokens texts[TEXTS_MAX];
    int n_models, n_texts;
    struct lm_model view;
};

static void need(int holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "mix: %s\n", what);
    exit(1);
}

static int is_matrix(const struct mix *m, size_t index)
{
    const struct tensor *t = lm_tensor_at(m->models[0], index);
    return t->n_rows > 0 && t->n_columns > 0;
}

static size_t n_bytes(const struct tensor *t)
{
    struct tensor unused;
    struct arena sizes = {0};
    tensor_lay_out(&unused, t->kind, t->n_rows, t->n_columns, &sizes);
    return sizes.used;
}

static void print_matrices(const struct mix *m)
{
    for (size_t i = 0; i < lm_n_tensors(&m->view.shape); i++) {
        uint32_t layer;
        enum lm_tensor_id id = lm_tensor_id_at(i, &layer);
        if (!is_matrix(m, i))
            continue;
        printf("%d %s", id < LM_N_LAYER_TENSORS ? (int)layer : -1, tensor_facts_name(id));
        for (int k = 0; k < m->n_models; k++)
            printf(" %zu", n_bytes(lm_tensor_at(m->models[k], i)));
        putchar('\n');
    }
    puts("");
    fflush(stdout);
}

/* False: the end. */
static int read_mix(struct mix *m)
{
    for (size_t i = 0; i < lm_n_tensors(&m->view.shape); i++) {
        int k = 0;
        if (is_matrix(m, i) && scanf("%d", &k) != 1)
            return 0;
        need(k >= 0 && k < m->n_models, "no such model");
        *lm_tensor_at(&m->view, i) = *lm_tensor_at(m->models[k], i);
    }
    return 1;
}

static void print_costs(const struct mix *m)
{
    for (int i = 0; i < m->n_texts; i++) {
        double bits;
        need(text_cost(&bits, &m->view, &m->texts[i], 1) == TACIT_OK, "cannot read a text");
        printf("%s%.6f", i ? " " : "", bits / (double)m->texts[i].n_bytes);
    }
    putchar('\n');
    fflush(stdout);
}

int main(int argc, char **argv)
{
    static struct mix m;
    struct model_file *file = NULL;
    int i = 1;
    for (; i < argc && strcmp(argv[i], "--") != 0 && m.n_models < MODELS_MAX; i++) {
        need(model_file_open(&file, argv[i], NULL) == TACIT_OK, argv[i]);
        m.models[m.n_models++] = model_file_lm(file);
    }
    need(m.n_models > 0, "no model");
    for (i++; i < argc && m.n_texts < TEXTS_MAX; i++)
        need(text_tokens_read(&m.texts[m.n_texts++], m.models[0], model_file_tokenizer(file),
                              argv[i], UINT64_MAX) == TACIT_OK,
             argv[i]);
    m.view = *m.models[0];
    m.view.layers = malloc(m.view.shape.n_layers * sizeof *m.view.layers);
    need(m.view.layers != NULL, "no memory");
    print_matrices(&m);
    while (read_mix(&m))
        print_costs(&m);
    return 0;
}
