#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# usage: tools/demo.sh [FILE]
# Builds tacit, compresses FILE (by default the text of a license that every Debian has), restores it, and
# shows its size beside xz's and zstd's. Installs what it needs (tools/setup.sh).
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
file=${1:-/usr/share/common-licenses/GPL-3}
sh "$here/tools/setup.sh" demo
(cd "$here" && cmake --preset release >/dev/null && cmake --build --preset release)
tacit=$here/build/release/cli/tacit

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$tacit" -q "$file" -o "$work/archive.tct"
"$tacit" -q -d "$work/archive.tct" -o "$work/restored"
cmp "$file" "$work/restored"

echo
printf '%-24s %10d bytes\n' "$file" "$(wc -c <"$file")"
printf '%-24s %10d bytes\n' 'xz -9e' "$(xz -9e -c "$file" | wc -c)"
printf '%-24s %10d bytes\n' 'zstd --ultra -22' "$(zstd -q --ultra -22 -c "$file" | wc -c)"
printf '%-24s %10d bytes, restored to the same bytes\n' tacit "$(wc -c <"$work/archive.tct")"
