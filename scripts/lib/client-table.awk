# SPDX-License-Identifier: MIT
# For scripts/client-table: first faults.tsv, then reactions.tsv; prints Markdown.

FNR == 1 { file++ }
/^#\t/ { heading[faults + 1] = $2; next }
/^#/ { next }

file == 1 {
    fault[++faults] = $1
    text[$1] = $2
    how[$1] = $3
    proof[$1] = $4
    next
}

{
    client = $2 " " $3
    if (!(client in known)) {
        known[client] = 1
        clients[++client_count] = client
    }
    key = $1 SUBSEP client
    outcome[key] = $4
    requests[key] = $5
    gsub(/\/complete,client-aborted/, "", requests[key]) # it may leave before it has all
    message[key] = readable($6)
    remark[key] = $7
}

# A regular expression for people: "..." stands for what differs.
function readable(s) {
    if (s == "-")
        return ""
    gsub(/\.\*/, "...", s)
    gsub(/\\/, "", s)
    gsub(/\|/, "\\|", s)
    return "`" s "`"
}

# In one word: did it go on where it was, or ask again?
function word(key,    n, i, items, failed, rest, whole) {
    if (outcome[key] == "fails")
        return "**fails**"
    if (outcome[key] != "ok")
        return "**" outcome[key] "**"
    n = split(requests[key], items, " ")
    for (i = 1; i <= n; i++) {
        if (items[i] ~ /^layer\/206\/bytes=/)
            rest = 1
        if (items[i] ~ /^layer\/200=/)
            whole = 1
        if (items[i] ~ /^[a-z.]+\/(4|5|-)|aborted|reset/ && items[i] !~ /^(manifest.*|ping)\/401/)
            failed = 1
    }
    if (requests[key] ~ / waits$/)
        return "waits"
    return rest && !whole ? "resumes" : failed ? "again" : "ok"
}

function row(what, key) {
    return what " | " outcome[key] " | `" requests[key] "` | " message[key] \
        (remark[key] == "-" ? "" : " " remark[key]) " |"
}

# The versions of one engine that do the same share a row.
function details(name,    i, j, key, other, what, done) {
    print "\n| client | | requests | says |\n| --- | --- | --- | --- |"
    for (i = 1; i <= client_count; i++) {
        key = name SUBSEP clients[i]
        if (!(key in outcome) || (i in done))
            continue
        what = clients[i]
        for (j = i + 1; j <= client_count; j++) {
            other = name SUBSEP clients[j]
            if (engine_of(clients[j]) == engine_of(clients[i]) && row("", other) == row("", key)) {
                what = what ", " substr(clients[j], length(engine_of(clients[j])) + 2)
                done[j] = 1
            }
        }
        print "| " row(what, key)
    }
}

function engine_of(client) {
    return substr(client, 1, index(client, " ") - 1)
}

function glance(    i, j, line) {
    line = "| |"
    for (j = 1; j <= client_count; j++)
        line = line " " clients[j] " |"
    print line
    gsub(/[^|]+/, " --- ", line)
    print line
    for (i = 1; i <= faults; i++) {
        line = "| [" fault[i] "](#" fault[i] ") |"
        for (j = 1; j <= client_count; j++)
            line = line " " word(fault[i] SUBSEP clients[j]) " |"
        print line
    }
}

END {
    print "\n## At a glance\n"
    glance()
    for (i = 1; i <= faults; i++) {
        if (i in heading)
            print "\n## " heading[i]
        print "\n### " fault[i] "\n\n" text[fault[i]] "\n"
        if (how[fault[i]] != "true") {
            gsub(/; ocimock/, "\n    ocimock", how[fault[i]])
            print "    " how[fault[i]]
        }
        print "    " proof[fault[i]]
        details(fault[i])
    }
}
