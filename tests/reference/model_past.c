/* SPDX-License-Identifier: Apache-2.0 */
#include "model_past.h"

#include <string.h>

#include "arithmetic.h"

static struct slots8 make_slots8(size_t n, size_t head_dim)
{
    return (struct slots8){zeros(n * head_dim), zeros(n * head_dim),
                           zeros(n * head_dim / 64 * sizeof(float)),
                           zeros(n * head_dim / 64 * sizeof(float))};
}

static struct columns make_columns(size_t n_max)
{
    return (struct columns){0,
                            0,
                            zeros(n_max * sizeof(int8_t *)),
                            zeros(n_max * sizeof(int8_t *)),
                            zeros(n_max * sizeof(float *)),
                            zeros(n_max * sizeof(float *)),
                            zeros(n_max * sizeof(float)),
                            zeros(n_max * sizeof(bool))};
}

void make_past(struct past *past, size_t head_dim, size_t n_kept, size_t n_sinks, unsigned kind,
               size_t n_slots)
{
    static const unsigned of_keys[] = {8, 4, 4, 4, 3, 3, 4}, of_values[] = {8, 4, 2, 3, 3, 2, 3};
    bool is_short = kind == 6;
    *past = (struct past){.head_dim = head_dim, .n_kept = n_kept, .n_sinks = n_sinks};
    past->n_slots = n_slots < 64 && n_slots < n_kept ? 64 : n_slots;
    if (past->n_slots > n_kept)
        past->n_slots = n_kept;
    bool few = kind > 0 && (past->n_slots == n_kept || is_short) &&
               (n_kept + 63) / 64 * 64 > NEAR_SLOTS_MAX;
    past->near_slots = is_short ? 64 : NEAR_SLOTS_MAX;
    past->n_near = past->near_slots - 26;
    past->key_bits = few ? of_keys[kind] : 8;
    past->value_bits = few ? of_values[kind] : 8;
    past->received = zeros(past->n_slots * sizeof *past->received);
    past->near_received = zeros(past->near_slots * sizeof *past->near_received);
    past->position = zeros(past->n_slots * sizeof *past->position);
    past->slots = make_slots8((n_kept + 63) / 64 * 64, head_dim);
    if (past->key_bits < 8)
        past->near = make_slots8(past->near_slots, head_dim);
    past->sink_keys = zeros(4 * head_dim * sizeof(float));
    past->columns = make_columns((n_kept + 63) / 64 * 64 + NEAR_SLOTS_MAX);
    past->query = make_rounded(head_dim, false);
    past->weight = make_rounded((n_kept + 63) / 64 * 64 + NEAR_SLOTS_MAX, false);
}

static size_t slot_of(const struct past *p, uint64_t position)
{
    if (position < p->n_kept)
        return (size_t)position;
    return p->n_sinks + (size_t)((position - p->n_sinks) % (p->n_kept - p->n_sinks));
}

static size_t mean_slot(const struct past *p)
{
    return p->near_slots - 1;
}

static size_t ring_size(const struct past *p)
{
    return mean_slot(p) - 2 * p->n_sinks;
}

static size_t near_slot(const struct past *p, uint64_t position)
{
    return 2 * p->n_sinks + (size_t)((position - p->n_sinks) % ring_size(p));
}

/* Rounds x to the slot of keys or values. */
static void put(int8_t *q, float *scale, size_t slot, const float *x, size_t head_dim)
{
    for (size_t g = 0; g < head_dim / 64; g++)
        round_group(q + slot * head_dim + 64 * g, &scale[slot * (head_dim / 64) + g], x + 64 * g);
}

/* 64 numbers of a slot as floats. */
static void get(const int8_t *q, const float *scale, size_t slot, size_t g, size_t head_dim,
                float x[64])
{
    for (size_t i = 0; i < 64; i++)
        x[i] = (float)q[slot * head_dim + 64 * g + i] * scale[slot * (head_dim / 64) + g];
}

/* Few bits. */

static float level(float x, float scale, float top)
{
    float n = x * (0.5f / scale) + 0.5f * top;
    n = n > 0.0f ? n : 0.0f;
    n = n < top ? n : top;
    return (n + 12582912.0f) - 12582912.0f;
}

