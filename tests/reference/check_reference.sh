#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# check_reference.sh TACIT REFERENCE SOURCE_DIR: the second decoder reads what the first encoder wrote, and
# every golden archive made by context models; and refuses a damaged one.
set -eu
tacit=$1 reference=$2 source=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
n=0

# compare CONTENT ARCHIVE [REFERENCE]
compare() {
    "$reference" "$2" ${3:+"$3"} | cmp - "$1"
    n=$((n + 1))
}

head -c 30000 "$tacit" >"$work/binary"
head -c 9000 "$source/LICENSE" >"$work/text"
head -c 7000 /dev/urandom >"$work/random"
: >"$work/empty"
cat "$work/text" "$work/random" "$work/random" "$work/text" >"$work/repeats"
for name in empty text binary random repeats; do
    for options in -1 -2 -3 -6 "-1 --block-size 4K" "-3 --block-size 8K"; do
        # shellcheck disable=SC2086
        "$tacit" --no-model $options -c "$work/$name" >"$work/archive"
        compare "$work/$name" "$work/archive"
        [ $name = text ] || [ "$options" = -1 ] || continue # joined are some of each kind
        cat "$work/archive" >>"$work/all.tct"
        cat "$work/$name" >>"$work/all"
    done
done
compare "$work/all" "$work/all.tct"

# With a reference: both forms and the brief one, copies and their ends, content whose type is not the reference's.
head -c 20000 "$source/docs/format.md" >"$work/old"
{ head -c 15000 "$work/old"; echo a line; tail -c 9000 "$work/old"; head -c 3000 "$tacit"; } >"$work/new"
head -c 700 "$work/text" >"$work/record"
for name in new record; do
    for options in -1 -4 -6 "-3 --block-size 8K"; do
        # shellcheck disable=SC2086
        "$tacit" --no-model $options -D "$work/old" -c "$work/$name" >"$work/archive"
        compare "$work/$name" "$work/archive" "$work/old"
    done
done
"$tacit" --no-model -3 -D "$work/old" -c "$work/record" >"$work/archive"
for wrong in "" "$work/new"; do
    if "$reference" "$work/archive" ${wrong:+"$wrong"} >/dev/null 2>&1; then
        echo "an archive was read without its reference"
        exit 1
    fi
done

# Left out: archives that name a language model (bits 5-6 of the fifth byte), which the page does not specify, and
# those that name a reference (bit 7, or the brief form), which test_golden makes.
n_models=0
n_references=0
for archive in "$source"/tests/golden/*.tct "$source"/tests/golden/*/*.tct; do
    flags=$(od -An -tu1 -j4 -N1 "$archive")
    [ "$(od -An -tx1 -j1 -N1 "$archive")" = " 54" ] || flags=128 # brief form
    if [ $((flags & 96)) -ne 0 ]; then
        n_models=$((n_models + 1))
        continue
    fi
    if [ $((flags & 128)) -ne 0 ]; then
        n_references=$((n_references + 1))
        continue
    fi
    "$tacit" -d -c "$archive" >"$work/golden"
    compare "$work/golden" "$archive"
done

"$tacit" -3 -c "$work/text" >"$work/archive"
printf 'x' | dd of="$work/archive" bs=1 seek=1000 conv=notrunc 2>/dev/null
if "$reference" "$work/archive" >/dev/null 2>"$work/message"; then
    echo "a damaged archive was not refused"
    exit 1
fi
grep -q 'payload check' "$work/message"
echo "$n archives read, golden ones left out: $n_models with a language model, $n_references with a reference"
