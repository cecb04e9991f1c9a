# SPDX-License-Identifier: MIT
# The outcome of `make check`, read from what Automake's TAP driver leaves in a build folder.
#
# results_clear DIR                forgets earlier results
# results_count DIR                adds to PASSED, FAILED, SKIPPED
# results_failures DIR             prints each check that failed, with its test
# results_skips DIR                prints each skip: "test number - name # reason"
# results_unexpected DIR ALLOWED   prints the skips that the file ALLOWED does not list
# results_judge DIR STATUS ALLOWED   counts, lists and, when CI=true, fails unexpected skips; STATUS is make's
# results_save FILE                appends the counts for .ci/run, if FILE is not empty
# results_line                     prints "N passed, M failed", and ", K skipped" if there are any
# shellcheck shell=bash

PASSED=0
FAILED=0
SKIPPED=0

results_clear() {
    [[ ! -d $1/tests ]] || find "$1/tests" \( -name '*.trs' -o -name '*.log' \) -delete
}

results_count() {
    local result

    while read -r result; do
        case $result in
            PASS | XFAIL) PASSED=$((PASSED + 1)) ;;
            SKIP) SKIPPED=$((SKIPPED + 1)) ;;
            *) FAILED=$((FAILED + 1)) ;;
        esac
    done < <(find "$1/tests" -name '*.trs' -exec sed -n 's/^:test-result: *//p' {} +)
}

# The driver's lines of all logs: "RESULT: test text".
results_rows() {
    local log

    find "$1/tests" -name '*.log' -printf 'tests/%P\n' | sort | while read -r log; do
        grep -a -E "^[A-Z]+: ${log%.log}([. ]|\$)" "$1/$log" || true
    done
}

results_failures() {
    results_rows "$1" | grep -E '^(FAIL|ERROR|XPASS): ' || true
}

results_skips() {
    results_rows "$1" | sed -n 's/^SKIP: //p'
}

# ALLOWED has one extended regular expression a line, below a comment with its reason.
results_unexpected() {
    results_skips "$1" | grep -v -E -f <(grep -v -E '^(#|$)' "$2" || echo '^$') || true
}

results_judge() {
    local dir=$1 status=$2 allowed=$3 before=$FAILED unexpected n

    results_count "$dir"
    results_failures "$dir"
    if ((status != 0 && FAILED == before)); then
        echo "ERROR: make check ended with status $status"
        FAILED=$((FAILED + 1))
    fi
    results_skips "$dir" | sed 's/^/SKIP: /'
    [[ ${CI-} == true ]] || return 0
    unexpected=$(results_unexpected "$dir" "$allowed")
    [[ -n $unexpected ]] || return 0
    n=$(wc -l <<<"$unexpected")
    printf 'ERROR: CI does not accept these skips:\n%s\n' "$unexpected"
    FAILED=$((FAILED + n))
    SKIPPED=$((SKIPPED - n))
}

results_save() {
    [[ -z $1 ]] || echo "$PASSED $FAILED $SKIPPED" >>"$1"
}

results_line() {
    printf '%d passed, %d failed' "$PASSED" "$FAILED"
    ((SKIPPED == 0)) || printf ', %d skipped' "$SKIPPED"
    printf '\n'
}
