#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Licence lines, lengths, remarks for later, and a README.md for each folder of code.
# shellcheck source=tests/style/style.bash
. "$(dirname "$0")/style.bash"

LINES_MAX=600
FUNCTION_MAX=100

without_licence() {
    {
        files '*.[ch]' "${PRODUCT[@]}" tests
        files '*.mk' "${PRODUCT[@]}" tests
        files '*.sh' tests scripts
        files '*.bats' tests
        files '*.bash' tests scripts
        files '*.py' tests scripts
        find scripts -type f -perm -u+x
        echo configure.ac Makefile.am m4/ocimock.m4 bootstrap | tr ' ' '\n'
    } | sort -u | while read -r file; do
        head -n 3 "$file" | grep -q 'SPDX-License-Identifier: MIT' || echo "$file"
    done
}
check_empty "each file names its licence" "$(without_licence)"

check_empty "no file is longer than $LINES_MAX lines" \
    "$(files '*.[ch]' "${PRODUCT[@]}" tests | grep -v '\.tbl\.h$' | xargs wc -l |
        awk -v max=$LINES_MAX '$2 != "total" && $1 > max { print $2 ": " $1 " lines" }')"

if ctags --version 2>/dev/null | grep -q Universal; then
    check_empty "no function is longer than $FUNCTION_MAX lines" \
        "$(files '*.[ch]' "${PRODUCT[@]}" tests |
            ctags -x --c-kinds=f --_xformat='%{line} %{end} %N %F' -L - |
            awk -v max=$FUNCTION_MAX '$2 - $1 >= max { print $4 ":" $1 ": " $3 ", " $2 - $1 + 1 " lines" }')"
else
    check_skip "no function is longer than $FUNCTION_MAX lines" "universal-ctags is not installed"
fi

check_empty "remarks for later have an issue's number" \
    "$(files '*' "${PRODUCT[@]}" tests scripts doc | grep -v '^tests/style/' |
        xargs -d '\n' grep -n -I -E '\b(TODO|FIXME|XXX)\b' | grep -v -E '\b(TODO|FIXME|XXX)\(#[0-9]+\)')"

check_empty "C files have neither tabs nor white space at the end of a line" \
    "$(files '*.[ch]' "${PRODUCT[@]}" tests | xargs grep -n -E "$(printf '\t')| +\$")"

for file in CHANGELOG.md LICENSE README.md; do
    check "$file is there" test -s "$file"
done
check "the changelog has a place for what comes next" grep -q '^## \[Unreleased\]' CHANGELOG.md

# A README.md names a file as `x.c`, `x.h`, `x.[ch]` or `x`.
unnamed_files() {
    local folder=$1 file name

    find "$folder" -maxdepth 1 -name '*.[ch]' | sort | while read -r file; do
        name=${file##*/}
        grep -q -E "\`${name%%.*}(\`|\.)" "$folder/README.md" || echo "$file"
    done
}
while read -r folder; do
    check_empty "$folder/README.md names every file" "$(unnamed_files "$folder" 2>&1)"
done < <(files '*.c' "${PRODUCT[@]}" | sed 's|/[^/]*$||' | sort -u)

done_testing
