# SPDX-License-Identifier: Apache-2.0
"""Writes the C source of the extension module from the library's public headers.

usage: ffi_build.py CC INCLUDE CALLBACKS OUT

The headers are the one place where the interface is declared: their text goes through the C
preprocessor, without the system's headers, and is then what cffi can read. Constants are read by name.
"""
import pathlib
import re
import subprocess
import sys

import cffi

# train.h, shrink.h and inspect.h are another library's; version.h is made by CMake and declares one function.
APART = ("tacit.h", "train.h", "shrink.h", "inspect.h", "export.h")
# Integers; a constant of a float is not for cffi.
CONSTANT = re.compile(r"(?m)^#define\s+(TACIT_\w+)(?=\s+(?:\\\s*)?[(\d](?!\d*\.))")
INLINE = re.compile(r"(?ms)^static inline .*?^\}\n")


def in_order(include):
    """The headers, each behind those that it includes."""
    done = []

    def visit(name):
        if name in done or name in APART or not (include / name).exists():
            return
        for other in re.findall(r'#include "tacit/(\w+\.h)"', (include / name).read_text()):
            visit(other)
        done.append(name)

    for path in sorted(include.glob("*.h")):
        visit(path.name)
    return done


def declarations(compiler, include):
    """What all headers declare, as cffi reads it."""
    texts = [(include / name).read_text() for name in in_order(include)]
    text = "".join(re.sub(r"(?m)^#include .*$", "", text) for text in texts)
    constants = dict.fromkeys(CONSTANT.findall(text))
    plain = subprocess.run(
        [compiler, "-E", "-P", "-xc", "-DTACIT_API=", "-"], input=text, text=True, capture_output=True, check=True
    ).stdout
    plain += "const char *tacit_version(void);\n"
    return INLINE.sub("", plain) + "".join(f"#define {name} ...\n" for name in constants)


def main():
    compiler, include, callbacks, out = sys.argv[1:]
    ffi = cffi.FFI()
    ffi.cdef(declarations(compiler, pathlib.Path(include) / "tacit"))
    ffi.cdef(re.sub(r"(?s)/\*.*?\*/", "", pathlib.Path(callbacks).read_text()))
    ffi.set_source("libtacit._native", "#include <tacit/tacit.h>\n")
    ffi.emit_c_code(out)


main()