static float squared_error(const float *x, float scale, float top)
{
    float lane[16] = {0};
    for (int i = 0; i < 64; i++) {
        float e = x[i] - (2.0f * level(x[i], scale, top) - top) * scale;
        lane[i % 16] += e * e;
    }
    return sum_of_lanes(lane);
}

/* To a float whose lower 16 bits are 0. */
static float upper_half(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    bits = (bits + 0x7fff + (bits >> 16 & 1)) & 0xffff0000;
    memcpy(&x, &bits, sizeof bits);
    return x;
}

static void round_few(int8_t *q, float *scale, const float *x, unsigned bits)
{
    int8_t unused[64];
    float any, top = (float)((1 << bits) - 1), largest = 0.0f, least_error = 0.0f;
    memset(q, 0, 64);
    round_group(unused, &any, x); /* tells whether there is anything to round */
    for (int i = 0; i < 64; i++) {
        float size = x[i] < 0.0f ? -x[i] : x[i];
        largest = size > largest ? size : largest;
        q[i] = (int8_t)(1 - (1 << bits));
    }
    *scale = 0.0f;
    int first = bits == 2 ? 3 : 0, end = bits == 4 ? 4 : bits == 3 ? 8 : 11;
    for (int j = first; any != 0.0f && j < end; j++) {
        float s = upper_half(largest * (1.0f / top) * (1.0f - (float)j * 0.0625f));
        float error = squared_error(x, s, top);
        if (*scale != 0.0f && !(error < least_error))
            continue;
        *scale = s;
        least_error = error;
    }
    for (int i = 0; *scale != 0.0f && i < 64; i++)
        q[i] = (int8_t)(2 * (int)level(x[i], *scale, top) + 1 - (1 << bits));
}

static void make_mean(struct past *p)
{
    float *mean = zeros(p->head_dim * sizeof *mean), x[64];
    for (uint64_t i = p->n_sinks; i < p->n_sinks + p->n_near; i++)
        for (size_t g = 0; g < p->head_dim / 64; g++) {
            get(p->near.key, p->near.key_scale, near_slot(p, i), g, p->head_dim, x);
            for (int k = 0; k < 64; k++)
                mean[64 * g + (size_t)k] += x[k];
        }
    for (size_t i = 0; i < p->head_dim; i++)
        mean[i] *= 1.0f / (float)p->n_near;
    put(p->near.key, p->near.key_scale, mean_slot(p), mean, p->head_dim);
}

/* The slot that a position takes where only a share is kept and all slots are taken, while the row is at row. */
static size_t slot_given_up(const struct past *p, uint64_t row)
{
    size_t least = p->n_slots;
    for (size_t i = p->n_sinks; i < p->n_slots; i++)
        if (p->position[i] + (p->n_kept - p->n_sinks) <= row)
            return i;
    for (size_t i = p->n_sinks; i < p->n_slots; i++)
        if (p->position[i] + p->n_slots / 4 < row &&
            (least == p->n_slots || p->received[i] < p->received[least]))
            least = i;
    return least;
}

static size_t slot_taken(struct past *p, uint64_t position, uint64_t row, float received)
{
    size_t slot = position < p->n_slots ? (size_t)position : slot_given_up(p, row);
    p->received[slot] = received;
    p->position[slot] = position;
    return slot;
}

/* Rounds what leaves. */
static void leave(struct past *p, uint64_t position)
{
    size_t from = near_slot(p, position), n = p->head_dim / 64;
    size_t slot = p->n_slots < p->n_kept
                      ? slot_taken(p, position, position + p->n_near, p->near_received[from])
                      : slot_of(p, position);
    if (position == p->n_sinks)
        make_mean(p);
    for (size_t g = 0; g < n; g++) {
        float x[64], mean[64];
        size_t at = slot * p->head_dim + 64 * g;
        get(p->near.key, p->near.key_scale, from, g, p->head_dim, x);
        get(p->near.key, p->near.key_scale, mean_slot(p), g, p->head_dim, mean);
        for (int i = 0; i < 64; i++)
            x[i] -= mean[i];
        round_few(p->slots.key + at, &p->slots.key_scale[slot * n + g], x, p->key_bits);
        get(p->near.value, p->near.value_scale, from, g, p->head_dim, x);
        round_few(p->slots.value + at, &p->slots.value_scale[slot * n + g], x, p->value_bits);
    }
}

