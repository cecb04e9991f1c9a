# SPDX-License-Identifier: MIT
# Prints C files as "file:line:text" without comments and without what literals hold.

FNR == 1 { comment = 0 }

{
    rest = $0
    text = ""
    while (rest != "") {
        if (comment) {
            end = index(rest, "*/")
            if (end == 0)
                break
            rest = substr(rest, end + 2)
            comment = 0
        } else if (match(rest, /\/\*|\/\/|"|'/)) {
            text = text substr(rest, 1, RSTART - 1)
            token = substr(rest, RSTART, RLENGTH)
            rest = substr(rest, RSTART + RLENGTH)
            if (token == "//")
                break
            if (token == "/*") {
                comment = 1
            } else {
                # The literal's end: the next such quote that no backslash precedes.
                while (match(rest, /\\.|"|'/) && substr(rest, RSTART, 1) != token)
                    rest = substr(rest, RSTART + RLENGTH)
                rest = substr(rest, RSTART + 1)
                text = text token token
            }
        } else {
            text = text rest
            break
        }
    }
    if (text ~ /[^ \t]/)
        print FILENAME ":" FNR ":" text
}
