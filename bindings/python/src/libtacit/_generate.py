# SPDX-License-Identifier: Apache-2.0
"""Text from a language model: the coder of archives, run the other way."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypedDict, Union

from ._calls import Call, Progress, kv_kind, kv_share
from ._errors import check
from ._model import Model
from ._native import ffi, lib

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ._buffer import Buffer
    from ._primed import Primed

Text = Union[str, bytes, bytearray, memoryview]


class GenerateOptions(TypedDict, total=False):
    """prompt: what the text goes on from, not repeated in it. temperature: 1 as the model has it, less is surer,
    0 always the likeliest token. top_p: above 0 .. 1, only the likeliest tokens that together have this share.
    seed: which random bits. context: tokens that the model looks back on, 0 for 2,048. kv, kv_keep: as in Options.
    primed: a Primed, whose model, context, kv and kv_keep are then taken; a prompt begins with its text, of which only
    the rest is read, and no prompt is that text; never changes the text made. threads: 0 is one for each processor;
    never changes the text. cpu: as in Options. progress: called with bytes made and bytes asked for, or a bar with
    update(n)."""

    prompt: Text
    temperature: float
    top_p: float
    seed: int
    context: int
    kv: str
    kv_keep: int
    primed: Primed | None
    threads: int
    cpu: str | None
    progress: Progress | None


def _bytes(text: Text) -> bytes:
    return text.encode() if isinstance(text, str) else bytes(text)


class _Options:
    """A struct tacit_generate_options with what it points to."""

    def __init__(
        self,
        *,
        prompt: Text = b"",
        temperature: float = 1.0,
        top_p: float = 1.0,
        seed: int = 0,
        context: int = 0,
        kv: str | None = None,
        kv_keep: int | None = None,
        primed: Primed | None = None,
        threads: int = 0,
        cpu: str | None = None,
        progress: Progress | None = None,
    ) -> None:
        self.call = Call(progress)
        self.struct = struct = ffi.new("struct tacit_generate_options *")
        check(lib.tacit_generate_options_init_sized(struct, ffi.sizeof("struct tacit_generate_options")))
        self._prompt = ffi.from_buffer(_bytes(prompt))
        self._cpu = ffi.NULL if cpu is None else ffi.new("char[]", cpu.encode())
        struct.prompt, struct.n_prompt = self._prompt, len(self._prompt)
        struct.temperature, struct.top_p, struct.seed = temperature, top_p, seed
        struct.n_context, struct.n_threads, struct.cpu = context, threads, self._cpu
        struct.kv = kv_kind(kv or (primed.kv if primed else "8"))
        struct.kv_keep = kv_share((primed.kv_keep if primed else 0) if kv_keep is None else kv_keep)
        self._primed = primed
        struct.primed = ffi.NULL if primed is None else primed._handle.pointer

    def run(self, what: str, function: Callable[..., int], *arguments: Any, n_asked: int = 0) -> bytes:
        """All that the function hands to its sink."""
        made = bytearray()

        def take(piece: Any) -> None:
            made.extend(piece)
            if self.call.report is not None:
                self.call.report(len(made), n_asked)

        self.call.take = take
        status = function(*arguments, lib.on_text, self.call.handle)
        self.call.take = None
        check(status, what, self.call)
        return bytes(made)


def _opened(model: Model | str | None, primed: Primed | None = None) -> Model:
    if model is None and primed is not None:
        return primed.model
    return model if isinstance(model, Model) else Model(model)


def generate(n_bytes: int, model: Model | str | None = None, **options: Unpack[GenerateOptions]) -> bytes:
    """n_bytes of text that the model expects; what the command `tacit generate` writes.

    model: a Model, a name, a file, or None for the one that is linked in. The same model, options and seed give the
    same text on every machine; its end can be in the middle of a character. Options: see GenerateOptions. Raises
    ArgumentError, ModelError, ResourceError, or what progress raised; KeyboardInterrupt stops the work.
    """
    opened, o = _opened(model, options.get("primed")), _Options(**options)
    return o.run("generate", lib.tacit_generate, opened._handle, o.struct, n_bytes, n_asked=n_bytes)


def generate_from(data: Buffer, model: Model | str | None = None, **options: Unpack[GenerateOptions]) -> bytes:
    """Text that stands for data, which generate_back finds in it again. It is no cipher.

    seed counts for nothing here, temperature is above 0. Raises TacitError where the model is so sure that its text
    holds no bits; otherwise as generate.
    """
    opened, o = _opened(model, options.get("primed")), _Options(**options)
    with ffi.from_buffer(data) as source:
        return o.run("generate", lib.tacit_generate_from, opened._handle, o.struct, source, len(source))


def generate_back(text: Text, model: Model | str | None = None, **options: Unpack[GenerateOptions]) -> bytes:
    """The data that a text of generate_from stands for, with the same model and options. What follows the text's
    end is ignored. Raises ArchiveError if it does not stand for any."""
    opened, o = _opened(model, options.get("primed")), _Options(**options)
    with ffi.from_buffer(_bytes(text)) as source:
        return o.run("generate", lib.tacit_generate_back, opened._handle, o.struct, source, len(source))
