# SPDX-License-Identifier: Apache-2.0
"""Registers .tct with fsspec: `import libtacit.fsspec` once, then pandas, Dask and PyArrow read such files
through `fsspec.open(path, compression="infer")`, or by compression="tacit" where they take one."""

from __future__ import annotations

from typing import Any

from fsspec.compression import register_compression

from ._file import open as _open


class _Name(str):
    """The name "tacit", as fsspec infers it from a suffix. Where a job goes to another process with it, as Dask
    sends its jobs, that process imports this module, too, and so knows the name."""

    __slots__ = ()

    def __reduce__(self) -> tuple[type[_Name], tuple[str]]:
        return _Name, (str(self),)


def _open_for_fsspec(file: Any, mode: str = "rb", **options: Any) -> Any:
    return _open(file, mode if "b" in mode else mode + "b", **options)


register_compression(_Name("tacit"), _open_for_fsspec, "tct", force=True)
