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
_JAVA = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"


@pytest.fixture(scope="module")
def spark():
    os.environ["PYSPARK_PYTHON"] = sys.executable  # that of the environment in which libtacit is installed
    session = (
        SparkSession.builder.master("local-cluster[2,1,1024]")
        .config("spark.executor.memory", "768m")
        .config("spark.executor.pyspark.memory", "768m")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "2")
        # Short jobs: to compile for the long run costs more than it saves.
        .config("spark.driver.extraJavaOptions", _JAVA)
        .config("spark.executor.extraJavaOptions", _JAVA)
        .config("spark.sql.codegen.wholeStage", "false")
        .config("spark.sql.adaptive.enabled", "false")
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


def test_lines_and_tables_there_and_back(spark, content, tmp_path):
    """Read in parallel, written as parts, read again; the command reads the parts, Spark finds "tacit" by itself."""
    path, out = tmp_path / "big.tct", tmp_path / "out"
    path.write_bytes(libtacit.compress(content, 3, block_size="64K"))
    df = spark.read.format("tacit").option("blocks", 4).load(str(path))
    df.write.format("tacit").option("level", 2).mode("append").save(str(out))
    parts = sorted(out.glob("*.tct"))
    assert len(parts) == -(-len(content) // (4 << 16)) and not list(out.glob("_*"))
    assert b"".join(command("-dc", part) for part in parts) == content + b"\n"
    table = df.selectExpr("length(value) AS n", "value", "named_struct('first', left(value, 1)) AS more")
    table.write.format("tacit").option("level", 1).mode("overwrite").save(str(out))
    back = spark.read.format("tacit").option("records", "json").load(str(out))
    assert back.selectExpr("count(*)", "sum(n)", "count_if(more.first = left(value, 1))").first() == (
        content.count(b"\n") + 1,
        len(content.decode()) - content.count(b"\n"),
        content.count(b"\n") + 1,
    )


def test_damage_fails_the_job_and_is_named(spark, content, tmp_path):
    path = tmp_path / "big.tct"
    data = bytearray(libtacit.compress(content, 2, block_size="64K"))
    with libtacit.Archive(io.BytesIO(data)) as archive:
        block = archive.block(2)
    data[block.archive_offset + 100] ^= 4
    path.write_bytes(data)
    with pytest.raises(Exception, match=r"block 2: .*big\.tct"):
        spark.read.format("tacit").load(str(path)).count()


def test_more_than_fits_flows_through(spark, tmp_path):
    """850 MB of lines through a task whose Python may have less memory than that, and to a new part."""
    piece = libtacit.compress(((b"0123456789abcdef" * 255) + b"\n") * 16_000, 1, block_size="4M")
    path, out, n = tmp_path / "big.tct", tmp_path / "out", 13
    path.write_bytes(piece * n)
    df = spark.read.format("tacit").option("blocks", 13 * 16).load(str(path))
    df.write.format("tacit").option("level", 1).option("block_size", "4M").mode("append").save(str(out))
    sizes = []
    for part in out.glob("*.tct"):
        with libtacit.Archive(part) as archive:
            sizes.append(archive.size)
    assert sum(sizes) == n * 16_000 * 4081 and max(sizes) > 768 << 20


def test_bits_are_those_of_one_machine(spark):
    """The model's file is copied to each executor once."""
    texts = ["What both sides know", None, "", "größer", "a " * 200] * 3
    df = spark.createDataFrame([(i, t) for i, t in enumerate(texts)], "i int, t string").repartition(4)
    model = str(SOURCE / "models/default.tmodel")
    cost = libtacit.spark.bits("t", model)
    found = [row.cost for row in df.select("i", cost.alias("cost")).sort("i").collect()]
    results = iter(libtacit.evaluate(model, [t for t in texts if t is not None]))
    assert found == [None if t is None else next(results).bits for t in texts]
    for process in executors():
        assert len(list(pathlib.Path(f"/proc/{process}/cwd/").glob("default.tmodel"))) == 1


def test_selection_loses_little(spark, content, tmp_path):
    """In rounds, over tasks and chunks; judged by what the choice takes when it is compressed."""
    path = tmp_path / "big.tct"
    path.write_bytes(libtacit.compress(content, 2, block_size="64K"))
    lines = content.decode().split("\n")
    alone = [lines[i] for i in libtacit.select(lines, 20_000).records]
    df = spark.read.format("tacit").load(str(path))
    rows = libtacit.spark.select(df, 20_000, chunk="100K").sort("tacit_rank").collect()
    chosen = [row.value for row in rows]
    assert sum(len(line.encode()) for line in chosen) <= 20_000 and len(chosen) > 100

    def taught(some):
        return len(libtacit.compress("\n".join(some).encode(), 4))

    assert taught(chosen) > 0.95 * taught(alone)


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
