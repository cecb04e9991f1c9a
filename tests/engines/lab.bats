#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# scripts/lab, the first command of the README, with the program that is built already.

bats_require_minimum_version 1.5.0
load lib

setup() {
    [[ ${ENGINES_ENTERED-} == yes ]]
    export TMPDIR=$BATS_TEST_TMPDIR HOME=$BATS_TEST_TMPDIR OCIMOCK=${OCIMOCK:-$TOP_BUILDDIR/ocimock}
}

@test "lab: pushes, pulls and finds the same digests, with each engine" {
    local engine

    need podman skopeo
    for engine in podman skopeo; do
        run "$TOP_SRCDIR/scripts/lab" --engine "$engine"
        say "$output"
        ((status == 0))
        [[ $output == *"It held: what came back is what was pushed."* ]]
        [[ $output == *"manifest.put"* && $output == *"blob.get (layer)"* ]]
        [[ $output != *DIFFERS* && $output != *$'\e'* ]]
    done
}

@test "lab: leaves nothing behind" {
    need skopeo
    "$TOP_SRCDIR/scripts/lab" --engine skopeo
    same "$(find "$TMPDIR" -mindepth 1 -name 'ocimock-lab*')" ''
    run ! pgrep -f 'ocimock serve'
}

@test "lab: --serve leaves the registry running until it is interrupted" {
    local pid url status=0

    need skopeo
    # The interrupt must reach a process that does not ignore it, as those in the background do.
    env --default-signal=INT "$TOP_SRCDIR/scripts/lab" --engine skopeo --serve \
        >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- 4>&- &
    pid=$!
    wait_for 30 'the registry' grep -q 'until Ctrl-C' "$BATS_TEST_TMPDIR/out"
    url=$(sed -n 's/^ *\(http:[^ ]*\)$/\1/p' "$BATS_TEST_TMPDIR/out")
    same "$(curl -fsS "$url/v2/lab/hello/tags/list")" '{"name":"lab/hello","tags":["v1"]}'
    kill -INT "$pid"
    wait "$pid" || status=$?
    ((status == 130))
    run ! curl -fsS "$url/v2/"
    same "$(find "$TMPDIR" -mindepth 1 -name 'ocimock-lab*')" ''
}

@test "lab: says how it is used" {
    run "$TOP_SRCDIR/scripts/lab" --help
    ((status == 0))
    [[ $output == Usage:* ]]
    run "$TOP_SRCDIR/scripts/lab" --nonsense
    ((status == 2))
}
