# SPDX-License-Identifier: Apache-2.0
"""Each header compiles alone: the public ones as C11 and as C++17, pedantic; the others as C11.

check_headers.py SOURCE_DIR BUILD_DIR CC [CXX]
"""
import pathlib
import subprocess
import sys

STRICT = ["-Wall", "-Wextra", "-Werror", "-pedantic-errors"]
# Functions of a header that a file of its own does not call are not its fault.
OURS = ["-Wall", "-Wextra", "-Werror", "-Wno-unused-function", "-Wno-unused-variable",
        "-D_POSIX_C_SOURCE=200809L"]


def compiles(command, language, header, folders):
    includes = [f"-I{folder}" for folder in folders]
    kind = "c++" if "c++" in language[0] else "c"
    result = subprocess.run([command, "-fsyntax-only", *language, *includes, "-x", kind, "-"],
                            input=f'#include "{header}"\nextern int not_empty;\n',
                            capture_output=True, text=True)
    return result.returncode == 0, result.stderr


def main():
    source, build = map(pathlib.Path, sys.argv[1:3])
    compilers = sys.argv[3:]
    public = [source / "include", build / "include"]
    internal = [*public, source / "src", source / "tests", source]
    jobs = []
    for folder in public:
        for header in sorted(folder.glob("tacit/*.h")):
            name = header.relative_to(folder)
            jobs.append((compilers[0], ["-std=c11", *STRICT], name, public))
            if len(compilers) > 1:
                jobs.append((compilers[1], ["-std=c++17", *STRICT], name, public))
    for folder in (source / "src", source / "tests", source / "cli"):
        for header in sorted(folder.rglob("*.h")):
            jobs.append((compilers[0], ["-std=c11", *OURS], header.relative_to(folder if folder.name != "cli" else source), internal))
    n_failed = 0
    for job in jobs:
        good, messages = compiles(*job)
        if not good:
            n_failed += 1
            print(f"{job[2]} alone with {job[0]} {job[1][0]}:\n{messages}")
    print(f"{len(jobs)} compilations, {n_failed} failures")
    return n_failed > 0


sys.exit(main())
