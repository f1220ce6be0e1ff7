# SPDX-License-Identifier: Apache-2.0
"""tacit train from text to a model that compresses, as small as it goes; and what it says when a file fails."""
import subprocess

from harness import FAILED, TACIT, USAGE, CliTest, main, text

CONFIG = """
data_dir = data
out_dir = out
n_vocab = 300
width = 64
n_layers = 1
n_heads = 1
head_size = 64
mlp_size = 64
seq_len = 64
hash_rows = 64
batch_seqs = 1
n_steps = 2
decay_start = 1
mix.prose = 1
"""


class Train(CliTest):
    def setUp(self):
        super().setUp()
        self.write("config", CONFIG.encode())
        self.write("prose", b"\0".join(text(400, seed=i) for i in range(80)))
        self.write("apart", text(2000, seed=100))

    def train(self, *args):
        return self.run_tacit("train", *args).stdout.decode()

    def said(self, pattern, *args):
        """It fails, and among its lines is this one."""
        self.assertRegex(self.run_tacit("train", *args, expect=FAILED).stdout.decode(), pattern)

    def test_from_text_to_model(self):
        self.assertIn("data/vocab.bin: 300 tokens", self.train("prepare", "config", "prose=prose", "--", "apart"))
        self.assertIn("step 2: held-out", self.train("run", "config"))
        self.assertRegex(self.train("eval", "config", "out/weights.bin"), r"apart: \d\.\d+ bits a byte on average")
        self.train("export", "out/weights.bin", "small.tmodel", "small", "none")
        self.assertIn("small", self.run_tacit("model", "show", "./small.tmodel").stdout.decode())
        archive = self.archive(b"the order of words", "-m", "./small.tmodel")
        self.assertEqual(self.run_tacit("-dc", "-m", "./small.tmodel", stdin=archive).stdout, b"the order of words")

    def test_failures_name_the_file(self):
        self.said(r"(?m)^nothing: No such file", "prepare", "nothing", "prose=prose")
        self.said(r"(?m)^missing: No such file", "prepare", "config", "prose=missing")
        self.said(r"(?m)^other=prose: not CATEGORY=PATH", "prepare", "config", "other=prose")
        self.said(r"(?m)^data/vocab.bin: No such file", "run", "config")
        self.said(r"(?m)^out/weights.bin: No such file", "eval", "config", "out/weights.bin")
        self.write("config", CONFIG.encode() + b"width = wide\n")
        self.said(r"(?m)^config:16: not a known key", "prepare", "config", "prose=prose")
        self.fails(FAILED, "train export: No such file", "train", "export", "nothing", "x.tmodel", "x", "none")

    def test_usage(self):
        page = self.train("--help")
        self.assertIn("usage: tacit train prepare CONFIG", page)
        for args in ([], ["prepare", "config"], ["bogus", "config"]):
            self.assertEqual(self.usage(*args), page)

    def usage(self, *args):
        """Its usage is all that standard error gets."""
        result = subprocess.run([TACIT, "train", *args], cwd=self.dir, capture_output=True, check=False)
        self.assertEqual(result.returncode, USAGE)
        return result.stderr.decode()


main()
