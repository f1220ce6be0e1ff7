/* SPDX-License-Identifier: Apache-2.0
 *
 * What a block is made of, which decides the contexts that predict it. Always a hint: a wrong type
 * costs bytes, never correctness. The values are stored in archives, so they never change meaning.
 */
#ifndef TACIT_PREDICT_CONTENT_H
#define TACIT_PREDICT_CONTENT_H

enum content_type {
    CONTENT_DEFAULT = 0, /* anything else, and binary data without a known structure */
    CONTENT_TEXT = 1,    /* prose, source code, logs: lines of words */
    CONTENT_MARKUP = 2,  /* XML, HTML */
    CONTENT_RECORDS = 3, /* rows of fixed length */
    CONTENT_X86 = 4,
    CONTENT_IMAGE8 = 5,
    CONTENT_IMAGE24 = 6,
    CONTENT_AUDIO16 = 7,
};

#endif
