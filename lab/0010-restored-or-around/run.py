#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Does recovery restore what was removed, or adapt around it? Weights and kinds of words of damaged and recovered models.

usage: run.py BUILD MODEL TRAINING STEPS CALIBRATION ENGLISH TEXT...
"""
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(HERE.parent / "0003-what-is-lost-first"))
from run import measure  # noqa: E402

DAMAGES = [("none", "quantize --bits 8"), ("half of the weights, by bits", "prune --what weights --by bits --calibrate"),
           ("9 % of the weights, Wanda", "prune --what weights --ratio 0.09 --by wanda --calibrate"),
           ("2 bits", "quantize --bits 2")]


def build_driver(build, program):
    subprocess.run(["cc", "-O3", "-D_POSIX_C_SOURCE=200809L", f"-I{ROOT}/src", f"-I{ROOT}/include",
                    f"-I{build}/include", HERE / "restored.c", "-o", program, build / "src/workshop/libtacit_train.a",
                    build / "libtacit.a", "-lm", "-lpthread", "-ljansson"], check=True)


def main():
    build, model, training, steps, calibration = [pathlib.Path(sys.argv[1]), *sys.argv[2:6]]
    texts = [pathlib.Path(text) for text in sys.argv[6:]]
    tacit = build / "cli/tacit"
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        original, damaged, recovered = (folder / f"{part}.tmodel" for part in ("original", "damaged", "recovered"))
        build_driver(build, folder / "restored")
        subprocess.run([tacit, "model", "quantize", "-qq", model, "--bits", "8", "-o", original], check=True, stdout=subprocess.DEVNULL)
        whole = measure(tacit, original, texts, folder)
        for title, command in DAMAGES:
            action, *options = command.split()
            subprocess.run([tacit, "model", action, "-qqf", model, *options, *([calibration] if options[-1] == "--calibrate" else []),
                            "-o", damaged], check=True, stdout=subprocess.DEVNULL)
            subprocess.run([tacit, "model", "recover", "-qqf", damaged, "--text", training, "--steps", steps, "--lr", "0.0005", "-o",
                            recovered], check=True, stdout=subprocess.DEVNULL)
            print(f"\n{title}\n", flush=True)
            subprocess.run([folder / "restored", original, damaged, recovered, calibration], check=True)
            print("\n| |", " | ".join(whole), "|\n|-|" + "-:|" * len(whole))
            rows = [("damaged", measure(tacit, damaged, texts, folder)), ("recovered", measure(tacit, recovered, texts, folder))]
            for label, row in rows:
                print(f"| {label} |", " | ".join(f"{100 * x / whole[key] - 100:+.1f} %" for key, x in row.items()), "|", flush=True)
            share = {key: (rows[0][1][key] - rows[1][1][key]) / (rows[0][1][key] - x) if rows[0][1][key] > 1.01 * x else None
                     for key, x in whole.items()}
            print("| brought back |", " | ".join("" if x is None else f"{100 * x:.0f} %" for x in share.values()), "|", flush=True)


main()
