#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# skopeo: copy in both directions, between repositories, inspect, list and delete.

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
    need skopeo
}

copy() {
    skopeo copy --quiet --src-tls-verify=false --dest-tls-verify=false "$@"
}

# pull REFERENCE TAG DIRECTORY
pull() {
    copy --preserve-digests "docker://$REGISTRY/$1" "oci:$3:$2"
}

@test "skopeo: push keeps the digest and every byte" {
    copy "oci:$LAYOUT:hello" "docker://$REGISTRY/push/hello:v1"
    same "$(registry_digest push/hello v1)" "$(layout_digest "$LAYOUT" hello)"
    registry_whole push/hello v1
}

@test "skopeo: what was pushed comes back the same" {
    copy "oci:$LAYOUT:hello" "docker://$REGISTRY/back/hello:v1"
    pull back/hello:v1 hello "$BATS_TEST_TMPDIR/out"
    same "$(layout_digest "$BATS_TEST_TMPDIR/out" hello)" "$(layout_digest "$LAYOUT" hello)"
    same_blobs hello "$BATS_TEST_TMPDIR/out"
}

@test "skopeo: a push of what is there uploads nothing" {
    copy "oci:$LAYOUT:hello" "docker://$REGISTRY/again/hello:v1"
    watch_requests
    copy "oci:$LAYOUT:hello" "docker://$REGISTRY/again/hello:v2"
    wait_requests 1 '.op == "manifest.put" and .status == 201'
    same "$(requests '.op == "upload.start" or .op == "upload.patch"')" 0
}

@test "skopeo: inspect shows digest, tags, layers and the raw manifest" {
    local digest

    seed hello inspect/hello
    digest=$(layout_digest "$LAYOUT" hello)
    skopeo inspect --tls-verify=false "docker://$REGISTRY/inspect/hello:hello" >"$BATS_TEST_TMPDIR/out"
    same "$(jq -r .Digest "$BATS_TEST_TMPDIR/out")" "$digest"
    same "$(jq -c .RepoTags "$BATS_TEST_TMPDIR/out")" '["hello"]'
    same "$(jq -c .Layers "$BATS_TEST_TMPDIR/out")" "$(registry_manifest inspect/hello hello | jq -c '[.layers[].digest]')"
    skopeo inspect --raw --tls-verify=false "docker://$REGISTRY/inspect/hello@$digest" |
        cmp - "$(layout_path "$LAYOUT" "$digest")"
}

@test "skopeo: copy between repositories mounts the blobs" {
    copy "oci:$LAYOUT:hello" "docker://$REGISTRY/from/hello:v1"
    watch_requests
    copy "docker://$REGISTRY/from/hello:v1" "docker://$REGISTRY/to/hello:v1"
    wait_requests 1 '.op == "manifest.put" and .status == 201'
    (($(requests '.op == "upload.mount" and .status == 201') >= 1))
    same "$(requests '.op == "upload.patch" and .role == "layer"')" 0
    same "$(registry_digest to/hello v1)" "$(layout_digest "$LAYOUT" hello)"
    registry_whole to/hello v1
}

@test "skopeo: list-tags" {
    seed hello tags/hello
    seed multi tags/hello
    same "$(skopeo list-tags --tls-verify=false "docker://$REGISTRY/tags/hello" | jq -c .Tags)" '["hello","multi"]'
}

@test "skopeo: list-tags of no repository says so" {
    run skopeo list-tags --tls-verify=false "docker://$REGISTRY/tags/absent"
    ((status != 0))
    # The words depend on the version.
    [[ $output == *"404 (Not Found)"* || $output == *"repository name not known"* ]]
}

@test "skopeo: an absent manifest is unknown" {
    seed hello absent/hello
    run pull absent/hello:nothing x "$BATS_TEST_TMPDIR/out"
    ((status != 0))
    [[ $output == *"manifest unknown"* ]]
}

@test "skopeo: a multi-architecture index goes both ways whole" {
    copy --all "oci:$LAYOUT:multi" "docker://$REGISTRY/multi/hello:v1"
    same "$(registry_digest multi/hello v1)" "$(layout_digest "$LAYOUT" multi)"
    copy --all "docker://$REGISTRY/multi/hello:v1" "oci:$BATS_TEST_TMPDIR/out:multi"
    same "$(layout_digest "$BATS_TEST_TMPDIR/out" multi)" "$(layout_digest "$LAYOUT" multi)"
}

@test "skopeo: one architecture is chosen from an index" {
    local arch

    seed multi choose/hello
    for arch in amd64 arm64; do
        same "$(skopeo inspect --tls-verify=false --override-arch $arch "docker://$REGISTRY/choose/hello:multi" |
            jq -r .Architecture)" $arch
    done
}

@test "skopeo: docker schema 2 manifests and lists" {
    copy --format v2s2 "oci:$LAYOUT:hello" "docker://$REGISTRY/schema2/hello:v1"
    same "$(registry_manifest schema2/hello v1 | jq -r .mediaType)" \
        application/vnd.docker.distribution.manifest.v2+json
    registry_digest schema2/hello v1
    registry_whole schema2/hello v1
    copy --all --format v2s2 "oci:$LAYOUT:multi" "docker://$REGISTRY/schema2/hello:multi"
    same "$(registry_manifest schema2/hello multi | jq -r .mediaType)" \
        application/vnd.docker.distribution.manifest.list.v2+json
}

