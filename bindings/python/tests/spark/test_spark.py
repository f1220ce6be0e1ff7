# SPDX-License-Identifier: Apache-2.0
"""libtacit.spark on a local cluster: two workers of one core, each executor a process of its own."""

import io
import os
import pathlib
import signal
import subprocess
import sys
import threading
import time

import libtacit
import libtacit.spark
import pytest
from pyspark.sql import SparkSession

SOURCE = pathlib.Path(os.environ["TACIT_SOURCE"])


@pytest.fixture(scope="module")
def spark():
    os.environ["PYSPARK_PYTHON"] = sys.executable  # that of the environment in which libtacit is installed
    session = (
        SparkSession.builder.master("local-cluster[2,1,1024]")
        .config("spark.executor.memory", "768m")
        .config("spark.executor.pyspark.memory", "512m")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "2")
        .getOrCreate()
    )
    session.sparkContext.setLogLevel("OFF")
    yield session
    session.stop()


@pytest.fixture(scope="module")
def content():
    """Some 600 KB of lines, the last one without an end, a long one among them."""
    names = ["docs/format.md", "docs/components.md", "docs/predictor.md", "src/archive/encoder.c"]
    text = b"".join((SOURCE / name).read_bytes() for name in names)
    return text + b"x" * 40_000 + b"\n\n" + text + b"the end"


@pytest.fixture
def source(content, tmp_path):
    path = tmp_path / "big.txt"
    path.write_bytes(content)
    return path


def command(*arguments):
    return subprocess.run([os.environ["TACIT"], *map(str, arguments)], check=True, capture_output=True).stdout


def executors():
    """Process numbers of the executors of this process's cluster."""
    found = []
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            line = (folder / "cmdline").read_bytes()
        except OSError:
            continue
        if b"CoarseGrainedExecutorBackend" in line and b"org.apache.spark" in line and _is_ours(int(folder.name)):
            found.append(int(folder.name))
    return found


def _is_ours(process):
    while process > 1:
        if process == os.getpid():
            return True
        try:
            process = int(pathlib.Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[1])
        except OSError:
            return False
    return False


@pytest.mark.parametrize("n_bytes", [None, 0, 16 * 1024, 5000])
def test_the_archive_has_the_commands_bytes(spark, source, content, tmp_path, n_bytes):
    """Many blocks, none, exactly one, and less than one."""
    if n_bytes is not None:
        source.write_bytes(content[:n_bytes])
    target = tmp_path / "big.tct"
    done = libtacit.spark.compress_files(spark, source, target, 3, block_size="16K")
    assert target.read_bytes() == command("-c", "-3", "--block-size", "16K", source)
    assert done.n_blocks == -(-source.stat().st_size // 16384) and done.archive_size == target.stat().st_size
    assert sorted(os.listdir(tmp_path)) == ["big.tct", "big.txt"]
    with pytest.raises(FileExistsError):
        libtacit.spark.compress_files(spark, source, target)


def test_with_a_model_that_each_executor_gets(spark, source, content, tmp_path):
    source.write_bytes(content[:3000])
    target, model = tmp_path / "model.tct", str(SOURCE / "models/default.tmodel")
    libtacit.spark.compress_files(spark, source, target, 6, block_size="2K", model=model)
    assert target.read_bytes() == command("-c", "-6", "-m", model, "--block-size", "2K", source)


def test_a_worker_killed_changes_nothing(spark, source, tmp_path):
    target = tmp_path / "big.tct"
    done, failed = threading.Event(), []

    def work():
        try:
            libtacit.spark.compress_files(spark, source, target, 4, block_size="8K")
        except Exception as error:
            failed.append(error)
        done.set()

    def parts():
        return [name for folder in tmp_path.glob(".*.parts") for name in os.listdir(folder)]

    threading.Thread(target=work).start()
    while not done.is_set() and len(parts()) < 4:
        time.sleep(0.02)
    victims = executors()
    assert len(victims) == 2 and not done.is_set()
    os.kill(victims[0], signal.SIGKILL)
    assert done.wait(100) and not failed, failed
    assert target.read_bytes() == command("-c", "-4", "--block-size", "8K", source)


def test_a_damaged_part_is_not_joined(tmp_path):
    """It is named with its block. No cluster is needed for it."""
    from libtacit.spark._compress import _Job, _join

    content = b"What two sides both already know need not be said.\n" * 500
    (tmp_path / "big.txt").write_bytes(content)
    options = {"block_size": "8K"}
    job = _Job(str(tmp_path / "big.txt"), str(tmp_path), len(content), 8192, 2, options, None)
    job.run(range(4))
    with open(job.part(2), "r+b") as file:
        file.seek(60)
        file.write(b"damage")
    with pytest.raises(libtacit.ArchiveError, match=r"block-00000002: block 2 of .*big\.txt.*checksum"):
        _join(libtacit.Joiner(2, **options), job, 4, io.BytesIO())
