#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# dockerd and docker: pull, run, push, indexes, TLS, and a pull that is cut and resumed.

load lib

setup_file() {
    engines_setup
    make_ca
    registry_start --tls-listen 10.99.0.1:0 --tls-cert "$CERTIFICATE" --tls-key "$KEY"
    if have dockerd && have containerd; then
        containerd_start
        dockerd_start
    fi
}

teardown_file() {
    engines_teardown
}

setup() {
    need dockerd containerd docker
}

# The digest that docker knows for an image of the registry.
repo_digest() {
    docker image inspect --format '{{range .RepoDigests}}{{println .}}{{end}}' "$1" |
        sed -n "s|^${1%:*}@||p"
}

# layer NUMBER: the tar of a layer of the large image.
layer() {
    layout_path "$LAYOUT" "$(jq -r ".layers[$1].digest" \
        "$(layout_path "$LAYOUT" "$(layout_digest "$LAYOUT" large)")")"
}

@test "docker: pull reports the registry's digest" {
    seed hello pull/hello
    docker pull --quiet "$REGISTRY/pull/hello:hello"
    same "$(repo_digest "$REGISTRY/pull/hello:hello")" "$(registry_digest pull/hello hello)"
    same "$(docker image inspect --format '{{.Id}}' "$REGISTRY/pull/hello:hello")" \
        "$(registry_manifest pull/hello hello | jq -r .config.digest)"
}

@test "docker: pull by digest" {
    local digest

    seed hello digest/hello
    digest=$(layout_digest "$LAYOUT" hello)
    docker pull --quiet "$REGISTRY/digest/hello@$digest"
    docker image inspect "$REGISTRY/digest/hello@$digest"
}

@test "docker: runs what it pulled" {
    need runc
    seed hello run/hello
    docker pull --quiet "$REGISTRY/run/hello:hello"
    same "$(docker run --rm --network=none "$REGISTRY/run/hello:hello")" "$HELLO"
}

@test "docker: a pushed image has the digest that docker says" {
    docker import --change 'CMD ["/hello"]' "$(layer 0)" "$REGISTRY/push/hello:v1"
    docker push --quiet "$REGISTRY/push/hello:v1"
    same "$(repo_digest "$REGISTRY/push/hello:v1")" "$(registry_digest push/hello v1)"
    registry_whole push/hello v1
}

@test "docker: a push to a second repository mounts the layer" {
    docker import "$(layer 0)" "$REGISTRY/mount/from:v1"
    docker push --quiet "$REGISTRY/mount/from:v1"
    docker tag "$REGISTRY/mount/from:v1" "$REGISTRY/mount/to:v1"
    watch_requests
    docker push --quiet "$REGISTRY/mount/to:v1"
    wait_requests 1 '.op == "upload.mount" and .status == 201'
    same "$(registry_digest mount/to v1)" "$(registry_digest mount/from v1)"
    registry_whole mount/to v1
}

@test "docker: a build on an image of the registry" {
    seed hello build/base
    printf 'FROM %s/build/base:hello\nCOPY file /file\n' "$REGISTRY" >"$BATS_TEST_TMPDIR/Dockerfile"
    echo content >"$BATS_TEST_TMPDIR/file"
    DOCKER_BUILDKIT=0 docker build --quiet --tag "$REGISTRY/build/built:v1" "$BATS_TEST_TMPDIR"
    docker push --quiet "$REGISTRY/build/built:v1"
    same "$(repo_digest "$REGISTRY/build/built:v1")" "$(registry_digest build/built v1)"
    same "$(registry_manifest build/built v1 | jq '.layers | length')" 2
}

@test "docker: pulls its own architecture from an index, and another when asked" {
    local arch

    seed multi multi/hello
    for arch in "$(other_arch "$(image_arch)")" "$(image_arch)"; do
        docker pull --quiet --platform "linux/$arch" "$REGISTRY/multi/hello:multi"
        same "$(docker image inspect --format '{{.Architecture}}' "$REGISTRY/multi/hello:multi")" "$arch"
    done
}

