# SPDX-License-Identifier: MIT
# Both sides of a case: what ran, and what the registry saw.
#
# expected                prints what is expected of this engine
# judge_outcome           GOT; its failure says in DETAIL what is wrong
# judge_traffic           its failure says in DETAIL what is wrong
# traffic_words           the requests on standard input, in words: "token, 2 manifests, config, layer"
# shellcheck shell=bash
# shellcheck disable=SC2016,SC2153,SC2034,SC2154 # of scripts/pull-policy; jq expands in single quotes

GOT=''
DETAIL=''

# Other engines than the kubelet have errors, but no reasons.
expected() {
    if [[ -n ${C[runs]} ]]; then
        echo "${C[runs]}.war"
    elif [[ $ENGINE == kube ]]; then
        echo "${C[fails]} (${C[error]})"
    else
        echo "fails: ${C[error]}"
    fi
}

# got_words: in the same words.
got_words() {
    local error

    case $RAN in
        yes)
            grep -o -E -m1 '(node|registry)\.war' "$OUTPUT" || echo 'ran, and printed no marker'
            return
            ;;
        timeout) error=timeout ;;
        *) error=$(engine_error "$OUTPUT") ;;
    esac
    if [[ $ENGINE == kube ]]; then
        echo "${REASON:-hangs} ($error)"
    else
        echo "fails: $error"
    fi
}

judge_outcome() {
    GOT=$(got_words)
    [[ $GOT == "$(expected)" ]] && return 0
    DETAIL="expected $(expected), got $GOT: $(tail -n 3 "$OUTPUT" | tr '\n' ' ' | cut -c 1-600)"
    return 1
}

# --- The journal ----------------------------------------------------------------------------------

# word_criteria WORD: the options of `ocimock verify` for a word of the table.
word_criteria() {
    case $1 in
        ping | token) echo "--op $1" ;;
        manifest) echo '--op manifest.*' ;;
        config) echo '--op blob.* --role config' ;;
        layer) echo '--op blob.* --role layer' ;;
        all) ;;
        *) die "the table counts '$1', which nobody can count" ;;
    esac
}

# range_options RANGE: of 0, 2, 1+, 0-3.
range_options() {
    case $1 in
        0) echo --never ;;
        *+) echo "--min ${1%+}" ;;
        *-*) echo "--min ${1%-*} --max ${1#*-}" ;;
        *) echo "--count $1" ;;
    esac
}

# Sets ONLY to what tells our requests from others', where the registry is not ours alone: the repository, or the
# account where there is one, for a token is asked for in no repository.
only_ours() {
    ONLY=()
    [[ $ALONE == no ]] || return 0
    case $1/${C[credentials]} in
        */none | */other-host | manifest/* | config/* | layer/*) ONLY=(--repo "${C[repository]}") ;;
        *) ONLY=(--user "pull-policy-$RUN-*") ;;
    esac
}

# holds WORD RANGE [CRITERION...]: asks the registry. Pings come without a name.
holds() {
    local word=$1 range=$2
    local -a words

    shift 2
    [[ $range != 0+ ]] || return 0
    [[ $ALONE == yes || $word != ping && $word/${C[credentials]} != token/none &&
        $word/${C[credentials]} != token/other-host ]] || return 0
    only_ours "$word"
    read -ra words <<<"$(word_criteria "$word") $(range_options "$range")"
    ask verify --since "$SINCE" "${words[@]}" "${ONLY[@]}" "$@" >/dev/null 2>"$WORK/verify" && return 0
    DETAIL="$word $*: $(head -n 1 "$WORK/verify")"
    return 1
}

# What the table says of the class and this client: "word range" lines. What it does not name is not asked.
traffic_expected() {
    table_get --arg class "${C[requests]}" --arg client "$CLIENT" '
        (.traffic[$class] | .[$client] // .any // error("no traffic of \($client) in \($class)")) as $t
        | if $t == {} then "all 0"
          else ("ping", "token", "manifest", "config", "layer" | "\(.) \($t[.] // "0")"),
               ($t | if .all then "all \(.all)" + (if .end then " --end \(.end)" else "" end) else empty end) end'
}

judge_traffic() {
    local word range more

    while read -r word range more; do
        # shellcheck disable=SC2086 # options
        holds "$word" "$range" $more || return 1
    done < <(traffic_expected)
    [[ -z ${C[status]} ]] || holds all 1+ --status "${C[status]}"
}

traffic_words() {
    jq -r '
        def word: if .op == "ping" or .op == "token" then .op
            elif (.op | startswith("manifest.")) then "manifest"
            elif (.op | startswith("blob.")) then (.role // "blob") else .op end;
        def count: if . == 1 then "" else "\(.) " end;
        ["ping", "token", "manifest", "config", "layer", "blob"] as $order
        | [.requests[] | word] | group_by(.) | map({word: .[0], n: length})
        | sort_by(.word as $w | $order | index($w) // 99)
        | if . == [] then "0" else map("\(.n | count)\(.word)\(if .n > 1 then "s" else "" end)") | join(", ") end'
}
