#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Debian's docker-registry and ocimock, asked the same questions.

load lib

DIFFERENCES=$TOP_SRCDIR/tests/compare/differences.tsv

setup() {
    export OCIMOCK=${OCIMOCK:-$TOP_BUILDDIR/ocimock} TMPDIR=$BATS_TEST_TMPDIR
}

@test "compare: the differences are those that are recorded" {
    need docker-registry
    [[ $(docker-registry --version) == *" 2.8.2"* ]] ||
        skip "the differences were recorded with docker-registry 2.8.2"
    "$TOP_SRCDIR/scripts/compare-registry" check
}

@test "compare: every difference has a reason" {
    same "$(awk -F '\t' '!/^#/ && $5 == ""' "$DIFFERENCES")" ''
    (($(grep -c -v '^#' "$DIFFERENCES") > 0))
}

@test "compare: the page has the table of the differences" {
    diff <(grep '^|' "$TOP_SRCDIR/doc/differences.md") <("$TOP_SRCDIR/scripts/compare-registry" page)
}
