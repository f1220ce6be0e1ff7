#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# usage: run.sh PRESET LABEL [TARGET]   configures one preset, builds what the label's tests run, or TARGET, and
# tests it, but for what looks at the sources alone; a preset whose selection holds no test fails, since it would
# prove nothing.
set -eu
preset=$1 label=$2
target=${3-tests_$label}
[ "$label" = fast ] && target=all
cmake --preset "$preset" >/dev/null
cmake --build --preset "$preset" -j 2 --target "$target"
exec ctest --preset "$preset" --no-tests=error -L "$label" -LE structure