static void rotated(float *to, const float *x, size_t head_dim)
{
    memcpy(to, x, head_dim * sizeof *to);
    for (size_t g = 0; g < head_dim / 64; g++)
        rotate64(to + 64 * g);
}

static void store_few(struct past *p, uint64_t position, const float *key, const float *value)
{
    float k[512], v[512];
    size_t at = position < p->n_sinks ? p->n_sinks + (size_t)position : near_slot(p, position);
    rotated(k, key, p->head_dim);
    put(p->near.key, p->near.key_scale, at, k, p->head_dim);
    if (value == NULL)
        return;
    p->near_received[at] = 0.0f;
    rotated(v, value, p->head_dim);
    put(p->near.value, p->near.value_scale, at, v, p->head_dim);
    if (position < p->n_sinks) {
        put(p->near.key, p->near.key_scale, (size_t)position, k, p->head_dim);
        put(p->near.value, p->near.value_scale, (size_t)position, v, p->head_dim);
    }
    if (position >= p->n_sinks + p->n_near)
        leave(p, position - p->n_near);
}

void store(struct past *p, uint64_t position, const float *key, const float *value)
{
    if (p->key_bits < 8) {
        store_few(p, position, key, value);
        return;
    }
    size_t slot = slot_of(p, position);
    if (p->n_slots < p->n_kept)
        slot = value != NULL ? slot_taken(p, position, position, 0.0f) : (size_t)position;
    put(p->slots.key, p->slots.key_scale, slot, key, p->head_dim);
    if (value != NULL)
        put(p->slots.value, p->slots.value_scale, slot, value, p->head_dim);
}

static void add_columns(struct columns *c, const struct slots8 *slots, size_t n, size_t head_dim)
{
    for (size_t i = 0; i < n; i++, c->n++) {
        c->key[c->n] = slots->key + i * head_dim;
        c->value[c->n] = slots->value + i * head_dim;
        c->key_scale[c->n] = slots->key_scale + i * (head_dim / 64);
        c->value_scale[c->n] = slots->value_scale + i * (head_dim / 64);
        c->counts[c->n] = true;
    }
}

/* Which columns of few bits do not count; next: the position behind the row's. */
static void list_uncounted(const struct past *p, struct columns *c, size_t n_far, uint64_t next)
{
    bool turned = next > p->n_kept, drops = p->n_slots < p->n_kept;
    uint64_t oldest = next < p->n_near ? 0 : next - p->n_near;
    for (size_t i = 0; i < p->n_sinks && i < n_far; i++)
        c->counts[i] = false;
    for (size_t i = n_far; i < c->n_far; i++)
        c->counts[i] = false;
    for (uint64_t i = next - p->n_near; turned && !drops && i < next; i++)
        c->counts[slot_of(p, i)] = false;
    for (size_t i = 0; i < p->n_sinks; i++)
        c->counts[c->n_far + i + (turned ? 0 : p->n_sinks)] = false;
    c->counts[c->n_far + mean_slot(p)] = false;
    for (uint64_t i = next; i < p->n_sinks; i++)
        c->counts[c->n_far + i] = false;
    oldest = oldest > p->n_sinks ? oldest : p->n_sinks;
    for (uint64_t i = next > p->n_sinks ? next : p->n_sinks; i < oldest + ring_size(p); i++)
        c->counts[c->n_far + near_slot(p, i)] = false;
}

static float score_of(const struct rounded *query, const int8_t *key, const float *scale)
{
    float sum = 0.0f;
    for (size_t g = 0; g < query->n / 64; g++) {
        int32_t dot = 0;
        for (size_t i = 64 * g; i < 64 * g + 64; i++)
            dot += key[i] * query->q[i];
        sum += ((float)dot * query->scale[g]) * scale[g];
    }
    return sum;
}

static void list_columns(const struct past *p, struct columns *c, uint64_t position)
{
    c->n = c->n_far = 0;
    if (p->key_bits == 8) {
        size_t n = position < p->n_slots ? (size_t)position + 1 : p->n_slots;
        add_columns(c, &p->slots, n, p->head_dim);
        return;
    }
    size_t n_far = position < p->n_near ? 0 : (size_t)position + 1 - p->n_near;
    if (p->n_slots < p->n_kept)
        n_far = n_far < p->n_slots ? n_far : p->n_slots;
    else if (position >= p->n_kept)
        n_far = p->n_kept;
    size_t n_near = n_far > 0               ? p->near_slots
                    : position < p->n_sinks ? 2 * p->n_sinks
                                            : p->n_sinks + (size_t)position + 1;
    c->n_far = (n_far + 63) / 64 * 64;
    add_columns(c, &p->slots, c->n_far, p->head_dim);
    add_columns(c, &p->near, p->near_slots, p->head_dim);
    list_uncounted(p, c, n_far, position + 1);
    c->n = c->n_far + n_near;
}

