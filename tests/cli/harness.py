# SPDX-License-Identifier: Apache-2.0
"""What the tests of the command share: a fresh folder for each test, a way to run the command there,
and content to compress. Each test program is started as: test_TOPIC.py TACIT SOURCE_DIR."""
import json
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

TACIT = os.path.abspath(sys.argv[1])
SOURCE_DIR = pathlib.Path(sys.argv[2]).absolute()

# Exit codes, as tacit(1) lists them.
OK, FAILED, USAGE, ARCHIVE, UNSUPPORTED, RESOURCES = range(6)

WORDS = ("the order of words is what a model learns from text and a short list of them "
         "written over and over again with chance picks the next one").split()


def text(n_bytes, seed=1):
    """Compressible, and the same in every run."""
    chance = random.Random(seed)
    out = []
    while sum(map(len, out)) < n_bytes:
        out.append(" ".join(chance.choices(WORDS, k=200)) + "\n")
    return "".join(out).encode()[:n_bytes]


def noise(n_bytes, seed=1):
    return random.Random(seed).randbytes(n_bytes)


# Commands that work on archives, and those for models and measuring that have options.
ARCHIVE_COMMANDS = ["compress", "decompress", "test", "list", "cat", "recover", "bench"]
MEASURE_COMMANDS = ["eval", "surprise", "anomalies", "detect", "rank", "select", "report", "generate",
                    "inspect"]


def options_of(command):
    """The names of the options that a command's --help tells, which follow from its table."""
    page = subprocess.run([TACIT, command, "--help"], capture_output=True, text=True, check=True).stdout
    return set(re.findall(r"(?m)^  (?:-., |    )--([a-z-]+)", page))


class CliTest(unittest.TestCase):
    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="tacit-test-"))
        self.addCleanup(shutil.rmtree, self.dir, ignore_errors=True)

    def write(self, name, data):
        path = self.dir / name
        path.write_bytes(data)
        return path

    def read(self, name):
        return (self.dir / name).read_bytes()

    def names(self):
        """What the folder holds, temporary files too."""
        return sorted(os.listdir(self.dir))

    def run_tacit(self, *args, expect=OK, stdin=b"", before=(), timeout=60, **options):
        """Runs it in the folder; checks the exit code, and that a failure gives its reason in lines
        that start with "tacit: ". before: a command to run it through."""
        result = subprocess.run([*before, TACIT, *map(str, args)], cwd=self.dir, input=stdin,
                                capture_output=True, timeout=timeout, **options)
        result.err = result.stderr.decode(errors="replace")
        self.assertEqual(result.returncode, expect, f"{args}: {result.err}")
        for line in result.err.splitlines():
            self.assertTrue(line.startswith("tacit: "), line)
        if expect != OK and "-qq" not in args:
            self.assertNotEqual(result.err, "", f"{args}: failed without a word")
        return result

    def fails(self, code, pattern, *args, **options):
        """It fails with this code, and its message matches the pattern."""
        result = self.run_tacit(*args, expect=code, **options)
        self.assertRegex(result.err, pattern)
        return result

    def archive(self, data, *options):
        return self.run_tacit("-c", *options, stdin=data).stdout

    def blocks(self, archive):
        """Where its blocks are, as list --json -v tells it."""
        path = self.write("listed.tct", archive)
        document = json.loads(self.run_tacit("list", "--json", "-v", path.name).stdout)
        path.unlink()
        return document["files"][0]["block_list"]


def identity_size(archive):
    """Bytes of the header that name the model (docs/format.md, section 2)."""
    kind = archive[4] >> 5 & 3
    return {0: 0, 1: 4, 2: 33 + archive[37]}[kind]


def without_rights():
    """A prefix that makes root an ordinary owner of files; [] if we are none. Skips where neither."""
    if os.geteuid() != 0:
        return []
    prefix = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"]
    try:
        subprocess.run([*prefix, "true"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        raise unittest.SkipTest("runs as root, and setpriv cannot give up its rights") from None
    return prefix


def main():
    unittest.main(argv=sys.argv[:1], module="__main__")
