#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Registries that trust each other's token services: Debian's docker-registry trusts ours, and ours
# trusts another one of ours whose keys it has as a JWKS.

load lib

setup_file() {
    engines_setup
    keys
    issuer_start
}

teardown_file() {
    engines_teardown
}

setup() {
    need skopeo
    export REGISTRY_AUTH_FILE=$BATS_TEST_TMPDIR/auth.json
}

keys() {
    local algorithm

    for algorithm in ES256 RS256; do
        "$OCIMOCK" keys --generate --algorithm $algorithm --out "$WORK/keys-$algorithm"
    done
}

# The token service of them all; it makes tokens for any service.
issuer_start() {
    mkdir -p "$WORK/issuer"
    issuer_configuration ES256 true >"$WORK/issuer/ocimock.yaml"
    ocimock_start "$WORK/issuer" --log-format json --config "$WORK/issuer/ocimock.yaml"
    export ISSUER=$OCIMOCK_URL
}

# issuer_configuration ALGORITHM X5C
issuer_configuration() {
    cat <<-END
	auth:
	  mode: bearer
	  issuer: our-issuer
	  services: ["*"]
	  x5c: $2
	  keys: [{key: $WORK/keys-$1/token.pem, certificate: $WORK/keys-$1/token.crt}]
	  accounts:
	    - {name: alice, secret: alices-secret}
	    - {name: bob, secret: bobs-secret}
	  policy:
	    - {accounts: [alice], repositories: ["private/*"], actions: [pull, push, delete]}
	    - {accounts: ["*"], repositories: ["public/*"], actions: [pull]}
	END
}

# free_port: one that nobody listens on now.
free_port() {
    local port

    for port in {20000..20999}; do
        (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
    done
    printf '%s\n' "$port"
}

# distribution_start NAME REALM CERTIFICATES: docker-registry with token authentication; REGISTRY.
distribution_start() {
    local dir=$WORK/$1 port

    port=$(free_port)
    mkdir -p "$dir/data"
    cat >"$dir/config.yml" <<-END
	version: 0.1
	log: {level: info, accesslog: {disabled: true}}
	storage:
	  filesystem: {rootdirectory: $dir/data}
	  delete: {enabled: true}
	http: {addr: "127.0.0.1:$port"}
	auth:
	  token:
	    realm: $2/token
	    service: debians-registry
	    issuer: our-issuer
	    rootcertbundle: $3
	END
    # To it, REGISTRY_AUTH_FILE is a setting of its own.
    process_start "$dir/log" env -u REGISTRY_AUTH_FILE docker-registry serve "$dir/config.yml"
    wait_for 10 docker-registry answers "http://127.0.0.1:$port/v2/" 401 || {
        cat "$dir/log" >&2
        return 1
    }
    export REGISTRY=127.0.0.1:$port
}

answers() {
    [[ $(curl -s -o /dev/null -w '%{http_code}' "$1") == "$2" ]]
}

copy() {
    skopeo copy --quiet --src-tls-verify=false --dest-tls-verify=false "$@"
}

# both_ways: pushes and pulls as alice what others may not.
both_ways() {
    copy --dest-creds alice:alices-secret "oci:$LAYOUT:hello" "docker://$REGISTRY/private/hello:v1"
    copy --src-creds alice:alices-secret "docker://$REGISTRY/private/hello:v1" "oci:$BATS_TEST_TMPDIR/out:hello"
    same "$(layout_digest "$BATS_TEST_TMPDIR/out" hello)" "$(layout_digest "$LAYOUT" hello)"
    run copy "docker://$REGISTRY/private/hello:v1" "oci:$BATS_TEST_TMPDIR/none:hello"
    ((status != 0))
    run copy --src-creds bob:bobs-secret "docker://$REGISTRY/private/hello:v1" "oci:$BATS_TEST_TMPDIR/none:hello"
    ((status != 0))
    [[ $output == *denied* || $output == *unauthorized* ]]
    run copy --src-creds alice:wrong "docker://$REGISTRY/private/hello:v1" "oci:$BATS_TEST_TMPDIR/none:hello"
    ((status != 0))
    [[ $output == *'incorrect username or password'* ]]
}

@test "trust: docker-registry trusts our tokens, by their certificate" {
    need docker-registry
    "$OCIMOCK" keys --key "$WORK/keys-ES256/token.pem" --certificate "$WORK/keys-ES256/token.crt" \
        --show certificate >"$WORK/roots.pem"
    distribution_start by-x5c "$ISSUER" "$WORK/roots.pem"
    both_ways
}

@test "trust: docker-registry trusts our tokens, by the key id" {
    need docker-registry
    mkdir -p "$WORK/issuer-kid"
    issuer_configuration RS256 false >"$WORK/issuer-kid/ocimock.yaml"
    ocimock_start "$WORK/issuer-kid" --config "$WORK/issuer-kid/ocimock.yaml"
    distribution_start by-kid "$OCIMOCK_URL" "$WORK/keys-RS256/token.crt"
    both_ways
}

@test "trust: docker-registry refuses tokens of other keys" {
    need docker-registry
    distribution_start wrong "$ISSUER" "$WORK/keys-RS256/token.crt"
    run copy --dest-creds alice:alices-secret "oci:$LAYOUT:hello" "docker://$REGISTRY/private/hello:v1"
    ((status != 0))
    [[ $output == *'authentication required'* || $output == *unauthorized* ]]
}

# relying_start NAME JWKS: one of ours that has no accounts and trusts the issuer's keys.
relying_start() {
    local dir=$WORK/$1

    mkdir -p "$dir"
    cat >"$dir/ocimock.yaml" <<-END
	auth:
	  mode: bearer
	  service: relying
	  token_realm: $ISSUER/token
	  trust: [{jwks: $2, issuer: our-issuer, audience: relying}]
	  policy: []
	END
    ocimock_start "$dir" --log-format json --config "$dir/ocimock.yaml"
    export REGISTRY=${OCIMOCK_URL#*://} LOG=$dir/ocimock.out.err
}

@test "trust: ours trusts the tokens of another issuer, by its JWKS" {
    curl -fsS "$ISSUER/token/jwks.json" >"$WORK/jwks.json"
    relying_start relying "$WORK/jwks.json"
    both_ways
}

@test "trust: ours refuses tokens of keys that are not in the JWKS" {
    "$OCIMOCK" keys --key "$WORK/keys-RS256/token.pem" --show jwks >"$WORK/other.json"
    relying_start refusing "$WORK/other.json"
    watch_requests
    run copy --dest-creds alice:alices-secret "oci:$LAYOUT:hello" "docker://$REGISTRY/private/hello:v1"
    ((status != 0))
    (($(requests '.auth == "invalid" and .status == 401') >= 1))
}
