#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""tacit eval beside llama.cpp's llama-perplexity: the same windows of the same text on as many threads, in turns.

usage: bench/eval_speed.py [--tacit TACIT] [--threads 2] [--window 512] [--rounds 2] [--bytes N] LLAMA_PERPLEXITY FILE
           TACIT_MODEL GGUF...

Tokens a second are those of the windows by the time from the first to the last of them, without loading the model; of
all rounds the best counts. CPU seconds are the whole process's. The first GGUF should be what TACIT_MODEL was made of;
others, such as a Q8_0 made by llama-quantize, show what llama.cpp does with a kind of weights it is faster with.

llama-perplexity: pip download --no-deps --no-binary :all: llama-cpp-python, unpack, then in vendor/llama.cpp
    cmake -B build -DCMAKE_BUILD_TYPE=Release -DLLAMA_CURL=OFF -DBUILD_SHARED_LIBS=OFF
    cmake --build build --target llama-perplexity llama-quantize
"""
import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent


def run(command):
    """Standard output and error, and the CPU seconds of the process."""
    with tempfile.TemporaryFile("w+") as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        text = out.read()
    if process.returncode != 0:
        sys.exit(f"eval_speed.py: {' '.join(command)} failed:\n{text[-2000:]}")
    return text, usage.ru_utime + usage.ru_stime


def run_tacit(arguments, text):
    out, cpu = run([arguments.tacit, "eval", "--json", "-q", "--convention", "llama-perplexity", "--window",
                    str(arguments.window), "-T", str(arguments.threads), arguments.tacit_model, "--", text])
    row, = json.loads(out)["results"]
    n_windows = row["tokens"] // arguments.window
    return {"tokens": n_windows * arguments.window, "seconds": row["seconds"], "cpu": cpu,
            "perplexity": row["perplexity"]}


def stamp(log, what):
    """Seconds in front of the line that says so: minutes.seconds.milliseconds.microseconds."""
    minutes, seconds, ms, us = map(int, re.search(rf"(?m)^(\d+)\.(\d+)\.(\d+)\.(\d+) .*{what}", log).groups())
    return 60 * minutes + seconds + ms / 1e3 + us / 1e6


def run_llama(arguments, gguf, text):
    log, cpu = run([arguments.llama_perplexity, "-m", gguf, "-f", text, "-c", str(arguments.window), "-t",
                    str(arguments.threads), "-ngl", "0", "--no-warmup"])
    n_windows = int(re.search(r"perplexity over (\d+) chunks", log).group(1))
    return {"tokens": n_windows * arguments.window, "cpu": cpu,
            "seconds": stamp(log, "Final estimate") - stamp(log, "calculating perplexity"),
            "perplexity": float(re.search(r"PPL = ([\d.]+)", log).group(1))}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tacit", default=str(ROOT / "build/release/cli/tacit"))
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--window", type=int, default=512)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--bytes", type=int, default=None, help="of FILE; all unless given")
    parser.add_argument("llama_perplexity")
    parser.add_argument("file")
    parser.add_argument("tacit_model")
    parser.add_argument("gguf", nargs="+")
    arguments = parser.parse_args()
    with tempfile.NamedTemporaryFile(suffix=".txt") as text:
        text.write(pathlib.Path(arguments.file).read_bytes()[:arguments.bytes])
        text.flush()
        runs = {"tacit eval, " + arguments.tacit_model: lambda: run_tacit(arguments, text.name)}
        for gguf in arguments.gguf:
            runs["llama-perplexity, " + pathlib.Path(gguf).name] = lambda g=gguf: run_llama(arguments, g, text.name)
        results = {name: [] for name in runs}
        for _ in range(arguments.rounds):
            for name, measure in runs.items():
                results[name].append(measure())
    best = {name: min(rows, key=lambda row: row["seconds"]) for name, rows in results.items()}
    ours = next(iter(best.values()))
    print(f"{arguments.threads} threads, windows of {arguments.window}, {ours['tokens']} tokens:\n")
    print("| what | tokens/s | CPU seconds | perplexity | tacit is faster by |\n|-|-:|-:|-:|-:|")
    for name, row in best.items():
        print(f"| {name} | {row['tokens'] / row['seconds']:,.0f} | {row['cpu']:.1f} | {row['perplexity']:.3f} | "
              f"{row['seconds'] / ours['seconds'] * ours['tokens'] / row['tokens']:.2f} |")


if __name__ == "__main__":
    main()
