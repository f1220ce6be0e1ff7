#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""run.py INSPECTION...: of what `tacit inspect MODEL [TEXT] --json` tells, by the numbers of each matrix: their entropy, the share of singular values that
have 90 and 99 % of the energy, and the numbers of two factors of that rank against the matrix's; of what the text's tokens
leave behind, means of the layers."""
import json
import sys


def matrices(tensors):
    sizes = [t["rows"] * t["columns"] for t in tensors]
    n = sum(sizes)
    stored = sum(size * t["stored_bits"] for size, t in zip(sizes, tensors)) / n
    entropy = sum(size * t["entropy"] for size, t in zip(sizes, tensors)) / n
    print(f"{n:,} numbers: stored {stored:.2f} bits, entropy {entropy:.2f}")
    for share in "rank_90", "rank_99":
        rank = sum(size * t[share] / t["ranks"] for size, t in zip(sizes, tensors)) / n
        factors = sum(min(size, t[share] * (t["rows"] + t["columns"])) for size, t in zip(sizes, tensors)) / n
        print(f"{share}: {100 * rank:.0f} % of the singular values, factors have {100 * factors:.1f} % of the numbers")


def rows(what, name, found):
    found = [row for row in found if row[what] == name]
    mean = {key: sum(row[key] for row in found) / len(found) for key in ("entropy", "rank_90", "rank_99")}
    print(f"{name}: entropy {mean['entropy']:.2f}, rank {mean['rank_90']:.0f} and {mean['rank_99']:.0f}")


def main():
    for path in sys.argv[1:]:
        with open(path, encoding="utf-8") as file:
            inspection = json.load(file)
        print(inspection["model"])
        matrices(inspection["tensors"])
        for what, found in ("what", inspection.get("cached", [])), ("matrix", inspection.get("inputs", [])):
            for name in dict.fromkeys(row[what] for row in found):
                rows(what, name, found)


main()
