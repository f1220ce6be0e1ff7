# SPDX-License-Identifier: Apache-2.0
"""The data source "tacit": what `spark.read.format("tacit")` and `df.write.format("tacit")` run."""

from __future__ import annotations

from typing import Any

from pyspark.sql.datasource import DataSource, DataSourceReader, DataSourceWriter
from pyspark.sql.types import StructType

from ._read import Reader, schema_of
from ._write import Writer


class TacitSource(DataSource):
    """Archives as tables.

    Reading. path: a .tct file, a folder of them, or a pattern. records: "lines" (value string; with
    .schema("value binary") any bytes), "json" (an object a line; the schema is that of the first archive's first
    block unless one is given) or "whole" (path string, content binary: a row for each archive). blocks: how many
    blocks a task reads, and one more for its last line; without it 8, and fewer where that makes under 16 tasks.
    model: as for libtacit.Archive.

    Writing. path: a folder, which gets a part file from each task. A single column of text or bytes is written as
    lines, anything else as JSON lines. level, block_size, memory, model: as for libtacit.compress. Modes: append,
    overwrite.
    """

    @classmethod
    def name(cls) -> str:
        return "tacit"

    def schema(self) -> StructType | str:
        return schema_of(self.options)

    def reader(self, schema: StructType) -> DataSourceReader:
        return Reader(self.options, schema)

    def writer(self, schema: StructType, overwrite: bool) -> DataSourceWriter:
        return Writer(self.options, schema, overwrite)


def register(spark: Any) -> None:
    """Makes "tacit" known to a session. A session finds it by itself where the package is installed for the
    Python that the driver runs (through the module pyspark_tacit); otherwise, or after `spark.dataSource` was
    used, this does it."""
    spark.dataSource.register(TacitSource)
