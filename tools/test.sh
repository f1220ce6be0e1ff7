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
exec ctest --preset ci -j "$jobs"
