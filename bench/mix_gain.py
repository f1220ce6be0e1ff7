#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What mixing gains: a language model alone, the context models alone, and both, on the same files.

    bench/mix_gain.py [--tacit PROGRAM] [--model NAME] [--options OPTIONS] [--head BYTES] [--jobs N]
                      [--log FILE] PATH...

For each file: the size of the archive by context models alone (--no-model), the bytes that the model's
predictions alone would take (what -v says; --mix off writes that many, and its header), and the size of
the archive that both make. OPTIONS go with both archives; '-9 --streams 1' is the default. Archives are
not decoded here: one stream takes hours; the tests decode. PATHs are files and folders, of which the
text, code and markup files are taken by their names (CLASS_SOMETHING, as in compare.py's dev set).

--log keeps each file's line, so that a run goes on where it stopped. N files at a time, one thread each.
The table goes to standard output.
"""
import argparse
import concurrent.futures
import json
import pathlib
import re
import subprocess
import sys
import tempfile

import compare

CLASSES = ("text", "code")


def find(paths):
    return [path for path, kind in compare.find_files(paths, ["dev"]) if kind in CLASSES]


def archive_size(program, options, source):
    """The archive's size and what -v said."""
    words = [program, *options, "-T1", "-v", "-c", str(source)]
    with tempfile.TemporaryFile() as out:
        result = subprocess.run(words, stdout=out, stderr=subprocess.PIPE, text=True, check=False)
        if result.returncode != 0:
            sys.exit(f"mix_gain.py: {' '.join(words)}: {result.stderr}")
        return out.seek(0, 2), result.stderr


def measure(arguments, path):
    with tempfile.NamedTemporaryFile(suffix=path.name) as content:
        content.write(path.read_bytes()[:arguments.head])
        content.flush()
        options = arguments.options.split()
        context, _ = archive_size(arguments.tacit, [*options, "--no-model"], content.name)
        both, said = archive_size(arguments.tacit, [*options, "-m", arguments.model], content.name)
        row = {"file": path.name, "content": content.tell(), "context": context, "both": both}
    alone = re.search(r"model: (\d+) of the content.* model alone ([0-9.]+)", said)
    if alone and int(alone[1]) == row["content"]:
        row["model"] = round(float(alone[2]) * row["content"] / 8)
    return row


def known_rows(log):
    if not log or not pathlib.Path(log).exists():
        return {}
    with open(log, encoding="utf-8") as lines:
        return {row["file"]: row for row in map(json.loads, lines)}


def measure_all(arguments, files):
    rows = known_rows(arguments.log)
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        jobs = {pool.submit(measure, arguments, path): path for path in files if path.name not in rows}
        for job in concurrent.futures.as_completed(jobs):
            row = job.result()
            rows[row["file"]] = row
            print(json.dumps(row), file=sys.stderr, flush=True)
            if arguments.log:
                with open(arguments.log, "a", encoding="utf-8") as log:
                    log.write(json.dumps(row) + "\n")
    return [rows[path.name] for path in files]


def print_rows(rows):
    def change(row, name):
        return f"{100 * (row['both'] / row[name] - 1):+.1f} %" if name in row else "-"

    cells = [[row["file"], f"{row['content']:,}", f"{row['context']:,}",
              f"{row['model']:,}" if "model" in row else "not used", f"{row['both']:,}",
              change(row, "context"), change(row, "model")] for row in rows]
    mean = [100 * (sum(row["both"] / row[name] for row in rows if name in row) /
                   max(1, sum(name in row for row in rows)) - 1) for name in ("context", "model")]
    cells.append([f"mean of {len(rows)}", "", "", "", "", *(f"{m:+.1f} %" for m in mean)])
    compare.print_table(["file", "content", "context models", "model", "both", "to context", "to model"],
                        cells)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tacit", default=str(compare.ROOT / "build/release/cli/tacit"))
    parser.add_argument("--model", default="smollm2-135m")
    parser.add_argument("--options", default="-9 --streams 1")
    parser.add_argument("--head", type=int, help="only the first so many bytes of each file")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--log")
    parser.add_argument("paths", nargs="+")
    arguments = parser.parse_args()
    files = find(arguments.paths)
    if not files:
        sys.exit("mix_gain.py: no text, code or markup among the files")
    print_rows(measure_all(arguments, files))


if __name__ == "__main__":
    main()
