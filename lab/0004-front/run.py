#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Size, bits a byte and tokens a second of the linked-in model and of smaller versions of it.

usage: run.py TACIT CALIBRATION TEXT...

The first TEXT, alone, is also compressed in 1 and in 16 streams without context models and restored on one thread: tokens a
second of user time, the best of three, less what one byte takes; the versions in turn.
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

QUANTIZE, PRUNE = "quantize --method gptq --bits", "prune --what"
VERSIONS = [("int8", []), *((f"{n} bits", [f"{QUANTIZE} {n}"]) for n in (7, 6, 5, 4, 3, 2)),
            ("a head", [f"{PRUNE} heads"]), ("a layer", [f"{PRUNE} layers"]),
            ("a quarter of neurons", [f"{PRUNE} neurons --ratio 0.25 --by wanda"]),
            ("half zeros", [f"{PRUNE} weights --by sparsegpt"]),
            ("a head, 4 bits", [f"{PRUNE} heads", f"{QUANTIZE} 4"]), ("a layer, 4 bits", [f"{PRUNE} layers", f"{QUANTIZE} 4"]),
            ("half zeros, 4 bits", [f"{PRUNE} weights --by sparsegpt", f"{QUANTIZE} 4"])]


def make(tacit, steps, calibration, path):
    """Writes the version to the path."""
    model = "default"
    if not steps:
        subprocess.run([tacit, "model", "quantize", "-qf", model, "--bits", "8", "-o", path], check=True)
    for step in steps:
        action, *options = step.split()
        subprocess.run([tacit, "model", action, "-qf", model, *options, "--calibrate", calibration, "-o", path], check=True)
        model = path


def user_seconds(command):
    before = os.times().children_user
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return os.times().children_user - before


class Version:
    """A model, its archives of a text and of one byte, and the least times that restoring them took."""
    def __init__(self, tacit, model, texts, folder):
        self.tacit, self.model, self.times = tacit, model, {}
        out = subprocess.run([tacit, "eval", "-q", "--json", model, "--", *texts], check=True, capture_output=True).stdout
        results = json.loads(out)["results"]
        self.bits = sum(r["bits"] for r in results) / sum(r["scored_bytes"] for r in results)
        self.n_tokens = results[0]["tokens"] if "tokens" in results[0] else results[0]["scored_tokens"]
        (folder / "byte").write_bytes(b"a")
        for name, text, streams in (("byte", folder / "byte", 1), ("1", texts[0], 1), ("16", texts[0], 16)):
            archive = model.with_suffix("." + name)
            subprocess.run([tacit, "-qf", "-m", model, "--mix", "off", "--streams", str(streams), "-o", archive, text], check=True)
        self.zstd = len(subprocess.run(["zstd", "-19", "-q", "-c", model], check=True, capture_output=True).stdout)

    def time(self):
        for name in ("byte", "1", "16"):
            seconds = user_seconds([self.tacit, "-dc", "-T1", "-m", self.model, self.model.with_suffix("." + name)])
            self.times[name] = min(seconds, self.times.get(name, seconds))

    def speed(self, streams):
        return self.n_tokens / (self.times[streams] - self.times["byte"])


def main():
    tacit, calibration, *texts = sys.argv[1:]
    texts = [pathlib.Path(text).resolve() for text in texts]
    with tempfile.TemporaryDirectory() as name:
        folder, versions = pathlib.Path(name), {}
        for i, (title, steps) in enumerate(VERSIONS):
            model = folder / f"{i}.tmodel"
            make(tacit, steps, calibration, model)
            versions[title] = Version(tacit, model, texts, folder)
        for _ in range(3):
            for version in versions.values():
                version.time()
        print("| version | file | by zstd -19 | bits a byte | tokens/s, 1 stream | 16 streams |\n|-|-:|-:|-:|-:|-:|")
        for title, v in versions.items():
            print(f"| {title} | {v.model.stat().st_size:,} | {v.zstd:,} | {v.bits:.4f} | {v.speed('1'):,.0f} | {v.speed('16'):,.0f} |")


main()
