#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Where each layer breaks when its weights go or are rounded, and whether a choice by layer or by matrix beats one for all.

usage: run.py BUILD MODEL RATIO CALIBRATION... -- TEXT...
"""
import pathlib
import subprocess
import sys
import tempfile

from mixed import Mixed

RATIOS = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]
BITS = [5, 4, 3, 2]
READ = 2000  # bytes of each text of calibration by which ratios are chosen


def make(build, action, model, path, *options):
    subprocess.run([build / "cli/tacit", "model", action, "-qq", "-f", model, *options, "-o", path], check=True,
                   stdout=subprocess.DEVNULL)


def mean(costs):
    """Texts count alike, by the logarithm."""
    product = 1
    for cost in costs:
        product *= cost
    return product ** (1 / len(costs))


def curves(mixed, parts, levels):
    """{part: [cost with that part at each level]}, of level 0 the whole model; a part is a set of matrices."""
    n = len(mixed.matrices)
    return {name: [mean(mixed.costs([k if i in members else 0 for i in range(n)])) for k in range(levels + 1)]
            for name, members in parts.items()}


def print_curves(heading, names, found):
    print(f"| {heading} |", " | ".join(names), "|\n|-|" + "-:|" * len(names))
    for part, costs in found.items():
        print(f"| {part} |", " | ".join(f"{100 * (c / costs[0] - 1):+.1f} %" for c in costs[1:]), "|")
    print(flush=True)


def choose(found, weights, goal):
    """The level of each part: from 0 up, each time the step that costs least for a weight that goes, until the goal."""
    levels = {part: 0 for part in found}
    def gone():
        return sum(weights[part] * ([0] + RATIOS)[level] for part, level in levels.items()) / sum(weights.values())
    while gone() < goal - 1e-9:
        steps = []
        for part, costs in found.items():
            for to in range(levels[part] + 1, len(costs)):
                more = weights[part] * (([0] + RATIOS)[to] - ([0] + RATIOS)[levels[part]])
                steps.append(((costs[to] - costs[levels[part]]) / more, to, part))
        _, to, part = min(steps, key=lambda s: (s[0], s[1]))
        levels[part] = min(to, levels[part] + 1) # one ratio at a time: the last step overshoots least
    return levels, gone()


def main():
    build, model, goal = pathlib.Path(sys.argv[1]), sys.argv[2], float(sys.argv[3])
    split = sys.argv.index("--")
    calibration, texts = sys.argv[4:split], sys.argv[split + 1:]
    given = [option for text in calibration for option in ("--calibrate", text)]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        pruned = [folder / f"{ratio}.tmodel" for ratio in RATIOS]
        rounded = [folder / f"{bits}.tmodel" for bits in BITS]
        for ratio, path in zip(RATIOS, pruned):
            make(build, "prune", model, path, "--what", "weights", "--by", "sparsegpt", "--ratio", str(ratio), *given)
        for bits, path in zip(BITS, rounded):
            make(build, "quantize", model, path, "--bits", str(bits))
        first = folder / "8.tmodel"
        make(build, "quantize", model, first, "--bits", "8")
        test = Mixed(build, folder, [first, *pruned], texts)
        layers, matrices = {}, {}
        for i, (layer, what, _) in enumerate(test.matrices):
            if layer >= 0:
                layers.setdefault(f"{layer}", set()).add(i)
                matrices[f"{layer} {what}"] = {i}
        print_curves("layer, weights gone", [f"{100 * r:.0f} %" for r in RATIOS], curves(test, layers, len(RATIOS)))
        few = Mixed(build, folder, [first, *rounded], texts)
        print_curves("layer, bits", list(map(str, BITS)), curves(few, layers, len(BITS)))
        few.close()
        beginnings = [folder / f"beginning-{i}" for i in range(len(calibration))]
        for text, beginning in zip(calibration, beginnings):
            beginning.write_bytes(pathlib.Path(text).read_bytes()[:READ])
        calibrated = Mixed(build, folder, [first, *pruned], beginnings)
        sizes = {i: m[2][0] for i, m in enumerate(test.matrices)}
        level = RATIOS.index(goal) + 1
        uniform = [level if m[0] >= 0 else 0 for m in test.matrices]
        print("| ratios | weights gone |", " | ".join(pathlib.Path(t).name for t in texts), "| mean | of calibration |\n|-|-:|"
              + "-:|" * (len(texts) + 2))
        rows = [("none", [0] * len(uniform), 0), ("one for all", uniform, goal)]
        for title, parts in (("by layer", layers), ("by matrix", matrices)):
            weights = {part: sum(sizes[i] for i in members) for part, members in parts.items()}
            levels, gone = choose(curves(calibrated, parts, len(RATIOS)), weights, goal)
            of = {i: levels[part] for part, members in parts.items() for i in members}
            rows.append((f"{title}: " + " ".join(f"{([0] + RATIOS)[k]:g}" for k in levels.values()),
                         [of.get(i, 0) for i in range(len(uniform))], gone))
        for title, choice, gone in rows:
            costs = test.costs(choice)
            print(f"| {title} | {100 * gone:.1f} % |", " | ".join(f"{c:.4f}" for c in costs), f"| {mean(costs):.4f} |",
                  f"{mean(calibrated.costs(choice)):.4f} |", flush=True)
        test.close()
        calibrated.close()


main()
