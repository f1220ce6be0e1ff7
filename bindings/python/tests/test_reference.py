# SPDX-License-Identifier: Apache-2.0
"""References: the command's bytes, every way to read and write, threads, and what happens without the right one."""

from concurrent.futures import ThreadPoolExecutor

import libtacit
import pytest


@pytest.fixture
def old(text):
    return text[:12_000]


@pytest.fixture
def new(text):
    return text[3000:9000] + b"a line that is new\n" + text[9000:11_000]


@pytest.mark.parametrize("options, flags", [({}, []), ({"block_size": "4K"}, ["--block-size", "4K"])])
def test_same_bytes_as_the_command(old, new, tacit, tmp_path, options, flags):
    path = tmp_path / "old"
    path.write_bytes(old)
    reference = libtacit.Reference.from_file(path)
    archive = libtacit.compress(new, 3, reference=reference, **options)
    assert archive == tacit("-3", "-c", "-D", str(path), *flags, input=new)
    assert len(archive) < 300
    assert libtacit.decompress(archive, reference=reference) == new


def test_every_way(old, new, tmp_path):
    reference = libtacit.Reference(bytearray(old))
    archive = libtacit.compress(new, 3, reference=reference)
    compressor = libtacit.Compressor(3, reference=reference)
    assert compressor.compress(new) + compressor.flush() == archive
    decompressor = libtacit.Decompressor(reference=reference)
    assert decompressor.decompress(archive) + decompressor.flush() == new
    target = bytearray(len(new))
    assert libtacit.decompress_into(archive, target, reference=reference) == len(new) and target == new
    path = tmp_path / "new.tct"
    with libtacit.open(path, "wb", level=3, reference=reference) as file:
        file.write(new)
    with libtacit.open(path, reference=reference) as file:
        file.seek(100)
        assert file.read() == new[100:]
    with libtacit.Archive(path, reference=reference) as a:
        assert a.read(5, 50) == new[5:55]


def test_one_for_all_threads(old, new):
    reference = libtacit.Reference(old)
    pieces = [new[i * 500 : i * 500 + 700] for i in range(8)]

    def there_and_back(piece):
        return libtacit.decompress(libtacit.compress(piece, 3, threads=1, reference=reference), reference=reference)

    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(there_and_back, pieces)) == pieces


@pytest.mark.parametrize("block_size", [0, "4K"])
def test_without_the_right_one(old, new, tmp_path, block_size):
    reference = libtacit.Reference(old)
    archive = libtacit.compress(new, 3, reference=reference, block_size=block_size)
    path = tmp_path / "new.tct"
    path.write_bytes(archive)
    named = "it needs .*XXH3 " + reference.identity[:4]
    for wrong in (None, libtacit.Reference(old + b"?"), libtacit.Reference(b"!" + old[1:])):
        with pytest.raises(libtacit.NeedsReferenceError, match=named):
            libtacit.decompress(archive, reference=wrong)
        decompressor = libtacit.Decompressor(reference=wrong)
        with pytest.raises(libtacit.NeedsReferenceError, match=named):
            decompressor.decompress(archive)
            decompressor.flush()
        with pytest.raises(libtacit.NeedsReferenceError, match=named), libtacit.Archive(path, reference=wrong) as a:
            a.read()


def test_identity(old):
    reference = libtacit.Reference(old)
    assert len(reference) == len(old) and len(reference.identity) == 32
    assert libtacit.Reference(memoryview(old)).identity == reference.identity
    assert libtacit.Reference(old[1:]).identity != reference.identity
    assert reference.identity[:8] in repr(reference)
    with pytest.raises(libtacit.ArgumentError):
        libtacit.Reference(b"")
