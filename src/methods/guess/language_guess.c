/* SPDX-License-Identifier: Apache-2.0 */
#include "methods/guess/language_guess.h"

#include <string.h>

#include "base/try.h"

enum {
    LOG2_MIN = 8,
    LOG2_MAX = 16,
    LUCK_FIRST = GUESS_ONE / 8,
    LUCK_RATE = 4, /* a new outcome weighs 1/16 */
    TRUST = 7,     /* eighths of its probability that the likeliest of several guesses keeps */
    DOUBT = 8,     /* the share of its probability that a guess keeps that would not be made
                      again */
    DRAFT_BELOW = GUESS_ONE * 2 / 5 /* where a model drafts, less likely guesses are left to it */
};

static const uint8_t orders[GUESS_ORDERS] = {1, 2, 3, 4, GUESS_CONTEXT};

void language_guesser_lay_out(struct language_guesser *guesser, struct arena *arena,
                              size_t n_content)
{
    guesser->log2 = LOG2_MIN;
    while (guesser->log2 < LOG2_MAX && (size_t)2 << guesser->log2 < n_content)
        guesser->log2++;
    for (unsigned i = 0; i < GUESS_ORDERS; i++)
        guesser->tables[i] = arena_take(arena, sizeof(struct guess_entry) << guesser->log2);
}

void language_guesser_start(struct language_guesser *guesser)
{
    for (unsigned order = 0; order < GUESS_ORDERS; order++) {
        memset(guesser->tables[order], 0, sizeof(struct guess_entry) << guesser->log2);
        for (unsigned past = 0; past < GUESS_PASTS; past++)
            for (unsigned count = 0; count < GUESS_COUNTS; count++)
                guesser->luck[past][order][count] = LUCK_FIRST;
    }
}

size_t language_guess_plan(struct language_guess *guess, uint32_t stream, uint32_t last,
                           struct lm_input *inputs)
{
    size_t n = 0;
    if (!guess->is_read) {
        guess->is_read = true;
        guess->row = 0;
        inputs[n++] = (struct lm_input){stream, last, 0};
    }
    for (uint32_t i = 0; i < guess->n_next; i++) {
        guess->read[guess->n_read++] = guess->next[i];
        inputs[n++] = (struct lm_input){stream, guess->next[i], guess->row + guess->n_read};
    }
    guess->n_next = 0;
    return n;
}

/* The entries of a context, and the checks that mark them as this context's. */
struct found {
    struct guess_entry *entries[GUESS_ORDERS];
    uint16_t checks[GUESS_ORDERS];
};

static void find(const struct language_guesser *guesser, const uint32_t *last, struct found *found)
{
    uint64_t hash = 0;
    for (unsigned order = 0, n = 0; order < GUESS_ORDERS; order++) {
        for (; n < orders[order]; n++)
            hash = (hash + last[n] + 1) * 0x9e3779b97f4a7c15;
        found->entries[order] = guesser->tables[order] + (hash >> (64 - guesser->log2));
        found->checks[order] = (uint16_t)(hash >> 32);
    }
}

static bool is_of(const struct found *found, unsigned order)
{
    const struct guess_entry *entry = found->entries[order];
    return entry->is_set && entry->check == found->checks[order];
}

/* The likeliest guess of the next token; returns its probability. */
static uint32_t guess_next(const struct language_guesser *guesser, const uint32_t *last,
                           unsigned past, uint32_t *token)
{
    struct found found;
    uint32_t best = 0;
    *token = 0;
    find(guesser, last, &found);
    for (unsigned order = 0; order < GUESS_ORDERS; order++) {
        const struct guess_entry *entry = found.entries[order];
        if (!is_of(&found, order) || guesser->luck[past][order][entry->count] < best)
            continue;
        best = guesser->luck[past][order][entry->count];
        *token = entry->token;
    }
    return best;
}

