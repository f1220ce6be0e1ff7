# SPDX-License-Identifier: Apache-2.0
"""The shells' completions: they parse, and know the commands and options that there are."""
import re
import shutil
import subprocess
import unittest

from harness import ARCHIVE_COMMANDS, MEASURE_COMMANDS, SOURCE_DIR, TACIT, CliTest, main, options_of

BASH = SOURCE_DIR / "completions/tacit.bash"
ZSH = SOURCE_DIR / "completions/_tacit"


class Bash(CliTest):
    def complete(self, *words):
        """What bash would offer for the last word."""
        script = f"""
            compopt() {{ :; }}
            source '{BASH}'
            COMP_WORDS=('{TACIT}' "$@"); COMP_CWORD=$#
            _tacit
            printf '%s\\n' "${{COMPREPLY[@]}}"
        """
        result = subprocess.run(["bash", "-uc", script, "bash", *words], cwd=self.dir,
                                capture_output=True, text=True, check=True)
        self.assertEqual(result.stderr, "")
        return set(result.stdout.split("\n")) - {""}

    def test_commands(self):
        self.assertEqual(self.complete("rec"), {"recover"})
        self.assertIn("decompress", self.complete(""))

    def test_files(self):
        for name in ("book", "book.tct", "b c.tct"):
            self.write(name, b"")
        (self.dir / "box").mkdir()
        self.assertEqual(self.complete("compress", "b"), {"book", "book.tct", "b c.tct", "box"})
        self.assertEqual(self.complete("-d", "b"), {"book.tct", "b c.tct", "box"})
        self.assertEqual(self.complete("cat", "b"), {"book.tct", "b c.tct", "box"})
        self.assertEqual(self.complete("-o", "bo"), {"book", "book.tct", "box"})

    def test_options(self):
        self.assertEqual(self.complete("cat", "--ra"), {"--range"})
        self.assertEqual(self.complete("list", "--j"), {"--json"})
        self.assertEqual(self.complete("--levels", ""), self.complete("bench", "--levels", ""))

    def test_knows_every_option(self):
        for command in ARCHIVE_COMMANDS + MEASURE_COMMANDS:
            names = {o[2:] for o in self.complete(command, "--")}
            self.assertEqual(names, options_of(command), command)
            self.assertGreater(len(names), 4)
            self.assertIn(command, self.complete(command[:2]))
        self.assertIn("-9", self.complete("compress", "-"))

    def test_actions(self):
        self.assertEqual(self.complete("model", "p"), {"prime", "prune"})
        self.assertEqual(self.complete("train", ""), {"prepare", "run", "eval", "export", "import", "distil"})
        self.assertLess({"list", "show", "fetch", "import", "quantize", "prune", "recover", "export"} - {""},
                        self.complete("model", "") | {"more"})
        self.assertEqual(self.complete("model", "prune", "--wh"), {"--what"})
        self.assertEqual(self.complete("model", "prune", "--what", ""), {"weights", "2:4", "neurons", "heads", "layers"})
        self.assertEqual(self.complete("train", "distil", "--te"), {"--teacher", "--text"})
        self.write("student.tmodel", b"")
        self.assertIn("student.tmodel", self.complete("model", "quantize", "st"))
        self.assertEqual(self.complete("train", "distil", "--teacher", "st"), {"student.tmodel"})

    def test_knows_values(self):
        self.assertEqual(self.complete("compress", "--mix", ""), {"on", "off"})
        self.assertEqual(self.complete("select", "--method", "d"), {"dedup"})
        self.assertEqual(self.complete("surprise", "--color", "a"), {"auto", "always"})
        self.assertIn("hkust", self.complete("eval", "--convention", ""))
        self.write("page", b"")
        self.assertEqual(self.complete("report", "--output", "p"), {"page"})
        self.assertEqual(self.complete("report", "-o", "p"), {"page"})
        self.assertEqual(self.complete("-1", "--files-from", "p"), {"page"})
        (self.dir / "place").mkdir()
        self.assertEqual(self.complete("-d", "--output-dir", "p"), {"place"})


class Zsh(CliTest):
    @unittest.skipUnless(shutil.which("zsh"), "no zsh here")
    def test_knows_every_option(self):
        script = f"""
            source <(sed '/^_tacit "/d' '{ZSH}')
            _tacit_read_options '{TACIT}' $1
            print -l -- $specs
        """
        for command in ARCHIVE_COMMANDS + MEASURE_COMMANDS:
            result = subprocess.run(["zsh", "-fc", script, "zsh", command], capture_output=True, text=True, check=True)
            self.assertEqual(result.stderr, "")
            self.assertEqual(set(re.findall(r"(?m)^\*?--([a-z-]+)\[", result.stdout)), options_of(command), command)

    @unittest.skipUnless(shutil.which("zsh"), "no zsh here")
    def test_parses(self):
        subprocess.run(["zsh", "-n", ZSH], check=True)


main()
