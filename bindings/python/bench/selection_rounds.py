# SPDX-License-Identifier: Apache-2.0
"""What choosing in two rounds loses against choosing by one machine.

usage: selection_rounds.py FILE...      (libtacit[spark] installed; no cluster is needed)

The lines of the files are cut into chunks as tasks would hold them, and chosen from by what libtacit.spark.select
runs. A choice is judged by the bytes that its lines take at level 3: what repeats teaches nothing.
"""

import pathlib
import sys

import libtacit
import pyarrow as pa
from libtacit.spark._choose import Choice


def judged(lines):
    return len(libtacit.compress(b"\n".join(lines), 4))


def in_rounds(lines, budget, n_chunks, oversample):
    choice = Choice("value", sum(map(len, lines)), budget, False, None, {"method": "zip"})
    candidates = []
    per_chunk = -(-len(lines) // n_chunks)
    for at in range(0, len(lines), per_chunk):
        chunk = lines[at : at + per_chunk]
        share = oversample * sum(map(len, chunk)) / choice.n_all
        candidates += [chunk[row] for row in sorted(choice.of(pa.table({"value": chunk}), share).records)]
    return [candidates[row] for row in choice.of(pa.table({"value": candidates}), 1.0).records]


def main():
    lines = [line for path in sys.argv[1:] for line in pathlib.Path(path).read_bytes().split(b"\n")]
    for share in (50, 10):
        budget = sum(map(len, lines)) // share
        alone = judged(lines[row] for row in libtacit.select(lines, budget).records)
        chance = judged(lines[row] for row in libtacit.select(lines, budget, method="random").records)
        print(f"budget {budget}: one machine {alone}, at random {chance / alone - 1:+.1%}")
        for n_chunks in (4, 16, 64):
            losses = [judged(in_rounds(lines, budget, n_chunks, n)) / alone - 1 for n in (1, 2, 4)]
            print(f"{n_chunks} chunks, oversample 1, 2, 4: " + ", ".join(f"{loss:+.1%}" for loss in losses), flush=True)


main()
