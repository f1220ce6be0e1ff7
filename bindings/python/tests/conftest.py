# SPDX-License-Identifier: Apache-2.0
"""What the tests share. TACIT is the command, TACIT_SOURCE the source folder (run.sh sets both)."""

import os
import pathlib
import random
import subprocess

import pytest

SOURCE = pathlib.Path(os.environ["TACIT_SOURCE"])


@pytest.fixture(scope="session")
def text():
    """English and C, 40,000 bytes."""
    names = ["docs/ARCHITECTURE.md", "docs/measuring.md", "src/archive/encoder.c", "LICENSE"]
    return b"".join((SOURCE / name).read_bytes() for name in names)[:40_000]


@pytest.fixture(scope="session")
def noise():
    return random.Random(1).randbytes(50_000)


@pytest.fixture(scope="session")
def tacit():
    """The command: tacit(*arguments, input=bytes) -> standard output."""

    def run(*arguments, input=b""):
        done = subprocess.run([os.environ["TACIT"], *map(str, arguments)], input=input, capture_output=True)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout

    return run
