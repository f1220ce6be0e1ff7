# SPDX-License-Identifier: Apache-2.0
"""tacit on a Spark cluster (PySpark 4; the package is installed on every machine).

    import libtacit.spark
    libtacit.spark.compress_files(spark, "/data/big.log", "/data/big.log.tct", level=4)

Paths are those of a file system that every machine sees. docs/scale-out.md has the whole.
"""

from ._compress import Joined, compress_files

__all__ = ["Joined", "compress_files"]
