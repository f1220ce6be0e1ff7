# SPDX-License-Identifier: Apache-2.0
"""Killed in the middle of the work: nothing is left behind, what was there before is untouched, and
the process ends by the signal."""
import os
import re
import resource
import signal
import subprocess
import time

from harness import TACIT, CliTest, main, noise, text

DATA = noise(2_000_000)

SENT = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGALRM, signal.SIGUSR1, signal.SIGUSR2,
        signal.SIGVTALRM, signal.SIGPROF, signal.SIGXCPU, signal.SIGIO, signal.SIGPWR, signal.SIGRTMIN, signal.SIGRTMAX]
CRASHES = [signal.SIGABRT, signal.SIGSEGV, signal.SIGBUS, signal.SIGFPE, signal.SIGILL, signal.SIGTRAP, signal.SIGSYS]
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def is_sanitized():
    """A sanitizer has handlers of its own for crashes."""
    with open(TACIT, "rb") as program:
        return re.search(rb"__[atmu]b?san_", program.read()) is not None


class Signals(CliTest):
    def start(self, *args, data=DATA, shell=""):
        """Starts it on a pipe that stays open, and returns when its output has begun."""
        command = ["sh", "-c", f"'{TACIT}' \"$@\"{shell}", "sh"] if shell else [TACIT]
        process = subprocess.Popen([*command, *args], cwd=self.dir, stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(process.stdin.close)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.kill)
        process.stdin.write(data)
        process.stdin.flush()
        self.wait_for(lambda: self.temp_names() and
                      os.stat(self.dir / self.temp_names()[0]).st_size > 0)
        return process

    def wait_for(self, condition):
        deadline = time.monotonic() + 20
        while not condition():
            self.assertLess(time.monotonic(), deadline, "nothing happens")
            time.sleep(0.005)

    def temp_names(self):
        return [n for n in self.names() if n.startswith(".tacit-") and n.endswith(".tmp")]

    COMPRESS = ["-1", "--block-size", "16K"]

    def test_nothing_is_left(self):
        self.write("out", b"precious")
        for number in SENT if is_sanitized() else SENT + CRASHES:
            process = self.start(*self.COMPRESS, "-fo", "out")
            process.send_signal(number)
            self.assertEqual(process.wait(timeout=20), -number)
            self.assertEqual(self.names(), ["out"])
            self.assertEqual(self.read("out"), b"precious")
            self.assertEqual(process.stderr.read(), b"")

    def test_while_decoding(self):
        archive = self.archive(DATA, *self.COMPRESS)
        for args in (["-d"], ["cat"]):
            process = self.start(*args, "-o", "out", data=archive[:len(archive) // 2])
            process.send_signal(signal.SIGINT)
            self.assertEqual(process.wait(timeout=20), -signal.SIGINT)
            self.assertEqual(self.names(), [])

    def test_two_outputs(self):
        """Of select; the slowest measure, so that there is time for the signal."""
        self.write("pool", b"\n".join(noise(400, i).hex().encode() for i in range(400)))
        self.write("out", b"precious")
        with subprocess.Popen([TACIT, "select", "--lines", "--measure", "context", "--budget", "400r", "-T", "1", "-f", "-o",
                               "out", "--explain", "why", "pool"], cwd=self.dir, stderr=subprocess.PIPE) as process:
            self.wait_for(lambda: len(self.temp_names()) == 2)
            process.send_signal(signal.SIGINT)
            self.assertEqual(process.wait(timeout=20), -signal.SIGINT)
            self.assertEqual(process.stderr.read(), b"")
        self.assertEqual(self.names(), ["out", "pool"])
        self.assertEqual(self.read("out"), b"precious")

    def test_code_that_a_shell_sees(self):
        process = self.start(*self.COMPRESS, "-o", "out", shell="; echo $?")
        with open(f"/proc/{process.pid}/task/{process.pid}/children", encoding="ascii") as children:
            [child] = children.read().split()
        os.kill(int(child), signal.SIGINT)
        self.assertEqual(process.stdout.readline(), b"130\n")

    def test_ignored_signal_stays_ignored(self):
        """As under nohup."""
        handler = signal.signal(signal.SIGHUP, signal.SIG_IGN)
        self.addCleanup(signal.signal, signal.SIGHUP, handler)
        process = self.start(*self.COMPRESS, "-o", "out")
        process.send_signal(signal.SIGHUP)
        process.stdin.close()
        self.assertEqual(process.wait(timeout=20), 0)
        self.assertEqual(self.run_tacit("-dc", "out").stdout, DATA)

    def test_killed(self):
        """SIGKILL cannot be caught: the old file is whole, and what is left is no archive by name."""
        self.write("out", b"precious")
        process = self.start(*self.COMPRESS, "-fo", "out")
        process.kill()
        process.wait(timeout=20)
        self.assertEqual(self.read("out"), b"precious")
        [left] = set(self.names()) - {"out"}
        self.assertRegex(left, r"^\.tacit-.*\.tmp$")


    def test_reader_goes_away(self):
        """head(1) ends a pipeline: no message, and the signal that says so."""
        archive = self.archive(text(400_000), *self.COMPRESS)
        self.write("a.tct", archive)
        with subprocess.Popen([TACIT, "-dc", "a.tct"], cwd=self.dir, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE) as process:
            process.stdout.read(10)
            process.stdout.close()
            self.assertEqual(process.stderr.read(), b"")
        self.assertEqual(process.returncode, -signal.SIGPIPE)


main()
