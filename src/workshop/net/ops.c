/* SPDX-License-Identifier: Apache-2.0 */
#include "workshop/net/ops.h"

#include <math.h>
#include <string.h>

/* The compiler makes a copy of each function for each of these CPUs; the program chooses one when
 * it starts. */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) &&                             \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define CLONES
#endif

/* exp as 2^n times a polynomial, so that loops around it vectorise; relative error below 3e-7. */
static inline __attribute__((always_inline)) float fast_exp(float x)
{
    x = x < -87.0f ? -87.0f : x > 88.0f ? 88.0f : x;
    const float t = x * 1.44269504f;
    const int32_t n = (int32_t)(t + (t < 0 ? -0.5f : 0.5f));
    const float f = (x - (float)n * 0.693359375f) + (float)n * 2.12194440e-4f;
    float p = 1.9875691500e-4f;
    p = p * f + 1.3981999507e-3f;
    p = p * f + 8.3334519073e-3f;
    p = p * f + 4.1665795894e-2f;
    p = p * f + 1.6666665459e-1f;
    p = p * f + 5.0000001201e-1f;
    p = p * f * f + f + 1.0f;
    union {
        int32_t i;
        float f;
    } power = {.i = (n + 127) << 23};
    return p * power.f;
}

CLONES void op_norm(struct matrix y, float *r, struct matrix x, float epsilon)
{
    const size_t n = x.n_cols;
    for (size_t t = 0; t < x.n_rows; t++) {
        const float *xt = x.data + t * x.stride;
        float *yt = y.data + t * y.stride, sum = 0;
        for (size_t i = 0; i < n; i++)
            sum += xt[i] * xt[i];
        const float inv = 1.0f / sqrtf(sum / (float)n + epsilon);
        for (size_t i = 0; i < n; i++)
            yt[i] = xt[i] * inv;
        r[t] = inv;
    }
}

CLONES void op_norm_back(struct matrix dx, struct matrix dy, struct matrix y, const float *r)
{
    const size_t n = y.n_cols;
    for (size_t t = 0; t < y.n_rows; t++) {
        const float *dyt = dy.data + t * dy.stride, *yt = y.data + t * y.stride;
        float *dxt = dx.data + t * dx.stride, sum = 0;
        for (size_t i = 0; i < n; i++)
            sum += dyt[i] * yt[i];
        const float mean = sum / (float)n, inv = r[t];
        for (size_t i = 0; i < n; i++)
            dxt[i] += inv * (dyt[i] - yt[i] * mean);
    }
}

CLONES void op_relu2(struct matrix h, struct matrix u)
{
    const size_t n = u.n_cols;
    for (size_t t = 0; t < u.n_rows; t++) {
        float *ht = h.data + t * h.stride, *ut = u.data + t * u.stride;
        for (size_t i = 0; i < n; i++) {
            const float x = ut[i] > 0 ? ut[i] : 0;
            ut[i] = x;
            ht[i] = x * x;
        }
    }
}

CLONES void op_relu2_back(struct matrix dh, struct matrix h, struct matrix u)
{
    const size_t n = u.n_cols;
    for (size_t t = 0; t < u.n_rows; t++) {
        float *dht = dh.data + t * dh.stride, *ht = h.data + t * h.stride;
        const float *ut = u.data + t * u.stride;
        for (size_t i = 0; i < n; i++) {
            dht[i] *= 2 * ut[i];
            ht[i] = ut[i] * ut[i];
        }
    }
}

CLONES void op_swiglu(struct matrix h, struct matrix u)
{
    const size_t n = h.n_cols;
    for (size_t t = 0; t < h.n_rows; t++) {
        float *ht = h.data + t * h.stride;
        const float *gate = u.data + t * u.stride, *up = gate + n;
        for (size_t i = 0; i < n; i++)
            ht[i] = gate[i] / (1.0f + fast_exp(-gate[i])) * up[i];
    }
}

CLONES void op_swiglu_back(struct matrix du, struct matrix h, struct matrix u)
{
    const size_t n = h.n_cols;
    for (size_t t = 0; t < h.n_rows; t++) {
        float *ht = h.data + t * h.stride, *dt = du.data + t * du.stride, *d_up = dt + n;
        const float *gate = u.data + t * u.stride, *up = gate + n;
        for (size_t i = 0; i < n; i++) {
            const float s = 1.0f / (1.0f + fast_exp(-gate[i])), silu = gate[i] * s, dh = dt[i];
            ht[i] = silu * up[i];
            d_up[i] = dh * silu;
            dt[i] = dh * up[i] * (s + silu * (1.0f - s));
        }
    }
}

void op_rotate(float *head, const float *table, size_t position, size_t n_rot, float sign)
{
    const size_t half = n_rot / 2;
    const float *cosine = table + position * n_rot, *sine = cosine + half;
    for (size_t i = 0; i < half; i++) {
        const float a = head[i], b = head[i + half], s = sign * sine[i];
        head[i] = a * cosine[i] - b * s;
        head[i + half] = a * s + b * cosine[i];
    }
}

CLONES void op_add(float *y, const float *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        y[i] += x[i];
}

CLONES void op_fma(float *y, const float *a, const float *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        y[i] += a[i] * x[i];
}

CLONES void op_times(float *y, const float *a, const float *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        y[i] = a[i] * x[i];
}

CLONES void op_average(float *y, const float *x, float keep, size_t n)
{
    for (size_t i = 0; i < n; i++)
        y[i] = keep * y[i] + (1 - keep) * x[i];
}

