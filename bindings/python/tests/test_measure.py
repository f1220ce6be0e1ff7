# SPDX-License-Identifier: Apache-2.0
"""Measuring: the command's figures, NumPy arrays, tables, and the notebook."""

import ast
import json
import math

import libtacit
import pytest
from conftest import SOURCE

np = pytest.importorskip("numpy")

MODEL = str(SOURCE / "models/default.tmodel")


@pytest.fixture(scope="module")
def model():
    return libtacit.Model()


@pytest.fixture(scope="module")
def page(text):
    return text[:3000]


@pytest.fixture(scope="module")
def files(text, tmp_path_factory):
    """Two files, and their names."""
    folder = tmp_path_factory.mktemp("files")
    (folder / "a.txt").write_bytes(text[:13000])
    (folder / "b.c").write_bytes(text[-9000:])
    return [folder / "a.txt", folder / "b.c"]


def json_of(tacit, *arguments):
    return json.loads(tacit(*arguments))


def lines_of(tacit, *arguments):
    return [json.loads(line) for line in tacit(*arguments).splitlines()]


@pytest.mark.parametrize("convention", ["windows", "lm-eval"])
def test_evaluate_says_what_the_command_says(model, files, tacit, convention):
    told = json_of(tacit, "eval", MODEL, "--convention", convention, "--window", 256, "--json", "--", *files)
    results = libtacit.evaluate(model, [f.read_bytes() for f in files], convention=convention, window=256)
    for row, result in zip(told["results"], results):
        assert result.bits_per_byte == pytest.approx(row["bits_per_byte"], abs=1e-5)
        assert result.n_bytes == row["bytes"]


def test_arrays_have_the_shapes_told(model, page):
    empty, result = libtacit.evaluate(model, [b"", page], details=True)
    assert empty.n_bytes == 0 and empty.token_bits.shape == (0,) and math.isnan(empty.bits_per_byte)
    assert result.token_bits.shape == (result.n_scored_tokens,) and result.token_bits.dtype == np.float64
    assert result.token_bits.sum() == pytest.approx(result.bits)
    assert result.byte_bits.shape == (len(page),) and np.nansum(result.byte_bits) == pytest.approx(result.bits)
    ends = result.token_offset + result.token_n_bytes
    assert (ends[:-1] == result.token_offset[1:]).all() and ends[-1] == len(page)
    assert result.tokens["top"].shape == (result.n_tokens, 5) and (result.tokens["entropy"] > 0).all()
    text = libtacit.evaluate(model, "größer")[0]
    assert text.n_bytes == 8 and text.n_chars == 6
    with pytest.raises(ValueError, match="kv is one of"):
        libtacit.evaluate(model, "x", kv="5")
    with pytest.raises(ValueError, match="kv_keep goes from"):
        libtacit.evaluate(model, "x", kv_keep=100)
    with pytest.raises(ValueError, match="convention"):
        libtacit.evaluate(model, "x", convention="guess")


def test_surprise_and_its_view(model, page):
    view = libtacit.surprise(page[:1500].decode(errors="replace"), model)
    assert "".join(unit.text for unit in view.units).startswith("# Architecture")
    assert view.bits == pytest.approx(sum(unit.bits for unit in view.units)) and len(view.units[5].top) == 5
    page_html = view._repr_html_()
    assert page_html.count("<span") == len(view.units) and "bits a byte" not in page_html
    words = libtacit.surprise(page)
    assert words.title == "context models" and words.bits == pytest.approx(sum(u.context for u in words.units))
    assert ">&lt;</span>" in libtacit.surprise("a <b> c").html()
    joined = libtacit.surprise("日本語のテキスト", model)
    assert "".join(unit.text for unit in joined.units) == "日本語のテキスト"


def test_rank_says_what_the_command_says(model, files, tacit):
    told = json_of(tacit, "rank", MODEL, "context:3", "--json", "--rounds", 200, "--", *files)
    rows = libtacit.rank([MODEL, "context:3"], {str(f): f.read_bytes() for f in files}, rounds=200)
    assert [row.name for row in rows] == [row["model"] for row in told["results"]]
    for row, said in zip(rows, told["results"]):
        for name in ("wins", "clear_wins", "model_bytes", "learns"):
            assert getattr(row, name) == said[name], name
        for name in ("mean_bits_per_byte", "bits_per_byte", "low", "high", "first_half", "second_half", "two_part"):
            assert getattr(row, name) == pytest.approx(said[name], abs=1e-5), name
        for file in said["files"]:
            assert row.by_text[file["file"]] == pytest.approx(file["bits_per_byte"], abs=1e-5)
    with pytest.raises(ValueError, match="empty"):
        libtacit.rank(["context"], [b""])


def records_of(text):
    return [line for line in text.split(b"\n") if line]


@pytest.mark.parametrize(
    "options",
    [["--measure", "fast"], ["--measure", "zstd"], ["--method", "random", "--seed", "3"], ["--method", "surprise"]],
)
def test_select_says_what_the_command_says(text, tmp_path, tacit, options):
    path = tmp_path / "lines"
    path.write_bytes(text)
    told = tacit("select", "--lines", "--budget", "4K", *options, path).splitlines()
    names = {"--measure": "measure", "--method": "method", "--seed": "seed"}
    keys = {names[options[i]]: options[i + 1] for i in range(0, len(options), 2)}
    if "seed" in keys:
        keys["seed"] = int(keys["seed"])
    records = records_of(text)
    chosen = libtacit.select(records, "4K", threads=2, **keys)
    assert [records[i] for i in chosen.records] == told
    assert chosen.n_bytes <= 4096
    assert len(libtacit.select(records, "7r", **keys).chosen) == 7


