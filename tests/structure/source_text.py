# SPDX-License-Identifier: Apache-2.0
"""What the structure tests share: the project's C files and their text without comments and strings."""
import pathlib
import re

_TOKEN = re.compile(
    r"//[^\n]*|/\*.*?\*/"  # comments
    r'|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'',  # strings and characters
    re.S,
)


def c_files(folder):
    """Every .c, .h and .inc below folder, sorted."""
    return sorted(p for p in pathlib.Path(folder).rglob("*") if p.suffix in (".c", ".h", ".inc"))


def _blank(match):
    text = match.group(0)
    if text[0] == "/":
        return " " + "\n" * text.count("\n")
    return text[0] * 2


def without_comments(text):
    """Comments become a space; line numbers stay. Strings stay."""
    return _TOKEN.sub(lambda m: _blank(m) if m.group(0)[0] == "/" else m.group(0), text)


def without_comments_and_strings(text):
    return _TOKEN.sub(_blank, text)
