#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# scripts/lab, the first command of the README, with the program that is built already.

bats_require_minimum_version 1.5.0
load lib

setup() {
    [[ ${ENGINES_ENTERED-} == yes ]]
    export TMPDIR=$BATS_TEST_TMPDIR HOME=$BATS_TEST_TMPDIR OCIMOCK=${OCIMOCK:-$TOP_BUILDDIR/ocimock}
}

lab() {
    "$TOP_SRCDIR/scripts/lab" "$@"
}

@test "lab: shows the six cases and the refusals, and each request of them" {
    need podman runc
    run lab --engine podman
    say "$output"
    ((status == 0))
    [[ $output == *"imagePullPolicy with podman"*" 0 failed"* && $output != *$'\e'* ]]
    grep -q -E '^ +2b +Always +older +moved .* registry\.war ' <<<"$output"
    grep -q -E '^ +6\.1 +IfNotPresent +older +moved .* node\.war +0 ' <<<"$output"
    grep -q -E '^ +9\.2 +Always +same +present +wrong .* fails: refused ' <<<"$output"
    [[ $(sed -n '/^  row 5.1$/{n;p}' <<<"$output") == '    nothing' ]]
    [[ $(sed -n '/^  row 9.2$/{n;n;p}' <<<"$output") == '    GET /token  401'* ]]
}

@test "lab: leaves nothing behind" {
    need podman runc
    lab
    same "$(find "$TMPDIR" -mindepth 1 -name 'ocimock*')" ''
    run ! pgrep -f 'ocimock serve'
}

@test "lab: --serve leaves the registry running until it is interrupted" {
    local pid url token status=0

    need podman runc
    # The interrupt must reach a process that does not ignore it, as those in the background do.
    env --default-signal=INT "$TOP_SRCDIR/scripts/lab" --engine podman --serve \
        >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- 4>&- &
    pid=$!
    wait_for 120 'the registry' grep -q 'until Ctrl-C' "$BATS_TEST_TMPDIR/out"
    url=$(sed -n 's/^ *\(http:[^ ]*\)$/\1/p' "$BATS_TEST_TMPDIR/out")
    same "$(curl -s -o /dev/null -w '%{http_code}' "$url/v2/")" 401
    token=$(curl -fsS "$url/token?service=ocimock&scope=repository:public/app:pull" | jq -r .token)
    curl -fsS -o /dev/null -H "Authorization: Bearer $token" "$url/v2/public/app/manifests/v1"
    kill -INT "$pid"
    wait "$pid" || status=$?
    ((status == 130))
    run ! curl -fsS "$url/v2/"
    same "$(find "$TMPDIR" -mindepth 1 -name 'ocimock*')" ''
}

@test "lab: says how it is used" {
    run "$TOP_SRCDIR/scripts/lab" --help
    ((status == 0))
    [[ $output == Usage:* ]]
    run "$TOP_SRCDIR/scripts/lab" --nonsense
    ((status == 2))
    run "$TOP_SRCDIR/scripts/lab" --engine skopeo
    ((status == 2))
    [[ $output == *"podman, docker or containerd"* ]]
}
