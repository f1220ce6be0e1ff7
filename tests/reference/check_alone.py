# SPDX-License-Identifier: Apache-2.0
"""The second decoder shares no code with the library: its files include only each other, the C library,
zstd, xxhash and the table that tools/make_char_class_table.py makes of Unicode's data, and no function or variable
of the library is linked into it.

check_alone.py FOLDER NM LIBRARY PROGRAM
"""
import pathlib
import re
import subprocess
import sys

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.M)
SYSTEM = {"stdbool.h", "stddef.h", "stdint.h", "stdio.h", "stdlib.h", "string.h", "xxhash.h", "zstd.h"}
DATA = {"char_class_table.h"}


def bad_includes(folder):
    files = [p for p in folder.iterdir() if p.suffix in (".c", ".h")]
    own = {p.name for p in files}
    for path in sorted(files):
        for quote, name in INCLUDE.findall(path.read_text()):
            if name not in (own | DATA if quote == '"' else SYSTEM):
                yield f"{path.name} includes {name}"


def symbols(nm, path, *options):
    text = subprocess.run([nm, "--defined-only", *options, path], check=True,
                          capture_output=True, text=True).stdout
    return {line.split()[-1] for line in text.splitlines() if len(line.split()) == 3}


def main():
    folder, nm, library, program = sys.argv[1:]
    theirs, ours = symbols(nm, library, "--extern-only"), symbols(nm, program) # hidden ones are local there
    failures = list(bad_includes(pathlib.Path(folder)))
    failures += [f"{name} is linked from the library, or named as there" for name in sorted(theirs & ours)]
    if len(theirs) < 50 or "main" not in ours:
        failures.append("the symbols cannot be read")
    print("\n".join(failures))
    print(f"{len(ours)} symbols, {len(failures)} failures")
    return bool(failures)


sys.exit(main())
