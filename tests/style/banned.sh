#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Functions that are not used, because there is something better or safer: see the table.
# shellcheck source=tests/style/style.bash
. "$(dirname "$0")/style.bash"

# Functions, and what to use instead.
BANNED=(
    'strcpy|strcat|stpncpy|strncat            snprintf, memcpy or lib/util/buf.h'
    'sprintf|vsprintf|gets                    snprintf, fgets'
    'strtok|strtok_r                          strsep or strcspn'
    'atoi|atol|atoll|atof                     lib/util/units.h, or strtoull and an exception'
    'strtol|strtoul|strtoll|strtoull|strtod   a check of every byte first, and an exception'
    'system|popen                             posix_spawn'
    'alloca                                   the heap or a fixed array'
    'rand|srand|random|srandom|drand48        the seeded generator or RAND_bytes'
    'time|gettimeofday                        the clock of the loop'
    'sleep|usleep|nanosleep                   a timer of the loop; in tests, wait for what must happen'
    'assert                                   ASSERT, for our own mistakes only'
)

# Tests read what they wrote themselves.
PRODUCT_ONLY='strtol|'

# "file:line:text" of the calls of functions that are no exception of that file.
calls() {
    local functions=$1 file line text

    grep -E "(^|[^a-zA-Z0-9_>.])($functions) *\(" "$CODE" | while IFS=: read -r file line text; do
        [[ $functions != "$PRODUCT_ONLY"* || $file != tests/* ]] || continue
        grep -q -E "^$file +($functions) +[^ ]" tests/style/banned-exceptions || echo "$file:$line:$text"
    done
}

CODE=$(mktemp)
trap 'rm -f "$CODE"' EXIT
files '*.[ch]' "${PRODUCT[@]}" tests | code_lines >"$CODE"

for row in "${BANNED[@]}"; do
    read -r functions instead <<<"$row"
    check_empty "no ${functions//|/, }: use $instead" "$(calls "$functions")"
done

# Exceptions: "file function reason". Each must still be needed.
stale_exceptions() {
    local file name reason

    grep -v -E '^(#|$)' tests/style/banned-exceptions | while read -r file name reason; do
        [[ -n $reason ]] || echo "$file $name: no reason"
        [[ $functions != "$PRODUCT_ONLY"* || $file != tests/* ]] || continue
        grep -q -E "^$file:.*\b$name *\(" "$CODE" || echo "$file $name: not used any more"
    done
}
check_empty "every exception is used and has a reason" "$(stale_exceptions)"

done_testing
