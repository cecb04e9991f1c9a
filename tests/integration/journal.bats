#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The journal of a running server: nothing is lost under load, or it is said.

load lib/server

setup() {
    server_setup
    start
}

# asked STATUS GLOB METHOD PATH [BODY]: the control API answers that.
asked() {
    local status

    status=$(control "${@:3}")
    echo "$status $(<"$T/body")"
    # shellcheck disable=SC2053 # a glob
    [[ $status == "$1" && $(<"$T/body") == $2 ]]
}

# requests FIRST LAST: GETs of tags of those numbers, on 8 connections at once.
requests() {
    curl --noproxy '*' -s --max-time 60 --parallel --parallel-max 8 -o /dev/null \
        "$URL/v2/app/manifests/v[$1-$2]"
}

@test "a hold that nobody releases ends at its limit, and the journal says so" {
    stop
    start --limit-hold 200ms --rules-json '[{"id": "h", "when": {"op": "ping"}, "then": {"hold": {"gate": "g"}}}]'
    [[ $(status_of "$URL/v2/") == 000 ]]
    "$OCIMOCK" verify --op ping --end server-aborted --count 1
    [[ $(control POST /verify '{"match": {"endReason": "held by rule *not released in time"}, "count": 1}') == 200 ]]
    [[ $("$OCIMOCK" requests --json | jq -r '.requests[0].end_reason') == "held by rule 'h' and not released in time" ]]
}

@test "who waits or verifies while clients come gets all of them" {
    asked 408 '*' POST /wait '{"match": {"op": "manifest.get"}, "count": 1, "timeout": "1ms"}'

    control POST /wait '{"match": {"op": "manifest.get", "status": 404}, "count": 2000, "timeout": "25s"}' \
        >"$T/waited" 3>&- &
    waiter=$!
    requests 1 2000
    wait "$waiter"
    [[ $(<"$T/waited") == 200 ]]

    asked 200 '*' POST /verify '{"match": {"op": "manifest.get"}, "count": 2000}'
    asked 200 '{"count":1,"dropped":0}' GET '/requests:count?ref=v17'
    asked 200 '*"outcome":"failed","status":404*' GET '/pulls?limit=3'
}

@test "what was dropped is not claimed" {
    requests 1 1
    requests 2 10200
    asked 409 '*cannot tell for sure: * dropped from the journal*' POST /verify '{"match": {"ref": "v1"}, "count": 0}'
    asked 200 '*' POST /verify '{"match": {"op": "blob.get"}, "count": 0}'
    asked 200 '*' POST /verify '{"match": {"op": "manifest.get"}, "count": {"min": 10000}}'
    asked 200 '*"dropped":[1-9]*"last":10200*' GET /requests:stats
    asked 200 '*"last": 10200, "more": false}' GET /requests
    asked 204 '' DELETE /requests
    asked 200 '*' POST /verify '{"match": {"op": "manifest.get"}, "count": 0}'
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

@test "metrics count requests by operation and status, whichever comes after which" {
    local code type=application/vnd.oci.image.index.v1+json

    [[ $(status_of -X PUT -H "Content-Type: $type" \
        -d "{\"schemaVersion\":2,\"mediaType\":\"$type\",\"manifests\":[]}" "$URL/v2/app/manifests/v1") == 201 ]]
    for code in 200 304 200 404 200 304; do
        case $code in
            200) [[ $(status_of "$URL/v2/app/manifests/v1" -D "$T/head") == 200 ]] ;;
            304) [[ $(status_of "$URL/v2/app/manifests/v1" -H "If-None-Match: $(sed -n 's/^[Ee][Tt]ag: //p' "$T/head" | tr -d '\r')") == 304 ]] ;;
            404) [[ $(status_of "$URL/v2/app/manifests/v2") == 404 ]] ;;
        esac
    done
    [[ $(status_of "$OCIMOCK_CONTROL/metrics") == 200 ]]
    grep -qx 'ocimock_http_requests_total{op="manifest.get",code="200"} 3' "$T/body"
    grep -qx 'ocimock_http_requests_total{op="manifest.get",code="304"} 2' "$T/body"
    grep -qx 'ocimock_http_requests_total{op="manifest.get",code="404"} 1' "$T/body"
    grep -qx 'ocimock_http_requests_total{op="manifest.put",code="201"} 1' "$T/body"
    grep -qx 'ocimock_http_request_duration_seconds_count{op="manifest.get"} 6' "$T/body"
}

@test "the digest that a tag stood for is remembered, also once the tag is gone" {
    local type=application/vnd.oci.image.index.v1+json digest

    printf '{"schemaVersion":2,"mediaType":"%s","manifests":[]}' "$type" >"$T/manifest"
    digest=sha256:$(sha256sum "$T/manifest" | cut -d ' ' -f 1)
    [[ $(status_of -X PUT -H "Content-Type: $type" --data-binary "@$T/manifest" "$URL/v2/app/manifests/v1") == 201 ]]
    asked 201 '*' POST /rules '{"id": "held", "when": {"op": "manifest.get", "digest": "'"$digest"'"}, "then": {"hold": {"gate": "g"}}}'
    curl --noproxy '*' -s -m 30 -o /dev/null "$URL/v2/app/manifests/v1" 3>&- &
    until [[ $(control GET /gates) == 200 && $(jq '.gates[0].held' "$T/body") == 1 ]]; do :; done
    [[ $(status_of -X DELETE "$URL/v2/app/manifests/$digest") == 202 ]]
    asked 200 '*' POST /gates/g:release '{}'
    wait $!
    asked 200 '*"count":1*' GET "/requests:count?op=manifest.get&digest=$digest"
}
