# SPDX-License-Identifier: Apache-2.0
"""tacit eval: what it adds up, its forms of output, peers, and bad input."""
import csv
import io
import json
import os
import subprocess

from harness import FAILED, OK, TACIT, UNSUPPORTED, USAGE, CliTest, main, text
from toy_model import gguf

KEYS = {"model", "kind", "file", "bytes", "chars", "words", "tokens", "scored_bytes", "scored_tokens", "bits",
        "bits_per_byte", "bits_per_char", "bits_per_word", "bits_per_token", "perplexity", "word_perplexity",
        "cache_bytes", "cache_bits", "seconds"}


class Eval(CliTest):
    def setUp(self):
        super().setUp()
        self.write("toy.gguf", gguf())
        self.write("a", text(3000))

    def eval(self, *args, expect=OK):
        """The rows of its JSON."""
        out = self.run_tacit("eval", "--json", *args, expect=expect).stdout
        return json.loads(out)["results"]

    def test_model(self):
        row, = self.eval("./toy.gguf", "--", "a")
        self.assertEqual(set(row), KEYS)
        self.assertEqual((row["bytes"], row["chars"], row["scored_bytes"]), (3000, 3000, 3000))
        self.assertEqual(row["words"], len(text(3000).split()))
        self.assertEqual(row["tokens"], 3000 - text(3000).count(b"th"))
        self.assertAlmostEqual(row["bits_per_byte"], row["bits"] / 3000, places=6)
        self.assertAlmostEqual(row["perplexity"] / 2 ** row["bits_per_token"], 1, places=6)
        self.assertGreater(row["bits_per_token"], 1)

    def test_conventions_score_what_they_say(self):
        n = self.eval("./toy.gguf", "--", "a")[0]["tokens"]
        for convention, window, stride, scored in [
                ("windows", 64, 16, n), ("windows", 64, 64, n), ("rolling", 64, 0, n), ("lm-eval", 64, 0, n),
                ("llama-perplexity", 64, 0, n // 64 * 31), ("hkust", 64, 16, (n - 65) // 16 * 16 + 64)]:
            stride = ["--stride", stride] if stride else []
            row, = self.eval("./toy.gguf", "--convention", convention, "--window", window, *stride, "--", "a")
            self.assertEqual(row["scored_tokens"], scored, convention)
            self.assertEqual(row["tokens"], n)
        self.assertEqual(self.eval("./toy.gguf", "--rolling", "--window", 64, "--", "a")[0]["scored_tokens"], n)

    def test_threads_and_kernels_never_change_bits(self):
        args = ["./toy.gguf", "--window", 64, "--", "a"]
        want = self.eval(*args)[0]["bits"]
        for extra in (["-T", 1], ["-T", 3], ["--cpu", "scalar"]):
            self.assertEqual(self.eval(*extra, *args)[0]["bits"], want)

    def test_archives_and_peers(self):
        rows = self.eval("context", "context:1", "./toy.gguf+context", "xz", "--peer", "cat", "--peer",
                         "cat && echo 1234567", "--", "a")
        sizes = [8 * len(self.archive(text(3000), "--no-model")), 8 * len(self.archive(text(3000), "-1")),
                 8 * len(self.archive(text(3000), "-m", "./toy.gguf"))]
        self.assertEqual([row["bits"] for row in rows[:3]], sizes)
        self.assertLess(rows[3]["bits_per_byte"], 3)
        self.assertEqual((rows[4]["bits"], rows[5]["bits"]), (8 * 3000, 8 * 3008))
        self.assertEqual({row["tokens"] for row in rows}, {0})
        self.assertIsNone(rows[0]["perplexity"])

    def test_table_csv_limit(self):
        self.write("b", text(500, 2))
        table = self.run_tacit("eval", "context:1", "--limit", "1K", "--", "a", "b").stdout.decode()
        self.assertRegex(table, r"(?m)^context:1 +1024 .* a$")
        self.assertRegex(table, r"(?m)^context:1 +1524 .* \(total\)$")
        out = self.run_tacit("eval", "--csv", "context:1", "--peer", 'echo "x"', "--", "a").stdout.decode()
        rows = list(csv.DictReader(io.StringIO(out)))
        self.assertEqual([row["model"] for row in rows], ["context:1", 'echo "x"'])
        self.assertEqual(rows[0]["perplexity"], "")

    def test_kinds_of_kv_cache(self):
        # Windows longer than what stays at 8 bits anyway.
        kinds = ("8", "4", "k4v3", "3", "k4v2", "k3v2", "k4v3s")
        bits = [self.eval("./toy.gguf", "--kv", kv, "--", "a")[0]["bits"] for kv in kinds]
        self.assertEqual(bits[0], self.eval("./toy.gguf", "--", "a")[0]["bits"])
        self.assertEqual(len(set(bits)), 7)
        self.assertLess(max(bits) / min(bits), 1.01)
        full, low, less = (self.eval("./toy.gguf", *how, "--", "a")[0]
                           for how in ([], ["--kv", "4"], ["--kv", "k4v3s", "--kv-keep", "30"]))
        self.assertTrue(8 < full["cache_bits"] < 10 and full["cache_bits"] > low["cache_bits"] > less["cache_bits"] > 1)
        self.assertAlmostEqual(full["cache_bytes"] / low["cache_bytes"], full["cache_bits"] / low["cache_bits"], places=6)
        short = [self.eval("./toy.gguf", "--window", 100, "--kv", kv, "--", "a")[0]["bits"] for kv in ("8", "4")]
        self.assertEqual(*short)
        for more in ([], ["--probe", "copy", "--window", 600]):
            out = self.run_tacit("eval", "--json", "./toy.gguf", "--kv", "k4v3s", "--kv-keep", 40, *more, "--", "a")
            told = json.loads(out.stdout)
            self.assertEqual((told["kv"], told["kv_keep"]), ("k4v3s", 40))

    def test_copy_probe(self):
        rows = self.eval("./toy.gguf", "--probe", "copy", "--window", 600, "--", "a")
        self.assertEqual([row["distance"] for row in rows], [64, 128, 256, 448])
        self.assertEqual(set(rows[0]), {"model", "file", "distance", "passages", "first_bits_per_token",
                                        "again_bits_per_token"})
        self.assertEqual([row["passages"] for row in rows], [8] * 4)
        # Logits of random numbers, so a passage costs about as much as the first time, which no distance changes.
        self.assertEqual(len({round(row["first_bits_per_token"]) for row in rows}), 1)
        self.assertGreater(min(row["again_bits_per_token"] for row in rows), 1)
        args = ["--probe", "copy", "./toy.gguf", "--window", 300, "--", "a"]
        table = self.run_tacit("eval", *args).stdout.decode().splitlines()
        self.assertEqual([line.split()[:3] for line in table[1:]], [["./toy.gguf", n, "8"] for n in ("64", "128")])
        rows = list(csv.DictReader(io.StringIO(self.run_tacit("eval", "--csv", *args).stdout.decode())))
        self.assertEqual([row["distance"] for row in rows], ["64", "128"])
        self.write("short", text(100))
        self.write("empty", b"")
        for name in ("short", "empty"):
            self.assertRegex(self.run_tacit("eval", "./toy.gguf", "--probe", "copy", "--", name).err, "is too short")

    def test_hostile_input(self):
        self.write("empty", b"")
        self.write("one", b"t")
        self.write("broken", b"caf\xe9 \xff\xfe " * 50 + bytes(range(256)))
        rows = self.eval("./toy.gguf", "context:1", "--", "empty", "one", "broken")
        self.assertEqual([r["scored_tokens"] for r in rows[:2]], [0, 1])
        self.assertIsNone(rows[0]["bits_per_byte"])
        self.assertEqual(rows[2]["scored_bytes"], 7 * 50 + 50 + 256)
        result = self.run_tacit("eval", "./toy.gguf", "--convention", "hkust", "--", "one", "empty")
        self.assertRegex(result.err, "one: is too short for a window")
        self.assertRegex(result.err, "empty: is empty")

    def test_memory_does_not_grow_with_the_file(self):
        with open(self.dir / "large", "wb") as file:
            file.truncate(192 << 20)
        # A sanitizer that holds freed memory back would count it as used.
        options = {"ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=1"}
        process = subprocess.Popen([TACIT, "eval", "context:1", "-T", "1", "--", "large"], cwd=self.dir,
                                   stdout=subprocess.DEVNULL, env={**os.environ, **options})
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        self.assertEqual(process.returncode, OK)
        self.assertLess(usage.ru_maxrss, 150 << 10)

    def test_refused(self):
        for pattern, code, *args in [
                ("name models, then '--'", USAGE), ("name models", USAGE, "context"),
                ("name models", USAGE, "--", "a"), ("NAME.context", USAGE, "context:0", "--", "a"),
                ("NAME.context", USAGE, "context:12", "--", "a"), ("unrecognized option '--bogus'", USAGE, "--bogus"),
                ("requires an argument", USAGE, "context", "--window"),
                ("can be read once", USAGE, "context:3", "context:4", "--", "-"),
                ("--window goes", USAGE, "context", "--window", "1", "--", "a"),
                ("--stride is", USAGE, "context", "--stride", "x", "--", "a"),
                ("at most the window", USAGE, "context", "--window", "8", "--stride", "9", "--", "a"),
                ("--convention is", USAGE, "context", "--convention", "mine", "--", "a"),
                ("--kv is 8, 4, k4v3, 3, k4v2, k3v2 or k4v3s", USAGE, "./toy.gguf", "--kv", "2", "--", "a"),
                ("--probe is copy", USAGE, "./toy.gguf", "--probe", "mine", "--", "a"),
                ("wants language models", USAGE, "context", "--probe", "copy", "--", "a"),
                ("wants language models", USAGE, "./toy.gguf", "--probe", "copy", "--rolling", "--", "a"),
                ("--first-token", USAGE, "context", "--first-token", "-3", "--", "a"),
                ("invalid argument", USAGE, "./toy.gguf", "--first-token", "257", "--", "a"),
                ("--limit is", USAGE, "context", "--limit", "0", "--", "a"),
                ("number of threads", USAGE, "-T", "many", "context", "--", "a"),
                ("no such model", UNSUPPORTED, "nothing-here", "--", "a"),
                ("nowhere: cannot open", FAILED, "context", "--", "nowhere"),
                ("'false' failed", FAILED, "--peer", "false", "--", "a"),
                ("not installed", FAILED, "--peer", "exit 127", "--", "a")]:
            self.fails(code, pattern, "eval", *args)
        rows = self.eval("nothing-here", "context:1", "--", "nowhere", "a", expect=UNSUPPORTED)
        self.assertEqual([(r["model"], r["file"]) for r in rows], [("context:1", "a")])
        self.assertIn("Usage: tacit eval", self.run_tacit("eval", "--help").stdout.decode())

    def test_disk_full(self):
        if not os.path.exists("/dev/full"):
            self.skipTest("no /dev/full")
        self.fails(FAILED, "cannot write", "eval", "context:1", "--", "a",
                   before=["sh", "-c", 'exec "$@" > /dev/full', "sh"])


main()
