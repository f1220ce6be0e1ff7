#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Bits a byte of a model whose keys and values have widths by distance, by layer and by head, at about the same bytes.

usage: run.py TACIT MODEL CALIBRATION CALIBRATION TEXT...

TACIT: built with ../0006-keep-by-head/simulate.patch. Texts: one window of 2,048 tokens each.
"""
import os
import pathlib
import subprocess
import sys
import tempfile


def evaluate(tacit, model, texts, arm, profile=None):
    """Bits a byte of each text and of all, with the heads' lines in arm."""
    with tempfile.NamedTemporaryFile("w", suffix=".heads") as heads:
        heads.write(arm)
        heads.flush()
        env = dict(os.environ, KVSIM=heads.name)
        if profile:
            env.update(KVSIM_PROFILE="230", KVSIM_OUT=str(profile))
        out = subprocess.run([tacit, "eval", "-q", "-T1", model, "--", *texts], env=env, check=True, capture_output=True, text=True)
    return [float(line.split()[2]) for line in out.stdout.splitlines()[1:]]


def arms(path):
    """[(title, lines)]; the profile says how much each head's output loses without positions beyond 230."""
    rows = [line.split() for line in path.read_text().splitlines()]
    heads = [row[:2] for row in sorted(rows, key=lambda row: -float(row[3]))]
    of_layer = {row[0]: sum(float(r[3]) for r in rows if r[0] == row[0]) for row in rows}
    layers = sorted(of_layer, key=lambda layer: -of_layer[layer])
    return [("8 bits", ""), *((f"{k}, {v}", f"* * s=230:{k}:{v}\n") for k, v in ((4, 4), (4, 3), (3, 3), (4, 2), (3, 2), (2, 2))),
            ("3, 2, 102 near", "* * s=102:3:2\n"), ("2, 2, 102 near", "* * s=102:2:2\n"),
            ("by distance: 4, 4 to 640, then 2, 2", "* * s=230:4:4 s=640:2:2\n"),
            ("by distance: 102 near, 4, 4 to 1,024, then 2, 2", "* * s=102:4:4 s=1024:2:2\n"),
            ("by layer: 8 layers 4, 4, others 2, 2", "* * s=230:2:2\n" + "".join(f"{i} * s=230:4:4\n" for i in layers[:8])),
            ("by head: 22 heads 4, 4, others 2, 2", "* * s=230:2:2\n" + "".join(f"{i} {j} s=230:4:4\n" for i, j in heads[:22])),
            ("by head: 30 heads 4, 3, 30 3, 2, 30 2, 2", "* * s=230:3:2\n" + "".join(
                f"{i} {j} s=230:4:3\n" for i, j in heads[:30]) + "".join(f"{i} {j} s=230:2:2\n" for i, j in heads[-30:]))]


def main():
    tacit, model, first, second, *texts = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        profile = pathlib.Path(folder) / "profile"
        evaluate(tacit, model, [first, second], "", profile)
        base = None
        for title, lines in arms(profile):
            bits = evaluate(tacit, model, texts, lines)
            base = base or bits
            print(f"| {title} |", " | ".join(f"{x:.4f}" for x in bits), f"| {100 * bits[-1] / base[-1] - 100:.2f} % |", flush=True)


main()
