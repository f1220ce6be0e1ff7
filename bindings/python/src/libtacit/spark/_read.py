# SPDX-License-Identifier: Apache-2.0
"""Archives read by a cluster: a task decodes a run of blocks.

Lines go over the ends of blocks. A task leaves out what comes before the first end of a line in its blocks,
unless they are the first ones, and reads on behind them to the end of the line that begins there. So each line
is read by one task, and each task decodes one block more than its own. It holds one block at a time, and gives
rows on in batches of a MiB, so that Spark's own back-pressure holds: a batch is made when one is taken.
"""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from pyspark.sql.datasource import DataSourceReader, InputPartition
from pyspark.sql.pandas.types import from_arrow_schema, to_arrow_schema
from pyspark.sql.types import BinaryType, StringType, StructType

import libtacit

_RECORDS = ("lines", "json", "whole")
_BLOCKS_PER_TASK = 8
_TASKS_MIN = 16  # below that many, tasks get fewer blocks
_BATCH = 1 << 20  # bytes of lines in a batch, or one longer line
_LINE_MAX = 1 << 28
_WHOLE_MAX = (1 << 31) - 1  # what a row's binary column can hold


@dataclass(frozen=True)
class Stretch(InputPartition):
    """Blocks first .. end - 1 of an archive."""

    path: str
    first: int
    end: int


def files_of(path: str) -> list[str]:
    """The archives that a path stands for, in order of their names."""
    if os.path.isdir(path):
        found = [os.path.join(path, name) for name in os.listdir(path) if name.endswith(".tct")]
        return sorted(f for f in found if not os.path.basename(f).startswith((".", "_")))
    if os.path.exists(path):
        return [path]
    found = sorted(glob.glob(path))
    if not found:
        raise FileNotFoundError(f"{path}: there is no such file, folder or pattern of archives")
    return [file for one in found for file in files_of(one)]


def _records_of(options: Mapping[str, str]) -> str:
    records = options.get("records", "lines")
    if records not in _RECORDS:
        raise libtacit.ArgumentError(f"records is one of {', '.join(_RECORDS)}: not {records!r}")
    return records


def _path_of(options: Mapping[str, str]) -> str:
    if "path" not in options:
        raise libtacit.ArgumentError("tacit: load and save take a path")
    return options["path"]


def _open(path: str, options: Mapping[str, str]) -> libtacit.Archive:
    return libtacit.Archive(path, threads=1, model=options.get("model"))


def _block(archive: libtacit.Archive, index: int) -> bytes:
    block = archive.block(index)
    try:
        return archive.read(block.content_offset, block.content_size)
    except libtacit.TacitError as error:
        raise type(error)(f"block {index}: {error}", error.status) from None


def _pieces_of_lines(archive: libtacit.Archive, first: int, end: int) -> Iterator[bytes]:
    """Lines of blocks first .. end - 1, as the head of this file says, in pieces that end with a line."""
    carried: list[bytes] = []
    n_carried = 0
    begun = first == 0  # false: in the middle of a line of the task before
    for index in range(first, archive.n_blocks):
        data = _block(archive, index)
        at = 0
        if not begun:
            at = data.find(b"\n") + 1
            begun = at > 0
        if not begun and index + 1 >= end:
            return  # no line ends in these blocks, so none begins
        if not begun:
            continue
        stop = (data.rfind(b"\n", at) if index < end else data.find(b"\n", at)) + 1
        if stop > at:
            yield b"".join((*carried, data[at:stop]))
            carried, n_carried, at = [], 0, stop
            if index >= end:
                return
        carried.append(data[at:])
        n_carried += len(data) - at
        if n_carried > _LINE_MAX:
            raise libtacit.InputError(f"{archive.name}: block {index}: a line is longer than {_LINE_MAX} bytes")
    if n_carried:
        yield b"".join(carried)


def _batches_of_lines(piece: bytes) -> Iterator[bytes]:
    """A piece cut at line ends, into batches."""
    at = 0
    while at < len(piece):
        stop = len(piece)
        if stop - at > _BATCH:
            cut = piece.rfind(b"\n", at, at + _BATCH)
            stop = (cut if cut >= 0 else piece.find(b"\n", at + _BATCH)) + 1 or len(piece)
        yield piece[at:stop]
        at = stop


