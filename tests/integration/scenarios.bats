#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Scenarios: what each of them makes of an answer, and how they are applied and taken back.

load lib/server
load lib/hello

apply() {
    "$OCIMOCK" scenario apply "$@" >/dev/null
}

# row NAME PARAMETERS EXPECTED CURL-OPTION...: applied, one request is answered so (a glob); taken back, it is well again.
# SEEN gets the name.
row() {
    local name=$1 parameters=$2 expected=$3 got

    shift 3
    # shellcheck disable=SC2086 # several words
    apply "$name" $parameters
    got=$(fetch "$@")
    # shellcheck disable=SC2053 # a glob
    [[ $got == $expected ]] || { echo "$name: $got instead of $expected" && return 1; }
    "$OCIMOCK" scenario remove "$name"
    [[ $(control GET "/rules?tag=$name") == 200 && $(jq '.rules | length' "$T/body") == 0 ]]
    got=$(status_of "$M")
    [[ $got == 200 ]] || { echo "$name taken back: $got" && return 1; }
    SEEN+=("$name")
}

# claims JQ: what the token in $T/got says.
claims() {
    jq -r .access_token "$T/got" | cut -d. -f2 | tr '_-' '/+' | { cat && printf '=='; } | base64 -d 2>/dev/null | jq -r "$1"
}

# Begins an upload; UPLOAD is where it goes on.
session() {
    [[ $(fetch -X POST "$URL/v2/hello/blobs/uploads/") == 202 ]]
    UPLOAD=$URL$(tr -d '\r' <"$T/head" | sed -n 's/^Location: //p')
}

