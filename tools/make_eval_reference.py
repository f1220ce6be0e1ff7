#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reference figures for the conventions of `tacit eval`: a Llama in numpy (binary32, weights as the GGUF has them, not
requantised), its tokens by Hugging Face's tokenizers, the windows of lm-evaluation-harness by that package itself.

usage: python3 -m pip install numpy gguf tokenizers==0.23.3 && python3 -m pip install --no-deps lm_eval
       tools/make_eval_reference.py FILE.gguf TEXT WINDOW STRIDE FIRST_TOKEN

Prints JSON: bits_per_byte of lm-eval, perplexity of llama-perplexity, bits_per_char of hkust, each with windows of
WINDOW tokens; hkust advances by STRIDE; FIRST_TOKEN is the harness's prefix token (the file's bos_token_id).
"""
import json
import math
import sys

import gguf
import numpy as np
from lm_eval.utils import get_rolling_token_windows, make_disjoint_window
from make_tokenizer_cases import PRE
from tokenizers import Tokenizer, models


class Llama:
    def __init__(self, path):
        reader = gguf.GGUFReader(path)
        self.fields = {name: field.contents() for name, field in reader.fields.items()}
        self.weights = {t.name: gguf.dequantize(t.data, t.tensor_type).astype(np.float32) for t in reader.tensors}
        self.n_layers = self.fields["llama.block_count"]
        self.n_heads = self.fields["llama.attention.head_count"]
        self.n_kv_heads = self.fields["llama.attention.head_count_kv"]
        self.epsilon = self.fields["llama.attention.layer_norm_rms_epsilon"]
        self.base = self.fields.get("llama.rope.freq_base", 10000.0)

    def encode(self, text):
        words = self.fields["tokenizer.ggml.tokens"]
        merges = [tuple(merge.split(" ")) for merge in self.fields["tokenizer.ggml.merges"]]
        tokenizer = Tokenizer(models.BPE(vocab={w: i for i, w in enumerate(words)}, merges=merges))
        tokenizer.pre_tokenizer = PRE[self.fields.get("tokenizer.ggml.pre", "gpt-2")]
        return tokenizer.encode(text, add_special_tokens=False).ids

    def norm(self, x, name):
        return x / np.sqrt(np.mean(x * x, axis=-1, keepdims=True) + self.epsilon) * self.weights[name]

    def rotate(self, x):
        """Pairs of neighbours, as GGUF files of this architecture have them. x: [position, head, number]"""
        n, _, width = x.shape
        angle = np.outer(np.arange(n), self.base ** (-np.arange(0, width, 2) / width))[:, None, :]
        cos, sin = np.cos(angle).astype(np.float32), np.sin(angle).astype(np.float32)
        a, b = x[..., 0::2], x[..., 1::2]
        return np.stack([a * cos - b * sin, a * sin + b * cos], axis=-1).reshape(x.shape)

    def attend(self, x, layer):
        n = len(x)
        q, k, v = (x @ self.weights[f"blk.{layer}.attn_{part}.weight"].T for part in "qkv")
        q = self.rotate(q.reshape(n, self.n_heads, -1))
        k, v = self.rotate(k.reshape(n, self.n_kv_heads, -1)), v.reshape(n, self.n_kv_heads, -1)
        out = np.empty_like(q)
        for head in range(self.n_heads):
            group = head * self.n_kv_heads // self.n_heads
            score = q[:, head] @ k[:, group].T / np.sqrt(np.float32(q.shape[2]))
            score = np.where(np.tri(n, dtype=bool), score, -np.inf)
            weight = np.exp(score - score.max(axis=1, keepdims=True))
            out[:, head] = weight / weight.sum(axis=1, keepdims=True) @ v[:, group]
        return out.reshape(n, -1) @ self.weights[f"blk.{layer}.attn_output.weight"].T

    def costs(self, tokens, n_scored):
        """Nats that each of the last n_scored tokens costs after those before it."""
        x = self.weights["token_embd.weight"][tokens[:-1]]
        for layer in range(self.n_layers):
            x = x + self.attend(self.norm(x, f"blk.{layer}.attn_norm.weight"), layer)
            y = self.norm(x, f"blk.{layer}.ffn_norm.weight")
            gate = y @ self.weights[f"blk.{layer}.ffn_gate.weight"].T
            up = y @ self.weights[f"blk.{layer}.ffn_up.weight"].T
            x = x + (gate / (1 + np.exp(-gate)) * up) @ self.weights[f"blk.{layer}.ffn_down.weight"].T
        output = self.weights.get("output.weight", self.weights["token_embd.weight"])
        logits = (self.norm(x[-n_scored:], "output_norm.weight") @ output.T).astype(np.float64)
        top = logits.max(axis=1, keepdims=True)
        return np.log(np.exp(logits - top).sum(axis=1)) + top[:, 0] - logits[np.arange(n_scored), tokens[-n_scored:]]


def harness(model, tokens, window, first):
    total = 0
    for pair in get_rolling_token_windows(tokens, first, window, 1):
        context, continuation = make_disjoint_window(pair)
        total += model.costs((context + continuation)[-window - 1:], len(continuation)).sum()
    return total


def llama_perplexity(model, tokens, window):
    """The second half of each window that is full, but for its first token."""
    costs = [model.costs(tokens[i:i + window], window - window // 2 - 1)
             for i in range(0, len(tokens) - window + 1, window)]
    return math.exp(np.concatenate(costs).mean())


def hkust(model, tokens, window, stride):
    """Blocks of one more than the window; what an earlier block had is masked."""
    total, previous = 0, 0
    for begin in range(0, len(tokens) - window, stride):
        end = begin + window + 1
        total += model.costs(tokens[begin:end], min(end - previous, window)).sum()
        previous = end
    return total


def main():
    path, text_path, window, stride, first = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:6])
    with open(text_path, "rb") as file:
        data = file.read()
    model = Llama(path)
    tokens = model.encode(data.decode())
    print(json.dumps({
        "tokens": len(tokens),
        "lm-eval": round(harness(model, tokens, window, first) / math.log(2) / len(data), 6),
        "llama-perplexity": round(llama_perplexity(model, tokens, window), 5),
        "hkust": round(hkust(model, tokens, window, stride) / math.log(2) / len(data.decode()), 6)}))


if __name__ == "__main__":
    main()