@test "docker: a manifest list, pushed and inspected" {
    local list=$REGISTRY/list/image:v1 arch

    for arch in amd64 arm64; do
        docker import --change "LABEL arch=$arch" "$(layer 0)" "$REGISTRY/list/image:$arch"
        docker push --quiet "$REGISTRY/list/image:$arch"
    done
    docker manifest create --insecure "$list" "$REGISTRY/list/image:amd64" "$REGISTRY/list/image:arm64"
    docker manifest annotate --arch arm64 "$list" "$REGISTRY/list/image:arm64"
    docker manifest annotate --arch amd64 "$list" "$REGISTRY/list/image:amd64"
    same "$(docker manifest push --insecure "$list" | tail -n 1)" "$(registry_digest list/image v1)"
    same "$(docker manifest inspect --insecure "$list" |
        jq -c '[.manifests[].platform.architecture] | sort')" '["amd64","arm64"]'
}

@test "docker: a layer of 64 MiB goes both ways" {
    local id

    docker import "$(layer 1)" "$REGISTRY/large/image:v1"
    id=$(docker image inspect --format '{{.Id}}' "$REGISTRY/large/image:v1")
    docker push --quiet "$REGISTRY/large/image:v1"
    same "$(repo_digest "$REGISTRY/large/image:v1")" "$(registry_digest large/image v1)"
    docker rmi "$REGISTRY/large/image:v1"
    docker pull --quiet "$REGISTRY/large/image:v1"
    same "$(docker image inspect --format '{{.Id}}' "$REGISTRY/large/image:v1")" "$id"
}

@test "docker: an absent tag is unknown, and docker tries once" {
    seed hello absent/hello
    watch_requests
    run docker pull --quiet "$REGISTRY/absent/hello:nothing"
    ((status != 0))
    [[ $output == *"manifest unknown"* || $output == *"not found"* ]]
    wait_requests 1 '.op == "manifest.get" and .status == 404'
}

# 10.99.0.1 is none of the addresses that docker takes for insecure.
@test "docker: over TLS without the CA it refuses" {
    seed hello tls/hello
    run docker pull --quiet "$TLS_REGISTRY/tls/hello:hello"
    ((status != 0))
    [[ $output == *x509* ]]
}

@test "docker: over TLS with the CA" {
    mkdir -p "/etc/docker/certs.d/$TLS_REGISTRY"
    cp "$CA" "/etc/docker/certs.d/$TLS_REGISTRY/ca.crt"
    seed hello tls/hello
    docker pull --quiet "$TLS_REGISTRY/tls/hello:hello"
    same "$(repo_digest "$TLS_REGISTRY/tls/hello:hello")" "$(layout_digest "$LAYOUT" hello)"
    docker import "$(layer 1)" "$TLS_REGISTRY/tls/large:v1"
    docker push --quiet "$TLS_REGISTRY/tls/large:v1"
    same "$(repo_digest "$TLS_REGISTRY/tls/large:v1")" "$(registry_digest tls/large v1)"
    registry_whole tls/large v1
}

@test "docker: a pull that is cut goes on where it was" {
    # Layers that docker has already would not be fetched again.
    docker image prune --all --force
    seed large cut/image
    cutproxy_start $((20 << 20)) 1
    watch_requests
    docker pull --quiet "$CUT_REGISTRY/cut/image:large"
    grep -q 'cut after 20971520 bytes' "$CUT_LOG"
    wait_requests 1 '.op == "blob.get" and .status == 206 and (.range | startswith("bytes="))'
    same "$(repo_digest "$CUT_REGISTRY/cut/image:large")" "$(layout_digest "$LAYOUT" large)"
    same "$(docker image inspect --format '{{json .RootFS.Layers}}' "$CUT_REGISTRY/cut/image:large")" \
        "$(jq -c .rootfs.diff_ids "$(layout_path "$LAYOUT" "$(jq -r .config.digest \
            "$(layout_path "$LAYOUT" "$(layout_digest "$LAYOUT" large)")")")")"
}
