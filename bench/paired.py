#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Bits a byte of models on files, read as `tacit eval --rolling` does, and how much more each model takes than the first: the
interval of 95 % of resamples of the files' pieces of about 500 bytes, the same for both models.

usage: paired.py TACIT MODEL... -- FILE...
"""
import json
import pathlib
import random
import re
import subprocess
import sys
import tempfile

PIECE, ROUNDS = 500, 2000


def pieces(tacit, model, path, folder):
    """[(bytes, bits)] of a file's pieces. Models of one vocabulary have the same pieces."""
    page = folder / "page.html"
    subprocess.run([tacit, "surprise", "-qf", "-m", model, "--html", page, path], check=True)
    units = json.loads(re.search(r'id="data">(.*?)</script>', page.read_text(), re.S).group(1))["units"]
    found = [[0, 0.0]]
    for unit in units:
        if found[-1][0] >= PIECE:
            found.append([0, 0.0])
        found[-1][0] += len(unit[0].encode())
        found[-1][1] += unit[1]
    shown = sum(n for n, _ in found)  # a character of several tokens is shown more than once
    return [(n * path.stat().st_size / shown, bits) for n, bits in found]


def rate(rows):
    return sum(bits for _, bits in rows) / sum(n for n, _ in rows)


def interval(rows, base):
    """Per cent that rows take more than base: low and high."""
    chance, ratios = random.Random(1), []
    for _ in range(ROUNDS):
        drawn = chance.choices(range(len(rows)), k=len(rows))
        ratios.append(100 * (sum(rows[i][1] for i in drawn) / sum(base[i][1] for i in drawn) - 1))
    ratios.sort()
    return ratios[int(0.025 * ROUNDS)], ratios[int(0.975 * ROUNDS)]


def cell(rows, base):
    if rows is base:
        return f"{rate(rows):.4f}"
    low, high = interval(rows, base)
    return f"{rate(rows):.4f} ({low:+.1f} to {high:+.1f} %)"


def main():
    split = sys.argv.index("--")
    (tacit, *models), files = sys.argv[1:split], [pathlib.Path(name) for name in sys.argv[split + 1:]]
    with tempfile.TemporaryDirectory() as name:
        print("| |", " | ".join([*map(str, files), "all"]), "|\n|-|" + "-:|" * (len(files) + 1))
        base = None
        for model in models:
            found = [pieces(tacit, model, path, pathlib.Path(name)) for path in files]
            found.append([piece for part in found for piece in part])
            base = base or found
            print(f"| {model} |", " | ".join(cell(*pair) for pair in zip(found, base)), "|", flush=True)


main()
