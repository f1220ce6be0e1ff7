/* SPDX-License-Identifier: Apache-2.0
 *
 * The trainer's parts: the two matrix products agree, the vocabulary gives any bytes back,
 * evaluation text is cut out, the corpus is a function of its seed and position, a run that was
 * stopped and taken up again ends with the same weights as one that was not, and weights survive
 * their file.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file_replace.h"
#include "check.h"
#include "workshop/net/random.h"
#include "workshop/text/clean.h"
#include "workshop/train/files.h"
#include "workshop/train/trainer.h"

static char folder[] = "/tmp/test_train_XXXXXX";

static const char *path_of(const char *name)
{
    static char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void test_products(void)
{
    struct matmul fast, exact;
    CHECK(matmul_open(&fast, false) == TACIT_OK);
    CHECK(matmul_open(&exact, true) == TACIT_OK);
    enum { M = 300, N = 275, K = 421 };
    float *a = malloc(sizeof *a * M * K), *b = malloc(sizeof *b * N * K);
    float *c = calloc(M * N, sizeof *c), *d = calloc(M * N, sizeof *d);
    struct random random = {5};
    for (size_t i = 0; i < M * K; i++)
        a[i] = random_normal(&random);
    for (size_t i = 0; i < N * K; i++)
        b[i] = random_normal(&random);
    for (int order = 0; order < 8; order++) {
        const bool ta = order & 1, tb = order & 2, add = order & 4;
        const struct operand left = {a, ta ? M : K, ta}, right = {b, tb ? K : N, tb};
        for (size_t i = 0; i < M * N; i++)
            c[i] = d[i] = 1;
        matmul_run(&fast, matrix(c, M, N, N), left, right, K, add);
        matmul_run(&exact, matrix(d, M, N, N), left, right, K, add);
        double worst = 0;
        for (size_t i = 0; i < M * N; i++)
            worst = fmax(worst, fabs((double)c[i] - (double)d[i]));
        /* In bf16 each factor is off by 2^-8 at most, an element's 421 products by about 0.05 together (root mean
         * square): of 82,500 elements none is off by seven times that. */
        CHECK_MSG(worst < (fast.bf16.blocks ? 0.35 : 0.001), "order %d: %g", order, worst);
        CHECK(fabsf(d[0]) > 0);
    }
    free(a);
    free(b);
    free(c);
    free(d);
    matmul_close(&fast);
    matmul_close(&exact);
}

/* Text with enough repetition to make tokens of. */
static size_t make_text(uint8_t *text, size_t cap, uint64_t seed)
{
    static const char *const WORDS[] = {
        "the", " and", "he said", "(x1)", "\n\n    return", "1871", " \xC3\xA9t\xC3\xA9",
        "\t",  ". ",   "foo_bar", "    "};
    struct random random = {seed};
    size_t n = 0;
    while (n + 32 < cap) {
        const uint64_t pick = random_next(&random);
        if (pick % 16 == 15) {
            text[n++] = (uint8_t)(1 + (pick >> 32) % 255);
            continue;
        }
        const char *word = WORDS[pick % 11];
        memcpy(text + n, word, strlen(word));
        n += strlen(word);
    }
    return n;
}

static bool decodes_to(const struct vocab *v, const uint16_t *ids, size_t n_ids,
                       const uint8_t *text, size_t n)
{
    size_t at = 0;
    for (size_t i = 0; i < n_ids; i++) {
        const struct vocab_token *t = &v->tokens[ids[i]];
        if (!t->n_bytes || n - at < t->n_bytes || memcmp(text + at, t->bytes, t->n_bytes) != 0)
            return false;
        at += t->n_bytes;
    }
    return at == n;
}

