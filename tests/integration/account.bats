#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154 # stderr is set by run
# Accounts, policy and tokens while the server runs: the control API and `ocimock account`.

load lib/server

setup() {
    server_setup
    export OCIMOCK_LOG_LEVEL=debug
}

# stop_silent SECRET...: no secret stands in what the server wrote.
stop_silent() {
    local secret

    stop
    for secret in "$@"; do
        absent -F "$secret" "$T/log" "$T/out"
    done
}

# login USER:SECRET [QUERY]: the status of the token service.
login() {
    status_of -u "$1" "$URL/token?service=ocimock&${2-}"
}

# with TOKEN: the status of a repository that is not there, 404 for who may look.
with() {
    status_of -D "$T/head" -H "Authorization: Bearer $1" "$URL/v2/team/app/tags/list"
}

# token USER:SECRET [QUERY]: prints an access token for team/app.
token() {
    [[ $(login "$1" "scope=repository:team/app:pull&${2-}") == 200 ]]
    jq -r .token "$T/body"
}

field() {
    jq -r "$1" "$T/body"
}

@test "rotated without grace, the old secret ends at once and tokens go on" {
    local t

    start --user alice:first-secret
    t=$(token alice:first-secret)
    [[ $(control PUT /accounts/alice '{"secret": "second-secret"}') == 200 ]]
    [[ $(field '[.name, (.secrets | length)] | @csv') == '"alice",1' ]]
    [[ $(login alice:first-secret) == 401 && $(login alice:second-secret) == 200 ]]
    [[ $(with "$t") == 404 ]]
    stop_silent first-secret second-secret
}

@test "metrics count what the token service answered" {
    local result

    start --user alice:first-secret --auth-policy '[{"accounts": ["alice"], "repositories": ["a"], "actions": ["pull"]}]'
    [[ $(login alice:first-secret) == 200 && $(login alice:first-secret scope=repository:a:pull) == 200 ]]
    [[ $(login alice:first-secret scope=repository:a:pull,push) == 200 ]]
    [[ $(login alice:first-secret scope=repository:b:pull) == 200 && $(login alice:wrong) == 401 ]]
    curl --noproxy '*' -s -m 20 "$OCIMOCK_CONTROL/metrics" >"$T/metrics"
    for result in granted:2 partial:1 empty:1 refused:1; do
        grep -qxF "ocimock_auth_tokens_issued_total{result=\"${result%:*}\"} ${result#*:}" "$T/metrics"
    done
}

@test "rotated with grace, the old secret is good until then on the world's clock" {
    start --user alice:first-secret
    [[ $(control PUT /accounts/alice '{"secret": "second-secret", "keep_old": "10m"}') == 200 ]]
    [[ $(field '.secrets | length') == 2 ]]
    [[ $(login alice:first-secret) == 200 && $(login alice:second-secret) == 200 ]]
    [[ $(control PUT /clock '{"advance": "9m"}') == 200 ]]
    [[ $(login alice:first-secret) == 200 ]]
    [[ $(control PUT /clock '{"advance": "1h"}') == 200 ]]
    [[ $(login alice:first-secret) == 401 && $(login alice:second-secret) == 200 ]]
    [[ $(control GET /accounts/alice) == 200 && $(field '.secrets | length') == 1 ]]
    stop_silent first-secret second-secret
}

@test "a hashed secret that is remembered as good ends with its grace, too" {
    local hash

    hash=$(printf first-secret | "$OCIMOCK" hash-password --cost 4)
    start --auth-accounts "[{\"name\": \"alice\", \"hash\": \"$hash\"}]"
    [[ $(login alice:first-secret) == 200 ]]
    [[ $(control PUT /accounts/alice '{"secret": "second-secret", "keep_old": "10s"}') == 200 ]]
    [[ $(login alice:first-secret) == 200 && $(login alice:first-secret) == 200 ]]
    [[ $(control PUT /clock '{"advance": "11s"}') == 200 ]]
    [[ $(login alice:first-secret) == 401 && $(login alice:second-secret) == 200 ]]
    stop_silent first-secret second-secret "$hash"
}

