#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reference files: tacit -D beside zstd -D and zstd --patch-from, as paired tables.

    bench/reference_files.py [--levels 2,6] [--sizes 1000,5000] [--pieces 12] [--select] records FILE...
    bench/reference_files.py [--levels 3] [--no-model] versions OLD NEW

records: of each FILE, the last 110 KB of its first three fifths are the reference; pieces that begin at line
starts spread over the rest are each compressed alone, restored and compared. zstd -19 gets a dictionary of 110 KB
that it trained on 1,000 pieces of all of the first three fifths. --select: the reference, too, is made of these pieces:
those that tacit select chooses. Bytes are sums over the pieces; in brackets the share of
zstd's, and milliseconds of processor time for a piece, in and out, when the reference has been read.

versions: NEW with OLD as the reference, beside zstd -19 --long --patch-from; bytes, and seconds of processor time.

Needs: apt-get install zstd
"""
import argparse
import os
import pathlib
import random
import subprocess
import sys
import tempfile

import small_files

ROOT = pathlib.Path(__file__).resolve().parent.parent
SAMPLES = 1000


def pieces_of(data, size, n, seed):
    chance = random.Random(seed)
    return [small_files.piece(data, chance.randrange(max(1, len(data) - size)), size) for _ in range(n)]


def train(known, folder):
    samples = folder / "samples"
    samples.mkdir()
    for i, sample in enumerate(pieces_of(known, 1000, SAMPLES, 1)):
        (samples / f"{i:04}").write_bytes(sample or b"\n")
    target = folder / "dictionary"
    small_files.run(["zstd", "-q", "-f", "--train", "-r", samples, f"--maxdict={small_files.DICTIONARY}", "-o", target])
    return target


def selected(arguments, folder):
    command = [arguments.program, "select", "-q", "--budget", str(small_files.DICTIONARY), folder / "samples"]
    return b"".join(pathlib.Path(name).read_bytes() for name in small_files.run(command).decode().splitlines())


def records_row(path, size, arguments, folder):
    data = path.read_bytes()
    known, rest = data[: len(data) * 3 // 5], data[len(data) * 3 // 5:]
    dictionary = train(known, folder)
    reference = selected(arguments, folder) if arguments.select else known[-small_files.DICTIONARY:]
    (folder / "reference").write_bytes(reference)
    names, n_zstd = [], 0
    for i, piece in enumerate(pieces_of(rest, size, arguments.pieces, 2)):
        names.append(folder / f"{i:03}")
        names[-1].write_bytes(piece)
        n_zstd += len(small_files.run(["zstd", "-q", "-19", "-D", dictionary, "-c", names[-1]]))
    row = f"| {path.name} | {size:,} | {n_zstd:,} |"
    for level in arguments.levels:
        out = small_files.run(["sh", ROOT / "bench/run.sh", "records", str(level), "1", folder / "reference", *names])
        _, _, n, encode, decode = out.split()
        times = [1000 * float(t) / max(1, arguments.pieces - 1) for t in (encode, decode)]
        row += f" {int(n):,} ({int(n) / n_zstd:.2f}; {times[0]:.1f}, {times[1]:.1f}) |"
    return row


def records(arguments):
    print("| file | bytes | zstd -19 -D |" + "".join(f" -{level} |" for level in arguments.levels))
    print("|------|------:|------------:|" + "-:|" * len(arguments.levels))
    for path in arguments.files:
        for size in arguments.sizes:
            with tempfile.TemporaryDirectory() as name:
                print(records_row(path, size, arguments, pathlib.Path(name)), flush=True)


def timed(command, source=None):
    """Output, and seconds of processor time."""
    before = os.times()
    out = small_files.run(command, source)
    after = os.times()
    return out, after.children_user + after.children_system - before.children_user - before.children_system


def versions(arguments):
    if len(arguments.files) != 2:
        sys.exit("reference_files.py: versions takes OLD and NEW")
    old, new = arguments.files
    content = new.read_bytes()
    window = ["--long=27", "--memory=1024MB"]
    commands = [("zstd -19 --long=27 --patch-from", ["zstd", "-q", "-19", *window, f"--patch-from={old}", "-c", new],
                 ["zstd", "-q", "-d", *window, f"--patch-from={old}", "-c"])]
    for level in arguments.levels:
        options = ["--no-model"] if arguments.no_model else []
        shown = " ".join(["tacit", f"-{level}", *options, "-D"])
        commands.append((shown, [arguments.program, f"-{level}", *options, "-c", "-D", old, new],
                         [arguments.program, "-dc", "-D", old]))
    print("| command | bytes | in | out |\n|-|-:|-:|-:|")
    for shown, encode, decode in commands:
        packed, t_in = timed(encode)
        restored, t_out = timed(decode, packed)
        if restored != content:
            sys.exit(f"reference_files.py: {shown} did not restore the content")
        print(f"| `{shown}` | {len(packed):,} | {t_in:.1f} s | {t_out:.1f} s |", flush=True)


def numbers(text):
    return [int(part) for part in text.split(",")]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--levels", type=numbers, default=[1, 2, 3, 4, 5, 6, 7, 8, 9])
    parser.add_argument("--sizes", type=numbers, default=[1000, 2000, 5000, 10000])
    parser.add_argument("--pieces", type=int, default=12, help="of each file and size")
    parser.add_argument("--select", action="store_true")
    parser.add_argument("--no-model", action="store_true")
    parser.add_argument("--program", default=str(ROOT / "build/release/cli/tacit"))
    parser.add_argument("what", choices=("records", "versions"))
    parser.add_argument("files", type=pathlib.Path, nargs="+")
    arguments = parser.parse_args()
    (records if arguments.what == "records" else versions)(arguments)


if __name__ == "__main__":
    main()