static void test_vocab(struct vocab *made)
{
    enum { N = 60000 };
    static uint8_t text[N];
    static uint16_t ids[N];
    const size_t n = make_text(text, N, 1);
    const uint8_t *const texts[1] = {text};
    CHECK(vocab_train(made, 320, 1, texts, &n, 2) == TACIT_OK);
    CHECK(vocab_write(made, path_of("vocab.bin")) == TACIT_OK);
    struct vocab v;
    CHECK(vocab_read(&v, path_of("vocab.bin")) == TACIT_OK);
    size_t n_ids;
    CHECK(vocab_encode(&v, text, n, ids, &n_ids) == TACIT_OK);
    CHECK_MSG(n_ids < n * 2 / 3, "%zu bytes, %zu tokens", n, n_ids);
    CHECK(decodes_to(&v, ids, n_ids, text, n));
    struct random random = {9};
    for (size_t length = 0; length < 400; length++) {
        for (size_t i = 0; i < length; i++)
            text[i] = length % 3 ? (uint8_t)random_next(&random)
                                 : (uint8_t) "a .1\n\xC3"[random_next(&random) % 6];
        CHECK(vocab_encode(&v, text, length, ids, &n_ids) == TACIT_OK);
        CHECK_MSG(decodes_to(&v, ids, n_ids, text, length), "length %zu", length);
    }
    uint8_t *data;
    size_t n_bytes;
    CHECK(vocab_save(made, &data, &n_bytes) == TACIT_OK);
    struct vocab cut;
    for (size_t i = 0; i < n_bytes; i += 7)
        CHECK(vocab_load(&cut, data, i) == TACIT_ERR_MODEL_DAMAGED);
    free(data);
    vocab_close(&v);
}

static void test_clean(void)
{
    static const char SECRET[] =
        "It was the best of times, it was the worst of times, it was the age "
        "of wisdom, it was the age of foolishness, it was the epoch of belief";
    char text[1024];
    struct shingles set;
    CHECK(shingles_open(&set) == TACIT_OK);
    CHECK(shingles_add(&set, (const uint8_t *)SECRET, sizeof SECRET - 1) == TACIT_OK);
    CHECK(set.n > 0);
    snprintf(text, sizeof text, "kept before\n> %s <\nkept after\n", SECRET);
    size_t n = shingles_cut(&set, (uint8_t *)text, strlen(text));
    CHECK_MSG(n == 24 && !memcmp(text, "kept before\n\0kept after\n", n), "%zu bytes left", n);
    snprintf(text, sizeof text, "It was the best of times, it was the worst of times, indeed\n");
    n = strlen(text);
    snprintf(text + n, sizeof text - n,
             "and nothing else in this text is known to the set at all\n");
    CHECK(shingles_cut(&set, (uint8_t *)text + n, strlen(text + n)) == strlen(text + n));
    shingles_close(&set);
}

static void write_shard(const char *name, struct vocab *vocab, uint64_t seed)
{
    enum { N = 20000 };
    static uint8_t text[N];
    static uint16_t ids[N + 1];
    ids[0] = (uint16_t)(vocab->n_tokens - 1);
    size_t n;
    CHECK(vocab_encode(vocab, text, make_text(text, N, seed), ids + 1, &n) == TACIT_OK);
    CHECK(file_replace_all(path_of(name), ids, (n + 1) * sizeof *ids) == TACIT_OK);
}

static struct config tiny_config(const struct vocab *vocab)
{
    struct config c = {.n_threads = 1,
                       .seed = 11,
                       .batch_seqs = 4,
                       .n_steps = 40,
                       .decay_start = 20,
                       .warmup = 2,
                       .rewarm = 2,
                       .lr_matrix = 0.02f,
                       .lr_table = 0.01f,
                       .lr_vector = 0.01f,
                       .momentum = 0.9f,
                       .weight_decay = 0.01f,
                       .clip = 1,
                       .ema = 0.9f,
                       .n_mix = 2,
                       .mix = {{"a", 3}, {"b", 1}},
                       .net = {.n_vocab = vocab->n_tokens,
                               .width = 16,
                               .n_layers = 3,
                               .n_heads = 2,
                               .head_size = 8,
                               .mlp_size = 32,
                               .n_rotary = 4,
                               .seq_len = 32,
                               .window_short = 8,
                               .window_long = 24,
                               .hash_rows = 64,
                               .hash_size = 4,
                               .logit_cap = 15}};
    snprintf(c.data_dir, sizeof c.data_dir, "%s", folder);
    return c;
}

static void advance(struct trainer *t, int n_steps)
{
    for (int i = 0; i < n_steps; i++)
        CHECK(trainer_step(t) == TACIT_OK);
}

