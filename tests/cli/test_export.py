# SPDX-License-Identifier: Apache-2.0
"""tacit model export and import --as-stored: the same model from the file again, and what is refused."""
import json
import os
import re
import struct

from harness import FAILED, SOURCE_DIR, UNSUPPORTED, USAGE, CliTest, main
from toy_model import ARRAY, I32, gguf, scored, value

SPECIAL = [value("tokenizer.ggml.token_type", ARRAY, struct.pack("<IQ257i", I32, 257, 3, *256 * [1]))]


class Export(CliTest):
    def setUp(self):
        super().setUp()
        self.env = {**os.environ, "XDG_DATA_HOME": str(self.dir / "data"), "XDG_DATA_DIRS": str(self.dir / "none")}
        self.write("toy.gguf", gguf(counts=True))
        self.write("a", bytes(i % 64 + 32 for i in range(3000)))

    def model(self, *args, **options):
        return self.run_tacit("model", *args, env=self.env, **options)

    def refused(self, code, pattern, *args, **options):
        result = self.fails(code, pattern, "model", *args, env=self.env, **options)
        self.assertEqual(result.err.count("\n"), 1, result.err)

    def bits(self, model):
        rows = json.loads(self.run_tacit("eval", "--json", model, "--", "a", env=self.env).stdout)["results"]
        return rows[0]["bits_per_byte"]

    def identity(self, model):
        return re.search(r"identity +([0-9a-f]{64})", self.model("show", model).stdout.decode())[1]

    def test_types(self):
        """Two heads of 64, whose rotated pairs the file interleaves: wrong places would cost many bits."""
        self.write("heads.gguf", gguf(width=128, heads=2, layers=2, counts=True))
        whole = self.bits("./heads.gguf")
        for kind, bound in [("f16", 0.01), ("q8_0", 0.01), ("q4_1", 0.2), ("q4_0", 0.2)]:
            self.model("export", "./heads.gguf", "--type", kind, "--gguf", f"{kind}.gguf")
            self.assertLess(abs(self.bits(f"./{kind}.gguf") / whole - 1), bound, kind)
        self.model("export", "./heads.gguf", "--type", "q4_0", "--keep-embeddings", "--gguf", "kept.gguf")
        self.assertGreater(len(self.read("kept.gguf")), len(self.read("q4_0.gguf")))

    def test_same_numbers(self):
        """What a file has in Q8_0, Q4_0 or Q4_1 comes back: the same model, or the same file."""
        self.write("heads.gguf", gguf(width=128, heads=2, seed=3, layers=2))
        self.model("export", "./heads.gguf", "--gguf", "q8_0.gguf")
        self.model("export", "./q8_0.gguf", "--gguf", "again.gguf")
        self.assertEqual(self.identity("./q8_0.gguf"), self.identity("./again.gguf"))
        for kind in ("q4_0", "q4_1"):
            self.model("export", "./heads.gguf", "--type", kind, "--gguf", "first.gguf", "-f")
            self.model("import", "--as-stored", "first.gguf", "own")
            self.model("export", "own", "--type", kind, "--like", "first.gguf", "--gguf", "second.gguf", "-f")
            self.assertEqual(self.read("first.gguf"), self.read("second.gguf"))
            self.assertNotEqual(self.identity("own"), self.identity("./first.gguf"))
            self.assertLess(abs(self.bits("own") / self.bits("./first.gguf") - 1), 0.05)

    def test_padded_heads(self):
        """Heads of 32 are padded to 64: what can be kept is kept."""
        self.write("odd.gguf", gguf(width=64, heads=2))
        self.refused(UNSUPPORTED, "do not have padded heads", "export", "./odd.gguf", "--gguf", "x.gguf")

    def test_architectures(self):
        bias = {f"blk.0.attn_{part}.bias": (64,) for part in "qkv"}
        norms = {f"blk.0.attn_{part}_norm.weight": (64,) for part in "qk"}
        for name, more in [("qwen2", bias), ("qwen3", norms), ("llama", {})]:
            self.write("it.gguf", gguf(architecture=name, more_tensors=more))
            self.model("export", "./it.gguf", "--gguf", "out.gguf", "-f")
            self.assertIn(f"{name}.block_count".encode(), self.read("out.gguf"))
            self.assertLess(abs(self.bits("./out.gguf") / self.bits("./it.gguf") - 1), 0.01)
            self.assertEqual(len(self.read("out.gguf")) % 32, 0)

    def test_tokenizers(self):
        """A .tmodel does not know the names of special tokens, nor SentencePiece's scores; a file beside it does."""
        self.write("special.gguf", gguf(more_values=SPECIAL))
        self.model("import", "special.gguf")
        result = self.model("export", "special", "--gguf", "numbers.gguf")
        self.assertIn(b"names of 1 special tokens", result.stderr)
        self.assertIn(b"<|special-0|>", self.read("numbers.gguf"))
        self.assertLess(abs(self.bits("./numbers.gguf") / self.bits("special") - 1), 0.01)
        self.write("data/tacit/models/special.gguf", self.read("special.gguf"))
        self.assertEqual(self.model("export", "special", "--gguf", "names.gguf").stderr, b"")
        self.assertNotIn(b"<|special-0|>", self.read("names.gguf"))
        self.refused(UNSUPPORTED, "tokenizers differ", "export", "special", "--like", "toy.gguf", "--gguf", "x")
        self.write("scored.gguf", gguf(more_values=scored(), left_out=["tokenizer.ggml.model", "tokenizer.ggml.tokens",
                                                                       "tokenizer.ggml.merges"]))
        self.model("import", "scored.gguf")
        self.refused(UNSUPPORTED, "--like FILE.gguf", "export", "scored", "--gguf", "x.gguf")
        self.model("export", "scored", "--like", "scored.gguf", "--gguf", "x.gguf")
        self.assertLess(abs(self.bits("./x.gguf") / self.bits("scored") - 1), 0.01)

    def test_whole_or_not(self):
        """A disk that is full, or a file that exists, leaves everything as it was."""
        self.write("old.gguf", b"old")
        full = ["sh", "-c", "trap '' XFSZ; ulimit -f 8; exec \"$@\"", "sh"]
        for name in ("old.gguf", "new.gguf"):
            self.refused(FAILED, "File too large", "export", "-f", "./toy.gguf", "--gguf", name, before=full)
        self.refused(FAILED, "already exists; not replaced without -f", "export", "./toy.gguf", "--gguf", "old.gguf")
        self.assertEqual(self.read("old.gguf"), b"old")
        self.assertEqual(self.names(), ["a", "old.gguf", "toy.gguf"])

    def test_manual(self):
        manual = (SOURCE_DIR / "docs/man/tacit-models.1").read_text().replace(", -", " -")
        for command in ("export", "import"):
            page = self.run_tacit("model", command, "--help").stdout.decode()
            for option in re.findall(r"(?m)^  (?:-., |    )--([a-z-]+)", page):
                self.assertIn(f" -{option}", manual)

    def test_refused(self):
        self.write("cut.gguf", self.read("toy.gguf")[:-1000])
        for code, pattern, *args in [(USAGE, "--gguf FILE says", "export", "./toy.gguf"),
                                     (USAGE, "name one model", "export", "--gguf", "x"),
                                     (USAGE, "is f16, q8_0", "export", "./toy.gguf", "--gguf", "x", "--type", "q5"),
                                     (FAILED, "no such model", "export", "nomodel", "--gguf", "x"),
                                     (FAILED, "nowhere", "export", "./toy.gguf", "--gguf", "nowhere/x"),
                                     (UNSUPPORTED, "damaged", "export", "./cut.gguf", "--gguf", "x"),
                                     (USAGE, "takes a file", "import", "--as-stored"),
                                     (UNSUPPORTED, "no matrix of Q4_0", "import", "--as-stored", "toy.gguf")]:
            self.refused(code, pattern, *args)
        if b"(linked in)" in self.model("list").stdout:
            self.refused(UNSUPPORTED, "do not have tables of pairs", "export", "default", "--gguf", "x")
        self.assertFalse((self.dir / "x").exists())


main()
