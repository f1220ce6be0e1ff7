/* SPDX-License-Identifier: Apache-2.0
 *
 * What llama.cpp says that a text costs: the part of llama-perplexity that bench/llama_parity.py needs, by
 * llama.cpp's library alone. Windows of WINDOW tokens, each begun by the start token if the model wants one; the second
 * half of each is scored.
 *
 *     llama_cost MODEL.gguf TEXT WINDOW    prints: tokens scored, bits, the start token or "none"
 */
#include <llama.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void keep_quiet(enum ggml_log_level level, const char *text, void *context)
{
    (void)level, (void)text, (void)context;
}

static char *read_file(const char *path, size_t *n)
{
    FILE *f = fopen(path, "rb");
    if (!f || fseek(f, 0, SEEK_END) != 0)
        exit(1);
    *n = (size_t)ftell(f);
    rewind(f);
    char *data = malloc(*n + 1);
    if (!data || fread(data, 1, *n, f) != *n)
        exit(1);
    fclose(f);
    return data;
}

/* -log2 of the softmax of the token. */
static double cost(const float *logits, int n_vocab, llama_token token)
{
    double top = logits[0], sum = 0;
    for (int i = 1; i < n_vocab; i++)
        top = logits[i] > top ? logits[i] : top;
    for (int i = 0; i < n_vocab; i++)
        sum += exp(logits[i] - top);
    return (log(sum) - (logits[token] - top)) / log(2);
}

static double run_window(struct llama_context *context, const llama_token *tokens, int window,
                         llama_token start)
{
    int n_vocab = llama_vocab_n_tokens(llama_model_get_vocab(llama_get_model(context)));
    struct llama_batch batch = llama_batch_init(window, 0, 1);
    double bits = 0;
    llama_memory_clear(llama_get_memory(context), true);
    batch.n_tokens = window;
    for (int i = 0; i < window; i++) {
        batch.token[i] = i == 0 && start >= 0 ? start : tokens[i];
        batch.pos[i] = i;
        batch.n_seq_id[i] = 1;
        batch.seq_id[i][0] = 0;
        batch.logits[i] = i >= window / 2;
    }
    if (llama_decode(context, batch) != 0)
        exit(1);
    for (int i = window / 2; i < window - 1; i++)
        bits += cost(llama_get_logits_ith(context, i), n_vocab, tokens[i + 1]);
    llama_batch_free(batch);
    return bits;
}

int main(int argc, char **argv)
{
    size_t n_bytes;
    if (argc != 4)
        return 2;
    llama_log_set(keep_quiet, NULL);
    llama_backend_init();
    struct llama_model *model = llama_model_load_from_file(argv[1], llama_model_default_params());
    char *text = read_file(argv[2], &n_bytes);
    int window = atoi(argv[3]), n_scored = 0;
    if (!model || window < 4)
        return 1;
    const struct llama_vocab *vocab = llama_model_get_vocab(model);
    bool has_start = llama_vocab_get_add_bos(vocab);
    llama_token *tokens = malloc((n_bytes + 8) * sizeof *tokens);
    int n = llama_tokenize(vocab, text, (int32_t)n_bytes, tokens, (int32_t)n_bytes + 8, has_start,
                           false);
    struct llama_context_params params = llama_context_default_params();
    params.n_ctx = params.n_batch = params.n_ubatch = (uint32_t)window;
    params.n_threads = params.n_threads_batch = 2;
    struct llama_context *context = llama_init_from_model(model, params);
    double bits = 0;
    llama_token start = has_start ? llama_vocab_bos(vocab) : -1;
    for (int at = 0; context && at + window <= n; at += window, n_scored += window - 1 - window / 2)
        bits += run_window(context, tokens + at, window, start);
    printf("%d %.3f ", n_scored, bits);
    printf(has_start ? "%d\n" : "none\n", (int)start);
    return context ? 0 : 1;
}
