#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# usage: tools/setup.sh build | demo | test      Debian 12, as root or with sudo
# Installs what building, tools/demo.sh or tools/test.sh needs; with all there it changes nothing.
set -eu
# python3: configuring wants it for the tests, which the release preset builds too; python3-dev and
# python3-venv: bindings/python.
packages="build-essential cmake ninja-build pkg-config libzstd-dev libxxhash-dev libjansson-dev libcurl4-openssl-dev
    python3 python3-dev python3-venv"
case ${1-} in
build) ;;
demo) packages="$packages xz-utils zstd" ;;
test)
    packages="$packages git python3-pip xz-utils zstd zsh
        chromium clang-14 clang-tools-14 clang-format-14 clang-tidy-14 llvm-14 libclang-rt-14-dev dpkg-dev qemu-user"
    for machine in aarch64 riscv64 s390x; do
        packages="$packages gcc-$machine-linux-gnu"
    done
    packages="$packages libc6-dev-arm64-cross libc6-dev-riscv64-cross libc6-dev-s390x-cross file less
        shared-mime-info openjdk-17-jre-headless"
    ;;
*)
    sed -n '3s/^# //p' "$0" >&2
    exit 2
    ;;
esac

missing=
for package in $packages; do
    case $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true) in
    installed) ;;
    *) missing="$missing $package" ;;
    esac
done
[ -n "$missing" ] || exit 0

sudo=
[ "$(id -u)" = 0 ] || sudo=sudo
export DEBIAN_FRONTEND=noninteractive
$sudo apt-get update -q
# shellcheck disable=SC2086 # one word a package
$sudo apt-get install -qy --no-install-recommends $missing
