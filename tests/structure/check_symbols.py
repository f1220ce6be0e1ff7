# SPDX-License-Identifier: Apache-2.0
"""What the shared library exports, what the version script lists and what the headers mark TACIT_API are
the same, and every name begins with tacit_.

check_symbols.py NM INCLUDE_DIR VERSION_HEADER MAP SHARED_LIBRARY
"""
import pathlib
import re
import subprocess
import sys

from source_text import without_comments

DECLARATION = re.compile(r"TACIT_API\b[^;#(]*?\b(\w+)\s*\(")


def declared(headers):
    names = set()
    for header in headers:
        text = re.sub(r"^[ \t]*#.*$", "", without_comments(header.read_text()), flags=re.M)
        names |= set(DECLARATION.findall(text))
    return names


def listed(path):
    text = without_comments(path.read_text())
    return set(re.findall(r"\b(\w+);", text))


def exported(nm, library):
    lines = subprocess.run([nm, "-D", "--defined-only", "--extern-only", library],
                           check=True, capture_output=True, text=True).stdout.splitlines()
    # Version nodes are absolute symbols (A).
    return {line.split()[-1].split("@")[0] for line in lines if line.split()[-2] != "A"}


def main():
    nm, include_dir, version_header, version_map, library = sys.argv[1:]
    headers = [*pathlib.Path(include_dir, "tacit").glob("*.h"), pathlib.Path(version_header)]
    in_headers = declared(headers)
    in_map = listed(pathlib.Path(version_map))
    in_library = exported(nm, library)
    failures = [f"{name}: does not begin with tacit_" for name in in_library
                if not name.startswith("tacit_")]
    for name in sorted(in_headers | in_map | in_library):
        for where, names in (("the headers", in_headers), ("cmake/libtacit.map", in_map),
                             ("the shared library", in_library)):
            if name not in names:
                failures.append(f"{name}: not in {where}")
    print("\n".join(failures))
    print(f"{len(in_library)} symbols, {len(failures)} failures")
    return bool(failures)


sys.exit(main())
