# SPDX-License-Identifier: MIT
# For the .bats files that test scripts/pull-policy with stand-ins: `load lib/pull-policy`.
#
# pull_policy OPTION...   runs it: $status, $output, $stderr
# shellcheck shell=bash
# shellcheck disable=SC2154 # run sets some

load lib/server

setup() {
    server_setup
    export TMPDIR=$T PATH=$T/bin:$PATH KUBE_POLL=0.1 STANDIN=$T/cluster
    mkdir "$T/bin" "$STANDIN"
}

pull_policy() {
    run --separate-stderr timeout 200 "${TOP_SRCDIR:-../..}/scripts/pull-policy" "$@"
    echo "$output"
    echo "$stderr" >&2
}
