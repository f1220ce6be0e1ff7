# SPDX-License-Identifier: Apache-2.0
"""What a person at a terminal sees: the progress bar, summaries, refusals to use the terminal."""
import fcntl
import os
import pty
import re
import struct
import subprocess
import termios

from harness import FAILED, OK, TACIT, USAGE, CliTest, main, text

CLEAR = "\r\x1b[K"
DATA = text(400_000)


class Terminal(CliTest):
    def on_terminal(self, *args, expect=OK, width=100, also_stdin=False, stdout_too=False,
                    stdout=subprocess.DEVNULL, **environment):
        """Runs it with standard error on a terminal; what that shows."""
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
        process = subprocess.Popen(
            [TACIT, *args], cwd=self.dir, stderr=slave, env={**os.environ, **environment},
            stdin=slave if also_stdin else subprocess.DEVNULL,
            stdout=slave if stdout_too else stdout)
        os.close(slave)
        shown = b""
        while True:
            try:
                piece = os.read(master, 65536)
            except OSError: # Linux: the other side is closed
                break
            if not piece:
                break
            shown += piece
        os.close(master)
        self.assertEqual(process.wait(timeout=30), expect, shown)
        return shown.decode(errors="replace")

    def bars(self, shown):
        return [b for b in shown.split(CLEAR) if b and not b.startswith("tacit: ")]

    def test_bar_while_compressing(self):
        self.write("some file", DATA)
        shown = self.on_terminal("-2", "--block-size", "1K", "some file")
        bars = self.bars(shown)
        self.assertRegex(bars[0], r"^some file  \[ {20}\]   0\.0 %  0 B / 391 KiB$")
        self.assertRegex(shown, re.escape(CLEAR) + "tacit: some file: 400000 -> ")
        self.assertTrue(all(len(bar) < 100 for bar in bars), "wraps")
        shares = [float(re.search(r"([\d.]+) %", bar)[1]) for bar in bars]
        self.assertEqual(shares, sorted(shares))

    def test_rate_and_time_to_go(self):
        self.write("a", DATA * 4)
        bars = self.bars(self.on_terminal("-2", "--block-size", "1K", "-T1", "a"))
        under_way = [b for b in bars[1:] if " 100.0 %" not in b] # at the end nothing is left to go
        self.assertTrue(under_way, "faster than a tenth of a second?")
        self.assertRegex(under_way[-1], r"ratio \d+\.\d+  [\d.]+ [KM]iB/s  ETA \d+:\d\d$")

    def test_colors_of_surprise(self):
        self.write("a", DATA[:2000])
        for environment, is_colored in (({"NO_COLOR": ""}, True), ({"NO_COLOR": "1"}, False)):
            shown = self.on_terminal("surprise", "a", stdout_too=True, **environment)
            self.assertEqual("\x1b[30;48;5;" in shown, is_colored)
            self.assertIn("2000 bytes; context models", shown)

    def test_bar_while_decoding(self):
        self.write("a.tct", self.archive(DATA, "-1"))
        for args in (["-d", "a.tct"], ["-t", "a.tct"], ["cat", "a.tct"]):
            self.assertIn("a.tct  [", self.on_terminal(*args))

    def test_narrow_terminal(self):
        self.write("a-rather-long-name-of-a-file", DATA)
        for width in (5, 40, 60):
            bars = self.bars(self.on_terminal("-1", "-f", "a-rather-long-name-of-a-file",
                                              width=width))
            self.assertTrue(bars)
            self.assertTrue(all(len(bar) < width for bar in bars), bars)
            for bar in bars if width >= 40 else []: # whole fields, the share first
                self.assertRegex(bar, r"^(\S+  )?(\[[= ]{20}\] )? *\d+\.\d %(  [\d.]+ [KM]?i?B / [\d.]+ KiB)?"
                                      r"(  ratio [\d.]+)?(  [\d.]+ [KM]iB/s)?(  ETA \d+:\d\d)?$")
        shown = self.on_terminal("-1f", "a-rather-long-name-of-a-file", width=60)
        self.assertIn("...of-a-file  [", shown)

    def test_no_bar(self):
        self.write("a", DATA)
        self.assertEqual(self.on_terminal("-1q", "a"), "")
        self.assertEqual(self.run_tacit("-1f", "a").err, "", "no terminal, no bar")
        self.assertNotIn("[", self.on_terminal("-1f", "a", TERM="dumb"))
        self.write("short.tct", self.archive(b"short"))
        self.write("lines", DATA[:3000])
        for args in (["cat", "short.tct"], ["-dc", "short.tct"], ["-1f", "a"], ["-t", "a.tct"],
                     ["select", "--lines", "--budget", "1K", "lines"], ["eval", "context:3", "--", "lines"]):
            with subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as pager:
                shown = self.on_terminal(*args, stdout=pager.stdin)
            self.assertEqual(shown, "", f"{args}: a pager may show the pipe on the same screen")
        shown = self.on_terminal("cat", "short.tct", stdout_too=True)
        self.assertEqual(shown, "short", "a bar would get into the content")

    def test_dumb_terminal(self):
        """It gets plain lines, or none: nothing that moves the cursor."""
        self.write("a", DATA)
        self.write("bad.tct", self.archive(DATA, "-1")[:-20])
        for args, expect in ((["-1f", "a"], OK), (["-1f", "--progress", "a"], OK), (["-t", "bad.tct"], 3)):
            shown = self.on_terminal(*args, expect=expect, width=20, TERM="dumb")
            for line in shown.removesuffix("\r\n").split("\r\n"):
                self.assertRegex(line, r"^tacit: [^\r\x1b]+$")

    def test_progress_in_lines(self):
        self.write("a", DATA)
        first = r"tacit: a: 0\.0 %  0 B / 391 KiB\r?\n"
        summary = r"tacit: a: 400000 -> \d+ bytes, [^\r\n]*\r?\n"
        line = r"tacit: a: \d+\.\d %  [\d.]+ [KM]?i?B / 391 KiB[^\r\n]*\r?\n"
        args = ["-1f", "--progress", "a"]
        self.assertRegex(self.run_tacit(*args).err, f"^{first}({line})*{summary}$")
        self.assertRegex(self.on_terminal(*args), f"^{first}({line})*{summary}$")
        self.assertRegex(self.on_terminal(*args, width=10), f"^{first}({line})*{summary}$")
        self.assertRegex(self.run_tacit("-c", *args).err, f"^{first}({line})*{summary}$", "standard output is a pipe")
        self.assertEqual(self.run_tacit("-q", *args).err, "")
        self.assertRegex(self.run_tacit("-1c", "--progress", stdin=DATA).err, r"^tacit: \(stdin\): 0 B\n")
        self.assertRegex(self.run_tacit("select", "--progress", "--lines", "--budget", "1K", "a").err,
                         r"^tacit: choosing: ")

    def test_error_clears_the_bar(self):
        self.write("a.tct", self.archive(DATA, "-1")[:-20])
        shown = self.on_terminal("-d", "a.tct", expect=3)
        self.assertRegex(shown, re.escape(CLEAR) + r"tacit: a\.tct: [^\r]*\r\n$")

    def test_archive_to_terminal(self):
        self.write("a", DATA)
        shown = self.on_terminal("-1c", "a", stdout_too=True, expect=FAILED)
        self.assertRegex(shown, r"^tacit: \(stdout\): is a terminal; .*-o.*-f\r\n$")
        self.assertNotIn("is a terminal", self.on_terminal("-1cf", "a", stdout_too=True))

    def test_content_to_terminal(self):
        self.write("a.tct", self.archive(b"content"))
        self.assertIn("is a terminal", self.on_terminal("-dc", "a.tct", stdout_too=True,
                                                        expect=FAILED))

    def test_input_from_terminal(self):
        for args in ([], ["-d"], ["-t"], ["cat"]):
            shown = self.on_terminal(*args, also_stdin=True, expect=USAGE)
            self.assertRegex(shown, r"^tacit: \(stdin\): is a terminal; .*--help")


main()
