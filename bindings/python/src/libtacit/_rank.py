# SPDX-License-Identifier: Apache-2.0
"""Models against each other on texts, with intervals: what `tacit rank` computes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ._calls import Progress, as_function
from ._errors import ArgumentError, check
from ._evaluate import Evaluator, Learner, Text, as_bytes
from ._model import Model
from ._native import ffi, lib

_PIECE = 4096  # bytes that are drawn together
_PIECES_MIN = 6  # of fewer, even a difference of one sign in all of them is chance often enough: 2 * 0.5^5 > 1 - share
_SHARE = 0.95
_SEED = 1

_Array = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class Interval:
    """A value, and what share of resampled values lies between low and high (95 %)."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Ranked:
    """A model's place; fields as in `tacit rank --json`.

    mean_bits_per_byte: the mean over the texts. bits_per_byte: of all texts together, with its interval low
    ... high (NaN below six pieces of 4,096 bytes). wins, clear_wins: how often better than another model on a
    text, and by more than chance, which fewer than six pieces never are.
    first_half, second_half: bits a byte of the texts' halves. model_bytes: of the model's file; two_part: bits a
    byte with that added. cheapest_from, cheapest_to: bytes of such text for which model and data together
    are the smallest of all (none where from >= to). by_text: bits a byte of each text.
    """

    name: str
    mean_bits_per_byte: float
    bits_per_byte: float
    low: float
    high: float
    wins: int
    clear_wins: int
    first_half: float
    second_half: float
    learns: bool
    model_bytes: int
    two_part: float
    cheapest_from: float
    cheapest_to: float
    by_text: dict[str, float]


def bootstrap_ratio(over: Any, under: Any, rounds: int = 1000, share: float = _SHARE, seed: int = _SEED) -> Interval:
    """sum(over) / sum(under), both float64 [n], and its interval over resamples of the n pairs."""
    a, b = np.ascontiguousarray(over, np.float64), np.ascontiguousarray(under, np.float64)
    if a.shape != b.shape or a.ndim != 1:
        raise ArgumentError(f"over and under have one shape [n]: not {a.shape} and {b.shape}")
    out = ffi.new("struct tacit_interval *")
    pointers = [ffi.cast("double *", ffi.from_buffer(x)) for x in (a, b)]
    check(lib.tacit_bootstrap_ratio(*pointers, len(a), rounds, share, seed, out), "bootstrap")
    return Interval(out.value, out.low, out.high)


def roc_area(scores: Any, labels: Any) -> float:
    """The chance that a record with a label scores higher than one without; equal scores count half."""
    s, has = np.ascontiguousarray(scores, np.float64), np.ascontiguousarray(np.asarray(labels) > 0, np.uint8)
    if s.shape != has.shape or s.ndim != 1:
        raise ArgumentError(f"scores and labels have one shape [n]: not {s.shape} and {has.shape}")
    area = ffi.new("double *")
    pointers = ffi.cast("double *", ffi.from_buffer(s)), ffi.cast("uint8_t *", ffi.from_buffer(has))
    check(lib.tacit_roc_area(*pointers, len(s), area), "ROC area")
    return float(area[0])


