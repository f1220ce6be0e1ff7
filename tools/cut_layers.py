#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A GGUF file with fewer layers: a weaker and faster model of the same kind, for comparisons.

usage: tools/cut_layers.py IN.gguf OUT.gguf LAYERS      LAYERS such as 0-19,28,29: those that stay
"""
import pathlib
import re
import struct
import sys

SIZES = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
U32, STRING, ARRAY = 4, 8, 9


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def number(self, code):
        value, = struct.unpack_from("<" + code, self.data, self.at)
        self.at += struct.calcsize(code)
        return value

    def string(self):
        n = self.number("Q")
        self.at += n
        return bytes(self.data[self.at - n:self.at])

    def skip(self, kind):
        if kind == STRING:
            self.string()
        elif kind == ARRAY:
            inner, n = self.number("I"), self.number("Q")
            for _ in range(n if inner in (STRING, ARRAY) else 0):
                self.skip(inner)
            self.at += 0 if inner in (STRING, ARRAY) else n * SIZES[inner]
        else:
            self.at += SIZES[kind]


def read(data):
    """Version, alignment, [(key, bytes of the value)], [(name, bytes of shape and kind, content)]."""
    reader = Reader(data)
    if data[:4] != b"GGUF":
        sys.exit("cut_layers.py: no GGUF file")
    reader.at = 4
    version, n_tensors, n_values = reader.number("I"), reader.number("Q"), reader.number("Q")
    values, heads, alignment = [], [], 32
    for _ in range(n_values):
        key, start = reader.string(), reader.at
        kind = reader.number("I")
        reader.skip(kind)
        values.append((key, data[start:reader.at]))
        if key == b"general.alignment":
            alignment, = struct.unpack("<I", data[reader.at - 4:reader.at])
    for _ in range(n_tensors):
        name, start = reader.string(), reader.at
        n_dimensions = reader.number("I")
        reader.at += 8 * n_dimensions + 4
        heads.append((name, data[start:reader.at], reader.number("Q")))
    base = -(-reader.at // alignment) * alignment
    ends = sorted([head[2] for head in heads] + [len(data) - base])
    tensors = [(name, head, data[base + offset:base + ends[ends.index(offset) + 1]]) for name, head, offset in heads]
    return version, alignment, values, tensors


def write(path, version, alignment, values, tensors):
    def named(text):
        return struct.pack("<Q", len(text)) + text
    head = b"GGUF" + struct.pack("<IQQ", version, len(tensors), len(values))
    head += b"".join(named(key) + value for key, value in values)
    body = bytearray()
    for name, shape, content in tensors:
        head += named(name) + shape + struct.pack("<Q", len(body))
        body += content + bytes(-len(content) % alignment)
    pathlib.Path(path).write_bytes(head + bytes(-len(head) % alignment) + body)


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    parts = [part.split("-") for part in sys.argv[3].split(",")]
    kept = [layer for part in parts for layer in range(int(part[0]), int(part[-1]) + 1)]
    version, alignment, values, tensors = read(pathlib.Path(sys.argv[1]).read_bytes())
    renumbered = []
    for name, head, content in tensors:
        layer = re.match(rb"blk\.(\d+)\.", name)
        if layer and int(layer[1]) not in kept:
            continue
        if layer:
            name = b"blk.%d." % kept.index(int(layer[1])) + name[layer.end():]
        renumbered.append((name, head, content))
    values = [(key, struct.pack("<II", U32, len(kept)) if key.endswith(b".block_count") else value)
              for key, value in values]
    write(sys.argv[2], version, alignment, values, renumbered)


if __name__ == "__main__":
    main()
