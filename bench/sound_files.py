#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Sound of 8, 24 and 32 bits and of floats beside FLAC -8 and WavPack -hh, which see the same files.

    bench/sound_files.py [--level "6 --no-model"] [--bytes 600000] [--program TACIT] FILE.wav...

The files, WAV of 16 bits, give the forms: resampled by 160/147 in binary64 and made a little quieter, so that low bits
have content, then rounded with triangular dither; floats are rounded to binary32, or hold the 24-bit or the original
16-bit samples; a pair has beside the sound a quieter mix of it with its echo 13 samples later. Each form is cut to
--bytes. Every archive is restored and compared.

Needs: apt-get install flac wavpack; pip install numpy
"""
import argparse
import pathlib
import struct
import subprocess
import sys
import tempfile
import wave

import numpy

ROOT = pathlib.Path(__file__).resolve().parent.parent
GAIN = 0.83


def run(*command):
    result = subprocess.run([str(part) for part in command], capture_output=True, check=False)
    return result.stdout if result.returncode == 0 else None


def read(path):
    with wave.open(str(path)) as file:
        if file.getsampwidth() != 2 or file.getnchannels() != 1:
            sys.exit(f"sound_files.py: {path}: not of 16 bits and one channel")
        return numpy.frombuffer(file.readframes(file.getnframes()), "<i2") / 32768.0


def resampled(x):
    n = len(x) * 160 // 147
    return numpy.fft.irfft(numpy.fft.rfft(x), n) * (n / len(x)) * GAIN


def rounded(x, bits, rng):
    top = 2.0 ** (bits - 1)
    y = numpy.floor(x * top + 0.5 + rng.random(x.shape) - rng.random(x.shape))
    return numpy.clip(y, -top, top - 1).astype("<i8")


def low_bytes(y, n):
    return numpy.ascontiguousarray(y).view("u1").reshape(-1, 8)[:, :n]


def wav(samples, bits, channels=1, form=1):
    align = channels * bits // 8
    head = struct.pack("<IHHIIHH", 16, form, channels, 48000, 48000 * align, align, bits)
    return b"RIFF" + struct.pack("<I", 36 + len(samples)) + b"WAVEfmt " + head + b"data" + \
        struct.pack("<I", len(samples)) + samples


def aiff(samples, bits):
    comm = struct.pack(">HIH", 1, len(samples) * 8 // bits, bits) + b"\x40\x0e\xbb\x80" + bytes(6)
    return b"FORM" + struct.pack(">I", 46 + len(samples)) + b"AIFFCOMM" + struct.pack(">I", 18) + comm + b"SSND" + \
        struct.pack(">III", 8 + len(samples), 0, 0) + samples


def forms_of(x, n_bytes):
    rng = numpy.random.default_rng(1)
    y = resampled(x)
    echo = 0.8 * (0.7 * y + 0.3 * numpy.roll(y, 13))
    i8, i24, i32 = (rounded(y, bits, rng) for bits in (8, 24, 32))
    pair = rounded(numpy.stack([y, echo], axis=1), 24, rng)

    def cut(samples, frame):
        return samples[:n_bytes // frame * frame]

    def floats(samples):
        return wav(cut(samples.astype("<f4").tobytes(), 4), 32, form=3)

    return {
        "8 bits": (".wav", wav(cut((i8 + 128).astype("u1").tobytes(), 1), 8)),
        "24 bits": (".wav", wav(cut(low_bytes(i24, 3).tobytes(), 3), 24)),
        "24 bits, pair": (".wav", wav(cut(low_bytes(pair, 3).tobytes(), 6), 24, 2)),
        "24 bits, AIFF": (".aiff", aiff(cut(low_bytes(i24, 3)[:, ::-1].tobytes(), 3), 24)),
        "32 bits": (".wav", wav(cut(low_bytes(i32, 4).tobytes(), 4), 32)),
        "float": (".wav", floats(y)),
        "float of 24 bits": (".wav", floats(i24 / 2.0 ** 23)),
        "float of 16 bits": (".wav", floats(x)),
    }


def sizes_of(data, suffix, options, folder):
    path, out = folder / f"sound{suffix}", folder / "out"
    path.write_bytes(data)
    sizes = {}
    for name, command in {"FLAC": ("flac", "-8", "-s", "-f", path, "-o", out),
                          "WavPack": ("wavpack", "-hh", "-q", "-y", path, "-o", out)}.items():
        done = run(*command)
        made = out if out.exists() else out.with_suffix(".wv")
        sizes[name] = made.stat().st_size if done is not None else None
        made.unlink(missing_ok=True)
    for level in options.level:
        archive = folder / "archive"
        archive.write_bytes(run(options.program, *f"-{level}".split(), "-T1", "-c", path))
        if run(options.program, "-dc", archive) != data:
            sys.exit("sound_files.py: other content")
        sizes[f"tacit -{level.split()[0]}"] = archive.stat().st_size
    return sizes


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--level", action="append", help="and other options of tacit behind it; several columns")
    parser.add_argument("--bytes", type=int, default=600000)
    parser.add_argument("--program", default=ROOT / "build/release/cli/tacit")
    parser.add_argument("files", nargs="+", type=pathlib.Path)
    options = parser.parse_args()
    options.level = options.level or ["4 --no-model", "6 --no-model"]
    names = ["FLAC", "WavPack"] + [f"tacit -{level.split()[0]}" for level in options.level]
    print(f"| file | form | bytes | {' | '.join(names)} | to the best peer |\n|---|---|" + "---:|" * (len(names) + 2))
    with tempfile.TemporaryDirectory() as folder:
        for path in options.files:
            for form, (suffix, data) in forms_of(read(path), options.bytes).items():
                sizes = sizes_of(data, suffix, options, pathlib.Path(folder))
                best = min(size for name, size in sizes.items() if size and not name.startswith("tacit"))
                cells = [f"{sizes[name]:,}" if sizes[name] else "" for name in names]
                print(f"| {path.stem.split('__')[-1]} | {form} | {len(data):,} | {' | '.join(cells)} | "
                      f"{sizes[names[-1]] / best:.3f} |", flush=True)


if __name__ == "__main__":
    main()
