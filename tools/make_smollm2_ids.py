#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes tests/unit/model/smollm2_ids.h: the ids that Hugging Face's tokenizers 0.23 gives the texts of
make_tokenizer_cases.py with SmolLM2's vocabulary and merges, read from a GGUF file.

usage: python3 -m pip install tokenizers==0.23.3 gguf && tools/make_smollm2_ids.py FILE.gguf > tests/unit/model/smollm2_ids.h
"""
import sys

import gguf
from make_tokenizer_cases import PRE, TEXTS, c_list
from tokenizers import Tokenizer, models


def main():
    fields = gguf.GGUFReader(sys.argv[1]).fields
    words = fields["tokenizer.ggml.tokens"].contents()
    merges = [tuple(merge.split(" ")) for merge in fields["tokenizer.ggml.merges"].contents()]
    tokenizer = Tokenizer(models.BPE(vocab={w: i for i, w in enumerate(words)}, merges=merges))
    tokenizer.pre_tokenizer = PRE["smollm"]
    print("/* SPDX-License-Identifier: Apache-2.0 */")
    print("/* Made by tools/make_smollm2_ids.py with tokenizers 0.23.3: of each of the texts in")
    print(" * tokenizer_cases.h the number of tokens and the tokens. */")
    print("/* clang-format off */\nstatic const unsigned short smollm2_ids[] = {")
    for text in TEXTS:
        ids = tokenizer.encode(text, add_special_tokens=False).ids
        print("    %s," % c_list([len(ids)] + ids))
    print("};\n/* clang-format on */")


if __name__ == "__main__":
    main()
