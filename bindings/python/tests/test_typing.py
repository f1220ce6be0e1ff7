# SPDX-License-Identifier: Apache-2.0
"""The types that the package tells: of itself, to a program that uses it, and as the built module has them."""

import os
import pathlib
import subprocess
import sys

import pytest

pytest.importorskip("mypy")

HERE = pathlib.Path(__file__).parent
CONFIG = str(HERE.parent / "pyproject.toml")

WRONG = """
import libtacit
libtacit.compress("text")
libtacit.compress(b"", level="high")
libtacit.compress(b"", block_sise=3)
libtacit.decompress(b"").encode()
libtacit.evaluate(libtacit.Model(), "text", windows=3)
libtacit.select(["a"], 3.5)
libtacit.generate(3, progress=7)
"""
# Names that are there for type checkers only, and what needs Spark.
UNKNOWN = r"""
libtacit\._\w+\.(pandas|pyarrow|_Buffer|Buffer)
libtacit\.spark.*
"""


def run(tmp_path, *arguments):
    """Output of a module's command line, and whether all was well."""
    environment = {**os.environ, "MYPYPATH": os.pathsep.join([str(HERE), str(tmp_path)])}
    done = subprocess.run(
        [sys.executable, "-m", *arguments], cwd=tmp_path, env=environment, text=True, capture_output=True
    )
    return done.stdout + done.stderr, done.returncode == 0


def test_mypy(tmp_path):
    """The package and the example are right, by the strict rules, and what is wrong is found."""
    (tmp_path / "wrong.py").write_text(WRONG)
    modules = ["-p", "libtacit", "-p", "pyspark_tacit", "-m", "typed_example", "-m", "wrong"]
    told, _ = run(tmp_path, "mypy", "--config-file", CONFIG, "--cache-dir", os.devnull, "--no-pretty", *modules)
    found = [line for line in told.splitlines() if ": error: " in line]
    assert [line.partition(":")[0] for line in found] == ["wrong.py"] * 7, told
    assert [int(line.split(":")[1]) for line in found] == list(range(3, 10)), told


def test_stubs(tmp_path):
    (tmp_path / "unknown").write_text(UNKNOWN)
    told, well = run(
        tmp_path, "mypy.stubtest", "--mypy-config-file", CONFIG, "--allowlist", "unknown", "--ignore-unused-allowlist", "libtacit"
    )
    assert well, told