@test "revoked, an account's tokens and refresh tokens end with the next request" {
    local t r

    start --user alice:first-secret --user bob:bobs-secret
    t=$(token alice:first-secret offline_token=true)
    r=$(field .refresh_token)
    [[ $(with "$t") == 404 ]]
    [[ $(status_of -d "grant_type=refresh_token&client_id=test&service=ocimock&refresh_token=$r" "$URL/token") == 200 ]]
    [[ $(control POST /accounts/alice:revoke) == 200 ]]
    [[ $(with "$t") == 401 ]]
    grep -qi '^www-authenticate: Bearer .*error="invalid_token"' "$T/head"
    [[ $(status_of -d "grant_type=refresh_token&client_id=test&service=ocimock&refresh_token=$r" "$URL/token") == 401 ]]
    [[ $(field .error) == invalid_grant ]]
    [[ $(with "$(token alice:first-secret)") == 404 ]]
    [[ $(with "$(token bob:bobs-secret)") == 404 ]]
    stop_silent first-secret bobs-secret "$t" "$r"
}

@test "accounts are added, disabled, enabled and removed" {
    local t

    start --user alice:first-secret
    [[ $(login bob:bobs-secret) == 401 ]]
    [[ $(control POST /accounts '{"name": "bob", "secret": "bobs-secret"}') == 201 ]]
    [[ $(jq -c . "$T/body") == '{"name":"bob","origin":"control","disabled":false,"secrets":[{"kind":"plain"}]}' ]]
    t=$(token bob:bobs-secret)
    [[ $(control GET /accounts) == 200 && $(field '.mode + " " + (.accounts | map(.name) | join(","))') == 'bearer alice,bob' ]]
    [[ $(control POST /accounts/bob:disable) == 200 && $(field .disabled) == true ]]
    [[ $(login bob:bobs-secret) == 401 && $(with "$t") == 401 ]]
    [[ $(control POST /accounts/bob:enable) == 200 && $(field .disabled) == false ]]
    t=$(token bob:bobs-secret)
    [[ $(control DELETE /accounts/bob) == 204 ]]
    [[ $(login bob:bobs-secret) == 401 && $(with "$t") == 401 ]]
    [[ $(control DELETE /accounts/bob) == 404 && $(control GET /accounts/bob) == 404 ]]
    [[ $(control POST /accounts '{"name": "bob", "secret": "bobs-other"}') == 201 ]]
    [[ $(with "$t") == 401 && $(with "$(token bob:bobs-other)") == 404 ]]
    stop_silent first-secret bobs-secret bobs-other "$t"
}

@test "a name with a slash or a blank is a name, and a subject goes with an account" {
    start --user alice:first-secret
    [[ $(control POST /accounts '{"name": "a b/c", "secret": "x-secret", "subject": "CN=abc"}') == 201 ]]
    [[ $(field .subject) == CN=abc ]]
    [[ $(control POST '/accounts/a%20b%2Fc:revoke') == 200 && $(field .name) == 'a b/c' ]]
    [[ $(control POST /accounts '{"name": "dave", "secret": "x-secret", "subject": "CN=abc"}') == 409 ]]
    [[ $(control GET /accounts/dave) == 404 ]]
    stop_silent x-secret
}

