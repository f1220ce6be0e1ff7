# SPDX-License-Identifier: Apache-2.0
"""factor.py LEARNT TABLE [KB]: what train learnt as docs/predictor.md, section 10, has it. KB: for the weights, 128."""
import heapq
import sys

import numpy as np

CHOICES = (256, 72, 256, 2048, 256, 256, 256, 256, 2048, 256, 256, 256)
INPUTS, VALUES, CONTEXTS, FACTORS_MAX = 147, 2048, 65536, 63
AGE_CAP, RIDGE, RANGE = 1e6, 0.2, 3.2 / 7  # a nibble's 7 is 3.2 times the root of the mean square


def i16(x, unit):
    whole = np.round(x / unit).astype(int)
    assert np.abs(whole).max() < 32768
    return whole


def nibbles(values):
    low = (values & 15).astype(np.uint8)
    return (low[0::2] | low[1::2] << 4).astype(np.uint8).tobytes()


def read(path):
    data = np.fromfile(path, dtype=np.float32)
    shapes = ((12, VALUES, INPUTS), (12, VALUES), (2, CONTEXTS, 16), (INPUTS, INPUTS))
    parts, at = [], 0
    for shape in shapes:
        parts.append(data[at:at + np.prod(shape)].reshape(shape))
        at += np.prod(shape)
    parts[1] = parts[1].view(np.uint32)
    return parts


def decompose(weights, age, half):
    """Factors of one selector by what errors cost: sets by age, inputs by covariance, whose root is half."""
    age = np.minimum(age.astype(float), AGE_CAP)
    mean = (weights * age[:, None]).sum(0) / age.sum()
    _, energy, v = np.linalg.svd((weights - mean) @ half * np.sqrt(age / age.sum())[:, None], full_matrices=False)
    return weights - mean, age, mean, energy ** 2, v


def choose_ranks(parts, budget):
    """Whatever gains most for its bytes comes next."""
    ranks, cost, heap = [0] * len(parts), len(parts) * (1 + 2 * INPUTS), []

    def push(k):
        if ranks[k] < min(len(parts[k][3]), FACTORS_MAX):
            bytes_ = 1 + INPUTS + CHOICES[k] // 2
            heapq.heappush(heap, (-parts[k][3][ranks[k]] / bytes_, k, bytes_))
    for k in range(len(parts)):
        push(k)
    while heap and cost + heap[0][2] <= budget:
        _, k, bytes_ = heapq.heappop(heap)
        cost += bytes_
        ranks[k] += 1
        push(k)
    return ranks


def pack_selector(part, rank, covariance, inverse):
    rest, age, mean, _, v = part
    whole = i16(mean, 2.0 ** -16)
    used = age > 0
    rest = np.where(used[:, None], rest + mean - whole * 2.0 ** -16, 0)
    blob = bytes([rank]) + whole.astype("<i2").tobytes()
    for t in range(rank):
        row = v[t] @ inverse
        share = rest @ (row @ covariance) / (row @ covariance @ row)
        step = RANGE * np.sqrt((share ** 2 * age).sum() / age.sum() / 2 + (share ** 2).sum() / used.sum() / 2)
        largest, shift = np.abs(row).max() * step * 2.0 ** 18, 0
        while largest / 2 ** shift > 127:
            shift += 1
        assert shift <= 8
        row = np.round(row * step * 2.0 ** 18 / 2 ** shift).astype(int)
        unit = row * 2.0 ** (shift - 18)
        share = rest @ (unit @ covariance) / (unit @ covariance @ unit)
        share = np.where(used, np.clip(np.round(share), -7, 7), 0).astype(int)
        rest = rest - np.outer(share, unit)
        blob += bytes([shift]) + row.astype(np.int8).tobytes() + nibbles(share)
    return blob


def pack_map(steps):
    first = 1 / (1 + np.exp(8 - np.arange(16) * 16 / 15))
    moved = steps - first
    v = np.linalg.svd(moved, full_matrices=False)[2][0]
    profile = i16(v * np.sqrt(((moved @ v) ** 2).mean()) * 3 / 7, 2.0 ** -18)
    unit = profile * 2.0 ** -18
    share = np.clip(np.round(moved @ unit / (unit @ unit)), -7, 7).astype(int)
    begun = first + np.outer(share, unit)
    assert 0.0001 < begun.min() and begun.max() < 0.9999
    return profile.astype("<i2").tobytes() + nibbles(share)


def main():
    weights, ages, steps, covariance = read(sys.argv[1])
    budget = 1024 * int(sys.argv[3]) if len(sys.argv) > 3 else 128 * 1024
    covariance = covariance / (np.trace(covariance) / INPUTS) + RIDGE * np.eye(INPUTS)
    half = np.linalg.cholesky(covariance)
    parts = [decompose(weights[k, :n].astype(float), ages[k, :n], half) for k, n in enumerate(CHOICES)]
    ranks = choose_ranks(parts, budget)
    blob = b"".join(pack_selector(p, r, covariance, np.linalg.inv(half)) for p, r in zip(parts, ranks))
    blob += b"".join(pack_map(m.astype(float)) for m in steps)
    with open(sys.argv[2], "wb") as out:
        out.write(blob)
    print(ranks, len(blob))


main()
