# SPDX-License-Identifier: Apache-2.0
"""Archives as Python files: libtacit.open, as gzip.open and lzma.open are used."""

from __future__ import annotations

import builtins
import io
import os
from typing import IO, TYPE_CHECKING, Any

from ._archive import Archive, Source
from ._buffer import Stream, decoder, encoder
from ._calls import Options
from ._errors import ArgumentError
from ._native import ffi, lib

if TYPE_CHECKING:
    from typing_extensions import Unpack

_INPUT = 1 << 18  # bytes of an archive read at a time
_BUFFERED = 1 << 16


class Reader(io.RawIOBase):
    """Content of an archive. Read in order it is decoded by all threads; the first seek to another place
    goes over to the index, which decodes only the blocks that are read."""

    def __init__(self, file: Any, owned: bool, options: Any) -> None:
        self._file, self._owned, self._options = file, owned, options
        self.name = getattr(file, "name", "archive")
        self._start: int = file.tell() if self.seekable() else 0
        self._position = 0
        self._stream: Stream | None = None
        self._archive: Archive | None = None
        self._input: Any = memoryview(b"")
        self._at_end = False
        self._finished = False

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        ask = getattr(self._file, "seekable", None)
        return bool(ask and ask())

    def _fill(self) -> None:
        piece = self._file.read(_INPUT)
        self._at_end = not piece
        self._input = memoryview(piece)

    def _begin(self) -> Stream:
        """The header says what model is needed, and may come in pieces."""
        head = b""
        while len(head) < lib.TACIT_ARCHIVE_HEADER_MAX and not self._at_end:
            self._fill()
            head += self._input
        self._input = memoryview(head)
        return decoder(head, self._options, str(self.name))

    def readinto(self, target: Any) -> int:
        if self._archive is not None:
            n = self._archive.readinto(self._position, target) if self._position < self._archive.size else 0
        else:
            n = self._read_on(target)
        self._position += n
        return n

    def _read_on(self, target: Any) -> int:
        if self._stream is None:
            self._stream = self._begin()
        with ffi.from_buffer(target, require_writable=True) as out:
            while len(out) and not self._finished:
                if not self._input and not self._at_end:
                    self._fill()
                n_in, n_out, self._finished = self._stream.push(self._input, out, self._at_end)
                self._input = self._input[n_in:]
                if n_out:
                    return n_out
        return 0

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        if whence == io.SEEK_CUR:
            offset += self._position
        elif whence == io.SEEK_END:
            offset += self._indexed().size
        if offset < 0:
            raise ArgumentError(f"{self.name}: there is no byte {offset}")
        if offset != self._position:
            self._indexed()
        self._position = offset
        return offset

    def _indexed(self) -> Archive:
        if self._archive is None:
            if not self.seekable():
                raise io.UnsupportedOperation(f"{self.name}: a stream, of which nothing can be read twice")
            if self._start:
                raise io.UnsupportedOperation(f"{self.name}: the archive begins at byte {self._start} of the file")
            self._archive = Archive(self._file, **self._options)
            self._stream, self._input = None, memoryview(b"")
        return self._archive

    def close(self) -> None:
        if not self.closed:
            self._stream = None
            if self._archive is not None:
                self._archive.close()
            if self._owned:
                self._file.close()
        super().close()


class Writer(io.RawIOBase):
    """Compresses what is written. The archive is complete when close() has returned."""

    def __init__(self, file: Any, owned: bool, level: int, options: Any) -> None:
        self._file, self._owned = file, owned
        self.name = getattr(file, "name", "archive")
        self._stream: Stream | None = encoder(level, options, str(self.name))

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        if self._stream is None:
            raise ValueError(f"{self.name} is closed")
        view = memoryview(data)
        self._file.write(self._stream.all_of(view, False))
        return view.nbytes

    def close(self) -> None:
        stream = getattr(self, "_stream", None)
        self._stream = None
        try:
            if stream is not None:
                self._file.write(stream.all_of(b"", True))
        finally:
            if self._owned and not self.closed:
                self._file.close()
            super().close()


def open(  # noqa: A001
    file: Source,
    mode: str = "rb",
    level: int = lib.TACIT_LEVEL_DEFAULT,
    *,
    encoding: str | None = None,
    errors: str | None = None,
    newline: str | None = None,
    **options: Unpack[Options],
) -> IO[Any]:
    """Opens an archive as a file of its content.

    file: a path, or a binary file object, which stays open. mode: "r", "w", "x" or "a" with "b" for bytes
    (default) or "t" for text, to which encoding, errors and newline apply. "a" adds an archive to the
    file: both are one stream. Reading, seek() works where the file can. level and options: as compress().
    Raises OSError, ArchiveError, ModelError, ArgumentError.
    """
    kind = mode.replace("b", "").replace("t", "") or "r"
    if kind not in ("r", "w", "x", "a") or ("t" in mode and "b" in mode):
        raise ArgumentError(f"mode is r, w, x or a, with b or t: not {mode!r}")
    owned = isinstance(file, (str, os.PathLike))
    raw: Any = builtins.open(file, kind + "b") if isinstance(file, (str, os.PathLike)) else file
    try:
        if kind == "r":
            binary: Any = io.BufferedReader(Reader(raw, owned, options), _BUFFERED)
        else:
            binary = io.BufferedWriter(Writer(raw, owned, level, options), _BUFFERED)
    except BaseException:
        if owned:
            raw.close()
        raise
    if "t" not in mode:
        return binary  # type: ignore[no-any-return]
    return io.TextIOWrapper(binary, encoding, errors, newline)
