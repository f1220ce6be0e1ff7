#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes tests/unit/token/tokenizer_cases.h: a toy vocabulary, texts, and the ids that Hugging Face's
tokenizers 0.23 gives them with each pre-tokenizer.

usage: python3 -m pip install tokenizers==0.23.3 && tools/make_tokenizer_cases.py > tests/unit/token/tokenizer_cases.h
"""
from tokenizers import Regex, Tokenizer, models, pre_tokenizers, trainers

TEXTS = [
    "The lighthouse keeper counted 1,024 lamps; it's more than she'd ever lit before the year 2026.",
    "We're sure they'll say I'm late, don't you think? IT'S LOUD, THEY'LL HEAR, o'clock, rock'n'roll.",
    "    if (count > 10) {\n\treturn table[index++] * 0x1F;\n    }\n\n\n#define LIMIT 4096\n",
    "def area(radius):\r\n    return 3.14159 * radius ** 2\r\n\r\n\r\nprint(area(7))  # done  \n",
    "Der Bär läuft über die Straße, während drei Mädchen Äpfel für 3,50 € kaufen.",
    "Une hélice s'éleva dans l'air glacé ; où étaient passées les îles ?",
    "Старый маяк стоял у моря, и волны тихо били о камни.",
    "灯台の光は夜の海を照らし、船は静かに港へ帰った。全部で12隻です。",
    "المنارة القديمة تضيء البحر ٣ مرات كل ليلة",
    "पुराना दीपस्तंभ १२ बार चमकता है",
    "😀 smile 👩‍👩‍👧 family 🏳️‍🌈 flag!!! ... ??? --- #tag @user $5.00 50%",
    "a\u00a0b\u2003c\u2028d\u3000e\u0085f\u180eg\u200bh  \u00a0 i",
    "x² + y³ = Ⅷ and ½ of ١٢٣ is 61.5, e\u0301 is not \u00e9, it'\u017f",
    "   leading, trailing   ",
    "\n\n \n\t\n  end\n ",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "thethethetherethethenthethethelampthethelighthethethekeeperthethethetheislandthethethethesea",
    "<|endoftext|> is text <|im_start|> too",
    " ",
    "",
]

CORPUS = TEXTS + [
    "The keeper of the lamp lit the lamp when the sea was dark and the ships were there to see the light.",
    "Then the light went over the sea, and they were there with the other ships in the harbour.",
    "for (int i = 0; i < count; i++) {\n    total += table[i];\n    printf(\"%d\\n\", total);\n}\n",
    "Die Lampe und der Leuchtturm über dem Meer; der Mann und die Frau und das Licht.",
]

# Bytes that the toy vocabulary cannot spell, as a real one.
MISSING = [0x04, 0x06, 0x13, 0x14, 0x16, 0x1D, 0xC0, 0xC1, 0xF1, 0xF2] + list(range(0xF5, 0x100))

GPT4 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}%s"
        r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")


def byte_level(use_regex):
    return pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=use_regex)


def gpt4(digits):
    split = pre_tokenizers.Split(Regex(GPT4 % digits), "isolated")
    return pre_tokenizers.Sequence([split, byte_level(False)])


PRE = {
    "smollm": pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), byte_level(True)]),
    "gpt-2": byte_level(True),
    "qwen2": gpt4(""),
    "llama-bpe": gpt4("{1,3}"),
}


def byte_char(byte):
    """The character that byte-level vocabularies write for a byte."""
    own = list(range(0x21, 0x7F)) + list(range(0xA1, 0xAD)) + list(range(0xAE, 0x100))
    if byte in own:
        return chr(byte)
    return chr(256 + [b for b in range(256) if b not in own].index(byte))


def c_string(text):
    """One character of the string a character of the text where it is plain ASCII, else octal."""
    out = []
    for byte in text.encode("utf-8"):
        plain = 0x20 <= byte < 0x7F and chr(byte) not in '"\\?'
        out.append(chr(byte) if plain else "\\%03o" % byte)
    return '"' + "".join(out) + '"'


def c_list(values):
    return ", ".join(str(value) for value in values)


def train():
    """Vocabulary and merges learned from the texts; the alphabet comes first, in order of the bytes."""
    learner = Tokenizer(models.BPE())
    learner.pre_tokenizer = PRE["smollm"]
    alphabet = [byte_char(b) for b in range(256) if b not in MISSING]
    trainer = trainers.BpeTrainer(vocab_size=560, initial_alphabet=alphabet, min_frequency=2,
                                  show_progress=False)
    learner.train_from_iterator(CORPUS, trainer)
    import json
    merges = [tuple(m) for m in json.loads(learner.to_str())["model"]["merges"]]
    words = ["<|endoftext|>"] + alphabet
    for left, right in merges:
        if left + right not in words:
            words.append(left + right)
    return words, merges


def main():
    words, merges = train()
    print("/* SPDX-License-Identifier: Apache-2.0 */")
    print("/* Made by tools/make_tokenizer_cases.py with tokenizers 0.23.3. */")
    print("/* clang-format off */")
    print("#define N_WORDS %d\n#define N_MERGES %d\n#define N_TEXTS %d" % (len(words), len(merges), len(TEXTS)))
    print("/* Word 0 is special; the rest is one byte each at first, then merged words. */")
    print("static const char *const words[N_WORDS] = {")
    for word in words:
        print("    %s," % c_string(word))
    print("};\nstatic const char *const merges[N_MERGES] = {")
    for left, right in merges:
        print("    %s," % c_string(left + " " + right))
    print("};\nstatic const char *const texts[N_TEXTS] = {")
    for text in TEXTS:
        print("    %s," % c_string(text))
    print("};")
    for name, pre in PRE.items():
        tokenizer = Tokenizer(models.BPE(vocab={w: i for i, w in enumerate(words)}, merges=merges,
                                         ignore_merges=name == "llama-bpe"))
        tokenizer.pre_tokenizer = pre
        print("static const unsigned short ids_%s[] = {" % name.replace("-", "_"))
        for text in TEXTS:
            ids = tokenizer.encode(text, add_special_tokens=False).ids
            print("    %s," % c_list([len(ids)] + ids))
        print("};")
    print("/* clang-format on */")


if __name__ == "__main__":
    main()
