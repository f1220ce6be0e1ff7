/* SPDX-License-Identifier: Apache-2.0
 *
 * The lean predictor: few contexts, one small mixer, integers throughout; several times as fast as the
 * components of inputs.h. For content of the general group it replaces all of them.
 * The lineage is lpaq. docs/predictor.md, section 9, has every detail.
 *
 * Eight inputs: bit histories under the last 0, 1, 2, 3, 4 and 6 bytes and under a context that the content's
 * type chooses (word, row above, sparse), and a match model.
 *
 *     lean_lay_out; per byte { lean_ask; lean_next_byte; per bit { at bits 0 and 4 lean_next_nibble;
 *     lean_predict; lean_update } }
 *
 * The steps of a bit are inline, so that a coder's loop keeps values in registers.
 */
#ifndef TACIT_PREDICT_LEAN_LEAN_H
#define TACIT_PREDICT_LEAN_LEAN_H

#include "base/arena.h"
#include "predict/bit_history.h"
#include "predict/context_config.h"
#include "predict/history.h"
#include "predict/lean/undo.h"

enum {
    LEAN_HASHED = 5, /* inputs from hashed contexts; then those of the last byte and of none */
    LEAN_COUNTED = LEAN_HASHED + 2, /* inputs from bit histories; then the match's */
    LEAN_INPUTS = 8,
    LEAN_SLOTS = 4, /* a line */
    LEAN_NODES = 15,
    LEAN_LENGTH_KINDS = 32,
    LEAN_TRUST_KINDS = 4,
    LEAN_STEPS = 16, /* of a refiner's row, 13 of them used: a row is half a cache line */
    LEAN_ROWS_LOG2 = 12,
    LEAN_X_MAX = 768, /* bound of what is mixed, in 64ths */
};

/* 64 bytes: slots for a nibble's 15 binary decisions. */
struct lean_line {
    uint8_t check[LEAN_SLOTS]; /* 0 in an unused slot */
    uint8_t node[LEAN_SLOTS][LEAN_NODES];
};

/* All that the predictor has learnt, except the tables that grow with memory. */
struct lean_learnt {
    /* Three sets: by the match's trust and the partial byte; by the last byte; by the match's byte, whether
     * it still holds (1) or not, and the bit. */
    int16_t weights[LEAN_TRUST_KINDS * 256][LEAN_INPUTS];
    int16_t weights2[256][LEAN_INPUTS];
    int16_t weights3[2][256][8][LEAN_INPUTS];
    uint16_t map[LEAN_COUNTED][BIT_HISTORY_STATES]; /* probability of a 1 in each state */
    uint16_t match_map[LEAN_LENGTH_KINDS * 2];
    uint8_t order0[256];      /* bit histories, by the partial byte ... */
    uint8_t order1[256][256]; /* ... and the last byte */
    uint16_t refiner[1 << LEAN_ROWS_LOG2][LEAN_STEPS];
    uint32_t word;                   /* hash of the letters just before; 0: none */
    uint32_t match_at;               /* place of the expected byte, 0: none */
    uint32_t match_length, n_missed; /* bytes that agreed; misses since the match was good */
};

struct lean {
    struct lean_learnt learnt __attribute__((aligned(64)));
    uint8_t next[BIT_HISTORY_STATES][2];
    int16_t stretch[4096];           /* ln(p / (1 - p)) in 256ths at p = (i + 0.5) / 4096 */
    uint16_t squash[2 * LEAN_X_MAX]; /* 65536 / (1 + exp(-x)), x = i / 64 - 12 */
    struct lean_line *lines;         /* [1 << lines_log2] */
    /* [1 << places_log2] each: where the last bytes occurred before, and more of their hash, so that
     * most other bytes are not looked up. */
    uint32_t *places;
    uint8_t *place_checks;
    unsigned lines_log2, places_log2;
    size_t n_table;    /* bytes of these three, which lie one behind the other, from lines on */
    struct undo *undo; /* of them, or NULL ... */
    struct lean_learnt *was; /* ... and what was learnt then */
    /* Of the present byte: */
    uint64_t hash[LEAN_HASHED];
    struct lean_line *line[LEAN_HASHED]; /* that the high nibble's slots lie in */
    uint8_t *nodes[LEAN_COUNTED];
    int16_t *byte_set;    /* of weights2 */
    unsigned expected;    /* 256 + the match's byte; 0: none */
    unsigned length_kind; /* of the match, times 2 */
    unsigned trust;       /* 1 .. 3: in a match of this length, times 256 */
    unsigned row;         /* of the refiner, before the partial byte */
    uint32_t place;       /* the match's, in places */
    uint8_t place_check;
    /* Of the present bit: */
    int16_t x[LEAN_INPUTS] __attribute__((aligned(16)));
    uint8_t *state[LEAN_COUNTED];
    int16_t *set, *set2, *set3; /* of weights: they are added up */
    uint16_t *match_entry;      /* NULL: the match predicts nothing */
    uint16_t *step;             /* of the refiner: the nearer entry */
    int p;                      /* as mixed, 16 bits */
};

/* NULL if the arena only counts. Takes about 2^memory_log2 bytes, three quarters of them here; the ring is the
 * caller's: 2^(memory_log2 - 2) bytes. */
struct lean *lean_lay_out(struct arena *arena, const struct context_config *config);

/* Call when a byte is known, best before lean_update of its last bit: finds the contexts of the
 * next byte and prefetches their cache lines. */
void lean_ask(struct lean *lean, const struct history *history);

/* After lean_ask, at bit 0: finds the match. */
void lean_next_byte(struct lean *lean, const struct history *history);

