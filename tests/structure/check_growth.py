# SPDX-License-Identifier: Apache-2.0
"""Each public function that takes a struct that may grow (its first field is struct_size) is called by
tests/unit/base/test_struct_size.c, which passes shorter structs and longer ones.

check_growth.py SOURCE_DIR
"""
import pathlib
import re
import sys

from source_text import without_comments_and_strings

STRUCT = re.compile(r"(?s)struct (\w+) \{\s*size_t struct_size;")
FUNCTION = re.compile(r"(?s)TACIT_API[^;]*?\b(tacit_\w+)\(([^;]*)\);")


def main():
    root = pathlib.Path(sys.argv[1])
    headers = [without_comments_and_strings(path.read_text()) for path in sorted((root / "include/tacit").glob("*.h"))]
    test = without_comments_and_strings((root / "tests/unit/base/test_struct_size.c").read_text())
    structs = {name for text in headers for name in STRUCT.findall(text)}
    functions = [(name, taken) for text in headers for name, parameters in FUNCTION.findall(text)
                 if (taken := structs.intersection(re.findall(r"struct (\w+) \*", parameters)))]
    failures = [f"{name} takes struct {' and '.join(sorted(taken))}: test_struct_size.c does not call it"
                for name, taken in functions if not re.search(rf"\b{name}\(", test)]
    print("\n".join(failures))
    print(f"{len(structs)} structs, {len(functions)} functions, {len(failures)} failures")
    return bool(failures) or not functions


sys.exit(main())
