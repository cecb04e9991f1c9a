#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# doc/clients.md, what the engine tests try, and what they know of it: the same everywhere.
# shellcheck source=tests/style/style.bash
. "$(dirname "$0")/style.bash"

FAULTS=$TOP_SRCDIR/tests/engines/faults.tsv
REACTIONS=$TOP_SRCDIR/tests/engines/reactions.tsv

# rows FILE: without comments.
rows() {
    grep -v '^#' "$1"
}

# every FAULT VERSION, once.
combinations() {
    local fault version

    while read -r fault; do
        while read -r version; do
            printf '%s\t%s\n' "$fault" "$version"
        done < <(rows "$REACTIONS" | cut -f 2,3 | sort -u)
    done < <(rows "$FAULTS" | cut -f 1)
}

check "the page is what scripts/client-table makes of the tables" \
    diff "$TOP_SRCDIR/doc/clients.md" <("$TOP_SRCDIR/scripts/client-table")
check "each fault is a test and each test has its fault" diff \
    <(rows "$FAULTS" | cut -f 1 | sort) \
    <(sed -n 's/^@test "reactions: \(.*\)" {$/\1/p' "$TOP_SRCDIR"/tests/engines/reactions*.bats | sort)
check "each version has one row of each fault" diff <(combinations | sort) \
    <(rows "$REACTIONS" | cut -f 1-3 | sort)
check_empty "a fault has four columns" "$(rows "$FAULTS" | awk -F '\t' 'NF != 4 || /\t\t/')"
check_empty "a reaction has seven columns" "$(rows "$REACTIONS" | awk -F '\t' 'NF != 7 || /\t\t/')"
check_empty "an outcome is ok, fails or hangs" "$(rows "$REACTIONS" | awk -F '\t' '$4 !~ /^(ok|fails|hangs)$/')"
check_empty "requests are KIND/STATUS[/RANGE][/END]=COUNT" "$(rows "$REACTIONS" | cut -f 5 | tr ' ' '\n' |
    grep -vxE '([a-z.]+/([0-9]{3}|-)(/bytes=[0-9]+-)?(/[a-z,-]+)?=[0-9]+(-[0-9]+)?|waits|-)')"
check_empty "who fails says something" "$(rows "$REACTIONS" | awk -F '\t' '$4 == "fails" && length($6) < 5')"

done_testing
