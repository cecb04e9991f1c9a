# SPDX-License-Identifier: MIT
# Building from a checkout. Needs TOP (the tree) and say (a function that reports).
# shellcheck shell=bash

# configure and what it needs, when they are missing or older than their sources.
bootstrap() {
    local newer

    [[ ! -x $TOP/configure || ! -f $TOP/Makefile.in ]] || {
        newer=$(find "$TOP" -name .git -prune -o \( -name '*.ac' -o -name '*.am' -o -name '*.m4' \
            -o -name Makefile.mk \) -not -name aclocal.m4 -newer "$TOP/configure" -print -quit)
        [[ -n $newer ]] || return 0
    }
    say "making configure"
    "$TOP/bootstrap" 2>&1 | grep -v ' installing ' || true
    [[ -x $TOP/configure ]]
}
