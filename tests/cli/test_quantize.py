# SPDX-License-Identifier: Apache-2.0
"""tacit model quantize: a smaller model that evaluates, compresses and shows, and what is refused."""
import json
import os
import re

from harness import FAILED, SOURCE_DIR, USAGE, CliTest, main, text
from toy_model import gguf


class Quantize(CliTest):
    def setUp(self):
        super().setUp()
        self.env = {**os.environ, "XDG_DATA_HOME": str(self.dir / "data"), "XDG_DATA_DIRS": str(self.dir / "none")}
        self.write("toy.gguf", gguf(counts=True))
        self.write("a", bytes(i % 64 + 32 for i in range(3000)))

    def quantize(self, *args):
        return self.run_tacit("model", "quantize", "./toy.gguf", *args, env=self.env)

    def bits(self, model):
        rows = json.loads(self.run_tacit("eval", "--json", model, "--", "a", env=self.env).stdout)["results"]
        return rows[0]["bits_per_byte"]

    def identity(self, model):
        page = self.run_tacit("model", "show", model, env=self.env).stdout.decode()
        return re.search(r"identity +([0-9a-f]{64})", page)[1]

    def test_methods(self):
        """The toy model expects the next greater byte; 4 bits are enough for that."""
        whole = self.bits("./toy.gguf")
        self.quantize("-o", "near.tmodel")
        self.quantize("-o", "second.tmodel", "--method", "gptq", "--calibrate", "a")
        self.quantize("-o", "some.tmodel", "--keep-embeddings")
        models = ["./toy.gguf", "./near.tmodel", "./second.tmodel", "./some.tmodel"]
        self.assertEqual(len({self.identity(m) for m in models}), 4)
        for model in models[1:]:
            self.assertLess(abs(self.bits(model) / whole - 1), 0.2, model)

    def test_widths(self):
        """More bits make a larger file; a size is kept to, and used."""
        sizes = {}
        for bits in 2, 3, 4, 5, 6, 7, 8:
            self.quantize("-o", f"{bits}.tmodel", "--bits", str(bits))
            sizes[bits] = len(self.read(f"{bits}.tmodel"))
        self.assertEqual(sorted(sizes.values()), list(sizes.values()))
        self.assertEqual(len(set(sizes.values())), 7)
        whole = self.bits("./toy.gguf")
        self.assertLess(abs(self.bits("./6.tmodel") / whole - 1), 0.05)
        self.assertEqual(self.bits("./8.tmodel"), whole)
        self.quantize("-o", "size.tmodel", "--size", str(sizes[5] + 100))
        self.assertEqual(self.identity("./size.tmodel"), self.identity("./5.tmodel"))
        size = (sizes[3] + sizes[4]) // 2
        self.quantize("-o", "some.tmodel", "--size", str(size), "--allocate", "bits", "--calibrate", "a")
        self.assertLessEqual(len(self.read("some.tmodel")), size)
        self.assertGreater(len(self.read("some.tmodel")), sizes[3])
        self.quantize("-o", "like4.tmodel", "--bits", "4", "--allocate", "bits", "--calibrate", "a")
        self.assertLessEqual(len(self.read("like4.tmodel")), sizes[4])

    def test_smooth(self):
        """Inputs evened out: another model of the same size that says the same, and what is rounded then is that model."""
        whole = self.bits("./toy.gguf")
        self.quantize("-o", "8.tmodel", "--bits", "8")
        self.quantize("-o", "smooth.tmodel", "--bits", "8", "--smooth", "--calibrate", "a")
        self.quantize("-o", "four.tmodel", "--smooth", "--method", "gptq", "--calibrate", "a")
        self.quantize("-o", "by_bits.tmodel", "--smooth", "--allocate", "bits", "--bits", "5", "--calibrate", "a")
        self.assertNotEqual(self.identity("./smooth.tmodel"), self.identity("./8.tmodel"))
        self.assertEqual(len(self.read("smooth.tmodel")), len(self.read("8.tmodel")))
        self.assertLess(len(self.read("four.tmodel")), len(self.read("8.tmodel")))
        self.assertLess(abs(self.bits("./smooth.tmodel") / whole - 1), 0.02)
        self.assertLess(abs(self.bits("./four.tmodel") / whole - 1), 0.2)
        self.assertLess(abs(self.bits("./by_bits.tmodel") / whole - 1), 0.2)

    def test_wide_inputs(self):
        """Other models with the same weights, which keep their width when they are quantized again; GGUF files do not say it."""
        whole = self.bits("./toy.gguf")
        self.quantize("-o", "8.tmodel", "--bits", "8")
        self.quantize("-o", "head.tmodel", "--bits", "8", "--wide-inputs", "head")
        self.quantize("-o", "all.tmodel", "--bits", "8", "--wide-inputs", "all")
        self.run_tacit("model", "quantize", "./all.tmodel", "--bits", "8", "--wide-inputs", "head", "-o",
                       "again.tmodel", env=self.env)
        self.assertEqual(len({self.identity(f"./{m}.tmodel") for m in ("8", "head", "all")}), 3)
        self.assertEqual(self.identity("./again.tmodel"), self.identity("./all.tmodel"))
        everywhere = ["the head and the layers' matrices"]
        for name, told in ("8", []), ("head", ["the head"]), ("all", everywhere), ("again", everywhere):
            shown = self.run_tacit("model", "show", f"./{name}.tmodel", env=self.env).stdout.decode()
            self.assertEqual(re.findall(r"(?m)^wide inputs +of (.*)$", shown), told)
        for name in "head", "all":
            self.assertEqual(len(self.read(f"{name}.tmodel")), len(self.read("8.tmodel")))
            self.assertLess(abs(self.bits(f"./{name}.tmodel") / whole - 1), 0.02)
            archive = self.run_tacit("-c", "-m", f"./{name}.tmodel", "--streams", "2", "a", env=self.env).stdout
            self.write("a.tct", archive)
            for cpu in [], ["--cpu", "scalar"]:
                restored = self.run_tacit("-dc", "-m", f"./{name}.tmodel", *cpu, "a.tct", env=self.env)
                self.assertEqual(restored.stdout, self.read("a"))
        for name in "8", "all":
            self.run_tacit("model", "export", f"./{name}.tmodel", "--gguf", f"{name}.gguf", env=self.env)
        self.assertEqual(self.read("all.gguf"), self.read("8.gguf"))

    def test_by_name(self):
        self.quantize("-o", "small")
        self.assertIn(b"small", self.run_tacit("model", "list", env=self.env).stdout)
        archive = self.run_tacit("-c", "-m", "small", "a", env=self.env).stdout
        self.write("a.tct", archive)
        self.assertEqual(self.run_tacit("-dc", "a.tct", env=self.env).stdout, self.read("a"))
        self.assertEqual(self.run_tacit("-dc", "--cpu", "scalar", "a.tct", env=self.env).stdout, self.read("a"))
        self.fails(FAILED, "already exists", "model", "quantize", "./toy.gguf", "-o", "small", env=self.env)
        self.quantize("-f", "-o", "small")
        self.quantize("-o", "again")
        self.assertEqual(self.identity("small"), self.identity("again"))

    def test_manual(self):
        page = self.run_tacit("model", "quantize", "--help").stdout.decode()
        manual = (SOURCE_DIR / "docs/man/tacit-models.1").read_text()
        for option in re.findall(r"(?m)^  (?:-., |    )--([a-z-]+)", page):
            self.assertIn(f" -{option}", manual.replace(", -", " -"))

    def test_refused(self):
        self.write("short", text(100))
        self.quantize("-o", "four.tmodel")
        for code, pattern, *args in [(USAGE, "-o NAME says", "./toy.gguf"),
                                     (USAGE, "name one model", "-o", "x"),
                                     (USAGE, "--bits goes from 2 to 8", "-o", "x", "--bits", "9", "./toy.gguf"),
                                     (USAGE, "not both", "-o", "x", "--bits", "3", "--size", "1M", "./toy.gguf"),
                                     (USAGE, "is uniform or bits", "-o", "x", "--allocate", "x", "./toy.gguf"),
                                     (USAGE, "bits needs --calibrate", "-o", "x", "--allocate", "bits", "./toy.gguf"),
                                     (FAILED, "cannot be made so small", "-o", "x", "--size", "9K", "./toy.gguf"),
                                     (FAILED, "cannot be made so small", "-o", "x", "--size", "9K", "--allocate",
                                      "bits", "--calibrate", "a", "./toy.gguf"),
                                     (USAGE, "is head or all", "-o", "x", "--wide-inputs", "x", "./toy.gguf"),
                                     (USAGE, "is nearest or gptq", "-o", "x", "--method", "best", "./toy.gguf"),
                                     (USAGE, "needs --calibrate", "-o", "x", "--method", "gptq", "./toy.gguf"),
                                     (USAGE, "goes with --method gptq", "-o", "x", "--calibrate", "a", "./toy.gguf"),
                                     (USAGE, "smooth needs --calibrate", "-o", "x", "--smooth", "./toy.gguf"),
                                     (FAILED, "8 bits", "-o", "x", "--smooth", "--calibrate", "a", "./four.tmodel"),
                                     (USAGE, "neither a name", "-o", "../x", "./toy.gguf"),
                                     (FAILED, "no such model; 'tacit model list'", "-o", "x", "nomodel"),
                                     (FAILED, "nowhere.gguf", "-o", "x", "./nowhere.gguf"),
                                     (FAILED, "fewer than 512 tokens", "-o", "x", "--method", "gptq", "--calibrate",
                                      "short", "./toy.gguf"),
                                     (FAILED, "No such file", "-o", "x", "--method", "gptq", "--calibrate", "nowhere",
                                      "./toy.gguf")]:
            result = self.fails(code, pattern, "model", "quantize", *args, env=self.env)
            self.assertEqual(result.err.count("\n"), 1, result.err)
        self.assertFalse((self.dir / "data/tacit/models/x.tmodel").exists())


main()
