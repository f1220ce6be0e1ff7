/* SPDX-License-Identifier: Apache-2.0 */
#include "model_reader.h"

#include <string.h>

#include "archive_input.h"
#include "arithmetic.h"
#include "model_past.h"

struct reader {
    const struct model *model;
    uint64_t position;
    uint32_t before[2], n_context;
    struct angles angles, local_angles;
    struct past *past; /* [layer][kv head] */
    float *x, *x0, *y, *wide, *attended;
    struct rounded in, heads, hidden, hashes, last;
};

/* Positions that the layer sees; 0: all that are kept. */
static uint32_t window_of(const struct shape *s, uint32_t layer)
{
    if (s->period != 0)
        return layer % s->period == s->period - 1 ? 0 : s->window;
    return layer % 3 == 2 ? s->window_long : s->window;
}

/* The pasts of all heads of all layers. */
static void make_pasts(struct reader *r, const struct kept *kept)
{
    const struct shape *s = &r->model->shape;
    uint32_t n_wide = 0; /* heads of layers without a window */
    for (uint32_t i = 0; i < s->n_layers * s->n_kv_heads; i++) {
        uint32_t window = window_of(s, i / s->n_kv_heads);
        size_t n_kept = window ? window : r->n_context, n_slots = n_kept;
        if (window == 0 && kept->share > 0)
            n_slots = n_kept * kept->share / 100 / 64 * 64;
        if (window == 0 && kept->n_heads > 0) {
            require(n_wide < kept->n_heads, "heads of another model");
            if (kept->parts[n_wide] > 0)
                n_slots = n_kept * kept->parts[n_wide] / 16 / 64 * 64;
        }
        n_wide += window == 0;
        make_past(&r->past[i], s->head_dim, n_kept, window ? 0 : 4, kept->kind, n_slots);
    }
    require(kept->n_heads == 0 || kept->n_heads == n_wide, "heads of another model");
}

struct reader *make_reader(const struct model *m, uint32_t context, const struct kept *kept)
{
    const struct shape *s = &m->shape;
    struct reader *r = zeros(sizeof *r);
    size_t heads = (size_t)s->n_heads * s->head_dim, qkv = m->layer[0][T_QKV].n_rows;
    size_t up = m->layer[0][T_UP].n_rows;
    r->model = m;
    r->n_context = (context + 63) / 64 * 64;
    r->before[0] = r->before[1] = s->n_vocab - 1;
    make_angles(&r->angles, s->rope_dims, s->rope_base, m->global[T_ROPE_DIVISORS].values,
                s->rope_gain);
    if (s->local_rope_base != 0.0f)
        make_angles(&r->local_angles, s->rope_dims, s->local_rope_base, NULL, 0.0f);
    r->past = zeros(s->n_layers * s->n_kv_heads * sizeof *r->past);
    make_pasts(r, kept);
    r->x = zeros(s->width * sizeof(float));
    r->x0 = zeros(s->width * sizeof(float));
    r->y = zeros(s->width * sizeof(float));
    r->wide = zeros(((qkv > up ? qkv : up) + 2 * (size_t)s->hash_size) * sizeof(float));
    r->attended = zeros(heads * sizeof(float));
    r->in = make_rounded(s->width, s->flags & FLAG_WIDE_LAYERS);
    r->heads = make_rounded(heads, s->flags & FLAG_WIDE_LAYERS);
    r->hidden = make_rounded(s->n_hidden, s->flags & FLAG_WIDE_LAYERS);
    r->hashes = make_rounded(2 * (size_t)s->hash_size, false);
    r->last = make_rounded(s->width, s->flags & FLAG_WIDE_HEAD);
    return r;
}

static void copy_slots8(struct slots8 *to, const struct slots8 *from, size_t n, size_t head_dim)
{
    memcpy(to->key, from->key, n * head_dim);
    memcpy(to->value, from->value, n * head_dim);
    memcpy(to->key_scale, from->key_scale, n * head_dim / 64 * sizeof(float));
    memcpy(to->value_scale, from->value_scale, n * head_dim / 64 * sizeof(float));
}

void copy_reader(struct reader *to, const struct reader *from)
{
    const struct shape *s = &from->model->shape;
    to->position = from->position;
    memcpy(to->before, from->before, sizeof to->before);
    for (uint32_t i = 0; i < s->n_layers * s->n_kv_heads; i++) {
        const struct past *p = &from->past[i];
        copy_slots8(&to->past[i].slots, &p->slots, (p->n_kept + 63) / 64 * 64, s->head_dim);
        if (p->key_bits < 8)
            copy_slots8(&to->past[i].near, &p->near, p->near_slots, s->head_dim);
        memcpy(to->past[i].received, p->received, p->n_slots * sizeof *p->received);
        memcpy(to->past[i].near_received, p->near_received,
               p->near_slots * sizeof *p->near_received);
        memcpy(to->past[i].position, p->position, p->n_slots * sizeof *p->position);
        memcpy(to->past[i].sink_keys, p->sink_keys, 4 * s->head_dim * sizeof(float));
    }
}

