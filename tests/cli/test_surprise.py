# SPDX-License-Identifier: Apache-2.0
"""tacit surprise: the terminal view, the page's data, bad input."""
import json
import re

from harness import FAILED, SOURCE_DIR, USAGE, CliTest, main, text
from toy_model import gguf


class Surprise(CliTest):
    def setUp(self):
        super().setUp()
        self.write("toy.gguf", gguf())
        self.write("a", text(600) + "</script> é\n".encode())

    def test_terminal(self):
        plain = self.run_tacit("surprise", "a", "--color", "never").stdout
        self.assertNotIn(b"\033", plain)
        colored = self.run_tacit("surprise", "a", "--color", "always").stdout
        shown = re.sub(rb"\033\[[0-9;]*m", b"", colored)
        self.assertTrue(shown.startswith(self.read("a")))

    def test_page(self):
        self.run_tacit("surprise", "-m", "./toy.gguf", "--compare", "./toy.gguf", "--html", "p.html", "a")
        page = self.read("p.html").decode()
        self.assertEqual(page.count("</script>"), 2)
        data = json.loads(re.search(r'id="data">(.*?)</script>', page, re.S).group(1))
        self.assertEqual("".join(u[0] for u in data["units"]), self.read("a").decode())
        self.assertAlmostEqual(sum(u[1] for u in data["units"]), data["bits"], delta=10)
        self.assertEqual(sum(data["histogram"]), len(data["units"]))
        self.assertAlmostEqual(data["bits"], data["other"], delta=0.5)
        self.assertNotRegex(page, r'(src|href)="(?!data:)')

    def data(self, *args):
        page = self.run_tacit("surprise", "-f", "--html", "p.html", *args) and self.read("p.html").decode()
        return json.loads(re.search(r'id="data">(.*?)</script>', page, re.S).group(1))

    def test_mixed_is_what_an_archive_takes(self):
        sample = (SOURCE_DIR / "tests/cli/eval_sample.txt").read_bytes()
        self.write("b", sample)
        try:
            archive = self.run_tacit("-6", "-c", "-m", "default", "--streams", "1", "b").stdout
        except AssertionError:
            self.skipTest("built without the default model")
        data = self.data("-m", "default", "b")
        self.assertLess(abs(len(archive) - data["mixed"] / 8), 0.01 * len(archive) + 64)
        self.assertAlmostEqual(sum(u[5] for u in data["units"]), data["mixed"], delta=20)

    def test_what_either_side_saves(self):
        """The toy model knows nothing; the context models have seen the second half before."""
        self.write("b", text(1500) * 2)
        units = self.data("-m", "./toy.gguf", "b")["units"]
        late = units[len(units) * 3 // 4:]
        model, context = (sum(u[i] for u in late) for i in (6, 7))
        self.assertGreater(context, 2 * len(late))
        self.assertLess(abs(model), context / 20)
        self.assertLess(sum(u[5] for u in late), len(late))
        self.assertTrue(all(u[5:8] == [0, 0, 0] for u in self.data("b")["units"]))

    def test_bad_input(self):
        self.write("empty", b"")
        self.write("bytes", b"\xff\x00\xfe" * 30)
        for name in ("empty", "bytes"):
            self.run_tacit("surprise", name)
            self.run_tacit("surprise", "-m", "./toy.gguf", "-f", "--html", "p.html", name)
        self.fails(USAGE, "name one file", "surprise")
        self.fails(USAGE, "--compare needs", "surprise", "--compare", "x", "a")
        self.fails(FAILED, "cannot open", "surprise", "nowhere")


main()
