# SPDX-License-Identifier: Apache-2.0
"""The README's lines of Python run, one behind the other."""

import builtins
import re

from conftest import SOURCE


def test_readme(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"(?s)```python\n(.*?)```", (SOURCE / "bindings/python/README.md").read_text())
    assert len(blocks) >= 4
    names = {"open": builtins.open}
    for block in blocks:
        exec(compile(block, "README.md", "exec"), names)
