# SPDX-License-Identifier: Apache-2.0
"""tacit train from text to a model that compresses, as small as it goes; and what it says when a file fails."""
import subprocess

from harness import FAILED, TACIT, USAGE, CliTest, main, text, without_rights

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

    def said(self, pattern, *args, **options):
        """It fails, and among its lines is this one."""
        self.assertRegex(self.run_tacit("train", *args, expect=FAILED, **options).stdout.decode(), pattern)

    def test_from_text_to_model(self):
        self.assertIn("data/vocab.bin: 300 tokens", self.train("prepare", "config", "prose=prose", "--", "apart"))
        self.assertIn("step 2: held-out", self.train("run", "config"))
        self.assertRegex(self.train("eval", "config", "out/weights.bin"), r"apart: \d\.\d+ bits a byte on average")
        self.train("export", "out/weights.bin", "small.tmodel", "small", "none")
        self.assertIn("small", self.run_tacit("model", "show", "./small.tmodel").stdout.decode())
        archive = self.archive(b"the order of words", "-m", "./small.tmodel")
        self.assertEqual(self.run_tacit("-dc", "-m", "./small.tmodel", stdin=archive).stdout, b"the order of words")
        self.train("import", "config", "small.tmodel", "back.bin")
        self.assertIn("300 tokens", self.train("prepare", "config", "prose=prose", "--", "apart"))
        self.assertRegex(self.train("eval", "config", "back.bin"), r"apart: \d\.\d+ bits a byte on average")

    def test_failures_name_the_file(self):
        self.said(r"(?m)^nothing: No such file", "prepare", "nothing", "prose=prose")
        self.said(r"(?m)^missing: No such file", "prepare", "config", "prose=missing")
        self.said(r"(?m)^other=prose: not CATEGORY=PATH", "prepare", "config", "other=prose")
        self.said(r"(?m)^data/vocab.bin: No such file", "run", "config")
        self.said(r"(?m)^out/weights.bin: No such file", "eval", "config", "out/weights.bin")
        self.write("config", CONFIG.encode() + b"width = wide\n")
        self.said(r"(?m)^config:16: not a known key", "prepare", "config", "prose=prose")
        self.fails(FAILED, "train export: No such file", "train", "export", "nothing", "x.tmodel", "x", "none")

    def test_state_that_cannot_be_read(self):
        """It is not taken for a missing one, which the run would replace."""
        self.train("prepare", "config", "prose=prose", "--", "apart")
        self.train("run", "config")
        state = self.read("out/state.bin")
        damaged = state[:-9] + bytes([state[-9] ^ 1]) + state[-8:]
        (self.dir / "out/state.bin").write_bytes(damaged)
        self.said(r"(?m)^out/state.bin: model file is damaged", "run", "config")
        self.assertEqual(self.read("out/state.bin"), damaged)
        (self.dir / "out/state.bin").write_bytes(state)
        (self.dir / "out/state.bin").chmod(0)
        self.said(r"(?m)^out/state.bin: Permission denied", "run", "config", before=without_rights())
        (self.dir / "out/state.bin").chmod(0o600)
        self.assertEqual(self.read("out/state.bin"), state)
        self.write("config", CONFIG.encode() + b"mlp_size = 128\n")
        for args in ([], ["out/weights.bin"]):
            self.said(r"(?m)^out/\w+.bin: of a network with other sizes", "run", "config", *args)
            (self.dir / "out/state.bin").unlink(missing_ok=True)

    def test_disk_full(self):
        """A state that finds no room leaves the one before as it was, and the run goes on until it has to be saved."""
        self.write("config", CONFIG.encode() + b"save_every = 1\n")
        self.train("prepare", "config", "prose=prose", "--", "apart")
        self.train("run", "config")
        state, weights = self.read("out/state.bin"), self.read("out/weights.bin")
        self.write("config", CONFIG.replace("n_steps = 2", "n_steps = 5").encode() + b"save_every = 1\n")
        full = ["sh", "-c", "trap '' XFSZ; ulimit -f 8; exec \"$@\"", "sh"]
        said = self.run_tacit("train", "run", "config", expect=FAILED, before=full).stdout.decode()
        self.assertEqual(said.count("out/state.bin: File too large"), 3)
        self.assertEqual((self.read("out/state.bin"), self.read("out/weights.bin")), (state, weights))
        self.assertEqual(sorted(path.name for path in (self.dir / "out").iterdir()), ["log.jsonl", "state.bin", "weights.bin"])
        self.assertIn("at step 2", self.train("run", "config"))

    def test_threads_without_sequences(self):
        self.write("config", CONFIG.encode() + b"n_threads = 2\n")
        self.said(r"(?m)^batch_seqs is smaller than n_threads", "run", "config")

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
