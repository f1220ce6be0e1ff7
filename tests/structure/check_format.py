# SPDX-License-Identifier: Apache-2.0
"""Every C file is formatted as .clang-format says.

check_format.py SOURCE_DIR CLANG_FORMAT
"""
import subprocess
import sys

from source_text import c_files

FOLDERS = ["include", "src", "cli", "examples", "tests", "bench", "tools"]


def main():
    root, clang_format = sys.argv[1:]
    files = [str(p) for folder in FOLDERS for p in c_files(f"{root}/{folder}") if p.suffix != ".inc"]
    result = subprocess.run([clang_format, "--dry-run", "--Werror", *files],
                            capture_output=True, text=True)
    bad = sorted({line.split(":")[0] for line in result.stderr.splitlines() if ": error:" in line})
    if bad:
        print("not formatted; run:\n  clang-format -i " + " ".join(bad))
    elif result.returncode:
        print(result.stderr)
    print(f"{len(files)} files, {len(bad)} not formatted")
    return result.returncode


sys.exit(main())
