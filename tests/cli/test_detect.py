# SPDX-License-Identifier: Apache-2.0
"""tacit anomalies and tacit detect: what they find, streams, bad input."""
import json
import random
import subprocess

from harness import FAILED, OK, TACIT, UNSUPPORTED, USAGE, CliTest, main, noise
from toy_model import gguf


def log(n, odd):
    """Lines of a server's log; odd: number of a line -> what stands there instead."""
    chance = random.Random(3)
    lines = []
    for i in range(1, n + 1):
        usual = (f"2026-11-24 10:{i // 60 % 60:02}:{i % 60:02} INFO GET /item/{chance.randrange(1000)} "
                 f"200 {chance.randrange(9999)} ms={chance.randrange(99)}")
        lines.append(odd.get(i, usual))
    return ("\n".join(lines) + "\n").encode()


ODD = {400: "2026-11-24 10:06:40 PANIC kernel: BUG at mm/slab.c:1337", 777: "\\x90\\x90\\xeb\\xfe; DROP TABLE users",
       801: "Segmentation fault (core dumped) in thread 0x7f31c8"}


class Anomalies(CliTest):
    def anomalies(self, *args, expect=OK, **options):
        out = self.run_tacit("anomalies", *args, expect=expect, **options).stdout.decode()
        return [json.loads(line) for line in out.splitlines()]

    def test_top(self):
        self.write("log", log(1000, ODD))
        found = self.anomalies("--top", "3", "log")
        self.assertEqual({f["line"] for f in found}, set(ODD))
        self.assertEqual({f["text"] for f in found}, set(ODD.values()))
        self.assertEqual([f["score"] for f in found], sorted((f["score"] for f in found), reverse=True))
        for f in found:
            self.assertEqual(set(f), {"line", "score", "bits", "expected", "bits_per_byte", "text"})
            self.assertGreater(f["bits"], f["expected"])
        self.assertEqual(len(self.anomalies("log")), 20)

    def test_a_second_time_is_no_surprise(self):
        odd = {i: ODD[400] for i in range(400, 800)}
        found = self.anomalies("--top", "1", stdin=log(1000, odd))
        self.assertEqual([f["line"] for f in found], [400])

    def test_stream(self):
        """What is unusual is said while the stream goes on."""
        process = subprocess.Popen([TACIT, "anomalies", "--quantile", "0.99", "-"], stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE)
        lines = log(2000, ODD).splitlines(keepends=True)
        process.stdin.write(b"".join(lines[:400]))
        process.stdin.flush()
        said = 0
        while said != 400:
            said = json.loads(process.stdout.readline())["line"]
        out = process.communicate(b"".join(lines[400:]))[0]
        numbers = [json.loads(line)["line"] for line in out.splitlines()]
        self.assertLess(len(numbers), 60)
        self.assertTrue({777, 801} <= set(numbers), numbers)
        self.assertEqual(process.returncode, 0)

    def test_fields_and_models(self):
        records = [json.dumps({"msg": line}) for line in log(300, {250: ODD[777]}).decode().splitlines()]
        self.write("log.jsonl", "\n".join(records).encode())
        found = self.anomalies("--field", "msg", "--top", "1", "log.jsonl")
        self.assertEqual(found[0]["text"], ODD[777])
        self.write("toy.gguf", gguf())
        found = self.anomalies("--field", "msg", "-m", "./toy.gguf", "--warm-up", "0", "--top", "300", "log.jsonl")
        self.assertEqual({f["line"] for f in found}, set(range(1, 301)))

    def test_hostile_input(self):
        self.assertEqual(self.anomalies(stdin=b""), [])
        self.assertEqual(self.anomalies("--warm-up", "0", stdin=b"x")[0]["text"], "x")
        result = self.run_tacit("anomalies", stdin=b"a\nb\n")
        self.assertRegex(result.err, "all of its 2 lines are warm-up: .*--warm-up 0")
        odd = b'\xef\xbb\xbf{"text": "with a mark", "n": 123456789012345678901234567890}\n{"text": "without"}\n'
        self.assertEqual(len(self.anomalies("--field", "text", "--warm-up", "0", stdin=odd)), 2)
        found = self.anomalies("--warm-up", "0", stdin=b"\n\r\n" + noise(5000) + b"\n\xff\xfe")
        self.assertEqual(found[-1]["score"] <= found[0]["score"], True)
        broken = b'{"text": "a"}\n{"text"\n{"text": "b"}\n'
        self.fails(FAILED, "stdin.*line 2 is not JSON|-: line 2 is not JSON", "anomalies", "--field", "text",
                   stdin=broken)
        self.assertEqual(len(self.anomalies("--field", "text", "--skip-broken", "--warm-up", "0", stdin=broken)), 2)

    def test_refused(self):
        for pattern, code, *args in [
                ("--top is", USAGE, "--top", "0"), ("--quantile goes", USAGE, "--quantile", "2"),
                ("--warm-up is", USAGE, "--warm-up", "x"), ("takes one file", USAGE, "a", "b"),
                ("unrecognized option '--bogus'", USAGE, "--bogus"), ("number of threads", USAGE, "-T", "x"),
                ("nowhere: cannot open", FAILED, "nowhere"), ("no such model", UNSUPPORTED, "-m", "nothing-here")]:
            self.fails(code, pattern, "anomalies", *args)
        self.assertIn("Usage: tacit anomalies", self.run_tacit("anomalies", "--help").stdout.decode())


