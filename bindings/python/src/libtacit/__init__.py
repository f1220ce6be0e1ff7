# SPDX-License-Identifier: Apache-2.0
"""Lossless compression by context models and language models, and what text costs them.

    import libtacit
    archive = libtacit.compress(data)           # the same bytes as the command `tacit`
    assert libtacit.decompress(archive) == data

`open` reads and writes .tct files, Archive reads ranges, Compressor and Decompressor work on streams, Model
opens language models. `libtacit.fsspec` registers .tct with fsspec.
"""

from __future__ import annotations

import sys

from ._archive import Archive, Block
from ._buffer import Compressor, Decompressor, compress, content_size, decompress, decompress_into
from ._calls import Options
from ._errors import (
    ArchiveError,
    ArgumentError,
    InputError,
    ModelError,
    ResourceError,
    TacitError,
    TruncatedError,
)
from ._file import open  # noqa: A004
from ._model import Model, ModelInfo, list_models
from ._native import ffi as _ffi
from ._native import lib as _lib

__version__: str = _ffi.string(_lib.tacit_version()).decode()

__all__ = [
    "Archive",
    "ArchiveError",
    "ArgumentError",
    "Block",
    "Compressor",
    "Decompressor",
    "InputError",
    "Model",
    "ModelError",
    "ModelInfo",
    "Options",
    "ResourceError",
    "TacitError",
    "TruncatedError",
    "compress",
    "content_size",
    "decompress",
    "decompress_into",
    "list_models",
    "open",
]

# A program that uses fsspec already shall not have to ask.
if "fsspec" in sys.modules:
    from . import fsspec as fsspec
