# SPDX-License-Identifier: Apache-2.0
"""Where in a text the bits go."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from typing import Any

from ._calls import Progress
from ._evaluate import Evaluator, Learner, Text, as_bytes
from ._model import Model

_WORDS = re.compile(rb"[0-9A-Za-z\x80-\xff]+|[^0-9A-Za-z\x80-\xff]")
_DARKEST = 16.0  # bits at which a token's ground is full
_LEVEL = 6


@dataclass(frozen=True)
class Unit:
    """A token, or several that share a character; without a model, a word.

    offset: bytes from the text's start. bits: what it cost; entropy: bits expected there, 0 without a model;
    context: what it cost context models. top: the likeliest tokens there and what they would have cost.
    """

    offset: int
    text: str
    bits: float
    entropy: float
    context: float
    top: list[tuple[str, float]]


@dataclass(frozen=True)
class Surprise:
    """The units of a text in order. In a notebook it shows itself: the more a unit costs, the darker."""

    units: list[Unit]
    n_bytes: int
    title: str

    @property
    def bits(self) -> float:
        return sum(unit.bits for unit in self.units)

    def html(self) -> str:
        """A <div> for a page or a notebook; what each unit cost shows under the pointer."""
        per_byte = self.bits / self.n_bytes if self.n_bytes else 0.0
        head = f"{html.escape(self.title)}: {self.bits:.0f} bits, {per_byte:.3f} a byte"
        spans = "".join(_span(unit) for unit in self.units)
        return (
            f'<div><p style="font:small sans-serif">{head}</p>'
            f'<div style="white-space:pre-wrap;font-family:monospace">{spans}</div></div>'
        )

    def _repr_html_(self) -> str:
        return self.html()


def _span(unit: Unit) -> str:
    share = min(unit.bits / _DARKEST, 1.0)
    told = f"{unit.bits:.2f} bits"
    if unit.top:
        told += f", {unit.entropy:.2f} expected; " + ", ".join(f"{text!r} {bits:.1f}" for text, bits in unit.top)
    return f'<span style="background:rgba(214,96,32,{share:.2f})" title="{html.escape(told)}">{html.escape(unit.text)}</span>'


def surprise(
    text: Text,
    model: Model | str | None = None,
    *,
    window: int = 0,
    threads: int = 0,
    progress: Progress | None = None,
) -> Surprise:
    """What each token of a text costs a language model or, without one, each word costs context models.

    window: tokens that the model sees at most; each window begins with half of the one before, as in the
    command. progress: called with tokens done and tokens in all, or a bar with update(n); a model's only. Raises
    ArgumentError, ModelError.
    """
    data = as_bytes(text)
    context = Learner(_LEVEL, max(len(data), 1)).read_bytes(data)
    if model is None:
        found = [(m.start(), m.end()) for m in _WORDS.finditer(data)]
        units = [_unit(data, a, b, float(context[a:b].sum()), 0.0, context, []) for a, b in found]
        return Surprise(units, len(data), "context models")
    stride = window // 2 if window > 1 else 0
    evaluator = Evaluator(model, window=window, stride=stride, details=True, threads=threads, progress=progress)
    tokens = evaluator.run([data])[0].tokens
    units = []
    for first, last in _joined(data, tokens["offset"].tolist()):
        rows = tokens[first:last]
        a, b = int(rows["offset"][0]), int(rows["offset"][-1] + rows["n_bytes"][-1])
        top = [
            (evaluator.token_bytes(int(token)).decode(errors="replace"), float(bits))
            for token, bits in zip(rows["top"][0], rows["top_bits"][0])
        ]
        units.append(_unit(data, a, b, float(rows["bits"].sum()), float(rows["entropy"].sum()), context, top))
    return Surprise(units, len(data), repr(evaluator.model))


def _unit(data: bytes, a: int, b: int, bits: float, entropy: float, context: Any, top: Any) -> Unit:
    return Unit(a, data[a:b].decode(errors="replace"), bits, entropy, float(context[a:b].sum()), top)


def _joined(data: bytes, offsets: list[int]) -> list[tuple[int, int]]:
    """Ranges of tokens that are shown as one: those that go on in the middle of a character."""
    starts = [
        i for i, at in enumerate(offsets) if i == 0 or not (data[at] & 0xC0 == 0x80 and data[at - 1] >= 0x80)
    ]
    return list(zip(starts, [*starts[1:], len(offsets)]))
