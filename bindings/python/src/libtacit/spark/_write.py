# SPDX-License-Identifier: Apache-2.0
"""A table written by a cluster: a part file, which is an archive, from each task.

A task writes to a folder beside the parts, under a name of its own attempt. The driver moves those of the
attempts that won into place when all are there, and lets the folder go: retries, speculative copies and failed
jobs leave nothing.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from pyspark import TaskContext
from pyspark.sql.datasource import DataSourceArrowWriter, WriterCommitMessage
from pyspark.sql.types import BinaryType, StringType, StructType

import libtacit
from libtacit._native import lib

from ._read import _path_of, files_of

# Options of the writer, and what makes values of their texts.
_OPTIONS = {
    "block_size": str,
    "memory": str,
    "model": str,
    "streams": int,
    "context": int,
}


@dataclass(frozen=True)
class Part(WriterCommitMessage):
    """What a task wrote: the file, and the name that it is to have. None: there were no rows."""

    written: str | None
    name: str


def _plain(value: Any) -> Any:
    """What JSON has no type for, as Spark's to_json writes it."""
    if isinstance(value, (bytes, bytearray)):
        return base64.b64encode(value).decode()
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _json_lines(batch: pa.RecordBatch) -> list[bytes]:
    rows = batch.to_pylist()
    return [json.dumps(row, default=_plain, ensure_ascii=False, allow_nan=False).encode() for row in rows]


def _lines(batch: pa.RecordBatch) -> list[bytes]:
    lines = [line or b"" for line in batch.column(0).cast(pa.binary()).to_pylist()]
    if any(b"\n" in line for line in lines):
        raise libtacit.InputError("a value has a line end in it and would be read as two: write it as JSON")
    return lines


class Writer(DataSourceArrowWriter):
    """Made on the driver; write() runs on the executors, commit() or abort() on the driver."""

    def __init__(self, options: Mapping[str, str], schema: StructType, overwrite: bool) -> None:
        self._folder = os.path.abspath(_path_of(options))
        self._job = uuid.uuid4().hex
        self._staging = os.path.join(self._folder, f"_staging-{self._job}")
        self._overwrite = overwrite
        self._level = int(options.get("level", lib.TACIT_LEVEL_DEFAULT))
        self._options = {name: kind(options[name]) for name, kind in _OPTIONS.items() if name in options}
        types = [field.dataType for field in schema.fields]
        self._is_json = not (len(types) == 1 and isinstance(types[0], (StringType, BinaryType)))

    def write(self, iterator: Iterator[pa.RecordBatch]) -> WriterCommitMessage:
        context = TaskContext.get()
        index = context.partitionId() if context is not None else 0
        name = f"part-{index:05d}-{self._job}.tct"
        batches = (batch for batch in iterator if batch.num_rows)
        first = next(batches, None)
        if first is None:
            return Part(None, name)
        os.makedirs(self._staging, exist_ok=True)
        own = os.path.join(self._staging, f"{name}.{uuid.uuid4().hex}")
        try:
            self._archive(own, first, batches)
        except BaseException:
            if os.path.exists(own):
                os.unlink(own)
            raise
        return Part(own, name)

    def _archive(self, path: str, first: pa.RecordBatch, others: Iterator[pa.RecordBatch]) -> None:
        make = _json_lines if self._is_json else _lines
        with open(path, "xb") as target:
            with libtacit.open(target, "wb", self._level, threads=1, **self._options) as file:
                file.write(b"\n".join([*make(first), b""]))
                for batch in others:
                    file.write(b"\n".join([*make(batch), b""]))
            target.flush()
            os.fsync(target.fileno())

    def commit(self, messages: list[WriterCommitMessage | None]) -> None:
        os.makedirs(self._folder, exist_ok=True)
        old = files_of(self._folder) if self._overwrite else []
        for part in messages:
            if isinstance(part, Part) and part.written is not None:
                os.replace(part.written, os.path.join(self._folder, part.name))
        for path in old:
            os.unlink(path)
        shutil.rmtree(self._staging, ignore_errors=True)

    def abort(self, messages: list[WriterCommitMessage | None]) -> None:
        shutil.rmtree(self._staging, ignore_errors=True)
