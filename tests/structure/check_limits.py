# SPDX-License-Identifier: Apache-2.0
"""How large things may grow, in src/ and cli/: a file 400 lines, a function 60, a folder 30 C files. Every
.c file says at its head what it is for, unless a header of its name does. No two files of the project's
code share a name, but for CMakeLists.txt. tests/unit/ has no folder that src/ does not have, and each of src/ has tests there (kernels: tests/kernels).

check_limits.py SOURCE_DIR

A function is what stands between a line that begins in column 0 and ends in ")" or "{", and the next "}" in
column 0: the code is formatted so (check_format.py). Tables made by a program (tools/make_*) are exempt: their
first lines say so.
"""
import collections
import pathlib
import re
import sys

from source_text import c_files

FILE_LINES, FUNCTION_LINES, FOLDER_FILES = 400, 60, 30


def functions(text):
    """(name, number of lines) of each function."""
    for match in re.finditer(r"(?ms)^[A-Za-z_][^\n;={}]*\([^;{}]*\)\n\{\n.*?^\}\n", text):
        name = re.search(r"(\w+)\(", match.group(0)).group(1)
        yield name, match.group(0).count("\n")


def check_file(path, where, fail):
    text = path.read_text()
    if "Made by tools/" in text[:400]:
        return
    n_lines = text.count("\n")
    if n_lines > FILE_LINES:
        fail(f"{where}: {n_lines} lines")
    for name, n in functions(text):
        if n > FUNCTION_LINES:
            fail(f"{where}: {name} has {n} lines")
    if path.suffix == ".c" and not path.with_suffix(".h").exists():
        first = text.split("*/", 1)[0].removeprefix("/* SPDX-License-Identifier: Apache-2.0").strip(" *\n")
        if not first:
            fail(f"{where}: neither a head comment nor a header of its name")


def main():
    root = pathlib.Path(sys.argv[1])
    failures = []
    folders, names = collections.Counter(), collections.defaultdict(list)
    for tree in ("src", "cli"):
        for path in c_files(root / tree):
            where = path.relative_to(root)
            folders[where.parent] += 1
            names[path.name].append(str(where))
            check_file(path, where, failures.append)
    for path in c_files(root / "include"):
        names[path.name].append(str(path.relative_to(root)))
    failures += [f"{folder}: {n} files" for folder, n in folders.items() if n > FOLDER_FILES]
    failures += [f"{name}: " + ", ".join(places) for name, places in sorted(names.items()) if len(places) > 1]
    units, layers = ({path.name for path in (root / tree).iterdir() if path.is_dir()} for tree in ("tests/unit", "src"))
    failures += [f"tests/unit/{name}: there is no src/{name}" for name in sorted(units - layers)]
    failures += [f"src/{name}: there is no tests/unit/{name}" for name in sorted(layers - units - {"kernels"})]
    print("\n".join(failures))
    print(f"{sum(folders.values())} files, {len(failures)} failures")
    return bool(failures)


sys.exit(main())
