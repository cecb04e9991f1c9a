# SPDX-License-Identifier: MIT
# For the .bats files here: `load lib/server` gives each test a folder $T and a server of its own.
# A file that needs more at the start or end of a test defines setup or teardown and calls
# server_setup or server_teardown.
#
# start [OPTION...]        runs `serve` on free ports, unless the options name some; sets
#                          PID, LINE (the ready line), URLS (of the registry), URL (the first),
#                          OCIMOCK_CONTROL (for the commands) and CONTROL (where its API begins);
#                          $T/out and $T/log are its output
# stop                     tells it to stop, and finish
# finish                   waits for its end, which is a good one
# ask WORD...              runs the program: $status, $output, $stderr
# refused STATUS GLOB      the last `run --separate-stderr` printed that, and nothing else
# status_of CURL-OPTION... prints the status of a request; the body is in $T/body
# control METHOD PATH [BODY]  the same of the control API
# absent GREP-OPTION...    grep finds nothing ("! grep" would not end a test)
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # variables for the .bats files; run sets some

bats_require_minimum_version 1.5.0

server_setup() {
    local name

    T=$BATS_TEST_TMPDIR
    PID=
    : "${OCIMOCK:?names the program}"
    while read -r name; do
        unset "$name"
    done < <(compgen -e | grep -E '^(OCIMOCK|REGISTRY)_|^(NO_COLOR|COLUMNS)$')
}

server_teardown() {
    if [[ -n $PID ]]; then
        kill -KILL "$PID" 2>/dev/null || true
        wait "$PID" 2>/dev/null || true
    fi
}

setup() {
    server_setup
}

teardown() {
    server_teardown
}

start() {
    [[ -p $T/ready ]] || mkfifo "$T/ready"
    # <&0: a job in the background would read /dev/null; 3 and 6 are of bats and of tests
    env -u OCIMOCK_CONTROL OCIMOCK_LISTEN="${OCIMOCK_LISTEN-127.0.0.1:0}" "$OCIMOCK" serve --ready-fd 4 "$@" \
        4>"$T/ready" <&0 >"$T/out" 2>"$T/log" 3>&- 6>&- &
    PID=$!
    if ! read -r -t 20 LINE <"$T/ready"; then
        cat "$T/log"
        return 1
    fi
    URLS=${LINE#*registry=}
    URLS=${URLS%% *}
    URL=${URLS%%,*}
    if [[ $LINE == *control=* ]]; then
        export OCIMOCK_CONTROL=${LINE##*control=}
        CONTROL=$OCIMOCK_CONTROL/control/v1
    fi
}

finish() {
    local status=0

    wait "$PID" || status=$?
    PID=
    [[ $status -eq 0 ]] || { cat "$T/log"; return 1; }
}

stop() {
    kill "$PID"
    finish
}

ask() {
    run --separate-stderr "$OCIMOCK" "$@"
}

refused() {
    echo "status $status: $stderr"
    # shellcheck disable=SC2053 # a glob
    [[ $status -eq $1 && $output == "" && (${stderr_lines[0]} == "$2" || ${stderr_lines[0]} == $2) ]]
}

status_of() {
    : >"$T/body" # curl leaves it alone when there is none
    curl --noproxy '*' -s -m 30 -o "$T/body" -w '%{http_code}' "$@"
}

control() {
    status_of -X "$1" -H 'Content-Type: application/json' ${3+-d "$3"} "$CONTROL$2"
}

absent() {
    local found=0

    grep -a "$@" || found=$?
    [[ $found == 1 ]]
}
