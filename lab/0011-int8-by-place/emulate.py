#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A Llama model of a GGUF file (F32, F16, Q8_0, Q4_1) computed in float by numpy, with what is named rounded to 8 bits in groups
of 64 as the engine rounds it: how far its distributions are from those without rounding.

usage: emulate.py GGUF CALIBRATION_IDS TEXT_IDS EVERY ROW...

The ids are files of `ids`. Of the text's windows of 512 tokens every EVERY-th is read, and its second half scored. A ROW is names
joined by +: w (weights), qkv, o, up, down, head (inputs of these products), q, k, v, p (queries, keys, values, weights of attention);
smooth (divides inputs as tacit model quantize --smooth does, by every second window of the calibration text, before anything is rounded);
sort (puts channels of the residual stream in the order of the head's inputs, loudest last).
"""
import struct
import sys

import numpy as np

WINDOW, GROUP, STEP = 512, 64, 2
FORMS = {0: (4, 1), 1: (2, 1), 3: (20, 32), 8: (34, 32)}  # of a GGUF type: bytes, values
MATRICES = "attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down"


class Reader:
    def __init__(self, path):
        self.data, self.at = np.memmap(path, dtype=np.uint8, mode="r"), 0

    def take(self, form):
        value, = struct.unpack_from("<" + form, self.data, self.at)
        self.at += struct.calcsize(form)
        return value

    def text(self):
        n = self.take("Q")
        self.at += n
        return bytes(self.data[self.at - n:self.at]).decode("utf8", "replace")

    def value(self, kind):
        if kind == 8:
            return self.text()
        if kind == 9:
            of = self.take("I")
            return [self.value(of) for _ in range(self.take("Q"))]
        return self.take({0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "B", 10: "Q", 11: "q", 12: "d"}[kind])

    def halves(self, rows):
        return rows.copy().view(np.float16).astype(np.float32)

    def numbers(self, at, kind, n):
        n_bytes, n_values = FORMS[kind]
        raw = self.data[at:at + n // n_values * n_bytes]
        if kind < 2:
            return raw.view(np.float16 if kind else np.float32).astype(np.float32)
        rows = raw.reshape(-1, n_bytes)
        if kind == 8:
            return self.halves(rows[:, :2]) * rows[:, 2:].copy().view(np.int8)
        scales = self.halves(rows[:, :4])
        return np.concatenate([rows[:, 4:] & 15, rows[:, 4:] >> 4], 1) * scales[:, :1] + scales[:, 1:]

    def read(self):
        self.at = 8
        n_tensors, n_keys = self.take("Q"), self.take("Q")
        keys = {}
        for _ in range(n_keys):
            name = self.text()
            keys[name] = self.value(self.take("I"))
        places = []
        for _ in range(n_tensors):
            name, sizes = self.text(), [self.take("Q") for _ in range(self.take("I"))]
            places.append((name, sizes, self.take("I"), self.take("Q")))
        base = -(-self.at // 32) * 32
        return keys, {name: self.numbers(base + at, kind, int(np.prod(sizes))).reshape(sizes[::-1]).astype(np.float32)
                      for name, sizes, kind, at in places}


def rounded(x):
    groups = x.reshape(*x.shape[:-1], -1, GROUP)
    largest = np.abs(groups).max(-1, keepdims=True)
    largest[largest == 0] = 1
    return (np.rint(groups * (127 / largest)) * (largest / 127)).reshape(x.shape).astype(np.float32)


class Model:
    def __init__(self, keys, tensors):
        def key(name):
            return keys["llama." + name]
        self.n_layers, self.n_heads, self.n_kv = key("block_count"), key("attention.head_count"), key("attention.head_count_kv")
        self.epsilon, self.base = key("attention.layer_norm_rms_epsilon"), key("rope.freq_base")
        self.t = dict(tensors)
        self.width = self.t["output_norm.weight"].size
        self.dim = self.width // self.n_heads
        self.seen = None  # {place: [sum of squares by channel, rows]}

    def name(self, layer, part):
        return f"blk.{layer}.{part}.weight"

    def input(self, place, layer, x, what):
        if self.seen is not None:
            sums = self.seen.setdefault((layer, place), [0, 0])
            sums[0], sums[1] = sums[0] + (x * x).sum(0), sums[1] + len(x)
        return rounded(x) if place in what else x

    def norm(self, x, name):
        return x / np.sqrt((x * x).mean(-1, keepdims=True) + self.epsilon) * self.t[name]

    def round_weights(self):
        for name, values in self.t.items():
            if values.ndim == 2:
                self.t[name] = rounded(values)

    def scale(self, layer, part, rows=None, columns=None):
        name = self.name(layer, part)
        factor = np.float32(1)
        if rows is not None:
            factor = factor * (rows if self.t[name].ndim == 1 else rows[:, None])
        if columns is not None:
            factor = factor * columns
        self.t[name] = self.t[name] * factor

    def smooth(self, seen):
        def even(square):
            root = np.maximum(square, 1e-20) ** 0.25
            return (root / np.exp(np.log(root).mean())).astype(np.float32)
        for layer in range(self.n_layers):
            square = {place: seen[layer, place][0] / seen[layer, place][1] for place in ("qkv", "o", "up", "down")}
            for norm, place, parts in ("attn_norm", "qkv", MATRICES[:3]), ("ffn_norm", "up", MATRICES[4:6]):
                self.scale(layer, norm, rows=1 / even(square[place]))
                for part in parts:
                    self.scale(layer, part, columns=even(square[place]))
            by_head = square["o"].reshape(self.n_kv, -1, self.dim)
            value = np.stack([even(heads.sum(0)) for heads in by_head])
            self.scale(layer, "attn_v", rows=1 / value.reshape(-1))
            self.scale(layer, "attn_output", columns=np.repeat(value[:, None], by_head.shape[1], 1).reshape(-1))
            self.scale(layer, "ffn_up", rows=1 / even(square["down"]))
            self.scale(layer, "ffn_down", columns=even(square["down"]))

    def sort(self, seen):
        order = np.argsort(seen[-1, "head"][0])
        for name, values in self.t.items():
            reads = values.ndim == 1 or not name.endswith(("attn_output.weight", "ffn_down.weight"))
            self.t[name] = values[..., order] if reads else values[order]

    def turn(self, x):  # neighbours are a pair, as in GGUF files
        angles = np.arange(x.shape[1])[:, None] * self.base ** (-np.arange(0, self.dim, 2) / self.dim)
        c, s = np.cos(angles).astype(np.float32)[:, None], np.sin(angles).astype(np.float32)[:, None]
        y = np.empty_like(x)
        y[..., ::2], y[..., 1::2] = x[..., ::2] * c - x[..., 1::2] * s, x[..., ::2] * s + x[..., 1::2] * c
        return y

    def look(self, q, k, v, what):
        """Of one head: its output."""
        score = q @ k.T + np.triu(np.full((len(q), len(q)), -1e30, np.float32), 1)
        weight = np.exp(score - score.max(-1, keepdims=True))
        total = weight.sum(-1, keepdims=True)
        if "p" not in what:
            return weight @ v / total
        scale = np.maximum(np.abs(v).max(-1), 1e-9) / 127
        return rounded(weight * scale) @ (v / scale[:, None]) / total

    def attention(self, layer, h, shape, what):
        def heads(part, n):
            return (h @ self.t[self.name(layer, part)].T).reshape(*shape, n, self.dim)
        q = self.turn(heads("attn_q", self.n_heads)) / np.float32(np.sqrt(self.dim))
        k, v = self.turn(heads("attn_k", self.n_kv)), heads("attn_v", self.n_kv)
        q, k, v = (rounded(x) if name in what else x for x, name in ((q, "q"), (k, "k"), (v, "v")))
        out, n = np.empty_like(q), self.n_heads // self.n_kv
        for b in range(shape[0]):
            for head in range(self.n_heads):
                out[b, :, head] = self.look(q[b, :, head], k[b, :, head // n], v[b, :, head // n], what)
        return out.reshape(-1, self.width)

    def run(self, ids, what=()):
        """The head's inputs of scored positions."""
        x = self.t["token_embd.weight"][ids].reshape(-1, self.width)
        for layer in range(self.n_layers):
            def product(x, part, layer=layer):
                return x @ self.t[self.name(layer, part)].T
            h = self.input("qkv", layer, self.norm(x, self.name(layer, "attn_norm")), what)
            x = x + product(self.input("o", layer, self.attention(layer, h, ids.shape, what), what), "attn_output")
            h = self.input("up", layer, self.norm(x, self.name(layer, "ffn_norm")), what)
            gate = product(h, "ffn_gate")
            y = gate / (1 + np.exp(-gate)) * product(h, "ffn_up")
            x = x + product(self.input("down", layer, y, what), "ffn_down")
        x = x.reshape(*ids.shape, -1)[:, WINDOW // 2:-1].reshape(-1, self.width)
        return self.input("head", -1, self.norm(x, "output_norm.weight"), what)

    def logs(self, h):
        y = h @ self.t["token_embd.weight"].T
        y -= y.max(-1, keepdims=True)
        return y - np.log(np.exp(y).sum(-1, keepdims=True))


def windows(path, every):
    ids = np.fromfile(path, "<u4").astype(np.int64)
    return ids[:len(ids) // WINDOW * WINDOW].reshape(-1, WINDOW)[::every]


def calibrate(model, ids):
    model.seen = {}
    for i in range(len(ids)):
        model.run(ids[i:i + 1])
    seen, model.seen = model.seen, None
    return seen


def compare(exact, model, ids, kept, what):
    """Of each scored token: nats of exact and of model, divergence of model from exact."""
    rows = []
    for i in range(0, len(ids), STEP):
        h, targets = model.run(ids[i:i + STEP], what), ids[i:i + STEP, WINDOW // 2 + 1:].reshape(-1)
        for j in range(0, len(h), 256):
            a, b, at = exact.logs(kept[i][j:j + 256]), model.logs(h[j:j + 256]), targets[j:j + 256]
            each = np.arange(len(at))
            rows.append(np.stack([-a[each, at], -b[each, at], (np.exp(a) * (a - b)).sum(-1)]))
    return np.concatenate(rows, 1)


def main():
    path, calibration, text, every, *names = sys.argv[1:]
    keys, tensors = Reader(path).read()
    exact, ids = Model(keys, tensors), windows(text, int(every))
    seen = calibrate(exact, windows(calibration, 2))
    kept = {i: exact.run(ids[i:i + STEP]) for i in range(0, len(ids), STEP)}
    print("| rounded | perplexity | divergence, thousandths of a nat | more nats, % |\n|-|-:|-:|-:|")
    for name in names:
        what, model = name.split("+"), Model(keys, tensors)
        if "smooth" in what:
            model.smooth(seen)
        if "sort" in what:
            model.sort(seen)
        if "w" in what:
            model.round_weights()
        a, b, divergence = compare(exact, model, ids, kept, what)
        n, d = len(a), 100 * (b - a)
        print(f"| {name} | {np.exp(b.mean()):.3f} | {1e3 * divergence.mean():.2f} +- {1960 * divergence.std() / n ** 0.5:.2f} | "
              f"{d.mean():+.2f} +- {1.96 * d.std() / n ** 0.5:.2f} |", flush=True)
    print(f"\n{n} tokens; not rounded {np.exp(a.mean()):.3f}")


main()
