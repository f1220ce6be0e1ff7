# SPDX-License-Identifier: Apache-2.0
"""libtacit.open, Archive, and other libraries that read through them."""

import io
import os
import random
import threading

import libtacit
import pytest


@pytest.fixture
def archive(text, tmp_path):
    """A file of five blocks."""
    path = tmp_path / "text.tct"
    path.write_bytes(libtacit.compress(text, 1, block_size="8K"))
    return path


def test_written_files_are_the_commands(text, tmp_path, tacit):
    path = tmp_path / "x.tct"
    with libtacit.open(path, "wb", 3, block_size="8K") as file:
        for i in range(0, len(text), 999):
            assert file.write(text[i : i + 999]) == len(text[i : i + 999])
    assert path.read_bytes() == libtacit.compress(text, 3, block_size="8K")
    assert tacit("-dc", path) == text
    with pytest.raises(FileExistsError):
        libtacit.open(path, "xb")
    with libtacit.open(path, "ab", 1) as file:
        file.write(b"and more")
    with libtacit.open(path) as file:
        assert file.read() == text + b"and more"


def test_text_mode(tmp_path):
    path = tmp_path / "x.tct"
    lines = ["größer\n", "kleiner\n", "日本\n"]
    with libtacit.open(path, "wt", encoding="utf-8") as file:
        file.writelines(lines)
    with libtacit.open(path, "rt", encoding="utf-8") as file:
        assert list(file) == lines
    with pytest.raises(ValueError, match="mode"):
        libtacit.open(path, "rbt")
    with pytest.raises(ValueError, match="mode"):
        libtacit.open(path, "r+")


def test_reading_anywhere(text, archive):
    chance = random.Random(2)
    with libtacit.open(archive) as file:
        assert file.read(5) == text[:5] and file.tell() == 5
        for _ in range(60):
            place, n = chance.randrange(len(text) + 100), chance.randrange(5000)
            assert file.seek(place) == place
            assert file.read(n) == text[place : place + n]
        assert file.seek(-7, io.SEEK_END) == len(text) - 7 and file.read() == text[-7:]
        assert file.seek(0) == 0 and file.read() == text
        with pytest.raises(ValueError):
            file.seek(-1)


def test_pipes_are_read_in_order(text, archive):
    read_end, write_end = os.pipe()

    def feed():
        with open(write_end, "wb") as pipe:
            pipe.write(archive.read_bytes())

    feeder = threading.Thread(target=feed)
    feeder.start()
    with open(read_end, "rb") as pipe, libtacit.open(pipe) as file:
        assert not file.seekable()
        assert file.read() == text
        with pytest.raises(io.UnsupportedOperation):
            file.seek(0)
    feeder.join()


def test_file_objects_stay_open(text):
    buffer = io.BytesIO()
    with libtacit.open(buffer, "w") as file:
        file.write(text[:1000])
    assert libtacit.decompress(buffer.getvalue()) == text[:1000]
    buffer.seek(0)
    with libtacit.open(buffer) as file:
        assert file.read() == text[:1000]
    assert not buffer.closed


def test_ranges_and_blocks(text, archive, tacit):
    with libtacit.Archive(archive) as a:
        assert a.size == len(text) and a.n_blocks == len(a.blocks) == 5
        assert a.read(10_000, 300) == text[10_000:10_300] == tacit("cat", "--range", "10000-10299", archive)
        assert a.read() == text and a.read(len(text) + 5, 3) == b""
        for i, block in enumerate(a.blocks):
            assert a.block_at(block.content_offset) == i
            assert a.block_at(block.content_offset + block.content_size - 1) == i
            assert block.method == "zstd"
        with pytest.raises(ValueError):
            a.block(a.n_blocks)
    with pytest.raises(ValueError, match="closed"):
        a.read(0, 1)


def test_damage_is_named(text, archive):
    data = bytearray(archive.read_bytes())
    with libtacit.Archive(archive) as a:
        block = a.block(3)
    data[block.archive_offset + block.archive_size - 9] ^= 0x40
    archive.write_bytes(data)
    with libtacit.Archive(archive) as a:
        assert a.read(0, 100) == text[:100]
        with pytest.raises(libtacit.ArchiveError, match=f"text.tct: from byte {block.content_offset}"):
            a.read(block.content_offset, 100)
    with libtacit.open(archive) as file, pytest.raises(libtacit.ArchiveError, match="text.tct: at byte"):
        file.read()
    with pytest.raises(FileNotFoundError):
        libtacit.open(archive.with_name("nothing.tct"))
    with pytest.raises(libtacit.ArchiveError, match="not a tacit archive"):
        libtacit.Archive(io.BytesIO(text))


@pytest.fixture
def table(tmp_path):
    """A CSV file of two columns, written through fsspec."""
    fsspec = pytest.importorskip("fsspec")
    import libtacit.fsspec  # noqa: F401

    path = str(tmp_path / "table.csv.tct")
    with fsspec.open(path, "wt", compression="infer") as file:
        file.write("a,b\n1,x\n2,y\n")
    return path


def test_fsspec_pandas_pyarrow(table):
    fsspec, path = pytest.importorskip("fsspec"), table
    with fsspec.open(path, "rt", compression="infer") as file:
        assert file.read() == "a,b\n1,x\n2,y\n"
    pandas = pytest.importorskip("pandas")
    with fsspec.open(path, compression="infer") as file:
        assert pandas.read_csv(file)["b"].tolist() == ["x", "y"]
    csv = pytest.importorskip("pyarrow.csv")
    with fsspec.open(path, compression="infer") as file:
        assert csv.read_csv(file).column("a").to_pylist() == [1, 2]


def test_dask(table):
    """Bags and tables; and in other processes, which have never heard of libtacit."""
    bag = pytest.importorskip("dask.bag")
    frame = pytest.importorskip("dask.dataframe")
    for compression in ("infer", "tacit"):
        lines = bag.read_text(table, compression=compression)
        assert lines.compute(scheduler="sync") == ["a,b\n", "1,x\n", "2,y\n"]
        found = frame.read_csv(table, compression=compression, blocksize=None)
        assert found["a"].sum().compute(scheduler="sync") == 3
    assert bag.read_text(table).count().compute(scheduler="processes", num_workers=1) == 3


def test_pandas_by_its_own_call(table):
    pandas = pytest.importorskip("pandas")
    with libtacit.open(table) as file:
        assert pandas.read_csv(file)["b"].tolist() == ["x", "y"]
    with libtacit.open(table, "wb") as file:
        pandas.DataFrame({"a": [5, 6]}).to_csv(file, index=False)
    with libtacit.open(table, "rt") as file:
        assert file.read() == "a\n5\n6\n"
