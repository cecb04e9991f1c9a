# SPDX-License-Identifier: MIT
# For reactions.bash: what an engine did, in the words of reactions.tsv, and whether that was expected.
#
# A row of reactions.tsv, with tabs between:
#
#   fault     the name of the test, and of the repository react/FAULT
#   engine    skopeo, podman, docker or containerd (that is ctr)
#   version   as the program says it, without what Debian appends
#   outcome   ok, fails, or hangs: it waits as long as the registry does
#   requests  KIND/STATUS[/RANGE][/END]=COUNT ..., with blanks between. KIND is config, layer or an
#             operation; STATUS is - for no answer; END is not written when it is complete, and open
#             while there is none; COUNT is N or N-M. What is not listed must not have happened. The word
#             waits: after a 429 it asks for nothing within the next second
#   message   extended regular expression of what the client says
#   remark    for people
#
# REACTIONS_RECORD names a file to which a row of what was seen is appended, whether it was expected
# or not.
# shellcheck shell=bash
# shellcheck disable=SC2154 # variables of reactions.bash

# Docker's daemon may keep a connection on which nothing comes, although nobody waits for it any more.
journal_closed() {
    "$OCIMOCK" requests --json --since "$SINCE" --limit 1000 >"$BATS_TEST_TMPDIR/requests"
    jq -e --arg stopped "${STOPPED-}" 'all(.requests[]; .end != null or
        ($stopped == "yes" and (.user_agent | startswith("docker/"))))' "$BATS_TEST_TMPDIR/requests"
}

# What an engine asked for, in the words of the table.
seen() {
    local agent

    agent=$(engine_user_agent "$1")
    jq -rj --arg agent "${agent%\*}" '
        [.requests[] | select((.user_agent // "") | startswith($agent))
         | [.role // .op, .status // "-", .range // empty, ((.end // "open") | select(. != "complete"))]
         | join("/")] | group_by(.) | map("\(.[0])=\(length)") | join(" ")' \
        "$BATS_TEST_TMPDIR/requests"
    ! waits "$1" || printf ' waits'
}

# waits ENGINE: whenever it asks again after a 429, a second has passed (a little less by the journal).
waits() {
    local agent

    agent=$(engine_user_agent "$1")
    jq -e --arg agent "${agent%\*}" '
        def ms: capture("^(?<s>.*)\\.(?<ms>[0-9]+)Z") | ("\(.s)Z" | fromdate) * 1000 + (.ms | tonumber);
        [.requests[] | select((.user_agent // "") | startswith($agent))] as $all
        | [range(1; $all | length) | select($all[. - 1].status == 429)
            | ($all[.].arrived | ms) - ($all[. - 1].arrived | ms)]
        | length > 0 and all(. >= 900)' "$BATS_TEST_TMPDIR/requests" >/dev/null
}

# judge ENGINE: 0 as in the table, 1 otherwise, 2 when the table does not know this version.
judge() {
    local engine=$1 dir=$BATS_TEST_TMPDIR/$1 version outcome expected row requests message result=0

    version=$(engine_version "$engine")
    outcome=$(<"$dir/outcome")
    say "$engine $version: $outcome; $(seen "$engine")"
    say "$(message_of "$dir/output")"
    [[ -z ${REACTIONS_RECORD-} ]] || record "$engine" "$version" "$outcome"
    row=$(awk -F '\t' -v f="$FAULT" -v e="$engine" -v v="$version" '$1 == f && $2 == e && $3 == v' \
        "$REACTIONS")
    if [[ -z $row ]]; then
        echo "# $FAULT: no row for $engine $version, which does: $outcome; $(seen "$engine")" >&3
        return 2
    fi
    IFS=$'\t' read -r _ _ _ expected requests message _ <<<"$row"
    same "$outcome" "$expected" || result=1
    [[ $message == - ]] || tr '\n' ' ' <"$dir/output" | grep -qE -e "$message" || {
        say "$engine: the message does not match $message"
        result=1
    }
    requests_as "$engine" "$requests" || result=1
    [[ $outcome != ok ]] || pull_complete "$engine" || result=1
    return "$result"
}

# From the line that looks like an error on, else the last one.
message_of() {
    local text

    text=$(sed -n '/^Error\|level=fatal\|^ctr:/,$p' "$1")
    [[ -n $text ]] || text=$(grep -v '^$' "$1" | tail -n 1)
    tr '\t\n' '  ' <<<"$text"
}

record() {
    printf '%s\t%s\t%s\t%s\t%s\t%s\n' "$FAULT" "$1" "$2" "$3" "$(seen "$1")" \
        "$(message_of "$BATS_TEST_TMPDIR/$1/output")" >>"$REACTIONS_RECORD"
}

# requests_as ENGINE ITEMS: the journal holds them, and nothing else of this engine.
requests_as() {
    local item count least=0 most=0 result=0
    local -a where

    for item in ${2#-}; do
        if [[ $item == waits ]]; then
            waits "$1" || { say "$1: does not wait" && result=1; }
            continue
        fi
        count=${item##*=}
        least=$((least + ${count%-*}))
        most=$((most + ${count#*-}))
        mapfile -t where < <(criteria "${item%=*}")
        "$OCIMOCK" verify --since "$SINCE" --user-agent "$(engine_user_agent "$1")" "${where[@]}" \
            --min "${count%-*}" --max "${count#*-}" || result=1
    done
    "$OCIMOCK" verify --since "$SINCE" --user-agent "$(engine_user_agent "$1")" --min "$least" \
        --max "$most" || result=1
    return "$result"
}

# pull_complete ENGINE: the journal's pulls say so, too.
pull_complete() {
    local agent

    agent=$(engine_user_agent "$1")
    curl -fsS "$OCIMOCK_CONTROL/control/v1/pulls?since=$SINCE" | jq -e --arg agent "${agent%\*}" --arg repo "react/$FAULT" \
        'any(.pulls[]; .repo == $repo and (.user_agent | startswith($agent)) and .outcome == "complete")' >/dev/null || {
        say "$1: the journal knows no pull that is complete"
        return 1
    }
}

# criteria KIND/STATUS[/RANGE][/END]: as options of `verify`, one a line.
criteria() {
    local kind status rest range='!*' end=complete

    IFS=/ read -r kind status rest <<<"$1/"
    case $kind in
    config | layer) printf '%s\n' --op blob.get --role "$kind" ;;
    *) printf '%s\n' --op "$kind" ;;
    esac
    printf '%s\n' --status "${status/#-/!*}"
    for rest in ${rest//\// }; do
        case $rest in
        bytes=*) range=$rest ;;
        open) end='!*' ;;
        *) end=$rest ;;
        esac
    done
    printf '%s\n' --range "$range" --end "$end"
}

# Either all faults are known of a version or none; one that is not known is a skip that says which.
versions_known() {
    local engine version name known
    local -a unknown=()

    for engine in "${HERE[@]}"; do
        version=$(engine_version "$engine")
        known=$(awk -F '\t' -v e="$engine" -v v="$version" '$2 == e && $3 == v { print $1 }' "$REACTIONS")
        [[ -n $known ]] || { unknown+=("$engine $version") && continue; }
        while read -r name; do
            grep -qx "$name" <<<"$known" || die "nothing is known of $name with $engine $version"
        done < <(awk -F '\t' '!/^#/ { print $1 }' "$FAULTS")
    done
    ((${#unknown[@]} == 0)) || skip "no reactions are recorded of ${unknown[*]}"
}
