#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How long tacit select takes for many records, and in what memory:

    python3 bench/select_million.py TACIT N_RECORDS BUDGET FILE...

The pool has N_RECORDS records of 1,024 bytes from random places of the files, a word of each changed, so that many
overlap. Peak memory is what the system counted as resident, the pages of the pool that it reads not among them.
"""
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile

SIZE = 1024


def write_pool(path, n_records, files):
    chance = random.Random(1)
    texts = [pathlib.Path(file).read_bytes().decode("utf-8", "ignore") for file in files]
    with open(path, "w", encoding="utf-8") as out:
        for i in range(n_records):
            text = chance.choice(texts)
            at = chance.randrange(max(1, len(text) - SIZE))
            record = f"{i} {chance.randrange(1000000)} " + text[at:at + SIZE]
            out.write(json.dumps({"text": record[:SIZE]}, ensure_ascii=False) + "\n")


def main():
    tacit, n_records, budget, files = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4:]
    with tempfile.TemporaryDirectory() as folder:
        pool = pathlib.Path(folder, "pool.jsonl")
        write_pool(pool, n_records, files)
        print(f"{n_records:,} records, {pool.stat().st_size:,} bytes; budget {budget}\n\n"
              "| method | seconds | CPU seconds | peak MiB | chosen |\n|-|-:|-:|-:|-:|", flush=True)
        for method in ("zip", "dedup", "random"):
            out = pathlib.Path(folder, "chosen.jsonl")
            start = os.times().elapsed
            process = subprocess.Popen([tacit, "select", "-q", "--method", method, "--budget", budget, "-fo", out, pool])
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            if process.returncode != 0:
                sys.exit("select_million.py: tacit failed")
            with open(out, "rb") as file:
                n_chosen = sum(1 for _ in file)
            print(f"| {method} | {os.times().elapsed - start:.0f} | {usage.ru_utime + usage.ru_stime:.0f} | "
                  f"{usage.ru_maxrss / 1024:.0f} | {n_chosen:,} |", flush=True)


if __name__ == "__main__":
    main()