def _lines_batch(text: bytes, schema: pa.Schema) -> pa.RecordBatch:
    lines = text.split(b"\n")
    if not lines[-1]:
        lines.pop()
    values = pa.array(lines, pa.binary())
    try:
        return pa.record_batch([values.cast(schema.field(0).type)], schema=schema)
    except pa.ArrowInvalid:
        raise libtacit.InputError("a line is not UTF-8: .schema('value binary') reads any bytes") from None


def _parse_json(text: bytes, schema: pa.Schema | None) -> pa.Table:
    from pyarrow import json

    other = "infer" if schema is None else "ignore"
    return json.read_json(
        pa.BufferReader(text),
        json.ReadOptions(use_threads=False, block_size=len(text) + 1),
        json.ParseOptions(explicit_schema=schema, unexpected_field_behavior=other),
    )


def _json_batch(text: bytes, schema: pa.Schema) -> pa.RecordBatch:
    try:
        table = _parse_json(text, schema).select(schema.names).cast(schema)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise libtacit.InputError(f"JSON lines: {error}") from None
    return table.combine_chunks().to_batches()[0]


def schema_of(options: Mapping[str, str]) -> StructType | str:
    """The schema of what is read, where the reader was given none."""
    records = _records_of(options)
    if records == "lines":
        return "value string"
    if records == "whole":
        return "path string, content binary"
    for path in files_of(_path_of(options)):
        with _open(path, options) as archive:
            for piece in _pieces_of_lines(archive, 0, 1):
                return from_arrow_schema(_parse_json(piece, None).schema)
    raise libtacit.InputError(f"{_path_of(options)}: no record tells the schema: give one with .schema(...)")


class Reader(DataSourceReader):
    """Plans on the driver, reads on the executors."""

    def __init__(self, options: Mapping[str, str], schema: StructType) -> None:
        self._options = dict(options.items())
        self._records = _records_of(options)
        self._path = _path_of(options)
        types = [field.dataType for field in schema.fields]
        if self._records == "lines" and not (len(types) == 1 and isinstance(types[0], (StringType, BinaryType))):
            raise libtacit.ArgumentError("lines have one column, of type string or binary; records=json has more")
        if self._records == "whole" and types != [StringType(), BinaryType()]:
            raise libtacit.ArgumentError("whole records are: path string, content binary")
        self._schema = to_arrow_schema(schema, timezone="UTC")

    def partitions(self) -> Sequence[InputPartition]:
        counts = {}
        for path in files_of(self._path):
            with _open(path, self._options) as archive:
                counts[path] = archive.n_blocks
        if self._records == "whole":
            return [Stretch(path, 0, n) for path, n in counts.items()]
        n_each = int(self._options.get("blocks", 0))
        if n_each < 0:
            raise libtacit.ArgumentError("blocks: how many blocks a task reads: 1 or more")
        n_each = n_each or max(1, min(_BLOCKS_PER_TASK, sum(counts.values()) // _TASKS_MIN))
        return [
            Stretch(path, first, min(first + n_each, n)) for path, n in counts.items() for first in range(0, n, n_each)
        ]

    def read(self, partition: InputPartition) -> Iterator[pa.RecordBatch]:
        if not isinstance(partition, Stretch):  # Spark's own, where there are no archives
            return
        with _open(partition.path, self._options) as archive:
            if self._records == "whole":
                yield self._whole(archive)
                return
            make = _lines_batch if self._records == "lines" else _json_batch
            for piece in _pieces_of_lines(archive, partition.first, partition.end):
                for text in _batches_of_lines(piece):
                    try:
                        yield make(text, self._schema)
                    except libtacit.InputError as error:
                        where = f"{partition.path}: blocks {partition.first} to {partition.end - 1}"
                        raise libtacit.InputError(f"{where}: {error}") from None

    def _whole(self, archive: libtacit.Archive) -> pa.RecordBatch:
        if archive.size > _WHOLE_MAX:
            raise libtacit.InputError(f"{archive.name}: {archive.size} bytes are too many for one record")
        content = b"".join(_block(archive, index) for index in range(archive.n_blocks))
        return pa.record_batch([pa.array([archive.name]), pa.array([content])], schema=self._schema)
