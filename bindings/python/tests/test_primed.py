# SPDX-License-Identifier: Apache-2.0
"""States of models that have read a text: the command's file, and what goes on from it."""

from concurrent.futures import ThreadPoolExecutor

import libtacit
import pytest
from conftest import SOURCE

MODEL = str(SOURCE / "models/default.tmodel")
KINDS = [{}, {"kv": "k4v2", "context": 512}, {"kv_keep": 40, "context": 512}]


@pytest.fixture(scope="module")
def prompt(text):
    return text[:3000]


def flags(options):
    return [part for name, value in options.items() for part in ("--" + name.replace("_", "-"), value)]


@pytest.mark.parametrize("options", KINDS)
def test_the_file_and_the_text_are_the_commands(prompt, tacit, tmp_path, options):
    (tmp_path / "prompt").write_bytes(prompt)
    tacit("model", "prime", *flags(options), "-o", tmp_path / "theirs", MODEL, tmp_path / "prompt")
    state = libtacit.Primed(prompt, **options, threads=1)
    state.save(tmp_path / "ours")
    assert (tmp_path / "ours").read_bytes() == (tmp_path / "theirs").read_bytes() == state.to_bytes()
    want = libtacit.generate(50, prompt=prompt, seed=3, **options)
    again = libtacit.Primed.load(tmp_path / "theirs", MODEL)
    assert libtacit.generate(50, primed=again, seed=3) == want
    assert libtacit.generate(50, MODEL, prompt=prompt, primed=state, seed=3) == want
    assert tacit("generate", "--bytes", 50, "--seed", 3, "--primed", tmp_path / "ours") == want


def test_what_a_state_tells_of_itself(prompt):
    state = libtacit.Primed(prompt, kv="4", context=512)
    assert (state.kv, state.kv_keep, state.context, state.n_text) == ("4", 0, 512, len(prompt))
    assert 100 < state.n_tokens < len(prompt) and len(state.text_hash) == 64
    assert state.text_hash[:8] in repr(state)
    other = libtacit.Primed(prompt + b"!")
    assert other.text_hash != state.text_hash and (other.kv, other.context) == ("8", 2048)


@pytest.mark.parametrize("options", KINDS)
def test_costs_behind_a_state_are_those_behind_its_text(text, options):
    np = pytest.importorskip("numpy")
    at = text.index(b"\n\n", 2000)
    model, tail = libtacit.Model(), [text[at : at + 700], text[at : at + 300]]
    state = libtacit.Primed(text[:at], model, **options)
    kv = {name: value for name, value in options.items() if name != "context"}
    whole = libtacit.evaluate(
        model, [text[:at] + t for t in tail], convention="rolling", window=options.get("context", 2048), **kv
    )
    for got, want in zip(libtacit.evaluate(model, tail, primed=state), whole):
        behind = want.token_offset >= at
        assert np.array_equal(got.token_offset + at, want.token_offset[behind])
        assert np.array_equal(got.token_bits, want.token_bits[behind])
        assert got.n_scored_bytes == got.n_bytes


def test_secrets_behind_a_state(prompt):
    state = libtacit.Primed(prompt)
    text = libtacit.generate_from(b"at nine", primed=state)
    assert libtacit.generate_back(text, primed=state) == b"at nine"


def test_one_for_all_threads(prompt):
    state = libtacit.Primed(prompt, threads=1)
    want = [libtacit.generate(20, primed=state, seed=seed) for seed in range(4)]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda seed: libtacit.generate(20, primed=state, seed=seed, threads=1), range(4))) == want


@pytest.fixture(scope="module")
def other_model(tmp_path_factory, tacit):
    path = tmp_path_factory.mktemp("model") / "other.tmodel"
    tacit("model", "quantize", "-q", "--bits", 4, "-o", path, MODEL)
    return str(path)


def test_a_state_of_another_model_is_refused(prompt, other_model):
    state = libtacit.Primed(prompt)
    with pytest.raises(libtacit.ModelError):
        libtacit.Primed.from_bytes(state.to_bytes(), other_model)
    with pytest.raises(libtacit.ModelError):
        libtacit.generate(10, other_model, primed=state)
    with pytest.raises(libtacit.ModelError):
        libtacit.Evaluator(libtacit.Model(other_model), primed=state)


def test_damage_is_refused(prompt, tmp_path):
    data = libtacit.Primed(prompt, context=64).to_bytes()
    (tmp_path / "cut").write_bytes(data[: len(data) // 2])
    with pytest.raises(libtacit.TruncatedError, match="cut"):
        libtacit.Primed.load(tmp_path / "cut")
    for at in (0, 9, 70, 100, 190, 192, len(data) - 1):
        damaged = bytearray(data)
        damaged[at] ^= 1
        with pytest.raises(libtacit.ArchiveError):
            libtacit.Primed.from_bytes(damaged)
    for wrong in (b"", b"a text", data + b"more"):
        with pytest.raises(libtacit.ArchiveError):
            libtacit.Primed.from_bytes(wrong)


def test_what_does_not_go_together(prompt):
    state = libtacit.Primed(prompt, context=128)
    with pytest.raises(libtacit.ArgumentError):
        libtacit.generate(10, primed=state, context=256)
    with pytest.raises(libtacit.ArgumentError):
        libtacit.generate(10, primed=state, kv="4")
    with pytest.raises(libtacit.NeedsReferenceError):
        libtacit.generate(10, primed=state, prompt=b"another text")
    with pytest.raises(libtacit.ArgumentError):
        libtacit.Primed(prompt, kv="5")
    pytest.importorskip("numpy")
    for wrong in ({"convention": "windows"}, {"mixed": True}, {"window": 256}, {"kv_keep": 40}):
        with pytest.raises(libtacit.ArgumentError):
            libtacit.Evaluator(libtacit.Model(), primed=state, **wrong)
