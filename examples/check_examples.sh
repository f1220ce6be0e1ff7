#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# check_examples.sh FOLDER-OF-EXAMPLES FILE: each example does what its first lines say.
set -eu
bin=$1 file=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$bin/example_buffer" | grep -q "^51 bytes became [0-9]*: success$"
"$bin/example_one_shot" "$file"
for level in 1 3 6; do
    "$bin/example_streaming" -$level <"$file" >"$work/archive"
    "$bin/example_streaming" -d <"$work/archive" | cmp - "$file"
done
"$bin/example_random_access" "$work/archive"
"$bin/example_random_access" "$work/archive" 1000 80 >"$work/range"
tail -c +1001 "$file" | head -c 80 | cmp - "$work/range"

if "$bin/example_streaming" -d <"$file" >/dev/null 2>"$work/message"; then
    exit 1
fi
grep -q 'not a tacit archive' "$work/message"
