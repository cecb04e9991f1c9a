#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Rules that a server starts with.

load lib/server

rules() {
    curl --noproxy '*' -s -m 20 "$CONTROL/rules" | jq -r '.rules[].id' | sort | paste -s -d ,
}

@test "--rules takes files and folders, YAML and JSON" {
    mkdir "$T/d"
    printf 'rules:\n  - {id: a, when: {op: ping}, then: {status: 503}}\n' >"$T/d/1.yaml"
    printf '[{"id": "b", "when": {"op": "root"}, "then": {"status": 500}}]\n' >"$T/d/2.json"
    printf 'nothing of ours\n' >"$T/d/README"
    printf '{"id": "c", "when": {"op": "catalog"}, "then": {"status": 429}}\n' >"$T/one.json"
    start --rules "$T/d" --rules "$T/one.json"
    [[ $(rules) == a,b,c ]]
    [[ $(status_of "$URL/v2/") == 503 && $(status_of "$URL/") == 500 ]]
    [[ $(status_of "$URL/v2/_catalog") == 429 ]]
}

@test "a list alone is a set of rules, for the server and for commands" {
    printf '# mine\n- {id: a, when: {op: ping}, then: {status: 503}}\n- {id: b, when: {op: root}, then: {status: 500}}\n' >"$T/r.yaml"
    printf '[{"id": "c", "when": {"op": "catalog"}, "then": {"status": 429}}]\n' >"$T/r.json"
    printf -- '- {id: d}\n- {id: e, then: {statu: 503}}\n' >"$T/bad.yaml"
    start --rules "$T/r.yaml"
    [[ $(rules) == a,b ]]
    run -0 "$OCIMOCK" fault add "$T/r.json"
    run -2 --separate-stderr "$OCIMOCK" fault add "$T/bad.yaml"
    [[ $stderr == *"bad.yaml:2: rules[1].then.statu: unknown key: did you mean 'status'?" ]]
    [[ $(rules) == a,b,c ]]
}

@test "a rule that can never match is taken with a warning" {
    start
    local when

    for when in '{"op": "catalog", "repo": "a"}' '{"op": "manifest.*", "role": "layer"}' '{"repo": "Team/App"}' \
        '{"op": "tags.list", "ref": "v1"}'; do
        run -0 "$OCIMOCK" fault add <(printf '{"when": %s, "then": {"status": 503}}' "$when")
        [[ $output == *"never matches"* ]]
    done
    for when in '{"op": ["catalog", "tags.list"], "repo": "a"}' '{"repo": ["Team/App", "app"]}' '{"op": "ping", "repo": "!a"}'; do
        run -0 "$OCIMOCK" fault add <(printf '{"when": %s, "then": {"status": 503}}' "$when")
        [[ $output != *"never matches"* ]]
    done
}

@test "OCIMOCK_RULES holds rules" {
    export OCIMOCK_RULES='[{"id": "x", "when": {"op": "ping"}, "then": {"status": 418}, "times": 1}]'
    start
    [[ $(status_of "$URL/v2/") == 418 && $(status_of "$URL/v2/") == 200 ]]
}

@test "a bad rule stops the start and is named with its file" {
    printf '[{"id": "a", "when": {"op": "ping"}, "then": {"status": 503}}]\n' >"$T/1.json"
    printf 'rules:\n  - {when: {op: ping}, then: {status: 503}}\n  - {when: {op: ping}, then: {statu: 503}}\n' >"$T/2.yaml"
    run -2 --separate-stderr "$OCIMOCK" serve --listen 127.0.0.1:0 --rules "$T/1.json" --rules "$T/2.yaml"
    [[ $stderr == *"2.yaml (its rule 1)"*"then.statu: unknown key: did you mean 'status'?"* ]]
    run --separate-stderr "$OCIMOCK" serve --listen 127.0.0.1:0 --rules "$T/none.yaml"
    [[ $status -ne 0 && $stderr == *none.yaml* ]]
}

@test "SIGHUP reads them again; a bad set leaves the old one" {
    printf '[{"id": "a", "when": {"op": "ping"}, "then": {"status": 503}}]\n' >"$T/r.json"
    start --rules "$T/r.json"
    [[ $(status_of "$URL/v2/") == 503 ]]
    printf '[{"id": "a", "when": {"op": "ping"}, "then": {"status": 999999}}]\n' >"$T/r.json"
    kill -HUP "$PID"
    for _ in {1..200}; do grep -q 'old ones stay' "$T/log" && break; status_of "$URL/" >/dev/null; done
    grep -q 'the rules were not read again, the old ones stay' "$T/log"
    [[ $(status_of "$URL/v2/") == 503 ]]
    printf '[{"id": "a", "when": {"op": "ping"}, "then": {"status": 500}}]\n' >"$T/r.json"
    kill -HUP "$PID"
    for _ in {1..200}; do [[ $(status_of "$URL/v2/") == 500 ]] && break; done
    [[ $(status_of "$URL/v2/") == 500 ]]
}

@test "--seed: the same seed gives the same schedule" {
    local rule='[{"id": "p", "when": {"op": "ping"}, "then": {"status": 503}, "probability": 0.5}]'
    local -a seen=()

    for seed in 7 7 8; do
        start --rules-json "$rule" --seed "$seed"
        seen+=("$(for _ in {1..24}; do status_of "$URL/v2/"; done)")
        kill "$PID"
        wait "$PID" || true
        PID=
        rm "$T/ready"
    done
    [[ ${seen[0]} == "${seen[1]}" && ${seen[0]} != "${seen[2]}" ]]
    [[ ${seen[0]} == *503* && ${seen[0]} == *200* ]]
}

@test "a redirect to another listener: curl takes credentials along only when it is told to" {
    local token digest path

    start --listen 127.0.0.1:0,127.0.0.1:0 --user alice:secret
    token=$("$OCIMOCK" token issue alice --scope repository:app:pull,push)
    printf 'what is redirected' >"$T/blob"
    digest=sha256:$(sha256sum <"$T/blob" | cut -d ' ' -f 1)
    [[ $(status_of -H "Authorization: Bearer $token" -H 'Content-Type: application/octet-stream' \
        --data-binary "@$T/blob" "$URL/v2/app/blobs/uploads/?digest=$digest") == 201 ]]
    path=/v2/app/blobs/$digest
    "$OCIMOCK" fault add --op blob.get --redirect listener:2
    [[ $(status_of -L -H "Authorization: Bearer $token" "$URL$path") == 200 ]]
    cmp "$T/blob" "$T/body"
    "$OCIMOCK" verify --leaked false --status 200 --count 1
    "$OCIMOCK" verify --leaked true --count 0
    [[ $(status_of -L --location-trusted -H "Authorization: Bearer $token" "$URL$path") == 200 ]]
    "$OCIMOCK" verify --leaked true --redirected-from 4 --listener "${URLS#*,}" --count 1
    "$OCIMOCK" requests 5 --json | jq -e '.redirected_from == 4 and .leaked == true'
    [[ $(status_of -L "$URL$path") == 401 ]]
    absent redirect-mark "$T/log"
    "$OCIMOCK" requests --json | jq -e '[.requests[].query // empty] | all(. == "redirect-mark=***" or startswith("digest="))'
}
