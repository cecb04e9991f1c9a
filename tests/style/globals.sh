#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# State hangs from objects that are passed around; nothing but the files named here has any of its own.
# shellcheck source=tests/style/style.bash
. "$(dirname "$0")/style.bash"

# The loop's signal handling and the log are per process by nature.
EXCEPTIONS='loop|log'

[[ -n ${TOP_BUILDDIR-} ]] || skip_all "run by make check, which knows the objects"
[[ -z ${TEST_SANITIZER-} ]] || skip_all "sanitizers add variables of their own"
[[ ${TEST_CC-} != *--coverage* ]] || skip_all "coverage adds variables of its own"

# "object: section size" of writable data in an archive.
writable() {
    size -A "$1" | awk '
        / +\(ex / { object = $1 }
        $1 ~ /^\.(data|bss|tdata|tbss|data\.rel|data\.rel\.local)(\.[a-z].*)?$/ && $1 !~ /\.ro/ && $2 > 0 {
            print object ": " $1 " " $2 " bytes"
        }'
}

found=0
for archive in "$TOP_BUILDDIR"/lib*.a; do
    [[ ${archive##*/} != libllhttp.a ]] || continue
    found=$((found + 1))
    check_empty "${archive##*/} has no variables of its own" \
        "$(writable "$archive" | grep -v -E "^($EXCEPTIONS)\.o:")"
done
check "archives were found" test "$found" -ge 3

done_testing
