# SPDX-License-Identifier: Apache-2.0
"""Scoring and choosing text over a cluster.

Choosing is greedy and looks at what was chosen before, which one machine does in one go. A cluster does it in two
rounds: each task chooses from the records that it holds, `oversample` times its share of the budget; one task
then chooses from all that were chosen. docs/scale-out.md has what that loses.
"""

import math
from collections.abc import Iterator
from typing import Any, Optional, Union

import pandas
import pyarrow as pa
import pyarrow.compute  # noqa: F401
from pyspark import TaskContext
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.pandas.functions import pandas_udf
from pyspark.sql.types import BinaryType, DoubleType, IntegerType, LongType, StringType, StructType

import libtacit
from libtacit._calls import parse_budget, size

from ._models import SharedModel, share

_SCORED = 64  # texts that a model scores at a time
_AT = "tacit_at"  # where a candidate stood: partition, and record in it
_AT_BITS = 40


def bits(column: Union[Column, str], model: Union[libtacit.Model, str, None] = None, *, window: int = 0) -> Column:
    """A column of doubles: the bits that each text (string or binary) costs a model, as libtacit.evaluate has it.

    model: a Model, a name or a file of the driver's, or None for the model that is linked in; each executor gets
    a copy of the file, once. A null stays null. The same on any cluster.
    """
    shared = share(SparkSession.active(), model)

    @pandas_udf("double")  # type: ignore[call-overload]
    def cost(batches: Iterator[pandas.Series]) -> Iterator[pandas.Series]:
        evaluator = libtacit.Evaluator(shared.open(), window=window, threads=1)
        for batch in batches:
            yield _scored(evaluator, batch)

    return cost(column)


def _scored(evaluator: Any, batch: pandas.Series) -> pandas.Series:
    known = batch[batch.notna()]
    costs: list[float] = []
    for at in range(0, len(known), _SCORED):
        costs += [result.bits for result in evaluator.run(known.iloc[at : at + _SCORED])]
    return pandas.Series(costs, known.index, "float64").reindex(batch.index)


class Choice:
    """What both rounds need to know: n_all and budget are bytes of text, or records."""

    def __init__(
        self,
        column: str,
        n_all: int,
        budget: int,
        in_records: bool,
        model: Optional[SharedModel],
        options: Any,
    ) -> None:
        self.column, self.n_all, self.budget, self.in_records = column, n_all, budget, in_records
        self.model, self.options = model, options

    def of(self, table: pa.Table, share_of_all: float) -> libtacit.Selection:
        """Chooses rows of a table; share_of_all: of the budget, 1 for all of it."""
        records = [record or b"" for record in table[self.column].cast(pa.binary()).to_pylist()]
        n = min(self.budget, math.ceil(self.budget * share_of_all))
        options = dict(self.options, threads=1)
        if self.model is not None:
            options["model"] = self.model.open()
        return libtacit.select(records, f"{n}r" if self.in_records else n, **options)

    def amount(self, batch: pa.RecordBatch) -> int:
        """Of what the budget counts, how much there is in a batch."""
        if self.in_records:
            return batch.num_rows
        lengths = pa.compute.binary_length(batch.column(self.column).cast(pa.binary()))
        return pa.compute.sum(lengths).as_py() or 0


def select(
    df: DataFrame,
    budget: Union[int, str],
    column: str = "value",
    *,
    method: str = "zip",
    measure: str = "fast",
    model: Union[libtacit.Model, str, None] = None,
    oversample: float = 4.0,
    chunk: Union[int, str] = "64M",
) -> DataFrame:
    """The rows of df whose text in `column` teaches most, up to a budget of bytes (a number, "16M") or records
    ("2000r"): with all their columns, tacit_rank (0 ..., the order of choice) and tacit_score (bits a byte).

    method: "zip" (what compresses least given what was chosen) or "surprise" (what costs `model` most bits a
    byte); measure: as for libtacit.select. oversample: of its share of the budget, how many times a task passes on
    to the last round: more loses less against a choice by one machine and holds more in the last task, at most
    oversample times the budget. chunk: bytes of text that a task chooses from at a time, which it holds.
    The same rows each time, if df gives its rows in the same order and partitions. df is read twice: cache it if
    that is dear. Raises ArgumentError.
    """
    if method not in ("zip", "surprise"):
        raise libtacit.ArgumentError(f"method is zip or surprise: not {method!r}")
    if oversample < 1:
        raise libtacit.ArgumentError(f"oversample is 1 or more: not {oversample}")
    n, in_records = parse_budget(budget)
    amount = F.count(F.lit(1)) if in_records else F.sum(F.octet_length(F.col(column)))
    row = df.agg(amount).first()
    n_all = (row[0] if row is not None else None) or 0
    shared = share(df.sparkSession, model) if method == "surprise" else None
    options = {"method": method, "measure": measure}
    choice = Choice(column, n_all, n, in_records, shared, options)
    return _in_rounds(df, choice, oversample, size(chunk, "chunk"))


def _in_rounds(df: DataFrame, choice: Choice, oversample: float, chunk: int) -> DataFrame:
    text = df.schema[choice.column].dataType
    if not isinstance(text, (StringType, BinaryType)):
        raise libtacit.ArgumentError(f"{choice.column} is a column of text or bytes: not {text.simpleString()}")

    def first(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        context = TaskContext.get()
        start = (context.partitionId() if context is not None else 0) << _AT_BITS
        for held, amount in _chunks(batches, choice, chunk):
            table = pa.Table.from_batches(held)
            rows = sorted(choice.of(table, oversample * amount / choice.n_all).records)
            at = pa.array([start + row for row in rows], pa.int64())
            yield from table.take(pa.array(rows, pa.int64())).append_column(_AT, at).to_batches()
            start += table.num_rows

    def last(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        held = list(batches)
        if not held:
            return
        table = pa.Table.from_batches(held).sort_by(_AT).drop_columns([_AT])
        chosen = choice.of(table, 1.0).chosen
        table = table.take(pa.array([c.record for c in chosen], pa.int64()))
        table = table.append_column("tacit_rank", pa.array(range(len(chosen)), pa.int32()))
        table = table.append_column("tacit_score", pa.array([c.score for c in chosen], pa.float64()))
        yield from table.to_batches()

    between = StructType(list(df.schema.fields)).add(_AT, LongType())
    out = StructType(list(df.schema.fields)).add("tacit_rank", IntegerType()).add("tacit_score", DoubleType())
    return df.mapInArrow(first, between).repartition(1).mapInArrow(last, out)


def _chunks(
    batches: Iterator[pa.RecordBatch], choice: Choice, chunk: int
) -> Iterator[tuple[list[pa.RecordBatch], int]]:
    """Batches together, some `chunk` bytes of them, and what they have of what the budget counts."""
    held: list[pa.RecordBatch] = []
    n_bytes = amount = 0
    for batch in batches:
        held.append(batch)
        n_bytes += batch.nbytes
        amount += choice.amount(batch)
        if n_bytes >= chunk:
            yield held, amount
            held, n_bytes, amount = [], 0, 0
    if held:
        yield held, amount
