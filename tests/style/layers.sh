#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Who includes whom. A layer knows those below it, never those above.
# shellcheck source=tests/style/style.bash
. "$(dirname "$0")/style.bash"

# The folder of a layer, and what its files may include, as an extended regular expression.
LAYERS=(
    'cli                cli|registry|auth|fixtures|lib'
    'registry           registry|auth/(token|challenge|identity)\.h|lib'
    'auth               auth|lib'
    'fixtures           fixtures|lib/util'
    'lib/control        lib/(control|fault|http|util)'
    'lib/fault          lib/(fault|http|util)'
    'lib/http           lib/(http|util)'
    'lib/util           lib/util'
)

# "file: included" for each of our own includes below a folder.
includes() {
    files '*.[ch]' "$1" | xargs -r grep -H -o -E '^ *# *include +"[^"]+"' |
        sed -E 's/:[^"]*"([^"]+)"/: \1/'
}

for layer in "${LAYERS[@]}"; do
    read -r folder allowed <<<"$layer"
    check_empty "$folder includes only what lies below it" \
        "$(includes "$folder" | grep -v -E ": ($allowed)(/|\$)")"
done
check_empty "every folder of lib has a layer above" \
    "$(find lib -mindepth 1 -maxdepth 1 -type d | grep -v -E '^lib/(control|fault|http|util)$')"

missing_includes() {
    includes . | while IFS=': ' read -r file included; do
        [[ -f $included ]] || echo "$file: $included is not a path from the root"
    done
}
check_empty "includes name files by their path from the root" "$(missing_includes)"

# headers.sh proves that a header needs no other; this keeps it visible. A folder's internal.h may
# stand for the file's own header.
own_header_not_first() {
    local file first

    files '*.c' "${PRODUCT[@]}" | while read -r file; do
        first=$(sed -n 's/^#include "\(.*\)"/\1/p' "$file" | head -n 1)
        [[ ! -f ${file%.c}.h || $first == "${file%.c}.h" || $first == "${file%/*}/internal.h" ]] ||
            echo "$file"
    done
}
check_empty "each file includes its own header first" "$(own_header_not_first)"

check_empty "headers above lib/http show no type of a library" \
    "$(files '*.h' cli registry auth fixtures | xargs -r grep -n -E '#include <(event2/|openssl/|jansson|yaml|llhttp)')"

done_testing
