# SPDX-License-Identifier: Apache-2.0
"""Exceptions, by what the caller can do about them, with the library's own message."""

from __future__ import annotations

from typing import Any, NoReturn

from ._native import ffi, lib


class TacitError(Exception):
    """Something that libtacit could not do. `status` is the name of its status, "TACIT_ERR_CORRUPT"."""

    def __init__(self, message: str, status: str = "") -> None:
        super().__init__(message)
        self.status = status


class ArgumentError(TacitError, ValueError):
    """An option or a range that the library does not take."""


class ArchiveError(TacitError):
    """Not an archive, or one that is damaged or needs a newer version."""


class TruncatedError(ArchiveError, EOFError):
    """The archive ends too early."""


class ModelError(TacitError):
    """The model that is needed is not there, is another one, or is damaged."""


class NeedsReferenceError(TacitError):
    """The reference that is needed is not given, or is another one."""


class ResourceError(TacitError, MemoryError):
    """Memory, the limit on it, or threads did not suffice."""


class InputError(TacitError, OSError):
    """Input or output failed."""


_KINDS: dict[int, type[TacitError]] = {
    lib.TACIT_ERR_ARGUMENT: ArgumentError,
    lib.TACIT_ERR_RANGE: ArgumentError,
    lib.TACIT_ERR_NOT_ARCHIVE: ArchiveError,
    lib.TACIT_ERR_CORRUPT: ArchiveError,
    lib.TACIT_ERR_TRUNCATED: TruncatedError,
    lib.TACIT_ERR_CHECKSUM: ArchiveError,
    lib.TACIT_ERR_VERSION: ArchiveError,
    lib.TACIT_ERR_MODEL_MISSING: ModelError,
    lib.TACIT_ERR_MODEL_WRONG: ModelError,
    lib.TACIT_ERR_MODEL_DAMAGED: ModelError,
    lib.TACIT_ERR_REFERENCE_MISSING: NeedsReferenceError,
    lib.TACIT_ERR_REFERENCE_WRONG: NeedsReferenceError,
    lib.TACIT_ERR_MEMORY: ResourceError,
    lib.TACIT_ERR_MEMORY_LIMIT: ResourceError,
    lib.TACIT_ERR_THREAD: ResourceError,
    lib.TACIT_ERR_IO: InputError,
}


def refuse(status: int, what: str = "", hint: str = "") -> NoReturn:
    """Raises the exception for a status that is not TACIT_OK: "WHAT: MESSAGE; HINT"."""
    text = ffi.string(lib.tacit_status_message(status)).decode()
    text = (f"{what}: " if what else "") + text + (f"; {hint}" if hint else "")
    raise _KINDS.get(status, TacitError)(text, ffi.string(lib.tacit_status_name(status)).decode())


def check(status: int, what: str = "", call: Any = None) -> None:
    """Returns if all is well. `call`: where its callbacks left the exception that stopped the work."""
    if status == lib.TACIT_OK:
        return
    error = call.error if call is not None else None
    if error is not None:
        call.error = None
        raise error
    if status == lib.TACIT_ERR_CANCELLED:
        raise KeyboardInterrupt  # it came before the callback could take it
    is_of_reference = status in (lib.TACIT_ERR_REFERENCE_MISSING, lib.TACIT_ERR_REFERENCE_WRONG)
    refuse(status, what, call.needed_reference if is_of_reference and call is not None else "")
