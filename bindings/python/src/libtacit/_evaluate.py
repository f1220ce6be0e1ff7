# SPDX-License-Identifier: Apache-2.0
"""What text costs a model, token by token, as NumPy arrays."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypedDict, Union

import numpy as np

from ._calls import Call, Handle, Progress, kv_kind, kv_share
from ._errors import ArgumentError, check
from ._model import Model
from ._native import ffi, lib

if TYPE_CHECKING:
    import pandas
    import pyarrow
    from typing_extensions import Unpack

    from ._primed import Primed

Text = Union[str, bytes, bytearray, memoryview]

_CONVENTIONS = {
    "windows": lib.TACIT_EVAL_WINDOWS,
    "rolling": lib.TACIT_EVAL_ROLLING,
    "lm-eval": lib.TACIT_EVAL_LM_EVAL,
    "llama-perplexity": lib.TACIT_EVAL_LLAMA_PERPLEXITY,
    "hkust": lib.TACIT_EVAL_HKUST,
}
_LEARNED_AT_ONCE = 1 << 16  # bytes that context models read between two chances to stop


def as_bytes(text: Text) -> bytes:
    """UTF-8 of a string; bytes as they are."""
    return text.encode() if isinstance(text, str) else bytes(text)


def _token_type() -> np.dtype[Any]:
    """struct tacit_eval_token as NumPy reads it."""
    n_top = lib.TACIT_EVAL_TOP
    fields: dict[str, np.dtype[Any]] = {}
    for name in ("text", "offset", "n_bytes"):
        fields[name] = np.dtype(np.uintp)
    for name in ("bits", "entropy", "mixed_bits", "model_saves", "context_saves"):
        fields[name] = np.dtype(np.float64)
    fields["top"] = np.dtype((np.uint32, n_top))
    fields["top_bits"] = np.dtype((np.float64, n_top))
    struct = "struct tacit_eval_token"
    return np.dtype(
        {
            "names": list(fields),
            "formats": list(fields.values()),
            "offsets": [ffi.offsetof(struct, name) for name in fields],
            "itemsize": ffi.sizeof(struct),
        }
    )


@dataclass(frozen=True, eq=False)
class Evaluation:
    """A text's cost. Counts are of the text, n_scored_* of what the convention scores.

    token_bits: float64 [n_scored_tokens], bits of each scored token; token_offset and token_n_bytes: int64, where
    it lies in the text (bytes). tokens: all that is known of each (entropy, top, top_bits with details; mixed_bits,
    model_saves, context_saves with mixed), a structured array. cache_bytes: of the keys and values of a window, of which
    there were cache_numbers if none were left out.
    """

    bits: float
    n_bytes: int
    n_chars: int
    n_words: int
    n_tokens: int
    n_scored_bytes: int
    n_scored_chars: int
    n_scored_words: int
    n_scored_tokens: int
    cache_bytes: int
    cache_numbers: int
    tokens: np.ndarray[Any, Any] = dataclasses.field(repr=False)

    @property
    def token_bits(self) -> np.ndarray[Any, np.dtype[np.float64]]:
        return self.tokens["bits"].copy()

    @property
    def token_offset(self) -> np.ndarray[Any, np.dtype[np.int64]]:
        return self.tokens["offset"].astype(np.int64)

    @property
    def token_n_bytes(self) -> np.ndarray[Any, np.dtype[np.int64]]:
        return self.tokens["n_bytes"].astype(np.int64)

    @property
    def byte_bits(self) -> np.ndarray[Any, np.dtype[np.float64]]:
        """float64 [n_bytes]: each token's bits in equal shares for its bytes; NaN where nothing was scored."""
        shares = np.full(self.n_bytes, np.nan)
        n = self.token_n_bytes
        first = np.repeat(self.token_offset - np.concatenate(([0], np.cumsum(n)[:-1])), n)
        shares[first + np.arange(n.sum())] = np.repeat(self.token_bits / n, n)
        return shares

    @property
    def bits_per_byte(self) -> float:
        return self.bits / self.n_scored_bytes if self.n_scored_bytes else float("nan")

    @property
    def bits_per_token(self) -> float:
        return self.bits / self.n_scored_tokens if self.n_scored_tokens else float("nan")


