#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Bits of each matrix, chosen by `tacit model quantize --allocate bits` and by a search that measures each step, at the size of
a uniform width.

usage: run.py BUILD MODEL BITS TRIALS CALIBRATION... -- TEXT...
"""
import pathlib
import random
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "0008-thresholds"))
from mixed import Mixed  # noqa: E402

WIDTHS = [2, 3, 4, 5, 6, 7]


def quantize(build, model, path, *options):
    subprocess.run([build / "cli/tacit", "model", "quantize", "-qq", "-f", model, *options, "-o", path], check=True,
                   stdout=subprocess.DEVNULL)


def mean(costs):
    product = 1
    for cost in costs:
        product *= cost
    return product ** (1 / len(costs))


def groups(matrices):
    """What changes together: the embeddings, the tables of pairs and triples, each layer's attention and each hidden layer."""
    found = {}
    for i, (layer, what, _) in enumerate(matrices):
        name = (layer, what in ("up", "down")) if layer >= 0 else what == "embedding"
        found.setdefault(name, []).append(i)
    return list(found.values())


def shifted(choice, group, by):
    """Narrower or wider by one bit, if all of the group can be; else None."""
    changed = list(choice)
    for i in group:
        changed[i] += by
        if not 0 <= changed[i] < len(WIDTHS):
            return None
    return changed


def search(mixed, start, n_trials, seed=1):
    """One or two groups lose a bit, others gain one in any order while there is room; what measures better stays."""
    chance, best, room, parts = random.Random(seed), list(start), mixed.size(start), groups(mixed.matrices)
    cost = mean(mixed.costs(best))
    for _ in range(n_trials):
        order = random.Random(chance.random()).sample(range(len(parts)), len(parts))
        n_lost, tried = chance.choice([1, 2]), list(best)
        for g in order[:n_lost]:
            tried = shifted(tried, parts[g], -1) or tried
        for g in order[n_lost:]:
            more = shifted(tried, parts[g], 1)
            if more and mixed.size(more) <= room:
                tried = more
        found = mean(mixed.costs(tried))
        if found < cost:
            best, cost = tried, found
    return best


def by_bits(build, folder, model, bits, calibration, mixed):
    """The widths of `--allocate bits`, read off the sizes of its matrices."""
    given = [option for text in calibration for option in ("--calibrate", text)]
    quantize(build, model, folder / "bits.tmodel", "--bits", str(bits), "--allocate", "bits", *given)
    chosen = Mixed(build, folder, [folder / "bits.tmodel"], [])
    choice = [m[2].index(other[2][0]) for m, other in zip(mixed.matrices, chosen.matrices)]
    chosen.close()
    return choice


def main():
    build, model, bits, n_trials = pathlib.Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    split = sys.argv.index("--")
    calibration, texts = sys.argv[5:split], sys.argv[split + 1:]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        models = [folder / f"{width}.tmodel" for width in WIDTHS]
        for width, path in zip(WIDTHS, models):
            quantize(build, model, path, "--bits", str(width))
        test, read = Mixed(build, folder, models, texts), Mixed(build, folder, models, calibration)
        uniform = [WIDTHS.index(bits)] * len(test.matrices)
        allocated = by_bits(build, folder, model, bits, calibration, test)
        rows = [("uniform", uniform), ("by bits", allocated), ("searched from uniform", search(read, uniform, n_trials)),
                ("searched from by bits", search(read, allocated, n_trials)),
                ("searched on the texts themselves", search(test, uniform, n_trials))]
        print("| widths | bytes |", " | ".join(pathlib.Path(t).name for t in texts), "| mean | calibration |\n|-|-:|"
              + "-:|" * (len(texts) + 2))
        for title, choice in rows:
            costs = test.costs(choice)
            print(f"| {title} | {test.size(choice):,} |", " | ".join(f"{c:.4f}" for c in costs),
                  f"| {mean(costs):.4f} | {mean(read.costs(choice)):.4f} |")
        print("\n| matrix |", " | ".join(title for title, _ in rows[1:]), "|\n|-|" + "-:|" * (len(rows) - 1))
        for i, (layer, what, _) in enumerate(test.matrices):
            where = what if layer < 0 else f"{layer} {what}"
            print(f"| {where} |", " | ".join(str(WIDTHS[choice[i]]) for _, choice in rows[1:]), "|")


if __name__ == "__main__":
    main()
