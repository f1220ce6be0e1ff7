# SPDX-License-Identifier: Apache-2.0
"""tacit model recover: a pruned model learns and keeps its zeros, a stopped call goes on, and what is refused."""
import os
import re
import signal
import subprocess

from harness import FAILED, SOURCE_DIR, TACIT, USAGE, CliTest, main, text
from toy_model import gguf

DEFAULT_MODEL = SOURCE_DIR / "models/default.tmodel"


class Recover(CliTest):
    def setUp(self):
        super().setUp()
        self.env = {**os.environ, "XDG_DATA_HOME": str(self.dir / "data"), "XDG_DATA_DIRS": str(self.dir / "none")}
        self.write("toy.gguf", gguf(layers=2, n_hidden=128))
        self.write("a", text(20000))
        self.run_tacit("model", "prune", "--what", "2:4", "./toy.gguf", "-o", "two.tmodel", env=self.env)

    def recover(self, *args, **options):
        return self.run_tacit("model", "recover", "--text", "a", "./two.tmodel", *args, env=self.env, **options)

    def figures(self, out):
        return [float(x) for x in re.search(r"text: (\d+\.\d+) bits a byte before, (\d+\.\d+) after", out).groups()]

    def test_learns(self):
        for way in ((), ("--lora", "8", "--lr", "0.01")):
            result = self.recover("--progress", "--steps", "25", *way, "-f", "-o", "r.tmodel")
            before, after = self.figures(result.stdout.decode())
            self.assertLess(after, before - 0.1)
            self.assertRegex(result.err, r"\d+ matrices pruned \(\d+ zeros stay\), 0 of few bits")
            self.assertFalse((self.dir / "r.tmodel.state").exists())
        self.assertRegex(self.recover("--progress", "--steps", "1", "-f", "-o", "s.tmodel").err, r"14 matrices pruned")
        self.write("r.tct", self.run_tacit("-c", "-m", "./r.tmodel", "a").stdout)
        self.assertEqual(self.run_tacit("-dc", "-m", "./r.tmodel", "r.tct").stdout, self.read("a"))

    def test_teacher(self):
        """It is part of what a state must agree with, and must have the same tokens."""
        result = self.recover("--steps", "25", "--teacher", "./toy.gguf", "-o", "r.tmodel")
        before, after = self.figures(result.stdout.decode())
        self.assertLess(after, before - 0.02)
        for code, pattern, teacher in [(FAILED, "has another vocabulary", DEFAULT_MODEL),
                                       (FAILED, "No such file", "./nowhere.tmodel"),
                                       (FAILED, "linked in has another vocabulary", "default")]:
            self.fails(code, pattern, "model", "recover", "--text", "a", "--teacher", teacher, "./two.tmodel", "-f", "-o",
                       "r.tmodel", env=self.env)

    def test_threads(self):
        """Any number of threads makes the same model, with a teacher too."""
        for way in (("--steps", "3"), ("--steps", "2", "--teacher", "./toy.gguf"), ("--steps", "2", "--lora", "4")):
            made = set()
            for threads in ("1", "2", "3", "0", "9"):
                self.recover(*way, "-T", threads, "-f", "-o", "t.tmodel")
                made.add(self.read("t.tmodel"))
            self.assertEqual(len(made), 1, way)

    def test_stopped_it_goes_on(self):
        whole = ("--steps", "30", "-o", "whole.tmodel")
        self.recover(*whole)
        command = [TACIT, "model", "recover", "--progress", "--text", "a", "./two.tmodel", "--steps", "30", "-o",
                   "parts.tmodel"]
        process = subprocess.Popen(command, cwd=self.dir, env=self.env, stderr=subprocess.PIPE, text=True)
        while "held-out text" not in process.stderr.readline():
            pass
        process.send_signal(signal.SIGINT)
        err = process.communicate(timeout=60)[1]
        self.assertEqual(process.returncode, FAILED)
        self.assertRegex(err, r"stopped at step \d+; the same call goes on")
        self.assertFalse((self.dir / "parts.tmodel").exists())
        other = self.fails(FAILED, "is of a call with another model, teacher, texts or options", "model", "recover", "--lora",
                           "4", "--text", "a", "./two.tmodel", "--steps", "30", "-o", "parts.tmodel", env=self.env)
        self.assertEqual(other.err.count("\n"), 1)
        self.assertIn("goes on from", self.recover("--progress", "--steps", "30", "-o", "parts.tmodel").err)
        self.assertEqual(self.read("parts.tmodel"), self.read("whole.tmodel"))

    def test_disk_full(self):
        """The training is saved where the model finds no room; without room for that either, an error says so."""
        full = ["sh", "-c", "trap '' XFSZ; ulimit -f 8; exec \"$@\"", "sh"]
        self.fails(FAILED, "r.tmodel.state cannot be written: File too large", "model", "recover", "--text", "a",
                   "./two.tmodel", "--steps", "2", "-o", "r.tmodel", env=self.env, before=full)
        self.assertEqual([name for name in self.names() if name.startswith("r.")], [])

    def test_manual(self):
        page = self.run_tacit("model", "recover", "--help").stdout.decode()
        manual = (SOURCE_DIR / "docs/man/tacit-models.1").read_text()
        for option in re.findall(r"(?m)^  (?:-., |    )--([a-z-]+)", page):
            self.assertIn(f" -{option}", manual.replace(", -", " -"))

    def test_refused(self):
        self.write("short", text(200))
        for code, pattern, *args in [
            (USAGE, "-o NAME says", "--text", "a", "./two.tmodel"),
            (USAGE, "it needs --text", "-o", "x", "./two.tmodel"),
            (USAGE, "name one model", "--text", "a", "-o", "x"),
            (USAGE, "either --full or --lora", "--full", "--lora", "2", "--text", "a", "-o", "x", "./two.tmodel"),
            (USAGE, "--lora", "--lora", "65", "--text", "a", "-o", "x", "./two.tmodel"),
            (USAGE, "--lr is a learning rate", "--lr", "fast", "--text", "a", "-o", "x", "./two.tmodel"),
            (FAILED, "--text: the texts have fewer than 256 tokens", "--text", "short", "-o", "x", "./two.tmodel"),
            (FAILED, "nowhere: No such file", "--text", "nowhere", "-o", "x", "./two.tmodel"),
            (FAILED, "no such model", "--text", "a", "-o", "x", "nomodel"),
        ]:
            result = self.fails(code, pattern, "model", "recover", *args, env=self.env)
            self.assertEqual(result.err.count("\n"), 1, result.err)


main()
