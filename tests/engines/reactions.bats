#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What clients make of answers that are wrong: who tries again, who goes on where it was,
# who fails and with which words. All of that is in reactions.tsv, per engine and version.

load lib
load reactions

setup_file() {
    reactions_setup --listen 127.0.0.1:0 --tls-listen 10.99.0.1:0 --tls-auto "$WORK/tls"
    export OTHER_URL=${OCIMOCK_URLS[1]} TLS_URL=${OCIMOCK_URLS[2]}
}

teardown_file() {
    engines_teardown
}

setup() {
    reaction_begin
}

teardown() {
    reaction_end
}

@test "reactions: none" {
    react
    "$OCIMOCK" requests --since "$SINCE" | grep ' blob\.get (layer) .* 200 '
}

# --- Statuses ---------------------------------------------------------------------------------------

# once EFFECTS OP [ROLE]: the first such request of each client.
once() {
    fault_set <<<"{when: {repo: @REPO@, op: $2, ${3:+role: $3,} nth: {from: 1, to: 1, per: [userAgent]}}, then: {$1}}"
}

@test "reactions: manifest-503-once" {
    once 'status: 503' 'manifest.*'
    react
}

@test "reactions: manifest-503-always" {
    fault_on --op 'manifest.*' --status 503
    react
}

@test "reactions: layer-503-once" {
    once 'status: 503' blob.get layer
    react
}

@test "reactions: registry-503" {
    "$OCIMOCK" fault add --status 503
    react
}

@test "reactions: registry-down" {
    "$OCIMOCK" registry set listeners.registry=down
    react
    "$OCIMOCK" registry set listeners.registry=up
    same "$(registry_status GET '')" 200
}

@test "reactions: manifest-429-seconds" {
    once 'status: 429, headers: {set: {Retry-After: 1}}' 'manifest.*'
    react
}

@test "reactions: manifest-429-date" {
    once "status: 429, headers: {set: {Retry-After: \"$(date -u -d '+3 seconds' '+%a, %d %b %Y %T GMT')\"}}" 'manifest.*'
    react
}

@test "reactions: manifest-429-always" {
    fault_on --op 'manifest.*' --status 429 --header 'Retry-After: 1'
    react
}

@test "reactions: layer-429-seconds" {
    once 'status: 429, headers: {set: {Retry-After: 1}}' blob.get layer
    react
}

@test "reactions: layer-429-date" {
    once "status: 429, headers: {set: {Retry-After: \"$(date -u -d '+3 seconds' '+%a, %d %b %Y %T GMT')\"}}" blob.get layer
    react
}

@test "reactions: manifest-html" {
    fault_set <<<'{when: {repo: @REPO@, op: "manifest.*"}, then: {status: 502, raw_body:
        {type: text/html, text: "<html><body><h1>502 Bad Gateway</h1></body></html>"}}}'
    react
}

@test "reactions: head-405" {
    fault_on --op manifest.head --status 405
    react
}

# --- Content ----------------------------------------------------------------------------------------

@test "reactions: layer-corrupt" {
    fault_on --op blob.get --role layer --then '{"content": {"flip": [1000]}}'
    react
}

@test "reactions: layer-substituted" {
    fault_on --op blob.get --role layer --then "{\"content\": {\"substitute\": \"$(react_blob .config.digest)\"}}"
    react
}

@test "reactions: layer-truncated" {
    fault_on --op blob.get --role layer --then '{"content": {"truncate": 524288}}'
    react
}

# A digit of the configuration's digest.
@test "reactions: manifest-corrupt" {
    fault_on --op manifest.get --then "{\"content\": {\"flip\": [$(manifest_offset)]}}"
    react
}

@test "reactions: manifest-corrupt-by-digest" {
    IMAGE=$REGISTRY/react/$FAULT@$(react_digest)
    fault_on --op manifest.get --then "{\"content\": {\"flip\": [$(manifest_offset)]}}"
    react
}

# Of the last digit of the configuration's digest in the manifest.
manifest_offset() {
    local digest file

    digest=$(react_blob .config.digest)
    file=$(layout_path "$WORK/react" "$(react_digest)")
    echo $(($(grep -obF "$digest" "$file" | head -n 1 | cut -d: -f1) + ${#digest} - 1))
}

@test "reactions: digest-header-wrong" {
    fault_on --op 'manifest.*' --then '{"digest_header": "wrong"}'
    react
}

@test "reactions: digest-header-missing" {
    fault_on --op 'manifest.*' --then '{"digest_header": "missing"}'
    react
}

# --- Connections ------------------------------------------------------------------------------------

@test "reactions: manifest-dropped-once" {
    once 'connection: drop' 'manifest.*'
    react
}

@test "reactions: layer-dropped-once" {
    once 'connection: drop' blob.get layer
    react
}

@test "reactions: garbage" {
    fault_on --op 'manifest.*' --connection garbage
    react
}

@test "reactions: closed-while-idle" {
    fault_on --connection close-idle
    react
    same "$(jq '[.requests[] | select(.repo).client] | length == (unique | length)' "$BATS_TEST_TMPDIR/requests")" true
}

@test "reactions: tls-self-signed" {
    # shellcheck disable=SC2034 # both are for react
    VERIFY_TLS=yes IMAGE=${TLS_URL#*://}/react/$FAULT:v1
    "$OCIMOCK" fault add --then '{"tls": "self-signed"}'
    react
}

# --- Redirects --------------------------------------------------------------------------------------

@test "reactions: redirect-other-listener" {
    fault_on --op blob.get --listener "$URL" --redirect "$OTHER_URL"
    react
    "$OCIMOCK" verify --since "$SINCE" --listener "$OTHER_URL" --role layer --status 200 --count "${#HERE[@]}"
}

@test "reactions: redirect-loop" {
    fault_on --op blob.get --role layer --then '{"redirect": {"hops": 30}}'
    react
}

# --- The table --------------------------------------------------------------------------------------

@test "reactions of the versions here are in the table" {
    versions_known
}
