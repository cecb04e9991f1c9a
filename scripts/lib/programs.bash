# SPDX-License-Identifier: MIT
# The programs of fixtures/program/ as files, and running them on any machine. For scripts and tests.
# shellcheck shell=bash

PROGRAMS=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../fixtures/program" && pwd)

# What the compilers call each architecture.
# shellcheck disable=SC2034 # for those who source this
declare -gA TRIPLETS=(
    [amd64]=x86_64-linux-gnu [arm64]=aarch64-linux-gnu [ppc64le]=powerpc64le-linux-gnu
    [riscv64]=riscv64-linux-gnu [s390x]=s390x-linux-gnu
)
# And qemu.
declare -gA EMULATED=(
    [amd64]=x86_64 [arm64]=aarch64 [ppc64le]=ppc64le [riscv64]=riscv64 [s390x]=s390x
)
# shellcheck disable=SC2034 # for those who source this
ARCHITECTURES=(amd64 arm64 ppc64le riscv64 s390x)

# The shipped bytes for an architecture on standard output.
unpack_program() {
    printf '%b' "$(grep -o '0x[0-9a-f][0-9a-f]' "$PROGRAMS/$1.inc" | sed 's/^0x/\\x/' | tr -d '\n')"
}

emulator() {
    command -v "qemu-${EMULATED[$1]}" || command -v "qemu-${EMULATED[$1]}-static"
}

can_emulate() {
    emulator "$1" >/dev/null
}

# emulate ARCHITECTURE FILE WORD...: runs it under qemu-user.
emulate() {
    local qemu

    qemu=$(emulator "$1") || return
    "$qemu" "${@:2}"
}
