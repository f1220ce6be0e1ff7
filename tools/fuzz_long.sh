#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# usage: tools/fuzz_long.sh TARGET SECONDS      e.g. tools/fuzz_long.sh decoder 86400
# Runs one libFuzzer target (tests/fuzz/fuzz_TARGET.c) on all processors. What it learns is kept in
# build/fuzz/tests/fuzz/found/TARGET, and so are inputs that fail, named crash-*, oom-*, timeout-*.
set -eu
cd "$(dirname "$0")/.."
target=$1 seconds=$2
cmake --preset fuzz >/dev/null
cmake --build --preset fuzz
cd build/fuzz/tests/fuzz
./make_seeds seeds
mkdir -p "found/$target" "seeds/$target"
exec "./fuzz_$target" -fork="$(nproc)" -max_total_time="$seconds" -timeout=60 -rss_limit_mb=3000 \
    -artifact_prefix="found/$target/" "found/$target" "seeds/$target"
