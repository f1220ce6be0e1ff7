# SPDX-License-Identifier: Apache-2.0
"""Blocks encoded apart and joined: the command's bytes."""

import libtacit
import pytest
from conftest import SOURCE


@pytest.mark.parametrize("size", [1, 4096, 8192, 20_001])
def test_joined_blocks_are_the_archive(text, tacit, size):
    data, options = text[:size], {"level": 2, "block_size": "4K"}
    n = libtacit.block_size(**options)
    assert n == 4096 and libtacit.block_size(6, model=str(SOURCE / "models/default.tmodel")) > 1 << 20
    blocks = [libtacit.encode_block(data[i : i + n], **options) for i in range(0, size, n)]
    joiner = libtacit.Joiner(**options)
    archive = bytearray()
    for i, block in enumerate(blocks):
        header, payload = joiner.add(block, i == len(blocks) - 1)
        archive += header + bytes(payload)
    with pytest.raises(libtacit.TacitError, match="out of order"):
        joiner.finish()
    joiner.hash(data)
    archive += joiner.finish()
    assert archive == tacit("-c", "-2", "--block-size", "4K", input=data)


def test_a_damaged_block_is_refused(text):
    block = bytearray(libtacit.encode_block(text[:3000], 3))
    block[99] ^= 1
    with pytest.raises(libtacit.ArchiveError, match="checksum"):
        libtacit.Joiner(3).add(bytes(block), True)
    with pytest.raises(ValueError):
        libtacit.encode_block(b"")