def test_select_drops_near_duplicates():
    records = [f"record {i % 10} says the same again and again, ten times over" for i in range(100)]
    found = libtacit.select(records, "1M", method="dedup", similarity=0.95)
    assert found.records == list(range(10)) and len(found.dropped) == 90
    assert found.dropped[0].nearest == 0 and found.dropped[0].similarity > 0.95
    with pytest.raises(ValueError, match="method"):
        libtacit.select(records, 100, method="guess")

    class Broken(list):
        def __getitem__(self, i):
            raise RuntimeError("no record")

    with pytest.raises(RuntimeError, match="no record"):
        libtacit.select(Broken(records), 100, threads=2)


def test_anomalies_are_the_commands(tmp_path, tacit):
    lines = [f"GET /page/{i % 7} 200" for i in range(400)]
    lines[300] = "kernel: BUG at mm/slab.c:77"
    lines[200] = ""
    path = tmp_path / "log"
    path.write_text("\n".join(lines) + "\n")
    told = lines_of(tacit, "anomalies", "--top", 5, path)
    found = libtacit.anomalies(lines, 5)
    assert [a.line for a in found] == [row["line"] for row in told] and found[0].line == 301
    assert [a.score for a in found] == pytest.approx([row["score"] for row in told], abs=1e-3)
    told = lines_of(tacit, "anomalies", "--quantile", 0.99, path)
    assert [a.line for a in libtacit.iter_anomalies(iter(lines), quantile=0.99)] == [row["line"] for row in told]


def test_detect_is_the_commands(model, tmp_path, tacit):
    rows = [{"text": f"The number {i} is a number.", "label": i % 2} for i in range(6)] + [{"text": ""}]
    path = tmp_path / "statements"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    *told, areas = lines_of(tacit, "detect", "-m", MODEL, path)
    found = libtacit.detect(model, [row["text"] for row in rows], [row.get("label") for row in rows])
    for row, statement in zip(told, found.statements):
        assert statement.tokens == row["tokens"]
        for name in ("surprisal", "min_k", "entropy", "excess"):
            if statement.tokens:
                assert getattr(statement, name) == pytest.approx(row[name], abs=1e-4)
    assert found.roc_auc == pytest.approx(areas["roc_auc"], abs=1e-4)
    assert libtacit.detect(model, ["one"]).roc_auc == {}


def test_tables(text):
    found = libtacit.anomalies(text.split(b"\n"), 3)
    frame = pytest.importorskip("pandas") and libtacit.to_pandas(found)
    assert list(frame.columns) == ["line", "score", "bits", "expected", "text"] and len(frame) == 3
    pytest.importorskip("pyarrow")
    table = libtacit.to_arrow(libtacit.evaluate(libtacit.Model(), ["a text", "another"]))
    assert table.num_rows == 2 and "tokens" not in table.column_names and "bits" in table.column_names
    chosen = libtacit.to_pandas(libtacit.select(["one", "two"], "1r"))
    assert chosen["n_bytes"].tolist() == [3] and len(libtacit.to_pandas(libtacit.surprise("a b"))) == 3
    assert libtacit.to_arrow(libtacit.detect(libtacit.Model(), ["one", "two"])).num_rows == 2


def test_the_notebook_runs(tmp_path, monkeypatch):
    """Its cells, one behind the other; the surprise view is what a cell ends with."""
    monkeypatch.chdir(tmp_path)
    cells = json.loads((SOURCE / "bindings/python/examples/measure.ipynb").read_text())["cells"]
    names, views = {}, 0
    for cell in cells:
        if cell["cell_type"] != "code":
            continue
        tree = ast.parse("".join(cell["source"]))
        last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, "measure.ipynb", "exec"), names)
        if last is not None:
            value = eval(compile(ast.Expression(last.value), "measure.ipynb", "eval"), names)
            views += hasattr(value, "_repr_html_") and "<span" in value._repr_html_()
    assert views == 1


def test_progress_of_measuring(model, page):
    for work, n in (
        (lambda told: libtacit.evaluate(model, page, progress=told), len(libtacit.evaluate(model, page)[0].tokens)),
        (lambda told: libtacit.surprise(page[:300], model, progress=told), None),
        (lambda told: libtacit.rank(["context:1", "context:2"], [page], progress=told), 2),
        (lambda told: libtacit.detect(model, ["one", "two", "three"], progress=told), 3),
        (lambda told: libtacit.select(page.split(b"\n"), "1K", method="dedup", progress=told), None),
    ):
        seen = []
        work(lambda *counts: seen.append(counts))
        assert seen == sorted(seen) and seen[-1][0] == seen[-1][1] == (n or seen[-1][1]), seen


def test_progress_stops_measuring(model, page):
    class Enough(Exception):
        pass

    def stop(done, total):
        raise Enough

    with pytest.raises(Enough):
        libtacit.evaluate(model, page, progress=stop)
    with pytest.raises(Enough):
        libtacit.select(page.split(b"\n") * 200, "100K", progress=stop)
