#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Bits a character by kind of word and by text, of the linked-in model and of smaller versions of it.

usage: run.py TACIT CALIBRATION ENGLISH TEXT...
"""
import json
import pathlib
import re
import subprocess
import sys
import tempfile

FUNCTION_WORDS = set("""a about after all also an and any are as at be because been before but by can could did do does
each for from had has have he her here his how i if in into is it its just like may me more most my no not now of on one
only or other our out over own same she should so some such than that the their them then there these they this those
through to too under up us was we were what when where which while who will with would you your""".split())
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


def by_kind(text, bits):
    """{kind: (characters, bits)} of a text."""
    sums, pattern = {}, "|".join(f"(?P<k{i}>{expression})" for i, (_, expression) in enumerate(KINDS))
    for match in re.finditer(pattern, text, re.S):
        kind = KINDS[int(match.lastgroup[1:])][0]
        if kind == "words":
            kind = "function words" if match[0].lower() in FUNCTION_WORDS else "other words"
        n, cost = sums.get(kind, (0, 0))
        sums[kind] = (n + len(match[0]), cost + sum(bits[match.start():match.end()]))
    return sums


def measure(tacit, model, texts, folder):
    """{column: bits a character}: the kinds of the first text, then each text."""
    row = {}
    for i, path in enumerate(texts):
        text, bits = costs(tacit, model, path, folder)
        if i == 0:
            row.update({kind: cost / n for kind, (n, cost) in sorted(by_kind(text, bits).items())})
        row[path.name] = sum(bits) / len(bits)
    return row


def main():
    tacit, calibration, *texts = sys.argv[1:]
    texts = [pathlib.Path(text) for text in texts]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        whole = measure(tacit, "default", texts, folder)
        print("| |", " | ".join(whole), "|\n|-|" + "-:|" * len(whole))
        print("| whole |", " | ".join(f"{x:.3f}" for x in whole.values()), "|", flush=True)
        for title, command in SMALLER:
            action, *options = command.split()
            subprocess.run([tacit, "model", action, "-qf", "default", *options, "--calibrate", calibration, "-o",
                            folder / "m.tmodel"], check=True, stdout=subprocess.DEVNULL)
            row = measure(tacit, folder / "m.tmodel", texts, folder)
            print(f"| {title} |", " | ".join(f"{100 * x / whole[key] - 100:+.1f} %" for key, x in row.items()), "|", flush=True)


if __name__ == "__main__":
    main()
