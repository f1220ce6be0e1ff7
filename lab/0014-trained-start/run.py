#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Trains what a language block's models begin with, and measures it (README.md).

    run.py samples TRAINING-FOLDER OUT    three files of 24,000, 12,000 and 5,000 bytes of each category, each of one document
    run.py pairs TRAINING-FOLDER OUT      records of 1,000 to 5,000 bytes, each with a reference of 112,000 bytes of its source
    run.py train TACIT STATE FILE...      the first 20,000 bytes of each, in random order; behind FILE.ref if there is one
    run.py measure TACIT N FILE...        bytes of archives of the first N bytes of each; N < 0: of -N bytes from its middle

STATE is a sparse file. TACIT: built with carry.patch. measure takes CARRY_* from the environment.
"""
import os
import pathlib
import random
import subprocess
import sys
import tempfile

PAIRS = ("data_json data_logs data_csv data_html data_yaml code_c code_java code_python code_js_ts docs_en_xml wiki_en "
         "dialogue_en docs_en").split()


def archive(tacit, data, env, reference=None):
    with tempfile.NamedTemporaryFile() as f:
        f.write(data)
        f.flush()
        command = [tacit, "-6", "-T1", *(["-D", reference] if reference else []), "-c", f.name]
        return len(subprocess.run(command, capture_output=True, check=True,
                                  env=dict(os.environ, CARRY_FORCE="1", **env)).stdout)


def documents(folder):
    return [d for path in sorted(folder.rglob("*")) if path.is_file() for d in path.read_bytes().split(b"\0")]


def samples(training, out):
    chance = random.Random(11)
    for folder in sorted(pathlib.Path(training).iterdir()):
        docs = [d for d in documents(folder) if len(d) > 3000]
        for i, size in enumerate((24000, 12000, 5000)):
            data = chance.choice([d for d in docs if len(d) >= size] or docs)
            at = chance.randrange(max(1, len(data) - size + 1)) if i == 2 else 0
            (pathlib.Path(out) / f"{folder.name}_{i}").write_bytes(data[at:at + size])


def piece(chance, data, size):
    at = chance.randrange(max(1, len(data) - size))
    at = data.find(b"\n", at) + 1
    return data[at:at + size]


def pairs(training, out):
    chance = random.Random(5)
    for category in PAIRS:
        files = sorted(p for p in (pathlib.Path(training) / category).rglob("*") if p.is_file())
        for i in range(6 if category.startswith("data") else 3):
            docs = chance.choice(files).read_bytes().split(b"\0")
            at = chance.randrange(len(docs))
            data = b"".join(docs[at:at + 400])[:800000]
            known, rest = data[: len(data) * 3 // 5], data[len(data) * 3 // 5:]
            last = chance.random() < 0.5
            reference = known[-112000:] if last else b"".join(piece(chance, known, 1000) for _ in range(112))
            name = pathlib.Path(out) / f"{category}_{i}"
            name.write_bytes(piece(chance, rest, chance.choice((1000, 1000, 2000, 5000))) or b"\n")
            pathlib.Path(f"{name}.ref").write_bytes(reference)


def train(tacit, state, *files):
    files = [f for f in files if not f.endswith(".ref")]
    random.Random(3).shuffle(files)
    for f in files:
        reference = f + ".ref" if os.path.exists(f + ".ref") else None
        env = {"CARRY_G": state, "CARRY_STORE": "1", "CARRY_LOAD": "1023"}
        archive(tacit, pathlib.Path(f).read_bytes()[:20000], env, reference)


def measure(tacit, n, *files):
    total, n = 0, int(n)
    for f in files:
        data = pathlib.Path(f).read_bytes()
        data = data[:n] if n > 0 else data[len(data) // 2:len(data) // 2 - n]
        size = archive(tacit, data, {})
        total += size
        print(f"{os.path.basename(f)} {size}", flush=True)
    print(f"total {total}")


if __name__ == "__main__":
    if len(sys.argv) < 4 or sys.argv[1] not in ("samples", "pairs", "train", "measure"):
        sys.exit(__doc__)
    globals()[sys.argv[1]](*sys.argv[2:])
