/* SPDX-License-Identifier: Apache-2.0 */
#include "model_file.h"

#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "archive_input.h"
#include "model_identity.h"

/* Memory of zeros, for as long as the program runs. */
static void *keep(size_t n)
{
    void *p = calloc(1, n > 0 ? n : 1);
    require(p != NULL, "out of memory");
    return p;
}

static float float_at(const uint8_t *p)
{
    uint32_t bits = (uint32_t)number(p, 4);
    float f;
    memcpy(&f, &bits, sizeof f);
    return f;
}

/* A finite binary16. */
static float half_at(const uint8_t *p)
{
    unsigned bits = (unsigned)number(p, 2), exponent = bits >> 10 & 31, fraction = bits & 1023;
    require(exponent != 31, "a scale that is not finite");
    float f = (float)(exponent == 0 ? fraction : fraction + 1024); /* times 2^(exponent - 25) */
    for (unsigned e = exponent == 0 ? 1 : exponent; e < 25; e++)
        f *= 0.5f;
    for (unsigned e = 25; e < exponent; e++)
        f *= 2.0f;
    return bits & 0x8000 ? -f : f;
}

static void take_shape(struct shape *s, const uint8_t *header)
{
    uint32_t *sizes[] = {&s->n_vocab,    &s->n_layers,    &s->width,       &s->n_heads,
                         &s->n_kv_heads, &s->head_dim,    &s->n_hidden,    &s->n_context,
                         &s->rope_dims,  &s->norm,        &s->activation,  &s->flags,
                         &s->window,     &s->window_long, &s->n_hash_rows, &s->hash_size};
    for (int i = 0; i < 16; i++)
        *sizes[i] = (uint32_t)number(header + 104 + 4 * i, 4);
    s->rope_base = float_at(header + 168);
    s->norm_epsilon = float_at(header + 172);
    s->logit_cap = float_at(header + 176);
    s->period = (uint32_t)number(header + 216, 4);
    s->local_rope_base = float_at(header + 220);
    s->rope_gain = float_at(header + 224);
    s->score_scale = float_at(header + 228);
    s->score_cap = float_at(header + 232);
    s->embed_gain = float_at(header + 236);
}

static void check_shape(const struct shape *s)
{
    require(s->n_vocab >= 2 && s->n_vocab <= 1u << 20 && s->n_layers >= 1 && s->n_layers <= 256,
            "vocabulary or layers");
    require(s->width >= 64 && s->width <= 16384 && s->width % 64 == 0, "width");
    require(s->n_heads >= 1 && s->n_heads <= 256 && s->n_kv_heads >= 1 &&
                s->n_heads % s->n_kv_heads == 0,
            "heads");
    require(s->head_dim >= 64 && s->head_dim <= 512 && s->head_dim % 64 == 0, "size of a head");
    require(s->n_hidden >= 64 && s->n_hidden <= 65536 && s->n_hidden % 64 == 0, "hidden values");
    require(s->rope_dims % 2 == 0 && s->rope_dims <= s->head_dim, "rotated numbers");
    require(s->norm <= 1 && s->activation <= 3 && s->flags < 0x200000, "norm, activation or flags");
    require(s->hash_size <= 4096 && s->hash_size % 64 == 0, "size of hashed rows");
    require(!(s->flags & FLAG_HASHES) || (s->n_hash_rows > 0 && s->hash_size > 0), "hashed rows");
    require(s->period ? s->window > 0 && s->window_long == 0
                      : (s->window == 0) == (s->window_long == 0),
            "windows");
}

static void set_size(struct weights *w, bool present, size_t n_rows, size_t n_columns)
{
    w->n_rows = present ? n_rows : 0;
    w->n_columns = present ? n_columns : 0;
}

static void size_globals(struct weights *t, const struct shape *s)
{
    uint32_t f = s->flags;
    bool hashes = f & FLAG_HASHES;
    set_size(&t[T_EMBEDDING], true, s->n_vocab, s->width);
    set_size(&t[T_POSITION], f & FLAG_POSITIONS, s->n_context, s->width);
    set_size(&t[T_BIGRAM], hashes, s->n_hash_rows, s->hash_size);
    set_size(&t[T_TRIGRAM], hashes, s->n_hash_rows, s->hash_size);
    set_size(&t[T_HASH_PROJECTION], hashes, s->width, 2 * (size_t)s->hash_size);
    set_size(&t[T_SMEAR], f & FLAG_SMEAR, 0, s->width);
    set_size(&t[T_EMBED_NORM], f & FLAG_EMBED_NORM, 0, s->width);
    set_size(&t[T_FINAL_NORM], true, 0, s->width);
    set_size(&t[T_FINAL_NORM_BIAS], s->norm == NORM_LAYER, 0, s->width);
    set_size(&t[T_HEAD], f & FLAG_HEAD, s->n_vocab, s->width);
    set_size(&t[T_ROPE_DIVISORS], f & FLAG_ROPE_SCALED, 0, s->rope_dims / 2);
}

