#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reference files: tacit -D beside zstd -D and zstd --patch-from, as paired tables.

    bench/reference_files.py [--levels 2,6] [--sizes 1000,5000] [--pieces 12] [--select] records FILE...
    bench/reference_files.py [--levels 2,3] quick TRAINING-FOLDER FILES-FOLDER
    bench/reference_files.py [--levels 3] [--no-model] versions OLD NEW

records: of each FILE, the last 110 KB of its first three fifths are the reference; pieces that begin at line
starts spread over the rest are each compressed alone, restored and compared. zstd -19 gets a dictionary of 110 KB
that it trained on 1,000 pieces of all of the first three fifths. --select: the reference, too, is made of these pieces:
those that tacit select chooses. Bytes are sums over the pieces; in brackets the share of
zstd's, and milliseconds of processor time for a piece, in and out, when the reference has been read.

quick: JSON and logs whose dictionary comes from other sources, as bench/small_files.py has them: trained on files of their
kind in TRAINING-FOLDER, and the reference of tacit too, without the language model. Pieces of 1,000 and 5,000 bytes begin at line
starts of FILES-FOLDER's; in brackets the share of zstd's, then records a second of processor time on one core, in and out.

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
QUICK = ((1000, 100), (5000, 24))  # bytes of a piece, pieces


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


def run_records(level, model, reference, names):
    """Bytes of all archives, and processor seconds in and out of all but the first."""
    command = ["sh", ROOT / "bench/run.sh", "records", str(level), str(model), reference, *names]
    _, _, n, encode, decode = small_files.run(command).split()
    return int(n), float(encode), float(decode)


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
        n, *seconds = run_records(level, 1, folder / "reference", names)
        times = [1000 * t / max(1, arguments.pieces - 1) for t in seconds]
        row += f" {n:,} ({n / n_zstd:.2f}; {times[0]:.1f}, {times[1]:.1f}) |"
    return row


def records(arguments):
    print("| file | bytes | zstd -19 -D |" + "".join(f" -{level} |" for level in arguments.levels))
    print("|------|------:|------------:|" + "-:|" * len(arguments.levels))
    for path in arguments.files:
        for size in arguments.sizes:
            with tempfile.TemporaryDirectory() as name:
                print(records_row(path, size, arguments, pathlib.Path(name)), flush=True)


def quick_row(kind, size, n_pieces, files, arguments, folder):
    chance, names, n_zstd = random.Random(2), [], 0
    for i in range(n_pieces):
        data = chance.choice(files).read_bytes()
        names.append(folder / f"{i:03}")
        names[-1].write_bytes(small_files.piece(data, chance.randrange(len(data)), size))
        n_zstd += len(small_files.run(["zstd", "-q", "-19", "-D", folder / "dictionary", "-c", names[-1]]))
    row = f"| {kind} of {size:,} B | {n_zstd:,} |"
    for level in arguments.levels:
        n, encode, decode = run_records(level, 0, folder / "dictionary", names)
        speeds = [(n_pieces - 1) / max(t, 1e-9) for t in (encode, decode)]
        row += f" {n:,} ({n / n_zstd:.2f}) | {speeds[0]:,.0f}, {speeds[1]:,.0f} |"
    return row


def quick(arguments):
    if len(arguments.files) != 2:
        sys.exit("reference_files.py: quick takes TRAINING-FOLDER and FILES-FOLDER")
    training, folder_of_files = arguments.files
    print("| kind | zstd -19 -D |" + "".join(f" -{level} | records/s in, out |" for level in arguments.levels))
    print("|------|------------:|" + "---:|------------------:|" * len(arguments.levels))
    for kind in ("JSON", "log"):
        patterns, categories = small_files.KINDS[kind]
        files = sorted(p for pattern in patterns.split() for p in folder_of_files.glob(pattern))
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            small_files.train_dictionary(training, categories, folder / "dictionary")
            for size, n_pieces in QUICK:
                print(quick_row(kind, size, n_pieces, files, arguments, folder), flush=True)


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
    parser.add_argument("what", choices=("records", "quick", "versions"))
    parser.add_argument("files", type=pathlib.Path, nargs="+")
    arguments = parser.parse_args()
    {"records": records, "quick": quick, "versions": versions}[arguments.what](arguments)


if __name__ == "__main__":
    main()
