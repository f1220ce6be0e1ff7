#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Builds bench/NAME.c against the library of a release build and runs it.
#
#     bench/run.sh NAME ARGUMENT...
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
name=$1
shift
cmake --preset release -S "$root" >/dev/null
cmake --build "$root/build/release" --target tacit_static >/dev/null
mkdir -p "$root/build/release/bench"
${CC:-cc} -std=c17 -O2 -ffp-contract=off -I"$root/include" -I"$root/src" "$root/bench/$name.c" \
    "$root/build/release/libtacit.a" $(pkg-config --libs libzstd) -lpthread -lm -o "$root/build/release/bench/$name"
exec "$root/build/release/bench/$name" "$@"
