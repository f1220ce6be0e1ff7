# SPDX-License-Identifier: Apache-2.0
"""The include rule and the strict-arithmetic rule, by reading the sources.

- src/LAYERS and cli/LAYERS list every folder of their tree; a folder names only folders above it, includes
  only what it names, itself and include/tacit/, and uses all that it names.
- No file includes itself by way of other files; a .c file and its header count as one.
- cli/ and examples/ include include/tacit/ and their own headers only; nothing includes tests/ or lab/.
- Layers whose results an archive depends on use no libm, double, rand or locale.
"""
import pathlib
import re
import sys

from source_text import c_files, without_comments, without_comments_and_strings

STRICT = ["kernels", "coder", "token", "engine", "model", "gguf", "content", "predict", "methods", "archive",
          "generate"]
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


def layered_files(root, tree):
    """Each C file of src/ or cli/ in a folder of its own layer: path, layer."""
    for path in c_files(root / tree):
        parts = path.relative_to(root / tree).parts
        yield path, parts[0] if len(parts) > 1 else None


def layer_of(tree, name):
    """The layer of an included header; None if it is not one of the tree's."""
    if tree == "cli":
        return name.split("/")[1] if name.startswith("cli/") and name.count("/") > 1 else None
    return name.split("/")[0]


def check_tree(root, tree, layers, fail):
    """Every include of a tree goes upwards, and every grant is used."""
    used = {layer: set() for layer in layers}
    for folder in sorted(p.name for p in (root / tree).iterdir() if p.is_dir()):
        if folder not in layers:
            fail(f"{tree}/{folder} is not listed in {tree}/LAYERS")
    for path, layer in layered_files(root, tree):
        if layer is None:
            continue
        where = path.relative_to(root)
        for line, quoted, name in includes(path):
            if not quoted and name.startswith("tacit/"):
                fail(f"{where}:{line}: write \"{name}\" with quotes")
            if not quoted or name.startswith("tacit/"):
                continue
            other = layer_of(tree, name)
            if "/" not in name or name.startswith(".") or other is None:
                fail(f"{where}:{line}: {name}: headers are named from {'src/' if tree == 'src' else 'the top'}")
            elif other != layer and other not in layers.get(layer, ()):
                fail(f"{where}:{line}: {layer} may not include {name} ({tree}/LAYERS)")
            else:
                used.setdefault(layer, set()).add(other)
    for layer, grants in layers.items():
        for other in sorted(grants - used[layer]):
            fail(f"{tree}/LAYERS: {layer} does not use {other}")


def check_circles(root, tree, fail):
    """A file and its header are one unit; no unit may include itself by way of others."""
    units = {}
    for path in c_files(root / tree):
        name = str(path.relative_to(root / tree if tree == "src" else root).with_suffix(""))
        names = units.setdefault(name, set())
        names |= {other[:-2] for _, quoted, other in includes(path) if quoted and other.endswith(".h")}
    done, trail = set(), []

    def visit(name):
        if name in trail:
            fail(f"{tree}: a circle of includes: " + " -> ".join([*trail[trail.index(name):], name]))
        elif name in units and name not in done:
            trail.append(name)
            for other in sorted(units[name] - {name}):
                visit(other)
            done.add(trail.pop())

    for name in sorted(units):
        visit(name)


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
    for tree in ("src", "cli"):
        layers = read_layers(root / tree / "LAYERS", failures.append)
        check_tree(root, tree, layers, failures.append)
        check_circles(root, tree, failures.append)
    for folder in ("include", "examples"):
        check_outside(root, folder, failures.append)
    check_strict(root, failures.append)
    print("\n".join(failures))
    print(f"{len(failures)} failures")
    return bool(failures)


sys.exit(main())
