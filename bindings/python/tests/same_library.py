# SPDX-License-Identifier: Apache-2.0
"""Whether the source distribution would make the library that the wheel was given.

usage: same_library.py SDIST WHEEL_BUILD LIBRARY_BUILD SOURCE

The wheel's build was configured from the unpacked source distribution, so its compile commands are what it would
have run. They have to be those of the library's build, -Werror and places aside, and its files those of SOURCE.
"""

import json
import pathlib
import sys
import tarfile

FOLDERS = ("src", "include", "cmake")
FILES = ("CMakeLists.txt", "models/default.tmodel")


def in_tree(source):
    """The files that the library is made of, by their place in the repository."""
    paths = [path for folder in FOLDERS for path in (source / folder).rglob("*") if path.is_file()]
    return {str(p.relative_to(source)): p.read_bytes() for p in [*paths, *(source / name for name in FILES)]}


def in_sdist(path):
    """Likewise, by their place under library/."""
    files = {}
    with tarfile.open(path) as tar:
        for member in tar:
            _, _, name = member.name.partition("/library/")
            if member.isfile() and name:
                files[name] = tar.extractfile(member).read()
    return files


def commands(build, where):
    """Arguments by source file; of the places, BUILD has what the build makes: version.h, and sources of its own."""
    found, place = {}, None
    entries = json.loads((build / "compile_commands.json").read_text())
    for entry in sorted(entries, key=lambda entry: entry["file"].startswith(entry["directory"])):
        before, mark, name = entry["file"].partition(where)
        if not mark or "tacit_objects.dir" not in entry["command"]:
            continue
        place = place or before + where.removesuffix("/src/")
        found[mark.removeprefix("/library") + name] = [
            "BUILD" if word.removeprefix("-I").startswith(entry["directory"]) else word.replace(place, "SOURCE")
            for word in entry["command"].split()[1:]
            if word != "-Werror" and not word.endswith(".o")
        ]
    return found


def main():
    sdist, wheel, library, source = map(pathlib.Path, sys.argv[1:])
    tree, packed = in_tree(source), in_sdist(sdist)
    failures = [f"{name}: not as in the source" for name in sorted(tree) if tree[name] != packed.get(name)]
    failures += [f"{name}: not in the source" for name in sorted(set(packed) - set(tree))]
    ours, theirs = commands(wheel, "/library/src/"), commands(library, "/src/")
    failures += [f"{name}: compiled otherwise" for name in sorted(theirs) if ours.get(name) != theirs[name]]
    if not theirs or set(ours) != set(theirs):
        failures.append(f"{len(ours)} files are compiled, {len(theirs)} are the library's")
    print(*failures[:20], f"{len(tree)} files, {len(theirs)} commands, {len(failures)} failures", sep="\n")
    return bool(failures)


sys.exit(main())