class _Row:
    """A model with the bits of each piece of each text."""

    def __init__(self, subject: Model | str, texts: Mapping[str, bytes], options: dict[str, Any]) -> None:
        self.model_bytes = 0
        name = subject if isinstance(subject, str) else repr(subject)
        self.name, self.learns = name, name.partition(":")[0] == "context"
        if self.learns:
            level = name.partition(":")[2] or str(lib.TACIT_LEVEL_DEFAULT)
            if not level.isdigit():
                raise ArgumentError(f"a model is a Model, a name, a file, context or context:LEVEL: not {name!r}")
            costs = {key: Learner(int(level)).read_bytes(text).astype(np.float64) for key, text in texts.items()}
        else:
            evaluator = Evaluator(subject, **options)
            self.model_bytes = evaluator.model.info.file_size
            results = evaluator.run(texts.values())
            costs = {key: result.byte_bits for key, result in zip(texts, results)}
        self.pieces: dict[str, _Array] = {
            key: np.add.reduceat(bits, np.arange(0, len(bits), _PIECE)) for key, bits in costs.items()
        }
        self.per_byte = {key: float(self.pieces[key].sum()) / len(texts[key]) for key in texts}
        self.mean = sum(self.per_byte.values()) / len(texts)

    def half(self, second: bool, n_bytes: Mapping[str, _Array]) -> float:
        bits = size = 0.0
        for key, pieces in self.pieces.items():
            chosen = (2 * np.arange(len(pieces)) >= len(pieces)) == second
            bits += float(pieces[chosen].sum())
            size += float(n_bytes[key][chosen].sum())
        return bits / size if size else math.nan


def rank(
    models: Sequence[Model | str],
    texts: Mapping[str, Text] | Sequence[Text],
    *,
    window: int = 0,
    stride: int = 0,
    rounds: int = 1000,
    threads: int = 0,
    progress: Progress | None = None,
) -> list[Ranked]:
    """Ranks models on texts by bits per byte, the best first.

    models: Model, a name, a file, or "context" or "context:LEVEL" for context models that learn while they
    read. texts: by name, or in order (then their names are "0", "1", ...); none may be empty. progress: called
    with models done and models in all, or a bar with update(n).
    """
    named = texts if isinstance(texts, Mapping) else {str(i): text for i, text in enumerate(texts)}
    held = {key: as_bytes(text) for key, text in named.items()}
    if not models or not held or not all(held.values()):
        raise ArgumentError("ranking takes models, and texts of which none is empty")
    options = {"window": window, "stride": stride, "threads": threads}
    report = as_function(progress)
    rows = []
    for model in models:
        rows.append(_Row(model, held, options))
        if report is not None:
            report(len(rows), len(models))
    rows.sort(key=lambda row: row.mean)
    n_bytes = {
        key: np.diff(np.append(np.arange(0, len(text), _PIECE), len(text))).astype(np.float64)
        for key, text in held.items()
    }
    return [_ranked(row, rows, n_bytes, rounds) for row in rows]


def _ranked(row: _Row, rows: list[_Row], n_bytes: dict[str, _Array], rounds: int) -> Ranked:
    keys = list(row.pieces)
    under = np.concatenate([n_bytes[key] for key in keys])
    whole = bootstrap_ratio(np.concatenate([row.pieces[key] for key in keys]), under, rounds)
    has_interval = len(under) >= _PIECES_MIN
    wins = clear = 0
    cheapest_from, cheapest_to = 0.0, math.inf
    for other in rows:
        if other is row:
            continue
        for key in keys:
            wins += row.per_byte[key] < other.per_byte[key]
            if len(n_bytes[key]) < _PIECES_MIN:
                continue
            clear += bootstrap_ratio(row.pieces[key] - other.pieces[key], n_bytes[key], rounds).high < 0
        ahead, gain = 8.0 * (row.model_bytes - other.model_bytes), other.mean - row.mean
        if gain > 0:
            cheapest_from = max(cheapest_from, ahead / gain)
        elif gain < 0:
            cheapest_to = min(cheapest_to, ahead / gain)
        elif ahead > 0:
            cheapest_to = 0.0
    return Ranked(
        name=row.name,
        mean_bits_per_byte=row.mean,
        bits_per_byte=whole.value,
        low=whole.low if has_interval else math.nan,
        high=whole.high if has_interval else math.nan,
        wins=wins,
        clear_wins=clear,
        first_half=row.half(False, n_bytes),
        second_half=row.half(True, n_bytes),
        learns=row.learns,
        model_bytes=row.model_bytes,
        two_part=row.mean + 8 * row.model_bytes / float(under.sum()),
        cheapest_from=cheapest_from,
        cheapest_to=cheapest_to,
        by_text=dict(row.per_byte),
    )
