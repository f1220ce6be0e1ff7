/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/base/number_text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool number_parse(const char *text, unsigned least, unsigned most, unsigned *number)
{
    char *end;
    errno = 0;
    unsigned long value = strtoul(text, &end, 10);
    *number = (unsigned)value;
    return text[0] >= '0' && text[0] <= '9' && *end == '\0' && errno == 0 && value >= least &&
           value <= most;
}

bool number_parse_capped(const char *text, unsigned most, unsigned *number)
{
    size_t n_digits = strspn(text, "0123456789");
    if (n_digits == 0 || text[n_digits] != '\0')
        return false;
    if (!number_parse(text, 0, most, number))
        *number = most;
    return true;
}

bool fraction_parse(const char *text, double least, double most, double *number)
{
    char *end;
    *number = strtod(text, &end);
    return text[0] >= '0' && text[0] <= '9' && *end == '\0' && *number >= least && *number <= most;
}
