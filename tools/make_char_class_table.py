#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes src/token/char_class_table.h from the Unicode 16.0 character database.

usage: python3 -m pip install unicodedata2==16.0.0 && tools/make_char_class_table.py > src/token/char_class_table.h

The table is part of what decides an archive's bytes: a newer Unicode version is a new pre-tokenizer,
never an update of this one.
"""
import sys

import unicodedata2

SPACES = {0x20, 0x85, 0xA0, 0x1680, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000}
SPACES |= set(range(0x09, 0x0E)) | set(range(0x2000, 0x200B))
OTHER, LETTER, NUMBER, SPACE = range(4)


def char_class(code):
    if code in SPACES:
        return SPACE
    return {"L": LETTER, "N": NUMBER}.get(unicodedata2.category(chr(code))[0], OTHER)


def main():
    if unicodedata2.unidata_version != "16.0.0":
        sys.exit("needs the Unicode 16.0.0 database")
    starts = [0x80 << 2 | char_class(0x80)]
    for code in range(0x81, 0x110000):
        if char_class(code) != starts[-1] & 3:
            starts.append(code << 2 | char_class(code))
    print("/* SPDX-License-Identifier: Apache-2.0 */")
    print("/* Made by tools/make_char_class_table.py from Unicode 16.0.0: first code point << 2 | class of each")
    print(" * run of equal class, from U+0080 on. */")
    print("#include <stdint.h>\n\n/* clang-format off */")
    print("static const uint32_t runs[%d] = {" % len(starts))
    line = "   "
    for start in starts:
        if len(line) + len(" %d," % start) > 100:
            print(line)
            line = "   "
        line += " %d," % start
    print(line)
    print("};")
    print("/* clang-format on */")


if __name__ == "__main__":
    main()