static void size_layer(struct weights *t, const struct shape *s)
{
    uint32_t f = s->flags;
    size_t heads = (size_t)s->n_heads * s->head_dim, kv = (size_t)s->n_kv_heads * s->head_dim;
    size_t up =
        (s->activation == ACT_SWIGLU || s->activation == ACT_GEGLU ? 2 : 1) * (size_t)s->n_hidden;
    bool all = f & FLAG_QK_NORM_ALL, layer_norm = s->norm == NORM_LAYER;
    set_size(&t[T_MIX_X], f & FLAG_MIX, 0, s->width);
    set_size(&t[T_MIX_X0], f & FLAG_MIX, 0, s->width);
    set_size(&t[T_ATTN_NORM], !(f & FLAG_NO_PRE_NORMS), 0, s->width);
    set_size(&t[T_ATTN_NORM_BIAS], layer_norm, 0, s->width);
    set_size(&t[T_QKV], true, heads + 2 * kv, s->width);
    set_size(&t[T_QKV_B], f & FLAG_QKV_BIAS, 0, heads + 2 * kv);
    set_size(&t[T_Q_NORM], f & FLAG_QK_NORM, 0, all ? heads : s->head_dim);
    set_size(&t[T_K_NORM], f & FLAG_QK_NORM, 0, all ? kv : s->head_dim);
    set_size(&t[T_Q_GAIN], f & FLAG_Q_GAIN, 0, s->n_heads);
    set_size(&t[T_SINK_SCORE], f & FLAG_SINK, 0, s->n_heads);
    set_size(&t[T_OUT], true, s->width, heads);
    set_size(&t[T_OUT_B], f & (FLAG_BIASES | FLAG_OUT_BIAS), 0, s->width);
    set_size(&t[T_FFN_NORM], !(f & FLAG_NO_PRE_NORMS), 0, s->width);
    set_size(&t[T_FFN_NORM_BIAS], layer_norm, 0, s->width);
    set_size(&t[T_UP], true, up, s->width);
    set_size(&t[T_UP_B], f & FLAG_BIASES, 0, up);
    set_size(&t[T_DOWN], true, s->width, s->n_hidden);
    set_size(&t[T_DOWN_B], f & FLAG_BIASES, 0, s->width);
    set_size(&t[T_POST_ATTN_NORM], f & FLAG_POST_NORMS, 0, s->width);
    set_size(&t[T_POST_FFN_NORM], f & FLAG_POST_NORMS, 0, s->width);
}

/* The same of a kind of 2 to 7 bits, as the int8 values that these stand for. */
static void take_narrow_tile(struct weights *w, size_t block, size_t g, const uint8_t *tile)
{
    unsigned bits = w->kind;
    for (size_t r = 0; r < 16 && 16 * block + r < w->n_rows; r++) {
        size_t row = 16 * block + r, at = row * (w->n_columns / 64) + g;
        unsigned minimum = tile[128 * bits + r];
        uint32_t scale = (uint32_t)number(tile + 128 * bits + 16 + 2 * r, 2) << 16;
        require(minimum <= 127, "a minimum");
        memcpy(&w->scale[at], &scale, sizeof scale);
        w->minimum[at] = (float)minimum;
        for (size_t k = 0; k < 64; k++) {
            const uint8_t *plane = tile;
            unsigned n = 0;
            for (unsigned width = 4; width > 0; width /= 2) {
                size_t a_byte = 8 / width, byte = k / 4 / a_byte * 64 + 4 * r + k % 4;
                if (!(bits & width))
                    continue;
                n = n << width |
                    (unsigned)(plane[byte] >> k / 4 % a_byte * width & ((1u << width) - 1));
                plane += 128 * width;
            }
            w->q[row * w->n_columns + 64 * g + k] = (int8_t)((int)(n << (7 - bits)) - (int)minimum);
        }
    }
}

