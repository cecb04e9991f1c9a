# SPDX-License-Identifier: MIT
# Tables for people.
#
# table_colours               sets bold, green, red, dim and plain, empty where colours are not wanted
# table_align                 standard input, tab-separated with a heading first, in columns
# shellcheck shell=bash
# shellcheck disable=SC2034 # the colours are for those who source this

bold='' green='' red='' dim='' plain=''

table_colours() {
    [[ -t 1 && -z ${NO_COLOR-} && ${TERM-dumb} != dumb ]] || return 0
    bold=$'\e[1m' green=$'\e[32m' red=$'\e[31m' dim=$'\e[2m' plain=$'\e[0m'
}

table_align() {
    awk -F '\t' -v dim="$dim" -v plain="$plain" '
        {
            rows++
            for (i = 1; i <= NF; i++) {
                cells[rows, i] = $i
                if (length($i) > width[i])
                    width[i] = length($i)
            }
            if (NF > columns)
                columns = NF
        }
        function pad(n,    s) {
            while (n-- > 0)
                s = s " "
            return s
        }
        END {
            for (r = 1; r <= rows; r++) {
                line = "   "
                for (i = 1; i <= columns; i++) {
                    line = line " " cells[r, i] pad(width[i] - length(cells[r, i])) " "
                }
                sub(/ +$/, "", line)
                print (r == 1 ? dim line plain : line)
            }
        }'
}
