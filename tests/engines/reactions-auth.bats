#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What clients make of refusals and of tokens: who tries again, who goes on where it was,
# who fails and with which words. All of that is in reactions.tsv, per engine and version.

load lib
load reactions

setup_file() {
    auth_configuration >"$WORK/auth.yaml"
    reactions_setup --config "$WORK/auth.yaml"
    export AS=$REACT_USER:$REACT_SECRET
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

auth_configuration() {
    cat <<-END
	auth:
	  accounts: [{name: $REACT_USER, secret: $REACT_SECRET}]
	  policy: [{accounts: [$REACT_USER], repositories: ["*"], actions: [pull]}]
	  token_life: 5m
	END
}

# --- Image states -----------------------------------------------------------------------------------

@test "reactions: token" {
    react
}

@test "reactions: state-absent" {
    "$OCIMOCK" image set "react/$FAULT:v1" absent
    react
}

@test "reactions: state-unauthorized" {
    "$OCIMOCK" image set "react/$FAULT" unauthorized
    react
}

@test "reactions: state-denied" {
    "$OCIMOCK" image set "react/$FAULT" denied
    react
}

@test "reactions: wrong-secret" {
    AS=$REACT_USER:wrong
    react
}

@test "reactions: no-credentials" {
    AS=
    react
}

# --- 401 --------------------------------------------------------------------------------------------

@test "reactions: manifest-401-always" {
    fault_on --op 'manifest.*' --status 401
    react
}

@test "reactions: layer-401-always" {
    fault_on --op blob.get --role layer --status 401
    react
}

# --- The token service ------------------------------------------------------------------------------

@test "reactions: token-503" {
    "$OCIMOCK" fault add --op token --status 503
    react
}

@test "reactions: token-429" {
    "$OCIMOCK" fault add --op token --status 429 --header 'Retry-After: 1'
    react
}

@test "reactions: token-html" {
    fault_set <<<'{when: {op: token}, then: {status: 200, raw_body: {type: text/html, text: "<html><h1>Welcome</h1></html>"}}}'
    react
}

@test "reactions: token-wrong-key" {
    "$OCIMOCK" fault add --op token --then '{"token": "wrong-key"}'
    react
}

@test "reactions: challenge-missing" {
    "$OCIMOCK" fault add --then '{"challenge": "missing"}'
    react
}

# --- Tokens that expire on the way --------------------------------------------------------------------

# later GATE COMMAND...: when all wait at that gate, ten minutes pass; a token lives for five.
later() {
    wait_for 60 "all at the gate" held_at "$1"
    "$OCIMOCK" clock advance 10m
    "$OCIMOCK" gate release "$1"
}

held_at() {
    [[ $("$OCIMOCK" gate list --json | jq --arg gate "$1" '.gates[] | select(.name == $gate).held') == "${#HERE[@]}" ]]
}

# The manifest is on its way, nothing else yet.
@test "reactions: token-expires-before-layers" {
    fault_on --op manifest.get --auth bearer --hold manifest
    react later manifest
}

# In the middle of the layer, which is cut, so that the rest has to be asked for.
@test "reactions: token-expires-in-layer" {
    fault_set <<-END
	rules:
	  - when: {repo: @REPO@, op: blob.get, role: layer, nth: {from: 1, to: 1, per: [userAgent]}}
	    then: {hold: {gate: layer, after: 262144}}
	  - when: {repo: @REPO@, op: blob.get, role: layer, nth: {from: 1, to: 1, per: [userAgent]}}
	    then: {body: {after: 524288, do: close}}
	END
    react later layer
}
