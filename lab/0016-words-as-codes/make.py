#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the dictionary of docs/format.md, section 5.7: words by how common they are, ordered by what stands beside them.

    make.py OUT TRAIN      (the folder of the training corpus: *.tar.zst by category)
"""
import collections
import pathlib
import re
import subprocess
import sys

import numpy as np
import scipy.sparse as sparse
from scipy.sparse.linalg import svds

PROSE = ["blog_news_en", "books_en", "docs_en", "dialogue_en", "textbook_en", "wiki_en"]
CODE = ["code_c", "code_python", "code_java", "data_html"]
CODE_WEIGHT = 0.25
COUNTED, LOOKED_AT = 30_000_000, 20_000_000  # bytes of each category
SHORT, ALL = 4096, 65536  # words of codes of two bytes; of all codes
NEIGHBOURS, DIMENSIONS, ROUNDS = 2000, 64, 8
LETTERS_MAX = 24


def read(train, category, n):
    archive = (train / f"{category}.tar.zst").read_bytes()
    tar = subprocess.run(["zstd", "-dc"], input=archive, capture_output=True, check=True).stdout
    return subprocess.run(["tar", "xOf", "-"], input=tar, capture_output=True, check=True).stdout[:n]


def common_words(train):
    """Words in order of their share of each category's words, summed up."""
    total = collections.Counter()
    for category in PROSE + CODE:
        words = collections.Counter(w.lower() for w in re.findall(rb"[A-Za-z]+", read(train, category, COUNTED)))
        weight = (1.0 if category in PROSE else CODE_WEIGHT) / sum(words.values())
        for word, n in words.items():
            if n > 1 and len(word) <= LETTERS_MAX:
                total[word] += n * weight
    return [w for w, _ in sorted(total.items(), key=lambda item: (-item[1], item[0]))]


def associations(counts):
    """Positive pointwise mutual information of each word and neighbour."""
    counts = counts.tocoo()
    of_word = np.asarray(counts.sum(1)).ravel()
    of_neighbour = np.asarray(counts.sum(0)).ravel() ** 0.75
    of_neighbour /= of_neighbour.sum()
    value = np.log(counts.data / (of_word[counts.row] * of_neighbour[counts.col]))
    value = np.maximum(value, 0) * counts.data / (counts.data + 0.5)
    return sparse.csr_matrix((value, (counts.row, counts.col)), shape=counts.shape)


def places(train, words):
    """A vector for each word: words with the same neighbours lie close together."""
    number = {w: i for i, w in enumerate(words)}
    texts = [re.findall(rb"[a-z]+|[0-9]+|[^a-z0-9 ]", read(train, c, LOOKED_AT).lower()) for c in PROSE]
    common = collections.Counter()
    for text in texts:
        common.update(text)
    neighbour = {t: i for i, (t, _) in enumerate(common.most_common(NEIGHBOURS))}
    shape = (len(words), NEIGHBOURS)
    sides = [sparse.csr_matrix(shape), sparse.csr_matrix(shape)]
    for text in texts:
        word = np.array([number.get(t, -1) for t in text])
        beside = np.array([neighbour.get(t, -1) for t in text])
        for side, (w, b) in enumerate(((word[1:], beside[:-1]), (word[:-1], beside[1:]))):
            both = (w >= 0) & (b >= 0)
            sides[side] = sides[side] + sparse.csr_matrix((np.ones(both.sum()), (w[both], b[both])), shape=shape)
    left, values, _ = svds(sparse.hstack([associations(s) for s in sides]).tocsr(), k=DIMENSIONS,
                           v0=np.ones(min(shape[0], 2 * NEIGHBOURS)))
    vectors = left * np.sqrt(values)
    length = np.linalg.norm(vectors, axis=1)
    return vectors / (length + 0.05 * np.median(length))[:, None]


def ordered(ids, vectors):
    """Splits the words in two by what is alike, the first part as large a power of two as can be, and each part again: so each bit
    of a code divides what the bits before it left."""
    if len(ids) <= 2:
        return list(ids)
    half = 1 << (len(ids) - 1).bit_length() - 1
    points = vectors[ids]
    centred = points - points.mean(0)
    far = centred @ np.linalg.eigh(centred.T @ centred)[1][:, -1]
    for _ in range(ROUNDS):
        order = np.argsort(far, kind="stable")
        near, rest = points[order[:half]].mean(0), points[order[half:]].mean(0)
        far = ((points - near) ** 2).sum(1) - ((points - rest) ** 2).sum(1)
    order = np.argsort(far, kind="stable")
    return ordered(ids[order[:half]], vectors) + ordered(ids[order[half:]], vectors)


def main():
    out, train = map(pathlib.Path, sys.argv[1:])
    words = common_words(train)
    short = [w for w in words if len(w) >= 3][:SHORT]
    known = set(short)
    words = short + [w for w in words if len(w) > 3 and w not in known][:ALL - SHORT]
    vectors = places(train, words)
    ids = np.arange(len(words))
    order = ordered(ids[:SHORT], vectors) + ordered(ids[SHORT:], vectors)
    out.write_bytes(b"".join(words[i] + b"\n" for i in order))


main()
