#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# make_texts.sh CORPUS TACIT: `human`, stretches of documents, and `written`, what the linked-in model writes after the same
# thousand bytes each.
set -e
rm -rf pieces
mkdir pieces
: > human
: > written
for kind in wiki_en books_en textbook_en docs_en code_go code_python xx_de dialogue_en; do
    # head ends the pipe before tar has written all
    zstdcat "$1/$kind.tar.zst" | tar -xOf - | head -c 4000000 | tr '\0' '\n' > pieces/$kind || true
    for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
        tail -c +$((i * 300000 + 1)) pieces/$kind | head -c 15000 > pieces/text
        head -c 1000 pieces/text > pieces/prompt
        tail -c +1001 pieces/text >> human
        "$2" generate --prompt pieces/prompt --bytes 14000 --seed $i -T1 >> written
    done
done
