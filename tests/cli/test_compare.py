# SPDX-License-Identifier: Apache-2.0
"""bench/compare.py: measures what it says, chooses the files it says, and notices what does not come
back."""
import json
import subprocess
import sys

from harness import SOURCE_DIR, TACIT, CliTest, main, text


class Compare(CliTest):
    def compare(self, *args, code=0):
        result = subprocess.run(
            [sys.executable, SOURCE_DIR / "bench/compare.py", "--tacit", TACIT, "--peers", "",
             "--json", "out.json", *args], cwd=self.dir, capture_output=True, text=True, check=False)
        self.assertEqual(result.returncode, code, result.stderr)
        return result

    def test_table_and_json(self):
        self.write("a", text(2000))
        self.write("b", text(3000))
        out = self.compare("--levels", "1,3", "a", "b").stdout
        document = json.loads(self.read("out.json"))
        sizes = {}
        for file in document["files"]:
            data = self.read(file["name"])
            self.assertEqual(file["content"], len(data))
            for level in (1, 3):
                size = file["results"][f"tacit -{level}"]["size"]
                self.assertEqual(size, len(self.archive(data, f"-{level}")))
                sizes[level] = sizes.get(level, 0) + size
        self.assertIn("| **all**, 2 files |", out)
        for level in (1, 3):
            self.assertRegex(out, rf"\| tacit -{level} +\| +{sizes[level]:,} \|")

    def test_sets(self):
        (self.dir / "corpus").mkdir()
        for name in ("en_novel.txt", "img_photo.ppm", "log_x.log", "alice29.txt", "obj1", "SHA1SUM"):
            self.write("corpus/" + name, text(100))
        for sets, names in [(["dev"], ["en_novel.txt", "log_x.log"]), (["bench"], ["alice29.txt"]),
                            (["dev", "bench"], ["alice29.txt", "en_novel.txt", "log_x.log"])]:
            self.compare("--levels", "1", *(f"--set={s}" for s in sets), "corpus")
            document = json.loads(self.read("out.json"))
            self.assertEqual([f["name"] for f in document["files"]], names)

    def test_wrong_result_is_an_error(self):
        liar = self.write("liar", b"#!/bin/sh\necho lie\n")
        liar.chmod(0o755)
        self.write("a", text(100))
        result = self.compare("--tacit", str(liar), "--levels", "1", "a", code=1)
        self.assertIn("did not restore a", result.stderr)

    def test_nothing_to_do(self):
        self.write("a", b"")
        self.assertIn("no files", self.compare("a", code=1).stderr)


main()
