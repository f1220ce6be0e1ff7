#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Instructions that kernels take on aarch64, counted under qemu-aarch64, which needs no ARM processor.

usage: bench/kernel_counts.py [--features scalar,neon,neon+dotprod] [CASE...]

The cases are those of bench/kernel_work.c. Each is run once and three times; half the difference is what one call takes,
start and end of the program aside. An instruction is a line of `qemu-aarch64 -singlestep -d nochain,exec`.
Needs the preset aarch64, configured: tools/cross_deps.sh aarch64-linux-gnu, then cmake --preset aarch64.
"""
import argparse
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / "build" / "aarch64"
QEMU = ["qemu-aarch64", "-L", "/usr/aarch64-linux-gnu"]


def build():
    subprocess.run(["cmake", "--build", BUILD, "--target", "tacit_static"], check=True, stdout=subprocess.DEVNULL)
    program = BUILD / "bench" / "kernel_work"
    program.parent.mkdir(exist_ok=True)
    subprocess.run(["aarch64-linux-gnu-gcc", "-std=c17", "-O2", "-ffp-contract=off", f"-I{ROOT}/include",
                    f"-I{ROOT}/src", ROOT / "bench" / "kernel_work.c", BUILD / "libtacit.a",
                    ROOT / "build" / "deps" / "aarch64-linux-gnu" / "lib" / "libzstd.a", "-lpthread", "-lm", "-o",
                    program], check=True)
    return program


def count_lines(command):
    with subprocess.Popen(command, stderr=subprocess.PIPE) as process:
        n_lines = sum(block.count(b"\n") for block in iter(lambda: process.stderr.read(1 << 20), b""))
    if process.returncode != 0:
        sys.exit(f"kernel_counts.py: {' '.join(map(str, command))} failed")
    return n_lines


def count(program, case, features):
    trace = [*QEMU, "-singlestep", "-d", "nochain,exec", program, case, features]
    return (count_lines([*trace, "3"]) - count_lines([*trace, "1"])) // 2


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--features", default="scalar,neon,neon+dotprod")
    parser.add_argument("case", nargs="*")
    arguments = parser.parse_args()
    program = build()
    cases = arguments.case or subprocess.run([*QEMU, program], check=True, capture_output=True,
                                             text=True).stdout.splitlines()
    columns = arguments.features.split(",")
    print(f"{'':28}" + "".join(f"{column:>14}" for column in columns))
    for case in cases:
        counts = [count(program, case, column.replace("+", ",")) for column in columns]
        print(f"{case:28}" + "".join(f"{n:14,}" for n in counts), flush=True)


if __name__ == "__main__":
    main()
