#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# check_reference.sh TACIT REFERENCE SOURCE_DIR GOLDEN GOLDEN_MODEL GOLDEN_SHAPES [few]: the second decoder reads what the
# first encoder wrote, and every golden archive; and refuses a damaged one. The last three programs are test_golden,
# test_golden_model and test_golden_shapes, which know what the golden archives hold. With `few` it reads every sixth
# golden archive: sanitizers take long, and ask about the decoder alone.
set -eu
tacit=$1 reference=$2 source=$3 golden=$4 golden_model=$5 golden_shapes=$6 few=${7-}
model=$source/models/default.tmodel
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
n=0

# compare CONTENT ARCHIVE [REFERENCE]
compare() {
    "$reference" -n "$work/notes" "$2" ${3:+"$3"} | cmp - "$1"
    n=$((n + 1))
}

head -c 30000 "$tacit" >"$work/binary"
head -c 9000 "$source/LICENSE" >"$work/text"
head -c 7000 /dev/urandom >"$work/random"
: >"$work/empty"
cat "$work/text" "$work/random" "$work/random" "$work/text" >"$work/repeats"
for name in empty text binary random repeats; do
    for options in -1 -2 -3 -4 "-1 --block-size 4K" "-2 --block-size 8K"; do
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
    for options in -1 -3 -4 "-2 --block-size 8K"; do
        # shellcheck disable=SC2086
        "$tacit" --no-model $options -D "$work/old" -c "$work/$name" >"$work/archive"
        compare "$work/$name" "$work/archive" "$work/old"
    done
done
"$tacit" --no-model -2 -D "$work/old" -c "$work/record" >"$work/archive"
for wrong in "" "$work/new"; do
    if "$reference" "$work/archive" ${wrong:+"$wrong"} >/dev/null 2>&1; then
        echo "an archive was read without its reference"
        exit 1
    fi
done

# The linked-in model: forms of content, streams, kinds of KV cache, whole tokens, a reference.
compare_model() {
    "$reference" -n "$work/notes" -m "$model" "$2" ${3:+"$3"} | cmp - "$1"
    n=$((n + 1))
}
head -c 600 "$source/LICENSE" >"$work/prose"
sed 's/$/\r/' "$work/prose" >"$work/crlf"
{ head -c 600 "$work/prose"; head -c 600 "$tacit"; tail -c 300 "$work/prose"; } >"$work/both"
for case in "prose --streams 2" "prose --mix off" "prose --kv k4v2" "prose --kv 3" "crlf --kv 4" "both --streams 3"; do
    name=${case%% *}
    # shellcheck disable=SC2086
    "$tacit" ${case#* } -c "$work/$name" >"$work/archive"
    compare_model "$work/$name" "$work/archive"
done
"$tacit" --streams 2 -D "$work/record" -c "$work/prose" >"$work/archive"
compare_model "$work/prose" "$work/archive" "$work/record"

# Weights of 7 bits, which lie in planes of all three widths.
"$tacit" model quantize -q --bits 7 "$model" -o "$work/few.tmodel" >/dev/null
"$tacit" -m "$work/few.tmodel" -c "$work/record" >"$work/archive"
"$reference" -m "$work/few.tmodel" "$work/archive" | cmp - "$work/record"

# left_out ARCHIVE: whether it is none of the few. The largest takes a third of the time, so that it never is.
n_seen=0
left_out() {
    n_seen=$((n_seen + 1))
    [ -n "$few" ] && case $1 in */recalls_model/*) true ;; *) [ $((n_seen % 6)) != 0 ] ;; esac
}

# Golden archives. Left out: one of SmolLM2, whose file is not here. Between them they have all that the format has.
: >"$work/notes"
"$golden" --contents "$work" >"$work/log"
for archive in "$source"/tests/golden/*/*.tct; do
    ! left_out "$archive" || continue
    name=$(basename "$(dirname "$archive")")-$(basename "$archive" .tct)
    other=
    [ ! -e "$work/$name.reference" ] || other=$work/$name.reference
    case $name in
    shapes-*) ;; # below
    default-* | reference_model-* | reference_versed-* | recalls_model-*) compare_model "$work/$name" "$archive" "$other" ;;
    *) compare "$work/$name" "$archive" "$other" ;;
    esac
done
"$golden_model" --models "$work" >"$work/log"
# Another tokenizer than the linked-in model's, whose rules the archive names, as the decoder cuts text: a primer, and a
# reference.
head -c 1000 "$work/model-content" >"$work/old"
tail -c 300 "$work/model-content" >"$work/new"
sed 's/^/12:31:09 /' "$work/new" >"$work/timed"
for case in "new -D $work/old" timed; do
    name=${case%% *}
    # shellcheck disable=SC2086
    "$tacit" -9 -m "$work/model0.tmodel" ${case#"$name"} -c "$work/$name" >"$work/archive"
    "$tacit" list -v "$work/archive" | grep -q ' model$' || { echo "$case: the model is not used"; exit 1; }
    "$reference" -m "$work/model0.tmodel" "$work/archive" "$work/old" | cmp - "$work/$name"
    n=$((n + 1))
done
for archive in "$source"/tests/golden/model*.tct; do
    ! left_out "$archive" || continue
    name=$(basename "$archive")
    model=$work/${name%%-*}.tmodel
    compare_model "$work/model-content" "$archive" "$work/model-reference"
done
"$golden_shapes" --models "$work" >"$work/log"
for archive in "$source"/tests/golden/shapes/*.tct; do
    ! left_out "$archive" || continue
    name=$(basename "$archive")
    model=$work/${name%%-*}.tmodel
    holds=content
    [ "${name#*-}" != primed.tct ] || holds=timed
    compare_model "$work/shapes-$holds" "$archive" "$work/shapes-reference"
done
[ -n "$few" ] || python3 "$source/tests/reference/golden_kinds.py" "$work/notes" "$source/docs"
if "$reference" -m "$work/model0.tmodel" "$source/tests/golden/model1-mixed1.tct" >/dev/null 2>&1; then
    echo "an archive was read with another model than its own"
    exit 1
fi

"$tacit" -2 -c "$work/text" >"$work/archive"
printf 'x' | dd of="$work/archive" bs=1 seek=1000 conv=notrunc 2>/dev/null
if "$reference" "$work/archive" >/dev/null 2>"$work/message"; then
    echo "a damaged archive was not refused"
    exit 1
fi
grep -q 'payload check' "$work/message"
echo "$n archives read"
