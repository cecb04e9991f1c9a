#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What clients make of a layer that does not come whole: who tries again, who goes on where it was,
# who fails and with which words. All of that is in reactions.tsv, per engine and version.

load lib
load reactions

setup_file() {
    reactions_setup
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

# --- A layer that does not come whole ---------------------------------------------------------------

@test "reactions: layer-cut-once" {
    fault_set <<<'{when: {repo: @REPO@, op: blob.get, role: layer, nth: {from: 1, to: 1, per: [userAgent]}},
        then: {body: {after: 524288, do: close}}}'
    react
}

@test "reactions: layer-cut-always" {
    fault_on --op blob.get --role layer --cut 512KiB:close
    react
}

@test "reactions: layer-reset-once" {
    fault_set <<<'{when: {repo: @REPO@, op: blob.get, role: layer, nth: {from: 1, to: 1, per: [userAgent]}},
        then: {body: {after: 524288, do: reset}}}'
    react
}

@test "reactions: layer-stalls" {
    fault_on --op blob.get --role layer --cut 512KiB:stall
    react stopped_when_stalled
}

# Each has its layer and waits: three seconds long none of them does anything else.
stopped_when_stalled() {
    "$OCIMOCK" wait --op blob.get --role layer --since "$SINCE" --count "${#HERE[@]}" --timeout 60s
    "$OCIMOCK" verify --op blob.get --role layer --since "$SINCE" --max "${#HERE[@]}" --within 3s
    stop_clients
}

# Of the four, two can be told to wait no longer than so long.
@test "reactions to a stall with a limit of one's own" {
    local dir=$BATS_TEST_TMPDIR

    need skopeo containerd ctr
    FAULT=layer-stalls
    fault_on --op blob.get --role layer --cut 512KiB:stall
    SINCE=$("$OCIMOCK" requests --stats --json | jq .last)
    skopeo --command-timeout 8s copy --src-tls-verify=false "docker://$REGISTRY/react/$FAULT:v1" "dir:$dir/copy" \
        >"$dir/skopeo" 2>&1 3>&- 4>&- &
    run ctr --timeout 8s images pull --plain-http --snapshotter native "$REGISTRY/react/$FAULT:v1"
    ((status != 0)) # in which words depends on what it is at
    wait "$!" && return 1
    grep 'context deadline exceeded' "$dir/skopeo"
    "$OCIMOCK" wait --since "$SINCE" --role layer --end client-aborted --count 2 --timeout 20s
}

# --- Ranges, once a layer was cut -------------------------------------------------------------------

# range_fault HOW: the first answer is cut, the ranges of those that follow are not honoured.
range_fault() {
    fault_set <<-END
	rules:
	  - {when: {repo: @REPO@, op: blob.get, role: layer}, then: {range: $1}}
	  - when: {repo: @REPO@, op: blob.get, role: layer, nth: {from: 1, to: 1, per: [userAgent]}}
	    then: {body: {after: 524288, do: close}}
	END
}

@test "reactions: range-ignored" {
    range_fault ignore
    react
}

@test "reactions: range-shifted" {
    range_fault shift
    react
}

@test "reactions: range-wrong-header" {
    range_fault wrong-header
    react
}

@test "reactions: range-refused" {
    range_fault refuse
    react
}
