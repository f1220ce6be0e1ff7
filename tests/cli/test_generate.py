# SPDX-License-Identifier: Apache-2.0
"""tacit generate: what its options do, where the text goes, and what is refused in one line."""
import json
import subprocess

from harness import FAILED, TACIT, USAGE, CliTest, main, noise
from toy_model import gguf


class Generate(CliTest):
    def setUp(self):
        super().setUp()
        self.write("toy.gguf", gguf())

    def generate(self, *args):
        return self.run_tacit("generate", "-m", "./toy.gguf", *args).stdout

    def test_length_and_seed(self):
        text = self.generate("--bytes", 500)
        self.assertEqual(len(text), 500)
        self.assertEqual(len(self.generate()), 1024)
        self.assertEqual(self.generate("--bytes", 501)[:500], text)
        self.assertEqual(self.generate("--bytes", 500, "--seed", 0, "--cpu", "scalar", "-T", 2), text)
        for more in (["--seed", 1], ["--temperature", "0.3"], ["--top-p", "0.2"], ["--temperature", 0], ["--kv", "k4v2"],
                     ["--kv-keep", 5]):
            self.assertNotEqual(self.generate("--bytes", 500, *more), text, more)
        self.write("p", b"th")
        self.assertNotEqual(self.generate("--bytes", 500, "--prompt", "p"), text)

    def test_count(self):
        self.write("p", b"th")
        many = ("--prompt", "p", "--bytes", 60, "--count", 3, "--seed", 7)
        lines = [json.loads(line) for line in self.generate(*many).splitlines()]
        self.assertEqual([line["seed"] for line in lines], [7, 8, 9])
        for line in lines:
            text = self.generate("--prompt", "p", "--bytes", 60, "--seed", line["seed"])
            self.assertEqual(line["text"].replace("\ufffd", ""), text.decode(errors="ignore"))
        self.generate(*many, "-o", "lines")
        self.assertEqual(self.read("lines"), self.generate(*many, "-T", 2))

    def test_primed(self):
        """A state stands for its text, whatever follows; another model, text or cache is refused."""
        text = b"the other, in an other hour, or on its way at noon" * 9
        self.write("text", text)
        self.write("longer", text + b"\nand the rest")
        self.write("other", b"something else " * 30)
        self.run_tacit("model", "prime", "./toy.gguf", "text", "-o", "state")
        self.run_tacit("model", "prime", "./toy.gguf", "text", "-o", "few", "--kv", "4", "--context", 512)
        self.assertEqual(self.generate("--primed", "state"), self.generate("--prompt", "text"))
        self.assertEqual(self.generate("--primed", "state", "--prompt", "longer", "--count", 2),
                         self.generate("--prompt", "longer", "--count", 2))
        self.assertEqual(self.generate("--primed", "few"), self.generate("--prompt", "text", "--kv", 4, "--context", 512))
        self.write("data", noise(60))
        self.generate("--from", "data", "--primed", "state", "-o", "cover")
        self.assertEqual(self.generate("--back", "cover", "--prompt", "text"), noise(60))
        state = self.read("state")
        self.write("cut", state[:-100])
        self.write("changed", state[:1000] + bytes([state[1000] ^ 1]) + state[1001:])
        self.write("short", state[:50])
        for code, pattern, *args in [
                (FAILED, "other: does not begin with the text of state", "--primed", "state", "--prompt", "other"),
                (USAGE, "few: primed with --context 512 --kv 4, not as asked", "--primed", "few", "--kv", 8),
                (USAGE, "few: primed with --context 512 --kv 4, not as asked", "--primed", "few", "--context", 64),
                (3, "text: not a file of 'tacit model prime'", "--primed", "text"),
                (3, "cut: is damaged", "--primed", "cut"), (3, "changed: is damaged", "--primed", "changed"),
                (3, "short: is damaged", "--primed", "short"),
                (FAILED, "nowhere: cannot open", "--primed", "nowhere")]:
            result = self.fails(code, pattern, "generate", "-m", "./toy.gguf", *args)
            self.assertEqual(result.err.count("\n"), 1)
        self.write("toy2.gguf", gguf(seed=2))
        self.fails(4, "state: primed with another model, whose identity is [0-9a-f]{64}", "generate", "-m",
                   "./toy2.gguf", "--primed", "state")
        self.fails(FAILED, "state: already exists", "model", "prime", "./toy.gguf", "text", "-o", "state")
        self.fails(USAGE, "name a model and a text", "model", "prime", "./toy.gguf", "-o", "x")
        self.fails(USAGE, "-o STATE says", "model", "prime", "./toy.gguf", "text")

    def test_file(self):
        self.generate("--bytes", 100, "-o", "out")
        self.assertEqual(self.read("out"), self.generate("--bytes", 100))
        self.fails(FAILED, "out: already exists", "generate", "-m", "./toy.gguf", "-o", "out")
        self.generate("--bytes", 10, "-f", "-o", "out")
        self.assertEqual(len(self.read("out")), 10)

    def test_bytes_and_back(self):
        data = noise(700)
        self.write("data", data)
        self.generate("--from", "data", "-o", "text", "--temperature", "0.5")
        self.assertEqual(self.generate("--back", "text", "--temperature", "0.5"), data)
        self.fails(FAILED, "text: stands for no bytes", "generate", "-m", "./toy.gguf", "--back", "text")
        self.write("text", b"")
        self.fails(FAILED, "text: stands for no bytes", "generate", "-m", "./toy.gguf", "--back", "text")

    def test_pipe_closed(self):
        """The reader has enough: the command ends by itself, and quickly."""
        command = [TACIT, "generate", "-m", "./toy.gguf", "--bytes", "1T"]
        with subprocess.Popen(command, cwd=self.dir, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            self.assertEqual(len(process.stdout.read(100)), 100)
            process.stdout.close()
            self.assertNotEqual(process.wait(timeout=30), 0)
            self.assertLessEqual(process.stderr.read().count(b"\n"), 1)

    def test_refused(self):
        for pattern, *args in [("--temperature goes from 0 to 100", "--temperature", "-1"),
                               ("--temperature goes from 0 to 100", "--temperature", "hot"),
                               ("--temperature is 0, or 0.01", "--temperature", "0.001"),
                               ("--top-p goes from 0.001 to 1", "--top-p", "2"),
                               ("--seed is a whole number", "--seed", "x"),
                               ("--cpu is 'scalar' or a list", "--cpu", "z80"),
                               ("--bytes is a size", "--bytes", "0"),
                               ("takes no files", "file"),
                               ("are opposites", "--from", "a", "--back", "b"),
                               ("--bytes does not go", "--from", "a", "--bytes", "5"),
                               ("--count goes from 1", "--count", "0"),
                               ("--count does not go", "--back", "a", "--count", "5"),
                               ("leaves no choice", "--from", "a", "--temperature", "0")]:
            result = self.fails(USAGE, pattern, "generate", *args)
            self.assertEqual(result.err.count("\n"), 1)
        self.fails(FAILED, "nowhere: cannot open", "generate", "-m", "./toy.gguf", "--prompt", "nowhere")
        self.fails(FAILED, "nowhere: cannot open", "generate", "-m", "./toy.gguf", "--from", "nowhere")
        self.run_tacit("generate", "-m", "nomodel", expect=4)


main()