@test "wrong bodies are refused with the place, and nothing changes" {
    local method path body want says

    start --user alice:first-secret
    while IFS='|' read -r method path body want says; do
        [[ $(control "$method" "$path" ${body:+"$body"}) == "$want" && $(field .error.message) == *"$says"* ]] || {
            echo "$method $path $body: $(<"$T/body")"
            return 1
        }
        absent very-secret "$T/body"
    done <<'END'
POST|/accounts|{"name": "bob"}|400|needs a secret or a hash
POST|/accounts|{"secret": "very-secret"}|400|name
POST|/accounts|{"name": "bob", "secret": "very-secret", "hash": "very-secret"}|400|needs a secret or a hash
POST|/accounts|{"name": "bob", "hash": "very-secret"}|400|hash
POST|/accounts|{"name": "bob", "secert": "very-secret"}|400|did you mean 'secret'
POST|/accounts|{"name": "bob", "secret": ["very-secret"]}|400|secret
POST|/accounts|{"name": "bob", "secret": "very-secret\u0000"}|400|
POST|/accounts|{"name": "bob", "secret": "very-secret|400|
POST|/accounts|["very-secret"]|400|account
POST|/accounts|{"name": "a:b", "secret": "very-secret"}|400|'a:b'
POST|/accounts|{"name": "anonymous", "secret": "very-secret"}|400|group
POST|/accounts|{"name": "alice", "secret": "very-secret"}|409|exists already
PUT|/accounts/alice|{}|400|needs a secret or a hash
PUT|/accounts/alice|{"secret": "very-secret", "keep_old": "soon"}|400|keep_old
PUT|/accounts/alice|{"secret": "very-secret", "keepold": "1m"}|400|did you mean 'keep_old'
PUT|/accounts/nobody|{"secret": "very-secret"}|404|'nobody'
POST|/accounts/nobody:revoke||404|'nobody'
POST|/accounts/nobody:disable||404|'nobody'
POST|/accounts/nobody:grant|{"repositories": ["a"]}|404|'nobody'
POST|/accounts/alice:grant|{}|400|repositories are missing
POST|/accounts/alice:grant|{"repositories": ["a"], "actions": ["pul"]}|400|policy[0].actions: 'pul' is no action
PUT|/policy|[{"account": ["a"]}]|400|policy[0].account: unknown key: did you mean 'accounts'
PUT|/policy|{"rules": []}|400|policy
PUT|/policy|"all"|400|
POST|/tokens|{"account": "alice"}|400|scope
POST|/tokens|{"account": "nobody", "scope": "repository:a:pull"}|404|'nobody'
POST|/tokens|{"scope": "repository"}|400|mint.scope
POST|/tokens|{"scope": "repository:a:read"}|400|grants nothing
POST|/tokens|{"scope": [], "ttl": "1ms"}|400|ttl
POST|/tokens:revoke|{}|400|one of token and jti
POST|/tokens:revoke|{"token": "a.very-secret.b"}|400|none of ours
POST|/tokens:revoke|{"token": "very-secret"}|404|
END
    [[ $(control POST /accounts) == 400 && $(field .error.message) == *'body is missing'* ]]
    [[ $(control GET /accounts) == 200 && $(field '.accounts | length') == 1 ]]
    [[ $(login alice:first-secret) == 200 ]]
    stop_silent first-secret very-secret
}

@test "a grant goes in front of the policy, which can be replaced" {
    start --user alice:first-secret --auth-policy '[{"accounts": ["alice"], "effect": "deny"}]'
    [[ $(with "$(token alice:first-secret)") == 401 ]]
    [[ $(control POST /accounts/alice:grant '{"repositories": ["team/*"], "actions": "pull"}') == 200 ]]
    [[ $(field '.policy | length') == 2 && $(field '.policy[0].repositories[0]') == 'team/*' ]]
    [[ $(with "$(token alice:first-secret)") == 404 ]]
    [[ $(status_of "$URL/v2/") == 401 && $(status_of "$URL/v2/team/app/tags/list") == 401 ]]
    [[ $(control POST /accounts/anonymous:grant '{"repositories": ["*"], "catalog": true}') == 200 ]]
    [[ $(status_of "$URL/v2/") == 200 && $(status_of "$URL/v2/team/app/tags/list") == 404 ]]
    [[ $(status_of "$URL/v2/_catalog") == 200 ]]
    [[ $(control PUT /policy '{"policy": []}') == 200 ]]
    [[ $(status_of "$URL/v2/") == 401 && $(status_of "$URL/v2/_catalog") == 401 ]]
    [[ $(with "$(token alice:first-secret)") == 401 ]]
    [[ $(control GET /policy) == 200 && $(jq -c . "$T/body") == '{"policy":[]}' ]]
    stop_silent first-secret
}

@test "tokens are made whatever the policy says, and revoked one by one" {
    local a b c

    start --user alice:first-secret --auth-policy '[]'
    [[ $(control POST /tokens '{"account": "alice", "scope": "repository:team/app:pull", "ttl": "1h"}') == 201 ]]
    [[ $(field .expires_in) == 3600 && $(field .token) == "$(field .access_token)" ]]
    a=$(field .token)
    [[ $(control POST /tokens '{"scope": ["repository:team/app:*", "registry:catalog:*"]}') == 201 ]]
    [[ $(field .expires_in) == 300 ]]
    b=$(field .token)
    id=$(field .jti)
    [[ $(control POST /tokens '{"scope": "repository:team/app:pull", "ttl": "5m", "age": "1h"}') == 201 ]]
    c=$(field .token)
    [[ $(with "$a") == 404 && $(with "$b") == 404 && $(with "$c") == 401 ]]
    [[ $(control POST /tokens:revoke "{\"token\": \"$a\"}") == 204 ]]
    [[ $(with "$a") == 401 && $(with "$b") == 404 ]]
    [[ $(control POST /tokens:revoke "{\"jti\": \"$id\"}") == 204 && $(with "$b") == 401 ]]
    [[ $(control POST /tokens:revoke "{\"token\": \"$c\"}") == 204 ]]
    stop_silent "$a" "$b" "$c"
}

@test "one refresh token is revoked" {
    local r

    start --user alice:first-secret
    [[ $(login alice:first-secret offline_token=true) == 200 ]]
    r=$(field .refresh_token)
    [[ $(control POST /tokens:revoke "{\"token\": \"$r\"}") == 204 ]]
    [[ $(status_of -d "grant_type=refresh_token&client_id=test&service=ocimock&refresh_token=$r" "$URL/token") == 401 ]]
    [[ $(control POST /tokens:revoke "{\"token\": \"$r\"}") == 404 ]]
    stop_silent "$r"
}

@test "ocimock account adds, lists, rotates and removes" {
    start --user alice:first-secret
    run -0 "$OCIMOCK" account add bob <<<bobs-secret
    [[ $output == 'bob is added' && $(login bob:bobs-secret) == 200 ]]
    run -1 --separate-stderr "$OCIMOCK" account add bob <<<bobs-secret
    [[ $stderr == *"'bob' exists already"* && $stderr != *bobs-secret* ]]
    printf 'bobs-other\r\n' >"$T/secret"
    run -0 "$OCIMOCK" account rotate bob --keep-old 10m --secret-file "$T/secret"
    [[ $output == 'bob has a new secret; the old one is good until 2'*Z ]]
    [[ $(login bob:bobs-secret) == 200 && $(login bob:bobs-other) == 200 ]]
    run -0 "$OCIMOCK" account list
    [[ ${lines[1]} == alice*enabled*plain*option && ${lines[2]} == bob*enabled*'plain until 2'*', plain '*control ]]
    run -0 "$OCIMOCK" account rotate bob <<<bobs-third
    [[ $output == 'bob has a new secret; the old one is refused' ]]
    [[ $(login bob:bobs-secret) == 401 && $(login bob:bobs-other) == 401 && $(login bob:bobs-third) == 200 ]]
    run -0 "$OCIMOCK" account remove bob
    [[ $output == 'bob is removed' && $(login bob:bobs-third) == 401 ]]
    run -0 "$OCIMOCK" account list --json
    [[ $(jq -r '.accounts[].name' <<<"$output") == alice ]]
    stop_silent first-secret bobs-secret bobs-other bobs-third
}

@test "ocimock account revokes, disables, enables and grants" {
    local t

    start --user alice:first-secret --auth-policy '[]'
    run -0 "$OCIMOCK" account grant alice --repository 'team/*' --action pull,push
    t=$(token alice:first-secret)
    [[ $(with "$t") == 404 ]]
    run -0 "$OCIMOCK" account revoke alice
    [[ $output == 'alice has to log in again'* && $(with "$t") == 401 ]]
    run -0 "$OCIMOCK" account disable alice
    [[ $(login alice:first-secret) == 401 ]]
    run -0 "$OCIMOCK" account enable alice --json
    [[ $(jq -c '[.name, .disabled]' <<<"$output") == '["alice",false]' && $(login alice:first-secret) == 200 ]]
    run -2 --separate-stderr "$OCIMOCK" account grant alice
    [[ $stderr == *'repositories are missing'* ]]
    stop_silent first-secret "$t"
}

@test "a hash is taken for a secret, and an account may log in with it" {
    start --user alice:first-secret
    "$OCIMOCK" hash-password --cost 4 <<<bobs-secret >"$T/hash"
    run -0 "$OCIMOCK" account add bob --hash --secret-file "$T/hash"
    [[ $(login bob:bobs-secret) == 200 && $(login bob:other) == 401 ]]
    run -1 --separate-stderr "$OCIMOCK" account add carol --hash --secret-file "$T/missing"
    [[ $stderr == *"$T/missing"* ]]
    stop_silent bobs-secret "$(<"$T/hash")"
}

@test "ocimock token issues tokens of a running server, and revokes them" {
    local t id

    start --user alice:first-secret
    t=$("$OCIMOCK" token issue alice --scope repository:team/app:pull --ttl 1h)
    [[ $(with "$t") == 404 ]]
    "$OCIMOCK" token inspect --json <<<"$t" | jq -e '.claims.sub == "alice" and .claims.exp - .claims.iat == 3600'
    printf 'Bearer %s\n' "$t" | "$OCIMOCK" token revoke | grep -q 'refused from now on'
    [[ $(with "$t") == 401 ]]
    t=$("$OCIMOCK" token issue anonymous -s repository:team/app:push,pull -s repository:b:push)
    [[ $(with "$t") == 404 ]]
    id=$("$OCIMOCK" token inspect --json <<<"$t" | jq -r .claims.jti)
    "$OCIMOCK" token revoke --json --jti "$id"
    [[ $(with "$t") == 401 ]]
    t=$("$OCIMOCK" token issue alice --scope repository:team/app:pull --age 1h --ttl 5m)
    [[ $(with "$t") == 401 ]] && grep -q invalid_token "$T/head"
    "$OCIMOCK" token issue alice --json | jq -e '.jti and .token and .expires_in == 300'
    t=$(token alice:first-secret offline_token=true)
    field .refresh_token >"$T/refresh"
    "$OCIMOCK" token revoke --token-file "$T/refresh"
    [[ $(status_of -d grant_type=refresh_token -d client_id=c --data-urlencode "refresh_token@$T/refresh" "$URL/token") == 401 ]]
    stop_silent "$t" first-secret
}

@test "ocimock token refuses what it should, and does not repeat tokens" {
    start --user alice:first-secret
    run --separate-stderr "$OCIMOCK" token revoke very-secret </dev/null
    refused 2 '*never from the command line*'
    [[ $stderr != *very-secret* ]]
    run --separate-stderr "$OCIMOCK" token revoke <<<"very.secret.token"
    refused 2 '*none of ours*'
    [[ $stderr != *very* ]]
    run --separate-stderr "$OCIMOCK" token revoke --jti x --token-file y
    refused 2 '*exclude each other*'
    run --separate-stderr "$OCIMOCK" token issue
    refused 2 '*ACCOUNT*missing*'
    run --separate-stderr "$OCIMOCK" token issue bob
    refused 1 "*no account 'bob'*"
    run --separate-stderr "$OCIMOCK" token issue alice --scope nonsense
    refused 2 '*scope*'
    run --separate-stderr "$OCIMOCK" token issue alice --control 127.0.0.1:1
    [[ $status -eq 4 ]]
}

@test "ocimock account refuses a secret on the command line, and does not repeat it" {
    for part in add rotate; do
        run -2 --separate-stderr "$OCIMOCK" account "$part" bob very-secret </dev/null
        [[ $stderr == *'never from the command line'* && $stderr != *very-secret* ]]
        run -2 --separate-stderr "$OCIMOCK" account "$part" bob --secret=very-secret </dev/null
        [[ $stderr != *very-secret* ]]
        run -2 --separate-stderr "$OCIMOCK" account "$part" </dev/null
        [[ $stderr == *'NAME is missing'* ]]
    done
}

@test "ocimock account tells what is wrong by its exit status" {
    start
    run -0 --separate-stderr "$OCIMOCK" account add bob <<<bobs-secret
    [[ $stderr == *'auth.mode is none'* ]]
    run -1 --separate-stderr "$OCIMOCK" account revoke nobody
    [[ $stderr == *"'nobody'"* ]]
    run -2 --separate-stderr "$OCIMOCK" account add carol </dev/null
    [[ $stderr == *'the secret is empty'* ]]
    run -2 --separate-stderr "$OCIMOCK" account ad
    [[ $stderr == *"did you mean 'add'"* ]]
    stop_silent bobs-secret
    run -4 --separate-stderr "$OCIMOCK" account list
}
