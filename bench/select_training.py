# SPDX-License-Identifier: Apache-2.0
"""Is chosen data better to learn from? An order-5 context model is trained on what each method of tacit select
chooses from a redundant pool, and measured on text held out:

    python3 bench/select_training.py TACIT N_POOL BUDGET FILE...

The files are cut into records of some 400 bytes; one in five is held out, the others make a pool of N_POOL
records, most of them near repetitions of a few. BUDGET is in bytes. Random choice is repeated with five seeds, and
its standard deviation is said.
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


def held_out_bits(chosen, held_out):
    model = ContextModel()
    for record in chosen:
        model.train(record)
    return sum(map(model.bits, held_out)) / sum(map(len, held_out))


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
        print(f"{'method':10} {'records':>8} {'bytes':>9} {'held-out bits/byte':>19}")
        by_chance = []
        for seed in range(5):
            chosen = choose(tacit, path, budget, "--method", "random", "--seed", str(seed))
            by_chance.append(held_out_bits(chosen, held_out))
        print(f"{'random':10} {len(chosen):8} {sum(map(len, chosen)):9} {statistics.mean(by_chance):19.4f} "
              f"+- {statistics.stdev(by_chance):.4f} (5 seeds)", flush=True)
        for method in ("zip", "surprise", "dedup"):
            chosen = choose(tacit, path, budget, "--method", method)
            print(f"{method:10} {len(chosen):8} {sum(map(len, chosen)):9} {held_out_bits(chosen, held_out):19.4f}",
                  flush=True)


main()
