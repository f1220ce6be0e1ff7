# SPDX-License-Identifier: Apache-2.0
"""The shells' completions: they parse, and know the commands and options that there are."""
import re
import shutil
import subprocess
import unittest

from harness import SOURCE_DIR, CliTest, main

BASH = SOURCE_DIR / "completions/tacit.bash"
ZSH = SOURCE_DIR / "completions/_tacit"


def options_in(file):
    source = next((SOURCE_DIR / "cli").rglob(file)).read_text()
    return set(re.findall(r'^    \{"([a-z-]+)", (?:no|required)_argument', source, re.M))


def long_options():
    return options_in("arguments.c")


# Tools that measure, and the files that list their options.
TOOLS = {"eval": "eval_arguments.c", "select": "select_arguments.c", "anomalies": "anomalies.c",
         "detect": "detect.c", "rank": "rank.c",
         "surprise": "surprise.c", "report": "report.c"}


def tool_options(tool):
    return options_in(TOOLS[tool])


class Bash(CliTest):
    def complete(self, *words):
        """What bash would offer for the last word."""
        script = f"""
            compopt() {{ :; }}
            source '{BASH}'
            COMP_WORDS=(tacit "$@"); COMP_CWORD=$#
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
        offered = set()
        for command in ("compress", "decompress", "list", "cat", "recover", "bench"):
            offered |= self.complete(command, "--")
        self.assertEqual({o[2:] for o in offered}, long_options())

    def test_knows_every_option_of_tools(self):
        for tool in TOOLS:
            self.assertEqual({o[2:] for o in self.complete(tool, "--")}, tool_options(tool))
            self.assertIn(tool, self.complete(tool[:2]))


class Zsh(CliTest):
    def test_knows_every_option_of_tools(self):
        source = ZSH.read_text()
        for tool in TOOLS:
            part = re.search(rf"(?ms)^    {tool}\)\n(.*?);;", source).group(1)
            for option in tool_options(tool):
                self.assertRegex(part, rf"--{option}\b")

    def test_knows_every_option(self):
        source = ZSH.read_text()
        for option in long_options():
            self.assertRegex(source, rf"--{option}\b")

    @unittest.skipUnless(shutil.which("zsh"), "no zsh here")
    def test_parses(self):
        subprocess.run(["zsh", "-n", ZSH], check=True)


main()
