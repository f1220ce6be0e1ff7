# SPDX-License-Identifier: Apache-2.0
"""One-shot and streaming compression in memory.

Input is any object with the buffer protocol (bytes, bytearray, memoryview, mmap, NumPy arrays) that is
contiguous; it is read where it lies. Other threads must not change it meanwhile. Buffers are let go of before
a call ends, by `with`: a traceback that held one would keep it (and Python 3.11 can crash when it collects
a memoryview with a buffer out).
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ._calls import CallOptions, Handle, Options
from ._errors import check
from ._model import needed_by
from ._native import ffi, lib
from ._reference import needed_text

if TYPE_CHECKING:
    from typing import Union

    import numpy
    from typing_extensions import Buffer as _Buffer
    from typing_extensions import Unpack

    Buffer = Union[_Buffer, numpy.ndarray[Any, Any]]  # type checkers know of the latter's buffer from Python 3.12 on

_new = ffi.new_allocator(should_clear_after_alloc=False)
_PIECE = 1 << 18  # bytes of output that a stream gives at a time


def encode_whole(
    data: Buffer, bound: Callable[[int], int], encode: Callable[..., int], o: CallOptions, what: str
) -> bytes:
    """What `encode` makes of all of `data`, of which the library needs a buffer of `bound` bytes."""
    n_out = ffi.new("size_t *")
    with ffi.from_buffer(data) as source:
        n_in = len(source)
        n = bound(n_in)
        out = _new("uint8_t[]", n)
        status = encode(source, n_in, out, n, n_out, o.struct)
    check(status, what, o.call)
    o.call.finish(n_in, n_out[0])
    return bytes(ffi.buffer(out, n_out[0]))


def compress(data: Buffer, level: int = lib.TACIT_LEVEL_DEFAULT, **options: Unpack[Options]) -> bytes:
    """One archive of all of `data`; the same bytes as the command makes with these options.

    level: 1 fastest ... 9 smallest. Options: see Options. Raises ArgumentError, ModelError,
    ResourceError, or what `progress` raised; KeyboardInterrupt stops the work.
    """
    o = CallOptions(level, **options)
    return encode_whole(data, lib.tacit_buffer_bound, lib.tacit_buffer_compress, o, "compress")


def content_size(data: Buffer) -> int:
    """Bytes of content of an archive, or several concatenated; decodes nothing."""
    n = ffi.new("uint64_t *")
    with ffi.from_buffer(data) as source:
        status = lib.tacit_buffer_content_size(source, len(source), n)
    check(status, "decompress")
    return int(n[0])


def _for_archive(head: Any, options: Any) -> CallOptions:
    """Options with the model that the archive needs where the caller named none."""
    o = CallOptions(**options)
    o.call.needed_reference = needed_text(head)
    if o.model is None:
        o.use(needed_by(head))
    return o


def decompress(data: Buffer, **options: Unpack[Options]) -> bytes:
    """The content of an archive, or several concatenated; every checksum is verified.

    Of the options, threads, memory, model, cpu, reference and progress have a meaning. Raises ArchiveError,
    TruncatedError, ModelError, NeedsReferenceError, ResourceError.
    """
    n = content_size(data)
    out = _new("uint8_t[]", max(n, 1))
    return bytes(ffi.buffer(out, _decompress(data, out, n, options)))


def decompress_into(data: Buffer, target: Buffer, **options: Unpack[Options]) -> int:
    """As decompress, but to the writable buffer `target`, without a copy; returns how many bytes.

    ArgumentError if it is too small; after any failure its contents are not specified.
    """
    with ffi.from_buffer(target, require_writable=True) as out:
        return _decompress(data, out, len(out), options)


def _decompress(data: Buffer, out: Any, n: int, options: Any) -> int:
    n_out = ffi.new("size_t *")
    with ffi.from_buffer(data) as source:
        o = _for_archive(ffi.buffer(source, min(len(source), lib.TACIT_ARCHIVE_HEADER_MAX))[:], options)
        n_in = len(source)
        status = lib.tacit_buffer_decompress(source, n_in, ffi.cast("void *", out), n, n_out, o.struct)
    check(status, "decompress", o.call)
    o.call.finish(n_in, n_out[0])
    return int(n_out[0])


class Stream:
    """Input to output in pieces, by tacit_encoder_run or tacit_decoder_run. Locked: threads may share it."""

    def __init__(self, handle: Handle, run: Callable[..., int], options: CallOptions, what: str) -> None:
        self._handle = handle
        self._run = run
        self._options = options
        self._what = what
        self._done = ffi.new("bool *")
        self._n_in = self._n_out = 0
        self._lock = threading.Lock()

    def push(self, data: Any, out: Any, finish: bool) -> tuple[int, int, bool]:
        """(bytes of data taken, bytes written to out, whether all is done). out: cffi's array of bytes."""
        made = ffi.new("struct tacit_output *", {"data": ffi.cast("void *", out), "size": len(out)})
        with self._lock:
            with ffi.from_buffer(data) as source:
                taken = ffi.new("struct tacit_input *", {"data": source, "size": len(source)})
                status = self._run(self._handle.pointer, taken, made, finish, self._done)
            if status != lib.TACIT_OK:
                check(status, self._where(), self._options.call)
            self._n_in, self._n_out = self._n_in + taken.pos, self._n_out + made.pos
            if self._done[0]:
                self._options.call.finish(self._n_in, self._n_out)
            return taken.pos, made.pos, self._done[0]

    def _where(self) -> str:
        if self._run is not lib.tacit_decoder_run:
            return self._what
        return f"{self._what}: at byte {lib.tacit_decoder_error_offset(self._handle.pointer)} of the archive"

    def all_of(self, data: Any, finish: bool) -> bytes:
        """Everything that comes out for this input."""
        view = memoryview(data).cast("B")
        out = _new("uint8_t[]", _PIECE)
        parts = []
        while True:
            n_in, n_out, done = self.push(view, out, finish)
            view = view[n_in:]
            if n_out:
                parts.append(bytes(ffi.buffer(out, n_out)))
            if done or (not finish and n_out < _PIECE and len(view) == 0):
                return b"".join(parts)


