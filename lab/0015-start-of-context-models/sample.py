# SPDX-License-Identifier: Apache-2.0
"""sample.py TRAIN_FOLDER OUT: pieces of documents of each category of the training corpus, of 2.5 to 150 KB."""
import pathlib
import random
import subprocess
import sys

SIZES = (2500, 4000, 6000, 10000, 15000, 25000, 40000, 60000, 80000, 100000, 150000)
READ = 100_000_000


def piece(documents, size):
    long = [d for d in documents if len(d) >= size]
    if len(long) > 3:
        return random.choice(long)[:size]
    at, joined = random.randrange(len(documents)), b""
    while len(joined) < size and at < len(documents):
        joined, at = joined + documents[at], at + 1
    return joined[:size]


def main():
    train, out = map(pathlib.Path, sys.argv[1:])
    out.mkdir(parents=True, exist_ok=True)
    random.seed(2024)
    n = 0
    for tar in sorted(train.glob("*.tar.zst")):
        unpack = subprocess.Popen(["zstd", "-dcq", tar], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        data = unpack.stdout.read(READ)
        unpack.kill()
        documents = [d for d in data.split(b"\0") if len(d) >= 2000 and b"ustar" not in d[:400]]
        for i in range(22 if tar.name.startswith("xx_") else 58):
            taken = piece(documents, SIZES[i * 5 % len(SIZES)])
            if len(taken) > 1000:
                (out / f"{random.randrange(1 << 32):08x}").write_bytes(taken) # names in random order
                n += 1
    print(n, "pieces")


main()