class EvaluateOptions(TypedDict, total=False):
    """convention: "windows", "rolling", "lm-eval", "llama-perplexity" or "hkust"; None: "windows", and "rolling" with
    primed, which takes no other. window, stride: tokens. first_token: before each window; None: none; -1: the model's
    own. kv, kv_keep: as in Options. primed: a Primed of this model, behind whose text each text is read, with its
    context, kv and kv_keep, so that its tokens cost what they cost behind that text; not with mixed. details:
    entropy and likeliest tokens, too. mixed: together with context models. threads, cpu: as in Options. progress:
    called with tokens done and tokens in all, or a bar with update(n)."""

    convention: str | None
    window: int
    stride: int
    first_token: int | None
    kv: str
    kv_keep: int
    primed: Primed | None
    details: bool
    mixed: bool
    threads: int
    cpu: str | None
    progress: Progress | None


class Evaluator:
    """Scores texts with one model; evaluate() is the short form. One thread at a time."""

    def __init__(
        self,
        model: Model | str,
        *,
        convention: str | None = None,
        window: int = 0,
        stride: int = 0,
        first_token: int | None = -1,
        kv: str | None = None,
        kv_keep: int | None = None,
        primed: Primed | None = None,
        details: bool = False,
        mixed: bool = False,
        threads: int = 0,
        cpu: str | None = None,
        progress: Progress | None = None,
    ) -> None:
        convention = convention or ("rolling" if primed else "windows")
        if convention not in _CONVENTIONS:
            raise ArgumentError(f"convention is one of {', '.join(_CONVENTIONS)}: not {convention!r}")
        self.model = Model(model) if isinstance(model, str) else model
        self._call = Call(progress)
        self._cpu = ffi.NULL if cpu is None else ffi.new("char[]", cpu.encode())
        options = ffi.new("struct tacit_eval_options *")
        check(lib.tacit_eval_options_init_sized(options, ffi.sizeof("struct tacit_eval_options")))
        options.convention = _CONVENTIONS[convention]
        options.window, options.stride = window, stride
        options.kv = kv_kind(kv or (primed.kv if primed else "8"))
        options.kv_keep = kv_share((primed.kv_keep if primed else 0) if kv_keep is None else kv_keep)
        options.primed = ffi.NULL if primed is None else primed._handle.pointer
        options.first_token = -2 if first_token is None else first_token
        options.details, options.mixed = details, mixed
        options.n_threads, options.cpu = threads, self._cpu
        options.progress, options.progress_context = lib.on_progress, self._call.handle
        pointer = ffi.new("struct tacit_evaluator **")
        check(lib.tacit_evaluator_create(pointer, self.model._handle, options), "evaluate")
        self._handle = Handle(pointer[0], lib.tacit_evaluator_destroy, self.model, self._call, self._cpu, primed)
        self._token_type = _token_type()

    def run(self, texts: Iterable[Text]) -> list[Evaluation]:
        """Scores each text by itself; many short ones are faster together."""
        held = [as_bytes(text) for text in texts]
        n = len(held)
        given = ffi.new("struct tacit_eval_text[]", n)
        results = ffi.new("struct tacit_eval_result[]", n)
        buffers = [ffi.from_buffer(text) for text in held]
        for i, buffer in enumerate(buffers):
            given[i].data, given[i].n_bytes = buffer, len(buffer)
            results[i].struct_size = ffi.sizeof("struct tacit_eval_result")
        seen = bytearray()
        size = self._token_type.itemsize

        def take(token: Any) -> None:
            seen.extend(ffi.buffer(token, size))

        self._call.take = take
        status = lib.tacit_evaluator_run(
            self._handle.pointer, given, n, results, lib.on_token, self._call.handle
        )
        self._call.take = None
        check(status, "evaluate", self._call)
        tokens = np.frombuffer(seen, self._token_type)
        ends = np.searchsorted(tokens["text"], np.arange(n + 1))
        return [_evaluation(results[i], tokens[ends[i] : ends[i + 1]]) for i in range(n)]

    def token_bytes(self, token: int) -> bytes:
        """What a token of the vocabulary stands for; empty for one that text cannot contain."""
        n = ffi.new("size_t *")
        data = lib.tacit_evaluator_token_bytes(self._handle.pointer, token, n)
        return bytes(ffi.buffer(data, n[0])) if n[0] else b""

    def count_tokens(self, text: Text) -> int:
        """How many tokens a text has."""
        data = as_bytes(text)
        n = ffi.new("size_t *")
        check(lib.tacit_evaluator_count_tokens(self._handle.pointer, data, len(data), n), "evaluate")
        return int(n[0])