CLONES void op_momentum(float *restrict y, float *restrict m, const float *restrict g, float keep,
                        size_t n)
{
    for (size_t i = 0; i < n; i++) {
        m[i] = keep * m[i] + g[i];
        y[i] = g[i] + keep * m[i];
    }
}

CLONES void op_adam(float *restrict x, float *restrict m, float *restrict v,
                    const float *restrict g, const struct op_adam_step *step, size_t n)
{
    const float b1 = step->b1, b2 = step->b2, lr = step->lr, scale = step->scale_g;
    const float fix_m = step->fix_m, fix_v = step->fix_v;
    for (size_t i = 0; i < n; i++) {
        const float gi = g[i] * scale;
        m[i] = b1 * m[i] + (1 - b1) * gi;
        v[i] = b2 * v[i] + (1 - b2) * gi * gi;
        x[i] -= lr * m[i] * fix_m / (sqrtf(v[i] * fix_v) + 1e-10f);
    }
}

CLONES float op_dot(const float *a, const float *b, size_t n)
{
    float sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

CLONES float op_softmax(float *s, size_t n, size_t begin, size_t end, float sink)
{
    float max = sink;
    for (size_t i = begin; i < end; i++)
        max = s[i] > max ? s[i] : max;
    float sum = 0;
    for (size_t i = begin; i < end; i++) {
        s[i] = fast_exp(s[i] - max);
        sum += s[i];
    }
    sum += fast_exp(sink - max);
    const float inv = 1.0f / sum;
    for (size_t i = begin; i < end; i++)
        s[i] *= inv;
    memset(s, 0, begin * sizeof *s);
    memset(s + end, 0, (n - end) * sizeof *s);
    return max + logf(sum);
}

CLONES void op_exp_lse(float *s, size_t n, size_t begin, size_t end, float lse)
{
    for (size_t i = begin; i < end; i++)
        s[i] = fast_exp(s[i] - lse);
    memset(s, 0, begin * sizeof *s);
    memset(s + end, 0, (n - end) * sizeof *s);
}

CLONES void op_softmax_back(float *dp, const float *p, float d, size_t n)
{
    for (size_t i = 0; i < n; i++)
        dp[i] = p[i] * (dp[i] - d);
}

CLONES float op_capped_sum(const float *logits, size_t n, float cap)
{
    float sum = 0;
    for (size_t i = 0; i < n; i++) {
        const float x = logits[i];
        sum += fast_exp(cap * (x / sqrtf(x * x + cap * cap) - 1.0f));
    }
    return sum;
}

CLONES void op_capped_back(float *logits, size_t n, float cap, float lse, float scale,
                           size_t target)
{
    const float x = target < n ? logits[target] : 0, cap2 = cap * cap;
    for (size_t i = 0; i < n; i++) {
        const float inv = 1.0f / sqrtf(logits[i] * logits[i] + cap2), c = cap * inv;
        logits[i] = scale * fast_exp(cap * logits[i] * inv - lse) * (c * c * c);
    }
    if (target < n) {
        const float c = cap / sqrtf(x * x + cap2);
        logits[target] -= scale * c * c * c;
    }
}

CLONES void op_exp_sum(float *sum, float *top, const float *logits, size_t n)
{
    float max = logits[0], more = 0;
    for (size_t i = 1; i < n; i++)
        max = logits[i] > max ? logits[i] : max;
    max = *sum > 0 && *top > max ? *top : max;
    for (size_t i = 0; i < n; i++)
        more += fast_exp(logits[i] - max);
    *sum = *sum > 0 ? *sum * fast_exp(*top - max) + more : more;
    *top = max;
}

CLONES void op_exp_back(float *logits, size_t n, float lse, float scale, size_t target)
{
    for (size_t i = 0; i < n; i++)
        logits[i] = scale * fast_exp(logits[i] - lse);
    if (target < n)
        logits[target] -= scale;
}

/* What a cap of 0 means too: none. */
static inline __attribute__((always_inline)) float cap_factor(float logit, float cap_inverse2)
{
    return 1.0f / sqrtf(logit * logit * cap_inverse2 + 1.0f);
}

CLONES void op_teach_back(float *logits, size_t n, float cap, float lse, float scale, size_t target,
                          const struct op_lesson *lesson)
{
    const float *taught = lesson->logits;
    const float k = cap > 0 ? 1 / (cap * cap) : 0, share = lesson->share, their_lse = lesson->lse;
    const float their_k = lesson->cap > 0 ? 1 / (lesson->cap * lesson->cap) : 0;
    const float x = target < n ? logits[target] : 0, own = cap_factor(x, k);
    for (size_t i = 0; i < n; i++) {
        const float c = cap_factor(logits[i], k), theirs = cap_factor(taught[i], their_k);
        const float p = fast_exp(logits[i] * c - lse), q = fast_exp(taught[i] * theirs - their_lse);
        logits[i] = scale * (p - share * q) * (c * c * c);
    }
    if (target < n)
        logits[target] -= scale * (1 - share) * (own * own * own);
}

CLONES void op_round_rows(struct matrix x)
{
    const size_t n = x.n_cols;
    for (size_t t = 0; t < x.n_rows; t++) {
        float *xt = x.data + t * x.stride, max = 1e-20f;
        for (size_t i = 0; i < n; i++)
            max = fabsf(xt[i]) > max ? fabsf(xt[i]) : max;
        const float scale = 127.0f / max, back = max / 127.0f;
        for (size_t i = 0; i < n; i++) {
            const float v = xt[i] * scale;
            xt[i] = back * (float)(int32_t)(v + (v < 0 ? -0.5f : 0.5f));
        }
    }
}
