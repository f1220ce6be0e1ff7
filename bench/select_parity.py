# SPDX-License-Identifier: Apache-2.0
"""tacit select --method zip against the published method, on the same pool and budget, timed in the same run:

    python3 bench/select_parity.py TACIT N_RECORDS N_CHOSEN FILE...

The pool is N_RECORDS records of some 400 bytes from the files. ZIP (bench/zip_reference.py) chooses N_CHOSEN;
tacit chooses as many bytes, by each --measure. A subset is better the less it compresses. zlib looks back on 32 KiB, so what it
makes of a subset depends on the order of its records: `mixed` is the mean over ten random orders. `faster` compares
CPU seconds with ZIP's.
"""
import bz2
import json
import lzma
import pathlib
import random
import resource
import subprocess
import sys
import tempfile
import time
import zlib

import select_pool
import zip_reference


def ratios(records, tacit):
    data = b"".join(records)
    archive = subprocess.run([tacit, "-c", "-6"], input=data, check=True, capture_output=True).stdout
    forms = [zlib.compress(data, 9), bz2.compress(data), lzma.compress(data, preset=9), archive]
    chance, any_order = random.Random(2), 0
    for _ in range(10):
        mixed = records[:]
        chance.shuffle(mixed)
        any_order += zip_reference.ratio(b"".join(mixed)) / 10
    return [len(data) / len(form) for form in forms] + [any_order]


def cpu_seconds():
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


class Clock:
    def __init__(self):
        self.wall, self.cpu = time.monotonic(), cpu_seconds()

    def read(self):
        return time.monotonic() - self.wall, cpu_seconds() - self.cpu


def tacit_select(tacit, pool, n_bytes, *extra):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "pool.jsonl")
        path.write_text("".join(json.dumps({"text": record}) + "\n" for record in pool))
        clock = Clock()
        out = subprocess.run([tacit, "select", "-q", "--budget", str(n_bytes), *extra, path], check=True,
                             capture_output=True).stdout
        seconds = clock.read()
    return [json.loads(line)["text"].encode() for line in out.splitlines()], seconds


def show(name, records, seconds, tacit, zip_cpu):
    print(f"{name:8} {len(records):8} {sum(map(len, records)):10} " +
          " ".join(f"{r:8.3f}" for r in ratios(records, tacit)) +
          f" {seconds[0]:9.2f} {seconds[1]:9.2f} {zip_cpu / seconds[1]:8.1f}", flush=True)


def main():
    tacit, n_records, n_chosen, files = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:]
    chance = random.Random(1)
    pool = select_pool.cut(files)
    chance.shuffle(pool)
    pool = pool[:n_records]
    data = [record.encode() for record in pool]
    print(f"{len(pool)} records, {sum(map(len, data))} bytes")
    print(f"{'measure':8} {'records':>8} {'bytes':>10} {'zlib -9':>8} {'bzip2':>8} {'xz -9':>8} {'tacit -6':>8} {'mixed':>8} "
          f"{'seconds':>9} {'CPU':>9} {'faster':>8}")
    clock = Clock()
    zip_chosen = [data[i] for i in zip_reference.select(data, n_chosen)]
    zip_seconds = clock.read()
    show("ZIP", zip_chosen, zip_seconds, tacit, zip_seconds[1])
    n_bytes = sum(map(len, zip_chosen))
    for measure in ("fast", "zstd", "context"):
        chosen, seconds = tacit_select(tacit, pool, n_bytes, "--measure", measure)
        show(measure, chosen, seconds, tacit, zip_seconds[1])
    chosen, seconds = tacit_select(tacit, pool, n_bytes, "--method", "random")
    show("random", chosen, seconds, tacit, zip_seconds[1])


main()
