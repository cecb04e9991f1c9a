# SPDX-License-Identifier: MIT
# What the style tests share. Each looks at the source tree, be it a clone or an unpacked tarball.
# shellcheck shell=bash

: "${TOP_SRCDIR:=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}"
cd "$TOP_SRCDIR" || exit 1

# shellcheck source=tests/tap/tap.bash
. tests/tap/tap.bash

# shellcheck disable=SC2034 # for those who source this
PRODUCT=(cli registry auth fixtures lib)

# Our files in the given folders whose names match the pattern.
files() {
    local pattern=$1 folder

    shift
    for folder in "$@"; do
        [[ ! -d $folder ]] || find "$folder" -name "$pattern" -type f
    done | sort
}

# "file:line:text" with comments, string and character literals made empty.
code_lines() {
    xargs -r awk -f tests/style/strip.awk
}
