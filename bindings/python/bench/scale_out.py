# SPDX-License-Identifier: Apache-2.0
"""What a Spark cluster takes for archives: throughput by cores, and the engine's own cost for each block.

usage: scale_out.py FILE      (libtacit[spark] installed, Java 17; each number of cores is a local-cluster of its own)

Processor time is that of driver, executors and their Pythons together, so that a busy machine changes it little; wall
time is what it is. The engine's cost for a block: 400 blocks of 1 KiB, which take next to nothing to encode.
"""

import os
import pathlib
import sys
import tempfile
import time

import libtacit
import libtacit.spark
from pyspark.sql import SparkSession

TICKS = os.sysconf("SC_CLK_TCK")


def processor_time():
    """Seconds of this process and all below it, those that have ended too."""
    parents, ticks = {}, {}
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        parents[int(folder.name)] = int(fields[1])
        ticks[int(folder.name)] = sum(map(int, fields[11:15]))

    def is_ours(process):
        while process in parents and process != os.getpid():
            process = parents[process]
        return process == os.getpid()

    return sum(ticks[process] for process in ticks if is_ours(process)) / TICKS


def measure(what, n_units, unit, work):
    wall, own = time.perf_counter(), processor_time()
    work()
    wall, own = time.perf_counter() - wall, processor_time() - own
    print(f"  {what}: {wall / n_units:.3f} s, {own / n_units:.3f} s of processors {unit}", flush=True)


def on(n_cores, path, folder):
    os.environ["PYSPARK_PYTHON"] = sys.executable
    measure_start = time.perf_counter()
    spark = (
        SparkSession.builder.master(f"local-cluster[{n_cores},1,1024]")
        .config("spark.executor.memory", "768m")
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .getOrCreate()
    )
    spark.sparkContext.setLogLevel("OFF")
    (folder / "small").write_bytes(path.read_bytes()[: 400 << 10])
    (folder / "first").write_bytes(path.read_bytes()[: 4 << 10])
    target, n_mb = folder / "out.tct", path.stat().st_size / 1e6

    def compress(source, block_size, level):
        libtacit.spark.compress_files(spark, source, target, level, block_size=block_size, overwrite=True)

    compress(folder / "first", "1K", 1)
    print(f"{n_cores} executors of a core: ready after {time.perf_counter() - measure_start:.0f} s")
    measure("an empty block", 400, "a block", lambda: compress(folder / "small", "1K", 1))
    measure("compress_files, level 3, blocks of 256 KiB", n_mb, "a MB", lambda: compress(path, "256K", 3))
    table = spark.read.format("tacit").schema("value binary").option("blocks", 4).load(str(target))
    measure("a first query, of the engine alone", 1, "in all", spark.range(1000).count)
    measure("read its lines, 4 blocks a task", n_mb, "a MB", table.count)
    measure("and again", n_mb, "a MB", table.count)
    spark.stop()


def main():
    path = pathlib.Path(sys.argv[1])
    data = path.read_bytes()
    start = time.process_time()
    archive = libtacit.compress(data, 4, block_size="256K", threads=1)
    middle = time.process_time()
    libtacit.decompress(archive, threads=1)
    mb = len(data) / 1e6
    print(f"without an engine: {(middle - start) / mb:.3f} s a MB, back {(time.process_time() - middle) / mb:.3f}")
    with tempfile.TemporaryDirectory() as folder:
        for n_cores in range(1, os.cpu_count() + 1):
            on(n_cores, path, pathlib.Path(folder))


main()
