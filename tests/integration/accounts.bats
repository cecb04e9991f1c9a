#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016 # hashes hold dollar signs
# shellcheck disable=SC2154 # stderr is set by run
# Accounts on the command line, in the environment and in files; the usual registry's environment.

load lib/server

# login USER:SECRET: the status of the token service.
login() {
    status_of -u "$1" "$URL/token?service=ocimock"
}

hash_of() {
    printf %s "$1" | "$OCIMOCK" hash-password --cost 4 --user "$2"
}

@test "--user and OCIMOCK_USERS make accounts, and are not seen from outside" {
    OCIMOCK_AUTH_ACCOUNTS='[{"name":"carol","secret":"carolsecret"}]' start --user alice:alicesecret --user=bob:bob:secret
    [[ $(login alice:alicesecret) == 200 && $(login bob:bob:secret) == 200 ]]
    [[ $(login alice:other) == 401 && $(login nobody:alicesecret) == 401 ]]
    [[ $(login carol:carolsecret) == 200 ]]
    ps -o args= -p "$PID" >"$T/args"
    tr '\0' '\n' <"/proc/$PID/environ" >"$T/environment"
    grep -q -- '--user [*][*][*]' "$T/args"
    grep -q 'OCIMOCK_AUTH_ACCOUNTS=[*][*][*]' "$T/environment"
    absent secret "/proc/$PID/cmdline" "$T/args" "$T/environment"
    stop
    absent secret "$T/log" "$T/out"
    grep -q 'who="bearer, 3 accounts (alice, bob, carol)"' "$T/log"
}

@test "OCIMOCK_USERS is a list" {
    OCIMOCK_USERS=alice:one,bob:two start
    [[ $(login alice:one) == 200 && $(login bob:two) == 200 && $(login bob:one) == 401 ]]
    [[ $(status_of "$URL/v2/") == 401 ]]
    stop
}

@test "--print-config shows no secret" {
    run -0 "$OCIMOCK" serve --print-config --user alice:alicesecret --auth-accounts '[{"name":"bob","secret":"bobsecret"}]'
    [[ $output != *secret:*bob* && $output != *alicesecret* && $output != *bobsecret* ]]
    [[ $output == *'name: bob'* ]]
}

@test "--check-config checks accounts and policy" {
    run -2 --separate-stderr "$OCIMOCK" serve --check-config --user alice
    [[ $stderr == *'expected name:secret'* ]]
    run -2 --separate-stderr "$OCIMOCK" serve --check-config --auth-mode basic
    [[ $stderr == *'nobody can log in'* ]]
    run -2 --separate-stderr "$OCIMOCK" serve --check-config --auth-accounts '[{"name":"a","hash":"$apr1$x$y"}]'
    [[ $stderr == *'hash-password'* ]]
    run -0 "$OCIMOCK" serve --check-config --user alice:secret
}

@test "an unknown option is named without its value" {
    run -2 --separate-stderr "$OCIMOCK" serve --usr=alice:alicesecret
    [[ $stderr != *alicesecret* ]]
}

@test "accounts and policy of a file" {
    printf 'wonder\n' >"$T/secret.txt"
    cat >"$T/ocimock.yaml" <<END
auth:
  accounts:
    - {name: alice, secret_file: secret.txt}
    - {name: bob, hash: "$(hash_of two bob | cut -d: -f2)"}
    - {name: carol, secret: three, disabled: true}
  policy:
    - {accounts: [alice], repositories: ["team-a/*"], actions: [pull, push]}
    - {accounts: [anonymous], repositories: ["public/*"], actions: [pull]}
    - {accounts: [alicia], catalog: true}
END
    start --config "$T/ocimock.yaml"
    [[ $(login alice:wonder) == 200 && $(login bob:two) == 200 && $(login carol:three) == 401 ]]
    [[ $(status_of "$URL/v2/public/app/tags/list") == 404 ]]
    [[ $(status_of "$URL/v2/team-a/app/tags/list") == 401 ]]
    stop
    grep -q "auth.policy\[2\] names 'alicia', but there is no such account" "$T/log"
}

@test "htpasswd: Basic, read again when it changes" {
    hash_of one alice >"$T/htpasswd"
    start --htpasswd "$T/htpasswd" --auth-mode basic
    [[ $(status_of "$URL/v2/") == 401 && $(status_of -u alice:one "$URL/v2/") == 200 ]]
    [[ $(status_of -u alice:two "$URL/v2/") == 401 ]]
    hash_of two alice >"$T/new"
    hash_of three bob >>"$T/new"
    mv "$T/new" "$T/htpasswd"
    [[ $(status_of -u alice:two "$URL/v2/") == 200 && $(status_of -u bob:three "$URL/v2/") == 200 ]]
    [[ $(status_of -u alice:one "$URL/v2/") == 401 ]]
    stop
}

