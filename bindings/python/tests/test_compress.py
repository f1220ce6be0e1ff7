# SPDX-License-Identifier: Apache-2.0
"""One-shot and streaming: round trips, the command's bytes, buffers, options, errors, progress."""

import array
import io
import mmap

import libtacit
import pytest
from conftest import SOURCE

SOURCE_MODEL = str(SOURCE / "models/default.tmodel")


@pytest.mark.parametrize("level", [1, 3, 4, 6])
def test_same_bytes_as_the_command(text, tacit, level):
    data = text[: 20_000 if level < 5 else 3000]
    archive = libtacit.compress(data, level)
    assert archive == tacit("-c", f"-{level}", input=data)
    assert libtacit.decompress(archive) == data
    assert libtacit.decompress(tacit("-c", f"-{level}", "--block-size", "8K", input=data)) == data
    assert tacit("-dc", input=libtacit.compress(data, level, block_size=8192)) == data


@pytest.mark.parametrize(
    "options, flags",
    [
        ({"no_model": True}, ["--no-model"]),
        ({"mix": False}, ["--mix", "off"]),
        ({"streams": 3, "context": 128}, ["--streams", "3", "--context", "128"]),
        ({"kv": "k4v2", "context": 192}, ["--kv", "k4v2", "--context", "192"]),
        ({"kv_keep": 40, "context": 192}, ["--kv-keep", "40", "--context", "192"]),
        ({"level": 3, "block_size": "1KiB", "threads": 1, "cpu": "scalar"}, ["-3", "--block-size", "1K"]),
        ({"level": 3, "memory": "300M"}, ["-3", "--memory", "300M"]),
    ],
)
def test_options_mean_what_the_command_means(text, tacit, options, flags):
    data = text[:3000]
    assert libtacit.compress(data, **options) == tacit("-c", *flags, input=data)


@pytest.mark.parametrize("data", [b"", b"a", b"\x00" * 5000, bytes(range(256)) * 10])
def test_any_bytes(data, noise):
    for content in (data, noise):
        assert libtacit.decompress(libtacit.compress(content, 4)) == content


def test_buffers_are_read_where_they_lie(text, tmp_path):
    plain = libtacit.compress(text, 2)
    for data in (bytearray(text), memoryview(text), array.array("B", text)):
        assert libtacit.compress(data, 2) == plain
    path = tmp_path / "text"
    path.write_bytes(text)
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        assert libtacit.compress(mapped, 2) == plain
    target = bytearray(len(text) + 3)
    assert libtacit.decompress_into(plain, target) == len(text)
    assert target[: len(text)] == text
    with pytest.raises(libtacit.ArgumentError):
        libtacit.decompress_into(plain, bytearray(len(text) - 1))
    with pytest.raises(BufferError):
        libtacit.decompress_into(plain, bytes(len(text)))
    with pytest.raises((ValueError, BufferError)):
        libtacit.compress(memoryview(text)[::2])


@pytest.mark.parametrize("piece", [1000, 7777, 1 << 20])
def test_streams_of_any_pieces(text, piece):
    compressor = libtacit.Compressor(2, block_size="8K", threads=2)
    made = [compressor.compress(text[i : i + piece]) for i in range(0, len(text), piece)]
    archive = b"".join(made) + compressor.flush()
    assert archive == libtacit.compress(text, 2, block_size="8K")
    decompressor = libtacit.Decompressor()
    given = [decompressor.decompress(archive[i : i + piece]) for i in range(0, len(archive), piece)]
    assert b"".join(given) + decompressor.flush() == text
    assert libtacit.content_size(archive) == len(text)


def test_concatenated_archives_are_one_stream(text):
    both = libtacit.compress(text, 1) + libtacit.compress(b"the end", 1)
    assert libtacit.decompress(both) == text + b"the end"


