# SPDX-License-Identifier: Apache-2.0
"""Reference files: what both sides have already."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from ._calls import Handle
from ._errors import check
from ._native import ffi, lib

if TYPE_CHECKING:
    from ._buffer import Buffer


def _new_identity() -> Any:
    return ffi.new("struct tacit_reference_identity *", {"struct_size": ffi.sizeof("struct tacit_reference_identity")})


def _hash_text(identity: Any) -> str:
    return bytes(ffi.buffer(identity.hash, identity.n_hash)).hex()


class Reference:
    """Content that whoever decodes has, too: an older version, or records of the same kind.

    data: 1 byte to 1 GiB, copied; any object with the buffer protocol. Decoding needs the same bytes again. Made
    once, it serves any number of calls, files and threads: models read it for the first of them and keep what
    they know. Raises ArgumentError, ResourceError.
    """

    def __init__(self, data: Buffer) -> None:
        pointer = ffi.new("struct tacit_reference **")
        with ffi.from_buffer(data) as source:
            status = lib.tacit_reference_create(pointer, source, len(source))
        check(status, "reference")
        self._handle = Handle(pointer[0], lib.tacit_reference_destroy)

    @classmethod
    def from_file(cls, *files: str | os.PathLike[str]) -> Reference:
        """Of one file, or several joined in this order, as -D of the command has them."""
        parts = []
        for name in files:
            with open(name, "rb") as file:
                parts.append(file.read())
        return cls(b"".join(parts))

    def _identity(self) -> Any:
        identity = _new_identity()
        check(lib.tacit_reference_get_identity(self._handle.pointer, identity), "reference")
        return identity

    @property
    def identity(self) -> str:
        """XXH3 of 128 bits, by whose first digits archives name the reference: 32 hexadecimal digits."""
        return _hash_text(self._identity())

    def __len__(self) -> int:
        return int(self._identity().n_bytes)

    def __repr__(self) -> str:
        return f"<libtacit.Reference {len(self)} bytes, XXH3 {self.identity[:8]}>"


def needed_text(head: bytes) -> str:
    """What the archive that begins with `head` needs, for a message; empty: nothing."""
    need = _new_identity()
    if lib.tacit_archive_needs_reference(head, len(head), need) != lib.TACIT_OK or need.n_hash == 0:
        return ""
    size = f"{need.n_bytes} bytes, " if need.n_bytes > 0 else ""
    return f"it needs {size}XXH3 {_hash_text(need)}"
