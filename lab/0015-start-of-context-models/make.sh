#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# make.sh TRAIN_FOLDER TABLE [codes]: a table like src/predict/start/trained_text.bin, from a release build; with `codes` one like
# trained_words.bin.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$here/../..
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 "$here/sample.py" "$1" "$work/pieces"
cc -O2 -std=gnu11 -I"$root/src" -I"$root/include" -I"$root/build/release/include" "$here/train.c" \
    "$root/build/release/libtacit.a" -lzstd -lm -lpthread -o "$work/train"
"$work/train" ${3:+codes} "$work/learnt" "$work"/pieces/*
python3 "$here/factor.py" "$work/learnt" "$2"
