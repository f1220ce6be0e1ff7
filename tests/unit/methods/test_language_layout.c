/* SPDX-License-Identifier: Apache-2.0
 *
 * What version 1 reserves in the beginning of a payload needs a newer version, whatever the bytes behind it are, which may
 * mean something else then.
 */
#include "methods/language/language_layout.h"

#include <string.h>

#include "check.h"

enum { N_CONTENT = 100, N_BEHIND = 40 };

static enum tacit_status parse(const uint8_t *front, size_t n_front, uint8_t behind)
{
    static struct language_layout layout;
    uint8_t data[N_BEHIND];
    size_t n_layout;
    memset(data, behind, sizeof data);
    memcpy(data, front, n_front);
    return language_layout_parse(data, sizeof data, N_CONTENT, NULL, &layout, &n_layout);
}

static void check_reserved(const char *what, unsigned first, unsigned second)
{
    const uint8_t front[] = {(uint8_t)first, (uint8_t)second};
    for (unsigned behind = 0; behind < 256; behind++) {
        enum tacit_status status = parse(front, sizeof front, (uint8_t)behind);
        CHECK_MSG(status == TACIT_ERR_VERSION, "%s, then %02x: %s", what, behind,
                  tacit_status_name(status));
    }
}

int main(void)
{
    check_reserved("memory", 0x4b, 0x01);
    check_reserved("type 15", 0x40, 0x0f);
    check_reserved("reference and primed", 0xc0, 0x11);
    check_reserved("reference and line ends", 0x60, 0x11);
    check_reserved("reference and recoded", 0x40, 0x31);
    check_reserved("recalls and primed", 0xc0, 0x91);
    check_reserved("recalls, restated, and line ends", 0x60, 0xb1);
    check_reserved("unmixed and arranged", 0x50, 0x81);
    CHECK(parse((const uint8_t[]){0x40, 0x01}, 2, 0) == TACIT_OK);
    return check_result();
}
