# SPDX-License-Identifier: Apache-2.0
"""Text from a model: the command's, and bytes hidden in it."""

import libtacit
import pytest
from conftest import SOURCE

MODEL = str(SOURCE / "models/default.tmodel")


def test_the_text_is_the_commands(tacit, tmp_path):
    prompt = tmp_path / "prompt"
    prompt.write_text("The archive is ")
    told = tacit("generate", "--bytes", 80, "--seed", 5, "--temperature", 0.5, "--top-p", 0.5, "--prompt", prompt)
    assert libtacit.generate(80, seed=5, temperature=0.5, top_p=0.5, prompt="The archive is ") == told
    assert libtacit.generate(30, MODEL, seed=2, threads=1) == tacit("generate", "--bytes", 30, "--seed", 2)
    assert libtacit.generate(0) == b""


def test_bytes_come_back_from_a_text(tacit, tmp_path):
    model, data = libtacit.Model(), bytes(range(5))
    text = libtacit.generate_from(data, model, prompt="Dear ")
    assert libtacit.generate_back(text + b" and more", model, prompt="Dear ") == data
    (tmp_path / "text").write_bytes(libtacit.generate_from(data, model))
    assert tacit("generate", "--back", tmp_path / "text") == data
    with pytest.raises(libtacit.ArchiveError, match="checksum"):
        libtacit.generate_back(text, model, prompt="Sir ")


def test_what_is_wrong_is_told():
    with pytest.raises(libtacit.ArgumentError):
        libtacit.generate(10, temperature=-1)

    def stop(done, total):
        raise ZeroDivisionError(total)

    with pytest.raises(ZeroDivisionError, match="500"):
        libtacit.generate(500, progress=stop)