static void learn(struct language_guesser *guesser, const uint32_t *last, unsigned past,
                  uint32_t token)
{
    struct found found;
    find(guesser, last, &found);
    for (unsigned order = 0; order < GUESS_ORDERS; order++) {
        struct guess_entry *entry = found.entries[order];
        if (!is_of(&found, order)) {
            *entry = (struct guess_entry){token, found.checks[order], 0, true};
            continue;
        }
        uint16_t *luck = &guesser->luck[past][order][entry->count];
        bool is_right = entry->token == token;
        *luck = (uint16_t)(is_right ? *luck + ((GUESS_ONE - 1 - *luck) >> LUCK_RATE)
                                    : *luck - (*luck >> LUCK_RATE));
        if (is_right)
            entry->count += entry->count < GUESS_COUNTS - 1;
        else if (entry->count > 0)
            entry->count /= 2;
        else
            entry->token = token;
    }
}

static void push(uint32_t *last, uint32_t token)
{
    memmove(last + 1, last, (GUESS_CONTEXT - 1) * sizeof *last);
    last[0] = token;
}

uint32_t language_guess_cost(const struct language_guesser *guesser, uint32_t n_rows)
{
    bool is_first = n_rows * guesser->n_streams <= guesser->costs.n_first;
    return is_first ? guesser->costs.first : guesser->costs.other;
}

/* A right guess saves a pass if the guesses of the other streams are right too, which are assumed
 * to be as likely; a wrong guess costs its row. */
static bool guess_pays(const struct language_guesser *guesser, uint32_t n_rows, uint32_t p)
{
    uint64_t all = p, cost = language_guess_cost(guesser, n_rows);
    for (uint32_t i = 1; i < guesser->n_streams; i++)
        all = all * p / GUESS_ONE;
    return all * (GUESS_ONE - cost) > guesser->n_streams * (GUESS_ONE - p) * cost;
}

/* Continues the chain after the guesses that were read. */
static void make_guesses(const struct language_guesser *guesser, struct language_guess *guess)
{
    uint32_t last[GUESS_CONTEXT], token, p = GUESS_ONE - 1, past = guess->past;
    uint32_t n_most = GUESS_ROWS - 1 - (guess->is_read ? guess->row : 0);
    guess->p_next = p;
    memcpy(last, guess->last, sizeof last);
    for (uint32_t i = 0; i < n_most; i++) {
        uint32_t p_next = guess_next(guesser, last, past, &token);
        if (i < guess->n_read) {
            p_next = p_next > 0 && token == guess->read[i] ? p_next : p_next / DOUBT;
            token = guess->read[i];
        }
        p = (uint32_t)((uint64_t)p * p_next / GUESS_ONE) / 8 * TRUST;
        if (!guess_pays(guesser, 2 + i, p) || (guesser->drafted && p_next < DRAFT_BELOW))
            return;
        guess->p_next = p;
        if (i >= guess->n_read)
            guess->next[guess->n_next++] = token;
        push(last, token);
        past = (past << 1 | 1) % GUESS_PASTS;
    }
}

enum tacit_status language_guess_note(struct language_guesser *guesser,
                                      struct language_guess *guess, struct lm_state *lm,
                                      uint32_t stream, uint32_t token)
{
    guess->is_read = guess->n_read > 0 && guess->read[0] == token;
    if (guess->is_read) {
        guess->row++;
        guess->n_read--;
        memmove(guess->read, guess->read + 1, guess->n_read * sizeof guess->read[0]);
    } else if (guess->n_read > 0) {
        TRY(lm_take_back(lm, stream, guess->n_read));
        guess->n_read = 0;
    }
    guess->n_next = 0;
    if (!guesser->tables[0])
        return TACIT_OK;
    uint32_t guessed;
    (void)guess_next(guesser, guess->last, guess->past, &guessed);
    learn(guesser, guess->last, guess->past, token);
    guess->past = (guess->past << 1 | (guessed == token)) % GUESS_PASTS;
    push(guess->last, token);
    if (!guess->is_read || guesser->n_streams > 1)
        make_guesses(guesser, guess);
    return TACIT_OK;
}
