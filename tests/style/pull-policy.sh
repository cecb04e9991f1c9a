#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The pull-policy table is sound, and the page about it is made from it.
# shellcheck source=tests/style/style.bash
. "$(dirname "$0")/style.bash"

FOLDER=fixtures/pull-policy
TABLE=$FOLDER/table.json

command -v jq >/dev/null || skip_all "jq is not installed (scripts/setup test)"

check_empty "the table is sound" "$(jq -r -f $FOLDER/check.jq $TABLE 2>&1)"

# found WORDS FILTER: the check finds what this change makes wrong.
# shellcheck disable=SC2317 # check calls it
found() {
    jq "$2" "$TABLE" | jq -r -f "$FOLDER/check.jq" | grep -F -e "$1"
}

check "a row that is missing is found" found 'row 2b is missing' '.rows |= map(select(.row != "2b"))'
check "a row that is there twice is found" found 'row 7 is there 2 times' '.rows += [.rows[] | select(.row == "7")]'
check "an unknown word is found" found "row 4 case 1.node: there is no 'old'" '(.rows[] | select(.row == "4")).node = ["old"]'
check "an unknown key is found" found "row 4: there is no key 'recrd'" '(.rows[] | select(.row == "4")).recrd = "-"'
check "a row without outcome is found" found 'row 4 case 1: either runs or fails' 'del(.rows[] | select(.row == "4").runs)'
check "Never with requests is found" found 'row 8 case 1: Never asks nobody' '(.rows[] | select(.row == "8")).requests = "PF"'
check "a row without its source is found" found 'row 20: source is missing' '(.rows[] | select(.row == "20")).source = ""'

# What stands in the page between the two remarks.
page_table() {
    sed -n '/^<!-- scripts\/pull-policy --list --markdown -->$/,/^<!-- end -->$/{/^<!--/d;p}' doc/pull-policy.md
}
check_empty "doc/pull-policy.md has the table as scripts/pull-policy --list --markdown prints it" \
    "$(diff <(page_table) <(scripts/pull-policy --list --markdown) 2>&1)"

done_testing
