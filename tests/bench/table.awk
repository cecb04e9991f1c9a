# SPDX-License-Identifier: MIT
# awk -f table.awk rows.tsv raw.tsv: the median of each row beside its floor and aim.
# Exit status 1 when a row misses its floor (strict=1: its aim).

BEGIN {
    FS = "\t"
    printf "%-58s %10s %8s %8s  %s\n", "", "measured", "floor", "aim", ""
}

FNR == NR {
    if ($0 !~ /^#/) {
        name[++rows] = $1
        group[rows] = $2
        against[rows] = $3
        unit[rows] = $4
        more[rows] = $5 == "more"
        floor[rows] = $6
        aim[rows] = $7
        what[rows] = $8
    }
    next
}

!/^#/ && $2 > 0 {
    figure[$1, $2, $3] = $4
    if ($2 > last[$1])
        last[$1] = $2
}

function median(list, n,    i, j, t) {
    for (i = 2; i <= n; i++) {
        t = list[i]
        for (j = i - 1; j > 0 && list[j] > t; j--)
            list[j + 1] = list[j]
        list[j + 1] = t
    }
    return n % 2 ? list[(n + 1) / 2] : (list[n / 2] + list[n / 2 + 1]) / 2
}

# The median over the rounds of row r, or "" when it was not measured.
function result(r,    i, n, list) {
    for (i = 1; i <= last[group[r]]; i++) {
        if (!((group[r], i, "ocimock") in figure))
            continue
        list[++n] = figure[group[r], i, "ocimock"]
        if (against[r] != "-")
            list[n] /= figure[group[r], i, against[r]]
    }
    return n ? median(list, n) : ""
}

function reaches(value, limit, r) {
    return more[r] ? value + 0 >= limit + 0 : value + 0 <= limit + 0
}

END {
    for (r = 1; r <= rows; r++) {
        value = result(r)
        if (value == "")
            continue
        good = reaches(value, aim[r], r)
        enough = reaches(value, floor[r], r)
        verdict = good ? "aim" : enough ? "floor" : "MISSED"
        if (!enough || (strict && !good))
            failed = 1
        printf "%-58s %7.*f %-2s %8s %8s  %s\n", what[r], value < 0.1 ? 3 : 2, value, unit[r],
            floor[r], aim[r], verdict
    }
    exit failed
}
