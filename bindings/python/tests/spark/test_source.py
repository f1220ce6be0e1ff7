# SPDX-License-Identifier: Apache-2.0
"""The data source without a cluster: what its tasks do, one by one."""

import json
import os
import random

import libtacit
import pytest
from libtacit.spark._read import Reader, schema_of
from libtacit.spark._write import Writer
from pyspark.sql.types import BinaryType, LongType, StringType, StructType

LINES = StructType().add("value", StringType())
BYTES = StructType().add("value", BinaryType())
WHOLE = StructType().add("path", StringType()).add("content", BinaryType())


def rows_of(options, schema):
    reader = Reader({key: str(value) for key, value in options.items()}, schema)
    return [[row for batch in reader.read(p) for row in batch.to_pylist()] for p in reader.partitions()]


def values_of(options, schema=BYTES):
    return [row["value"] for rows in rows_of(options, schema) for row in rows]


@pytest.mark.parametrize("seed", range(40))
def test_each_line_is_read_once_whatever_the_blocks(seed, tmp_path):
    """Lines of no bytes, longer than blocks, that end where a block ends; one block a task and several."""
    chance = random.Random(seed)
    n = chance.choice([1, 5, 40])
    content = b"\n".join(chance.choice([b"", b"a" * chance.randrange(9), b"b" * 1024, b"c" * 3000]) for _ in range(n))
    content = content[: chance.choice([len(content), len(content) // 1024 * 1024])]
    content += chance.choice([b"", b"\n"])
    path = tmp_path / "x.tct"
    path.write_bytes(libtacit.compress(content, 1, block_size="1K"))
    expected = content.split(b"\n")
    if not expected[-1]:
        expected.pop()
    for blocks in (1, 2, 3, 100):
        assert values_of({"path": path, "blocks": blocks}) == expected
    assert values_of({"path": path}) == expected


def test_folders_patterns_and_archives_behind_each_other(tmp_path):
    for name in ("b.tct", "a.tct", "_not.tct"):
        (tmp_path / name).write_bytes(libtacit.compress(f"{name} 1\n2".encode(), 1) + libtacit.compress(b"3\n4\n", 1))
    expected = [b"a.tct 1", b"23", b"4", b"b.tct 1", b"23", b"4"]
    assert values_of({"path": tmp_path}) == expected == values_of({"path": tmp_path / "[ab]*.tct"})
    assert values_of({"path": tmp_path / "a.tct"}, LINES) == ["a.tct 1", "23", "4"]
    with pytest.raises(FileNotFoundError, match="nothing"):
        values_of({"path": tmp_path / "nothing*"})
    (tmp_path / "empty").mkdir()
    assert values_of({"path": tmp_path / "empty"}) == []


def test_bytes_that_are_no_text_are_told(tmp_path):
    (tmp_path / "x.tct").write_bytes(libtacit.compress(b"good\n\xff\n", 1))
    assert values_of({"path": tmp_path / "x.tct"}) == [b"good", b"\xff"]
    with pytest.raises(libtacit.InputError, match="x.tct: blocks 0 to 0: .* not UTF-8"):
        values_of({"path": tmp_path / "x.tct"}, LINES)


def test_json_lines_and_their_schema(tmp_path):
    rows = [{"id": i, "name": f"größe {i}", "more": {"x": i / 2}} for i in range(300)]
    text = "".join(json.dumps(row) + "\n" for row in rows).encode()
    path = tmp_path / "x.tct"
    path.write_bytes(libtacit.compress(text, 2, block_size="1K"))
    options = {"path": str(path), "records": "json"}
    schema = schema_of(options)
    assert schema.fieldNames() == ["id", "name", "more"] and schema["id"].dataType == LongType()
    found = [row for part in rows_of({**options, "blocks": 2}, schema) for row in part]
    assert found == rows
    some = StructType().add("name", StringType()).add("missing", LongType())
    found = [row for part in rows_of(options, some) for row in part]
    assert found == [{"name": row["name"], "missing": None} for row in rows]
    path.write_bytes(libtacit.compress(text + b"{no json\n", 2))
    with pytest.raises(libtacit.InputError, match="x.tct: blocks 0 to 0: JSON"):
        rows_of(options, schema)


def test_whole_records(tmp_path):
    contents = {f"{i}.tct": os.urandom(3000 * i) for i in range(3)}
    for name, content in contents.items():
        (tmp_path / name).write_bytes(libtacit.compress(content, 1, block_size="1K"))
    found = [row for part in rows_of({"path": tmp_path, "records": "whole"}, WHOLE) for row in part]
    assert {os.path.basename(row["path"]): row["content"] for row in found} == contents


def test_damage_names_file_and_block(tmp_path):
    path = tmp_path / "x.tct"
    data = bytearray(libtacit.compress(b"What both sides know need not be said.\n" * 200, 2, block_size="1K"))
    path.write_bytes(data)
    with libtacit.Archive(path) as archive:
        block = archive.block(4)
    data[block.archive_offset + block.archive_size - 3] ^= 1
    path.write_bytes(data)
    with pytest.raises(libtacit.ArchiveError, match=r"block 4: .*x\.tct: .*checksum"):
        values_of({"path": path, "blocks": 1})


def test_options_are_checked(tmp_path):
    (tmp_path / "x.tct").write_bytes(libtacit.compress(b"x", 1))
    path = tmp_path / "x.tct"
    for options, schema in [
        ({"path": path, "records": "guess"}, LINES),
        ({"path": path}, WHOLE),
        ({"path": path, "records": "whole"}, LINES),
        ({"path": path, "blocks": -1}, LINES),
        ({}, LINES),
    ]:
        with pytest.raises(libtacit.ArgumentError):
            rows_of(options, schema)


def batches(rows, schema):
    import pyarrow as pa

    return iter(pa.Table.from_pylist(rows, schema).to_batches(max_chunksize=2))


def test_parts_appear_when_all_are_written(tmp_path, tacit):
    pa = pytest.importorskip("pyarrow")
    folder = tmp_path / "out"
    schema = pa.schema([("value", pa.string())])
    options = {"path": str(folder), "level": "2"}
    writer = Writer(options, LINES, False)
    lost = writer.write(batches([{"value": "of an attempt that did not win"}], schema))
    won = writer.write(batches([{"value": "one"}, {"value": None}, {"value": "größe"}], schema))
    empty = writer.write(batches([], schema))
    assert lost.written != won.written and [f for f in os.listdir(folder) if f.endswith(".tct")] == []
    writer.commit([won, empty])
    (name,) = os.listdir(folder)
    assert tacit("-dc", folder / name).decode() == "one\n\ngröße\n"
    again = Writer(options, LINES, True)
    again.commit([again.write(batches([{"value": "new"}], schema))])
    assert values_of({"path": folder}) == [b"new"]
    failed = Writer(options, LINES, False)
    with pytest.raises(libtacit.InputError, match="line end"):
        failed.write(batches([{"value": "a"}, {"value": "two\nlines"}], schema))
    failed.abort([])
    assert values_of({"path": folder}) == [b"new"] and len(os.listdir(folder)) == 1


def test_tables_are_written_as_json_lines(tmp_path):
    import datetime

    import pyarrow as pa

    schema = pa.schema([("day", pa.date32()), ("raw", pa.binary())])
    spark_schema = StructType().add("day", StringType()).add("raw", BinaryType())
    writer = Writer({"path": str(tmp_path), "level": "1"}, spark_schema, False)
    writer.commit([writer.write(batches([{"day": datetime.date(2026, 1, 2), "raw": b"\xff"}], schema))])
    assert values_of({"path": tmp_path}, LINES) == ['{"day": "2026-01-02", "raw": "/w=="}']
