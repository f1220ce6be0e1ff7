# SPDX-License-Identifier: Apache-2.0
"""tacit eval's conventions against figures of an independent implementation, and computed sizes against archives. The
figures of the toy model were made by

    python3 -c 'import toy_model, sys; sys.stdout.buffer.write(toy_model.gguf())' > toy.gguf
    tools/make_eval_reference.py toy.gguf tests/cli/eval_sample.txt 64 16 0
"""
import json

from harness import SOURCE_DIR, CliTest, identity_size, main
from toy_model import gguf

SAMPLE = SOURCE_DIR / "tests/cli/eval_sample.txt"
WANT = {"tokens": 13555, "lm-eval": 8.171223, "llama-perplexity": 320.22277, "hkust": 8.178756}


class Conventions(CliTest):
    def setUp(self):
        super().setUp()
        self.write("toy.gguf", gguf())

    def eval(self, *args, model="./toy.gguf"):
        row, = json.loads(self.run_tacit("eval", "--json", model, *args).stdout)["results"]
        return row

    def test_figures(self):
        for convention, key, *options in [("lm-eval", "bits_per_byte", "--first-token", 0),
                                          ("llama-perplexity", "perplexity"), ("hkust", "bits_per_char", "--stride", 16)]:
            row = self.eval("--convention", convention, "--window", 64, *options, "--", SAMPLE)
            self.assertEqual(row["tokens"], WANT["tokens"])
            self.assertAlmostEqual(row[key] / WANT[convention], 1, delta=0.005, msg=convention)

    def test_size_without_archive(self):
        """The cumulative cost is the file's size, but for what names the model and 64 bytes. (test_smollm2.py has a model
        that an archive names at length; the toy model's archives never pay.)"""
        model = SOURCE_DIR / "models/default.tmodel"
        for n in (300, 3000, 13795):
            data = self.write("a", SAMPLE.read_bytes()[:n]).read_bytes()
            archive = self.archive(data, "-m", model, "--mix", "off", "--streams", 1)
            computed = self.eval("--rolling", "--", "a", model=model)["bits"] / 8
            self.assertIn(identity_size(archive), (4, 33 + len("tacit-default")))
            self.assertLess(abs(len(archive) - identity_size(archive) - computed), 0.001 * computed + 64)


main()
