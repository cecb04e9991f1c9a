#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The tools of scripts/bench: the table, and the program that loads and measures.

bats_require_minimum_version 1.5.0

TOP_SRCDIR=${TOP_SRCDIR:-$(cd "$BATS_TEST_DIRNAME/../.." && pwd)}
TOP_BUILDDIR=${TOP_BUILDDIR:-$TOP_SRCDIR/build}
OCIMOCK=${OCIMOCK:-$TOP_BUILDDIR/ocimock}
TOOL=$TOP_BUILDDIR/tests/bench/ocibench

# shellcheck source=scripts/lib/process.bash
. "$TOP_SRCDIR/scripts/lib/process.bash"
# shellcheck source=scripts/lib/servers.bash
. "$TOP_SRCDIR/scripts/lib/servers.bash"

setup() {
    cd "$BATS_TEST_TMPDIR" || exit
    printf 'fast\tfast\tother\tx\tmore\t0.8\t1.0\tratio of two\nsmall\tsmall\t-\tMB\tless\t16\t5\tone figure\n' >rows
}

teardown() {
    process_stop_all
}

# raw GROUP ROUND SUBJECT FIGURE ...
raw() {
    printf '%s\t%s\t%s\t%s\tunit\n' "$@" >raw
}

table() {
    awk -v strict="${1-0}" -f "$TOP_SRCDIR/tests/bench/table.awk" rows raw
}

@test "table: the median of the ratios of each round" {
    raw fast 1 ocimock 10 fast 1 other 10 fast 2 ocimock 30 fast 2 other 10 fast 3 ocimock 80 fast 3 other 40
    run -0 table
    [[ ${lines[1]} == "ratio of two"*" 2.00 x "*"aim" ]]
    ((${#lines[@]} == 2))
}

@test "table: a row below its aim holds, unless it is strict" {
    raw fast 1 ocimock 9 fast 1 other 10
    run -0 table
    [[ ${lines[1]} == *" 0.90 x "*"floor" ]]
    run -1 table 1
}

@test "table: a row below its floor fails" {
    raw fast 1 ocimock 7 fast 1 other 10
    run -1 table
    [[ ${lines[1]} == *MISSED ]]
}

@test "table: where less is better" {
    raw small 1 ocimock 4 small 2 ocimock 6
    run -0 table
    [[ ${lines[1]} == "one figure"*" 5.00 MB"*"aim" ]]
    raw small 1 ocimock 17
    run -1 table
    [[ ${lines[1]} == *MISSED ]]
}

@test "rows: each has all columns and a group that is measured" {
    # shellcheck source=tests/bench/measure.bash
    . "$TOP_SRCDIR/tests/bench/measure.bash"
    # shellcheck source=tests/bench/control.bash
    . "$TOP_SRCDIR/tests/bench/control.bash"
    while IFS=$'\t' read -r name group against unit better floor aim what; do
        [[ $name != '#'* ]] || continue
        [[ -n $what && $better =~ ^(more|less)$ && -n $against$unit$floor$aim ]]
        [[ " ${BENCH_GROUPS[*]} start-tls idle-rss idle-anon " == *" $group "* ]]
    done <"$TOP_SRCDIR/tests/bench/rows.tsv"
}

@test "ocibench: pushes, tags, counts memory and starts" {
    local digest first peak

    ocimock_start "$PWD/server"
    head -c 3000000 /dev/zero >blob
    digest=sha256:$(sha256sum blob | cut -d' ' -f1)
    (($("$TOOL" push "$OCIMOCK_URL" a/b blob "$digest" --keep) > 0))
    curl -fsS "$OCIMOCK_URL/v2/a/b/blobs/$digest" | cmp - blob
    run -1 "$TOOL" push "$OCIMOCK_URL" a/b blob "sha256:$(printf '0%.0s' {1..64})"
    [[ $output == *"PUT was answered 400"* ]]
    printf '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}' >manifest
    "$TOOL" tags "$OCIMOCK_URL" a/b manifest application/vnd.oci.image.index.v1+json 40
    [[ $(curl -fsS "$OCIMOCK_URL/v2/a/b/tags/list" | jq '.tags | length') == 40 ]]
    "$TOOL" idle "$OCIMOCK_URL" "$OCIMOCK_PID" 50 | grep -E '^-?[0-9]+$'
    read -r first peak < <("$TOOL" watch "$OCIMOCK_PID" VmRSS </dev/null)
    ((peak >= first && first > 0))
    (($("$TOOL" memory "$OCIMOCK_PID" VmRSS) > 0))
    "$TOOL" hold "$OCIMOCK_URL" 3 /v2/ </dev/null
    "$TOOL" latency "$OCIMOCK_URL" 20 99 /v2/ /v2/_catalog | grep -E '^[0-9]+\.[0-9]{3}$'
    "$TOOL" start --memory "$OCIMOCK" serve --listen 127.0.0.1:0 2>/dev/null | grep -E '^[0-9.]+ [0-9]+ [0-9]+$'
    [[ $("$TOOL" cipher "$OCIMOCK_URL") == plain ]]
}
