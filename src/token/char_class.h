/* SPDX-License-Identifier: Apache-2.0
 *
 * Classes of characters that pre-tokenizers distinguish, of Unicode 16.0 on every machine. A
 * regular expression library would use the Unicode version that it was built with, and so give
 * other tokens and another archive.
 */
#ifndef TACIT_TOKEN_CHAR_CLASS_H
#define TACIT_TOKEN_CHAR_CLASS_H

#include <stdint.h>

enum char_class {
    CHAR_OTHER,
    CHAR_LETTER, /* \p{L} */
    CHAR_NUMBER, /* \p{N} */
    CHAR_SPACE   /* \s: White_Space */
};

/* code: at most 0x10ffff. */
enum char_class char_class_of(uint32_t code);

#endif
