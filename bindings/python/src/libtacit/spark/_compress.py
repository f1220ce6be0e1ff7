# SPDX-License-Identifier: Apache-2.0
"""One big file to one archive, its blocks encoded by the cluster.

A task encodes a block and writes it beside the target, under a name of its own that becomes the block's in
one step: the same block has the same bytes wherever it is encoded, so that it does not matter which of two
attempts comes last. The driver hashes the source meanwhile, then joins the blocks.
"""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import libtacit
from libtacit._parts import Joiner, block_size, encode_block

from ._models import SharedModel, share

_READ = 1 << 22  # bytes that the driver hashes at a time


@dataclass(frozen=True)
class Joined:
    """What compress_files made: sizes in bytes."""

    content_size: int
    archive_size: int
    n_blocks: int


@dataclass(frozen=True)
class _Job:
    """What a task needs to know."""

    source: str
    parts: str
    size: int
    block: int
    level: int
    options: dict[str, Any]
    model: SharedModel | None

    def part(self, index: int) -> str:
        return os.path.join(self.parts, f"block-{index:08d}")

    def run(self, indices: Iterable[int]) -> None:
        options = dict(self.options, threads=1)
        if self.model is not None:
            options["model"] = self.model.open()
        for index in indices:
            if not os.path.exists(self.part(index)):
                self._encode(index, options)

    def _encode(self, index: int, options: dict[str, Any]) -> None:
        offset = index * self.block
        with open(self.source, "rb") as file:
            file.seek(offset)
            content = file.read(min(self.block, self.size - offset))
        if len(content) != min(self.block, self.size - offset):
            raise libtacit.InputError(f"{self.source}: block {index}: the file became shorter while it was compressed")
        own = f"{self.part(index)}.{uuid.uuid4().hex}"
        try:
            with open(own, "wb") as file:
                file.write(encode_block(content, self.level, **options))
            os.replace(own, self.part(index))
        finally:
            if os.path.exists(own):
                os.unlink(own)


def compress_files(
    spark: Any,
    source: str | os.PathLike[str],
    target: str | os.PathLike[str],
    level: int = 6,
    *,
    overwrite: bool = False,
    **options: Any,
) -> Joined:
    """Compresses the file source to the archive target: the same bytes as one machine writes with these
    options, whatever the executors, retries and speculative copies.

    source and target lie where every machine sees them; target appears when it is whole. Options are those of
    libtacit.compress, without threads and progress: each core of an executor encodes one block. Raises
    FileExistsError, ArchiveError (a part was damaged on the way: its file and block are named), and what Spark
    raises when a task has failed too often.
    """
    source, target = os.path.abspath(source), os.path.abspath(target)
    if os.path.exists(target) and not overwrite:
        raise FileExistsError(f"{target}: there is such a file (overwrite=True replaces it)")
    own = os.path.join(os.path.dirname(target), f".{os.path.basename(target)}.{uuid.uuid4().hex}")
    size = os.path.getsize(source)
    model = options.pop("model", None)
    job = _Job(
        source=source,
        parts=own + ".parts",
        size=size,
        block=block_size(level, model=model, **options),
        level=level,
        options=options,
        model=None if model is None else share(spark, model),
    )
    os.mkdir(job.parts)
    try:
        n_blocks = _run(spark, job, Joiner(level, model=model, **options), own)
        os.replace(own, target)
    finally:
        shutil.rmtree(job.parts, ignore_errors=True)
        if os.path.exists(own):
            os.unlink(own)
    return Joined(size, os.path.getsize(target), n_blocks)


def _run(spark: Any, job: _Job, joiner: Joiner, out: str) -> int:
    n_blocks = -(-job.size // job.block)
    with ThreadPoolExecutor(1) as pool:
        hashed = pool.submit(_hash, joiner, job)
        if n_blocks > 0:
            spark.sparkContext.parallelize(range(n_blocks), n_blocks).foreachPartition(job.run)
        hashed.result()
    with open(out, "xb") as file:
        if n_blocks == 0:
            file.write(libtacit.compress(b"", job.level))
        else:
            _join(joiner, job, n_blocks, file)
        file.flush()
        os.fsync(file.fileno())
    return n_blocks


def _hash(joiner: Joiner, job: _Job) -> None:
    left = job.size
    with open(job.source, "rb") as file:
        while left > 0 and (piece := file.read(min(_READ, left))):
            joiner.hash(piece)
            left -= len(piece)


def _join(joiner: Joiner, job: _Job, n_blocks: int, out: Any) -> None:
    for index in range(n_blocks):
        with open(job.part(index), "rb") as file:
            coded = file.read()
        try:
            header, payload = joiner.add(coded, index == n_blocks - 1)
        except libtacit.TacitError as error:
            raise type(error)(f"{job.part(index)}: block {index} of {job.source}: {error}", error.status) from None
        out.write(header)
        out.write(payload)
        os.unlink(job.part(index))
    out.write(joiner.finish())
