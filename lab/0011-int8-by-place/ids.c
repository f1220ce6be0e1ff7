/* SPDX-License-Identifier: Apache-2.0
 *
 * Writes the tokens of a text as 32-bit little-endian numbers to standard output: ids MODEL TEXT
 */
#include <stdio.h>

#include "base/bytes.h"
#include "bench/model_text.h"

int main(int argc, char **argv)
{
    struct tacit_model *model;
    struct file_bytes text;
    uint32_t *tokens;
    size_t n;
    if (argc != 3 || tacit_model_open(&model, argv[1]) != TACIT_OK ||
        model_text_read(&text, &tokens, &n, model, argv[2], SIZE_MAX) != TACIT_OK)
        return 1;
    for (size_t i = 0; i < n; i++) {
        uint8_t bytes[4];
        store_le32(bytes, tokens[i]);
        fwrite(bytes, 1, sizeof bytes, stdout);
    }
    return 0;
}
