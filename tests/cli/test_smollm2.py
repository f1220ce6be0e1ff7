# SPDX-License-Identifier: Apache-2.0
"""The conventions of tacit eval with a real model, smollm2-135m, against stored figures; skipped where the model is not
there ('tacit model fetch smollm2-135m' gets it). The figures were made from the GGUF file by

    tools/make_eval_reference.py smollm2-135m.gguf TEXT 512 256 1
    llama-perplexity -m smollm2-135m.gguf -f TEXT -c 512      (llama.cpp of llama-cpp-python 0.3.36)

of a text of this project and of one that every Debian system has.
"""
import hashlib
import json
import os
import pathlib
import re
import subprocess
import unittest

from harness import SOURCE_DIR, TACIT, CliTest, identity_size, main

SAMPLE = SOURCE_DIR / "tests/cli/eval_sample.txt"
SAMPLE_FIGURES = {"tokens": 4414, "lm-eval": 1.729344, "llama-perplexity": 32.5351, "hkust": 1.637864}
LICENCE = pathlib.Path("/usr/share/common-licenses/Artistic")
LICENCE_SHA256 = "b7fd9b73ea99602016a326e0b62e6646060d18febdd065ceca8bb482208c3d88"
LICENCE_FIGURES = {"tokens": 1320, "lm-eval": 0.882838, "llama-perplexity": 16.4804, "hkust": 0.831978}
CONVENTIONS = [("lm-eval", "bits_per_byte", "--first-token", 1), ("llama-perplexity", "perplexity"),
               ("hkust", "bits_per_char", "--stride", 256)]


class SmolLM2(CliTest):
    def setUp(self):
        super().setUp()
        if not re.search(rb"(?m)^smollm2-135m +llama", self.run_tacit("model", "list").stdout):
            raise unittest.SkipTest("no model smollm2-135m")

    def eval(self, *args):
        row, = json.loads(self.run_tacit("eval", "--json", "smollm2-135m", *args, timeout=600).stdout)["results"]
        return row

    def check_figures(self, path, figures):
        for convention, key, *options in CONVENTIONS:
            row = self.eval("--convention", convention, "--window", 512, *options, "--", path)
            self.assertEqual(row["tokens"], figures["tokens"])
            self.assertAlmostEqual(row[key] / figures[convention], 1, delta=0.005, msg=convention)

    def test_figures(self):
        self.check_figures(SAMPLE, SAMPLE_FIGURES)

    def test_figures_of_a_licence(self):
        if not LICENCE.exists() or hashlib.sha256(LICENCE.read_bytes()).hexdigest() != LICENCE_SHA256:
            self.skipTest(f"no {LICENCE}, or another version of it")
        self.check_figures(LICENCE, LICENCE_FIGURES)

    def test_size_without_archive(self):
        """The cumulative cost is the file's size, but for what names the model and 64 bytes."""
        self.write("a", SAMPLE.read_bytes())
        archive = self.archive(SAMPLE.read_bytes(), "-m", "smollm2-135m", "--mix", "off", "--streams", 1)
        computed = self.eval("--rolling", "--", "a")["bits"] / 8
        self.assertGreater(identity_size(archive), 33)
        self.assertLess(abs(len(archive) - identity_size(archive) - computed), 0.001 * computed + 64)

    def test_memory_of_a_short_file(self):
        """At most the weights (136 MiB) and 512 MiB more; and under a limit that a full block would not fit."""
        self.write("a", SAMPLE.read_bytes()[:4096])
        with subprocess.Popen([TACIT, "-m", "smollm2-135m", "-T2", "-M", "200M", "a"], cwd=self.dir) as process:
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        self.assertEqual(process.returncode, 0)
        self.assertLess(usage.ru_maxrss, (136 + 512) << 10)


main()
