# SPDX-License-Identifier: Apache-2.0
"""One archive made by many processes: blocks encoded one by one, then joined (tacit/parts.h)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._buffer import encode_whole
from ._calls import CallOptions, Handle, Options
from ._errors import check
from ._native import ffi, lib

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ._buffer import Buffer

_HEADER = lib.TACIT_CODED_BLOCK_HEADER


def block_size(level: int = lib.TACIT_LEVEL_DEFAULT, **options: Unpack[Options]) -> int:
    """Bytes of content that each block of such an archive holds, the last one aside."""
    o = CallOptions(level, **options)  # holds the model while the library looks at it
    n = ffi.new("uint64_t *")
    check(lib.tacit_options_block_size(o.struct, n), "block size")
    return int(n[0])


def encode_block(content: Buffer, level: int = lib.TACIT_LEVEL_DEFAULT, **options: Unpack[Options]) -> bytes:
    """A coded block, which a Joiner takes: at least one byte of content, at most block_size(level, **options)."""
    o = CallOptions(level, **options)
    return encode_whole(content, lib.tacit_block_bound, lib.tacit_block_encode, o, "encode block")


class Joiner:
    """Joins coded blocks into the archive that compress() would make of the whole content with these options.

    hash() takes all of the content in order, before, between or after the blocks; add() takes the blocks in
    order; finish() gives the end. One thread at a time.
    """

    def __init__(self, level: int = lib.TACIT_LEVEL_DEFAULT, **options: Unpack[Options]) -> None:
        o = CallOptions(level, **options)
        pointer = ffi.new("struct tacit_joiner **")
        check(lib.tacit_joiner_create(pointer, o.struct), "join")
        self._handle = Handle(pointer[0], lib.tacit_joiner_destroy, o)
        self._header = ffi.new("uint8_t[]", lib.TACIT_JOINER_HEADER_MAX)
        self._n = ffi.new("size_t *")

    def hash(self, content: Buffer) -> None:
        """Takes a piece of the content, of any size."""
        with ffi.from_buffer(content) as source:
            lib.tacit_joiner_hash(self._handle.pointer, source, len(source))

    def add(self, block: bytes, is_last: bool) -> tuple[bytes, memoryview]:
        """(header, payload), which the archive has next. ArchiveError: the block is damaged."""
        status = lib.tacit_joiner_add(self._handle.pointer, block, len(block), is_last, self._header, self._n)
        check(status, "join")
        return bytes(ffi.buffer(self._header, self._n[0])), memoryview(block)[_HEADER:]

    def finish(self) -> bytes:
        """The end of the archive, once all content was hashed and the last block added."""
        n = lib.tacit_joiner_tail_size(self._handle.pointer)
        tail: Any = ffi.new("uint8_t[]", max(n, 1))
        check(lib.tacit_joiner_finish(self._handle.pointer, tail), "join")
        return bytes(ffi.buffer(tail, n))
