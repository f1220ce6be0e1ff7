# SPDX-License-Identifier: Apache-2.0
"""tacit on a Spark cluster (PySpark 4; the package is installed on every machine).

    import libtacit.spark
    libtacit.spark.compress_files(spark, "/data/big.log", "/data/big.log.tct", level=3)
    df = spark.read.format("tacit").load("/data/big.log.tct")     # value: its lines
    df.write.format("tacit").option("level", 4).mode("append").save("/data/parts")
    df.select(libtacit.spark.bits("value"))
    libtacit.spark.select(df, "16M")

Paths are those of a file system that every machine sees. docs/scale-out.md has the whole.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._choose import bits, select
    from ._compress import Joined, compress_files
    from ._source import TacitSource, register

# Spark starts several Pythons for each table that is read, and each imports this package: what it does not use, pandas
# above all, would cost more than the rest.
_HOME = {
    "Joined": "_compress",
    "TacitSource": "_source",
    "bits": "_choose",
    "compress_files": "_compress",
    "register": "_source",
    "select": "_choose",
}

__all__ = ["Joined", "TacitSource", "bits", "compress_files", "register", "select"]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{_HOME[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME})
