# SPDX-License-Identifier: MIT
# For the .bats files that run scripts/pull-policy: what its results have to be, without asking its table.
#
# pull_policy ENGINE OPTION...   runs it; its results are in RESULTS
# every FILTER CONDITION         there are such results, and the condition holds for each
# six_cases                      the rows that the table is for
# kubelet_rows                   rows about kubelets are listed, not passed
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # run sets some

# A part of the rows that says the same, for a second way to start containers.
SIX_ROWS=1,2,2b,3,4,5.1,6,7.1,7.5,8.1,9,9b

pull_policy() {
    run "$TOP_SRCDIR/scripts/pull-policy" --results "$RESULTS" --engine "$@"
    say "$output"
    ((status == 0))
}

every() {
    jq -es --arg what "$1" "[.[] | select($1)] | length > 0 and all(.[]; $2)" "$RESULTS" >/dev/null || {
        jq -c "select($1) | select($2 | not)" "$RESULTS" >&2
        return 1
    }
}

six_cases() {
    local rows='["1", "2", "2b", "3", "4", "5", "6", "7", "8", "9", "9b", "9c", "9d", "9e"]'

    every ".row as \$row | $rows | index(\$row)" '.verdict == "ok"'
    every '.policy == "Always" and .registry == "absent"' '.got == "fails: not-found"'
    every '.policy == "Always" and .registry == "moved"' '.got == "registry.war" and (.requests | contains("layer"))'
    every '.row == "2"' '.got == "node.war" and (.requests | contains("manifest")) and (.requests | contains("layer") | not)'
    every '.policy == "IfNotPresent" and .node == "none" and .registry == "absent"' '.got == "fails: not-found"'
    every '.row == "4"' '.got == "registry.war" and (.requests | contains("layer"))'
    every '.policy == "IfNotPresent" and .node != "none" and .verdict == "ok"' '.got == "node.war" and .requests == "0"'
    every '.policy == "Never" and .verdict == "ok"' '.requests == "0"'
    every '.policy == "Never" and .node != "none" and .verdict == "ok"' '.got == "node.war"'
    every '.row == "8"' '.got == "fails: not-on-node"'
    every '.row | test("^9")' '.got == "fails: refused" and (.requests | contains("layer") | not)'
}

kubelet_rows() {
    every '(.row | tonumber? // 0) >= 20' '.verdict == "listed" and .detail != ""'
}