static void test_resume(struct vocab *vocab)
{
    write_shard("a.train", vocab, 2);
    write_shard("b.train", vocab, 3);
    const struct config config = tiny_config(vocab);
    struct trainer whole, part;
    CHECK(trainer_open(&whole, &config, true) == TACIT_OK);
    CHECK(trainer_open_corpus(&whole) == TACIT_OK);
    advance(&whole, 1);
    const double first_loss = whole.loss;
    advance(&whole, 9);
    CHECK(checkpoint_write_state(path_of("state"), &whole.net, &whole.at, &whole.arrays) ==
          TACIT_OK);
    CHECK(checkpoint_write_weights(path_of("weights"), &whole.net, vocab, &whole.at,
                                   whole.arrays.params) == TACIT_OK);
    float *then = malloc(whole.net.n_params * sizeof *then);
    memcpy(then, whole.arrays.params, whole.net.n_params * sizeof *then);
    advance(&whole, 15);
    CHECK_MSG(whole.loss < first_loss - 0.5, "from %g to %g", first_loss, whole.loss);

    CHECK(trainer_open(&part, &config, true) == TACIT_OK);
    CHECK(checkpoint_read_state(path_of("state"), &part.net, &part.at, &part.arrays) == TACIT_OK);
    CHECK(part.at.step == 10 && part.at.sequences == 40);
    CHECK(trainer_open_corpus(&part) == TACIT_OK);
    advance(&part, 15);
    CHECK(!memcmp(part.arrays.params, whole.arrays.params, whole.net.n_params * sizeof *then));
    CHECK(!memcmp(part.arrays.ema, whole.arrays.ema, whole.net.n_params * sizeof *then));

    struct net_config shape;
    struct vocab read;
    struct train_position at;
    CHECK(checkpoint_read_weights_head(path_of("weights"), &shape, &read, &at) == TACIT_OK);
    CHECK(read.n_tokens == vocab->n_tokens && at.step == 10 && shape.width == 16);
    CHECK(checkpoint_read_weights(path_of("weights"), &part.net, part.arrays.params) == TACIT_OK);
    for (size_t i = 0; i < part.net.n_params; i++)
        CHECK(fabsf(part.arrays.params[i] - then[i]) <= fabsf(then[i]) / 256);
    truncate(path_of("weights"), 1000);
    CHECK(checkpoint_read_weights(path_of("weights"), &part.net, then) == TACIT_ERR_MODEL_DAMAGED);
    free(then);
    vocab_close(&read);
    trainer_close(&whole);
    trainer_close(&part);
}

/* Muon's update of any gradient is near orthogonal: its rows have lengths near the learning rate.
 */
static void test_muon(void)
{
    struct config config = {.net = {.n_vocab = 8,
                                    .width = 24,
                                    .n_layers = 1,
                                    .n_heads = 1,
                                    .head_size = 8,
                                    .mlp_size = 40,
                                    .seq_len = 8,
                                    .window_short = 8,
                                    .window_long = 8,
                                    .hash_rows = 2,
                                    .hash_size = 2,
                                    .logit_cap = 5}};
    struct net net;
    struct optim_work work;
    CHECK(net_open(&net, &config.net) == TACIT_OK);
    CHECK(optim_work_open(&work, &net, true) == TACIT_OK);
    float *arrays = calloc(4 * net.n_params, sizeof *arrays), *grad = arrays + net.n_params;
    struct random random = {3};
    for (size_t i = 0; i < net.n_params; i++)
        grad[i] = random_normal(&random);
    const struct optim_step step = {.lr_matrix = 1, .momentum = 0.9f, .clip_scale = 1};
    for (size_t p = 0; p < net.n_table; p++) {
        const struct net_param *param = &net.table[p];
        optim_update(&work, param, &step, arrays, grad, grad + net.n_params,
                     grad + 2 * net.n_params);
        if (param->kind != NET_MATRIX || param->n_rows > param->n_cols)
            continue;
        for (size_t i = 0; i < param->n_rows; i++) {
            double length = 0;
            for (size_t j = 0; j < param->n_cols; j++) {
                const double x = (double)arrays[param->offset + i * param->n_cols + j];
                length += x * x;
            }
            CHECK_MSG(length > 0.3 && length < 1.7, "%s row %zu: %g", param->name, i, length);
        }
    }
    free(arrays);
    optim_work_close(&work);
    net_close(&net);
}

static void remove_folder(void)
{
    static const char *const NAMES[] = {"vocab.bin", "a.train", "b.train", "state", "weights"};
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++)
        remove(path_of(NAMES[i]));
    rmdir(folder);
}

int main(void)
{
    struct vocab vocab;
    if (!mkdtemp(folder))
        return 1;
    test_products();
    test_vocab(&vocab);
    test_clean();
    test_resume(&vocab);
    test_muon();
    vocab_close(&vocab);
    remove_folder();
    return check_result();
}
