# SPDX-License-Identifier: MIT
# What the control plane costs: rules, journal, pace, held answers, the control API under load.
# Rows as in measure.bash, which must be sourced before.
# shellcheck shell=bash
# shellcheck disable=SC2154 # tool, work, rounds, seconds, ... belong to scripts/bench

HELD=5000
BENCH_GROUPS+=(rules journal rate drip hold-plain hold-tls control)

# 1,000 rules of which none fits a manifest GET of BENCH_REPO: 400 of other operations, 500 of other
# repositories, 100 globs of the same operation.
write_rules() {
    jq -cn '[
        (range(400) | {when: {op: ["blob.get", "blob.head"][. % 2], repo: "*"}, then: {status: 503}}),
        (range(500) | {when: {op: "manifest.get", repo: "bench/other-\(.)"}, then: {status: 503}}),
        (range(100) | {when: {op: "manifest.*", repo: "bench/im-\(.)*"}, then: {status: 503}})]' >"$1"
}

# control METHOD PATH [JSON-FILE]: asks the control API of the server that was started last.
control() {
    local data=()

    [[ $# -lt 3 ]] || data=(-H 'Content-Type: application/json' --data-binary "@$3")
    curl -fsS --max-time 60 -X "$1" "${data[@]}" "$OCIMOCK_CONTROL/control/v1$2"
}

# measure_options GROUP FRESH OURS OPTION...: manifest GET of a server with these options (its subject
# is FRESH), in turns with the one that has none of them (OURS).
measure_options() {
    local group=$1 fresh=$2 ours_name=$3 url i path=/v2/$BENCH_REPO/manifests/latest

    shift 3
    fresh_ocimock "$@"
    url=$OCIMOCK_URL
    push_content "$url"
    for ((i = 1; i <= rounds; i++)); do
        measure_get "$group" $i "$fresh" 64 "$url$path" requests
        measure_get "$group" $i "$ours_name" 64 "$ours$path" requests
    done
}

measure_rules() {
    write_rules "$work/rules.json"
    measure_options rules ocimock without --rules "$work/rules.json"
    [[ $(control GET /rules | jq '.rules | length') == 1000 ]] || die "rules: there are not 1,000"
    process_stop "$OCIMOCK_PID"
}

measure_journal() {
    measure_options journal without ocimock --limit-journal-entries 0
    process_stop "$OCIMOCK_PID"
}

# add_rule JSON: the only rule of the server.
add_rule() {
    printf '[%s]' "$1" >"$work/rule.json"
    control PUT /rules "$work/rule.json" >/dev/null
}

# seconds_of URL: how long its body takes.
seconds_of() {
    curl -kfsS --max-time 60 -o /dev/null -w '%{time_total}\n' "$1"
}

# off_by SECONDS EXPECTED: by how many percent they differ.
off_by() {
    awk "BEGIN { d = $1 / $2 - 1; printf \"%.3f\", (d < 0 ? -d : d) * 100 }"
}

# measure_pace GROUP THEN SECONDS: the small blob under a rule that makes it take so long.
measure_pace() {
    local i

    fresh_ocimock
    push_content "$OCIMOCK_URL"
    add_rule "{\"when\": {\"op\": \"blob.get\"}, \"then\": $2}"
    for ((i = 1; i <= rounds; i++)); do
        progress "$1, round $i"
        record "$1" $i ocimock \
            "$(off_by "$(seconds_of "$OCIMOCK_URL/v2/$BENCH_REPO/blobs/$digest_small")" "$3")" %
    done
    process_stop "$OCIMOCK_PID"
}

measure_rate() {
    measure_pace rate '{"rate": "175KiB"}' 2
}

measure_drip() {
    measure_pace drip '{"drip": {"pieces": 20, "over": "2s"}}' 2
}

# held_all GATE: all of them wait there.
held_all() {
    [[ $(control GET /gates | jq "[.gates[] | select(.name == \"$1\") | .held] | add") == "$HELD" ]]
}

# measure_hold ROW LISTENER: memory for each manifest that is held at a gate.
measure_hold() {
    local i first hold fd

    mkfifo "$work/$1.fifo"
    for ((i = 1; i <= rounds && i <= 3; i++)); do
        progress "$1, round $i"
        fresh_ocimock
        push_content "$OCIMOCK_URL"
        seconds_of "${OCIMOCK_URLS[$2]}/v2/$BENCH_REPO/manifests/latest" >/dev/null
        add_rule '{"when": {"op": "manifest.get"}, "then": {"hold": {"gate": "bench"}}}'
        first=$("$tool" memory "$OCIMOCK_PID" VmRSS)
        "$tool" hold "${OCIMOCK_URLS[$2]}" "$HELD" "/v2/$BENCH_REPO/manifests/latest" <"$work/$1.fifo" 9>&- &
        hold=$!
        exec {fd}>"$work/$1.fifo"
        wait_for 60 "$HELD held answers" held_all bench || die "$1: they were not held"
        record "$1" $i ocimock \
            "$(quotient $(($("$tool" memory "$OCIMOCK_PID" VmRSS) - first)) "$HELD" 0.001)" KB
        exec {fd}>&-
        wait "$hold"
        process_stop "$OCIMOCK_PID"
    done
}

measure_hold-plain() {
    measure_hold hold-plain 0
}

measure_hold-tls() {
    measure_hold hold-tls 1
}

# The slowest of a hundred answers, while 64 connections pull manifests as fast as they can.
measure_control() {
    local i load base=/control/v1

    fresh_ocimock
    push_content "$OCIMOCK_URL"
    write_rules "$work/rules.json"
    control PUT /rules "$work/rules.json" >/dev/null
    for ((i = 1; i <= rounds; i++)); do
        progress "control, round $i"
        wrk -t1 -c64 -d$((seconds + 1))s -H "Accept: $BENCH_TYPE" \
            "$OCIMOCK_URL/v2/$BENCH_REPO/manifests/latest" >"$work/wrk.log" 2>&1 &
        load=$!
        figure control $i ocimock ms "$tool" latency "$OCIMOCK_CONTROL" $((seconds * 200)) 99 \
            $base/images $base/registry $base/gates "$base/requests:count?op=blob.get"
        kill -0 "$load" 2>/dev/null || die "control: the load ended before the measurement"
        wait "$load"
    done
    process_stop "$OCIMOCK_PID"
}