class Detect(CliTest):
    def setUp(self):
        super().setUp()
        self.write("toy.gguf", gguf())

    def detect(self, *args, **options):
        out = self.run_tacit("detect", "-m", "./toy.gguf", *args, **options).stdout.decode()
        return [json.loads(line) for line in out.splitlines()]

    def test_scores(self):
        texts = ["the one", "the other thing is here", "", "caf\u00e9"]
        self.write("s", "\n".join(json.dumps({"text": t}) for t in texts).encode())
        rows = self.detect("s")
        self.assertEqual([r["line"] for r in rows], [1, 2, 3, 4])
        self.assertEqual([r["tokens"] for r in rows], [6, 20, 0, 5])
        self.assertNotIn("surprisal", rows[2])
        for row in (rows[0], rows[1], rows[3]):
            self.assertGreater(row["min_k"], row["surprisal"])
            self.assertAlmostEqual(row["excess"], row["surprisal"] - row["entropy"], places=3)
        for i in (0, 1):
            self.write("one", texts[i].encode())
            evaluated = json.loads(self.run_tacit("eval", "--json", "./toy.gguf", "--", "one").stdout)["results"][0]
            self.assertAlmostEqual(rows[i]["surprisal"], evaluated["bits_per_token"], places=3)
        self.assertAlmostEqual(self.detect("--min-k", "100", "s")[0]["min_k"], rows[0]["surprisal"], places=3)

    def test_roc(self):
        """The area agrees with counting pairs."""
        chance = random.Random(4)
        lines = []
        for i in range(60):
            text = "".join(chance.choices("abth e", k=30))
            lines.append(json.dumps({"s": text, "y": i % 3 == 0}))
        self.write("s", "\n".join(lines).encode())
        rows = self.detect("--field", "s", "--label", "y", "s")
        last = rows.pop()
        self.assertEqual((last["records"], last["with_label"]), (60, 20))
        for name, area in last["roc_auc"].items():
            ones = [r[name] for r in rows if r["label"] == 1]
            zeros = [r[name] for r in rows if r["label"] == 0]
            wins = sum((a > b) + (a == b) / 2 for a in ones for b in zeros)
            self.assertAlmostEqual(area, wins / len(ones) / len(zeros), places=2)

    def test_bad_input(self):
        self.assertEqual(self.detect(stdin=b""), [])
        result = self.run_tacit("detect", "-m", "./toy.gguf", stdin=b'{"text": "a", "label": 1}\n')
        self.assertRegex(result.err, "all labels are the same")
        self.assertEqual(len(self.detect("--lines", stdin=b"\xff\xfe\nQ\n")), 2)
        for pattern, code, *args in [
                ("name a language model", USAGE), ("--min-k is", USAGE, "-m", "x", "--min-k", "0"),
                ("takes one file", USAGE, "-m", "x", "a", "b"), ("unrecognized option '--bogus'", USAGE, "--bogus"),
                ("number of threads", USAGE, "-T", "x"), ("line 1 has no string", FAILED, "-m", "./toy.gguf")]:
            self.fails(code, pattern, "detect", *args, stdin=b'{"txt": "a"}\n')
        self.assertIn("Usage: tacit detect", self.run_tacit("detect", "--help").stdout.decode())


main()
