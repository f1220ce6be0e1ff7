# SPDX-License-Identifier: Apache-2.0
"""What the docs name exists: the functions that docs/ARCHITECTURE.md names with their file, written `name`
(file), stand there; paths in back quotes exist (but for those with a NAME to fill in); README's lines of C are examples/buffer.c.

check_docs.py SOURCE_DIR
"""
import pathlib
import re
import sys

PLACE = re.compile(r"(?s)`(\w+)`\s+\(([\w/]+\.c)\)")
PATH = re.compile(r"`((?:src|cli|tests|tools|bench|include|docs|models|examples|cmake)/[\w./-]+\.\w+)`")
PAGES = ["README.md", "CONTRIBUTING.md", *(f"docs/{name}.md" for name in ("ARCHITECTURE", "engine", "models", "format"))]


def main():
    root = pathlib.Path(sys.argv[1])
    failures = []
    places = PLACE.findall((root / "docs/ARCHITECTURE.md").read_text())
    for name, file in places:
        path = root / "src" / file
        text = path.read_text() if path.exists() else ""
        if not re.search(rf"(?m)^[a-z][^\n;]*\b{name}\(", text):
            failures.append(f"docs/ARCHITECTURE.md: {name} is not in src/{file}")
    if not 5 <= len(set(places)) <= 10:
        failures.append(f"docs/ARCHITECTURE.md: the way of a block names {len(set(places))} functions")
    for page in PAGES:
        for name in PATH.findall((root / page).read_text()):
            if not re.search("[A-Z]{4}", name) and not (root / name).exists():
                failures.append(f"{page}: there is no {name}")
    shown = re.search(r"(?s)```c\n(.*?)```", (root / "README.md").read_text()).group(1)
    if shown.strip() not in (root / "examples/buffer.c").read_text():
        failures.append("README.md: its lines of C are not those of examples/buffer.c")
    print("\n".join(failures))
    print(f"{len(places)} places, {len(failures)} failures")
    return bool(failures)


sys.exit(main())
