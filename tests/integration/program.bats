#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The program of the images that run, as shipped, for every architecture: under qemu-user, and without it
# on the machine's own.

bats_require_minimum_version 1.5.0

setup() {
    # shellcheck source=scripts/lib/programs.bash
    . "$TOP_SRCDIR/scripts/lib/programs.bash"
}

# for_each FUNCTION: calls it with each architecture and the file of its program.
for_each() {
    local architecture

    for architecture in "${ARCHITECTURES[@]}"; do
        can_emulate "$architecture" || skip "qemu-user is not installed (scripts/setup test)"
        unpack_program "$architecture" >"$BATS_TEST_TMPDIR/$architecture"
        chmod +x "$BATS_TEST_TMPDIR/$architecture"
        "$1" "$architecture" "$BATS_TEST_TMPDIR/$architecture" || {
            echo "on $architecture: $output"
            return 1
        }
    done
}

says() {
    OCIMOCK_MARKER=node.war OCIMOCK_IMAGE=team/app:v1 run -0 --separate-stderr emulate "$1" "$2" exit 0
    [[ ${lines[0]} == node.war && ${lines[1]} == image=team/app:v1 && $stderr == "" ]] &&
        [[ ${lines[2]} == "host=$(uname -n)" && ${lines[3]} == "kernel=$(uname -r)" ]] &&
        [[ ${lines[4]} == "architecture=$1" ]] &&
        [[ ${lines[5]} == "uid=$(id -u)" && ${lines[6]} == "gid=$(id -g)" ]] &&
        [[ ${lines[7]} =~ ^pid=[1-9][0-9]*$ && ${lines[8]} == ending && ${#lines[@]} == 9 ]]
}

@test "it says which image it is, then where it runs" {
    for_each says
}

says_no_more_than_it_knows() {
    run -0 env -u OCIMOCK_MARKER -u OCIMOCK_IMAGE OCIMOCK_MARKERS=x \
        bash -c '. "$0"; emulate "$@"' "$TOP_SRCDIR/scripts/lib/programs.bash" "$1" "$2" exit 0
    [[ ${lines[0]} == "no marker" && ${lines[1]} == host=* ]]
}

@test "an image without a marker says so" {
    for_each says_no_more_than_it_knows
}

ends_with() {
    local code

    for code in 0 1 42 255; do
        run "-$code" emulate "$1" "$2" exit "$code"
        [[ ${lines[-1]} == ending ]] || return
    done
}

@test "it ends with the code that it is told" {
    for_each ends_with
}

refuses() {
    local words

    for words in exit 'exit 256' 'exit x' 'exit -1' 'exit 1 2' 'exit 99999999999999999999' \
        'wait x' 'wait 1 2' 'sing' "''"; do
        eval "run -2 --separate-stderr emulate '$1' '$2' $words"
        [[ $output == "" && $stderr == "usage: app [wait [CODE]] | exit CODE" ]] || return
    done
}

@test "it refuses other words and shows its usage" {
    for_each refuses
}

# waits ARCHITECTURE FILE SIGNAL CODE WORD...: waits, and ends with CODE when SIGNAL comes.
waits() {
    local qemu line pid code=0

    qemu=$(emulator "$1")
    exec {from}< <(exec "$qemu" "$2" "${@:5}")
    pid=$!
    while read -r -t 30 -u "$from" line && [[ $line != "waiting for SIGTERM" ]]; do :; done
    [[ $line == "waiting for SIGTERM" ]] && kill "-$3" "$pid" || return
    wait "$pid" || code=$?
    exec {from}<&-
    [[ $code == "$4" ]]
}

waits_for_signals() {
    waits "$1" "$2" TERM 0 && waits "$1" "$2" INT 0 && waits "$1" "$2" TERM 0 wait && waits "$1" "$2" TERM 7 wait 7
}

@test "without words, or told to wait, it ends when a signal comes" {
    for_each waits_for_signals
}

@test "this machine runs its own without qemu" {
    local own

    own=$(uname -m)
    for architecture in "${ARCHITECTURES[@]}"; do
        [[ ${EMULATED[$architecture]} == "$own" ]] || continue
        unpack_program "$architecture" >"$BATS_TEST_TMPDIR/app"
        chmod +x "$BATS_TEST_TMPDIR/app"
        OCIMOCK_MARKER=registry.war run -3 "$BATS_TEST_TMPDIR/app" exit 3
        [[ ${lines[0]} == registry.war ]]
        return
    done
    skip "no program for $own is shipped"
}