@test "the environment of the usual registry: htpasswd" {
    hash_of one alice >"$T/htpasswd"
    REGISTRY_AUTH=htpasswd REGISTRY_AUTH_HTPASSWD_REALM='The Realm' REGISTRY_AUTH_HTPASSWD_PATH=$T/htpasswd \
        REGISTRY_STORAGE_DELETE_ENABLED=false REGISTRY_HTTP_SECRET=xyz start --log-level debug
    [[ $(status_of "$URL/") == 200 ]]
    [[ $(status_of -D "$T/head" "$URL/v2/") == 401 ]]
    grep -qi '^www-authenticate: Basic realm="The Realm"' "$T/head"
    [[ $(status_of -u alice:one "$URL/v2/") == 200 ]]
    [[ $(status_of -u alice:one -X DELETE "$URL/v2/a/manifests/v1") == 405 ]]
    stop
    absent -E 'xyz|no effect' "$T/log"
}

@test "the environment of the usual registry: a missing htpasswd file is made" {
    REGISTRY_AUTH=htpasswd REGISTRY_AUTH_HTPASSWD_REALM=x REGISTRY_AUTH_HTPASSWD_PATH=$T/auth/htpasswd start
    local password
    password=$(sed -n 's/.*provisioning with default user" user=docker password=//p' "$T/log")
    [[ ${#password} == 43 ]]
    [[ $(status_of -u "docker:$password" "$URL/v2/") == 200 ]]
    [[ $(stat -c %a "$T/auth/htpasswd") == 600 ]]
    stop
}

@test "the environment of the usual registry: TLS on its address" {
    "$OCIMOCK" gen-cert --ca --out "$T/tls" >"$T/made"
    REGISTRY_HTTP_ADDR=127.0.0.1:0 REGISTRY_HTTP_TLS_CERTIFICATE=$T/tls/server.crt \
        REGISTRY_HTTP_TLS_KEY=$T/tls/server.key run -0 "$OCIMOCK" serve --print-config --json
    [[ $(jq -c '[.listen, .tls.listen]' <<<"$output") == '[[],["127.0.0.1:0"]]' ]]
}

@test "a client certificate logs in" {
    "$OCIMOCK" gen-cert --ca --out "$T/tls" >"$T/made"
    "$OCIMOCK" gen-cert --client alice --out "$T/tls" >>"$T/made"
    "$OCIMOCK" gen-cert --client mallory --out "$T/tls" >>"$T/made"
    start --listen= --tls-listen 127.0.0.1:0 --tls-cert "$T/tls/server.crt" --tls-key "$T/tls/server.key" \
        --tls-client-ca "$T/tls/ca.crt" --user alice:secret
    [[ $(status_of -k "$URL/v2/") == 401 ]]
    [[ $(status_of -k --cert "$T/tls/alice.crt" --key "$T/tls/alice.key" "$URL/v2/") == 200 ]]
    [[ $(status_of -k --cert "$T/tls/alice.crt" --key "$T/tls/alice.key" "$URL/v2/a/tags/list") == 404 ]]
    [[ $(status_of -k --cert "$T/tls/mallory.crt" --key "$T/tls/mallory.key" "$URL/v2/") == 401 ]]
    stop
    grep -q 'auth=certificate user=alice' "$T/log"
    grep -q 'the client certificate belongs to no account' "$T/log"
}

@test "hash-password reads standard input and prints what htpasswd files take" {
    run -0 hash_of wonder alice
    [[ $output == 'alice:$2y$04$'* && ${#output} == 66 ]]
    run -0 "$OCIMOCK" hash-password --method sha512 --cost 1000 <<<wonder
    [[ $output == '$6$rounds=1000$'* ]]
    run -0 "$OCIMOCK" hash-password --method yescrypt --json <<<wonder
    [[ $(jq -r .hash <<<"$output") == '$y$'* ]]
}

@test "hash-password refuses what is no password, and arguments" {
    run -1 --separate-stderr "$OCIMOCK" hash-password </dev/null
    [[ $stderr == *'the secret is empty'* ]]
    run -2 --separate-stderr "$OCIMOCK" hash-password wonder
    [[ $stderr == *'read from standard input'* && $stderr != *wonder* ]]
    run -1 --separate-stderr "$OCIMOCK" hash-password --cost 40 <<<wonder
    [[ $stderr == *'the cost of bcrypt is 4 to 18'* ]]
    run -1 --separate-stderr "$OCIMOCK" hash-password --user a:b <<<wonder
    [[ $stderr == *"a name holds no ':'"* ]]
}
