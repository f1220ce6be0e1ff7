# SPDX-License-Identifier: Apache-2.0
"""A program with types, which test_typing.py has mypy check: each call, as a user would write it down."""

from __future__ import annotations

import io
import pathlib

import numpy as np
import numpy.typing as npt

import libtacit


def count(n_in: int, n_out: int) -> None:
    print(n_in, n_out)


def archives(path: pathlib.Path, old: bytes) -> bytes:
    reference = libtacit.Reference(old)
    archive: bytes = libtacit.compress(memoryview(old), 4, block_size="16K", threads=2, progress=count)
    archive += libtacit.compress(np.zeros(3), reference=reference)
    target = bytearray(libtacit.content_size(archive))
    n: int = libtacit.decompress_into(archive, target, reference=reference)
    compressor = libtacit.Compressor(3, memory="1G", mix=True)
    pieces: list[bytes] = [compressor.compress(b"a"), compressor.flush()]
    with libtacit.open(path, "wb", level=2) as file:
        file.write(b"".join(pieces))
    with libtacit.open(io.BytesIO(archive), "rt", encoding="utf-8") as text:
        line: str = str(text.readline())
    with libtacit.Archive(path, model="default.tmodel") as one:
        methods = [block.method for block in one.blocks if block.content_size > n]
        return one.read(len(line), 10) + "".join(methods).encode()


def parts(contents: list[bytes]) -> bytes:
    joiner = libtacit.Joiner(3, block_size=1 << 20)
    archive = b""
    for i, content in enumerate(contents):
        joiner.hash(content)
        header, payload = joiner.add(libtacit.encode_block(content, 3, block_size=1 << 20), i + 1 == len(contents))
        archive += header + payload
    return archive + joiner.finish()


def measures(texts: list[str]) -> npt.NDArray[np.float64]:
    model = libtacit.Model.default()
    ranked: list[libtacit.Ranked] = libtacit.rank([model, "context:3"], {"a": "A text."})
    costs: list[libtacit.Evaluation] = libtacit.evaluate(model, texts, window=256, first_token=None)
    odd: list[libtacit.Anomaly] = libtacit.anomalies(texts, top=1)
    chosen: libtacit.Selection = libtacit.select(texts, "10r")
    claims: libtacit.Detection = libtacit.detect(model, texts)
    html: str = libtacit.surprise(texts[0], model).html()
    print(ranked[0].name, odd[0].line, chosen.records, claims.statements, html, libtacit.to_pandas(ranked))
    made: bytes = libtacit.generate_from(b"seed", model, prompt="Dear all,")
    state: libtacit.Primed = libtacit.Primed.load(pathlib.Path("state"), model)
    state.save("copy")
    made += libtacit.generate(10, primed=state, kv="8") + libtacit.Primed(b"text", kv_keep=50).to_bytes()
    costs += libtacit.evaluate(model, texts, primed=state)
    try:
        print(libtacit.generate_back(made, model, prompt="Dear all,"))
    except (libtacit.ModelError, libtacit.NeedsReferenceError) as error:
        print(error.status)
    return costs[0].token_bits