def encoder(level: int, options: Any, what: str = "compress") -> Stream:
    o = CallOptions(level, **options)
    pointer = ffi.new("struct tacit_encoder **")
    check(lib.tacit_encoder_create(pointer, o.struct), what)
    return Stream(Handle(pointer[0], lib.tacit_encoder_destroy, o), lib.tacit_encoder_run, o, what)


def decoder(head: Any, options: Any, what: str = "decompress") -> Stream:
    """head: the archive's first TACIT_ARCHIVE_HEADER_MAX bytes, or all that there are."""
    o = _for_archive(head, options)
    pointer = ffi.new("struct tacit_decoder **")
    check(lib.tacit_decoder_create(pointer, o.struct), what)
    return Stream(Handle(pointer[0], lib.tacit_decoder_destroy, o), lib.tacit_decoder_run, o, what)


class Compressor:
    """Compresses a stream: compress(data) as often as there is data, then flush() once.

    Blocks are coded by other threads while more input is taken. The archive is that of compress().
    """

    def __init__(self, level: int = lib.TACIT_LEVEL_DEFAULT, **options: Unpack[Options]) -> None:
        self._stream = encoder(level, options)

    def compress(self, data: Buffer) -> bytes:
        """Takes data; returns what is ready of the archive, which may be nothing."""
        return self._stream.all_of(data, False)

    def flush(self) -> bytes:
        """The rest of the archive. After this the compressor takes nothing more."""
        return self._stream.all_of(b"", True)


class Decompressor:
    """Decompresses a stream: decompress(data) as often as there is data, then flush() once.

    Concatenated archives are one stream. The content is whole only when flush() has returned: it raises
    TruncatedError where the archive ends too early, ArchiveError where a last checksum does not match.
    """

    def __init__(self, **options: Unpack[Options]) -> None:
        self._options = options
        self._head = b""
        self._stream: Stream | None = None

    def _started(self, data: bytes, finish: bool) -> Stream | None:
        """Gathers the header, which says what model is needed, before there is a decoder."""
        self._head += data
        if len(self._head) < lib.TACIT_ARCHIVE_HEADER_MAX and not finish:
            return None
        return decoder(self._head, self._options)

    def decompress(self, data: Buffer) -> bytes:
        """Takes data of the archive; returns what content is ready, which may be nothing."""
        return self._take(data, False)

    def flush(self) -> bytes:
        """The rest of the content, when the archive is complete."""
        return self._take(b"", True)

    def _take(self, data: Buffer, finish: bool) -> bytes:
        if self._stream is None:
            self._stream = self._started(bytes(data), finish)
            if self._stream is None:
                return b""
            data, self._head = self._head, b""
        return self._stream.all_of(data, finish)
