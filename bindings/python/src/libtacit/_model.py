# SPDX-License-Identifier: Apache-2.0
"""Language models: by name, by file, and the one that is linked in."""

from __future__ import annotations

import os
import weakref
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ._errors import ModelError, check, refuse
from ._native import ffi, lib


@dataclass(frozen=True)
class ModelInfo:
    """What a model file says of itself. Sizes are bytes; n_context is tokens; wide_inputs: 0: none, 1: the head's, 2: all."""

    title: str
    architecture: str
    licence: str
    file_size: int
    n_parameters: int
    n_vocab: int
    n_layers: int
    width: int
    n_context: int
    weights_bytes: int
    stream_bytes: int
    wide_inputs: int


class Model:
    """An open language model. Any number of threads, compressors and measurements share it.

    name: a name of `tacit model list`, a .gguf or .tmodel file, or None for the model that is linked
    into the library. Opening a .gguf file takes some seconds. Raises ModelError if it is not there or
    damaged, TacitError if this build cannot run it.
    """

    def __init__(self, name: str | os.PathLike[str] | None = None) -> None:
        self.path: str | None = None
        pointer = ffi.new("struct tacit_model **")
        if name is None:
            check(lib.tacit_model_default(pointer), "default model")  # closing it does nothing
        else:
            self.path = find(os.fspath(name))
            _open(pointer, self.path)
        self._handle = ffi.gc(pointer[0], lib.tacit_model_close)

    @classmethod
    def default(cls) -> Model:
        """The model that is linked into the library: levels 5 to 9 use it unless another is given."""
        return cls()

    @property
    def identity(self) -> str:
        """The hash by which archives name the model, 64 hexadecimal digits."""
        identity = ffi.new("uint8_t[]", lib.TACIT_MODEL_HASH)
        lib.tacit_model_identity(self._handle, identity)
        return bytes(identity).hex()

    @property
    def info(self) -> ModelInfo:
        """Title, architecture, licence and sizes."""
        struct = ffi.new("struct tacit_model_info *", {"struct_size": ffi.sizeof("struct tacit_model_info")})
        path = ffi.NULL if self.path is None else os.fsencode(self.path)
        check(lib.tacit_model_inspect(path, struct), self.path or "default model")
        return ModelInfo(**{name: _plain(getattr(struct, name)) for name in ModelInfo.__dataclass_fields__})

    def __repr__(self) -> str:
        return f"<libtacit.Model {self.path or 'default'} {self.identity[:8]}>"


def _plain(value: Any) -> Any:
    return value if isinstance(value, int) else ffi.string(value).decode(errors="replace")


def _open(pointer: Any, path: str) -> None:
    status = lib.tacit_model_open(pointer, os.fsencode(path))
    if status == lib.TACIT_OK:
        return
    text = ffi.new("char[]", lib.TACIT_MODEL_REASON_MAX)
    lib.tacit_model_explain(os.fsencode(path), text)
    refuse(status, path, ffi.string(text).decode(errors="replace"))


def find(name: str) -> str:
    """The file that a name stands for; a path is its own."""
    path = ffi.new("char[]", lib.TACIT_MODEL_PATH_MAX)
    status = lib.tacit_model_find(os.fsencode(name), path)
    if status == lib.TACIT_ERR_MODEL_MISSING:
        hint = "'tacit model list' shows those that are there, 'tacit model fetch' gets more"
        raise ModelError(f"{name}: there is no such file, and no model of this name; {hint}", "TACIT_ERR_MODEL_MISSING")
    check(status, name)
    return os.fsdecode(ffi.string(path))


def list_models() -> Iterator[tuple[str, str]]:
    """(name, file) of each model in the model directories, the user's own first."""
    path = ffi.new("char[]", lib.TACIT_MODEL_PATH_MAX)
    index = 0
    while (status := lib.tacit_model_directory(index, path)) != lib.TACIT_ERR_RANGE:
        index += 1
        folder = os.fsdecode(ffi.string(path))
        if status != lib.TACIT_OK or not os.path.isdir(folder):
            continue
        for file in sorted(os.listdir(folder)):
            name, suffix = os.path.splitext(file)
            if suffix in (".gguf", ".tmodel") and not file.startswith("."):
                yield name, os.path.join(folder, file)


def _is_needed(model: Model, need: Any) -> bool:
    """As the command has it: two models of one identity may cut text into tokens by different rules."""
    identity = bytes(ffi.buffer(need.hash, need.n_hash)).hex()
    return model.identity.startswith(identity) and (
        not need.has_rules or need.rules == lib.tacit_model_rules(model._handle)
    )


_found: weakref.WeakSet[Model] = weakref.WeakSet()


def needed_by(head: bytes) -> Model | None:
    """The installed model which the archive needs that begins with `head`; None: none, or not there.

    .gguf files take seconds to open: only if no .tmodel file is the one.
    """
    need = ffi.new(
        "struct tacit_archive_model *", {"struct_size": ffi.sizeof("struct tacit_archive_model")}
    )
    if lib.tacit_archive_needs(head, len(head), need) != lib.TACIT_OK or need.n_hash == 0:
        return None
    if _is_needed(Model(), need):
        return None
    for model in list(_found):
        if _is_needed(model, need):
            return model
    files = [path for _, path in list_models()]
    for path in sorted(files, key=lambda path: path.endswith(".gguf")):
        try:
            model = Model(path)
        except Exception:  # another file may be the one
            continue
        if _is_needed(model, need):
            _found.add(model)
            return model
    return None
