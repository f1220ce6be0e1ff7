# SPDX-License-Identifier: Apache-2.0
"""Pools of records for experiments with selection: texts cut into records, some of them repeated."""
import random
import re


def cut(paths, size=400, limit=None):
    """Records of about `size` bytes that end where a line does, of all files in turn."""
    records = []
    for path in paths:
        with open(path, "rb") as file:
            text = file.read(limit).decode("utf-8", "ignore").replace("\0", "\n")
        record = ""
        for line in text.splitlines(keepends=True):
            record += line
            if len(record) >= size:
                records.append(record)
                record = ""
    return [r for r in records if r.strip()]


def edit(record, chance):
    """Nearly the same: some words are dropped or doubled, numbers change."""
    words = re.split(r"(\s+)", record)
    for _ in range(max(1, len(words) // 40)):
        at = chance.randrange(len(words))
        words[at] = chance.choice(["", words[at] * 2, str(chance.randrange(1000))])
    return "".join(words)


def redundant(records, n, chance):
    """n records, most of them near repetitions of a few: the first are repeated most."""
    pool = []
    while len(pool) < n:
        source = records[int(len(records) * chance.random() ** 4)]
        pool.append(edit(source, chance) if chance.random() < 0.7 else source)
    return pool
