#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Small pieces of text, each compressed alone: tacit beside zstd with a trained dictionary and brotli.

    bench/small_files.py [--pieces 12] [--program TACIT] TRAINING-FOLDER FILES-FOLDER

For each kind of text, pieces of 1 to 10 KB begin at line starts spread over the kind's files in FILES-FOLDER
(named CLASS_SOMETHING, as compare.py has them). zstd -19 gets a dictionary of 110 KB that was trained on
pieces of the same kind from TRAINING-FOLDER/CATEGORY; brotli -q 11 has its built-in one. Sizes are those of
the files on the disk, every tacit file is restored and compared, the dictionary is not counted.

Needs: apt-get install zstd brotli
"""
import argparse
import pathlib
import random
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
KINDS = {  # files to take pieces of, categories to train dictionaries on
    "prose": ("en_*.txt en_*.md", "books_en wiki_en blog_news_en docs_en"),
    "JSON": ("data_*.json", "data_json"),
    "log": ("log_*", "data_logs"),
    "code": ("code_*", "code_c code_cpp code_go code_java code_rust"),
}
SIZES = (1000, 2000, 5000, 10000)
DICTIONARY = 110 * 1024


def run(command, data=None):
    result = subprocess.run(command, input=data, capture_output=True, check=False)
    if result.returncode != 0:
        sys.exit(f"small_files.py: {' '.join(map(str, command))}: {result.stderr.decode(errors='replace')}")
    return result.stdout


def piece(data, at, size):
    """From the line start at or behind a place; the last piece may be shorter."""
    start = data.find(b"\n", min(at, max(0, len(data) - 2 * size))) + 1
    return data[start:start + size]


def train_dictionary(folder, categories, target):
    chance = random.Random(1)
    files = [p for c in categories.split() for p in sorted((folder / c).rglob("*")) if p.is_file()]
    with tempfile.TemporaryDirectory() as name:
        for i in range(3000):
            path = chance.choice(files)
            data = path.read_bytes() if path.stat().st_size < 1 << 26 else path.open("rb").read(1 << 26)
            sample = piece(data, chance.randrange(len(data)), chance.choice(SIZES))
            (pathlib.Path(name) / f"{i:05}").write_bytes(sample or b"\n")
        run(["zstd", "-q", "-f", "--train", "-r", name, f"--maxdict={DICTIONARY}", "-o", target])


def measure(program, level, data, folder, dictionary):
    source = folder / "piece"
    source.write_bytes(data)
    packed = run([program, f"-{level}", "-T1", "-c", source])
    if run([program, "-dc", "-T1"], packed) != data:
        sys.exit("small_files.py: tacit did not restore a piece")
    return [len(packed), len(run(["zstd", "-q", "-19", "-D", dictionary, "-c", source])),
            len(run(["brotli", "-q", "11", "-c", source]))]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--pieces", type=int, default=12, help="of each size and kind")
    parser.add_argument("--program", default=str(ROOT / "build/release/cli/tacit"))
    parser.add_argument("--level", type=int, default=6)
    parser.add_argument("training", type=pathlib.Path)
    parser.add_argument("files", type=pathlib.Path)
    arguments = parser.parse_args()
    print("| kind | bytes | tacit | zstd -19 -D | brotli | of zstd | of brotli |")
    print("|------|------:|------:|------------:|-------:|--------:|----------:|")
    for kind, (patterns, categories) in KINDS.items():
        files = sorted(p for pattern in patterns.split() for p in arguments.files.glob(pattern))
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            train_dictionary(arguments.training, categories, folder / "dictionary")
            chance = random.Random(2)
            for size in SIZES:
                total, n_content = [0, 0, 0], 0
                for _ in range(arguments.pieces):
                    data = chance.choice(files).read_bytes()
                    data = piece(data, chance.randrange(len(data)), size)
                    n_content += len(data)
                    sizes = measure(arguments.program, arguments.level, data, folder, folder / "dictionary")
                    total = [a + b for a, b in zip(total, sizes)]
                print(f"| {kind} of {size:,} B | {n_content:,} | {total[0]:,} | {total[1]:,} | {total[2]:,} | "
                      f"{total[0] / total[1]:.3f} | {total[0] / total[2]:.3f} |", flush=True)


if __name__ == "__main__":
    main()
