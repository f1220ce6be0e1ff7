# SPDX-License-Identifier: Apache-2.0
"""The selection method ZIP of 'Entropy Law: The Story Behind Data Compression and LLM Performance' (arXiv
2407.06645), written from the paper: what tacit select --method zip is compared with.

The subset with the lowest compression ratio is sought greedily, in rounds of three stages. A record's state is
the ratio last measured for it, at first its own. Each round measures the K1 records of the lowest states
together with all that was chosen (stage 1) and keeps the K2 lowest of them (stage 2); from these K3 are taken
one by one, each time the one that compresses least together with those taken in this round (stage 3).
"""
import zlib


def ratio(data):
    return len(data) / len(zlib.compress(data, 9))


def select(records, n_wanted, k1=10_000, k2=200, k3=100):
    """Indices into records (bytes), in the order of choice."""
    state = {i: ratio(record) for i, record in enumerate(records)}
    chosen = []
    while len(chosen) < n_wanted and state:
        base = b"".join(records[i] for i in chosen)
        front = sorted(state, key=state.get)[:k1]
        for i in front:
            state[i] = ratio(base + records[i])
        pool = sorted(front, key=state.get)[:k2]
        taken, text = [], b""
        while pool and len(taken) < k3 and len(chosen) + len(taken) < n_wanted:
            best = min(pool, key=lambda i: ratio(text + records[i]))
            pool.remove(best)
            taken.append(best)
            text += records[best]
        for i in taken:
            del state[i]
        chosen += taken
    return chosen
