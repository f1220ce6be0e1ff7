# SPDX-License-Identifier: Apache-2.0
"""tacit rank: the order, intervals, wins, the two-part column."""
import json

from harness import FAILED, OK, UNSUPPORTED, USAGE, CliTest, main, noise, text
from toy_model import gguf


class Rank(CliTest):
    def setUp(self):
        super().setUp()
        self.write("toy.gguf", gguf())
        self.write("a", text(16_000))
        self.write("b", text(10_000, 2))
        self.args = ["./toy.gguf", "context", "context:3", "xz", "--", "a", "b"]

    def rank(self, *args, expect=OK):
        out = self.run_tacit("rank", "--json", *args, expect=expect).stdout
        return json.loads(out)["results"]

    def test_order_and_intervals(self):
        rows = self.rank(*self.args)
        self.assertEqual([r["rank"] for r in rows], [1, 2, 3, 4])
        means = [r["mean_bits_per_byte"] for r in rows]
        self.assertEqual(means, sorted(means))
        self.assertEqual(rows[3]["model"], "./toy.gguf")  # knows nothing
        for row in rows:
            files = [f["bits_per_byte"] for f in row["files"]]
            self.assertAlmostEqual(row["mean_bits_per_byte"], sum(files) / 2, places=5)
            self.assertEqual(row["pairs"], 6)
            self.assertLessEqual(row["clear_wins"], row["wins"])
            if row["model"] != "xz":
                self.assertTrue(row["low"] < row["bits_per_byte"] < row["high"])
        self.assertEqual(sum(r["wins"] for r in rows), 12)
        self.assertEqual([r["wins"] for r in rows], [6, 4, 2, 0])
        learners = {r["model"]: r for r in rows}
        self.assertGreater(learners["context"]["first_half"], learners["context"]["second_half"])
        self.assertAlmostEqual(learners["./toy.gguf"]["first_half"], learners["./toy.gguf"]["second_half"], delta=0.2)
        self.assertEqual(self.rank("-T", "1", *self.args), rows)

    def test_agrees_with_eval(self):
        row = {r["model"]: r for r in self.rank(*self.args)}["./toy.gguf"]
        evaluated = json.loads(self.run_tacit("eval", "--json", "./toy.gguf", "--", "a", "b").stdout)["results"]
        for ours, theirs in zip(row["files"], evaluated):
            self.assertAlmostEqual(ours["bits_per_byte"], theirs["bits_per_byte"], places=5)

    def test_two_part(self):
        rows = {r["model"]: r for r in self.rank(*self.args)}
        size = (self.dir / "toy.gguf").stat().st_size
        self.assertEqual(rows["./toy.gguf"]["model_bytes"], size)
        self.assertAlmostEqual(rows["./toy.gguf"]["two_part"],
                               rows["./toy.gguf"]["mean_bits_per_byte"] + 8 * size / 26_000, places=4)
        self.assertIsNone(rows["./toy.gguf"]["cheapest_from"])  # larger and worse
        best = min(rows.values(), key=lambda r: r["mean_bits_per_byte"])
        self.assertEqual((best["cheapest_from"], best["cheapest_to"]), (0, None))

    def test_table(self):
        out = self.run_tacit("rank", "--limit", "9K", *self.args).stdout.decode()
        self.assertRegex(out, r"(?m)^  1 context +\d\.\d{4} +\d\.\d{4} \[\d\.\d{4}, \d\.\d{4}\]")
        self.assertRegex(out, r"(?m)^bits/byte +a +b$")

    def test_bad_input(self):
        self.write("empty", b"")
        self.write("noise", noise(5000))
        self.fails(FAILED, "empty: is empty", "rank", "context", "--", "empty")
        (self.dir / "d").mkdir()
        result = self.fails(FAILED, "empty: is empty", "rank", "--json", "context:3", "xz", "--", "missing", "a", "empty", "d")
        self.assertEqual(len(result.err.splitlines()), 3, "each bad file once")
        for row in json.loads(result.stdout)["results"]: # what is left is ranked
            self.assertEqual([f["file"] for f in row["files"]], ["a"])
            self.assertEqual(row["pairs"], 1)
        self.assertEqual(len(self.rank("./toy.gguf", "context", "nothing-here", "--", "noise", expect=UNSUPPORTED)), 2)
        self.write("one", b"x")
        rows = self.rank("./toy.gguf", "context", "--", "one")
        self.assertEqual(len(rows), 2)
        for row in rows:
            self.assertNotIn("low", row, "one piece has no interval")
            self.assertEqual(row["clear_wins"], 0)
        self.assertRegex(self.run_tacit("rank", "context", "--", "one").stdout.decode(), r"(?m)^  1 context +\d+\.\d+ +- ")
        for pattern, *args in [("name models", "context"), ("--rounds goes", "--rounds", "1"),
                               ("--window goes", "--window", "1"), ("--stride is", "--stride", "x"),
                               ("--limit is", "--limit", "x"), ("unrecognized option '--bogus'", "--bogus"),
                               ("number of threads", "-T", "x"), ("can be read once", "context:3", "context:4", "--", "-"),
                               ("a model is", "context:77", "--", "a")]:
            self.fails(USAGE, pattern, "rank", *args)
        self.assertIn("Usage: tacit rank", self.run_tacit("rank", "--help").stdout.decode())


main()
