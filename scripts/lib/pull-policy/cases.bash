# SPDX-License-Identifier: MIT
# The rows of the table, and the case that is run at the moment.
#
# cases_known ROW        such a row, or case of a row, is there
# cases_load CLIENT      CASES: one JSON object per case that was asked for (rows), for this client
# case_read JSON         C: the fields of a case by their names; empty where JSON has null
# table_get FILTER...    jq -r on the table
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # LIB, TOP and rows belong to scripts/pull-policy

TABLE=$TOP/fixtures/pull-policy/table.json
CASES=()
declare -A C=()

table_get() {
    jq -r "$@" "$TABLE"
}

# all_cases CLIENT: one JSON object a line.
all_cases() {
    jq -c --arg client "$1" -f "$LIB/cases.jq" "$TABLE"
}

cases_known() {
    all_cases any | jq -es --arg row "$1" 'any(.[]; .row == $row or .id == $row)' >/dev/null
}

cases_load() {
    mapfile -t CASES < <(all_cases "$1" | jq -c 'select($ARGS.positional == []
        or any($ARGS.positional[] as $row | .row == $row, .id == $row; .))' --args "${rows[@]}")
}

case_read() {
    C=()
    eval "$(jq -r 'to_entries[] | "C[\(.key)]=\(.value // "" | if type == "array" then join(" ") else tostring end | @sh)"' \
        <<<"$1")"
}