/* One tile of 16 rows and 64 columns. */
static void take_tile(struct weights *w, size_t block, size_t g, const uint8_t *tile)
{
    for (size_t r = 0; r < 16 && 16 * block + r < w->n_rows; r++) {
        size_t row = 16 * block + r;
        int8_t *q = w->q + row * w->n_columns + 64 * g;
        for (size_t k = 0; k < 64; k++) {
            size_t h = k / 32, i = k % 16;
            uint8_t byte = w->kind == 0 ? tile[k / 4 * 64 + 4 * r + k % 4]
                                        : tile[(4 * h + i / 4) * 64 + 4 * r + i % 4];
            require(w->kind != 0 || byte != 0x80, "a weight of -128");
            q[k] = (int8_t)(w->kind == 0 ? byte : k % 32 < 16 ? byte & 15 : byte >> 4);
        }
        if (w->kind == 0)
            w->scale[row * (w->n_columns / 64) + g] = float_at(tile + 1024 + 4 * r);
        for (size_t h = 0; w->kind == 1 && h < 2; h++) {
            size_t at = row * (w->n_columns / 32) + 2 * g + h;
            w->scale[at] = half_at(tile + 512 + 32 * h + 2 * r);
            w->minimum[at] = half_at(tile + 576 + 32 * h + 2 * r);
        }
    }
}

/* Returns the bytes that it takes. */
static size_t take_tensor(struct weights *w, const uint8_t *at, size_t n_left)
{
    if (w->n_columns == 0)
        return 0;
    if (w->n_rows == 0) {
        size_t n = (w->n_columns + 15) / 16 * 64;
        require(n <= n_left, "the weights end too early");
        w->values = keep(n);
        for (size_t i = 0; i < w->n_columns; i++)
            w->values[i] = float_at(at + 4 * i);
        return n;
    }
    size_t n_blocks = (w->n_rows + 15) / 16, n_groups = w->n_columns / 64;
    size_t n_tile = w->kind == 0 ? 1088 : w->kind == 1 ? 640 : 128 * w->kind + 48;
    size_t n = (n_blocks * n_groups * n_tile + 63) / 64 * 64;
    require(n <= n_left, "the weights end too early");
    w->q = keep(w->n_rows * w->n_columns);
    w->scale = keep(w->n_rows * n_groups * 2 * sizeof(float));
    w->minimum = keep(w->n_rows * n_groups * 2 * sizeof(float));
    for (size_t b = 0; b < n_blocks; b++)
        for (size_t g = 0; g < n_groups; g++)
            (w->kind < 2 ? take_tile : take_narrow_tile)(w, b, g, at + (b * n_groups + g) * n_tile);
    return n;
}

static void take_weights(struct model *m, const uint8_t *at, size_t n_left, bool kinds)
{
    size_t n = N_GLOBAL_TENSORS + (size_t)m->shape.n_layers * N_LAYER_TENSORS, used = 0;
    const uint8_t *kind = at;
    if (kinds)
        used = (n + 63) / 64 * 64;
    require(used <= n_left, "the weights end too early");
    for (size_t i = 0; i < n; i++) {
        size_t in_layers = i - N_GLOBAL_TENSORS;
        struct weights *w =
            i < N_GLOBAL_TENSORS
                ? &m->global[i]
                : &m->layer[in_layers / N_LAYER_TENSORS][in_layers % N_LAYER_TENSORS];
        w->kind = kinds ? kind[i] : 0;
        require(w->kind == 0 || (w->kind <= 7 && w->n_rows > 0), "kind of a tensor");
        used += take_tensor(w, at + used, n_left - used);
    }
    require(used == n_left, "the weights have another size");
}

static int compare_tokens(const void *a, const void *b)
{
    const struct vocabulary_bytes *x = *(struct vocabulary_bytes *const *)a;
    const struct vocabulary_bytes *y = *(struct vocabulary_bytes *const *)b;
    int order = memcmp(x->bytes, y->bytes, x->n < y->n ? x->n : y->n);
    if (order != 0 || x->n != y->n)
        return order != 0 ? order : x->n < y->n ? -1 : 1;
    return x < y ? -1 : x > y;
}

