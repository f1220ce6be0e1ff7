#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What streams cost and what they are worth: size against speed, both ways, by number of streams.

    bench/streams.py [--streams 1,2,4,8,16,32] [--sizes 20000,100000] [--level 6] [--threads 2]
                     [--rounds 1] [--clock] [--program TACIT] [NAME=]FILE[,FILE...]...

The first bytes of each FILE, or of several joined, as many as --sizes says and there are, are compressed and restored by `tacit
-LEVEL --streams N`. *to first* is the size against that of the first number of streams. *1 thread* is content
by user time of one thread (not with --clock), *N threads* by the clock: best of --rounds, in KiB/s. On a machine that others use,
user time is the better guide, and what threads gain is better predicted (bench/lm_threads.c).
"""
import argparse
import os
import pathlib
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent


def content(text):
    """Its name and bytes."""
    name, equals, files = text.rpartition("=")
    paths = [pathlib.Path(path) for path in files.split(",")]
    return name if equals else paths[0].name, b"".join(path.read_bytes() for path in paths)


def thread_counts(arguments):
    return [arguments.threads] if arguments.clock else sorted({1, arguments.threads})


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    numbers = {"type": lambda text: [int(n) for n in text.split(",")]}
    parser.add_argument("files", nargs="+", type=content)
    parser.add_argument("--streams", default=[1, 2, 4, 8, 16, 32], **numbers)
    parser.add_argument("--sizes", default=[20000, 100000, 1000000, 8000000], **numbers)
    parser.add_argument("--level", default="6")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--clock", action="store_true")
    parser.add_argument("--program", default=ROOT / "build/release/cli/tacit")
    return parser.parse_args()


def run(command):
    """Seconds by the clock and of user time."""
    before, start = os.times().children_user, time.monotonic()
    if subprocess.run(command, check=False).returncode != 0:
        sys.exit(f"streams.py: failed: {' '.join(map(str, command))}")
    return time.monotonic() - start, os.times().children_user - before


def measure(arguments, source, folder, n_streams):
    """The archive's size; KiB/s of user time in and out with one thread, by the clock with several."""
    archive, restored = folder / "archive", folder / "restored"
    seconds = {}
    for threads in thread_counts(arguments):
        options = ["-f", f"-T{threads}"]
        compress = [arguments.program, *options, f"-{arguments.level}", "--streams", str(n_streams), "-o", archive]
        decompress = [arguments.program, *options, "-d", "-o", restored, archive]
        for _ in range(arguments.rounds):
            for way, command in (("in", [*compress, source]), ("out", decompress)):
                taken = run(command)[1 if threads == 1 and not arguments.clock else 0]
                seconds[threads, way] = min(taken, seconds.get((threads, way), taken))
            if restored.read_bytes() != source.read_bytes():
                sys.exit(f"streams.py: {source}: restored otherwise")
    kib = source.stat().st_size / 1024
    return archive.stat().st_size, {key: kib / taken for key, taken in seconds.items()}


def main():
    arguments = parse_arguments()
    columns = [(threads, way) for threads in thread_counts(arguments) for way in ("in", "out")]
    titles = [f"{threads} thread{'s' if threads > 1 else ''}, {way}" for threads, way in columns]
    print("| content | bytes | streams | size | to first |", " | ".join(titles), "|")
    print("|---|---:|---:|---:|---:|" + "---:|" * len(columns))
    with tempfile.TemporaryDirectory() as name:
        source = pathlib.Path(name) / "source"
        for label, data in arguments.files:
            for n in sorted({min(size, len(data)) for size in arguments.sizes}):
                source.write_bytes(data[:n])
                first = None
                for n_streams in arguments.streams:
                    size, rates = measure(arguments, source, pathlib.Path(name), n_streams)
                    first = first or size
                    print(f"| {label} | {n:,} | {n_streams} | {size:,} | {100 * size / first - 100:+.2f} % |",
                          " | ".join(f"{rates[key]:.1f}" for key in columns), "|", flush=True)


if __name__ == "__main__":
    main()