def test_errors_say_what_is_wrong(text):
    archive = libtacit.compress(text, 2, block_size="8K")
    damaged = bytearray(archive)
    damaged[len(archive) // 2] ^= 1
    with pytest.raises(libtacit.ArchiveError, match="checksum does not match") as caught:
        libtacit.decompress(damaged)
    assert caught.value.status == "TACIT_ERR_CHECKSUM"
    with pytest.raises(libtacit.ArchiveError, match="not a tacit archive"):
        libtacit.decompress(text)
    with pytest.raises(EOFError, match="ends too early"):
        libtacit.decompress(archive[:-1])
    cut = libtacit.Decompressor()
    cut.decompress(archive[:-1])
    with pytest.raises(libtacit.TruncatedError, match="at byte"):
        cut.flush()
    with pytest.raises(libtacit.ModelError, match="no-such-model"):
        libtacit.compress(text, model="no-such-model")
    with pytest.raises(ValueError, match="from 1 to 9"):
        libtacit.compress(text, 10)
    with pytest.raises(MemoryError, match="limit is too small"):
        libtacit.compress(text, 6, memory=1000)
    with pytest.raises(ValueError, match="threads is 0 or more: not -1"):
        libtacit.compress(b"x", threads=-1)
    with pytest.raises(ValueError, match="block_size"):
        libtacit.compress(text, block_size="8 apples")
    with pytest.raises(TypeError):
        libtacit.compress(text, no_such_option=1)
    done = libtacit.Compressor(1)
    done.flush()
    with pytest.raises(libtacit.TacitError, match="out of order"):
        done.compress(b"more")


def test_progress_and_what_it_raises(text):
    seen = []
    archive = libtacit.compress(text, 3, threads=1, progress=lambda n_in, n_out: seen.append((n_in, n_out)))
    assert seen == sorted(seen) and seen[-1] == (len(text), len(archive))

    class Bar:
        n = 0

        def update(self, n):
            self.n += n

    def reader(bar):
        with libtacit.open(io.BytesIO(archive), progress=bar) as file:
            file.read()

    def writer(bar):
        compressor = libtacit.Compressor(1, progress=bar)
        compressor.compress(text)
        compressor.flush()

    for work, n in (
        (lambda bar: libtacit.decompress(archive, threads=1, progress=bar), len(archive)),
        (reader, len(archive)),
        (writer, len(text)),
    ):
        bar = Bar()
        work(bar)
        assert bar.n == n

    class Enough(Exception):
        pass

    def stop(n_in, n_out):
        raise Enough

    for threads in (1, 2):
        with pytest.raises(Enough):
            libtacit.compress(text * 50, 4, threads=threads, block_size="64K", progress=stop)
    compressor = libtacit.Compressor(4, progress=stop, threads=1)
    with pytest.raises(Enough):
        compressor.compress(text * 50)
        compressor.flush()


def test_models_have_names_files_and_a_default(text, tacit):
    model = libtacit.Model.default()
    assert len(model.identity) == 64 and model.info.n_vocab == 8192
    file = libtacit.Model(SOURCE_MODEL)
    assert file.identity == model.identity
    data = text[:2000]
    assert libtacit.compress(data, model=file) == tacit("-c", "-m", SOURCE_MODEL, input=data)
    with pytest.raises(libtacit.TacitError):
        libtacit.Model(SOURCE_MODEL.replace("default.tmodel", "README.md") + ".gguf")
    with pytest.raises(libtacit.ModelError, match="nothing: there is no such file, and no model of this name; 'tacit model"):
        libtacit.Model("nothing")


def test_an_archive_finds_its_model(text, tmp_path, monkeypatch):
    folder = tmp_path / "tacit" / "models"
    folder.mkdir(parents=True)
    (folder / "mine.tmodel").symlink_to(SOURCE_MODEL)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert ("mine", str(folder / "mine.tmodel")) in list(libtacit.list_models())
    assert libtacit.Model("mine").identity == libtacit.Model().identity
