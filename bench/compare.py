#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""tacit beside its peers, on the same files in the same run.

    bench/compare.py [--set dev] [--set bench] [--set mixed] [--levels 3,4,6] [--peers zpaq,xz:-6] [--threads N] [--head BYTES]
                     [--json FILE] PATH...

Every file is compressed and restored by every codec and compared with the original; what does not come
back is an error. Sizes are those of the files on the disk. Speeds are bytes of content by user CPU
time of the process on one thread, start included, which is why totals count and not small files. With
--threads they are by wall clock, tacit on so many threads and its peers on one: for a machine without
other work. A level may bring options: --levels '4,6:--no-model,6:-m smollm2-135m'. Peak memory begins at
what this driver had when it forked, some 16 MiB. *Front*: in or out where no other is as small and as quick. Tables in Markdown go to standard output, progress to
standard error.

PATHs are files and folders, searched for files in all depths. --set takes only the text, code and data
files of a corpus from them:
    dev    files named CLASS_SOMETHING, such as en_novel.txt: all classes but bin, img and wav
    bench  those of Canterbury, Calgary and the large corpus that are no programs or images, and the
           cut files dickens4m, xml4m, world2m
    mixed  those of dev, and a program, images and sound: 10,047,318 bytes with --head 400000

The README's figures: docs/benchmarks.md has the commands.
Needs: apt-get install xz-utils zstd brotli bzip3 p7zip-full zpaq
"""
import argparse
import filecmp
import json
import os
import pathlib
import platform
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent

# The class of each file of the public corpora; the large one's E.coli is left out: four letters only.
BENCH_CLASSES = {
    "text": "alice29.txt asyoulik.txt lcet10.txt plrabn12.txt book1 book2 paper1 paper2 paper3 paper4 "
            "paper5 paper6 bib news bible.txt world192.txt dickens4m world2m",
    "code": "cp.html fields.c grammar.lsp xargs.1 progc progl progp trans xml4m",
    "data": "kennedy.xls geo",
}
BENCH_FILES = {name: kind for kind, names in BENCH_CLASSES.items() for name in names.split()}
DEV_CLASSES = {
    "text": "en de es fr ja ru zh chat".split(),
    "code": "code html xml sql".split(),
    "data": "data log".split(),
}
DEV_PREFIXES = {prefix: kind for kind, names in DEV_CLASSES.items() for prefix in names}
MIXED_PREFIXES = {**DEV_PREFIXES, "bin": "binary", "img": "image", "wav": "sound"}


def mebibytes(n_bytes):
    return max(1, min(511, -(-n_bytes // (1 << 20))))


class Codec:
    """encode and decode make command lines; {in} and {out} are the names of the file to read and to
    write in the working folder, {name} is the content's. Without {out} the command writes to standard
    output."""

    def __init__(self, name, encode, decode, version):
        self.name, self.encode, self.decode, self.version = name, encode, decode, version

    def version_line(self):
        result = subprocess.run(self.version, capture_output=True, text=True, check=False)
        lines = [line.strip() for line in (result.stdout + result.stderr).splitlines()]
        return next((line for line in lines if line), "?")


# By name: the level that goes for it unless --peers names others, and the words to encode, decode and ask for the version.
PEERS = {
    "xz": ("-9e", "xz {level} -T1 -kc {in}", "xz -T1 -dc {in}", ["xz", "--version"]),
    "zstd": ("--ultra -22", "zstd -q {level} --single-thread -c {in}", "zstd -q -dc {in}", ["zstd", "--version"]),
    "brotli": ("-q 11 -w 24", "brotli {level} -kc {in}", "brotli -dc {in}", ["brotli", "--version"]),
    "bzip3": ("", "bzip3 -b {mebibytes} -e -c {in}", "bzip3 -d -c {in}", ["bzip3", "--version"]),
    "7z": ("PPMd o16", "7z a -bd -bso0 -bsp0 -mmt=1 -m0=PPMd:o=16:mem=256m {out} {in}", "7z x -bd -so {in}", ["7z"]),
    "zpaq": ("-m5", "zpaq add {out} {in} {level} -t1", "zpaq extract {in} {name} -t1 -to {out}", ["zpaq"]),
}


def peer(name, level):
    default, encode, decode, version = PEERS[name]
    level = level or default
    return Codec(f"{name} {level}".rstrip(), encode.replace("{level}", level), decode, version)


def tacit_levels(program, levels, n_threads):
    codecs = []
    for level, _, options in (level.partition(":") for level in levels):
        words = f"{program} -{level} {options} -T{n_threads} -c {{in}}"
        codecs.append(Codec(f"tacit -{level} {options}".rstrip(), words, f"{program} -T{n_threads} -dc {{in}}",
                            [program, "--version"]))
    return codecs


def classify(path, sets):
    """The class of a file, or None if the sets do not have it."""
    if not sets:
        return "file"
    if "bench" in sets and path.name in BENCH_FILES:
        return BENCH_FILES[path.name]
    prefix = path.name.split("_")[0]
    if "mixed" in sets and "_" in path.name and path.suffix != ".png":
        return MIXED_PREFIXES.get(prefix)
    if "dev" in sets and "_" in path.name:
        return DEV_PREFIXES.get(prefix)
    return None


def find_files(paths, sets):
    found = []
    for path in map(pathlib.Path, paths):
        candidates = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
        found += [(p, classify(p, sets)) for p in candidates]
    found = [(path, kind) for path, kind in found if kind and path.stat().st_size > 0]
    if not found:
        sys.exit("compare.py: no files found")
    return found


def run(template, folder, source, target, content):
    """Runs one command in the folder; returns its user and wall seconds and peak memory in bytes."""
    words = [word.format(**{"in": source, "out": target, "name": content.name,
                            "mebibytes": mebibytes(content.stat().st_size)})
             for word in template.split()]
    to_stdout = "{out}" not in template
    with open(folder / target if to_stdout else os.devnull, "wb") as out, \
            tempfile.TemporaryFile() as messages:
        started = time.monotonic()
        process = subprocess.Popen(words, cwd=folder, stdin=subprocess.DEVNULL, stdout=out,
                                   stderr=messages)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            messages.seek(0)
            sys.exit(f"compare.py: {' '.join(words)}: exit code {process.returncode}\n"
                     + messages.read().decode(errors="replace"))
    return (usage.ru_utime, wall), usage.ru_maxrss * 1024


def measure(codec, path, clock, head):
    """One file, or its first bytes, there and back. clock: 0 for user seconds, 1 for wall."""
    with tempfile.TemporaryDirectory(prefix="tacit-compare-") as name:
        folder = pathlib.Path(name)
        content = folder / path.name
        with open(path, "rb") as source:
            content.write_bytes(source.read(head))
        archive = "archive.zpaq" if codec.name.startswith("zpaq") else "archive"
        if codec.name.startswith("7z"):
            archive = "archive.7z"
        encode_seconds, encode_memory = run(codec.encode, folder, path.name, archive, content)
        decode_seconds, decode_memory = run(codec.decode, folder, archive, "restored", content)
        if not filecmp.cmp(content, folder / "restored", shallow=False):
            sys.exit(f"compare.py: {codec.name} did not restore {path}")
        return {"codec": codec.name, "size": (folder / archive).stat().st_size,
                "encode_seconds": encode_seconds[clock], "decode_seconds": decode_seconds[clock],
                "encode_memory": encode_memory, "decode_memory": decode_memory}


def print_table(header, rows):
    """First column to the left, the others to the right, aligned for reading as it is."""
    rows = [[str(cell) for cell in row] for row in rows]
    widths = [max(len(row[i]) for row in [header, *rows]) for i in range(len(header))]

    def line(cells):
        return "| " + " | ".join(c.ljust(w) if i == 0 else c.rjust(w)
                                 for i, (c, w) in enumerate(zip(cells, widths))) + " |"
    print(line(header))
    print("|" + "|".join("-" * (w + 2) if i == 0 else "-" * (w + 1) + ":"
                         for i, w in enumerate(widths)) + "|")
    for row in rows:
        print(line(row))
    print()


def bits(size, n_content):
    return f"{8 * size / n_content:.3f}"


def print_files(files, codecs, cell):
    """A row a file, then a row for each class (where there are several) and for all."""
    rows = []
    groups = {}
    for file in files:
        rows.append([file["name"], f"{file['content']:,}",
                     *(cell(file["results"][c.name]["size"], file["content"]) for c in codecs)])
        for group in (file["class"], "all"):
            groups.setdefault(group, []).append(file)
    groups["all"] = groups.pop("all")
    for group, members in groups.items():
        if len(groups) == 2 and group != "all":
            continue
        n_content = sum(f["content"] for f in members)
        sizes = [sum(f["results"][c.name]["size"] for f in members) for c in codecs]
        rows.append([f"**{group}**, {len(members)} file{'s'[:len(members) != 1]}", f"{n_content:,}",
                     *(cell(size, n_content) for size in sizes)])
    print_table(["file", "content", *(c.name for c in codecs)], rows)


def on_front(total, totals, key):
    """Whether no other is as small and as quick."""
    return not any(other is not total and other["size"] <= total["size"] and other[key] <= total[key]
                   for other in totals)


def print_totals(files, codecs):
    n_content = sum(f["content"] for f in files)
    reference = sum(f["results"].get("zpaq -m5", {"size": 0})["size"] for f in files)
    speeds = ("encode_seconds", "decode_seconds")
    totals = [{key: sum(f["results"][codec.name][key] for f in files) for key in ("size", *speeds)}
              for codec in codecs]
    rows = []
    for codec, total in zip(codecs, totals):
        results = [f["results"][codec.name] for f in files]
        memory = max(max(r["encode_memory"], r["decode_memory"]) for r in results)
        rows.append([codec.name, f"{total['size']:,}", bits(total["size"], n_content),
                     f"{total['size'] / reference:.4f}" if reference else "-",
                     *(f"{n_content / 1024 / max(total[key], 1e-9):,.0f}" for key in speeds),
                     f"{memory / (1 << 20):,.0f}",
                     " ".join(word for word, key in zip(("in", "out"), speeds) if on_front(total, totals, key)) or "-"])
    print_table(["codec", "total size", "bits/byte", "to zpaq -m5", "encode KiB/s", "decode KiB/s",
                 "peak MiB", "front"], rows)


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="+", metavar="PATH")
    parser.add_argument("--set", dest="sets", action="append", choices=["dev", "bench", "mixed"], default=[])
    parser.add_argument("--tacit", default=str(ROOT / "build/release/cli/tacit"),
                        help="the command to measure (default: build/release/cli/tacit)")
    parser.add_argument("--levels", default="3,4,6", help="of tacit; default 3,4,6; '' for none")
    parser.add_argument("--threads", type=int, metavar="N", help="of tacit, and speeds by wall clock")
    parser.add_argument("--head", type=int, metavar="BYTES", default=-1, help="only so much of each file")
    parser.add_argument("--peers", default="xz,zstd,brotli,bzip3,7z,zpaq",
                        help="default: xz,zstd,brotli,bzip3,7z,zpaq; '' for none; xz:-6 is xz at that level")
    parser.add_argument("--json", metavar="FILE", help="all measurements, for other programs")
    return parser.parse_args()


def choose_codecs(arguments):
    wanted = [name.partition(":") for name in arguments.peers.split(",") if name]
    for name, _, _ in wanted:
        if name not in PEERS:
            sys.exit(f"compare.py: unknown peer {name}")
        if not shutil.which(name):
            sys.exit(f"compare.py: {name} is not installed; see --help, or leave it out of --peers")
    levels = [level for level in arguments.levels.split(",") if level]
    if levels and not os.access(arguments.tacit, os.X_OK):
        sys.exit(f"compare.py: no {arguments.tacit}; build it first, or name it with --tacit")
    return ([peer(name, level) for name, _, level in wanted]
            + tacit_levels(os.path.abspath(arguments.tacit), levels, arguments.threads or 1))


def main():
    arguments = parse_arguments()
    codecs = choose_codecs(arguments)
    clock = 1 if arguments.threads else 0
    files = []
    for path, kind in find_files(arguments.paths, set(arguments.sets)):
        n_content = path.stat().st_size
        if arguments.head >= 0:
            n_content = min(n_content, arguments.head)
        file = {"name": path.name, "class": kind, "content": n_content, "results": {}}
        for codec in codecs:
            print(f"\r\033[K{path.name}: {codec.name}", end="", file=sys.stderr, flush=True)
            file["results"][codec.name] = measure(codec, path, clock, arguments.head)
        files.append(file)
    print("\r\033[K", end="", file=sys.stderr)
    print("Sizes on the disk, bytes:\n")
    print_files(files, codecs, lambda size, n_content: f"{size:,}")
    print("Bits per byte:\n")
    print_files(files, codecs, bits)
    print(f"Totals; speeds by wall clock, tacit on {arguments.threads} threads:\n" if clock else
          "Totals; speeds by user CPU time, one thread:\n")
    print_totals(files, codecs)
    versions = {codec.name: codec.version_line() for codec in codecs}
    for name, version in versions.items():
        print(f"- {name}: {version}")
    if arguments.json:
        document = {"machine": platform.platform(), "versions": versions, "files": files}
        pathlib.Path(arguments.json).write_text(json.dumps(document, indent=1) + "\n",
                                                encoding="utf-8")


if __name__ == "__main__":
    main()
