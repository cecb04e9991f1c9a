# SPDX-License-Identifier: MIT
# Background processes of a script: each is remembered, dies with the script, and is stopped by pid.
#
# process_start LOG COMMAND...   starts it; the pid is in PROCESS_PID, output goes to LOG
# process_hold LOG COMMAND...    the same, with a standard input that ends when the script does
# process_stop PID                    TERM, then KILL after 15 s; waits for its end
# process_stop_all                    in reverse order; for a trap on EXIT
# wait_for SECONDS WHAT COMMAND...    polls COMMAND until it succeeds
# shellcheck shell=bash

PROCESS_PIDS=()
PROCESS_HELD=() # descriptors that must not leak into other children
PROCESS_PID=

say() {
    printf '%s\n' "$*" >&2
}

die() {
    say "${0##*/}: $*"
    exit 1
}

# In the child: give up what belongs to the script and become COMMAND.
process_become() {
    local fd

    for fd in "${PROCESS_HELD[@]}"; do
        exec {fd}>&-
    done
    # bats waits for everybody who holds its descriptors 3 and 4.
    exec 3>&- 4>&-
    exec setpriv --pdeathsig TERM "$@"
}

process_start() {
    local log=$1

    shift
    (process_become "$@") </dev/null >"$log" 2>&1 &
    PROCESS_PID=$!
    PROCESS_PIDS+=("$PROCESS_PID")
}

process_hold() {
    local log=$1 fifo=$1.stdin fd

    shift
    mkfifo "$fifo"
    exec {fd}<>"$fifo"
    PROCESS_HELD+=("$fd")
    (process_become "$@") <"$fifo" >"$log" 2>"$log.err" &
    PROCESS_PID=$!
    PROCESS_PIDS+=("$PROCESS_PID")
}

process_alive() {
    kill -0 "$1" 2>/dev/null
}

process_stop() {
    local pid=$1 i

    process_alive "$pid" || return 0
    kill -TERM "$pid" 2>/dev/null || true
    for ((i = 0; i < 300; i++)); do
        process_alive "$pid" || break
        sleep 0.05
    done
    kill -KILL "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
}

process_stop_all() {
    local i

    for ((i = ${#PROCESS_PIDS[@]} - 1; i >= 0; i--)); do
        process_stop "${PROCESS_PIDS[i]}"
    done
    PROCESS_PIDS=()
}

wait_for() {
    local seconds=$1 what=$2 i

    shift 2
    for ((i = 0; i < seconds * 20; i++)); do
        if "$@" >/dev/null 2>&1; then
            return 0
        fi
        sleep 0.05
    done
    say "$what: not there after $seconds s"
    return 1
}
