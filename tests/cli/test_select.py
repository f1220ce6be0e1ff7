# SPDX-License-Identifier: Apache-2.0
"""tacit select: what each method takes and says, budgets, broken records."""
import json
import random

from harness import FAILED, OK, USAGE, CliTest, main, noise, text, without_rights
from toy_model import gguf


def sentence(seed):
    chance = random.Random(seed)
    letters = "abcdefghijklmnopqrstuvwxyz"
    words = ["".join(chance.choices(letters, k=chance.randint(3, 9))) for _ in range(40)]
    return " ".join(words)


class Select(CliTest):
    def setUp(self):
        super().setUp()
        self.records = [sentence(i % 20) for i in range(100)]  # each five times
        self.pool(self.records)

    def pool(self, records):
        lines = [json.dumps({"id": i, "text": record}) for i, record in enumerate(records)]
        self.write("pool.jsonl", ("\n".join(lines) + "\n").encode())

    def select(self, *args, expect=OK, file="pool.jsonl"):
        """What was chosen; -f, as tests explain to the same file again and again."""
        out = self.run_tacit("select", "-f", *args, file, expect=expect).stdout.decode()
        return [json.loads(line) for line in out.splitlines()]

    def reasons(self):
        return [json.loads(line) for line in self.read("why").decode().splitlines()]

    def test_zip_takes_each_once_before_any_twice(self):
        chosen = self.select("--budget", "20r", "--explain", "why")
        self.assertEqual(len({record["text"] for record in chosen}), 20)
        why = self.reasons()
        self.assertEqual([w["rank"] for w in why], list(range(1, 21)))
        self.assertEqual([w["line"] - 1 for w in why], [record["id"] for record in chosen])
        self.assertEqual(set(why[0]), {"rank", "line", "bytes", "bits_per_byte", "alone", "why"})
        self.assertTrue(all(w["bits_per_byte"] > 2 for w in why))
        again = self.select("--budget", "40r", "--explain", "why")
        self.assertEqual(again[:20], chosen)
        self.assertLess(max(w["bits_per_byte"] for w in self.reasons()[20:]), 1)

    def test_zip_prefers_what_says_more(self):
        self.pool(["aaaaaaaaaa " * 40, sentence(1), "ab " * 100, sentence(2)])
        self.assertEqual({r["id"] for r in self.select("--budget", "2r")}, {1, 3})

    def test_every_measure_knows_what_is_new(self):
        self.pool(self.records[:40])  # each twice
        for measure in ("fast", "zstd", "context"):
            why = []
            for threads in ("1", "3", "3"):  # twice the same: nothing depends on the run
                chosen = self.select("--measure", measure, "--budget", "24r", "-T", threads, "--explain", "why")
                why.append(self.reasons())
                self.assertEqual(len({record["text"] for record in chosen[:20]}), 20, measure)
            self.assertEqual(why[0], why[1], measure)
            self.assertEqual(why[1], why[2], measure)
            novel, repeated = why[0][:20], why[0][20:]
            self.assertGreater(min(w["bits_per_byte"] for w in novel),
                               2 * max(w["bits_per_byte"] for w in repeated), measure)
            size = sum(len(r["text"]) for r in self.select("--measure", measure, "--budget", "3000"))
            self.assertTrue(2500 < size <= 3000, size)

    def test_a_bounded_window_forgets(self):
        """zstd's window is 512 KiB: what lies further back is new again; the fast measure remembers it."""
        first = noise(2000, 7).hex()
        between = "".join(random.Random(8).choices("01234567", k=600_000))
        self.write("long", "\n".join([first, between, first]).encode())
        for measure, again in (("zstd", 3), ("fast", 0)):
            self.run_tacit("select", "-f", "--lines", "--measure", measure, "--budget", "3r", "long", "-o", "out",
                           "--explain", "why")
            why = self.reasons()
            self.assertEqual(why[1]["line"], 2)
            self.assertGreaterEqual(why[2]["bits_per_byte"], again, measure)
            self.assertLess(why[2]["bits_per_byte"], again + 1.5, measure)

    def test_budgets(self):
        n = [len(record) for record in self.records]
        for budget, limit in (("2000", 2000), ("1K", 1024)):
            chosen = sum(len(r["text"]) for r in self.select("--budget", budget))
            self.assertLessEqual(chosen, limit)
            self.assertGreater(chosen, limit - max(n))
        self.assertEqual(len(self.select("--budget", "1M")), 100)
        self.write("toy.gguf", gguf())
        chosen = self.select("--budget", "1000t", "-m", "./toy.gguf")
        tokens = sum(len(r["text"]) - r["text"].count("th") for r in chosen)
        self.assertTrue(700 < tokens <= 1000, tokens)

    def test_threads_never_change_the_choice(self):
        for method in ("zip", "dedup", "random"):
            args = ["--method", method, "--budget", "30r"]
            self.assertEqual(self.select(*args, "-T", "1"), self.select(*args, "-T", "4"))

    def test_dedup(self):
        near = sentence(50) + " and a bit more"
        self.pool([sentence(50), sentence(51), near, sentence(50), sentence(52)[:8], sentence(52)[:8]])
        chosen = self.select("--method", "dedup", "--explain", "why")
        self.assertEqual([r["id"] for r in chosen], [0, 1, 4])
        dropped = [w for w in self.reasons() if w["rank"] is None]
        self.assertEqual([(w["line"], w["nearest"]) for w in dropped], [(3, 1), (4, 1), (6, 5)])
        self.assertEqual(dropped[1]["similarity"], 1)
        exact = self.select("--method", "dedup", "--similarity", "1")
        self.assertEqual([r["id"] for r in exact], [0, 1, 2, 4])

    def test_surprise(self):
        self.pool([self.records[0]] * 5 + [sentence(77)] + [self.records[1]] * 5)
        chosen = self.select("--method", "surprise", "--budget", "3r", "--explain", "why")
        self.assertEqual({r["id"] for r in chosen}, {0, 5, 6})
        self.assertGreater(self.reasons()[0]["bits_per_byte"], 3)
        self.write("toy.gguf", gguf())
        costs = self.select("--method", "surprise", "--budget", "11r", "-m", "./toy.gguf", "--explain", "why")
        self.assertEqual(len(costs), 11)
        bits = [w["bits_per_byte"] for w in self.reasons()]
        self.assertEqual(bits, sorted(bits, reverse=True))

    def test_random(self):
        one = self.select("--method", "random", "--budget", "10r")
        self.assertEqual(one, self.select("--method", "random", "--budget", "10r", "--seed", "0"))
        self.assertNotEqual(one, self.select("--method", "random", "--budget", "10r", "--seed", "1"))
        self.assertEqual(len({r["id"] for r in one}), 10)

    def test_lines_fields_folders(self):
        self.write("log", ("\n".join(self.records) + "\n\n").encode() + noise(300).replace(b"\n", b"") + b"\nend")
        out = self.run_tacit("select", "--lines", "--budget", "3r", "log", "-o", "out").stdout
        self.assertEqual(out, b"")
        self.assertIn(noise(300).replace(b"\n", b""), self.read("out"))
        self.write("pool.jsonl", b'{"body": "one"}\r\n{"body": "two two"}\r\n')
        self.assertEqual(len(self.select("--field", "body", "--budget", "9r")), 2)
        (self.dir / "folder/sub").mkdir(parents=True)
        for i in range(3):
            self.write(f"folder/{i}", sentence(i // 2).encode())
        out = self.run_tacit("select", "--method", "dedup", "folder").stdout
        self.assertEqual(out, b"folder/0\nfolder/2\n")

    def test_folders_are_walked(self):
        """Folders in folders, links to files; empty files are told, hidden ones are not there."""
        (self.dir / "pool/sub/deep").mkdir(parents=True)
        (self.dir / "pool/.hidden").mkdir()
        for i, name in enumerate(("b", "sub/a", "sub/deep/x", ".hidden/x", "sub/.x")):
            self.write(f"pool/{name}", sentence(i).encode())
        self.write("pool/empty", b"")
        self.write("outside", sentence(9).encode())
        (self.dir / "pool/link").symlink_to("../outside")
        (self.dir / "pool/loop").symlink_to("..")
        for folder in ("pool", "pool/"):
            result = self.run_tacit("select", "--method", "dedup", folder)
            self.assertEqual(result.stdout.split(), [b"pool/b", b"pool/link", b"pool/sub/a", b"pool/sub/deep/x"])
            self.assertRegex(result.err, "^tacit: pool/?: empty files left out: 1\n$")
        (self.dir / "nothing").mkdir()
        self.assertEqual(self.run_tacit("select", "--budget", "1K", "nothing").stdout, b"")

    def test_unreadable_file_in_a_folder(self):
        before = without_rights()
        (self.dir / "pool").mkdir()
        self.write("pool/a", b"one").chmod(0)
        self.write("pool/b", b"two")
        result = self.fails(FAILED, r"^tacit: pool/a: cannot open: Permission denied \(--skip-broken goes on\)\n$",
                            "select", "--budget", "1K", "pool", before=before)
        result = self.run_tacit("select", "--skip-broken", "--budget", "1K", "pool", before=before)
        self.assertEqual(result.stdout, b"pool/b\n")
        self.assertRegex(result.err, r"^tacit: pool/a: cannot open: Permission denied; skipped\n$")

    def test_json_as_python_writes_it(self):
        """Numbers beyond binary64, NaN, lone surrogates, a byte order mark, blank lines."""
        values = [float("nan"), float("inf"), -float("inf"), 2 ** 64, -10 ** 400, 1e308, [{"deep": float("nan")}]]
        lines = [json.dumps({"n": v, "text": f"NaN, Infinity and 1e999 in text {i}"}) for i, v in enumerate(values)]
        lines += [json.dumps({"text": text}) for text in ("\ud800", "a \udfff b", "\U0001f600 \ud83d", "\\ud800 stays")]
        lines += ['{"x": 1e400, "y": -1E+999, "text": "beyond"}', '{"text": "last"}']
        self.write("pool.jsonl", "\ufeff".encode() + "\n \t\r\n".join(lines).encode() + b"\n  \n")
        out = self.run_tacit("select", "--method", "random", "--budget", "99r", "pool.jsonl").stdout.decode().splitlines()
        self.assertEqual(sorted(out), sorted(lines), "as they stand in the file, without the mark")
        found = self.run_tacit("anomalies", "--field", "text", "--warm-up", "0", "--top", "99", "pool.jsonl").stdout
        texts = {line["line"]: line["text"] for line in map(json.loads, found.decode().splitlines())}
        told = [texts[i] for i in sorted(texts)]
        self.assertEqual(told[:7], [f"NaN, Infinity and 1e999 in text {i}" for i in range(7)])
        self.assertEqual(told[7:], ["\ufffd", "a \ufffd b", "\U0001f600 \ufffd", "\\ud800 stays", "beyond", "last"])
        for broken in ('{"text": "x", "n": Nan}', '{"text": "x", "n": 1e}', '{"text": NaN}', '{"text": "\\ud80"}', '{"text": "x'):
            self.write("broken", broken.encode())
            self.fails(FAILED, "broken: line 1 ", "select", "--budget", "9r", "broken")

    def test_hostile_input(self):
        self.write("broken", b'{"text": "one"}\n{"text": \n\n{"text": 5}\n[1]\n\xff\xfe\n{"text": "six\\u0000"}\n{"text": ""}')
        for line, what in ((2, "is not JSON"),):
            self.fails(FAILED, f"broken: line {line} {what}", "select", "--budget", "9r", "broken")
        result = self.run_tacit("select", "--skip-broken", "--budget", "9r", "broken")
        self.assertEqual(len(result.stdout.splitlines()), 2)
        for pattern in ("line 2 is not JSON", "line 4 has no string named 'text'", "line 5 is not a JSON object",
                        "line 6 is not JSON"):
            self.assertRegex(result.err, pattern)
        self.write("empty", b"")
        self.assertEqual(self.select("--budget", "1K", file="empty"), [])
        self.write("long", b'{"text": "' + text(3_000_000).replace(b"\n", b" ") + b'"}\n{"text": "x"}')
        self.assertEqual(len(self.select("--budget", "1G", file="long")), 2)

    def test_outputs_replace_nothing_unasked(self):
        for name in ("out", "why"):
            self.write(name, b"precious")
            args = ["select", "--budget", "2r", "-o", "out", "--explain", "why", "pool.jsonl"]
            self.fails(FAILED, f"{name}: already exists; not replaced without -f", *args)
            self.assertEqual((self.read(name), self.names()), (b"precious", sorted([name, "pool.jsonl"])))
            (self.dir / name).unlink()
        self.write("out", b"old")
        self.write("why", b"old")
        self.run_tacit(*args, "-f")
        self.assertEqual((len(self.read("out").splitlines()), len(self.reasons())), (2, 2))

    def test_refused(self):
        for pattern, code, *args in [
                ("name one file", USAGE, "--budget", "1K"), ("name one file", USAGE, "--budget", "1K", "a", "b"),
                ("say how much", USAGE, "pool.jsonl"), ("--budget is", USAGE, "--budget", "r", "pool.jsonl"),
                ("--budget is", USAGE, "--budget", "0", "pool.jsonl"),
                ("--budget is", USAGE, "--budget", "5xr", "pool.jsonl"),
                ("needs --model", USAGE, "--budget", "5t", "pool.jsonl"),
                ("--method is", USAGE, "--method", "best", "pool.jsonl"),
                ("--measure is", USAGE, "--measure", "xz", "pool.jsonl"),
                ("--similarity goes", USAGE, "--similarity", "1.5", "pool.jsonl"),
                ("--seed is", USAGE, "--seed", "x", "pool.jsonl"), ("unrecognized option '--bogus'", USAGE, "--bogus"),
                ("number of threads", USAGE, "-T", "x", "pool.jsonl"),
                ("nowhere: cannot open", FAILED, "--budget", "1K", "nowhere"),
                ("must be a file", FAILED, "--budget", "1K", "/dev/null"), ("must be a file", FAILED, "--budget", "1K", "-"),
                ("name the same file", USAGE, "--budget", "1K", "-o", "x", "--explain", "x", "pool.jsonl"),
                ("no/where: cannot create", FAILED, "--budget", "1K", "-o", "no/where", "pool.jsonl"),
                ("no/where: cannot create", FAILED, "--budget", "1K", "-o", "x", "--explain", "no/where", "pool.jsonl")]:
            self.fails(code, pattern, "select", *args)
        self.assertEqual(self.names(), ["pool.jsonl"])
        self.assertIn("Usage: tacit select", self.run_tacit("select", "--help").stdout.decode())


main()
