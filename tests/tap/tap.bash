# SPDX-License-Identifier: MIT
# TAP for our shell tests; the C tests have tap.c.
#
# check NAME COMMAND...   one check: holds when the command succeeds; its output explains a failure
# check_empty NAME TEXT   one check: holds when TEXT is empty; its lines explain a failure
# check_skip NAME REASON  stands for one that cannot be made
# skip_all REASON         ends the script before its first check
# done_testing            prints the plan and ends the script
# shellcheck shell=bash

TAP_DONE=0
TAP_FAILED=0

check() {
    local name=$1 output

    shift
    TAP_DONE=$((TAP_DONE + 1))
    if output=$("$@" 2>&1); then
        echo "ok $TAP_DONE - $name"
    else
        TAP_FAILED=$((TAP_FAILED + 1))
        echo "not ok $TAP_DONE - $name"
        printf '%s\n' "$output" | sed 's/^/#   /'
    fi
}

check_empty() {
    local name=$1 text=$2

    check "$name" eval "printf '%s\n' ${text@Q}; [[ -z ${text@Q} ]]"
}

check_skip() {
    TAP_DONE=$((TAP_DONE + 1))
    echo "ok $TAP_DONE - $1 # SKIP $2"
}

skip_all() {
    echo "1..0 # SKIP $*"
    exit 0
}

done_testing() {
    echo "1..$TAP_DONE"
    ((TAP_DONE > 0 && TAP_FAILED == 0))
    exit
}
