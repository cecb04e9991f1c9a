# SPDX-License-Identifier: MIT
# Runs cases, each with a repository of its own.
#
# run_cases     all of CASES; RESULTS has one JSON object each; PASSED, FAILED, LISTED count them
# case_end      takes back what the case that is open did to the registry and to the node
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # of scripts/pull-policy

PASSED=0
FAILED=0
LISTED=0
RESULTS=''
CASE_OPEN=no

run_cases() {
    local case reason

    RESULTS=$WORK/results
    : >"$RESULTS"
    cases_load "$CLIENT"
    for case in "${CASES[@]}"; do
        case_read "$case"
        case_names
        reason=$(engine_has "${C[needs]}" "${C[verification]}")
        if [[ -n $reason ]]; then
            case_result listed "$reason"
        elif [[ -n $ENGINE_TROUBLE ]]; then
            case_result failed "$ENGINE_TROUBLE"
        else
            run_case
        fi
        report_case
    done
}

# A public repository is one by its name, and so is one on a kubelet's list.
case_names() {
    local id=${C[id]//./-} folder=pull-policy public=''

    [[ ${C[listed]} != true ]] || folder=pull-policy-listed
    [[ ${C[access]} == private ]] || public=public-
    C[repository]=$folder/$RUN/${public}row-$id
    C[tagged]=${C[repository]}:v1
    C[image]=$REGISTRY/${C[tagged]}
    [[ ${C[name]} == good ]] || C[image]=$REGISTRY/pull-policy/BAD-name:v1
    C[container]=pull-policy-$RUN-$id
    OUTPUT=$WORK/output
    GOT='' DETAIL='' RAN='' REASON='' SECONDS_TAKEN=''
    : >"$OUTPUT"
}

# step TEXT COMMAND...: its failure is the case's, with its last words.
step() {
    local text=$1

    shift
    "$@" >"$WORK/step" 2>&1 && return 0
    DETAIL="$text: $(tail -n 3 "$WORK/step" | tr '\n' ' ')"
    return 1
}

# What the registry has before the row's state: the node's image until the node has it.
case_images() {
    if [[ ${C[node]} == none ]]; then
        step 'the image did not get to the registry' registry_image registry.war "${C[tagged]}"
        return
    fi
    step 'the image did not get to the registry' registry_image node.war "${C[tagged]}" &&
        step 'the image did not get to the node' "${ENGINE}_prepare" || return 1
    [[ ${C[node]} == same ]] ||
        step 'the tag did not move' registry_image registry.war "${C[tagged]}"
}

case_state() {
    step "the registry did not become ${C[registry]}" registry_set "${C[registry]}" "${C[tagged]}"
}

run_case() {
    local begin verdict=failed

    CASE_OPEN=yes
    if case_images && case_state; then
        registry_mark
        begin=$EPOCHREALTIME
        "${ENGINE}_run"
        SECONDS_TAKEN=$(jq -n "$EPOCHREALTIME - $begin")
        registry_seen >"$WORK/seen.${C[id]}"
        if judge_outcome && judge_traffic; then
            verdict=ok
        fi
    fi
    case_result "$verdict" "$DETAIL"
    case_end
}

case_end() {
    [[ $CASE_OPEN == yes ]] || return 0
    CASE_OPEN=no
    registry_clear "${C[registry]}" "${C[tagged]}" 2>/dev/null || true
    [[ $keep == yes ]] || "${ENGINE}_clean"
}

# case_result VERDICT DETAIL: ok, failed or listed.
case_result() {
    local requests=''

    case $1 in
        ok) PASSED=$((PASSED + 1)) ;;
        failed) FAILED=$((FAILED + 1)) ;;
        listed) LISTED=$((LISTED + 1)) ;;
    esac
    [[ ! -s $WORK/seen.${C[id]} ]] || requests=$(traffic_words <"$WORK/seen.${C[id]}")
    jq -cn --arg verdict "$1" --arg detail "$2" --arg expected "$(expected)" --arg got "$GOT" \
        --arg requests "$requests" --arg seconds "${SECONDS_TAKEN:-0}" --argjson case "$case" \
        --arg engine "$ENGINE" --arg version "$ENGINE_VERSION" '
        ($case | {id, row, title, policy, node, registry, credentials, record, access})
        + {engine: $engine, version: $version, expected: $expected, got: $got, traffic: $case.requests,
           requests: $requests, seconds: ($seconds | tonumber), verdict: $verdict, detail: $detail}' >>"$RESULTS"
}
