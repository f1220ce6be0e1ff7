/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/eval_windows.h"

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static size_t divide_up(size_t n, size_t by)
{
    return (n + by - 1) / by;
}

/* llama.cpp counts a start token as one of the text's. */
static size_t llama_shift(const struct eval_cut *cut)
{
    return cut->has_first ? 1 : 0;
}

size_t eval_n_windows(const struct eval_cut *cut, size_t n)
{
    size_t w = cut->window;
    if (n == 0)
        return 0;
    switch (cut->convention) {
    case TACIT_EVAL_WINDOWS:
        return n <= w ? 1 : 1 + divide_up(n - w, cut->stride);
    case TACIT_EVAL_ROLLING:
        return 1;
    case TACIT_EVAL_LM_EVAL:
        return divide_up(n, w);
    case TACIT_EVAL_LLAMA_PERPLEXITY:
        return (n + llama_shift(cut)) / w;
    case TACIT_EVAL_HKUST:
        return n < w + 1 ? 0 : (n - (w + 1)) / cut->stride + 1;
    }
    return 0;
}

static struct eval_window sliding(const struct eval_cut *cut, size_t n, size_t i)
{
    size_t w = cut->window;
    size_t score = i == 0 ? 0 : w + (i - 1) * cut->stride;
    size_t end = least(i == 0 ? w : score + cut->stride, n);
    return (struct eval_window){end > w ? end - w : 0, score, end, cut->has_first};
}

static struct eval_window harness(const struct eval_cut *cut, size_t n, size_t i)
{
    size_t w = cut->window, score = i * w, end = least(score + w, n);
    if (i == 0)
        return (struct eval_window){0, 0, end, cut->has_first};
    return (struct eval_window){end - w - 1, score, end, false};
}

static struct eval_window llama(const struct eval_cut *cut, size_t i)
{
    size_t w = cut->window, shift = llama_shift(cut), begin = i * w;
    return (struct eval_window){begin, begin + w / 2 + 1 - shift, begin + w - shift,
                                cut->has_first};
}

static struct eval_window hkust(const struct eval_cut *cut, size_t i)
{
    size_t begin = i * cut->stride, end = begin + cut->window + 1;
    return (struct eval_window){begin, i == 0 ? 1 : end - cut->stride, end, false};
}

struct eval_window eval_window_at(const struct eval_cut *cut, size_t n, size_t i)
{
    struct eval_window window = {0, 0, n, cut->has_first};
    if (cut->convention == TACIT_EVAL_WINDOWS)
        window = sliding(cut, n, i);
    else if (cut->convention == TACIT_EVAL_LM_EVAL)
        window = harness(cut, n, i);
    else if (cut->convention == TACIT_EVAL_LLAMA_PERPLEXITY)
        window = llama(cut, i);
    else if (cut->convention == TACIT_EVAL_HKUST)
        window = hkust(cut, i);
    /* Without a start token nothing predicts a text's first token, so it is not scored. */
    if (!window.has_first && window.score == window.begin)
        window.score++;
    return window;
}

size_t eval_window_positions(const struct eval_cut *cut, size_t n_tokens)
{
    size_t n = cut->convention == TACIT_EVAL_ROLLING ? n_tokens : least(n_tokens, cut->window);
    return n + 1;
}
