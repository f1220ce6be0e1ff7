# SPDX-License-Identifier: Apache-2.0
"""tacit model import FOLDER: the same model as from a GGUF file of the same numbers, and folders that are refused by name."""
import json
import os
import random
import re
import struct

from harness import UNSUPPORTED, USAGE, CliTest, main, text
from toy_model import byte_chars, gguf, real, value, whole, STRING, string

WIDTH, HIDDEN, LAYERS, HEADS = 64, 128, 2, 2
HEAD = WIDTH // HEADS
PARTS = {"self_attn.q_proj": ("attn_q", WIDTH, WIDTH), "self_attn.k_proj": ("attn_k", WIDTH, WIDTH),
         "self_attn.v_proj": ("attn_v", WIDTH, WIDTH), "self_attn.o_proj": ("attn_output", WIDTH, WIDTH),
         "mlp.gate_proj": ("ffn_gate", HIDDEN, WIDTH), "mlp.up_proj": ("ffn_up", HIDDEN, WIDTH),
         "mlp.down_proj": ("ffn_down", WIDTH, HIDDEN)}


def numbers():
    """By Hugging Face's names: rows of numbers that bfloat16 holds exactly."""
    chance = random.Random(11)

    def rows(n_rows, n_columns):
        return [[chance.randrange(-128, 128) / 256 for _ in range(n_columns)] for _ in range(n_rows)]

    tensors = {"model.embed_tokens.weight": rows(257, WIDTH), "model.norm.weight": rows(1, WIDTH)[0]}
    for layer in range(LAYERS):
        for part, (_, n_rows, n_columns) in PARTS.items():
            tensors[f"model.layers.{layer}.{part}.weight"] = rows(n_rows, n_columns)
        for norm in ("input_layernorm", "post_attention_layernorm"):
            tensors[f"model.layers.{layer}.{norm}.weight"] = rows(1, WIDTH)[0]
    return tensors


