#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# podman: pull, run, push, lists of several architectures, TLS.

load lib

setup_file() {
    engines_setup
    make_ca
    registry_start --tls-listen 127.0.0.1:0 --tls-cert "$CERTIFICATE" --tls-key "$KEY"
}

teardown_file() {
    engines_teardown
}

setup() {
    need podman
}

pull() {
    podman pull --quiet --tls-verify=false "$REGISTRY/$1"
}

# push IMAGE REFERENCE: leaves what podman says of the digest in $PUSHED.
push() {
    podman push --quiet --tls-verify=false --digestfile "$BATS_TEST_TMPDIR/digest" "$1" "docker://$REGISTRY/$2"
    PUSHED=$(cat "$BATS_TEST_TMPDIR/digest")
}

@test "podman: pull reports the registry's digest" {
    seed hello pull/hello
    pull pull/hello:hello
    same "$(podman image inspect --format '{{.Digest}}' "$REGISTRY/pull/hello:hello")" \
        "$(registry_digest pull/hello hello)"
}

@test "podman: pull by digest" {
    local digest

    seed hello digest/hello
    digest=$(layout_digest "$LAYOUT" hello)
    pull "digest/hello@$digest"
    podman image inspect --format '{{.RepoDigests}}' "$REGISTRY/digest/hello@$digest" |
        grep -F "$REGISTRY/digest/hello@$digest"
}

@test "podman: runs what it pulled" {
    need runc conmon
    seed hello run/hello
    pull run/hello:hello
    same "$(podman run --rm --network=none --cgroup-parent "/$ENGINES_CGROUP" "$REGISTRY/run/hello:hello")" \
        "$HELLO"
}

@test "podman: a pushed image has the digest that podman says" {
    seed hello push/hello
    pull push/hello:hello
    push "$REGISTRY/push/hello:hello" pushed/elsewhere:v1
    same "$(registry_digest pushed/elsewhere v1)" "$PUSHED"
    registry_whole pushed/elsewhere v1
}

@test "podman: a layer of 64 MiB goes both ways" {
    local id

    seed large large/image
    id=$(pull large/image:large)
    podman tag "$id" localhost/large
    push localhost/large large/again:v1
    same "$(registry_digest large/again v1)" "$PUSHED"
    podman rmi --force "$id"
    same "$(pull large/again:v1)" "$id"
}

@test "podman: pulls its own architecture from an index" {
    seed multi multi/hello
    pull multi/hello:multi
    same "$(podman image inspect --format '{{.Architecture}}' "$REGISTRY/multi/hello:multi")" "$(image_arch)"
}

@test "podman: pulls another architecture when asked" {
    local other

    other=$(other_arch "$(image_arch)")
    seed multi other/hello
    podman pull --quiet --tls-verify=false --arch "$other" "$REGISTRY/other/hello:multi"
    same "$(podman image inspect --format '{{.Architecture}}' "$REGISTRY/other/hello:multi")" "$other"
    podman rmi "$REGISTRY/other/hello:multi"
}

@test "podman: pushes a manifest list with its images" {
    seed multi list/hello
    podman manifest create test-list
    podman manifest add --all --tls-verify=false test-list "docker://$REGISTRY/list/hello:multi"
    podman manifest push --all --tls-verify=false --digestfile "$BATS_TEST_TMPDIR/digest" test-list \
        "docker://$REGISTRY/list/pushed:v1"
    same "$(registry_digest list/pushed v1)" "$(cat "$BATS_TEST_TMPDIR/digest")"
    same "$(registry_manifest list/pushed v1 | jq '.manifests | length')" 2
    podman pull --quiet --tls-verify=false "$REGISTRY/list/pushed:v1"
}

@test "podman: lists tags" {
    seed hello tags/hello
    seed multi tags/hello
    same "$(podman search --list-tags --tls-verify=false "$REGISTRY/tags/hello" |
        awk '$1 ~ "/tags/hello$" { print $2 }' | xargs)" 'hello multi'
}

@test "podman: says that an absent image is unknown, and tries once" {
    seed hello absent/hello
    watch_requests
    run pull absent/hello:nothing
    ((status != 0))
    [[ $output == *"manifest unknown"* ]]
    wait_requests 1 '.op == "manifest.get" and .status == 404'
}

@test "podman: over TLS with the CA" {
    mkdir "$BATS_TEST_TMPDIR/certs"
    cp "$CA" "$BATS_TEST_TMPDIR/certs/ca.crt"
    seed large tls/image
    podman rmi --all --force # an image that is there keeps the digest it came with
    podman pull --quiet --cert-dir "$BATS_TEST_TMPDIR/certs" "$TLS_REGISTRY/tls/image:large"
    same "$(podman image inspect --format '{{.Digest}}' "$TLS_REGISTRY/tls/image:large")" \
        "$(layout_digest "$LAYOUT" large)"
    podman push --quiet --cert-dir "$BATS_TEST_TMPDIR/certs" --digestfile "$BATS_TEST_TMPDIR/digest" \
        "$TLS_REGISTRY/tls/image:large" "docker://$TLS_REGISTRY/tls/pushed:v1"
    same "$(registry_digest tls/pushed v1)" "$(cat "$BATS_TEST_TMPDIR/digest")"
}

@test "podman: over TLS without the CA it refuses" {
    run podman pull --quiet "$TLS_REGISTRY/tls/image:large"
    ((status != 0))
    [[ $output == *x509* ]]
}

@test "podman: a plain registry is refused without --tls-verify=false" {
    seed hello strict/hello
    run podman pull --quiet "$REGISTRY/strict/hello:hello"
    ((status != 0))
    [[ $output == *"server gave HTTP response to HTTPS client"* ]]
}
