# SPDX-License-Identifier: Apache-2.0
"""tacit on a Spark cluster (PySpark 4; the package is installed on every machine).

    import libtacit.spark
    libtacit.spark.compress_files(spark, "/data/big.log", "/data/big.log.tct", level=4)
    df = spark.read.format("tacit").load("/data/big.log.tct")     # value: its lines
    df.write.format("tacit").option("level", 4).mode("append").save("/data/parts")
    df.select(libtacit.spark.bits("value"))
    libtacit.spark.select(df, "16M")

Paths are those of a file system that every machine sees. docs/scale-out.md has the whole.
"""

from ._choose import bits, select
from ._compress import Joined, compress_files
from ._source import TacitSource, register

__all__ = ["Joined", "TacitSource", "bits", "compress_files", "register", "select"]
