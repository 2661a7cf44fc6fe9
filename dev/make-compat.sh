#!/usr/bin/env bash
# Make a Debian tree that stands in for EESSI's compat layer: its gcc builds with the tree's own loader and C library.
# usage: dev/make-compat.sh FOLDER [FINAL]     as root; takes one or two minutes and 600 MB
#   FINAL  where the tree will be mounted; what gcc writes into binaries are paths below it
# tests/e2e/test_sysroot.py makes one, or takes yours: EESSI_STACK_TEST_COMPAT=FOLDER pytest ...
set -euo pipefail
folder=${1:?folder to make}
final=${2:-/cvmfs/software.eessi.io/versions/2023.06/compat/linux/$(uname -m)}
triplet=$(uname -m)-linux-gnu

debootstrap --variant=minbase --include=gcc,g++,make,zlib1g-dev bookworm "$folder"

# Debian's loader is an absolute link, which would lead to the host's.
loader=$(basename "$(ls "$folder"/usr/lib64/ld-linux*.so.*)")
ln -sfn "../lib/$triplet/$loader" "$folder/usr/lib64/$loader"

# Three things keep the host out: the sysroot, for the compiler and the linker (whose libc.so is a script with absolute
# paths); the loader; and run paths as RPATH, which libraries of libraries inherit. RUNPATH is for the library alone.
specs=$(chroot "$folder" gcc -dumpspecs)
link="-rpath $final/lib/$triplet -rpath $final/usr/lib/$triplet --disable-new-dtags --sysroot=$final"
sed -e "/^\*link:/{n;s|^|$link |}" \
  -e "/^\*self_spec:/{n;s|^|%{!-sysroot=*:--sysroot=$final} |}" \
  -e "s|/lib64/$loader|$final/lib64/$loader|g" <<<"$specs" >"$(ls -d "$folder/usr/lib/gcc/$triplet"/*)/specs"
