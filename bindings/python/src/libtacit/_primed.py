# SPDX-License-Identifier: Apache-2.0
"""What a model remembers of a text, kept for all that goes on from there."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from ._calls import Handle, kv_kind, kv_name
from ._errors import check
from ._generate import Text, _Options, _opened
from ._native import ffi, lib

if TYPE_CHECKING:
    from ._buffer import Buffer
    from ._model import Model


class Primed:
    """A model that has read a text: generate and evaluate take it as primed=, and need not read the text again.

    model: a Model, a name, a file, or None for the one that is linked in. context, kv, kv_keep: as in GenerateOptions;
    threads and cpu never change a state. Never changed once it is made: any number of calls and threads share it.
    Raises ArgumentError, ModelError, ResourceError.
    """

    def __init__(
        self,
        text: Text,
        model: Model | str | None = None,
        *,
        context: int = 0,
        kv: str = "8",
        kv_keep: int = 0,
        threads: int = 0,
        cpu: str | None = None,
    ) -> None:
        o = _Options(prompt=text, context=context, kv=kv, kv_keep=kv_keep, threads=threads, cpu=cpu)
        opened = _opened(model)
        pointer = ffi.new("struct tacit_primed **")
        check(lib.tacit_primed_create(pointer, opened._handle, o.struct), "prime")
        self._take(opened, pointer)

    def _take(self, model: Model, pointer: Any) -> None:
        self.model = model
        self._handle = Handle(pointer[0], lib.tacit_primed_destroy)
        info = ffi.new("struct tacit_primed_info *", {"struct_size": ffi.sizeof("struct tacit_primed_info")})
        with ffi.from_buffer(self._data()) as data:
            check(lib.tacit_primed_inspect(data, len(data), info), "primed state")
        self.kv, self.kv_keep, self.context = kv_name(info.kv), int(info.kv_keep), int(info.n_context)
        self.n_tokens, self.n_text = int(info.n_tokens), int(info.n_text)
        self.text_hash = bytes(ffi.buffer(info.text_hash)).hex()

    def _data(self) -> Any:
        n = ffi.new("size_t *")
        data = lib.tacit_primed_data(self._handle.pointer, n)
        return ffi.buffer(data, n[0])

    @classmethod
    def from_bytes(cls, data: Buffer, model: Model | str | None = None, *, name: str = "primed state") -> Primed:
        """Of what to_bytes gave, which is copied. Raises ModelError if that is of another model, ArchiveError if it is
        damaged or something else, TruncatedError if it is cut."""
        primed, opened = cls.__new__(cls), _opened(model)
        pointer = ffi.new("struct tacit_primed **")
        with ffi.from_buffer(data) as source:
            status = lib.tacit_primed_open(pointer, opened._handle, source, len(source))
        check(status, name)
        primed._take(opened, pointer)
        return primed

    def to_bytes(self) -> bytes:
        """The file of the command's `model prime`: the same bytes on all machines of one byte order."""
        return bytes(self._data())

    @classmethod
    def load(cls, path: str | os.PathLike[str], model: Model | str | None = None) -> Primed:
        """From a file that save or `tacit model prime` wrote; otherwise as from_bytes."""
        with open(path, "rb") as file:
            return cls.from_bytes(file.read(), model, name=os.fspath(path))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the file of to_bytes, from which load and `tacit generate --primed` go on."""
        with open(path, "wb") as file:
            file.write(self._data())

    def __repr__(self) -> str:
        return f"<libtacit.Primed {self.n_text} bytes, SHA-256 {self.text_hash[:8]}, {self.model!r}>"
