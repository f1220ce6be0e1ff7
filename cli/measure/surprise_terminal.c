/* SPDX-License-Identifier: Apache-2.0
 *
 * Shows the text on the terminal, each unit on a background that tells its cost. Colours are of the
 * 256 that nearly every terminal has, light enough for black letters. Without colours, units of
 * many bits stand in braces with their bits.
 */
#include <math.h>

#include "cli/measure/cmd_surprise.h"

enum { DEAR_BITS = 8 };

/* From a bit to sixteen and more; none below one. */
static const unsigned char costs[] = {230, 229, 228, 222, 221, 215, 214, 208, 203};
/* Backgrounds where the model costs more than the other, and where the other costs more. */
static const unsigned char dearer[] = {224, 217, 210, 203}, cheaper[] = {194, 157, 120, 83};

static unsigned step(float bits, unsigned n)
{
    static const float limits[] = {1, 2, 3, 4, 6, 8, 10, 13, 16};
    unsigned i = 0;
    while (i < n && bits >= limits[i])
        i++;
    return i;
}

/* 0: none. */
static unsigned color_of(const struct surprise *s, const struct unit *unit)
{
    unsigned i;
    if (s->options->compare_name) {
        float difference = unit->bits - unit->other;
        i = step(difference < 0 ? -difference : difference, sizeof dearer);
        return i == 0 ? 0 : difference > 0 ? dearer[i - 1] : cheaper[i - 1];
    }
    i = step(unit->bits, sizeof costs);
    return i == 0 ? 0 : costs[i - 1];
}

/* Colours end before a line end, so that the background does not reach the border. */
static void print_text(const struct surprise *s, const struct unit *unit, unsigned color)
{
    for (size_t i = 0; i < unit->n; i++) {
        unsigned char byte = s->data[unit->offset + i];
        if (byte == '\n' && color)
            fputs("\033[0m\n", stdout);
        else if ((byte < 0x20 && byte != '\n' && byte != '\t') || byte == 0x7f)
            putchar('?');
        else
            putchar(byte);
        if (byte == '\n' && color && i + 1 < unit->n)
            printf("\033[30;48;5;%um", color);
    }
}

static void print_unit(const struct surprise *s, const struct unit *unit)
{
    bool is_dear = unit->bits >= DEAR_BITS;
    unsigned color = s->options->in_color ? color_of(s, unit) : 0;
    if (color)
        printf("\033[30;48;5;%um", color);
    else if (is_dear && !s->options->in_color)
        putchar('{');
    print_text(s, unit, color);
    if (color)
        fputs("\033[0m", stdout);
    else if (is_dear && !s->options->in_color)
        printf("|%.1f}", (double)unit->bits);
}

static double per_byte(const struct surprise *s, double bits)
{
    return s->n_bytes ? bits / (double)s->n_bytes : 0;
}

void surprise_print(const struct surprise *s)
{
    for (size_t i = 0; i < s->n_units; i++)
        print_unit(s, &s->units[i]);
    if (s->n_bytes && s->data[s->n_bytes - 1] != '\n')
        putchar('\n');
    printf("\n%zu bytes; ", s->n_bytes);
    if (s->model)
        printf("%s %.4f bits a byte, ", s->options->model_name, per_byte(s, s->bits));
    if (s->options->compare_name)
        printf("%s %.4f, ", s->options->compare_name, per_byte(s, s->other));
    printf("context models %.4f%s\n", per_byte(s, s->context), s->model ? "" : " bits a byte");
}
