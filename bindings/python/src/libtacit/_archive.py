# SPDX-License-Identifier: Apache-2.0
"""Random access to an archive through its index."""

from __future__ import annotations

import builtins
import io
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import IO, TYPE_CHECKING, Any, Union

from ._buffer import _for_archive
from ._calls import Handle, Options
from ._errors import InputError, check
from ._native import ffi, lib

if TYPE_CHECKING:
    from typing_extensions import Unpack

Source = Union[str, "os.PathLike[str]", IO[bytes]]


@dataclass(frozen=True)
class Block:
    """A block of an archive: where its content and its coded form lie, in bytes, and how it is coded."""

    content_offset: int
    content_size: int
    archive_offset: int
    archive_size: int
    method: str


def _reader_of(file: Any, name: str) -> Callable[[int, Any, int], None]:
    """What the library reads by; it knows the file and not the Archive, which then ends with its last reference."""

    def read_at(offset: int, data: Any, n_bytes: int) -> None:
        file.seek(offset)
        n = 0
        while n < n_bytes:
            piece = file.read(n_bytes - n)
            if not piece:
                raise InputError(f"{name}: ends while it is read", "TACIT_ERR_IO")
            ffi.memmove(ffi.cast("char *", data) + n, piece, len(piece))
            n += len(piece)

    return read_at


class Archive:
    """A finished archive, of which any range can be read; only the blocks it lies in are decoded.

    file: a path, or a seekable binary file object, which stays open. Raises ArchiveError, ModelError,
    OSError. Threads may share it; they wait for each other.
    """

    def __init__(self, file: Source, **options: Unpack[Options]) -> None:
        self._lock = threading.RLock()
        self._owned = isinstance(file, (str, os.PathLike))
        self.name = os.fspath(file) if isinstance(file, (str, os.PathLike)) else str(getattr(file, "name", "archive"))
        self._file: Any = builtins.open(file, "rb") if isinstance(file, (str, os.PathLike)) else file
        self._handle: Handle | None = None
        try:
            self._open(options)
        except BaseException:
            self.close()
            raise

    def _open(self, options: Any) -> None:
        size = self._file.seek(0, io.SEEK_END)
        self._file.seek(0)
        self._options = o = _for_archive(self._file.read(lib.TACIT_ARCHIVE_HEADER_MAX), options)
        o.call.read = _reader_of(self._file, self.name)
        source = ffi.new(
            "struct tacit_source *", {"context": o.call.handle, "size": size, "read_at": lib.on_read}
        )
        pointer = ffi.new("struct tacit_archive **")
        check(lib.tacit_archive_open(pointer, source, o.struct), self.name, o.call)
        self._handle = Handle(pointer[0], lib.tacit_archive_close, o)
        info = ffi.new("struct tacit_archive_info *", {"struct_size": ffi.sizeof("struct tacit_archive_info")})
        check(lib.tacit_archive_get_info(self._handle.pointer, info), self.name)
        self.size: int = info.content_size
        self.n_blocks: int = info.n_blocks
        self.n_archives: int = info.n_archives
        self.format_version: int = info.format_version

    def block(self, index: int) -> Block:
        """Block 0 .. n_blocks - 1, in the order of the content."""
        info = ffi.new("struct tacit_block_info *", {"struct_size": ffi.sizeof("struct tacit_block_info")})
        with self._lock:
            check(lib.tacit_archive_get_block(self._live(), index, info), f"{self.name}: block {index}")
        method = ffi.string(lib.tacit_method_name(info.method)).decode()
        return Block(info.content_offset, info.content_size, info.archive_offset, info.archive_size, method)

    @property
    def blocks(self) -> list[Block]:
        """All blocks."""
        return [self.block(i) for i in range(self.n_blocks)]

    def block_at(self, offset: int) -> int:
        """The index of the block that holds the content byte at offset, 0 .. size - 1."""
        first, end = 0, self.n_blocks
        while end - first > 1:
            middle = (first + end) // 2
            if self.block(middle).content_offset <= offset:
                first = middle
            else:
                end = middle
        return first

    def readinto(self, offset: int, target: Any) -> int:
        """Fills the writable buffer with content from offset on; returns how many bytes there were."""
        with self._lock:
            with ffi.from_buffer(target, require_writable=True) as out:
                n = max(0, min(len(out), self.size - offset))
                if n == 0:
                    return 0
                status = lib.tacit_archive_read(self._live(), offset, ffi.cast("void *", out), n)
            check(status, f"{self.name}: from byte {offset} of the content", self._options.call)
        return n

    def read(self, offset: int = 0, n_bytes: int = -1) -> bytes:
        """n_bytes of content from offset, or less at the end; -1: all that follows."""
        left = max(0, self.size - offset)
        out = bytearray(left if n_bytes < 0 else min(n_bytes, left))
        self.readinto(offset, out)
        return bytes(out)

    def _live(self) -> Any:
        if self._handle is None:
            raise ValueError(f"{self.name} is closed")
        return self._handle.pointer

    def close(self) -> None:
        """Lets the archive go; closes the file if it was opened by its path."""
        with self._lock:
            self._handle = None
            if self._owned:
                self._file.close()

    def __enter__(self) -> Archive:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
