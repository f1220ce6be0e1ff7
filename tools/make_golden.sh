#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Makes the golden archives and the table of sizes anew, from a release build, and shows what changed in
# sizes. For new variants alone, which it writes beside the others: format 1 is final, so that archives of
# a release never change, nor what they are made of.
set -eu
cd "$(dirname "$0")/.."
cmake --preset release >/dev/null
cmake --build --preset release -j 2
build/release/tests/golden/test_golden --write tests/golden
build/release/tests/golden/test_golden tests/golden
build/release/tests/golden/test_golden_model tests/golden
build/release/tests/golden/test_golden_shapes --write tests/golden
build/release/tests/golden/test_golden_shapes tests/golden
build/release/tests/golden/test_golden_smollm2 --write tests/golden || [ $? -eq 77 ] # no such model here
build/release/tests/regression/test_sizes --write tests/regression/results.csv
git diff --stat -- tests/golden
git diff -U0 -- tests/regression/results.csv
