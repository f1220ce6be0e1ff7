# SPDX-License-Identifier: Apache-2.0
"""A small language model as a GGUF file, made of random numbers."""
import random
import struct

U32, F32, STRING, ARRAY, I32 = 4, 6, 8, 9, 5


def string(text):
    data = text.encode()
    return struct.pack("<Q", len(data)) + data


def value(key, kind, payload):
    return string(key) + struct.pack("<I", kind) + payload


def strings(key, texts):
    payload = struct.pack("<IQ", STRING, len(texts)) + b"".join(map(string, texts))
    return value(key, ARRAY, payload)


def byte_chars():
    """How byte-level vocabularies write the 256 bytes."""
    own = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    other = iter(range(256, 512))
    return [chr(b if b in own else next(other)) for b in range(256)]


def scored(more=()):
    """The values of a SentencePiece vocabulary of as many tokens as gguf() has: special ones, the bytes, one token."""
    tokens = ["<unk>", *[f"<0x{b:02X}>" for b in range(255)], "\u2581"]
    types, scores = [2] + 255 * [6] + [1], [0.0] * 256 + [-1.0]
    return [value("tokenizer.ggml.model", STRING, string("llama")), strings("tokenizer.ggml.tokens", tokens),
            value("tokenizer.ggml.token_type", ARRAY, struct.pack("<IQ257i", I32, 257, *types)),
            value("tokenizer.ggml.scores", ARRAY, struct.pack("<IQ257f", F32, 257, *scores)), *more]


def whole(key, n):
    return value(key, U32, struct.pack("<I", n))


def real(key, x):
    return value(key, F32, struct.pack("<f", x))


def gguf(name="toy", width=64, n_hidden=64, seed=1, more_values=(), more_tensors=(), left_out=(),
         counts=False, architecture="llama", heads=1, head_size=None, layers=1, constants=None):
    """A model with random weights, a Llama of one layer unless said otherwise, and a tokenizer of single bytes and
    one merge. Packed values and (name, shape) pairs are added; values and tensors whose names are left out are missing.
    With counts, the model expects behind each byte the next greater one, and is good at something. constants: the
    numbers of some tensors."""
    head_size = head_size or width // heads
    words = byte_chars() + ["th"]
    shapes = {"token_embd.weight": (width, len(words)), "output_norm.weight": (width,)}
    for layer in range(layers):
        for part in ("attn_q", "attn_k", "attn_v"):
            shapes[f"blk.{layer}.{part}.weight"] = (width, heads * head_size)
        shapes[f"blk.{layer}.attn_output.weight"] = (heads * head_size, width)
        for part in ("ffn_gate", "ffn_up"):
            shapes[f"blk.{layer}.{part}.weight"] = (width, n_hidden)
        shapes[f"blk.{layer}.ffn_down.weight"] = (n_hidden, width)
        shapes[f"blk.{layer}.attn_norm.weight"] = shapes[f"blk.{layer}.ffn_norm.weight"] = (width,)
    numbers = {"block_count": layers, "embedding_length": width, "feed_forward_length": n_hidden,
               "context_length": 128, "attention.head_count": heads, "attention.head_count_kv": heads}
    values = [value("general.architecture", STRING, string(architecture)),
              value("general.name", STRING, string(name)),
              value("general.license", STRING, string("none\x1b[31m")),
              real(f"{architecture}.attention.layer_norm_rms_epsilon", 1e-5),
              value("tokenizer.ggml.model", STRING, string("gpt2")),
              strings("tokenizer.ggml.tokens", words), strings("tokenizer.ggml.merges", ["t h"])]
    values += [whole(f"{architecture}.{key}", n) for key, n in numbers.items()]
    values = [v for v in values if not any(string(key) == v[:len(string(key))] for key in left_out)]
    values += more_values
    shapes.update(more_tensors)
    if counts:
        shapes["output.weight"] = shapes["token_embd.weight"]
    chance = random.Random(seed)
    tensors, data = [], b""
    for tensor, shape in shapes.items():
        n = shape[0] * (shape[1] if len(shape) > 1 else 1)
        numbers = [chance.uniform(-0.5, 0.5) for _ in range(n)]
        if counts and "norm" in tensor:
            numbers = [1] * n
        elif counts and ("attn_output" in tensor or "ffn_down" in tensor):
            numbers = [0] * n
        elif tensor == "token_embd.weight":
            embedding = numbers
        elif tensor == "output.weight": # a byte's row is the embedding of the one before it
            numbers = embedding[-width:] + embedding[:-width]
        numbers = (constants or {}).get(tensor, numbers)
        if tensor in left_out: # the others' numbers stay the same
            continue
        tensors.append(string(tensor) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, 0, len(data)))
        data += struct.pack(f"<{n}f", *numbers)
        data += bytes(-len(data) % 32)
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(values))
    head += b"".join(values) + b"".join(tensors)
    return head + bytes(-len(head) % 32) + data
