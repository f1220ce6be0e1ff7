#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Builds and runs every test: this build's, and every other compiler, sanitizer and machine's as one test
# each. Installs what it needs (tools/setup.sh). Ends with ctest's summary and its exit status.
set -eu
cd "$(dirname "$0")/.."
sh tools/setup.sh test
jobs=$(nproc)
cmake --preset ci
cmake --build --preset ci -j "$jobs"
# Tests of a real model want this one; without the network they are skipped.
export XDG_DATA_HOME="$PWD/build/data"
[ -f "$XDG_DATA_HOME/tacit/models/smollm2-135m.tmodel" ] ||
    build/ci/cli/tacit model fetch smollm2-135m || echo "no smollm2-135m: its tests are skipped"
exec ctest --preset ci -j "$jobs"
