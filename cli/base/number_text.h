/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TACIT_CLI_BASE_NUMBER_TEXT_H
#define TACIT_CLI_BASE_NUMBER_TEXT_H

#include <stdbool.h>

/* A whole number from least to most, in decimal and nothing else. */
bool number_parse(const char *text, unsigned least, unsigned most, unsigned *number);

/* The same from 0 on; a number above most counts as most. */
bool number_parse_capped(const char *text, unsigned most, unsigned *number);

/* A number with or without a fraction, from least to most. */
bool fraction_parse(const char *text, double least, double most, double *number);

#endif
