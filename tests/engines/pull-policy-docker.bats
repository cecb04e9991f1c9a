#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# scripts/pull-policy on real engines: all rows of the table that docker and containerd know, with their traffic.

bats_require_minimum_version 1.5.0
load lib
load pull-policy

setup_file() {
    engines_setup
    if have dockerd && have containerd; then
        containerd_start
        dockerd_start
        export CONTAINERD_ADDRESS=$CONTAINERD CONTAINERD_SNAPSHOTTER=native DOCKER_HOST=unix://$DOCKER_SOCKET
    fi
}

teardown_file() {
    engines_teardown
}

setup() {
    need containerd ctr dockerd docker
    export TMPDIR=$BATS_TEST_TMPDIR
    export RESULTS=$BATS_TEST_TMPDIR/results
}

@test "pull-policy: docker" {
    pull_policy docker
    six_cases
    kubelet_rows
    every '.policy == "Newer"' '.verdict == "listed"'
}

@test "pull-policy: docker, create and start" {
    pull_policy docker --create --row "$SIX_ROWS"
    six_cases
}

@test "pull-policy: containerd, with the policy of the script" {
    pull_policy containerd
    six_cases
    kubelet_rows
    [[ $output == *'the policy applied by this script'* ]]
}