def _evaluation(result: Any, tokens: np.ndarray[Any, Any]) -> Evaluation:
    names = [f.name for f in dataclasses.fields(Evaluation) if f.name != "tokens"]
    return Evaluation(tokens=tokens, **{name: getattr(result, name) for name in names})


def evaluate(
    model: Model | str, texts: Text | Iterable[Text], **options: Unpack[EvaluateOptions]
) -> list[Evaluation]:
    """The cost in bits of each text under the model, computed without an archive; the same on every machine.

    texts: one text, or several, each measured by itself and held in memory (some 100 bytes a token).
    Options: see EvaluateOptions. Raises ArgumentError, ModelError, ResourceError, or what progress raised.
    """
    if isinstance(texts, (str, bytes, bytearray, memoryview)):
        texts = [texts]
    return Evaluator(model, **options).run(texts)


class Learner:
    """Context models that learn while they read: what each byte costs after all before it.

    level: 1 to 3 are the lean models, 4 the quick ones, 5 to 9 the strong ones. n_bytes: how much is expected, 0 if not known.
    """

    def __init__(self, level: int = 4, n_bytes: int = 0) -> None:
        pointer = ffi.new("struct tacit_learner **")
        check(lib.tacit_learner_create(pointer, level, n_bytes), "context models")
        self._handle = Handle(pointer[0], lib.tacit_learner_destroy)
        self._sum = ffi.new("double *")

    def read(self, text: Text) -> float:
        """Reads on; the text's bits."""
        return self._read(text, None)

    def read_bytes(self, text: Text) -> np.ndarray[Any, np.dtype[np.float32]]:
        """Reads on; float32 [bytes of text], the bits of each byte."""
        bits = np.empty(len(as_bytes(text)), np.float32)
        self._read(text, bits)
        return bits

    def _read(self, text: Text, bits: np.ndarray[Any, np.dtype[np.float32]] | None) -> float:
        data = as_bytes(text)
        total = 0.0
        for at in range(0, len(data), _LEARNED_AT_ONCE):
            piece = data[at : at + _LEARNED_AT_ONCE]
            out = ffi.NULL if bits is None else ffi.cast("float *", ffi.from_buffer(bits)) + at
            status = lib.tacit_learner_read(self._handle.pointer, piece, len(piece), out, self._sum)
            check(status, "context models")
            total += self._sum[0]
        return total


def _rows(results: Any) -> list[dict[str, Any]]:
    """Plain values of dataclasses: what is not a number, text or truth is left out."""
    plain = (int, float, str, bool, bytes, type(None))
    rows = []
    if dataclasses.is_dataclass(results):  # a Selection, a Detection, a Surprise: its first list
        results = next(v for f in dataclasses.fields(results) if isinstance(v := getattr(results, f.name), list))
    for result in results:
        row = {f.name: getattr(result, f.name) for f in dataclasses.fields(result)}
        rows.append({name: value for name, value in row.items() if isinstance(value, plain)})
    return rows


def to_pandas(results: Any) -> pandas.DataFrame:
    """A table of what a function here returned, a row for each result; arrays are left out. Of a Selection: what was
    chosen; of a Detection: its statements; of a Surprise: its units. Needs pandas."""
    import pandas

    return pandas.DataFrame(_rows(results))


def to_arrow(results: Any) -> pyarrow.Table:
    """As to_pandas, for PyArrow."""
    import pyarrow

    return pyarrow.Table.from_pylist(_rows(results))
