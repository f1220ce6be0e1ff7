# SPDX-License-Identifier: Apache-2.0
"""Every number in the tables of docs/format.md has a golden archive.

golden_kinds.py NOTES DOCS

NOTES is what the second decoder noted of all golden archives (reference_decoder -n). What must be there is read from the
tables where they have numbers, and listed below where they have bits. A number that the format gets and that no golden archive
has fails here; so does one that the second decoder does not note.
"""
import pathlib
import re
import sys

# Bits and choices, as the second decoder names them: a value for each.
CHOICES = {
    "single": (0, 1), "brief": (1, 2, 3), "reference": (0, 1, 2, 3), "method of a reference": (1, 2, 3),
    "strength": (0, 1, 2), "several segments": (0, 1), "trained": (0, 1, 2), "raw": (0, 1), "copy": (1, 2), "context reads reference": (0, 1),
    "line ends": (0, 1, 2), "recoded": (0, 1, 2), "form as before": (0, 1), "colon": (0, 1), "middle": (0, 1), "prefix": (0, 1),
    "upper start": (0, 1), "size of words": (0, 1, 2, 3), "bit of words": range(6, 12),
    # Twice the bit's number, 4 more for each form, and its value; bit 3 of base64 and bits 2 and 3 of hexadecimal are 0.
    "bit of form": [k for k in range(47) if k not in (15, 21, 23, 41, 43, 45)],
    "letters of a word": (0, 1, 2), "bytes of a code": (2, 3), "escape": (0, 1),
    "usual": (0, 1), "versed": (0, 1), "unmixed": (0, 1), "primed": (0, 1), "small": (0, 1), "model reads reference": (0, 1), "arranged": (0, 1),
    "model recalls": (0, 1), "model restates": (0, 1), "context recalls": (0, 1), "context restates": (0, 1),
    "restated time": (0, 1), "restated root": (0, 1), "copy found": (0, 1, 2),
    "several streams": (0, 1), "share": (0, 1, 2), "tar headers": (0, 1), "gaps": (0, 1),
    # Of models. A flag is twice the bit's number, and its value; a pre the first of those that mean the same, in the decoder's list.
    "norm": (0, 1), "activation": range(4), "kind of weights": range(8), "flag of a model": range(38), "cap on logits": (0, 1, 2),
    "windows": (0, 1, 2), "more than 64 numbers a head": (0, 1),
    "rotated": (0, 1, 2), "rope for windows": (0, 1), "gain of rope": (0, 1), "scale of scores": (0, 1), "cap on scores": (0, 1),
    "gain of embedding": (0, 1), "form of tokens": (1, 2, 3), "form of cut text": (1, 2, 3), "pre": (0, 1, 5, 10, 12, 15),
}


def rows(text, begin, end, header):
    """The first column's numbers of the table with that header."""
    part = text[text.index(begin):text.index(end)]
    part = part[part.index(header):].split("\n\n")[0]
    return [int(n) for n in re.findall(r"^ *\| (\d+) \|", part, re.M)]


def listed(text, begin, end):
    """Numbers that stand before what they mean: `0 text, 1 base64` or `0: keys; 1: of 4 bits`."""
    part = text[text.index(begin) + len(begin):]
    return sorted({int(n) for n in re.findall(r"(?:^|[,;.]\s)(?:Kind )?(\d):? (?=[a-z0-9])", part[:part.index(end)])})


def wanted(docs):
    text = (docs / "format.md").read_text()
    found = {
        "version": [1],
        "identity": listed(text, "**Model identity.** ", "**Reference.**"),
        "method": rows(text, "## 4. Methods", "## 5. ", "| method |"),
        "type": rows(text, "### 5.1 ", "### 5.2 ", "| type |"),
        "form": listed(text, "| 1 | form | bits 4-7: ", " Bits 0-3"),
        "base": listed(text, "| | 4-5 | ", " 3 is reserved"),
        "characters": listed(text, "blanks before the characters - 1 |\n  | | 6-7 | ", " |\n"),
        "digits": rows(text, "### 5.7 ", "## 6. ", "| digits |"),
        "cache": listed(text, "Bits 0-6: ", "Bit 7:"),
    }
    for name, numbers in found.items():
        if (len(numbers) < 3 and name != "version") or numbers != list(range(numbers[0], numbers[-1] + 1)):
            sys.exit(f"golden_kinds.py: cannot read the numbers of {name}: {numbers}")
    return {(name, n) for table in (found, CHOICES) for name, numbers in table.items() for n in numbers}


def main():
    notes, docs = map(pathlib.Path, sys.argv[1:])
    noted = {(name, int(n)) for name, n in (line.rsplit(" ", 1) for line in notes.read_text().splitlines())}
    missing = sorted(wanted(docs) - noted)
    for name, n in missing:
        print(f"no golden archive has {name} {n}")
    print(f"{len(wanted(docs))} kinds, {len(missing)} without a golden archive")
    return bool(missing)


sys.exit(main())
