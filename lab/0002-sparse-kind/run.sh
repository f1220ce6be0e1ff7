#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Prints bits a byte, and bytes by zstd, of models with zeros and with few bits.
# usage: run.sh TACIT CALIBRATION TEXT...
set -eu
tacit=$1 calibration=$2
shift 2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for what in weights 2:4; do
    "$tacit" model prune default --what $what --by sparsegpt --calibrate "$calibration" -o "$work/$what.tmodel"
done
for bits in 5 4 3; do
    "$tacit" model quantize default --bits $bits --method gptq --calibrate "$calibration" -o "$work/$bits.tmodel"
done
"$tacit" eval default "$work"/*.tmodel -- "$@"
for model in "$work"/*.tmodel; do
    echo "$(basename "$model") $(wc -c <"$model") zstd -19: $(zstd -19 -c "$model" | wc -c)"
done
