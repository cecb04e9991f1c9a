#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The program as linked: libraries that only few commands use are loaded by these (OCIMOCK_SONAME in
# m4/ocimock.m4), because their own dependencies would slow down every start.
# shellcheck source=tests/style/style.bash
. "$(dirname "$0")/style.bash"

[[ -n ${OCIMOCK-} && -x ${OCIMOCK-} ]] || skip_all "run by make check, which knows the program"

needed=$(readelf -d "$OCIMOCK" | sed -n 's/.*NEEDED.*\[\(.*\)\]/\1/p')
check "the program's libraries can be read" grep -q '^libc\.so' <<<"$needed"
check_empty "it does not need libcurl or libarchive to start" \
    "$(grep -E '^lib(curl|archive)' <<<"$needed")"

check "it prints its version" grep -q '[0-9]' <<<"$("$OCIMOCK" version)"

done_testing
