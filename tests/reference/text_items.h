/* SPDX-License-Identifier: Apache-2.0
 *
 * docs/language-model.md, section 3: text becomes items.
 */
#ifndef TACIT_REFERENCE_TEXT_ITEMS_H
#define TACIT_REFERENCE_TEXT_ITEMS_H

#include "item_trie.h"

/* Writes the places of the items of text[0 .. n), at most n, and returns their number. */
uint32_t text_items(const struct model *model, const struct items *items, const uint8_t *text,
                    uint32_t n, uint32_t *places);

#endif
