# SPDX-License-Identifier: Apache-2.0
"""Lossless compression by context models and language models, and what text costs them.

    import libtacit
    archive = libtacit.compress(data)           # the same bytes as the command `tacit`
    assert libtacit.decompress(archive) == data

Reference is what both sides have already: all that compresses and decompresses takes reference=.
`open` reads and writes .tct files, Archive reads ranges, Compressor and Decompressor work on streams, Model
opens language models; evaluate, surprise, rank, select, anomalies and detect measure text (they need
NumPy, which is imported when the first of them is used); generate makes text; Primed is what a model remembers of a
text, from which both go on. encode_block and Joiner make one archive
in many processes. `libtacit.fsspec` registers .tct with fsspec.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

from ._archive import Archive, Block
from ._buffer import Compressor, Decompressor, compress, content_size, decompress, decompress_into
from ._calls import Options
from ._errors import (
    ArchiveError,
    ArgumentError,
    InputError,
    ModelError,
    NeedsReferenceError,
    ResourceError,
    TacitError,
    TruncatedError,
)
from ._file import open  # noqa: A004
from ._generate import generate, generate_back, generate_from
from ._model import Model, ModelInfo, list_models
from ._native import ffi as _ffi
from ._native import lib as _lib
from ._parts import Joiner, block_size, encode_block
from ._primed import Primed
from ._reference import Reference

if TYPE_CHECKING:
    from ._evaluate import EvaluateOptions, Evaluation, Evaluator, Learner, evaluate, to_arrow, to_pandas
    from ._rank import Interval, Ranked, bootstrap_ratio, rank, roc_area
    from ._records import (
        Anomaly,
        Choice,
        Detection,
        Selection,
        Statement,
        anomalies,
        detect,
        iter_anomalies,
        select,
    )
    from ._surprise import Surprise, Unit, surprise

# What needs NumPy, by module.
_MEASURES = {
    "_evaluate": ["EvaluateOptions", "Evaluation", "Evaluator", "Learner", "evaluate", "to_arrow", "to_pandas"],
    "_rank": ["Interval", "Ranked", "bootstrap_ratio", "rank", "roc_area"],
    "_records": [
        "Anomaly",
        "Choice",
        "Detection",
        "Selection",
        "Statement",
        "anomalies",
        "detect",
        "iter_anomalies",
        "select",
    ],
    "_surprise": ["Surprise", "Unit", "surprise"],
}
_HOME = {name: module for module, names in _MEASURES.items() for name in names}

__version__: str = _ffi.string(_lib.tacit_version()).decode()

__all__ = [
    "Anomaly",
    "Archive",
    "ArchiveError",
    "ArgumentError",
    "Block",
    "Choice",
    "Compressor",
    "Decompressor",
    "Detection",
    "EvaluateOptions",
    "Evaluation",
    "Evaluator",
    "InputError",
    "Interval",
    "Joiner",
    "Learner",
    "Model",
    "ModelError",
    "ModelInfo",
    "NeedsReferenceError",
    "Options",
    "Primed",
    "Ranked",
    "Reference",
    "ResourceError",
    "Selection",
    "Statement",
    "Surprise",
    "TacitError",
    "TruncatedError",
    "Unit",
    "anomalies",
    "block_size",
    "bootstrap_ratio",
    "compress",
    "content_size",
    "decompress",
    "decompress_into",
    "detect",
    "encode_block",
    "evaluate",
    "generate",
    "generate_back",
    "generate_from",
    "iter_anomalies",
    "list_models",
    "open",
    "rank",
    "roc_area",
    "select",
    "surprise",
    "to_arrow",
    "to_pandas",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{_HOME[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME})


# A program that uses fsspec already shall not have to ask.
if "fsspec" in sys.modules:
    from . import fsspec as fsspec
