#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The journal of a running server: nothing is lost under load, or it is said.

bats_require_minimum_version 1.5.0

setup() {
    T=$BATS_TEST_TMPDIR
    PID=
    : "${OCIMOCK:?names the program}"
    while read -r name; do
        unset "$name"
    done < <(compgen -e | grep -E '^(OCIMOCK|REGISTRY)_')
    start
}

teardown() {
    if [[ -n $PID ]]; then
        kill -KILL "$PID" 2>/dev/null || true
        wait "$PID" 2>/dev/null || true
    fi
}

# Sets PID, URL and CONTROL.
start() {
    local line

    mkfifo "$T/ready"
    "$OCIMOCK" serve --listen 127.0.0.1:0 --control 127.0.0.1:0 --ready-fd 4 \
        4>"$T/ready" <&0 >"$T/out" 2>"$T/log" 3>&- 6>&- &
    PID=$!
    read -r -t 20 line <"$T/ready"
    URL=${line#*registry=}
    URL=${URL%% *}
    CONTROL=${line#*control=}/control/v1
}

# control METHOD PATH [BODY]: sets STATUS and BODY.
control() {
    local data=()

    [[ $# -lt 3 ]] || data=(-H 'Content-Type: application/json' -d "$3")
    STATUS=$(curl --noproxy '*' -s --max-time 30 -o "$T/body" -w '%{http_code}' -X "$1" "${data[@]}" "$CONTROL$2")
    BODY=$(<"$T/body")
}

# requests FIRST LAST: GETs of tags of those numbers, on 8 connections at once.
requests() {
    curl --noproxy '*' -s --max-time 60 --parallel --parallel-max 8 -o /dev/null \
        "$URL/v2/app/manifests/v[$1-$2]"
}

@test "who waits or verifies while clients come gets all of them" {
    control POST /wait '{"match": {"op": "manifest.get"}, "count": 1, "timeout": "1ms"}'
    [[ $STATUS == 408 ]]

    (
        control POST /wait '{"match": {"op": "manifest.get", "status": 404}, "count": 2000, "timeout": "25s"}'
        echo "$STATUS" >"$T/waited"
    ) 3>&- &
    waiter=$!
    requests 1 2000
    wait "$waiter"
    [[ $(<"$T/waited") == 200 ]]

    control POST /verify '{"match": {"op": "manifest.get"}, "count": 2000}'
    [[ $STATUS == 200 ]]
    control GET '/requests:count?ref=v17'
    [[ $BODY == '{"count":1,"dropped":0}' ]]
    control GET '/pulls?limit=3'
    [[ $STATUS == 200 && $BODY == *'"outcome":"failed","status":404'* ]]
}

@test "what was dropped is not claimed" {
    requests 1 1
    requests 2 10200
    control POST /verify '{"match": {"ref": "v1"}, "count": 0}'
    [[ $STATUS == 409 && $BODY == *'cannot tell for sure: '*' dropped from the journal'* ]]
    control POST /verify '{"match": {"op": "blob.get"}, "count": 0}'
    [[ $STATUS == 200 ]]
    control POST /verify '{"match": {"op": "manifest.get"}, "count": {"min": 10000}}'
    [[ $STATUS == 200 ]]
    control GET /requests:stats
    [[ $BODY == *'"dropped":'[1-9]*'"last":10200'* ]]
    control GET '/requests'
    [[ $BODY == *'"last": 10200, "more": false}' ]]
    control DELETE /requests
    control POST /verify '{"match": {"op": "manifest.get"}, "count": 0}'
    [[ $STATUS == 200 ]]
}

@test "a reader of events gets every request and goes on where it was" {
    curl --noproxy '*' -sN --max-time 20 "$CONTROL/events" >"$T/events" 3>&- &
    reader=$!
    until grep -q '^:' "$T/events"; do :; done
    requests 1 300
    until [[ $(grep -c '^event: request' "$T/events") == 300 ]]; do
        kill -0 "$reader"
    done
    kill "$reader"
    requests 301 400
    run -28 curl --noproxy '*' -sN --max-time 1 -H 'Last-Event-ID: 390' "$CONTROL/events"
    # Eight at once may end in another order than they came.
    [[ $(grep -c '^event: request' <<<"$output") -ge 1 && $(grep -c '^event: request' <<<"$output") -le 20 ]]
    [[ $output != *'event: dropped'* ]]
}
