#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# context_table.sh FILE...: what each context costs and earns (bench/context_table.c); needs a release build.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
program=$(mktemp)
trap 'rm -f "$program"' EXIT
gcc -O2 -D_GNU_SOURCE -I"$root/src" -I"$root/include" "$root/bench/context_table.c" "$root/build/release/libtacit.a" \
    -Wl,--wrap=components_for -Wl,--wrap=slot_table_find -lzstd -lm -lpthread -o "$program"
"$program" "$@"