static uint32_t hashed_row(uint32_t token, const uint32_t before[2], bool triple, uint32_t n_rows)
{
    uint32_t h = token * K + before[0] + 1;
    if (triple)
        h = h * K + before[1] + 1;
    h = (h ^ h >> 15) * 0x85ebca77u;
    return (h ^ h >> 13) % n_rows;
}

static void norm(const struct shape *s, float *y, const float *x, const struct weights *gain,
                 const struct weights *bias)
{
    if (s->norm == NORM_RMS)
        rms_norm(y, x, gain->values, gain->n_columns, s->norm_epsilon);
    else
        layer_norm(y, x, gain->values, bias->values, gain->n_columns, s->norm_epsilon);
}

static void embed(struct reader *r, uint32_t token)
{
    const struct model *m = r->model;
    const struct shape *s = &m->shape;
    const struct weights *positions = &m->global[T_POSITION];
    row_of(&m->global[T_EMBEDDING], token, r->x);
    for (size_t i = 0; s->embed_gain != 0.0f && i < s->width; i++)
        r->x[i] *= s->embed_gain;
    if (positions->n_columns != 0) {
        size_t last = positions->n_rows - 1;
        row_of(positions, r->position < last ? (size_t)r->position : last, r->y);
        for (size_t i = 0; i < s->width; i++)
            r->x[i] += r->y[i];
    }
    if ((s->flags & FLAG_SMEAR) && r->position > 0) {
        row_of(&m->global[T_EMBEDDING], r->before[0], r->y);
        for (size_t i = 0; i < s->width; i++)
            r->x[i] += m->global[T_SMEAR].values[i] * r->y[i];
    }
    if (s->flags & FLAG_HASHES) {
        row_of(&m->global[T_BIGRAM], hashed_row(token, r->before, false, s->n_hash_rows), r->wide);
        row_of(&m->global[T_TRIGRAM], hashed_row(token, r->before, true, s->n_hash_rows),
               r->wide + s->hash_size);
        round_row(&r->hashes, r->wide);
        multiply(r->x, &m->global[T_HASH_PROJECTION], &r->hashes, true);
    }
    if (s->flags & FLAG_EMBED_NORM)
        rms_norm(r->x, r->x, m->global[T_EMBED_NORM].values, s->width, s->norm_epsilon);
    memcpy(r->x0, r->x, s->width * sizeof(float));
}

/* The rounded input of a product: x, normed if there is a gain. */
static void round_normed(struct reader *r, struct rounded *to, const struct weights *gain,
                         const struct weights *bias)
{
    if (gain->n_columns == 0) {
        round_row(to, r->x);
        return;
    }
    norm(&r->model->shape, r->y, r->x, gain, bias);
    round_row(to, r->y);
}

static void add_bias(float *y, const struct weights *bias)
{
    for (size_t i = 0; i < bias->n_columns; i++)
        y[i] += bias->values[i];
}

/* x += w in + bias, or the norm of that */
static void add_product(struct reader *r, const struct weights *w, const struct weights *bias,
                        const struct rounded *in, const struct weights *gain)
{
    if (gain->n_columns == 0) {
        multiply(r->x, w, in, true);
        add_bias(r->x, bias);
        return;
    }
    multiply(r->y, w, in, false);
    add_bias(r->y, bias);
    norm(&r->model->shape, r->y, r->y, gain, NULL);
    for (size_t i = 0; i < w->n_rows; i++)
        r->x[i] += r->y[i];
}

static void remember(struct reader *r, const struct angles *angles, struct past *past, float *key,
                     const float *value)
{
    float turned[512];
    size_t n = past->head_dim;
    if (r->position < past->n_sinks)
        memcpy(past->sink_keys + r->position * n, key, n * sizeof *key);
    turn(angles, key, r->position);
    store(past, r->position, key, value);
    for (size_t i = 0; r->position >= past->n_kept && angles->n_pairs > 0 && i < past->n_sinks;
         i++) {
        memcpy(turned, past->sink_keys + i * n, n * sizeof *turned);
        turn(angles, turned, r->position + 1 + i - r->n_context);
        store(past, i, turned, NULL);
    }
}

