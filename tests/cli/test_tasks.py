# SPDX-License-Identifier: Apache-2.0
"""tacit eval --tasks and rank --tasks: what a continuation costs, which one is chosen, and files that are no tasks."""
import json
import math

from harness import FAILED, OK, USAGE, CliTest, main, text
from toy_model import gguf

QUESTIONS = [
    {"context": "What is blue?", "continuations": [" the sky", " a very old and rusty nail", " mud"], "label": 1},
    {"context": "One and one", "continuations": [" are two.", " are three"], "label": 0, "unconditional": "Well,"},
    {"context": "", "continuations": ["only bits are asked for"]},
]


def lines(objects):
    return "".join(json.dumps(o) + "\n" for o in objects).encode()


def requests():
    """The same questions, a continuation a line."""
    out = []
    for number, q in enumerate(QUESTIONS):
        for base, context in ((0, q["context"]), (1000000, q.get("unconditional", ""))):
            for i, continuation in enumerate(q["continuations"]):
                out.append({"request": {"context": context, "continuation": continuation}, "idx": i,
                            "doc_id": base + number, "label": q.get("label", ["text"])})
    return sorted(out, key=lambda r: (r["doc_id"] >= 1000000, r["doc_id"], r["idx"]))


class Tasks(CliTest):
    def setUp(self):
        super().setUp()
        self.write("toy.gguf", gguf())
        self.write("questions.jsonl", lines(QUESTIONS))

    def eval_tasks(self, *args):
        out = self.run_tacit("eval", "--json", "--tasks", "questions.jsonl", *args, "./toy.gguf").stdout
        return json.loads(out)["tasks"][0]

    def bits(self, content):
        self.write("text", content.encode())
        out = self.run_tacit("eval", "--json", "--rolling", "-q", "./toy.gguf", "--", "text").stdout
        return json.loads(out)["results"][0]["bits"] if content else 0

    def test_costs_are_those_of_eval(self):
        gold, n_gold, right = 0, 0, {"by_bits": 0, "by_bits_per_byte": 0, "by_gain": 0}
        for q in QUESTIONS:
            answers = q["continuations"]
            cost = [self.bits(q["context"] + a) - self.bits(q["context"]) for a in answers]
            bare = q.get("unconditional", "")
            gain = [c - self.bits(bare + a) + self.bits(bare) for c, a in zip(cost, answers)]
            label = q.get("label", 0)
            gold += cost[label]
            n_gold += len(answers[label])
            per_byte = [c / len(a) for c, a in zip(cost, answers)]
            for rule, values in (("by_bits", cost), ("by_bits_per_byte", per_byte), ("by_gain", gain)):
                right[rule] += len(answers) > 1 and values[label] == min(values)
        row = self.eval_tasks()
        self.assertAlmostEqual(row["gold_bits_per_byte"], gold / n_gold, places=6)
        for rule, n in right.items():
            self.assertEqual(row[rule], n / 2, rule)
            self.assertTrue(row[rule + "_low"] <= row[rule] <= row[rule + "_high"])
        self.assertEqual((row["questions"], row["choosing"]), (3, 2))
        self.assertAlmostEqual(row["chance"], (1 / 3 + 1 / 2) / 2, places=6)

    def test_forms(self):
        row = self.eval_tasks()
        self.write("questions.jsonl", lines(requests()[::-1]))
        other = self.eval_tasks()
        for key in row:
            if key != "seconds":
                self.assertEqual(row[key], other[key], key)
        self.assertEqual(self.eval_tasks("--questions", "1", "-T", "1")["questions"], 1)

    def test_some_questions_are_spread_evenly(self):
        many = [{"context": f"Number {i}", "continuations": [" a" * i, f" is {i}."], "label": 1} for i in range(1, 11)]
        for n, chosen in ((3, (0, 3, 6)), (4, (0, 2, 5, 7)), (10, range(10)), (11, range(10))):
            self.write("questions.jsonl", lines(many))
            some = self.eval_tasks("--questions", str(n))
            self.write("questions.jsonl", lines(many[i] for i in chosen))
            self.assertEqual({**some, "seconds": 0}, {**self.eval_tasks(), "seconds": 0}, n)

    def test_table_and_csv(self):
        self.write("more.jsonl", b"\xef\xbb\xbf" + lines(QUESTIONS[2:]) + b"\n")
        arguments = ("eval", "--tasks", "questions.jsonl", "--tasks", "more.jsonl", "./toy.gguf")
        table = self.run_tacit(*arguments).stdout.decode()
        self.assertRegex(table, r"(?m)^\./toy\.gguf +1 +- +- +- +- .*more\.jsonl$")
        self.assertRegex(table, r"(?m)^\./toy\.gguf +4 +41\.7 .*\(all questions\)$")
        csv = self.run_tacit(*arguments, "--csv").stdout.decode().splitlines()
        self.assertEqual([len(line.split(",")) for line in csv], [18, 18, 18])

    def test_rank(self):
        self.write("text", text(9000))
        for seed in (1, 2, 3):
            self.write(f"{seed}.gguf", gguf(seed=seed))
        arguments = ("rank", "--tasks", "questions.jsonl", "./1.gguf", "./2.gguf", "./3.gguf", "context", "--", "text")
        ranking = json.loads(self.run_tacit("rank", "--json", *arguments[1:]).stdout)
        rows = [r for r in ranking["results"] if "tasks" in r]
        self.assertEqual(len(rows), 3, "context models answer no questions")
        x = [r["mean_bits_per_byte"] for r in rows]
        y = [r["tasks"][0]["gold_bits_per_byte"] for r in rows]
        mx, my = sum(x) / 3, sum(y) / 3
        xy, xx, yy = (sum((a - ma) * (b - mb) for a, b in zip(p, q))
                      for p, q, ma, mb in ((x, y, mx, my), (x, x, mx, mx), (y, y, my, my)))
        self.assertAlmostEqual(ranking["correlations"][0]["gold_pearson"], xy / (xx * yy) ** 0.5, places=2)
        places = [sorted(y).index(v) for v in y]  # x is sorted
        spearman = sum((a - 1) * (b - 1) for a, b in zip(range(3), places)) / 2
        self.assertAlmostEqual(ranking["correlations"][0]["gold_spearman"], spearman, places=6)
        self.assertIsNone(ranking["correlations"][0]["gold_pearson_low"], "three models give no interval")
        table = self.run_tacit(*arguments).stdout.decode()
        self.assertRegex(table, r"(?m)^  Spearman +\S+ +\S+\n    95 % +- +-$")
        self.write("4.gguf", gguf(seed=4))
        ranking = json.loads(self.run_tacit("rank", "--json", "--tasks", "questions.jsonl",
                                            *(f"./{i}.gguf" for i in (1, 2, 3, 4)), "--", "text").stdout)
        for name, error in (("pearson", 1), ("spearman", 1.06)):
            value, low, high = (ranking["correlations"][0]["gold_" + name + end] for end in ("", "_low", "_high"))
            if abs(value) < 1:
                self.assertAlmostEqual(math.atanh(value) - math.atanh(low), 1.96 * error, places=2)
                self.assertAlmostEqual(math.atanh(high) - math.atanh(value), 1.96 * error, places=2)

    def test_no_tasks(self):
        good = {"context": "a", "continuations": ["b", "c"], "label": 0}
        request = {"request": {"context": "a", "continuation": "b"}, "doc_id": 3, "idx": 0, "label": 0}
        for content, message in (
            (b"", "has no questions"),
            (b'{"context": "a"', "line 1 is not JSON"),
            (lines([{"text": "a"}]), "line 1 has no string named 'context'"),
            (lines([good, {**good, "continuations": []}]), "line 2 has no array named 'continuations'"),
            (lines([{**good, "continuations": ["a", ""]}]), "line 1 a continuation is no string, or empty"),
            (lines([{**good, "unconditional": 1}]), "line 1 its 'unconditional' is no string"),
            (lines([{**good, "label": 2}]), "question 1 lacks a continuation, or the number of the right one"),
            (lines([{**good, "label": -1}]), "question 1 lacks"),
            (lines([{**good, "label": "a"}]), "question 1 lacks"),
            (lines([{**request, "idx": 1}]), "question 3 lacks"),
            (lines([{**request, "doc_id": 2000000}]), "line 1 needs numbers"),
            (lines([{**request, "doc_id": 1000003}]), "has a continuation twice, or one that lacks its context"),
            (lines([request, request]), "has a continuation twice"),
        ):
            self.write("bad.jsonl", content)
            self.fails(FAILED, "bad.jsonl: " + message, "eval", "--tasks", "bad.jsonl", "./toy.gguf")
        self.fails(FAILED, "missing", "eval", "--tasks", "missing", "./toy.gguf")
        self.fails(USAGE, "language models alone", "eval", "--tasks", "questions.jsonl", "xz")
        self.fails(USAGE, "no other files", "eval", "--tasks", "questions.jsonl", "./toy.gguf", "--", "bad.jsonl")
        self.fails(USAGE, "name models", "eval", "--tasks", "questions.jsonl")


if __name__ == "__main__":
    main()