/* Call at bits 0 and 4: finds the nibble's slots. */
void lean_next_nibble(struct lean *lean, unsigned bit, unsigned partial);

/* Call at bit 2, for speed: prefetches the cache lines of bit 4. */
void lean_ask_nibble(struct lean *lean, unsigned partial);

/* Call before a byte that is neither predicted nor learnt: notes its place. */
void lean_skim(struct lean *lean, const struct history *history);

/* Keeps what it is at a byte's end, to come back to. TACIT_ERR_MEMORY. */
enum tacit_status lean_mark(struct lean *lean);
void lean_rewind(struct lean *lean);
void lean_forget_mark(struct lean *lean);

static inline int16_t lean_bounded_sum(int16_t a, int16_t b)
{
    int16_t sum = (int16_t)((uint16_t)a + (uint16_t)b);
    int16_t over = (int16_t)(((a ^ sum) & (b ^ sum)) >> 15), bound = (int16_t)((a >> 15) ^ 0x7fff);
    return (int16_t)((sum & ~over) | (bound & over));
}

/* In all three sets, w += x * error / 65536, rounded, bounded to 16 bits; written so that compilers vectorise it. */
static inline void lean_train(int16_t *restrict w, int16_t *restrict w2, int16_t *restrict w3,
                              const int16_t *restrict x, int16_t error)
{
    for (int i = 0; i < LEAN_INPUTS; i++) {
        int32_t product = x[i] * error;
        uint16_t low = (uint16_t)((uint32_t)x[i] * (uint32_t)error);
        int16_t change = (int16_t)((int16_t)(product >> 16) + (low >> 15));
        w[i] = lean_bounded_sum(w[i], change);
        w2[i] = lean_bounded_sum(w2[i], change);
        w3[i] = lean_bounded_sum(w3[i], change);
    }
}

/* The probability that the next bit is 1, in 65536ths: 1 .. 65535. */
static inline uint32_t lean_predict(struct lean *lean, unsigned bit, unsigned partial)
{
    const int16_t *stretch = lean->stretch;
    unsigned leading = 1u << (bit & 3), node = leading - 1 + (partial & (leading - 1));
    unsigned trust = 0, next = lean->expected >> (7 - bit);
    int16_t *x = lean->x, match = 0;
    lean->match_entry = NULL;
    if (next >> 1 == partial) {
        lean->match_entry = &lean->learnt.match_map[lean->length_kind + (next & 1)];
        match = stretch[*lean->match_entry >> 4];
        trust = lean->trust;
    }
    int16_t *set = lean->learnt.weights[trust + partial], *set2 = lean->byte_set;
    int16_t *set3 = lean->learnt.weights3[trust != 0][lean->expected & 255][bit];
    int32_t sum = 32768 + match * (set[LEAN_COUNTED] + set2[LEAN_COUNTED] + set3[LEAN_COUNTED]);
    x[LEAN_COUNTED] = match;
    /* Summed one by one: a vector load would wait for the stores. */
    for (int i = 0; i < LEAN_COUNTED; i++) {
        uint8_t *state = lean->nodes[i] + (i < LEAN_HASHED ? node : partial);
        lean->state[i] = state;
        x[i] = stretch[lean->learnt.map[i][*state] >> 4];
        sum += x[i] * (set[i] + set2[i] + set3[i]); /* |x| < 2400: 8 of them fit */
    }
    lean->set = set;
    lean->set2 = set2;
    lean->set3 = set3;
    sum >>= 16;
    sum = sum < -LEAN_X_MAX ? -LEAN_X_MAX : sum > LEAN_X_MAX - 1 ? LEAN_X_MAX - 1 : sum;
    unsigned at = (unsigned)(sum + LEAN_X_MAX), share = at & 127;
    int p = lean->squash[at];
    uint16_t *step = &lean->learnt.refiner[lean->row ^ partial][at >> 7];
    lean->step = step + (share >> 6);
    __builtin_prefetch(
        lean->learnt.refiner[lean->row ^ partial << 1]); /* of the next bit, 0 or 1 */
    lean->p = p;
    uint32_t refined = (step[0] * (128 - share) + step[1] * share) >> 7;
    uint32_t both = ((uint32_t)p + refined) >> 1;
    return both + (both == 0);
}

/* A probability of 16 bits moves by its distance from the bit / 2^rate. flip: 65535 for a 1, or 0. */
static inline uint16_t lean_moved(uint16_t p, unsigned flip, unsigned rate)
{
    unsigned away = p ^ flip;
    return (uint16_t)((away - (away >> rate)) ^ flip);
}

static inline void lean_update(struct lean *lean, int bit)
{
    enum { MAP_RATE = 7, MATCH_RATE = 6, STEP_RATE = 6, LEARNING = 9, LEARNING_LOG2 = 5 };
    enum { SMALL_ERROR = 256 }; /* teaches nothing */
    unsigned flip = bit ? 65535 : 0;
    int error = (bit << 16) - lean->p;
    if (error > SMALL_ERROR || error < -SMALL_ERROR)
        lean_train(lean->set, lean->set2, lean->set3, lean->x,
                   (int16_t)(error * LEARNING >> LEARNING_LOG2));
    for (int i = 0; i < LEAN_COUNTED; i++) {
        uint8_t *at = lean->state[i];
        uint16_t *p = &lean->learnt.map[i][*at];
        *at = lean->next[*at][bit];
        *p = lean_moved(*p, flip, MAP_RATE);
    }
    if (lean->match_entry)
        *lean->match_entry = lean_moved(*lean->match_entry, flip, MATCH_RATE);
    *lean->step = lean_moved(*lean->step, flip, STEP_RATE);
}

#endif
