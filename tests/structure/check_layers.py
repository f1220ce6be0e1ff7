# SPDX-License-Identifier: Apache-2.0
"""The include rule and the strict-arithmetic rule, by reading the sources.

- src/LAYERS lists every folder of src/; a folder names only folders above it and includes only what it
  names, itself and include/tacit/.
- cli/ and examples/ include include/tacit/ and their own headers only; nothing includes tests/ or lab/.
- Layers whose results an archive depends on use no libm, double, rand or locale.
"""
import pathlib
import re
import sys

from source_text import c_files, without_comments, without_comments_and_strings

STRICT = ["kernels", "coder", "token", "model", "predict", "codec"]
FORBIDDEN = [
    (r"\bdouble\b", "double"),
    (r"<(?:math|tgmath|fenv|complex|locale)\.h>", "libm or locale header"),
    (r"\b(?:s?rand|rand_r|random|drand48|setlocale|strto[fd]|strtold|atof)\s*\(", "libc call"),
    (r"\b(?:exp|exp2|expm1|log|log2|log10|log1p|pow|tanh|sin|cos|erf|fma|rint|round|floor|ceil)"
     r"[fl]?\s*\(", "libm call"),
    # Without its f, the constant and all it meets are computed in double.
    (r"(?<![\w.])(?:\d+\.\d*|\.\d+)(?:[eE][+-]?\d+)?(?![\w.])|(?<![\w.])\d+[eE][+-]?\d+(?![\w.])",
     "floating constant without f"),
    (r"(?<![\w.])0[xX][0-9a-fA-F]*\.?[0-9a-fA-F]*[pP][+-]?\d+(?![\w.])",
     "floating constant without f"),
]
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]+(["<])([^">]+)[">]', re.M)


def read_layers(path, fail):
    layers = {}
    for number, line in enumerate(path.read_text().splitlines(), 1):
        line = line.split("#")[0].strip()
        if not line:
            continue
        name, _, below = line.partition(":")
        for other in below.split():
            if other not in layers:
                fail(f"{path}:{number}: {name} names {other}, which is not above it")
        layers[name.strip()] = set(below.split())
    return layers


def includes(path):
    text = without_comments(path.read_text())
    for match in INCLUDE.finditer(text):
        yield text.count("\n", 0, match.start()) + 1, match.group(1) == '"', match.group(2)


def check_src(root, layers, fail):
    src = root / "src"
    for folder in sorted(p.name for p in src.iterdir() if p.is_dir()):
        if folder not in layers:
            fail(f"src/{folder} is not listed in src/LAYERS")
    for path in c_files(src):
        where = path.relative_to(root)
        layer = where.parts[1]
        allowed = layers.get(layer, set()) | {layer, "tacit"}
        for line, quoted, name in includes(path):
            if not quoted:
                if name.startswith("tacit/"):
                    fail(f"{where}:{line}: write \"{name}\" with quotes")
            elif "/" not in name or name.startswith("."):
                fail(f"{where}:{line}: write \"{layer}/{name}\": headers are named from src/")
            elif name.split("/")[0] not in allowed:
                fail(f"{where}:{line}: {layer} may not include {name} (src/LAYERS)")


def check_outside(root, folder, fail):
    for path in c_files(root / folder):
        where = path.relative_to(root)
        own = {p.name for p in path.parent.glob("*.h")}
        for line, quoted, name in includes(path):
            if quoted and not name.startswith("tacit/") and name not in own:
                fail(f"{where}:{line}: {folder} includes include/tacit/ and its own headers only")


def check_strict(root, fail):
    for layer in STRICT:
        for path in c_files(root / "src" / layer):
            text = without_comments_and_strings(path.read_text())
            for pattern, what in FORBIDDEN:
                for match in re.finditer(pattern, text):
                    line = text.count("\n", 0, match.start()) + 1
                    fail(f"{path.relative_to(root)}:{line}: {what}: {match.group(0).strip()}")


def main():
    root = pathlib.Path(sys.argv[1])
    failures = []
    layers = read_layers(root / "src" / "LAYERS", failures.append)
    check_src(root, layers, failures.append)
    for folder in ("include", "cli", "examples"):
        check_outside(root, folder, failures.append)
    check_strict(root, failures.append)
    print("\n".join(failures))
    print(f"{len(layers)} layers, {len(failures)} failures")
    return bool(failures)


sys.exit(main())