/* Of equal tokens the first keeps its bytes. */
static void drop_repeats(struct model *m)
{
    struct vocabulary_bytes **sorted = keep(m->n_tokens * sizeof *sorted);
    for (uint32_t i = 0; i < m->n_tokens; i++)
        sorted[i] = &m->token[i];
    qsort(sorted, m->n_tokens, sizeof *sorted, compare_tokens);
    for (uint32_t i = m->n_tokens - 1; i > 0; i--)
        if (sorted[i]->n == sorted[i - 1]->n &&
            memcmp(sorted[i]->bytes, sorted[i - 1]->bytes, sorted[i]->n) == 0)
            sorted[i]->n = 0;
    free(sorted);
}

void read_tokenizer(struct model *m, const uint8_t *p, size_t n)
{
    require(n >= 15 && memcmp(p, "TTOK", 4) == 0 && p[4] == 1, "tokenizer");
    m->form = p[5];
    m->n_pre = p[6];
    require(n >= 15 + m->n_pre, "tokenizer");
    m->pre = p + 7;
    m->n_tokens = (uint32_t)number(p + 7 + m->n_pre, 4);
    m->n_rules = (uint32_t)number(p + 11 + m->n_pre, 4);
    require(m->n_tokens >= 1 && m->n_tokens <= m->shape.n_vocab,
            "tokens and rows of the embedding");
    m->token = keep(m->n_tokens * sizeof *m->token);
    size_t at = 15 + m->n_pre;
    for (uint32_t i = 0; i < m->n_tokens; i++) {
        require(n - at >= 2 && n - at - 2 >= number(p + at, 2), "tokenizer");
        m->token[i] = (struct vocabulary_bytes){p + at + 2, (uint32_t)number(p + at, 2)};
        at += 2 + m->token[i].n;
    }
    require(n - at == 8 * (size_t)m->n_rules || n - at == 8 * (size_t)m->n_rules + 4, "tokenizer");
    m->rules = p + at;
    drop_repeats(m);
}

void read_model(struct model *m, const uint8_t *data, size_t n)
{
    require(n >= 256 && memcmp(data, "\x9etmodel\n", 8) == 0, "not a model file");
    uint32_t version = (uint32_t)number(data + 8, 4);
    require(version == 1 || version == 2, "another version of model files");
    require(number(data + 12, 4) == 256 && number(data + 16, 8) == n, "sizes of the model file");
    require(number(data + 248, 8) == h64(data, 248, 0), "header check of the model file");
    XXH128_hash_t hash = XXH3_128bits(data + 256, n - 256);
    require(hash.low64 == number(data + 88, 8) && hash.high64 == number(data + 96, 8),
            "check of the model file");
    uint64_t offset[4], size[4], end = 256;
    for (int i = 0; i < 4; i++) {
        offset[i] = number(data + 24 + 16 * i, 8);
        size[i] = number(data + 32 + 16 * i, 8);
        require(offset[i] >= end && offset[i] <= n && size[i] <= n - offset[i], "a section");
        end = offset[i] + size[i];
    }
    require(offset[3] % 4096 == 0 && end == n, "place of the weights");
    take_shape(&m->shape, data);
    check_shape(&m->shape);
    m->layer = keep(m->shape.n_layers * sizeof *m->layer);
    size_globals(m->global, &m->shape);
    for (uint32_t i = 0; i < m->shape.n_layers; i++)
        size_layer(m->layer[i], &m->shape);
    read_tokenizer(m, data + offset[2], (size_t)size[2]);
    take_weights(m, data + offset[3], (size_t)size[3], version == 2);
    uint8_t identity[32];
    weights_identity(m, data, version == 2, identity);
    require(memcmp(data + 184, identity, 32) == 0, "the identity of the weights");
    archive_identity(m, identity, m->identity);
}

void row_of(const struct weights *w, size_t row, float *to)
{
    size_t n_group = w->kind == 1 ? 32 : 64;
    for (size_t i = 0; i < w->n_columns; i++) {
        size_t at = row * (w->n_columns / n_group) + i / n_group;
        to[i] = (float)w->q[row * w->n_columns + i] * w->scale[at];
        if (w->kind == 1)
            to[i] += w->minimum[at];
    }
}

static void free_tensor(struct weights *w)
{
    free(w->values);
    free(w->q);
    free(w->scale);
    free(w->minimum);
}

void free_model(struct model *m)
{
    for (int i = 0; i < N_GLOBAL_TENSORS; i++)
        free_tensor(&m->global[i]);
    for (uint32_t l = 0; l < m->shape.n_layers; l++)
        for (int i = 0; i < N_LAYER_TENSORS; i++)
            free_tensor(&m->layer[l][i]);
    free(m->layer);
    free(m->token);
}
