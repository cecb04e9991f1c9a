#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The commands that steer a running server, against one.

load lib/server

# get PATH OPTION...: the status of GET
get() {
    curl --noproxy '*' -s -o /dev/null -w '%{http_code}' "${@:2}" "$URL$1"
}

# push IMAGE: a manifest without blobs; sets DIGEST
push() {
    local repo=${1%%:*} tag=${1##*:}
    local type=application/vnd.oci.image.index.v1+json

    printf '{"schemaVersion":2,"mediaType":"%s","manifests":[],"annotations":{"for":"%s"}}' \
        "$type" "$1" >"$T/manifest"
    DIGEST=sha256:$(sha256sum "$T/manifest" | cut -d ' ' -f 1)
    [[ $(get "/v2/$repo/manifests/$tag" -X PUT -H "Content-Type: $type" --data-binary "@$T/manifest") == 201 ]]
}

# --- Finding the server

@test "nobody there: exit status 4, a sentence" {
    ask image list --control 127.0.0.1:1
    refused 4 "ocimock image list: no answer from http://127.0.0.1:1/*"
    OCIMOCK_CONTROL=127.0.0.1:1 ask verify --op ping
    [[ ${stderr_lines[1]} == "Start one with 'ocimock serve', or name it with --control or OCIMOCK_CONTROL." ]]
    refused 4 "ocimock verify: no answer from *"
    ask requests --control 127.0.0.1:1 --json
    refused 4 "*"
}

@test "an address, a URL, 0.0.0.0; the flag ranks above the variable" {
    start
    local port=${OCIMOCK_CONTROL##*:}

    "$OCIMOCK" clock
    "$OCIMOCK" clock --control "http://127.0.0.1:$port/"
    OCIMOCK_CONTROL=0.0.0.0:$port "$OCIMOCK" clock
    OCIMOCK_CONTROL=127.0.0.1:1 "$OCIMOCK" clock --control "127.0.0.1:$port"
    stop
    start --control "http://127.0.0.1:$port"
    [[ $OCIMOCK_CONTROL == *":$port" ]]
    ask clock --control 'ftp://x'
    refused 2 "ocimock clock: 'ftp://x' is no http or https URL"
}

@test "another server is no control API" {
    start
    ask image list --control "$URL"
    refused 1 "ocimock image list: $URL answers 404: that is no control API of ocimock"
}

@test "a token: from the environment or a file, else a hint" {
    echo sesame >"$T/token"
    start --control-token-file "$T/token"
    ask clock
    refused 1 "*set OCIMOCK_CONTROL_TOKEN or use --control-token-file"
    OCIMOCK_CONTROL_TOKEN=wrong ask clock
    refused 1 "*token*"
    OCIMOCK_CONTROL_TOKEN=sesame "$OCIMOCK" clock
    OCIMOCK_CONTROL_TOKEN_FILE=$T/token "$OCIMOCK" clock
    OCIMOCK_CONTROL_TOKEN=wrong "$OCIMOCK" clock --control-token-file "$T/token"
    ask clock --control-token-file "$T/none"
    refused 1 "ocimock clock: control token: *none*"
}

@test "a world by its name" {
    start
    "$OCIMOCK" clock --world default
    ask clock --world nope
    refused 1 "ocimock clock: there is no world 'nope'"
    ask clock --world a/b
    refused 1 "*"
}

@test "wrong usage: exit status 2, before any server is asked" {
    local command

    for command in image gate fault; do
        ask $command
        refused 2 "ocimock $command: a command is missing: *"
        ask $command lst
        refused 2 "ocimock $command: unknown command 'lst': did you mean 'list'?"
    done
    ask clock 5
    refused 2 "ocimock clock: unknown command '5': known are show, advance, set"
    ask image set team/app
    refused 2 "ocimock image set: STATE is missing"
    ask image -x
    refused 2 "ocimock image: unknown option '-x': a command comes first"
    ask image list x
    refused 2 "ocimock image list: 'x' is one word too many"
    ask image set a absent --times 0
    refused 2 "ocimock image set: --times: *"
    ask image set a absent --tims 2
    refused 2 "ocimock image set: unknown option '--tims': did you mean '--times'?"
    ask verify
    refused 2 "ocimock verify: nothing is expected: *"
    ask verify --op ping --count 1 --never
    refused 2 "*exclude each other"
    ask verify --op ping --body x
    refused 2 "ocimock verify: --body holds all of it: *"
    ask requests --count --clear
    refused 2 "*exclude each other"
    ask requests seven
    refused 2 "ocimock requests: 'seven' is no number of a request"
    ask registry set delete
    refused 2 "ocimock registry set: 'delete' is not SWITCH=VALUE"
    ask fault add --op ping
    refused 2 "ocimock fault add: a FILE of rules is wanted, or what to do: *"
    ask fault add rules.yaml --status 500
    refused 2 "ocimock fault add: options of a rule do not go with a FILE"
    ask fault add --header ': 1'
    refused 2 "ocimock fault add: --header: ': 1' is not 'NAME: VALUE'"
    ask fault add --cut 1MiB
    refused 2 "ocimock fault add: --cut: '1MiB' is not N:HOW, *"
    ask fault add --then '[]'
    refused 2 "ocimock fault add: --then: a JSON object is wanted: *"
    ask fault remove
    refused 2 "ocimock fault remove: one of ID, --tag and --all is wanted"
    ask fault remove a --all
    refused 2 "ocimock fault remove: one of ID, --tag and --all is wanted"
    ask with rules.yaml
    refused 2 "ocimock with: COMMAND is missing"
    ask clock advance soon
    refused 2 "ocimock clock advance: *"
    ask clock set tomorrow
    refused 2 "ocimock clock set: 'tomorrow' is neither a time *"
    ask clock set 2001-01-01T00:00:00Z --control 127.0.0.1:1
    refused 4 "*"
}

@test "help begins with examples" {
    local words

    for words in image "image list" "image set" "image clear" "image retag" requests verify wait \
        gate "gate list" "gate release" "gate close" clock "clock show" "clock advance" "clock set" \
        registry "registry show" "registry set" fault "fixture list" "fixture show" "fixture build" "fault list" "fault add" "fault remove" \
        "fault enable" "fault disable" with; do
        # shellcheck disable=SC2086 # words of the command
        run -0 "$OCIMOCK" $words --help
        [[ $output == "Examples:"*"Usage: ocimock ${words%% *} "* ]]
    done
}

# --- Images

@test "image: absent and back, with the same digest" {
    start
    push team/app:v1
    ask image set team/app:v1 absent
    [[ $status -eq 0 && $output == "team/app:v1 is absent" ]]
    [[ $(get /v2/team/app/manifests/v1) == 404 ]]
    ask image list
    echo "$output"
    [[ $status -eq 0 && ${lines[0]} == IMAGE*STATE*USER* && ${lines[1]} =~ ^team/app:v1\ +absent\ +\*\ +-\ +-\ +-$ ]]
    "$OCIMOCK" image list --json | jq -e '.images[0].state == "absent"'
    "$OCIMOCK" image set team/app:v1 present
    [[ $(curl --noproxy '*' -s -D - -o /dev/null "$URL/v2/team/app/manifests/v1" | tr -d '\r' |
        sed -n 's/^Docker-Content-Digest: //p') == "$DIGEST" ]]
}

@test "image: limits" {
    start
    push team/app:v1
    "$OCIMOCK" image set team/app:v1 absent --times 1 --for 90s --sticky
    ask image list
    [[ ${lines[1]} == *"1 left, for 1m30s, sticky" || ${lines[1]} == *"1 left, for 1m29s, sticky" ]]
    [[ $(get /v2/team/app/manifests/v1) == 404 && $(get /v2/team/app/manifests/v1) == 200 ]]
    ask image list
    [[ ${lines[1]} =~ ^team/app:v1\ +absent\ +\*\ +2\ +1\ +0\ left, ]]
    "$OCIMOCK" image set team/app:v1 unauthorized --after 1 --challenge-error none
    [[ $(get /v2/team/app/manifests/v1) == 200 && $(get /v2/team/app/manifests/v1) == 401 ]]
    "$OCIMOCK" image set 'team/*' denied --user anonymous
    ask image list
    [[ $output == *"team/*"*denied*anonymous* ]]
}

@test "image: what the server refuses is said in its words" {
    start
    ask image set team/app:v1 gone
    refused 2 "ocimock image set: *'gone' is not allowed: expected present, absent, unauthorized or denied"
    ask image set TEAM/app absent
    refused 2 "ocimock image set: image 'TEAM/app': that is no repository name: *"
    ask image set team/app absent --user bob
    refused 2 "*authentication is off*"
}

@test "image clear: one, those of a user, all" {
    start --user alice:secret
    "$OCIMOCK" image set a absent
    "$OCIMOCK" image set b absent
    "$OCIMOCK" image set b denied --user alice
    "$OCIMOCK" image set c denied
    ask image clear a
    [[ $status -eq 0 && $output == "1 state forgotten" ]]
    ask image clear --user alice
    [[ $output == "1 state forgotten" ]]
    ask image clear --json
    [[ $(jq .removed <<<"$output") == 2 ]]
}

@test "image retag: moves a tag" {
    start
    push app:v1
    push app:v2
    ask image retag app:v1 v2
    [[ $status -eq 0 && $output == "app:v1 is $DIGEST" ]]
    [[ $(curl --noproxy '*' -s "$URL/v2/app/manifests/v1" | sha256sum) == "${DIGEST#sha256:} "* ]]
    ask image retag app:v1 v3
    refused 1 "ocimock image retag: app has no manifest 'v3'"
}

# --- Requests

@test "requests: a table, filters, one with its headers" {
    start
    get /v2/ -A probe/1
    get /v2/team/app/manifests/v1
    get /v2/other/manifests/v1
    ask requests
    [[ $status -eq 0 && ${#lines[@]} -eq 4 && ${lines[0]} == SEQ*TIME*OP*IMAGE*USER*STATUS*BYTES*MS*CAUSE ]]
    [[ ${lines[1]} =~ ^\ +1\ .*\ ping\ +/v2/\ +anonymous\ +200\  ]]
    [[ ${lines[2]} =~ ^\ +2\ .*\ manifest.get\ +team/app:v1\ +anonymous\ +404\  ]]
    [[ ! $output == *$'\033'* ]]
    ask requests --repo 'team/*' --status 4xx
    [[ ${#lines[@]} -eq 2 && ${lines[1]} == *team/app:v1* ]]
    ask requests --op 'ping,manifest.*' --repo '!team/*' --since 2
    [[ ${#lines[@]} -eq 2 && ${lines[1]} == *other:v1* ]]
    ask requests --limit 1
    [[ ${#lines[@]} -eq 2 && ${lines[1]} == *other:v1* ]] # the newest
    ask requests --limit 2
    [[ ${#lines[@]} -eq 3 && ${lines[1]} == *team/app:v1* && ${lines[2]} == *other:v1* ]]
    get /v2/ -H 'Range: bytes=7-'
    ask requests --range 'bytes=7-*' --end complete --count
    [[ $output == 1 ]]
    ask requests --range '!*' --count
    [[ $output == 3 ]]
    ask requests --user-agent 'probe/*' --json
    [[ $(jq '.requests | length' <<<"$output") == 1 ]]
    ask requests 1
    [[ $status -eq 0 && $output == *"User-Agent: probe/1"* ]]
    ask requests 99
    refused 1 "ocimock requests: the journal has no request '99'"
    ask requests --op pnig
    refused 2 "ocimock requests: *did you mean 'ping'?*"
}

@test "requests: count, statistics, clear" {
    start
    get /v2/
    get /v2/_catalog
    ask requests --count --op ping
    [[ $status -eq 0 && $output == 1 ]]
    ask requests --stats --json
    [[ $(jq .last <<<"$output") == 2 ]]
    ask requests --clear
    [[ $status -eq 0 && $output == "" ]]
    [[ $("$OCIMOCK" requests --count) == 0 ]]
}

@test "requests: cut to the terminal, colours there, none with NO_COLOR" {
    command -v script >/dev/null || skip "script is not installed"
    start
    get "/v2/$(printf 'a%.0s' {1..120})/manifests/v1"
    export TERM=xterm
    script -qec "stty cols 90; '$OCIMOCK' requests" /dev/null </dev/null >"$T/terminal"
    grep -q $'\033\[33m404\033\[0m' "$T/terminal"
    grep -q 'aaa\.\.\.' "$T/terminal"
    [[ $(tr -d '\r' <"$T/terminal" | sed 's/\x1b\[[0-9]*m//g' | wc -L) -le 90 ]]
    NO_COLOR=1 script -qec "stty cols 90; '$OCIMOCK' requests" /dev/null </dev/null >"$T/terminal"
    run ! grep -q $'\033' "$T/terminal"
    COLUMNS=70 script -qec "'$OCIMOCK' requests" /dev/null </dev/null | tr -d '\r' >"$T/terminal"
    absent -E 'TIME|BYTES| MS' "$T/terminal"
    [[ $(sed 's/\x1b\[[0-9]*m//g' "$T/terminal" | wc -L) -le 70 ]]
    COLUMNS=40 "$OCIMOCK" requests | grep -q 'a\{120\}' # nothing is cut where no terminal is
}

@test "requests: short digests on terminals, whole ones elsewhere and with --no-trunc" {
    local digest

    command -v script >/dev/null || skip "script is not installed"
    digest=sha256:$(printf '0123456789abcdef%.0s' {1..4})
    start
    get "/v2/app/manifests/$digest"
    "$OCIMOCK" requests | grep -qF "app@$digest "
    script -qec "stty cols 200; '$OCIMOCK' requests" /dev/null </dev/null >"$T/terminal"
    grep -qF 'app@sha256:0123456789ab ' "$T/terminal"
    script -qec "stty cols 200; '$OCIMOCK' requests --no-trunc" /dev/null </dev/null >"$T/terminal"
    grep -qF "app@$digest " "$T/terminal"
}

@test "--quiet: errors only, and the exit status" {
    start
    ask image set team/app:v1 absent --quiet
    [[ $status -eq 0 && $output == "" && $stderr == "" ]]
    ask verify -q --op ping --count 0
    [[ $status -eq 0 && $output == "" ]]
    ask verify -q --op ping
    [[ $status -eq 3 && $output == "" && $stderr == *"found 0"* ]]
    ask requests -q
    [[ $status -eq 0 && $output == "" ]]
    ask with --quiet - -- echo shown <<<'{when: {op: ping}, then: {status: 500}}'
    [[ $status -eq 0 && $output == shown && $stderr == "" ]]
}

@test "requests --follow: what comes, once it has ended" {
    local line

    start
    get /v2/
    mkfifo "$T/follow"
    "$OCIMOCK" requests --follow --json --op manifest.get >"$T/follow" 2>/dev/null 3>&- &
    exec 5<"$T/follow"
    get /v2/app/manifests/v1
    read -r -t 10 -u 5 line
    [[ $(jq -r .ref <<<"$line") == v1 ]]
    get /v2/_catalog
    get /v2/app/manifests/v2
    read -r -t 10 -u 5 line
    [[ $(jq -r .ref <<<"$line") == v2 && $(jq .status <<<"$line") == 404 ]]
    kill "$!"
    exec 5<&-
}

# --- Assertions

@test "verify: 0 when it holds, 3 with the nearest when not" {
    start
    get /v2/team/app/manifests/v1
    ask verify --op manifest.get --repo team/app --count 1
    [[ $status -eq 0 && $output == "expected exactly 1 request "*"found 1" ]]
    ask verify --op manifest.get --repo team/apx
    refused 3 "ocimock verify: expected at least 1 request *, found 0"
    [[ ${stderr_lines[1]} == *"nearest #1 GET '/v2/team/app/manifests/v1' 404: repo is 'team/app', wanted "* ]]
    ask verify --op manifest.get --never
    refused 3 "*found 1"
    ask verify --op manifest.get --never --since 1
    [[ $status -eq 0 ]]
    ask verify --op manifest.get --min 1 --max 2
    [[ $status -eq 0 ]]
    ask verify --op manifest.get --min 2
    refused 3 "ocimock verify: expected at least 2 requests *"
    ask verify --op manifest.get --count 2 --json
    [[ $status -eq 3 && $(jq .held <<<"$output") == false ]]
    ask verify --op blob.get --status 500 --within 200ms
    refused 3 "*"
}

@test "verify --within: it may still happen" {
    start
    "$OCIMOCK" verify --op ping --within 20s 3>&- &
    until "$OCIMOCK" requests --count --op ping | grep -q 1; do get /v2/; done
    wait $!
}

@test "verify --body: sequences; mistakes have a line" {
    start
    get /v2/
    get /v2/app/manifests/v1
    ask verify --body - <<<'{"sequence": [{"op": "ping"}, {"op": "manifest.get"}], "strict": true}'
    [[ $status -eq 0 ]]
    printf 'sequence:\n  - op: manifest.get\n  - op: ping\n' >"$T/order.yaml"
    ask verify --body "$T/order.yaml"
    refused 3 "ocimock verify: expected 2 requests in this order, found 1, *"
    printf 'match:\n  op: ping\n  rpo: x\n' >"$T/wrong.yaml"
    ask verify --body "$T/wrong.yaml"
    refused 2 "ocimock verify: $T/wrong.yaml:3: match.rpo: unknown key: did you mean 'repo'?*"
    ask verify --body "$T/none.yaml"
    refused 1 "ocimock verify: *none.yaml*"
}

@test "wait: until it happened, 3 when it did not" {
    start
    ask wait --op ping --timeout 200ms
    refused 3 "ocimock wait: expected at least 1 request *, found 0"
    "$OCIMOCK" wait --op ping --count 2 --timeout 20s 3>&- &
    get /v2/
    get /v2/
    wait $!
    ask wait --op ping --since 2 -t 100ms
    refused 3 "*"
}

# --- Switches

@test "clock: shown, advanced, set" {
    start
    ask clock
    [[ $status -eq 0 && $output =~ ^[0-9T:-]+Z$ ]]
    ask clock advance 90m
    [[ $output == *"Z (1h30m ahead)" ]]
    ask clock show --json
    [[ $(jq .shift_ms <<<"$output") == 5400000 ]]
    ask clock set 2099-01-31T12:00:00Z
    [[ $output == "2099-01-31T12:00:0"*" ahead)" ]]
    ask clock set 2001-01-01T00:00:00Z
    refused 2 "ocimock clock set: '2001-01-01T00:00:00Z' is in the past: *"
    ask clock set 0
    [[ $output =~ ^[0-9T:-]+Z$ ]]
}

@test "registry: switches" {
    start
    push app:v1
    ask registry set delete.tag=405 delete.blob=pretend referrers=false
    [[ $status -eq 0 && $output == *"delete.tag "*405* ]]
    [[ $(get /v2/app/manifests/v1 -X DELETE) == 405 ]]
    "$OCIMOCK" registry --json | jq -e '.delete.tag == "405" and .delete.blob == "pretend" and .referrers == false'
    "$OCIMOCK" registry set mode=read-only
    [[ $(get /v2/app/blobs/uploads/ -X POST) == 4* ]]
    ask registry set delete.tga=405
    refused 2 "ocimock registry set: *did you mean 'tag'?*"
    ask registry set delete=on delete.tag=405
    refused 2 "ocimock registry set: 'delete.tag=405' does not go with the words before it"
}

# --- Rules

@test "fault add: options, as often as they say; list" {
    start
    ask fault add --op ping --status 503 --message 'come back' --times 2 --header 'Retry-After: 1' --tag t42
    [[ $status -eq 0 && $output == r1 ]]
    [[ $(curl --noproxy '*' -s -D "$T/head" "$URL/v2/" | jq -r '.errors[0].message') == "come back" ]]
    grep -qi '^retry-after: 1' "$T/head"
    [[ $(get /v2/) == 503 && $(get /v2/) == 200 ]]
    "$OCIMOCK" fault add --op manifest.get --repo 'team/*' --redirect "$URL/v2/" --id away --priority -3
    ask fault list
    [[ ${#lines[@]} -eq 3 && ${lines[0]} == ID*HITS*LEFT*STATE*PRIORITY*WHEN*THEN*TAGS ]]
    [[ ${lines[1]} =~ ^r1\ +2\ +0\ +exhausted\ .*op=ping\ .*status=503\ .*t42$ ]]
    [[ ${lines[2]} =~ ^away\ +0\ +-\ +active\ +-3\ .*repo=team/ ]]
    [[ $(get /v2/team/app/manifests/v1) == 30? ]]
    ask fault list --tag t42 --json
    [[ $(jq -c '[.rules[].id]' <<<"$output") == '["r1"]' ]]
    ask requests --rule r1 --count
    [[ $output == 2 ]]
}

@test "fault add: a cut, a delay, what there are no options for" {
    start
    "$OCIMOCK" fault add --op ping --cut 1:reset --nth 1
    run curl --noproxy '*' -s -o /dev/null "$URL/v2/"
    [[ $status -eq 56 || $status -eq 18 ]]
    "$OCIMOCK" fault add --op ping --delay 300ms --then '{"status": 418}' --probability 1 --ttl 1h
    [[ $(curl --noproxy '*' -s -o /dev/null -w '%{http_code} %{time_total}' "$URL/v2/") == "418 0."[3-9]* ]]
    ask fault add --status 5x
    refused 2 "ocimock fault add: then.status: expected a whole number*"
    ask fault add --connection sink
    refused 2 "ocimock fault add: then.connection: 'sink' is not allowed*"
}

@test "fault add: files; mistakes have a line, and nothing is added" {
    start
    printf 'rules:\n  - {id: a, when: {op: ping}, then: {status: 503}}\n  - {id: b, then: {delay: 1ms}}\n' >"$T/rules.yaml"
    ask fault add "$T/rules.yaml"
    [[ $status -eq 0 && $output == $'a\nb' ]]
    ask fault add "$T/rules.yaml"
    refused 1 "ocimock fault add: *'a' exists*"
    ask fault add - <<<'{"when": {"op": "token"}, "then": {"status": 500}}'
    [[ $status -eq 0 && ${#lines[@]} -eq 1 ]]
    printf 'rules:\n  - then: {status: 503}\n  - when:\n      op: blob.get\n      rpo: x\n    then: {status: 500}\n' >"$T/wrong.yaml"
    ask fault add "$T/wrong.yaml"
    refused 2 "ocimock fault add: $T/wrong.yaml:5: rules[[]1].when.rpo: unknown key: did you mean 'repo'?*"
    [[ $("$OCIMOCK" fault list --json | jq '.rules | length') == 3 ]]
}

@test "fault: disable, enable, remove" {
    start
    "$OCIMOCK" fault add --op ping --status 503 --id one --tag x
    "$OCIMOCK" fault add --op token --status 503 --id two --tag x --disabled
    "$OCIMOCK" fault add --op catalog --status 503 --id three
    "$OCIMOCK" fault disable one
    [[ $(get /v2/) == 200 ]]
    ask fault list
    [[ $output =~ one\ +0\ +-\ +disabled ]]
    "$OCIMOCK" fault enable one
    [[ $(get /v2/) == 503 ]]
    ask fault remove one
    [[ $status -eq 0 && $(get /v2/) == 200 ]]
    ask fault remove one
    refused 1 "ocimock fault remove: there is no rule 'one'"
    ask fault enable one
    refused 1 "ocimock fault enable: there is no rule 'one'"
    ask fault remove --tag x
    [[ $output == "1 rule removed" ]]
    ask fault remove --all --json
    [[ $(jq .removed <<<"$output") == 1 ]]
}

@test "with: rules for as long as a command runs, its exit status" {
    start
    printf 'rules:\n  - {id: tea, when: {op: ping}, then: {status: 418}, tags: [mine]}\n  - {id: idle, when: {op: token}, then: {status: 500}}\n' >"$T/rules.yaml"
    # shellcheck disable=SC2016 # of the inner shell
    ask with "$T/rules.yaml" -- sh -c 'curl --noproxy "*" -s -o /dev/null -w "%{http_code}" "$1"; exit 7' sh "$URL/v2/"
    [[ $status -eq 7 && $output == 418 ]]
    [[ $stderr =~ tea\ +1\ .*mine,with- && $stderr =~ idle\ +0\  ]]
    [[ $(get /v2/) == 200 && $("$OCIMOCK" fault list --json | jq '.rules | length') == 0 ]]
    ask with "$T/rules.yaml" --json -- true
    [[ $status -eq 0 && $(jq '.rules | length' <<<"$stderr") == 2 ]]
    run -127 --separate-stderr "$OCIMOCK" with "$T/rules.yaml" -- "$T/none"
    ask with "$T/rules.yaml" -- "$T"
    [[ $status -eq 126 ]]
    # shellcheck disable=SC2016 # of the inner shell
    ask with "$T/rules.yaml" -- sh -c 'kill -9 $$'
    [[ $status -eq 137 ]]
    ask with "$T/none.yaml" -- touch "$T/ran"
    [[ $status -eq 1 && ! -e $T/ran ]]
    [[ $("$OCIMOCK" fault list --json | jq '.rules | length') == 0 ]]
    ask with "$T/rules.yaml" --control 127.0.0.1:1 -- touch "$T/ran"
    [[ $status -eq 4 && ! -e $T/ran ]]
}

@test "with: other rules stay, and a signal is handed on before the rules go" {
    local pid status=0

    start
    "$OCIMOCK" fault add --op catalog --status 503 --id other
    # shellcheck disable=SC2016 # of the inner shell
    "$OCIMOCK" with - -- sh -c 'trap "exit 9" TERM; curl -s --noproxy "*" "$1" >/dev/null; while :; do sleep 0.05; done' sh "$URL/v2/" \
        <<<'{"id": "tea", "when": {"op": "ping"}, "then": {"status": 418}}' 2>"$T/report" 3>&- &
    pid=$!
    "$OCIMOCK" wait --op ping --status 418 -t 20s
    kill -TERM "$pid"
    wait "$pid" || status=$?
    [[ $status -eq 9 ]]
    grep -qE '^tea +1 ' "$T/report"
    [[ $("$OCIMOCK" fault list --json | jq -c '[.rules[].id]') == '["other"]' ]]
}

@test "gate: what is held, released once or for good" {
    start
    "$OCIMOCK" fault add --op ping --hold g1
    get /v2/ >"$T/first" 3>&- &
    until "$OCIMOCK" gate list --json | jq -e '.gates[0].held == 1'; do :; done
    ask gate list
    [[ $status -eq 0 && ${lines[1]} =~ ^g1\ +closed\ +1$ ]]
    ask requests
    [[ ${lines[1]} =~ \ ping\ .*\ r1,\ open$ ]] # why it hangs is known before it ends
    ask gate release g1 --once
    [[ $status -eq 0 && $output == "1 answer released" ]]
    wait $!
    [[ $(<"$T/first") == 200 ]]
    "$OCIMOCK" gate release g1
    [[ $(get /v2/ --max-time 20) == 200 ]]
    "$OCIMOCK" gate close g1
    get /v2/ >"$T/second" 3>&- &
    until "$OCIMOCK" gate list --json | jq -e '.gates[0].held == 1'; do :; done
    "$OCIMOCK" gate release g1
    wait $!
}

# --- Worlds

@test "world: add, list, work in it, show its parts, remove" {
    local registry

    start
    ask world add t42 --ttl 10m --seed 7
    [[ $status -eq 0 && ${lines[0]} == "world     t42" && $output == *"secret    "* && $output == *"(in 10m)"* ]]
    ask world list
    [[ ${lines[1]} =~ ^default\ .*\ -$ && ${lines[2]} =~ ^t42\ .*\ 7\ +(10m|9m59s)$ ]]
    registry=$("$OCIMOCK" world show t42 --url)
    [[ $registry == http://127.0.0.1:* && $registry != "$URL" ]]
    [[ $("$OCIMOCK" world show t42 --location) == "${registry#http://}" ]]
    "$OCIMOCK" world show t42 --dockerconfigjson |
        jq -e --arg r "${registry#http://}" '.auths[$r].auth | @base64d | startswith("t42:")'
    [[ $("$OCIMOCK" world show t42 --registries-conf) == *"location = \"${registry#http://}\""* ]]
    [[ $("$OCIMOCK" world show t42 --hosts-toml) == *"[host.\"$registry\"]"* ]]
    "$OCIMOCK" world show t42 --json | jq -e '.account.name == "t42" and .seed == 7'
    [[ $(URL=$registry get /v2/) == 200 ]]
    [[ $("$OCIMOCK" requests --count --world t42) == 1 ]]
    [[ $(OCIMOCK_WORLD=t42 "$OCIMOCK" requests --count) == 1 ]]
    [[ $(OCIMOCK_CONTROL=$("$OCIMOCK" world show t42 --json | jq -r .control) "$OCIMOCK" requests --count) == 1 ]]
    [[ $("$OCIMOCK" requests --count) == 0 ]]
    ask world set t42 --ttl 2h
    [[ $status -eq 0 && $("$OCIMOCK" world list) =~ t42\ .*\ (2h|1h59m59s) ]]
    "$OCIMOCK" world set t42 --ttl 0s
    "$OCIMOCK" world show t42 --json | jq -e 'has("expires") | not'
    ask world set t42
    refused 2 "ocimock world set: nothing to set: --ttl is missing*"
    ask world set default --ttl 1h
    refused 2 "ocimock world set: the default world lives as long as the server"
    "$OCIMOCK" world remove t42
    ask world show t42
    refused 1 "ocimock world show: there is no world 't42'"
}

@test "world: a file with accounts and rules; what options say ranks above it" {
    start
    cat >"$T/world.yaml" <<EOF
seed: 3
accounts: [{name: bob, secret: builder}]
rules: [{id: flaky, when: {op: ping, user: bob}, then: {status: 503}, times: 1}]
EOF
    ask world add t42 --file "$T/world.yaml" --seed 9 --auth basic --json
    [[ $status -eq 0 && $(jq -r '"\(.seed) \(.auth)"' <<<"$output") == "9 basic" ]]
    URL=$(jq -r .registry <<<"$output")
    [[ $(get /v2/) == 401 && $(get /v2/ -u bob:builder) == 503 && $(get /v2/ -u bob:builder) == 200 ]]
    ask world add t43 --file - <<<'{"accounts": [{"name": "x"}]}'
    refused 2 "ocimock world add: world: *account 'x' needs *"
    ask world add t43 --url --location
    refused 2 "ocimock world add: only one part*"
    ask world list --json
    [[ $(jq -r '[.worlds[].name] | join(" ")' <<<"$output") == "default t42" ]]
    ask world add t43 --prefix team --host a.test
    refused 2 "*one of them"
    ask world list --world t42
    refused 2 "*unknown option '--world'*"
}

# --- Reset

@test "reset: back to the start, all of it or parts" {
    mkdir "$T/rules"
    echo '[{"id": "start", "when": {"op": "tags.list"}, "then": {"status": 503}}]' >"$T/rules/a.json"
    start --user alice:secret --rules "$T/rules"
    "$OCIMOCK" fault remove start
    "$OCIMOCK" account add bob <<<builder
    "$OCIMOCK" account rotate alice <<<new
    "$OCIMOCK" clock advance 1h
    "$OCIMOCK" image set app denied
    "$OCIMOCK" registry set catalog=false listeners.registry=down
    ask reset rules states
    [[ $status -eq 0 && $output == "rules, states: as at the start" ]]
    [[ $("$OCIMOCK" fault list --json | jq -r '.rules[].id') == start ]]
    [[ $("$OCIMOCK" image list --json | jq '.images | length') == 0 ]]
    [[ $("$OCIMOCK" account list --json | jq '.accounts | length') == 2 ]]
    ask reset
    [[ $status -eq 0 && $output == "rules, journal, states, content, accounts, clock, gates, registry: as at the start" ]]
    [[ $("$OCIMOCK" account list --json | jq -r '.accounts[].name') == alice ]]
    [[ $("$OCIMOCK" clock --json | jq .shift_ms) == 0 ]]
    [[ $(get /token -u alice:new) == 401 && $(get /token -u alice:secret) == 200 ]]
    [[ $("$OCIMOCK" registry --json | jq -c '[.catalog, .listeners.registry]') == '[true,"up"]' ]]
    ask reset --empty rules accounts
    [[ $output == "rules, accounts: empty" ]]
    [[ $("$OCIMOCK" fault list --json | jq '.rules | length') == 0 && $(get /token -u alice:secret) == 401 ]]
    ask reset ruls
    refused 2 "ocimock reset: what: 'ruls' is unknown: did you mean 'rules'?"
}

@test "reset: what is pushed goes; held answers go on; worlds apart" {
    start --user alice:secret --auth-mode none
    push app:v1
    "$OCIMOCK" world add t42 --quiet
    URL=$("$OCIMOCK" world show t42 --url) push other:v1
    "$OCIMOCK" fault add --id hold --op ping --hold g
    get /v2/ >"$T/held" 3>&- &
    until "$OCIMOCK" gate list --json | jq -e '.gates[0].held == 1'; do :; done
    "$OCIMOCK" reset
    wait $!
    [[ $(<"$T/held") == 200 && $(get /v2/app/manifests/v1) == 404 ]]
    [[ $(URL=$("$OCIMOCK" world show t42 --url) get /v2/other/manifests/v1) == 200 ]]
    "$OCIMOCK" reset --world t42
    [[ $(URL=$("$OCIMOCK" world show t42 --url) get /v2/other/manifests/v1) == 404 ]]
}

@test "reset: rules of SIGHUP are those of the start from then on" {
    mkdir "$T/rules"
    echo '[{"id": "one"}]' >"$T/rules/a.json"
    start --rules "$T/rules"
    echo '[{"id": "two"}]' >"$T/rules/a.json"
    kill -HUP "$PID"
    until [[ $("$OCIMOCK" fault list --json | jq -r '.rules[].id') == two ]]; do :; done
    "$OCIMOCK" fault remove two
    "$OCIMOCK" reset
    [[ $("$OCIMOCK" fault list --json | jq -r '.rules[].id') == two ]]
}

# --- Why not

@test "fault explain: a yes or no per criterion, the nearest rule first" {
    start
    "$OCIMOCK" fault add --id far --op blob.get --repo team/app --user-agent 'docker/*' --status 503
    "$OCIMOCK" fault add --id near --op 'manifest.*' --repo 'team/*' --user '!anonymous' --delay 0s
    "$OCIMOCK" fault add --id used --op manifest.get --status 500 --times 1
    [[ $(get /v2/team/app/manifests/v1) == 500 && $(get /v2/team/app/manifests/v1) == 404 ]]
    ask fault explain 2
    [[ $status -eq 0 && ${lines[0]} == "#2 manifest.get /v2/team/app/manifests/v1: 404" ]]
    [[ ${lines[2]} =~ ^near\ +op\ +yes\ +manifest\.\*\ +manifest.get$ ]]
    [[ ${lines[4]} =~ ^near\ +user\ +no\ +!anonymous\ +anonymous$ ]]
    [[ ${lines[6]} =~ ^used\ +times\ +no\ +1\ +1\ so\ far$ ]]
    [[ ${lines[9]} =~ ^far\ +userAgent\ +no\ +docker/\*\ +curl/ ]]
    ask fault explain '#1' far
    [[ ${lines[0]} == *": 500, changed by used" && ${#lines[@]} -eq 5 && ${lines[2]} == far* ]]
    "$OCIMOCK" fault explain 2 used --json | jq -e '.request.seq == 2 and .misses == [{"id": "used", "held": 1, "of": 2,
        "criteria": {"op": true, "times": false}}]'
}

@test "fault explain: rules that answer first, headers, rules that fit or are not there" {
    start
    [[ $(get /v2/ -H 'X-Test: one') == 200 ]]
    "$OCIMOCK" fault add - <<<'{rules: [{id: second, when: {op: ping}, then: {status: 500}},
        {id: header, when: {header: {x-test: two}}, then: {status: 500}}, {id: first, when: {op: ping}, then: {status: 501}}]}'
    ask fault explain 1 second
    [[ ${lines[3]} =~ ^second\ +reached\ +no\ +first\ answers\ first ]]
    ask fault explain 1 header
    [[ ${lines[2]} =~ ^header\ +header.x-test\ +no\ +two\ +one$ ]]
    ask fault explain 1 first
    refused 1 "ocimock fault explain: nothing of the rule 'first' misses that request: *"
    ask fault explain 1 third
    refused 1 "ocimock fault explain: there is no rule 'third'"
    ask fault explain 99
    refused 1 "ocimock fault explain: the journal has no request '99'"
    ask fault explain x
    refused 2 "ocimock fault explain: 'x' is no number of a request"
    "$OCIMOCK" fault remove --all
    ask fault explain 1
    [[ $status -eq 0 && ${lines[1]} == "no other rule is there" ]]
}

# --- Export

@test "export: everything but secrets, to a file or standard output" {
    local secret token

    cat >"$T/config.yaml" <<EOF
auth:
  accounts:
    - {name: alice, secret: wonderSecret}
    - {name: dora, hash: "\$2y\$04\$abcdefghijklmnopqrstuuCkN5M4y7wbQ5bSu0qmGzLh7uJ1vKjvW"}
EOF
    echo sesameSecret >"$T/token"
    start --config "$T/config.yaml" --user carol:carolSecret --control-token-file "$T/token"
    export OCIMOCK_CONTROL_TOKEN=sesameSecret
    "$OCIMOCK" account add bob <<<builderSecret
    token=$(curl -s -u alice:wonderSecret "$URL/token?scope=repository:app:pull,push&client_secret=formSecret" | jq -r .token)
    [[ $(get '/v2/app/tags/list?token=querySecret' -H "Authorization: Bearer $token" -H 'Cookie: cookieSecret') == 404 ]]
    [[ $(get /v2/ -u alice:wrongSecret) == 401 ]]
    "$OCIMOCK" fault add - <<EOF
{"id": "r", "when": {"header": {"Authorization": "Basic ruleSecret"}, "query": {"token": "ruleSecret"}}, "then": {"delay": "0s"}}
EOF
    "$OCIMOCK" image set app:v1 absent
    "$OCIMOCK" world add t42 --quiet
    ask export "$T/report.json"
    [[ $status -eq 0 && $output == "$T/report.json: 1 rules, "*" requests" ]]
    "$OCIMOCK" export | jq . >"$T/second.json"
    "$OCIMOCK" export --world t42 | jq . >"$T/world.json"
    for secret in wonderSecret 'abcdefghijklmnopqrstuuCkN5M4y7wbQ5bSu0qmGzLh7uJ1vKjvW' sesameSecret carolSecret \
        builderSecret formSecret querySecret cookieSecret wrongSecret ruleSecret "$token" "${token##*.}" \
        "$("$OCIMOCK" world show t42 --json | jq -r .account.secret)" \
        "$("$OCIMOCK" world show t42 --dockerconfigjson | jq -r '.auths[].auth')" \
        "$(printf alice:wonderSecret | base64)" "$(printf alice:wrongSecret | base64)"; do
        absent -F -- "$secret" "$T/report.json" "$T/second.json" "$T/world.json"
    done
    jq -e '.ocimock and .configuration.auth.accounts[0].name == "alice" and .rules[0].id == "r"
        and .images[0].state == "absent" and (.accounts | length) == 4 and .policy and .clock.now
        and (.metrics | contains("ocimock_http_requests_total")) and .registry.mode == "read-write"
        and (.journal.requests | map(.op) | index("token")) != null and .world.name == "default"' "$T/report.json"
    jq -e '.world.name == "t42" and .rules == [] and .journal.requests == []' "$T/world.json"
    ask export "$T/report.json"
    refused 1 "ocimock export: $T/report.json *"
}

@test "export: content, and a journal that is larger than one turn" {
    local i

    start
    push team/app:v1
    for ((i = 0; i < 300; i++)); do
        printf 'url = "%s/v2/"\noutput = /dev/null\n' "$URL"
    done >"$T/many"
    curl --noproxy '*' -s -K "$T/many"
    "$OCIMOCK" export >"$T/report.json"
    jq -e --arg d "$DIGEST" '.content.repositories["team/app"].v1 == $d and (.content.cut | not)' "$T/report.json"
    jq -e '(.journal.requests | length) == 301 and .journal.dropped == 0' "$T/report.json"
}
