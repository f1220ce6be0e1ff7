#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What content in another form takes over its plain form: UTF-16, UTF-32, base64, hexadecimal digits,
dumps.

    bench/recoded_files.py [--level 3] [--bytes 300000] [--form FORM]... [--program TACIT] FILE...

Each file is cut to --bytes, and compressed as it is and in each form, or in those named by --form. A file that is no UTF-8 has no UTF-16. Every
archive is restored and compared. The table has the plain size, then percents more than that, xz -9e beside.

Needs: apt-get install bsdextrautils xxd xz-utils
"""
import argparse
import base64
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent


def run(command, data):
    result = subprocess.run(command, input=data, capture_output=True, check=False)
    if result.returncode != 0:
        sys.exit(f"recoded_files.py: {' '.join(map(str, command))}: {result.stderr.decode(errors='replace')}")
    return result.stdout


def in_lines(digits, length, end):
    return b"".join(digits[i:i + length] + end for i in range(0, len(digits), length))


DUMPS = "xxd", "hexdump -C", "od -A x -t x1z", "hexdump", "od", "od -t x4z", "od -t d2", "xxd -e", "xxd -b"


def forms_of(data, text):
    forms = {}
    if text is not None:
        forms = {"UTF-16": text.encode("utf-16"), "UTF-16BE, CRLF": text.replace("\n", "\r\n").encode("utf-16-be"),
                 "UTF-32": text.encode("utf-32-le")}
    digits = base64.b64encode(data)
    return forms | {"MIME": in_lines(digits, 76, b"\r\n"), "base64 for URLs": base64.urlsafe_b64encode(data).rstrip(b"="),
                    "xxd -p": in_lines(data.hex().encode(), 60, b"\n"), "hex": data.hex().upper().encode()} | {
                        command: run(command.split(), data) for command in DUMPS}


def tacit_size(program, level, data):
    archive = run([program, *level.split(), "-T1", "-c"], data)
    if run([program, "-dc"], archive) != data:
        sys.exit("recoded_files.py: other content")
    return len(archive)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--level", default="3", help="and other options of tacit behind it")
    parser.add_argument("--bytes", type=int, default=300000)
    parser.add_argument("--form", action="append", help="a column's name")
    parser.add_argument("--program", default=ROOT / "build/release/cli/tacit")
    parser.add_argument("files", nargs="+", type=pathlib.Path)
    options = parser.parse_args()
    names = options.form or list(forms_of(b"", ""))
    print("| file | plain | " + " | ".join(names) + " |\n|---|" + "---:|" * (len(names) + 1))
    for path in options.files:
        data = path.read_bytes()[:options.bytes]
        try:
            text = data.decode(errors="strict" if len(data) < options.bytes else "ignore")
            text = text if b"\0" not in data else None
        except UnicodeDecodeError:
            text = None
        data = data if text is None else text.encode()
        measures = {"tacit": lambda d: tacit_size(options.program, "-" + options.level, d),
                    "xz": lambda d: len(run(["xz", "-9e", "-c"], d))}
        for name, measure in measures.items():
            plain, forms = measure(data), forms_of(data, text)
            cells = [f"{100 * measure(forms[form]) / plain - 100:.1f}" if form in forms else "" for form in names]
            print(f"| {path.name}, {name} | {plain:,} | " + " | ".join(cells) + " |", flush=True)


main()
