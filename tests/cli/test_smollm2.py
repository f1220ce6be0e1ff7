# SPDX-License-Identifier: Apache-2.0
"""The conventions of tacit eval with a real model, smollm2-135m, against stored figures; skipped where the model is not
there ('tacit model fetch smollm2-135m' gets it). The figures were made from the GGUF file by

    tools/make_eval_reference.py smollm2-135m.gguf tests/cli/eval_sample.txt 512 256 1
    llama-perplexity -m smollm2-135m.gguf -f tests/cli/eval_sample.txt -c 512      (llama.cpp of llama-cpp-python 0.3.36)
"""
import json
import os
import re
import subprocess
import unittest

from harness import SOURCE_DIR, TACIT, CliTest, main

SAMPLE = SOURCE_DIR / "tests/cli/eval_sample.txt"
FIGURES = [("lm-eval", "bits_per_byte", 1.729344, "--first-token", 1), ("llama-perplexity", "perplexity", 32.5351),
           ("hkust", "bits_per_char", 1.637864, "--stride", 256)]


class SmolLM2(CliTest):
    def setUp(self):
        super().setUp()
        if not re.search(rb"(?m)^smollm2-135m +llama", self.run_tacit("model", "list").stdout):
            raise unittest.SkipTest("no model smollm2-135m")

    def eval(self, *args):
        row, = json.loads(self.run_tacit("eval", "--json", "smollm2-135m", *args, timeout=600).stdout)["results"]
        return row

    def test_figures(self):
        for convention, key, want, *options in FIGURES:
            row = self.eval("--convention", convention, "--window", 512, *options, "--", SAMPLE)
            self.assertEqual(row["tokens"], 4414)
            self.assertAlmostEqual(row[key] / want, 1, delta=0.005, msg=convention)

    def test_size_without_archive(self):
        self.write("a", SAMPLE.read_bytes())
        size = len(self.run_tacit("-c", "-m", "smollm2-135m", "--mix", "off", "--streams", 1, "a", timeout=600).stdout)
        name = [line for line in self.run_tacit("model", "show", "smollm2-135m").stdout.decode().splitlines()
                if line.startswith("title ")][0].removeprefix("title").strip()
        computed = self.eval("--rolling", "--", "a")["bits"] / 8
        self.assertLess(abs(size - 33 - len(name) - computed), 0.001 * computed + 64)

    def test_memory_of_a_short_file(self):
        """At most the weights (136 MiB) and 512 MiB more; and under a limit that a full block would not fit."""
        self.write("a", SAMPLE.read_bytes()[:4096])
        with subprocess.Popen([TACIT, "-m", "smollm2-135m", "-T2", "-M", "200M", "a"], cwd=self.dir) as process:
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        self.assertEqual(process.returncode, 0)
        self.assertLess(usage.ru_maxrss, (136 + 512) << 10)


main()
