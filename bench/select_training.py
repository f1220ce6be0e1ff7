# SPDX-License-Identifier: Apache-2.0
"""Is chosen data better to learn from? An order-5 context model is trained on what each method of tacit select
chooses from a redundant pool, and measured on text held out:

    python3 bench/select_training.py TACIT N_POOL BUDGET FILE...

The files are cut into records of some 400 bytes; one in five is held out, the others make a pool of N_POOL
records, most of them near repetitions of a few. BUDGET is in bytes. Random choice is repeated with five seeds. The gain
over it comes with a 95 % interval, from resampling both the held-out records and the seeds.
"""
import collections
import json
import math
import pathlib
import random
import statistics
import subprocess
import sys
import tempfile

import select_pool

ORDER = 5


class ContextModel:
    """Counts of the byte after each context of 0 to 5 bytes, blended by Witten and Bell's escape estimate."""

    def __init__(self):
        self.counts = [collections.defaultdict(collections.Counter) for _ in range(ORDER + 1)]
        self.totals = [collections.Counter() for _ in range(ORDER + 1)]

    def train(self, data):
        for n in range(ORDER + 1):
            counts, totals = self.counts[n], self.totals[n]
            for i in range(n, len(data)):
                context = data[i - n:i]
                counts[context][data[i]] += 1
                totals[context] += 1

    def bits(self, data):
        total = 0.0
        for i in range(len(data)):
            p = 1 / 256
            for n in range(min(i, ORDER) + 1):
                context = data[i - n:i]
                seen = self.totals[n].get(context)
                if not seen:
                    break
                counts = self.counts[n][context]
                p = (counts.get(data[i], 0) + len(counts) * p) / (seen + len(counts))
            total -= math.log2(p)
        return total


def costs(chosen, held_out):
    """Bits of each held-out record after training on those chosen."""
    model = ContextModel()
    for record in chosen:
        model.train(record)
    return [model.bits(record) for record in held_out]


def gain(by_chance, ours, sizes, rounds=2000):
    """Bits a byte saved against the mean of the random choices, and a bootstrap interval."""
    def per_byte(records, seeds):
        saved = sum(sum(by_chance[seed][i] for seed in seeds) / len(seeds) - ours[i] for i in records)
        return saved / sum(sizes[i] for i in records)
    chance, n, k = random.Random(3), len(sizes), len(by_chance)
    draws = sorted(per_byte(chance.choices(range(n), k=n), chance.choices(range(k), k=k)) for _ in range(rounds))
    return per_byte(range(n), range(k)), draws[rounds // 40], draws[-rounds // 40]


def choose(tacit, path, budget, *options):
    out = subprocess.run([tacit, "select", "-q", "--budget", budget, *options, path], check=True,
                         capture_output=True).stdout
    return [json.loads(line)["text"].encode() for line in out.splitlines()]


def main():
    tacit, n_pool, budget, files = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4:]
    chance = random.Random(1)
    records = select_pool.cut(files)
    chance.shuffle(records)
    n_held = len(records) // 5
    held_out = [r.encode() for r in records[:n_held]][:400]
    pool = select_pool.redundant(records[n_held:], n_pool, chance)
    print(f"pool of {len(pool)} records made from {len(records) - n_held}, "
          f"{sum(len(r.encode()) for r in pool)} bytes; held out {sum(map(len, held_out))} bytes")
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "pool.jsonl")
        path.write_text("".join(json.dumps({"text": record}) + "\n" for record in pool))
        sizes = list(map(len, held_out))
        print("| method | records | bytes | held-out bits/byte | saved against random, 95 % |\n|-|-:|-:|-:|-:|")
        by_chance = []
        for seed in range(5):
            chosen = choose(tacit, path, budget, "--method", "random", "--seed", str(seed))
            by_chance.append(costs(chosen, held_out))
        means = [sum(run) / sum(sizes) for run in by_chance]
        print(f"| random, 5 seeds | {len(chosen)} | {sum(map(len, chosen)):,} | {statistics.mean(means):.4f}, standard "
              f"deviation {statistics.stdev(means):.4f} | |", flush=True)
        for method in ("zip", "surprise", "dedup"):
            chosen = choose(tacit, path, budget, "--method", method)
            ours = costs(chosen, held_out)
            saved, low, high = gain(by_chance, ours, sizes)
            print(f"| {method} | {len(chosen)} | {sum(map(len, chosen)):,} | {sum(ours) / sum(sizes):.4f} | {saved:.4f} "
                  f"[{low:.4f}, {high:.4f}] |", flush=True)


main()
