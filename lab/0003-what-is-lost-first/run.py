#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Bits a character by kind of word and by text, of a model and of smaller versions of it: what these take more, and its interval of 95 % by
resampled pieces of the texts, the same for both.

usage: run.py TACIT MODEL CALIBRATION ENGLISH TEXT...
"""
import json
import pathlib
import random
import re
import subprocess
import sys
import tempfile

FUNCTION_WORDS = set("""a about after all also an and any are as at be because been before but by can could did do does
each for from had has have he her here his how i if in into is it its just like may me more most my no not now of on one
only or other our out over own same she should so some such than that the their them then there these they this those
through to too under up us was we were what when where which while who will with would you your""".split())
PIECE, ROUNDS = 500, 1000
KINDS = [("numbers", r"\d[\d.,]*"), ("names", r"(?<=[a-z,;] )[A-Z][A-Za-z]+"), ("words", r"[A-Za-z']+"), ("the rest", r".")]
SMALLER = [("5 bits", "quantize --bits 5 --method gptq"), ("4 bits", "quantize --bits 4 --method gptq"),
           ("3 bits", "quantize --bits 3 --method gptq"), ("2 bits", "quantize --bits 2 --method gptq"),
           ("half zeros", "prune --what weights --by sparsegpt"), ("a head", "prune --what heads"),
           ("a layer", "prune --what layers"), ("a quarter of neurons", "prune --what neurons --ratio 0.25 --by wanda")]


def costs(tacit, model, text, folder):
    """The text and the bits of each character: those of its token, shared among the token's characters."""
    page = folder / "page.html"
    subprocess.run([tacit, "surprise", "-qf", "-m", model, "--html", page, text], check=True)
    units = json.loads(re.search(r'id="data">(.*?)</script>', page.read_text(), re.S).group(1))["units"]
    return "".join(unit[0] for unit in units), [unit[1] / len(unit[0]) for unit in units for _ in unit[0]]


def add(row, column, piece, n, bits):
    pieces = row.setdefault(column, {})
    before = pieces.get(piece, (0, 0))
    pieces[piece] = (before[0] + n, before[1] + bits)


def add_kinds(row, text, bits):
    pattern = "|".join(f"(?P<k{i}>{expression})" for i, (_, expression) in enumerate(KINDS))
    for match in re.finditer(pattern, text, re.S):
        kind = KINDS[int(match.lastgroup[1:])][0]
        if kind == "words":
            kind = "function words" if match[0].lower() in FUNCTION_WORDS else "other words"
        add(row, kind, match.start() // PIECE, len(match[0]), sum(bits[match.start():match.end()]))


def measure(tacit, model, texts, folder):
    """{column: {piece: (characters, bits)}}: the kinds of the first text, then each text."""
    row = {}
    for i, path in enumerate(texts):
        text, bits = costs(tacit, model, path, folder)
        if i == 0:
            add_kinds(row, text, bits)
            row = dict(sorted(row.items()))
        for j, cost in enumerate(bits):
            add(row, path.name, j // PIECE, 1, cost)
    return row


def rate(pieces):
    return sum(bits for _, bits in pieces) / sum(n for n, _ in pieces)


def rise(pieces, whole):
    """What a column takes more than the whole model's: "+1.5 (+1.2 to +1.9) %"."""
    chance, ratios, keys = random.Random(1), [], list(whole)
    for _ in range(ROUNDS):
        drawn = chance.choices(keys, k=len(keys))
        ratios.append(100 * sum(pieces[k][1] for k in drawn) / sum(whole[k][1] for k in drawn) - 100)
    ratios.sort()
    all_of_it = 100 * rate(pieces.values()) / rate(whole.values()) - 100
    return f"{all_of_it:+.1f} ({ratios[int(0.025 * ROUNDS)]:+.1f} to {ratios[int(0.975 * ROUNDS)]:+.1f}) %"


def main():
    tacit, model, calibration, *texts = sys.argv[1:]
    texts = [pathlib.Path(text) for text in texts]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        whole = measure(tacit, model, texts, folder)
        print("| |", " | ".join(whole), "|\n|-|" + "-:|" * len(whole))
        print("| whole |", " | ".join(f"{rate(x.values()):.3f}" for x in whole.values()), "|", flush=True)
        for title, command in SMALLER:
            action, *options = command.split()
            subprocess.run([tacit, "model", action, "-qf", model, *options, "--calibrate", calibration, "-o",
                            folder / "m.tmodel"], check=True, stdout=subprocess.DEVNULL)
            row = measure(tacit, folder / "m.tmodel", texts, folder)
            print(f"| {title} |", " | ".join(rise(x, whole[key]) for key, x in row.items()), "|", flush=True)


if __name__ == "__main__":
    main()