static void make_scores(const struct past *p, struct columns *c, const struct rounded *query,
                        float score_cap)
{
    float of_mean = 0.0f;
    if (c->n_far > 0)
        of_mean = score_of(query, p->near.key + mean_slot(p) * p->head_dim,
                           p->near.key_scale + mean_slot(p) * (p->head_dim / 64));
    for (size_t i = 0; i < c->n; i++) {
        c->score[i] = score_of(query, c->key[i], c->key_scale[i]);
        if (i < c->n_far)
            c->score[i] += of_mean;
        if (score_cap > 0.0f)
            c->score[i] = tanh_cap(c->score[i], score_cap);
        if (!c->counts[i])
            c->score[i] = -LARGEST;
    }
}

/* The weights of the columns for the 64 numbers of part g, rounded; returns their total. */
static float make_weights(const struct columns *c, size_t g, float sink, struct rounded *weight)
{
    float top = sink, lane[16] = {0};
    for (size_t i = 0; i < c->n; i++)
        top = c->score[i] > top ? c->score[i] : top;
    top = top < LARGEST ? top : LARGEST;
    for (size_t i = 0; i < c->n; i += 64) {
        float w[64] = {0};
        for (size_t j = 0; j < 64 && i + j < c->n; j++) {
            float x = c->score[i + j] - top;
            x = x > -87.0f ? x : -87.0f;
            float e = exp_brief(x < 0.0f ? x : 0.0f);
            lane[j % 16] += e;
            w[j] = c->counts[i + j] ? e * c->value_scale[i + j][g] : 0.0f;
        }
        round_group(weight->q + i, &weight->scale[i / 64], w);
    }
    return sum_of_lanes(lane) + exp_brief(sink - top);
}

/* Number d of the values' weighted sum: in groups of 64 columns, and with few bits in runs of such groups. */
static float weighed(const struct columns *c, const struct rounded *weight, size_t d)
{
    float sum = 0.0f, run = 0.0f;
    for (size_t g = 0; 64 * g < c->n; g++) {
        int32_t dot = 0;
        if (64 * g < c->n_far ? g % 4 == 0 : 64 * g == c->n_far) {
            sum += run;
            run = 0.0f;
        }
        for (size_t i = 64 * g; i < 64 * g + 64 && i < c->n; i++)
            dot += weight->q[i] * c->value[i][d];
        run += ((float)dot * weight->scale[g]) * 1.0f;
    }
    return sum + run;
}

/* What the columns received of a query whose exponentials have this total. */
static void receive(struct past *p, float total)
{
    size_t n_far = p->key_bits < 8 ? p->columns.n_far : p->columns.n;
    for (size_t i = 0; i < p->columns.n; i++) {
        float *received = i < n_far ? &p->received[i] : &p->near_received[i - n_far];
        *received += (float)p->weight.q[i] * (p->weight.scale[i / 64] * (1.0f / total));
    }
}

void attend(struct past *p, uint64_t position, const float *query, float sink, float score_cap,
            float *out)
{
    struct columns *c = &p->columns;
    float x[512];
    if (p->key_bits < 8)
        rotated(x, query, p->head_dim);
    else
        memcpy(x, query, p->head_dim * sizeof *x);
    round_row(&p->query, x);
    list_columns(p, c, position);
    make_scores(p, c, &p->query, score_cap);
    for (size_t g = 0; g < p->head_dim / 64; g++) {
        float total = make_weights(c, g, sink, &p->weight), factor = 1.0f / total;
        if (p->n_slots < p->n_kept && 64 * (g + 1) == p->head_dim)
            receive(p, total);
        for (size_t d = 64 * g; d < 64 * g + 64; d++)
            out[d] = weighed(c, &p->weight, d) * factor;
    }
    for (size_t g = 0; p->key_bits < 8 && g < p->head_dim / 64; g++)
        rotate64(out + 64 * g);
}
