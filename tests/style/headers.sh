#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Each header compiles alone. (*.tbl.h are lists that a file includes with its own macro defined.)
# shellcheck source=tests/style/style.bash
. "$(dirname "$0")/style.bash"

[[ -n ${TEST_CC-} && -n ${TOP_BUILDDIR-} ]] || skip_all "run by make check, which knows the compiler"
read -ra compile <<<"$TEST_CC"

while read -r header; do
    cd "$TOP_BUILDDIR" || exit 1
    check "$header compiles alone" \
        "${compile[@]}" -Wall -Wextra -Werror -fsyntax-only -include "$TOP_SRCDIR/$header" -x c /dev/null
    cd "$TOP_SRCDIR" || exit 1
done < <(files '*.h' "${PRODUCT[@]}" tests/tap | grep -v '\.tbl\.h$')

# The guard is made of the path.
wrong_guards() {
    local header guard

    files '*.h' "${PRODUCT[@]}" tests | grep -v '\.tbl\.h$' | while read -r header; do
        guard=$(tr 'a-z/.-' 'A-Z___' <<<"$header")
        grep -q "^#ifndef $guard\$" "$header" || echo "$header: no guard $guard"
    done
}
check_empty "each header has a guard named like its path" "$(wrong_guards)"

done_testing
