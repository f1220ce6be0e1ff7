# SPDX-License-Identifier: Apache-2.0
"""tacit inspect: the table and the JSON say the same of a small model, with a text and without; what is refused."""
import json
import os

from harness import FAILED, UNSUPPORTED, USAGE, CliTest, main
from toy_model import gguf


class Inspect(CliTest):
    def setUp(self):
        super().setUp()
        self.env = {**os.environ, "XDG_DATA_HOME": str(self.dir / "data"), "XDG_DATA_DIRS": str(self.dir / "none")}
        self.write("toy.gguf", gguf(counts=True, layers=2))
        self.write("a", bytes(i % 64 + 32 for i in range(3000)))

    def inspect(self, *args):
        return self.run_tacit("inspect", *args, env=self.env).stdout.decode()

    def test_matrices(self):
        got = json.loads(self.inspect("--json", "./toy.gguf"))
        self.assertEqual(got["model"], "./toy.gguf")
        self.assertEqual([(t["layer"], t["matrix"]) for t in got["tensors"]],
                         [(None, "embedding"), (None, "head"),
                          *[(layer, name) for layer in (0, 1) for name in ("qkv", "out", "up", "down")]])
        embedding, out = got["tensors"][0], got["tensors"][3]
        self.assertEqual((embedding["rows"], embedding["columns"], embedding["ranks"]), (257, 64, 64))
        self.assertTrue(7 < embedding["entropy"] <= 8 < embedding["stored_bits"])
        self.assertTrue(40 < embedding["rank_90"] < embedding["rank_99"] <= 64) # random numbers
        self.assertEqual((out["entropy"], out["rank_90"], out["peak"]), (0, 0, 0)) # all zeros
        lines = self.inspect("./toy.gguf").splitlines()
        self.assertEqual(len(lines), 1 + len(got["tensors"]))
        self.assertIn(f"{embedding['entropy']:.3f}", lines[1])

    def test_layers(self):
        """Both layers of this model add nothing: they cost nothing."""
        got = json.loads(self.inspect("--json", "--limit", "576", "./toy.gguf", "a"))
        self.assertEqual((got["text"]["bytes"], got["text"]["tokens"], len(got["layers"])), (576, 576, 2))
        self.assertEqual([(c["layer"], c["what"]) for c in got["cached"]],
                         [(layer, what) for layer in (0, 1) for what in ("keys", "values")])
        self.assertTrue(all(4 < c["entropy"] < 8 for c in got["cached"]))
        self.assertEqual([(x["layer"], x["matrix"], x["columns"]) for x in got["inputs"]],
                         [(layer, name, 64) for layer in (0, 1) for name in ("qkv", "out", "up", "down")])
        for x in got["inputs"]:
            self.assertTrue(1 <= x["rank_90"] <= x["rank_99"] <= 64 and 2 < x["entropy"] < 8 and x["peak"] > 1, x)
        for x in got["inputs"] + got["cached"]:  # beyond 6 root mean squares: at most one number of 36
            self.assertTrue(0 <= x["beyond_6"] < 1 / 30 and (x["beyond_6"] == 0 or x["peak"] > 5.6), x)
        self.assertEqual([h["layer"] for h in got["heads"]], [0, 1])
        for head in got["heads"]:
            self.assertAlmostEqual(sum(head[part] for part in ("first", "recent", "far", "none")), 1, places=3)
        for layer in got["layers"]:
            for part in ("attention", "hidden", "both"):
                self.assertEqual(layer[f"without_{part}"], got["text"]["bits_per_byte"])
                self.assertEqual(layer[f"rounded_{part}"], got["text"]["bits_per_byte"])
        self.assertEqual(self.inspect("--limit", "576", "./toy.gguf", "a").splitlines()[-1].split(),
                         ["1", "+0.0000", "+0.0000", "+0.0000", "+0.0000", "by", "head", "0", *3 * ["+0.0000"]])
        self.assertEqual(got["layers"][1]["without_head"], [got["text"]["bits_per_byte"]])
        self.assertEqual(got["layers"][1]["rounded_head"], [got["text"]["bits_per_byte"]])
        self.write("random.gguf", gguf(layers=2))
        got = json.loads(self.inspect("--json", "--limit", "576", "./random.gguf", "a"))
        self.assertNotEqual(got["layers"][0]["without_both"], got["text"]["bits_per_byte"])
        for layer in got["layers"]: # its only head is all of its attention
            self.assertEqual(layer["without_head"], [layer["without_attention"]])

    def test_rounded(self):
        """As a model whose layers are rounded to as many bits, if it has one layer; fewer bits, other costs."""
        self.write("one.gguf", gguf())
        got = {bits: json.loads(self.inspect("--json", "--bits", str(bits), "--limit", "576", "./one.gguf", "a"))
               for bits in (2, 4)}
        for bits, found in got.items():
            self.run_tacit("model", "quantize", "./one.gguf", "--bits", str(bits), "--keep-embeddings", "-o", f"{bits}.tmodel",
                           env=self.env)
            again = json.loads(self.inspect("--json", "--limit", "576", f"./{bits}.tmodel", "a"))
            layer = found["layers"][0]
            self.assertEqual(found["text"]["rounded_bits"], bits)
            self.assertEqual(layer["rounded_both"], again["text"]["bits_per_byte"])
            self.assertEqual(len({layer[f"rounded_{part}"] for part in ("attention", "hidden", "both")}), 3)
            self.assertNotEqual(layer["rounded_head"], [found["text"]["bits_per_byte"]])
            if bits == 2:  # has no more bits than 4 already: stays
                self.assertEqual(again["layers"][0]["rounded_both"], again["text"]["bits_per_byte"])

    def test_refused(self):
        self.write("empty", b"")
        self.write("cut.gguf", self.read("toy.gguf")[:-1000])
        for code, pattern, *args in [(USAGE, "name one model"), (USAGE, "name one model", "a", "b", "c"),
                                     (USAGE, "--bits", "--bits", "8", "./toy.gguf", "a"),
                                     (FAILED, "no such model", "nomodel"),
                                     (FAILED, "has no token", "./toy.gguf", "empty"),
                                     (FAILED, "nowhere: No such file", "./toy.gguf", "nowhere"),
                                     (UNSUPPORTED, "damaged", "./cut.gguf")]:
            result = self.fails(code, pattern, "inspect", *args, env=self.env)
            self.assertEqual(result.err.count("\n"), 1, result.err)


main()
