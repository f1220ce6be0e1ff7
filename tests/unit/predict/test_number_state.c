/* SPDX-License-Identifier: Apache-2.0
 *
 * What is guessed behind texts of numbers, written out; and that no bytes, however long their numbers and
 * deep their brackets, lead a state out of its bounds.
 */
#include "predict/components/text/number_state.h"

#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "content_test.h"

static struct number_state state;
static struct number_place places[NUMBER_PLACES];

static void read_text(const char *text)
{
    memset(&state, 0, sizeof state);
    memset(places, 0, sizeof places);
    number_state_next(&state, places, '\n'); /* before it the first number's place is not known */
    for (; *text != 0; text++)
        number_state_next(&state, places, (unsigned char)*text);
}

static bool guesses(enum number_guess_kind kind, const char *text)
{
    const struct number_guess *guess = &state.guess[kind];
    return guess->n == strlen(text) && memcmp(guess->text, text, guess->n) == 0;
}

static void check_guesses(void)
{
    static const struct {
        const char *text;
        enum number_guess_kind kind;
        const char *guess;
    } rows[] = {
        {"10,5.25\n20,5.50\n", GUESS_SAME, "20"},
        {"10,5.25\n20,5.50\n", GUESS_LINE, "30"},
        {"10,5.25\n20,5.50\n30,", GUESS_LINE, "5.75"},
        {"10,5.25\n20,5.5\n30,", GUESS_LINE, "5.75"},
        {"3,1\n1,2\n", GUESS_LINE, "-1"},
        {"0.5 0.1\n0.2 0.3\n", GUESS_LINE, "-0.1"},
        {"-0.05\n-0.07\n", GUESS_SAME, "-0.07"},
        {"2026-03-07\n2026-03-08\n2026-", GUESS_SAME, "03"},
        {"2026-03-07\n2026-03-08\n2026-03-", GUESS_LINE, "09"},
        {"[[1,20],[3,40],[", GUESS_LINE, "5"},
        {"[[1,20],[3,40],[5,", GUESS_LINE, "60"},
        {"[[1,20],[3,40],[5,", GUESS_SAME, "40"},
        {"{\"a\":1,\"b\":20},{\"b\":21,\"a\":", GUESS_SAME, "1"},
        {"{\"a\":[[5,7],[-3,6,", GUESS_RECORD, "8"},
        {"{\"a\":[[5,7],[-3,6,", GUESS_NEXT, "7"},
        {"1 10 2 20 ", GUESS_PAIR, "3"},
        {"100,103\n200,", GUESS_PLANE, "203"},
        {"99999999999999999999\n", GUESS_SAME, "99999999999999999"},
        {"", GUESS_SAME, "0"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        read_text(rows[i].text);
        CHECK_MSG(guesses(rows[i].kind, rows[i].guess), "%s: %.*s, not %s", rows[i].text,
                  (int)state.guess[rows[i].kind].n, state.guess[rows[i].kind].text, rows[i].guess);
    }
}

static void check_expected(void)
{
    read_text("175\n175\n17");
    CHECK(number_guess_byte(&state, GUESS_SAME) == '5');
    read_text("175\n175\n175");
    CHECK(number_guess_byte(&state, GUESS_SAME) == ',');
    read_text("175\n175\n18");
    CHECK(number_guess_byte(&state, GUESS_SAME) == -1);
    CHECK(number_guess_code(&state, GUESS_SAME) == (1u << 8 | 0u << 5 | 1u << 4 | 2u));
    read_text("175\n175\n1");
    CHECK(number_guess_code(&state, GUESS_SAME) ==
          (1u << 20 | (unsigned)'7' << 12 | 3u << 8 | 3u << 4));
}

static void check_bounds(void)
{
    static const char often[] = "0123456789999999999.-,[]{}()\n :\"";
    memset(&state, 0, sizeof state);
    memset(places, 0, sizeof places);
    for (unsigned i = 0; i < 300000; i++) {
        unsigned byte = i < 100000   ? (unsigned char)often[below(sizeof often - 1)]
                        : i < 200000 ? (unsigned char)often[below(22)]
                                     : below(256);
        number_state_next(&state, places, byte);
        if (state.depth >= NUMBER_DEPTH || state.place >= NUMBER_PLACES ||
            state.group >= NUMBER_PLACES)
            CHECK_MSG(false, "byte %u", i);
        for (unsigned kind = 0; kind < N_NUMBER_GUESSES; kind++)
            if (state.guess[kind].n > NUMBER_TEXT_MAX)
                CHECK_MSG(false, "guess %u, byte %u", kind, i);
    }
}

int main(void)
{
    check_guesses();
    check_expected();
    check_bounds();
    return check_result();
}
