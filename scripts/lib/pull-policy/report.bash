# SPDX-License-Identifier: MIT
# What people and machines read of a run. All of it is made from RESULTS.
#
# report_case      after each case: progress, TAP lines, the story's requests
# report           at the end: the table, Markdown, JUnit, what failed and what was not run
# list_rows        the table itself, as text or Markdown
# explain_story    why a row is as it is
# shellcheck shell=bash
# shellcheck disable=SC2016,SC2153,SC2154 # of scripts/pull-policy; jq expands in single quotes

# --- While it runs ----------------------------------------------------------------------------------

report_case() {
    case $format/$action in
        */explain) explain_case ;;
        tap/*) tap_line ;;
        *)
            [[ ! -t 2 ]] || printf '\r\e[K%s of %s: %s' "$((PASSED + FAILED + LISTED))" "${#CASES[@]}" "${C[id]}" >&2
            ;;
    esac
}

tap_line() {
    local number=$((PASSED + FAILED + LISTED))

    ((number > 1)) || printf '1..%d\n' "${#CASES[@]}"
    tail -n 1 "$RESULTS" | jq -r --arg number "$number" '
        (if .verdict == "failed" then "not ok" else "ok" end)
        + " \($number) - \(.engine): row \(.id): \(.policy), node \(.node), registry \(.registry), credentials \(.credentials)"
        + (if .verdict == "listed" then " # SKIP " + .detail else "" end),
        (select(.verdict == "failed") | .detail | split("\n")[] | "# " + .)'
}

# --- At the end -------------------------------------------------------------------------------------

ran_only='select(.verdict != "listed")'
columns='row policy node registry credentials expected got requests time'

# One line a case, tab-separated.
report_rows() {
    jq -r "$ran_only"' | [.id, .policy, .node, .registry, .credentials, .expected,
        (if .verdict == "ok" then .got else "FAILED " + .got end), (if .requests == "" then "-" else .requests end),
        "\(.seconds * 100 | round / 100) s"] | @tsv' "$RESULTS"
}

# In the other direction, too: the rows that were not run, by their reason.
listed_rows() {
    jq -rs 'map(select(.verdict == "listed")) | group_by(.detail)[]
        | "\(.[0].detail)\t\(map(.row) | unique_by(tonumber? // .) | join(", "))"' "$RESULTS"
}

# In the order of the table; what many rows failed of, such as a missing engine, is said once.
failed_rows() {
    jq -rs 'map(select(.verdict == "failed")) | to_entries | group_by(.value.detail) | sort_by(.[0].key)[] | map(.value)
        | "  \(if length > 1 then "rows" else "row" end) \(map(.id) | join(", ")): \(.[0].detail)"' "$RESULTS"
}

report() {
    [[ -z $results ]] || cp "$RESULTS" "$results"
    [[ -z $junit ]] || junit_write >"$junit"
    [[ $action != explain ]] || return 0
    case $format in
        table) report_table ;;
        markdown) report_markdown ;;
        tap) [[ -s $RESULTS ]] || echo 1..0 ;;
    esac
}

report_summary() {
    printf '%s held, %s failed, %s not for this engine' "$PASSED" "$FAILED" "$LISTED"
}

report_table() {
    local colour=$green

    [[ ! -t 2 ]] || printf '\r\e[K' >&2
    printf '%simagePullPolicy with %s%s%s\n' "$bold" "${ENGINE_VERSION:-$ENGINE}" "$(engine_remark)" "$plain"
    { tr ' ' '\t' <<<"$columns" && report_rows; } | table_align
    [[ $requests == no ]] || report_requests
    if ((FAILED > 0)); then
        colour=$red
        printf '\n%sDid not hold%s\n' "$bold" "$plain"
        failed_rows
    fi
    if ((LISTED > 0)); then
        printf '\n%sNot run%s\n' "$bold" "$plain"
        listed_rows | awk -F '\t' '{ print "  " $1 ": rows " $2 }'
    fi
    printf '\n%s%s%s\n' "$colour" "$(report_summary)" "$plain"
}

engine_remark() {
    [[ $ENGINE != containerd && $ENGINE != cri ]] || echo ', the policy applied by this script'
}

markdown_table() {
    awk -F '\t' '{ gsub(/\|/, "\\|"); line = "|"; for (i = 1; i <= NF; i++) line = line " " $i " |"; print line
        if (NR == 1) { gsub(/[^|]+/, " --- ", line); print line } }'
}

report_markdown() {
    printf 'imagePullPolicy with %s%s: %s.\n\n' "${ENGINE_VERSION:-$ENGINE}" "$(engine_remark)" "$(report_summary)"
    { tr ' ' '\t' <<<"$columns" && report_rows; } | markdown_table
    ((LISTED == 0)) || { echo && { printf 'not run\trows\n' && listed_rows; } | markdown_table; }
}

junit_write() {
    jq -rs '
        def xml: tostring | explode | map(select(. >= 32 or . == 10)) | implode
            | gsub("&"; "&amp;") | gsub("<"; "&lt;") | gsub(">"; "&gt;") | gsub("\""; "&quot;");
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>",
        "<testsuite name=\"pull-policy\" tests=\"\(length)\" failures=\"\(map(select(.verdict == "failed")) | length)\" skipped=\"\(map(select(.verdict == "listed")) | length)\" time=\"\(map(.seconds) | add // 0)\">",
        (.[] | "  <testcase classname=\"pull-policy.\(.engine)\" name=\"row \(.id): \(.title | xml)\" time=\"\(.seconds)\">"
            + (if .verdict == "failed" then "<failure message=\"\(.detail | xml)\"/>"
               elif .verdict == "listed" then "<skipped message=\"\(.detail | xml)\"/>" else "" end)
            + "</testcase>"),
        "</testsuite>"' "$RESULTS"
}

# --- The table itself -------------------------------------------------------------------------------

# One line a row of the table: what is tried is joined, for a reader.
table_rows() {
    table_get '
        def words: [.[]] | unique | join(", ");
        .rows[] | . as $row | [(.cases // [{}])[] | ($row | del(.cases)) + .]
        | . as $cases
        | [$row.row, ([.[].policy[]] | words), ([.[].node[]] | words), ([.[].registry[]] | words),
           ([.[].credentials[]] | words), ([.[].record // "-"] | words),
           ([.[] | if .runs then .runs + ".war" else .fails end] | words), ([.[].requests] | words), $row.title] | @tsv'
}

list_rows() {
    { printf 'row\tpolicy\tnode\tregistry\tcredentials\trecord\tresult\trequests\twhat it shows\n' && table_rows; } |
        if [[ $format == markdown ]]; then markdown_table; else table_align; fi
}

explain_story() {
    table_get --arg row "${rows[0]}" '
        .rows[] | .row as $its | select($row == $its or ($row | startswith($its + ".")))
        | "Row \(.row): \(.title)\n\n\(.why)\nSource: \(.source).\n"'
}

# What was set up and what happened, in order.
explain_case() {
    printf '%s%s%s: policy %s\n' "$bold" "${C[id]}" "$plain" "${C[policy]}"
    table_get --argjson case "$case" '
        "  node         " + .node[$case.node], "  registry     " + .registry[$case.registry],
        "  credentials  " + .credentials[$case.credentials],
        (if $case.record == "-" then empty else "  record       " + .record[$case.record] end),
        "  expected     \($case.expected); \(.traffic[$case.requests].what)"'
    tail -n 1 "$RESULTS" | jq -r 'if .verdict == "listed" then "  not run      with \(.engine): \(.detail)"
        else "  got          \(.got)  (\(if .verdict == "ok" then "as expected" else "FAILED: " + .detail end))" end'
    [[ ! -s $WORK/seen.${C[id]} ]] || { echo '  the registry saw, in this order:' && case_requests "${C[id]}"; }
    echo
}

# case_requests ID: each request, and what made its answer what it is.
case_requests() {
    jq -r 'def short: gsub("(?<a>sha256:[0-9a-f]{12})[0-9a-f]+"; .a + "..");
        .requests | if . == [] then "    nothing" else
        (.[] | "    \(.method) \(.path | short)  \(.status // "no answer")"
            + (if .role then "  \(.role)" else "" end) + (if .user then "  \(.user)" else "" end)
            + (if .state then "  state \(.state)" elif .rule then "  rule \(.rule)" else "" end)) end' "$WORK/seen.$1"
}

report_requests() {
    local id

    printf '\n%sWhat the registry saw%s\n' "$bold" "$plain"
    jq -r "$ran_only"' | .id' "$RESULTS" | while read -r id; do
        [[ -s $WORK/seen.$id ]] || continue
        printf '  row %s\n' "$id"
        case_requests "$id"
    done
}