def interleave(rows):
    """As GGUF has the rows of Llama's queries and keys: the two of a pair beside each other."""
    out = []
    for h in range(0, len(rows), HEAD):
        for i in range(HEAD // 2):
            out += [rows[h + i], rows[h + HEAD // 2 + i]]
    return out


def constants(tensors, rotated):
    """The same for gguf()."""
    flat = {"token_embd.weight": sum(tensors["model.embed_tokens.weight"], []),
            "output_norm.weight": tensors["model.norm.weight"]}
    for layer in range(LAYERS):
        for part, (name, _, _) in PARTS.items():
            rows = tensors[f"model.layers.{layer}.{part}.weight"]
            rows = interleave(rows) if rotated and name in ("attn_q", "attn_k") else rows
            flat[f"blk.{layer}.{name}.weight"] = sum(rows, [])
        flat[f"blk.{layer}.attn_norm.weight"] = tensors[f"model.layers.{layer}.input_layernorm.weight"]
        flat[f"blk.{layer}.ffn_norm.weight"] = tensors[f"model.layers.{layer}.post_attention_layernorm.weight"]
    return flat


def safetensors(tensors, dtype="F32"):
    head, data = {"__metadata__": {"format": "pt"}}, b""
    for name, rows in tensors.items():
        shape = [len(rows), len(rows[0])] if isinstance(rows[0], list) else [len(rows)]
        flat = sum(rows, []) if len(shape) == 2 else rows
        packed = struct.pack(f"<{len(flat)}f", *flat)
        if dtype == "BF16":
            packed = b"".join(packed[i + 2:i + 4] for i in range(0, len(packed), 4))
        if dtype == "F16":
            packed = struct.pack(f"<{len(flat)}e", *flat)
        head[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + len(packed)]}
        data += packed
    head = json.dumps(head).encode()
    return struct.pack("<Q", len(head)) + head + data


CONFIG = {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": WIDTH, "intermediate_size": HIDDEN,
          "num_hidden_layers": LAYERS, "num_attention_heads": HEADS, "num_key_value_heads": HEADS, "head_dim": HEAD,
          "max_position_embeddings": 128, "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "hidden_act": "silu",
          "tie_word_embeddings": True, "vocab_size": 257, "torch_dtype": "float32", "rope_scaling": None, "use_cache": True}
TOKENIZER = {"normalizer": None, "added_tokens": [],
             "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": False, "use_regex": True},
             "model": {"type": "BPE", "vocab": {t: i for i, t in enumerate(byte_chars() + ["th"])}, "merges": ["t h"]}}
DIVISORS = [value("llama.rope.scaling.type", STRING, string("linear")), real("llama.rope.scaling.factor", 4)]


class Folder(CliTest):
    def setUp(self):
        super().setUp()
        self.env = {**os.environ, "XDG_DATA_HOME": str(self.dir / "data"), "XDG_DATA_DIRS": str(self.dir / "none")}
        self.tensors = numbers()
        self.folder()
        self.write("a", text(3000))

    def folder(self, config=None, tokenizer=None, model=None):
        (self.dir / "hf").mkdir(exist_ok=True)
        self.write("hf/config.json", json.dumps({**CONFIG, **(config or {})}).encode())
        self.write("hf/tokenizer.json", json.dumps({**TOKENIZER, **(tokenizer or {})}).encode())
        self.write("hf/model.safetensors", model if model is not None else safetensors(self.tensors))

    def identity(self, model):
        page = self.run_tacit("model", "show", model, env=self.env).stdout.decode()
        return re.search(r"identity +([0-9a-f]{64})", page)[1]

    def imported(self, name="m"):
        self.run_tacit("model", "import", "hf", name, env=self.env)
        files = [p.name for p in (self.dir / "data/tacit/models").iterdir()]
        self.assertFalse([f for f in files if f.endswith(".gguf")], "the way's own file is gone")
        return self.identity(name)

    def from_gguf(self, **how):
        how = {"rotated": True, "architecture": "llama", "more_values": [], **how}
        data = gguf(layers=LAYERS, n_hidden=HIDDEN, heads=HEADS, architecture=how["architecture"],
                    constants=constants(self.tensors, how["rotated"]), more_values=how["more_values"])
        self.write("same.gguf", data)
        return self.identity("./same.gguf")

    def test_same_as_gguf(self):
        want = self.from_gguf()
        self.assertEqual(self.imported(), want)
        for dtype in ("BF16", "F16"):
            self.folder(model=safetensors(self.tensors, dtype))
            self.assertEqual(self.imported(), want, dtype)
        bits = [r["bits_per_byte"] for r in json.loads(self.run_tacit(
            "eval", "--json", "m", "./same.gguf", "--", "a", env=self.env).stdout)["results"]]
        self.assertEqual(bits[0], bits[1])
        self.folder({"model_type": "mistral", "sliding_window": None})
        self.assertEqual(self.imported(), want)

    def test_parts_and_newer_files(self):
        names = sorted(self.tensors)
        half = len(names) // 2
        parts = {"model-1.safetensors": names[:half], "model-2.safetensors": names[half:]}
        for file, mine in parts.items():
            self.write("hf/" + file, safetensors({n: self.tensors[n] for n in mine}))
        index = {"weight_map": {n: file for file, mine in parts.items() for n in mine}}
        self.write("hf/model.safetensors.index.json", json.dumps(index).encode())
        (self.dir / "hf/model.safetensors").unlink()
        merges = {"model": {**TOKENIZER["model"], "merges": [["t", "h"]]}}
        self.write("hf/tokenizer.json", json.dumps({**TOKENIZER, **merges}).encode())
        config = {**CONFIG, "rope_parameters": {"rope_theta": 10000.0, "rope_type": "linear", "factor": 4.0}}
        self.write("hf/config.json", json.dumps({k: v for k, v in config.items() if k != "rope_theta"}).encode())
        self.assertEqual(self.imported(), self.from_gguf(more_values=DIVISORS))

    def test_head_and_biases(self):
        """Qwen2: no interleaving; a head of its own."""
        self.tensors["lm_head.weight"] = self.tensors["model.embed_tokens.weight"][::-1]
        for layer in range(LAYERS):
            for part in "qkv":
                self.tensors[f"model.layers.{layer}.self_attn.{part}_proj.bias"] = [i / 256 for i in range(WIDTH)]
        self.folder({"model_type": "qwen2", "tie_word_embeddings": False, "use_sliding_window": False,
                     "sliding_window": 64, "max_window_layers": 2, "layer_types": ["full_attention"] * 2})
        self.imported("qwen")
        archive = self.run_tacit("-c", "-m", "qwen", "a", env=self.env).stdout
        self.write("a.tct", archive)
        self.assertEqual(self.run_tacit("-dc", "--cpu", "scalar", "a.tct", env=self.env).stdout, self.read("a"))

    def test_llama3_rope(self):
        scaling = {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
                   "original_max_position_embeddings": 64}
        self.folder({"rope_scaling": scaling})
        ours = self.imported()
        divisors = []
        for i in range(HEAD // 2):
            wave = 2 * 3.141592653589793 * 10000 ** (2 * i / HEAD)
            smooth = min(1, max(0, (64 / wave - 1) / 3))
            divisors.append(1 / ((1 - smooth) / 8 + smooth))
        self.assertGreater(len(set(divisors)), 2)
        data = gguf(layers=LAYERS, n_hidden=HIDDEN, heads=HEADS, more_tensors={"rope_freqs.weight": (HEAD // 2,)}.items(),
                    constants={**constants(self.tensors, True), "rope_freqs.weight": divisors})
        self.write("same.gguf", data)
        self.assertEqual(ours, self.identity("./same.gguf"))

    def test_refused(self):
        good = safetensors(self.tensors)
        strange = {**self.tensors, "model.layers.0.mlp.router.weight": self.tensors["model.norm.weight"]}
        less = {k: v for k, v in self.tensors.items() if "layers.1.mlp.up" not in k}
        for message, *how in (
            ("model_type 'gpt_neox'", {"model_type": "gpt_neox"}),
            ("has 'quantization_config', whose meaning", {"quantization_config": {"bits": 4}}),
            ("the activation 'gelu'", {"hidden_act": "gelu"}),
            ("no number 'hidden_size'", {"hidden_size": "64"}),
            ("RoPE scaling of the type 'ntk'", {"rope_scaling": {"type": "ntk", "factor": 2}}),
            ("RoPE scaling with 'mscale'", {"rope_scaling": {"type": "yarn", "factor": 2, "mscale": 1}}),
            ("layers of the type 'sliding_attention'", {"layer_types": ["sliding_attention"]}),
            ("rows, not 4 heads of 32", {"num_attention_heads": 4}),
            ("lm_head.weight is missing", {"tie_word_embeddings": False}),
            ("no byte-level BPE", {}, {"model": {"type": "Unigram"}}),
            ("changes text first", {}, {"normalizer": {"type": "Lowercase"}}),
            ("a rule that is not known", {}, {"pre_tokenizer": {"type": "Whitespace"}}),
            ("a token outside the model's 257", {}, {"added_tokens": [{"id": 257, "content": "x", "special": True}]}),
            ("router.weight has no use", {}, {}, safetensors(strange)),
            ("layers.1.mlp.up_proj.weight is missing", {}, {}, safetensors(less)),
            ("is no safetensors file", {}, {}, b"<html>"),
            ("is no safetensors file", {}, {}, struct.pack("<Q", 1 << 60) + good[8:]),
            ("lies outside its file", {}, {}, good[:-1]),
            ("is of type I8", {}, {}, good.replace(b'"F32"', b'"I8" ')),
            ("one or two dimensions", {}, {}, good.replace(b"[257, 64]", b"[257, 0] ")),
        ):
            self.folder(*how)
            result = self.fails(UNSUPPORTED, r"^tacit: hf: cannot be imported: .*" + re.escape(message), "model", "import", "hf",
                                "m", env=self.env)
            self.assertEqual(result.err.count("\n"), 1, result.err)
            self.assertFalse(list((self.dir / "data").rglob("m.*")) if (self.dir / "data").exists() else [])
        for gone in ("config.json", "tokenizer.json", "model.safetensors"):
            self.folder()
            (self.dir / "hf" / gone).unlink()
            self.fails(UNSUPPORTED, f"there is no {gone}", "model", "import", "hf", env=self.env)
        self.fails(USAGE, "--as-stored is for a .gguf file", "model", "import", "--as-stored", "hf", env=self.env)


main()
