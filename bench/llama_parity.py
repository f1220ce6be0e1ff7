#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Bits of the same tokens by tacit and by llama.cpp, for GGUF files; fails where they differ by more than --percent.

usage: bench/llama_parity.py [--tacit TACIT] [--window 512] [--bytes N] [--percent 1] LLAMA_CPP TEXT GGUF...

LLAMA_CPP is llama.cpp's folder, built: pip download --no-deps --no-binary :all: llama-cpp-python, unpack, then in
vendor/llama.cpp
    cmake -B build -DCMAKE_BUILD_TYPE=Release -DLLAMA_CURL=OFF -DBUILD_SHARED_LIBS=OFF
    cmake --build build --target llama
bench/llama_cost.c is compiled against it. Windows are those of llama-perplexity.
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent


def build(llama, folder):
    """The program of llama_cost.c."""
    compiled, program = folder / "llama_cost.o", folder / "llama_cost"
    subprocess.run(["cc", "-std=c11", "-O2", f"-I{llama}/include", f"-I{llama}/ggml/include", "-c",
                    ROOT / "bench/llama_cost.c", "-o", compiled], check=True)
    libraries = [next(llama.glob(f"build/**/lib{name}.a")) for name in ("llama", "ggml", "ggml-cpu", "ggml-base")]
    subprocess.run(["c++", compiled, *libraries, "-fopenmp", "-lpthread", "-ldl", "-o", program], check=True)
    return program


def llama_bits(program, gguf, text, window):
    out = subprocess.run([program, gguf, text, str(window)], capture_output=True, text=True, check=True).stdout
    n_scored, bits, start = out.split()
    return int(n_scored), float(bits), start


def tacit_row(tacit, gguf, text, window, start):
    out = subprocess.run([tacit, "eval", "--json", "-q", "--convention", "llama-perplexity", "--window", str(window),
                          "--first-token", start, pathlib.Path(gguf).resolve(), "--", text],
                         capture_output=True, text=True, check=True).stdout
    row, = json.loads(out)["results"]
    return row


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tacit", default=str(ROOT / "build/release/cli/tacit"))
    parser.add_argument("--window", type=int, default=512)
    parser.add_argument("--bytes", type=int, default=None, help="of TEXT; all unless given")
    parser.add_argument("--percent", type=float, default=1.0)
    parser.add_argument("llama_cpp", type=pathlib.Path)
    parser.add_argument("text", type=pathlib.Path)
    parser.add_argument("gguf", nargs="+")
    arguments = parser.parse_args()
    worst = 0.0
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        program = build(arguments.llama_cpp, folder)
        text = folder / "text"
        text.write_bytes(arguments.text.read_bytes()[:arguments.bytes])
        print(f"{'model':30} {'tokens':>7} {'llama.cpp':>10} {'tacit':>10}  bits per byte")
        for gguf in arguments.gguf:
            n_scored, bits, start = llama_bits(program, gguf, text, arguments.window)
            row = tacit_row(arguments.tacit, gguf, text, arguments.window, start)
            if row["scored_tokens"] != n_scored:
                sys.exit(f"llama_parity.py: {gguf}: {row['scored_tokens']} tokens scored instead of {n_scored}")
            difference = 100 * (row["bits"] / bits - 1)
            worst = max(worst, abs(difference))
            print(f"{pathlib.Path(gguf).name:30} {n_scored:7} {bits / row['scored_bytes']:10.4f} "
                  f"{row['bits_per_byte']:10.4f}  {difference:+.2f} %", flush=True)
    return worst > arguments.percent


sys.exit(main())
