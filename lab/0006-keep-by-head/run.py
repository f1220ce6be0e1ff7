#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Bits a byte of a model whose heads keep different numbers of positions, 30 % of 2,048 on average.

usage: run.py TACIT MODEL CALIBRATION CALIBRATION TEXT...

TACIT: built with simulate.patch, whose head says what it reads from KVSIM. Texts: one window of 2,048 tokens each.
"""
import os
import pathlib
import subprocess
import sys
import tempfile

WINDOW, SHARE = 2048, 614
BUDGETS = [64, 128, 256, 512, 768, 1152, WINDOW]  # the first six as the patch measures them


def evaluate(tacit, model, texts, arm, profile=None):
    """[(bits a byte, bytes)] of the texts and of all, with the heads' lines in arm."""
    with tempfile.NamedTemporaryFile("w", suffix=".heads") as heads:
        heads.write(arm)
        heads.flush()
        env = dict(os.environ, KVSIM=heads.name)
        if profile:
            env.update(KVSIM_PROFILE="230", KVSIM_OUT=str(profile))
        out = subprocess.run([tacit, "eval", "-q", "-T1", model, "--", *texts], env=env, check=True, capture_output=True, text=True)
    rows = [line.split() for line in out.stdout.splitlines()[1:]]
    return [float(row[2]) for row in rows]


def read_profile(path):
    """[(layer, head)], what the output loses without positions beyond 230, and with each of BUDGETS."""
    rows = [line.split() for line in path.read_text().splitlines()]
    heads = [(int(row[0]), int(row[1])) for row in rows]
    return heads, [float(row[3]) for row in rows], [[*map(float, row[5:11]), 0.0] for row in rows]


def allocate(lost, total):
    """Budgets of the heads: the step that saves most for each slot first."""
    at = [0] * len(lost)
    used = BUDGETS[0] * len(lost)
    while True:
        steps = [((lost[h][i] - lost[h][j]) / (BUDGETS[j] - BUDGETS[i]), h, j) for h, i in enumerate(at)
                 for j in range(i + 1, len(BUDGETS)) if used + BUDGETS[j] - BUDGETS[i] <= total and lost[h][j] < lost[h][i]]
        if not steps:
            return [BUDGETS[i] for i in at]
        _, h, j = max(steps)
        used += BUDGETS[j] - BUDGETS[at[h]]
        at[h] = j


def by_budget(heads, budgets, more=""):
    return "".join(f"{layer} {head} {f'budget={n}' if n < WINDOW else ''} {more}\n" for (layer, head), n in zip(heads, budgets))


def by_both(heads, far, budgets, near):
    """Bits by head, too: a third of the heads at 4 and 3, a third at 3 and 2, those that look far least at 2 and 2."""
    third, lines, n_bytes = len(heads) // 3, "", 0
    rank = {i: n for n, i in enumerate(sorted(range(len(heads)), key=lambda i: -far[i]))}
    for i, n in enumerate(budgets):
        key, value = [(4, 3), (3, 2), (2, 2)][min(rank[i] // third, 2)]
        slot = 8 * key + 2 + 8 * value + 2
        n_bytes += n * slot + near * (136 - slot)
        lines += by_budget([heads[i]], [n], f"s={near}:{key}:{value}")
    print(f"positions and bits by head: {n_bytes / len(heads):.0f} bytes a head", file=sys.stderr)
    return lines


def arms(heads, far, lost):
    """[(title, lines)]"""
    first = [heads[i] for i in sorted(range(len(heads)), key=lambda i: -far[i])]
    whole = "".join(f"{layer} {head}\n" for layer, head in first[:20])
    of_30, of_44, of_50 = (allocate(lost, n * len(heads)) for n in (SHARE, 905, 1024))
    return [("all keep all", ""), ("all alike", "* * budget=576\n"),
            ("20 heads all, others the latest 160", "* * drop=160\n" + whole),
            ("20 heads all, others 164 by attention", "* * budget=164\n" + whole),
            ("by profile", by_budget(heads, of_30)),
            ("by profile, merged up to four to one", by_budget(heads, of_30, "merge=4")),
            ("22 heads all at 3 and 2 bits, others the latest 188", "* * drop=188\n" + "".join(
                f"{layer} {head} s=230:3:2\n" for layer, head in first[:22])),
            ("30 % by profile, 4 and 3 bits beyond 64", by_budget(heads, of_30, "s=64:4:3")),
            ("50 % by profile, 3 and 2 bits beyond 64", by_budget(heads, of_50, "s=64:3:2")),
            ("44 % by profile, bits by head beyond 100", by_both(heads, far, of_44, 100))]


def main():
    tacit, model, first, second, *texts = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        profile = pathlib.Path(folder) / "profile"
        evaluate(tacit, model, [first, second], "", profile)
        base = None
        for title, lines in arms(*read_profile(profile)):
            bits = evaluate(tacit, model, texts, lines)
            base = base or bits
            print(f"| {title} |", " | ".join(f"{x:.4f}" for x in bits), f"| {100 * bits[-1] / base[-1] - 100:.1f} % |", flush=True)


main()
