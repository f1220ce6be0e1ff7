# SPDX-License-Identifier: Apache-2.0
"""tacit model prune: what goes is gone, the rest evaluates; better rules lose less; and what is refused."""
import json
import os
import random
import re

from harness import FAILED, SOURCE_DIR, USAGE, CliTest, main, text
from toy_model import gguf


class Prune(CliTest):
    def setUp(self):
        super().setUp()
        self.env = {**os.environ, "XDG_DATA_HOME": str(self.dir / "data"), "XDG_DATA_DIRS": str(self.dir / "none")}
        self.write("toy.gguf", gguf(layers=3, n_hidden=192))
        self.write("a", text(6000))

    def prune(self, *args, model="./toy.gguf"):
        return self.run_tacit("model", "prune", model, *args, env=self.env)

    def bits(self, *models):
        rows = json.loads(self.run_tacit("eval", "--json", *models, "--", "a", env=self.env).stdout)["results"]
        return [row["bits_per_byte"] for row in rows]

    def show(self, model):
        return self.run_tacit("model", "show", model, env=self.env).stdout.decode()

    def test_structure(self):
        """Neurons and layers: the model is smaller."""
        sizes = [(self.dir / "toy.gguf").stat().st_size]
        self.prune("--what", "neurons", "--ratio", "0.6", "-o", "n.tmodel")
        self.prune("--what", "neurons", "--ratio", "0.4", "--by", "wanda", "--calibrate", "a", "-o", "w.tmodel")
        out = self.prune("--progress", "--what", "layers", "--ratio", "0.6", "--calibrate", "a", "-o", "l.tmodel")
        self.assertEqual(len(re.findall(r"layer \d goes: \d+\.\d{4} bits a token without it", out.err)), 2)
        self.assertRegex(self.show("./l.tmodel"), r"\b1 layers?\b")
        sizes = {name: (self.dir / f"{name}.tmodel").stat().st_size for name in "nwl"}
        self.assertLess(sizes["n"], sizes["w"])
        self.write("a.tct", self.run_tacit("-c", "-m", "./w.tmodel", "a").stdout)
        self.assertEqual(self.run_tacit("-dc", "-m", "./w.tmodel", "--cpu", "scalar", "a.tct").stdout, self.read("a"))
        self.assertTrue(all(0 < b < 20 for b in self.bits("./n.tmodel", "./w.tmodel", "./l.tmodel")))

    def test_the_layer_that_costs_least_goes(self):
        """Against three models that were made without a layer."""
        chance = random.Random(5)
        sizes = {"attn_q": 4096, "attn_k": 4096, "attn_v": 4096, "attn_output": 4096, "ffn_gate": 12288,
                 "ffn_up": 12288, "ffn_down": 12288, "attn_norm": 64, "ffn_norm": 64}
        layers = [{part: [chance.uniform(-0.4, 0.4) for _ in range(n)] for part, n in sizes.items()} for _ in range(3)]
        same = {"token_embd.weight": [chance.uniform(-0.5, 0.5) for _ in range(64 * 257)],
                "output_norm.weight": [1.0] * 64}

        def model(name, *chosen):
            numbers = {f"blk.{i}.{part}.weight": layers[layer][part] for i, layer in enumerate(chosen) for part in sizes}
            self.write(name, gguf(layers=len(chosen), n_hidden=192, constants={**same, **numbers}))

        self.write("a", text(1500))
        model("whole.gguf", 0, 1, 2)
        for gone in range(3):
            model(f"{gone}.gguf", *(i for i in range(3) if i != gone))
        out = self.prune("--progress", "--what", "layers", "--calibrate", "a", "-o", "l.tmodel", model="./whole.gguf")
        pruned, *others = self.bits("./l.tmodel", "./0.gguf", "./1.gguf", "./2.gguf")
        self.assertIn(f"layer {others.index(min(others))} goes", out.err)
        self.assertAlmostEqual(pruned / min(others), 1, places=3)

    def test_neurons_that_do_nothing_go_first(self):
        """The rest keeps its place: gate, own weights and what leads away belong together."""
        dead = [i % 3 != 0 for i in range(192)]  # 64 live
        down = [0.0 if dead[i % 192] else ((i * 37) % 101 - 50) / 100 for i in range(64 * 192)]
        self.write("lazy.gguf", gguf(n_hidden=192, constants={"blk.0.ffn_down.weight": down}))
        for rule in ((), ("--by", "wanda", "--calibrate", "a")):
            self.prune("--what", "neurons", "--ratio", "0.66", *rule, "-f", "-o", "n.tmodel", model="./lazy.gguf")
            whole, pruned = self.bits("./lazy.gguf", "./n.tmodel")
            self.assertLess(abs(pruned / whole - 1), 0.01)  # scales of down's groups of 64 are others

    def test_heads_that_do_nothing_go_first(self):
        """With their keys and values; queries, keys, values and what leads away of the rest belong together."""
        idle = {0: (1, 3), 1: (0, 2)}  # by layer, of 4
        out = {f"blk.{layer}.attn_output.weight": [0.0 if i % 256 // 64 in heads else ((i * 37) % 101 - 50) / 100
                                                   for i in range(256 * 256)] for layer, heads in idle.items()}
        self.write("lazy.gguf", gguf(width=256, heads=4, layers=2, constants=out))
        for rule in (("--by", "magnitude"), ("--by", "wanda", "--calibrate", "a")):
            self.prune("--what", "heads", "--ratio", "0.5", *rule, "-f", "-o", "h.tmodel", model="./lazy.gguf")
            whole, pruned = self.bits("./lazy.gguf", "./h.tmodel")
            self.assertAlmostEqual(pruned / whole, 1, places=4)

    def test_heads_that_share_keys(self):
        """In the linked-in model queries go alone; what was measured is what the model without them costs."""
        out = self.prune("--what", "heads", "--calibrate", "a", "--progress", "-o", "h.tmodel", model="default")
        self.prune("--what", "heads", "--ratio", "0.25", "--by", "magnitude", "-o", "m.tmodel", model="default")
        by_bits, by_magnitude = self.bits("./h.tmodel", "./m.tmodel")
        self.assertLess(by_bits, by_magnitude)
        found = re.findall(r"head \d goes: (\S+) bits a token", out.err)
        again = self.prune("--what", "layers", "--ratio", "0.01", "--calibrate", "a", "--progress", "-o", "l.tmodel",
                           model="./h.tmodel")
        cost = float(re.search(r"(\S+) bits a token with all", again.err)[1])
        self.assertAlmostEqual(cost / float(found[-1]), 1, places=3)  # matrices are rounded again

    def test_weights(self):
        for what, name in (("weights", "w"), ("2:4", "h")):
            for rule in ("magnitude", "wanda", "sparsegpt"):
                texts = () if rule == "magnitude" else ("--calibrate", "a")
                self.prune("--what", what, "--by", rule, *texts, "-o", f"{name}-{rule}.tmodel")
        identities = {re.search(r"identity +([0-9a-f]{64})", self.show(f"./{p.name}"))[1]
                      for p in self.dir.glob("*.tmodel")}
        self.assertEqual(len(identities), 6)
        self.prune("--what", "weights", "--ratio", "0.001", "-o", "all.tmodel")
        whole, nearly = self.bits("./toy.gguf", "./all.tmodel")  # 0.001 of 64 weights is none
        self.assertAlmostEqual(whole, nearly, places=3)

    def test_weights_by_bits(self):
        """The share goes of all weights together; what was measured is told."""
        def zeros(model):
            out = self.run_tacit("model", "recover", "--text", "a", "--steps", "1", "--progress", "-f", "-o", "r.tmodel", model,
                                 env=self.env)
            return int(re.search(r"\((\d+) zeros stay\)", out.err)[1])

        weights = 3 * (4 * 64 * 64 + 3 * 64 * 192)
        out = self.prune("--what", "weights", "--by", "bits", "--calibrate", "a", "--progress", "-o", "b.tmodel")
        self.assertAlmostEqual(zeros("./b.tmodel") / weights, 0.5, delta=0.01)
        self.assertRegex(out.err, r"\d\.\d{4} bits a token more expected(.|\n)*: \d+\.\d{4} bits a token, \d+\.\d{4} before")
        self.prune("--what", "weights", "--ratio", "0.3", "--by", "bits", "--calibrate", "a", "-o", "b.tmodel", "-f", model="default")
        self.prune("--what", "weights", "--ratio", "0.3", "-o", "m.tmodel", model="default")
        by_bits, by_magnitude = self.bits("./b.tmodel", "./m.tmodel")
        self.assertLess(by_bits, by_magnitude)

    def test_manual(self):
        page = self.run_tacit("model", "prune", "--help").stdout.decode()
        manual = (SOURCE_DIR / "docs/man/tacit-models.1").read_text()
        for option in re.findall(r"(?m)^  (?:-., |    )--([a-z-]+)", page):
            self.assertIn(f" -{option}", manual.replace(", -", " -"))

    def test_refused(self):
        self.write("short", text(100))
        self.write("gemma.gguf", gguf(architecture="gemma"))
        weights, layers = ("--what", "weights", "-o", "x"), ("--what", "layers", "-o", "x")
        for code, pattern, *args in [
            (USAGE, "--what says", "-o", "x", "./toy.gguf"),
            (USAGE, "-o NAME says", "--what", "2:4", "./toy.gguf"),
            (USAGE, "name one model", *weights),
            (USAGE, "is weights, 2:4, neurons, heads or layers", "--what", "tails", "-o", "x", "./toy.gguf"),
            (USAGE, "is magnitude, wanda, sparsegpt or bits", *weights, "--by", "luck", "./toy.gguf"),
            (USAGE, "--ratio", *weights, "--ratio", "1", "./toy.gguf"),
            (USAGE, "has the ratio 0.5", "--what", "2:4", "--ratio", "0.4", "-o", "x", "./toy.gguf"),
            (USAGE, "layers go by bits", *layers, "--by", "wanda", "./toy.gguf"),
            (USAGE, "by bits is for", "--what", "2:4", "--by", "bits", "-o", "x", "./toy.gguf"),
            (USAGE, "by bits is for", "--what", "neurons", "--by", "bits", "-o", "x", "./toy.gguf"),
            (USAGE, "needs --calibrate", *weights, "--by", "bits", "./toy.gguf"),
            (USAGE, "sparsegpt is for weights", "--what", "neurons", "--by", "sparsegpt", "-o", "x", "./toy.gguf"),
            (USAGE, "needs --calibrate", *layers, "./toy.gguf"),
            (USAGE, "reads no texts", *weights, "--calibrate", "a", "./toy.gguf"),
            (FAILED, "no such model", *weights, "nomodel"),
            (FAILED, "fewer than 512 tokens", *layers, "--calibrate", "short", "./toy.gguf"),
            (FAILED, "fewer than 512 tokens", *weights, "--by", "wanda", "--calibrate", "short", "./toy.gguf"),
            (FAILED, "fewer than 512 tokens", *weights, "--by", "bits", "--calibrate", "short", "./toy.gguf"),
            (FAILED, "shapes of Llama, Qwen", *weights, "--by", "bits", "--calibrate", "a", "./gemma.gguf"),
            (FAILED, "nothing would be left", *layers, "--ratio", "0.9", "--calibrate", "a", "./toy.gguf"),
            (FAILED, "nothing would be left", "--what", "heads", "--by", "magnitude", "-o", "x", "./toy.gguf"),
            (FAILED, "No such file", *layers, "--calibrate", "nowhere", "./toy.gguf"),
        ]:
            result = self.fails(code, pattern, "model", "prune", *args, env=self.env)
            self.assertEqual(result.err.count("\n"), 1, result.err)
        self.assertFalse((self.dir / "data/tacit/models/x.tmodel").exists())


main()