@test "skopeo: delete removes the manifest and its tags" {
    local digest

    seed hello delete/hello
    digest=$(registry_digest delete/hello hello)
    skopeo delete --tls-verify=false "docker://$REGISTRY/delete/hello:hello"
    same "$(registry_status GET delete/hello/manifests/hello)" 404
    same "$(registry_status GET "delete/hello/manifests/$digest")" 404
}

@test "skopeo: a layer of 64 MiB goes both ways" {
    copy --preserve-digests "oci:$LAYOUT:large" "docker://$REGISTRY/large/image:v1"
    same "$(registry_digest large/image v1)" "$(layout_digest "$LAYOUT" large)"
    pull large/image:v1 large "$BATS_TEST_TMPDIR/out"
    same_blobs large "$BATS_TEST_TMPDIR/out"
}

@test "skopeo: zstd layers" {
    copy --dest-compress-format zstd --dest-compress "oci:$LAYOUT:large" "docker://$REGISTRY/zstd/image:v1"
    registry_digest zstd/image v1
    registry_whole zstd/image v1
    pull zstd/image:v1 large "$BATS_TEST_TMPDIR/out"
}

@test "skopeo: sync of a folder" {
    mkdir "$BATS_TEST_TMPDIR/dir"
    copy "oci:$LAYOUT:hello" "dir:$BATS_TEST_TMPDIR/dir/hello:v1"
    skopeo sync --src dir --dest docker --dest-tls-verify=false "$BATS_TEST_TMPDIR/dir" "$REGISTRY/sync"
    same "$(registry_digest sync/hello v1)" "$(layout_digest "$LAYOUT" hello)"
}

@test "skopeo: over TLS with the CA" {
    mkdir "$BATS_TEST_TMPDIR/certs"
    cp "$CA" "$BATS_TEST_TMPDIR/certs/ca.crt"
    skopeo copy --quiet --preserve-digests --dest-cert-dir "$BATS_TEST_TMPDIR/certs" "oci:$LAYOUT:large" \
        "docker://$TLS_REGISTRY/tls/image:v1"
    skopeo copy --quiet --preserve-digests --src-cert-dir "$BATS_TEST_TMPDIR/certs" "docker://$TLS_REGISTRY/tls/image:v1" \
        "oci:$BATS_TEST_TMPDIR/out:large"
    same "$(layout_digest "$BATS_TEST_TMPDIR/out" large)" "$(layout_digest "$LAYOUT" large)"
    same_blobs large "$BATS_TEST_TMPDIR/out"
}

@test "skopeo: over TLS without the CA it refuses" {
    run skopeo inspect "docker://$TLS_REGISTRY/tls/image:v1"
    ((status != 0))
    [[ $output == *x509* ]]
}

@test "skopeo: led to another host for blobs it leaves its credentials behind" {
    local where

    ocimock_start "$BATS_TEST_TMPDIR/led" --listen 127.0.0.1:0 --listen 127.0.0.1:0 --user alice:alices-secret
    where=${OCIMOCK_URL#*://}
    copy --preserve-digests --dest-creds alice:alices-secret "oci:$LAYOUT:hello" "docker://$where/led:v1"
    export OCIMOCK_CONTROL
    "$OCIMOCK" fault add --op blob.get --redirect "http://localhost:${OCIMOCK_URLS[1]##*:}"
    copy --src-creds alice:alices-secret "docker://$where/led:v1" "oci:$BATS_TEST_TMPDIR/out:hello"
    same_blobs hello "$BATS_TEST_TMPDIR/out"
    "$OCIMOCK" verify --op blob.get --redirected-from '*' --status 200
    "$OCIMOCK" verify --leaked true --count 0
}

@test "skopeo: a push whose upload gets lost fails, and the next one works" {
    ocimock_start "$BATS_TEST_TMPDIR/lost"
    export OCIMOCK_CONTROL
    printf '{"when": {"op": "upload.patch"}, "then": {"upload": {"lose": true}}, "times": 1}' | "$OCIMOCK" fault add -
    run copy "oci:$LAYOUT:hello" "docker://${OCIMOCK_URL#*://}/lost:v1"
    ((status != 0))
    [[ $output == *"blob upload unknown"* ]]
    copy "oci:$LAYOUT:hello" "docker://${OCIMOCK_URL#*://}/lost:v1"
}

@test "skopeo: a push goes on when it is told false offsets, and when its bytes are read slowly" {
    ocimock_start "$BATS_TEST_TMPDIR/slow"
    export OCIMOCK_CONTROL
    printf '{"when": {"op": "upload.*"}, "then": {"upload": {"offset": "wrong", "slow_read": "100MiB"}}}' | "$OCIMOCK" fault add -
    copy "oci:$LAYOUT:large" "docker://${OCIMOCK_URL#*://}/slow:v1"
    "$OCIMOCK" verify --op upload.patch --status 202
    "$OCIMOCK" requests --op upload.patch --json | jq -e '[.requests[] | select(.bytes_in > 1e6) | .bytes_in / .duration_ms] | length > 0 and max < 110000'
}
