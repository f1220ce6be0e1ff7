# SPDX-License-Identifier: Apache-2.0
"""References: the command's bytes, every way to read and write, threads, and what happens without the right one."""

import gc
import importlib
from concurrent.futures import ThreadPoolExecutor

import libtacit
import pytest
from conftest import SOURCE


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
    archive = libtacit.compress(new, 2, reference=reference, **options)
    assert archive == tacit("-2", "-c", "-D", str(path), *flags, input=new)
    assert len(archive) < 300
    assert libtacit.decompress(archive, reference=reference) == new


def test_every_way(old, new, tmp_path):
    reference = libtacit.Reference(bytearray(old))
    archive = libtacit.compress(new, 2, reference=reference)
    compressor = libtacit.Compressor(2, reference=reference)
    assert compressor.compress(new) + compressor.flush() == archive
    decompressor = libtacit.Decompressor(reference=reference)
    assert decompressor.decompress(archive) + decompressor.flush() == new
    target = bytearray(len(new))
    assert libtacit.decompress_into(archive, target, reference=reference) == len(new) and target == new
    path = tmp_path / "new.tct"
    with libtacit.open(path, "wb", level=2, reference=reference) as file:
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
    archive = libtacit.compress(new, 2, reference=reference, block_size=block_size)
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


def test_an_archive_finds_the_model_that_cuts_text_by_its_rules(tmp_path, monkeypatch):
    """Two models of one identity, of which the first that is found has other rules than the archive names."""
    monkeypatch.syspath_prepend(str(SOURCE / "tests/cli"))
    toy_model = importlib.import_module("toy_model")
    folder = tmp_path / "tacit" / "models"
    folder.mkdir(parents=True)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))

    def install(name, rules):
        rules = toy_model.value("tokenizer.ggml.pre", toy_model.STRING, toy_model.string(rules))
        (folder / f"{name}.gguf").write_bytes(toy_model.gguf(counts=True, more_values=[rules]))
        return libtacit.Model(name)

    other, right = install("a", "qwen2"), install("b", "gpt-2")
    assert other.identity == right.identity
    reference, content = libtacit.Reference(b"words that have nothing to do with it"), bytes(range(32, 127))
    archives = [libtacit.compress(content, model=model, reference=reference) for model in (right, other, right)]
    assert archives[0] != archives[1]
    for archive in archives:  # the second one after another model of that identity was found
        assert libtacit.decompress(archive, reference=reference) == content
    (folder / "b.gguf").unlink()
    right = None
    gc.collect()
    with pytest.raises(libtacit.ModelError):
        libtacit.decompress(archives[0], reference=reference)
