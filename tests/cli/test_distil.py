# SPDX-License-Identifier: Apache-2.0
"""tacit train distil: a pruned and a new student learn from a teacher, a stopped call goes on, and what is refused."""
import os
import re
import signal
import subprocess

from harness import FAILED, SOURCE_DIR, TACIT, USAGE, CliTest, main, text
from toy_model import gguf

DEFAULT_MODEL = SOURCE_DIR / "models/default.tmodel"
CONFIG = """
n_vocab = %d
width = 64
n_layers = 1
n_heads = 1
head_size = 64
mlp_size = 64
seq_len = 64
hash_rows = 64
"""


class Distil(CliTest):
    def setUp(self):
        super().setUp()
        self.env = {**os.environ, "XDG_DATA_HOME": str(self.dir / "data"), "XDG_DATA_DIRS": str(self.dir / "none")}
        self.write("toy.gguf", gguf(layers=2, n_hidden=128))
        self.write("a", text(20000))
        self.run_tacit("model", "prune", "--what", "2:4", "./toy.gguf", "-o", "two.tmodel", env=self.env)

    def command(self, *args):
        return ("train", "distil", "--text", "a", *args)

    def distil(self, *args, **options):
        return self.run_tacit(*self.command(*args), env=self.env, **options)

    def figures(self, out):
        return [float(x) for x in re.search(r"text: (\d+\.\d+) bits a byte before, (\d+\.\d+) after", out).groups()]

    def test_learns(self):
        """By each level, a pruned student, whose zeros stay."""
        made = set()
        for see in ("text", "distributions", "text,hidden", "text,attention", "text,gradients",
                    "text,distributions,hidden,attention", "text,distributions,hidden,attention,gradients"):
            result = self.distil("--progress", "--teacher", "./toy.gguf", "--see", see, "--steps", "8", "./two.tmodel", "-f",
                                 "-o", "r.tmodel")
            before, after = self.figures(result.stdout.decode())
            self.assertTrue(see == "distributions" or after < before - 0.01, see) # this teacher knows nothing
            self.assertRegex(result.err, r"14 matrices pruned")
            made.add(self.read("r.tmodel"))
        self.assertEqual(len(made), 7)

    def test_new_student(self):
        """Of a configuration, narrower than its teacher, of which the linked-in model's tokens are."""
        self.write("config", (CONFIG % 8192).encode())
        args = ("--teacher", DEFAULT_MODEL, "--see", "text,distributions,gradients,attention", "--steps", "3", "--config", "config")
        before, after = self.figures(self.distil(*args, "-o", "n.tmodel").stdout.decode())
        self.assertLess(after, before)
        shown = self.run_tacit("model", "show", "./n.tmodel").stdout.decode()
        self.assertRegex(shown, r"8,?192")
        archive = self.archive(b"the order of words", "-m", "./n.tmodel")
        self.assertEqual(self.run_tacit("-dc", "-m", "./n.tmodel", stdin=archive).stdout, b"the order of words")
        self.distil(*args, "--seed", "1", "-o", "m.tmodel")
        self.assertNotEqual(self.read("m.tmodel"), self.read("n.tmodel"))

    def test_stopped_it_goes_on(self):
        self.write("config", (CONFIG % 8192).encode())
        args = ("--teacher", DEFAULT_MODEL, "--see", "text,hidden", "--steps", "40", "--config", "config")
        self.distil(*args, "-o", "whole.tmodel")
        command = [TACIT, *self.command("--progress", *args, "-o", "parts.tmodel")]
        process = subprocess.Popen(command, cwd=self.dir, env=self.env, stderr=subprocess.PIPE, text=True)
        while "held-out text" not in process.stderr.readline():
            pass
        process.send_signal(signal.SIGINT)
        err = process.communicate(timeout=60)[1]
        self.assertRegex(err, r"stopped at step \d+; the same call goes on")
        self.assertFalse((self.dir / "parts.tmodel").exists())
        saved = self.read("parts.tmodel.state")
        full = ["sh", "-c", "trap '' XFSZ; ulimit -f 8; exec \"$@\"", "sh"]
        self.fails(FAILED, "parts.tmodel.state cannot be written: File too large; one written before is unchanged",
                   *self.command(*args, "-o", "parts.tmodel"), env=self.env, before=full)
        self.assertEqual(self.read("parts.tmodel.state"), saved)
        self.fails(FAILED, "is of a call with another model, teacher, texts or options", *self.command(*args),
                   "--see", "attention", "-o", "parts.tmodel", env=self.env)
        self.assertIn("goes on from", self.distil("--progress", *args, "-o", "parts.tmodel").err)
        self.assertEqual(self.read("parts.tmodel"), self.read("whole.tmodel"))

    def test_refused(self):
        self.write("config", (CONFIG % 300).encode())
        self.write("wrong", b"layers = 3\n")
        self.write("short", text(200))
        toy = ("--teacher", "./toy.gguf")
        for code, pattern, *args in [
            (USAGE, "it needs --teacher", "-o", "x", "./two.tmodel"),
            (USAGE, "name one student, or give --config", *toy, "-o", "x"),
            (USAGE, "name one student, or give --config", *toy, "-o", "x", "--config", "config", "./two.tmodel"),
            (USAGE, "--see takes a list of text", *toy, "--see", "text,logits", "-o", "x", "./two.tmodel"),
            (USAGE, "--see takes a list of text", *toy, "--see", "text,", "-o", "x", "./two.tmodel"),
            (USAGE, "--see needs text or distributions", *toy, "--see", "hidden", "-o", "x", "./two.tmodel"),
            (FAILED, "has another vocabulary", "--teacher", DEFAULT_MODEL, "-o", "x", "./two.tmodel"),
            (FAILED, "config: a new model needs a teacher of tacit's own shape", *toy, "-o", "x", "--config", "config"),
            (FAILED, "and n_vocab = its 8192 tokens", "--teacher", DEFAULT_MODEL, "-o", "x", "--config", "config"),
            (FAILED, "wrong:1: not a known key", "--teacher", DEFAULT_MODEL, "-o", "x", "--config", "wrong"),
            (FAILED, "nowhere: No such file", "--teacher", DEFAULT_MODEL, "-o", "x", "--config", "nowhere"),
        ]:
            result = self.fails(code, pattern, *self.command(*args), env=self.env)
            self.assertEqual(result.err.count("\n"), 1, result.err)
        self.fails(FAILED, "--text: the texts have fewer than 256 tokens", "train", "distil", "--text", "short", *toy, "-o", "x",
                   "./two.tmodel", env=self.env)

    def test_manual(self):
        page = self.run_tacit("train", "distil", "--help").stdout.decode()
        manual = (SOURCE_DIR / "docs/man/tacit-models.1").read_text()
        for option in re.findall(r"(?m)^  (?:-., |    )--([a-z-]+)", page):
            self.assertIn(f" -{option}", manual.replace(", -", " -"))


main()