static void attend_layer(struct reader *r, uint32_t l)
{
    const struct shape *s = &r->model->shape;
    const struct weights *t = r->model->layer[l];
    size_t n = s->head_dim, n_queries = s->n_heads / s->n_kv_heads;
    float *keys = r->wide + s->n_heads * n, *values = keys + s->n_kv_heads * n;
    bool local = window_of(s, l) != 0 && s->local_rope_base != 0.0f;
    const struct angles *angles = local ? &r->local_angles : &r->angles;
    bool each = (s->flags & FLAG_QK_NORM) && !(s->flags & FLAG_QK_NORM_ALL);
    float factor = s->score_scale != 0.0f ? s->score_scale : 1.0f / square_root((float)n);
    if (s->flags & FLAG_QK_NORM_ALL) {
        rms_norm(r->wide, r->wide, t[T_Q_NORM].values, s->n_heads * n, s->norm_epsilon);
        rms_norm(keys, keys, t[T_K_NORM].values, s->n_kv_heads * n, s->norm_epsilon);
    }
    for (size_t head = 0; head < s->n_kv_heads; head++) {
        struct past *past = &r->past[l * s->n_kv_heads + head];
        if (each)
            rms_norm(keys + head * n, keys + head * n, t[T_K_NORM].values, n, s->norm_epsilon);
        remember(r, angles, past, keys + head * n, values + head * n);
        for (size_t i = head * n_queries; i < (head + 1) * n_queries; i++) {
            float *query = r->wide + i * n;
            float f = s->flags & FLAG_Q_GAIN ? factor * t[T_Q_GAIN].values[i] : factor;
            float sink =
                s->flags & FLAG_SINK ? limited(t[T_SINK_SCORE].values[i], LARGEST) : -LARGEST;
            if (each)
                rms_norm(query, query, t[T_Q_NORM].values, n, s->norm_epsilon);
            turn(angles, query, r->position);
            for (size_t k = 0; k < n; k++)
                query[k] *= f;
            attend(past, r->position, query, sink, s->score_cap, r->attended + i * n);
        }
    }
    round_row(&r->heads, r->attended);
}

static void run_layer(struct reader *r, uint32_t l)
{
    const struct shape *s = &r->model->shape;
    const struct weights *t = r->model->layer[l];
    for (size_t i = 0; (s->flags & FLAG_MIX) && i < s->width; i++)
        r->x[i] = r->x[i] * t[T_MIX_X].values[i] + r->x0[i] * t[T_MIX_X0].values[i];
    round_normed(r, &r->in, &t[T_ATTN_NORM], &t[T_ATTN_NORM_BIAS]);
    multiply(r->wide, &t[T_QKV], &r->in, false);
    add_bias(r->wide, &t[T_QKV_B]);
    attend_layer(r, l);
    add_product(r, &t[T_OUT], &t[T_OUT_B], &r->heads, &t[T_POST_ATTN_NORM]);
    round_normed(r, &r->in, &t[T_FFN_NORM], &t[T_FFN_NORM_BIAS]);
    multiply(r->wide, &t[T_UP], &r->in, false);
    add_bias(r->wide, &t[T_UP_B]);
    const float *up = r->wide + (t[T_UP].n_rows > s->n_hidden ? s->n_hidden : 0);
    for (size_t i = 0; i < s->n_hidden; i++)
        r->wide[i] = activate(s->activation, r->wide[i], up[i]);
    round_row(&r->hidden, r->wide);
    add_product(r, &t[T_DOWN], &t[T_DOWN_B], &r->hidden, &t[T_POST_FFN_NORM]);
}

void read_token(struct reader *r, uint32_t token, float *logits)
{
    const struct model *m = r->model;
    const struct shape *s = &m->shape;
    embed(r, token);
    for (uint32_t l = 0; l < s->n_layers; l++)
        run_layer(r, l);
    round_normed(r, &r->last, &m->global[T_FINAL_NORM], &m->global[T_FINAL_NORM_BIAS]);
    multiply(logits, &m->global[s->flags & FLAG_HEAD ? T_HEAD : T_EMBEDDING], &r->last, false);
    for (uint32_t i = 0; i < s->n_vocab; i++)
        if (s->logit_cap > 0.0f && (s->flags & FLAG_ROOT_CAP))
            logits[i] = root_cap(logits[i], s->logit_cap);
        else
            logits[i] = limited(s->logit_cap > 0.0f ? tanh_cap(logits[i], s->logit_cap) : logits[i],
                                LARGEST);
    if (s->flags & FLAG_START_LAST)
        logits[s->n_vocab - 1] = -LARGEST;
    r->before[1] = r->before[0];
    r->before[0] = token;
    r->position++;
}
