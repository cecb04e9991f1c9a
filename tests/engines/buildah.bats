#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# buildah: builds images on images of the registry, and pushes them.

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
    need buildah
}

# push IMAGE REFERENCE [OPTION...]: leaves what buildah says of the digest in $PUSHED.
push() {
    local image=$1 reference=$2

    shift 2
    buildah push --quiet --tls-verify=false --digestfile "$BATS_TEST_TMPDIR/digest" "$@" "$image" \
        "docker://$REGISTRY/$reference"
    PUSHED=$(cat "$BATS_TEST_TMPDIR/digest")
}

@test "buildah: an image from scratch arrives with the digest that buildah says" {
    local container

    echo content >"$BATS_TEST_TMPDIR/file"
    container=$(buildah from scratch)
    buildah copy --quiet "$container" "$BATS_TEST_TMPDIR/file" /file
    buildah config --cmd /file "$container"
    buildah commit --quiet --rm "$container" scratch-image
    push scratch-image scratch/image:v1
    same "$(registry_digest scratch/image v1)" "$PUSHED"
    registry_whole scratch/image v1
}

@test "buildah: docker and OCI formats" {
    local container format

    container=$(buildah from scratch)
    buildah commit --quiet --rm "$container" format-image
    for format in oci v2s2; do
        push format-image "format/image:$format" --format "$format"
        same "$(registry_digest format/image "$format")" "$PUSHED"
    done
    same "$(registry_manifest format/image oci | jq -r .mediaType)" "$OCI.manifest.v1+json"
    same "$(registry_manifest format/image v2s2 | jq -r .mediaType)" \
        application/vnd.docker.distribution.manifest.v2+json
}

@test "buildah: builds on an image of the registry and reuses its layer" {
    local base

    seed hello base/hello
    base=$(layout_path "$LAYOUT" "$(layout_digest "$LAYOUT" hello)")
    printf 'FROM %s/base/hello:hello\nCOPY more /more\n' "$REGISTRY" >"$BATS_TEST_TMPDIR/Containerfile"
    echo more >"$BATS_TEST_TMPDIR/more"
    buildah build --quiet --tls-verify=false --tag built "$BATS_TEST_TMPDIR"
    push built base/built:v1
    same "$(registry_digest base/built v1)" "$PUSHED"
    same "$(registry_manifest base/built v1 | jq '.layers | length')" 2
    same "$(registry_manifest base/built v1 | jq -r '.layers[0].digest')" "$(jq -r '.layers[0].digest' "$base")"
    registry_whole base/built v1
}

@test "buildah: runs a program of a pulled image" {
    local container

    seed hello run/hello
    container=$(buildah from --tls-verify=false --quiet "$REGISTRY/run/hello:hello")
    same "$(buildah run --isolation chroot "$container" /hello)" "$HELLO"
    buildah rm "$container"
}

@test "buildah: a manifest list of two architectures" {
    local arch

    buildah manifest create two
    for arch in amd64 arm64; do
        printf 'FROM scratch\nCOPY file /\n' >"$BATS_TEST_TMPDIR/Containerfile"
        echo "$arch" >"$BATS_TEST_TMPDIR/file"
        buildah build --quiet --arch "$arch" --manifest two "$BATS_TEST_TMPDIR"
    done
    buildah manifest push --quiet --all --tls-verify=false --digestfile "$BATS_TEST_TMPDIR/digest" two \
        "docker://$REGISTRY/two/image:v1"
    same "$(registry_digest two/image v1)" "$(cat "$BATS_TEST_TMPDIR/digest")"
    same "$(registry_manifest two/image v1 | jq -c '[.manifests[].platform.architecture] | sort')" \
        '["amd64","arm64"]'
}

@test "buildah: a layer of 64 MiB goes both ways over TLS" {
    local container

    mkdir "$BATS_TEST_TMPDIR/certs"
    cp "$CA" "$BATS_TEST_TMPDIR/certs/ca.crt"
    head -c $((64 << 20)) /dev/urandom >"$BATS_TEST_TMPDIR/random"
    container=$(buildah from scratch)
    buildah copy --quiet "$container" "$BATS_TEST_TMPDIR/random" /random
    buildah commit --quiet --rm "$container" large-image
    buildah push --quiet --cert-dir "$BATS_TEST_TMPDIR/certs" --digestfile "$BATS_TEST_TMPDIR/digest" \
        large-image "docker://$TLS_REGISTRY/large/image:v1"
    same "$(registry_digest large/image v1)" "$(cat "$BATS_TEST_TMPDIR/digest")"
    registry_whole large/image v1
    buildah rmi --force large-image
    buildah pull --quiet --cert-dir "$BATS_TEST_TMPDIR/certs" "$TLS_REGISTRY/large/image:v1"
    container=$(buildah from --pull-never "$TLS_REGISTRY/large/image:v1")
    cmp "$(buildah mount "$container")/random" "$BATS_TEST_TMPDIR/random"
    buildah rm "$container"
}

@test "buildah: over TLS without the CA it refuses" {
    seed hello refused/hello
    run buildah pull --quiet "$TLS_REGISTRY/refused/hello:hello"
    ((status != 0))
    [[ $output == *x509* ]]
}
