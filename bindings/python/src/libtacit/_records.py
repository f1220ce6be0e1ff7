# SPDX-License-Identifier: Apache-2.0
"""Records of a data set: choosing them, finding what is unusual, and how sure a model is of each."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ._calls import Call, Handle, Progress, as_function, parse_budget
from ._errors import ArgumentError, check
from ._evaluate import Evaluator, Learner, Text, as_bytes
from ._model import Model
from ._native import ffi, lib
from ._rank import roc_area

_BATCH = 64  # records that a model scores at a time
_METHODS = {"zip": lib.TACIT_SELECT_ZIP, "dedup": lib.TACIT_SELECT_DEDUP, "random": lib.TACIT_SELECT_RANDOM}
_MEASURES = {"fast": lib.TACIT_MEASURE_FAST, "zstd": lib.TACIT_MEASURE_ZSTD, "context": lib.TACIT_MEASURE_CONTEXT}


@dataclass(frozen=True)
class Choice:
    """A record, by its index, that was chosen (or dropped as a near duplicate).

    score: zip: bits a byte given what was chosen before; surprise: bits a byte. alone: zip: bits a byte by itself.
    similarity, nearest: dedup: to the most similar record chosen before, and which (None: none).
    """

    record: int
    n_bytes: int
    score: float
    alone: float
    similarity: float
    nearest: int | None


@dataclass(frozen=True)
class Selection:
    """Records in the order of choice; dropped: near duplicates, with the record that each repeats."""

    chosen: list[Choice]
    dropped: list[Choice]

    @property
    def records(self) -> list[int]:
        return [choice.record for choice in self.chosen]

    @property
    def n_bytes(self) -> int:
        return sum(choice.n_bytes for choice in self.chosen)


def _choice(c: Any) -> Choice:
    nearest = None if c.nearest == 2 ** (8 * ffi.sizeof("size_t")) - 1 else c.nearest
    return Choice(c.record, c.n_bytes, c.score, c.alone, c.similarity, nearest)


def _one_of(value: str, known: dict[str, int], what: str) -> int:
    if value not in known:
        raise ArgumentError(f"{what} is one of {', '.join(known)}: not {value!r}")
    return known[value]


def select(
    records: Sequence[Text],
    budget: int | str,
    *,
    method: str = "zip",
    measure: str = "fast",
    model: Model | str | None = None,
    similarity: float = 0.8,
    seed: int = 0,
    threads: int = 0,
    progress: Progress | None = None,
) -> Selection:
    """Chooses from records those that teach most, up to a budget of bytes (a number, "16M") or records ("2000r").

    method: "zip" (what compresses least given what was chosen), "surprise" (what costs a model, or context
    models without one, most bits a byte), "dedup" (in order, without near duplicates), "random". measure: of
    "zip": "fast", "zstd" or "context". Results do not depend on threads.
    """
    options = ffi.new("struct tacit_select_options *")
    check(lib.tacit_select_options_init_sized(options, ffi.sizeof("struct tacit_select_options")))
    n, in_records = parse_budget(budget)
    if in_records:
        options.n_records = n
    else:
        options.n_bytes = n
    held: list[Any] = []
    if method == "surprise":
        scores = np.asarray(_bits_per_byte(records, model), np.float32)
        held.append(ffi.from_buffer(scores))
        options.method, options.scores = lib.TACIT_SELECT_SCORES, ffi.cast("float *", held[0])
    else:
        options.method = _one_of(method, {**_METHODS, "surprise": 0}, "method")
    options.measure = _one_of(measure, _MEASURES, "measure")
    options.similarity, options.seed, options.n_threads = similarity, seed, threads
    return _select(records, options, progress)


def _select(records: Sequence[Text], options: Any, progress: Progress | None) -> Selection:
    call = Call(progress)
    options.progress, options.progress_context = lib.on_progress, call.handle
    given: dict[int, Any] = {}
    chosen: list[Choice] = []
    dropped: list[Choice] = []

    def read(reader: int, record: int, n_bytes: Any) -> Any:
        given[reader] = data = ffi.from_buffer(as_bytes(records[record]))
        n_bytes[0] = len(data)
        return ffi.cast("void *", data)

    call.record = read
    call.take = lambda choice: chosen.append(_choice(choice))
    call.drop = lambda choice: dropped.append(_choice(choice))
    source = ffi.new(
        "struct tacit_select_source *", {"n_records": len(records), "read": lib.on_record, "context": call.handle}
    )
    check(lib.tacit_select(source, options, lib.on_choice, lib.on_drop, call.handle), "select", call)
    return Selection(chosen, dropped)


def _bits_per_byte(records: Sequence[Text], model: Model | str | None) -> list[float]:
    return [cost / len(data) if data else 0.0 for data, cost in _costs(map(as_bytes, records), model, 0, True)]


def _costs(
    texts: Iterable[bytes], model: Model | str | None, threads: int, empty_too: bool = False
) -> Iterator[tuple[bytes, float]]:
    """(text, bits) of each; context models read a line end behind each, a model takes each by itself."""
    if model is None:
        learner = Learner(4)
        for text in texts:
            if text or empty_too:
                yield text, learner.read(text)
                learner.read(b"\n")
        return
    evaluator = Evaluator(model, threads=threads)
    batch: list[bytes] = []
    for text in texts:
        batch.append(text)
        if len(batch) == _BATCH:
            yield from zip(batch, (result.bits for result in evaluator.run(batch)))
            batch = []
    yield from zip(batch, (result.bits for result in evaluator.run(batch)))


@dataclass(frozen=True)
class Anomaly:
    """A line (from 1) that costs more than lines of its length before it: score, in usual deviations; bits;
    expected, the bits that such a line costs."""

    line: int
    score: float
    bits: float
    expected: float
    text: bytes


class _Outliers:
    def __init__(self, quantile: float) -> None:
        pointer = ffi.new("struct tacit_outliers **")
        check(lib.tacit_outliers_create(pointer, quantile), "anomalies")
        self._handle = Handle(pointer[0], lib.tacit_outliers_destroy)
        self.outlier = ffi.new("struct tacit_outlier *")

    def judge(self, bits: float, n_bytes: int) -> Any:
        lib.tacit_outliers_add(self._handle.pointer, bits, n_bytes, self.outlier)
        return self.outlier


def iter_anomalies(
    lines: Iterable[Text],
    *,
    quantile: float = 0.999,
    warm_up: int = 100,
    model: Model | str | None = None,
    threads: int = 0,
) -> Iterator[Anomaly]:
    """Lines whose score is above this quantile of those before, as they come; of a stream too.

    Context models judge, which learn from every line, or a language model, each line by itself. Nothing is said
    of the first warm_up lines; empty lines count in the numbers only.
    """
    return (anomaly for anomaly, is_unusual in _judged(lines, quantile, warm_up, model, threads) if is_unusual)


def anomalies(
    lines: Iterable[Text], top: int = 20, *, warm_up: int = 100, model: Model | str | None = None, threads: int = 0
) -> list[Anomaly]:
    """The `top` lines with the highest scores, the highest first; otherwise as iter_anomalies."""
    found = [anomaly for anomaly, _ in _judged(lines, 0.999, warm_up, model, threads)]
    return sorted(found, key=lambda anomaly: -anomaly.score)[:top]


def _judged(
    lines: Iterable[Text], quantile: float, warm_up: int, model: Model | str | None, threads: int
) -> Iterator[tuple[Anomaly, bool]]:
    outliers = _Outliers(quantile)
    numbers: list[int] = []

    def texts() -> Iterator[bytes]:
        for number, line in enumerate(lines, 1):
            data = as_bytes(line).removesuffix(b"\n")
            if data:
                numbers.append(number)
                yield data

    for seen, (text, bits) in enumerate(_costs(texts(), model, threads), 1):
        outlier = outliers.judge(bits, len(text))
        line = numbers[0]
        del numbers[0]
        if seen > warm_up:
            yield Anomaly(line, outlier.score, bits, outlier.expected, text), bool(outlier.is_unusual)


@dataclass(frozen=True)
class Statement:
    """How sure a model is of a text, in bits a token: surprisal (mean), min_k (mean of the dearest tokens),
    entropy (mean expected), excess (surprisal less entropy). NaN without tokens."""

    tokens: int
    surprisal: float
    min_k: float
    entropy: float
    excess: float


@dataclass(frozen=True)
class Detection:
    """Statements in order; roc_auc: by score, the area under the ROC curve of the labels; empty without both kinds."""

    statements: list[Statement]
    roc_auc: dict[str, float]


def detect(
    model: Model | str,
    texts: Sequence[Text],
    labels: Sequence[float | None] | None = None,
    *,
    min_k: float = 20,
    threads: int = 0,
    progress: Progress | None = None,
) -> Detection:
    """Scores statements by how sure the model is of them. labels: above 0, or not, or None where there is none;
    min_k: per cent of the tokens, the dearest; progress: called with texts done and texts in all, or a bar with
    update(n)."""
    if labels is not None and len(labels) != len(texts):
        raise ArgumentError(f"{len(texts)} texts have {len(labels)} labels")
    if not 0 < min_k <= 100:
        raise ArgumentError(f"min_k is a share in per cent: not {min_k}")
    evaluator, report = Evaluator(model, details=True, threads=threads), as_function(progress)
    statements: list[Statement] = []
    for at in range(0, len(texts), _BATCH):
        for result in evaluator.run(texts[at : at + _BATCH]):
            statements.append(_statement(result, min_k))
        if report is not None:
            report(len(statements), len(texts))
    areas: dict[str, float] = {}
    pairs = zip(statements, labels if labels is not None else [])
    labelled = [(s, label > 0) for s, label in pairs if label is not None and s.tokens]
    if len({has for _, has in labelled}) == 2:
        for name in ("surprisal", "min_k", "entropy", "excess"):
            areas[name] = roc_area([getattr(s, name) for s, _ in labelled], [has for _, has in labelled])
    return Detection(statements, areas)


def _statement(result: Any, min_k: float) -> Statement:
    costs = np.sort(result.token_bits.astype(np.float32))[::-1].astype(np.float64)
    n = len(costs)
    if n == 0:
        return Statement(0, math.nan, math.nan, math.nan, math.nan)
    n_k = math.ceil(n * min_k / 100)
    surprisal, entropy = result.bits / n, float(result.tokens["entropy"].sum()) / n
    return Statement(n, surprisal, float(costs[:n_k].sum()) / n_k, entropy, surprisal - entropy)
