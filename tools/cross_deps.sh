#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The libraries that a cross build links, built for the target from Debian's source packages:
#     tools/cross_deps.sh TRIPLE...      e.g. aarch64-linux-gnu riscv64-linux-gnu s390x-linux-gnu
# They go to build/deps/TRIPLE, where cmake/toolchain.cmake looks; what is there already is kept. One way
# for all targets, since Debian 12 has no riscv64 packages. Needs the cross gcc, make and network.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
deps=$root/build/deps
mkdir -p "$deps/src"

# apt's own fetching and signature checks, with deb-src lines and lists of our own: the system's stay.
fetch_source() {
    package=$1
    ls "$deps/src/$package"-*/ >/dev/null 2>&1 && return
    apt=$deps/apt
    mkdir -p "$apt/lists/partial"
    if [ ! -s "$apt/sources.list" ]; then
        key=/usr/share/keyrings/debian-archive-keyring.gpg
        apt-get indextargets --format "deb-src [signed-by=$key] \$(REPO_URI) \$(CODENAME) main" \
            'Created-By: Packages' 'Component: main' 'Codename: bookworm' 'Origin: Debian' |
            sort -u >"$apt/sources.list"
        apt_private update -qq
    fi
    (cd "$deps/src" && apt_private source -qq "$package" >/dev/null)
}

apt_private() {
    apt-get -o Dir::Etc::SourceList="$apt/sources.list" -o Dir::Etc::SourceParts=/dev/null \
        -o Dir::State::Lists="$apt/lists" -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= \
        -o APT::Sandbox::User=root "$@"
}

build_zstd() {
    triple=$1 prefix=$deps/$1
    work=$deps/work/$triple/zstd
    mkdir -p "$deps/work/$triple"
    cp -r "$deps"/src/libzstd-*/ "$work"
    make -s -C "$work/lib" -j2 libzstd.a CC="$triple-gcc" AR="$triple-ar" \
        CFLAGS='-O2 -fPIC -w' ZSTD_LEGACY_SUPPORT=0 >/dev/null
    make -s -C "$work/lib" install-static install-includes install-pc PREFIX="$prefix" >/dev/null
}

fetch_source libzstd
for triple; do
    [ -e "$deps/$triple/done" ] && continue
    rm -rf "$deps/$triple" "$deps/work/$triple"
    build_zstd "$triple"
    cp /usr/include/xxhash.h "$deps/$triple/include/" # header only: the same for every machine
    rm -rf "$deps/work/$triple"
    touch "$deps/$triple/done"
done
