#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# scripts/pull-policy on real engines: all rows of the table that podman knows, with their traffic.

bats_require_minimum_version 1.5.0
load lib
load pull-policy

setup_file() {
    engines_setup
}

teardown_file() {
    engines_teardown
}

setup() {
    need podman runc
    export TMPDIR=$BATS_TEST_TMPDIR
    export RESULTS=$BATS_TEST_TMPDIR/results
}

@test "pull-policy: podman" {
    pull_policy podman
    six_cases
    kubelet_rows
    every '.policy == "Newer"' '.verdict == "ok"'
}

@test "pull-policy: podman, create and start" {
    pull_policy podman --create --row "$SIX_ROWS"
    six_cases
}

@test "pull-policy: nothing is left behind" {
    mkdir /run/left # others use /tmp, too
    CONTAINERS_RUN_IN=/run/left "$TOP_SRCDIR/scripts/pull-policy" --engine podman --row 4
    same "$(find "$TMPDIR" -mindepth 1)" ''
    same "$(find /run/left -mindepth 1)" ''
    run ! pgrep -f 'ocimock serve'
}