@test "each scenario shows on the wire" {
    SEEN=()
    start --tls-auto "$T/tls" --tls-listen 127.0.0.1:0 --seed 7
    push_hello
    S=${URLS#*,}

    row rate-limited retry_after=7 429 "$M"
    head_has 'Retry-After: 7'
    row quota 'limit=1 window=1h' 200 "$M"
    head_has 'RateLimit-Limit: 1;.*'
    row flaky-5xx status=502 502 "$M"
    row truncated-layer-resumable '' 200/18 "$L"
    [[ $(wc -c <"$T/got") == 307200 ]]
    row truncated-layer-fatal '' 200/18 "$L"
    [[ $(wc -c <"$T/got") == 262144 ]]
    row truncated-layer-fatal '' 206/18 -r 10- "$L"
    row reset-layer '' 200/56 "$L"
    LIMIT=0.5 row stalled-layer after=1000 200/28 "$L"
    [[ $(wc -c <"$T/got") == 1000 ]]
    LIMIT=0.5 row slow-layer '' 200/28 "$L"
    LIMIT=0.5 row slow-registry delay=10s 000/28 "$M"
    LIMIT=0.5 row silent-registry '' 000/28 "$M"
    LIMIT=0.5 row held-pull '' 000/28 "$M"
    row corrupt-layer '' 200 "$L"
    run -1 cmp "$T/got" "$T/layer"
    row corrupt-config '' 200 "$C"
    run -1 cmp "$T/got" "$T/config"
    row corrupt-manifest '' 200 "$M"
    run -1 cmp "$T/got" "$T/v1"
    row short-layer '' 200 "$L"
    [[ $(wc -c <"$T/got") == 64 ]]
    row range-ignored '' 200 -r 10- "$L"
    row wrong-content-range '' 206 -r 10- "$L"
    run -1 head_has "Content-Range: bytes 10-614399/614400"
    row range-shifted '' 206 -r 10- "$L"
    row range-refused '' 416 -r 10- "$L"
    row html-error-page status=429 429 "$M"
    head_has 'Content-Type: text/html'
    row not-http '' 000/1 "$M"
    row auth-loop '' 401 -H 'Authorization: Bearer x' "$M"
    head_has 'WWW-Authenticate: Bearer .*'
    row ping-open-repo-closed '' 401 "$M"
    row hidden-repository '' 404 "$M"
    row token-server-down '' 503 "$URL/token"
    row token-rate-limited '' 429 "$URL/token"
    row anonymous-token-refused '' 403 "$URL/token"
    row token-without-field '' 200 "$URL/token"
    run -1 grep token "$T/got"
    row connections-refused '' '000/@(7|35|52|55|56)' "$M"
    row registry-down '' 000/7 "$M"
    row redirect-loop '' 307/47 -L --max-redirs 10 "$L"
    row redirect-leak "to=http://127.0.0.1:1/elsewhere" 307 "$L"
    head_has "Location: http://127.0.0.1:1/elsewhere.*"
    row digest-header-missing '' 200 "$M"
    run -1 head_has 'Docker-Content-Digest: .*'
    row wrong-digest-header '' 200 "$M"
    run -1 head_has "Docker-Content-Digest: sha256:$(sha256sum <"$T/v1" | cut -d' ' -f1)"
    row wrong-content-length '' 200/18 "$L"
    row length-missing-on-head '' 200 -I "$M"
    run -1 head_has 'Content-Length: .*'
    row head-405 '' 405 -I "$M"
    row plain-on-tls '' 000/35 "$S/v2/"
    row tag-list-null '' 200 "$URL/v2/hello/tags/list"
    grep -q '"tags":null' "$T/got"
    row tag-list-cut '' 200 "$URL/v2/hello/tags/list?n=1"
    run -1 head_has 'Link: .*'
    row dying-connections '' 200 "$M"
    row mirror-without-layers '' 404 "$L?ns=docker.io"
    row mirror-down '' 503 "$M?ns=docker.io"
    for name in self-signed expired wrong-name; do
        row "$name-certificate" '' 000/60 --no-insecure --cacert "$T/tls/ca.crt" "$S/v2/"
    done

    # tokens and challenges
    row expired-token '' 200 "$URL/token"
    [[ $(claims .exp) -lt $(date +%s) ]]
    row untrusted-token flaw=wrong-audience 200 "$URL/token"
    [[ $(claims .aud) != *ocimock* ]]
    row token-without-grant '' 200 "$URL/token?scope=repository:hello:pull"
    [[ $(claims '.access | length') == 0 ]]
    row token-without-life '' 200 "$URL/token"
    [[ $(jq 'has("expires_in")' "$T/got") == false ]]
    row token-clock-skew shift=-30d 200 "$URL/token"
    [[ $(jq -r '.issued_at | fromdate' "$T/got") -lt $(($(date +%s) - 86400)) ]]
    row token-field-renamed '' 200 "$URL/token"
    [[ $(jq 'has("token") or (has("access_token") | not)' "$T/got") == false ]]
    row token-expired-mid-pull '' 401 -H 'Authorization: Bearer x' "$L"
    head_has 'WWW-Authenticate: Bearer .*error="invalid_token".*'
    row rotated-credentials '' 401 -u alice:secret "$URL/token"
    row rotated-credentials '' 401 -d grant_type=password "$URL/token"
    row rotated-credentials '' 401 -u alice:secret "$M"
    "$OCIMOCK" image set closed unauthorized
    row challenge-missing '' 401 "$URL/v2/closed/manifests/v1"
    run -1 head_has 'WWW-Authenticate: .*'
    row challenge-switched '' 401 -H 'Authorization: Bearer x' "$URL/v2/closed/manifests/v1"
    head_has 'WWW-Authenticate: Basic .*'

    # pushes
    session
    row lost-upload '' 404 -X PATCH --data-binary more "$UPLOAD"
    session
    row wrong-upload-offset '' 202 -X PATCH --data-binary morebytes "$UPLOAD"
    run -1 head_has 'Range: 0-8'
    LIMIT=0.5 row slow-upload rate=1 000/28 -X POST --data-binary "@$T/layer" "$URL/v2/hello/blobs/uploads/?digest=$LAYER"
    row read-only '' 405 -X POST "$URL/v2/hello/blobs/uploads/"
    row deletion-disabled how=403 403 -X DELETE "$M"

    # those that change more than answers
    apply moved-tag repo=hello tag=v1 to=v2
    fetch "$M" && cmp "$T/got" "$T/v1"
    fetch "$M" && cmp "$T/got" "$T/v2"
    apply deleted-after-pull image=hello:v2
    [[ $(fetch "$URL/v2/hello/manifests/v2") == 200 && $(fetch "$URL/v2/hello/manifests/v2") == 404 ]]
    "$OCIMOCK" scenario remove deleted-after-pull
    [[ $(fetch "$URL/v2/hello/manifests/v2") == 200 ]]
    SEEN+=(moved-tag deleted-after-pull)

    diff <(printf '%s\n' "${SEEN[@]}" | sort -u) <("$OCIMOCK" scenario list --json | jq -r '.scenarios[].name' | sort)
}

@test "parameters are checked, and nothing of a bad one is applied" {
    start
    ask scenario apply rate-limitd
    refused 1 "ocimock scenario apply: *there is no scenario 'rate-limitd': did you mean 'rate-limited'?*"
    ask scenario apply rate-limited tims=3
    refused 2 "ocimock scenario apply: *tims: unknown key: did you mean 'times'?*"
    ask scenario apply rate-limited times=x
    refused 2 "ocimock scenario apply: *times: 'x' is no whole number"
    ask scenario apply rate-limited times
    refused 2 "ocimock scenario apply: 'times' is not PARAMETER=VALUE"
    ask scenario apply moved-tag repo=hello
    refused 2 "ocimock scenario apply: *the parameter 'to' is missing: *"
    ask scenario apply deleted-after-pull image=hello:v1@x
    refused 2 "ocimock scenario apply: *image*"
    ask scenario remove flaky-5xx
    refused 1 "ocimock scenario remove: *the scenario 'flaky-5xx' is not active*"
    [[ $(control POST /scenarios/flaky-5xx '{"status": [1]}') == 400 ]]
    [[ $(jq -r .error.message "$T/body") == 'status: expected a whole number, not a list' ]]
    [[ $(control GET /rules) == 200 && $(jq '.rules | length' "$T/body") == 0 ]]
    [[ $("$OCIMOCK" scenario list --active | wc -l) == 1 ]]
}

@test "one that is active is replaced, and stays when the new parameters are refused" {
    start
    [[ $(control POST /scenarios/flaky-5xx '{"repo": ["a", "b"], "times": null}') == 201 ]]
    jq -e '.replaced == false and .parameters.times == null and .rules[0].tags == ["flaky-5xx"]' "$T/body"
    apply flaky-5xx repo=a,c times=5
    [[ $(control GET '/rules?tag=flaky-5xx') == 200 ]]
    jq -e '.rules | length == 1 and .[0].times == 5 and .[0].when.repo == ["a", "c"]' "$T/body"
    ask scenario apply flaky-5xx status=1
    [[ $status == 2 && $stderr == *status* ]]
    [[ $(control GET '/rules?tag=flaky-5xx') == 200 && $(jq '.rules[0].times' "$T/body") == 5 ]]
    "$OCIMOCK" scenario list --active | grep 'flaky-5xx *repo=a,c times=5 status=503'
    [[ $(control GET /scenarios/flaky-5xx) == 200 && $(jq .active "$T/body") == true ]]
    "$OCIMOCK" scenario remove --all
    [[ $(control GET /rules) == 200 && $(jq '.rules | length' "$T/body") == 0 ]]
    # somebody's own rule with that tag is not ours
    "$OCIMOCK" fault add --id own --tag flaky-5xx --op ping --status 418
    apply flaky-5xx
    [[ $(control GET /rules/own) == 200 && $(control GET /rules/flaky-5xx) == 200 ]]
}

@test "what is taken back gives its place to the state that was there before" {
    start
    "$OCIMOCK" image set hello:v1 denied --after 3
    apply deleted-after-pull image=hello:v1
    [[ $("$OCIMOCK" image list --json | jq -c '[.images[] | .state, .after]') == '["absent",1]' ]]
    "$OCIMOCK" scenario remove deleted-after-pull
    [[ $("$OCIMOCK" image list --json | jq -c '[.images[] | .state, .after]') == '["denied",3]' ]]
    apply deleted-after-pull image=hello:v1
    "$OCIMOCK" image set hello:v1 unauthorized
    "$OCIMOCK" scenario remove deleted-after-pull
    [[ $("$OCIMOCK" image list --json | jq -r '.images[].state') == unauthorized ]]
}

@test "with takes a scenario for as long as a command runs" {
    start
    ask with flaky-5xx:repo=hello,times=1 -- curl -s -o /dev/null -w '%{http_code}' --noproxy '*' "$URL/v2/hello/manifests/v1"
    [[ $status == 0 && $output == 503 && $stderr == *'flaky-5xx '* ]]
    [[ $("$OCIMOCK" scenario list --active | wc -l) == 1 ]]
    apply flaky-5xx
    ask with flaky-5xx -- true
    refused 1 "ocimock with: the scenario 'flaky-5xx' is active already: *"
    [[ $("$OCIMOCK" scenario list --active | wc -l) == 2 ]]
    ask with flaky-6xx -- true
    refused 1 "ocimock with: *there is no scenario 'flaky-6xx': did you mean 'flaky-5xx'?*"
    ask with ./none.yaml -- true
    refused 1 "ocimock with: *none.yaml*"
}

@test "a server starts with scenarios" {
    start --scenario flaky-5xx:repo=a,b,times=1 --scenario token-server-down
    [[ $(status_of "$URL/v2/a/manifests/v1") == 503 && $(status_of "$URL/v2/b/manifests/v1") == 404 ]]
    [[ $(status_of "$URL/token") == 503 ]]
    stop
    printf 'scenarios: ["rate-limited:retry_after=3"]\nlisten: ["127.0.0.1:0"]\n' >"$T/c.yaml"
    OCIMOCK_LISTEN='' start --config "$T/c.yaml" --control 127.0.0.1:0
    [[ $(status_of -D "$T/head" "$URL/v2/a/manifests/v1") == 429 ]]
    head_has 'Retry-After: 3'
    unset OCIMOCK_CONTROL
    run --separate-stderr "$OCIMOCK" serve --listen 127.0.0.1:0 --scenario flaky-5xx:tims=1
    [[ $status -ne 0 && $stderr == *"scenario"*"tims: unknown key: did you mean 'times'?"* ]]
}

@test "the list needs no server" {
    export OCIMOCK_CONTROL=127.0.0.1:1
    ask scenario list
    [[ $status == 0 && $output == *stalled-layer* ]]
    ask scenario show stalled-layer
    [[ $status == 0 && $output == 'name: stalled-layer'*'do: stall'* ]]
    ask scenario show stalled-layer --json
    [[ $status == 0 && $(jq -r .name <<<"$output") == stalled-layer ]]
    ask scenario shw
    refused 2 "ocimock scenario: unknown command 'shw': did you mean 'show'?"
    ask scenario list --active
    [[ $status == 4 ]]
}

@test "doc/scenarios.md is made from them" {
    "$OCIMOCK" scenario list --json | jq -r -f "$TOP_SRCDIR/doc/scenarios.jq" >"$T/tables"
    sed '1,/^<!-- made by/d' "$TOP_SRCDIR/doc/scenarios.md" | diff - "$T/tables"
    grep -q '^| `stalled-layer` ' "$T/tables"
}
