#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# containerd and ctr: pull, run, push, indexes, TLS, and a pull that is cut and resumed.

load lib

setup_file() {
    engines_setup
    make_ca
    registry_start --tls-listen 127.0.0.1:0 --tls-cert "$CERTIFICATE" --tls-key "$KEY"
    if have containerd; then
        containerd_start
    fi
}

teardown_file() {
    engines_teardown
}

setup() {
    need containerd
}

pull() {
    ctr images pull --plain-http --snapshotter native "$@"
}

# The digest that containerd shows for an image.
shown() {
    ctr images ls "name==$1" | awk 'NR == 2 { print $3 }'
}

# Every blob of an image is in containerd's content store with its digest.
content_whole() {
    local digest

    for digest in $(jq -r '.config.digest, .layers[].digest' \
        "$(layout_path "$LAYOUT" "$(layout_digest "$LAYOUT" "$1")")"); do
        same "sha256:$(ctr content get "$digest" | sha256sum | cut -d' ' -f1)" "$digest"
    done
}

# hosts.toml for the TLS listener below DIRECTORY: with our CA, or with none.
hosts_directory() {
    local dir=$1/$TLS_REGISTRY

    mkdir -p "$dir"
    printf 'server = "%s"\n[host."%s"]\n' "$TLS_URL" "$TLS_URL" >"$dir/hosts.toml"
    [[ -z ${2-} ]] || printf '  ca = "%s"\n' "$2" >>"$dir/hosts.toml"
}

@test "containerd: pull shows the registry's digest and has every byte" {
    seed hello pull/hello
    pull "$REGISTRY/pull/hello:hello"
    same "$(shown "$REGISTRY/pull/hello:hello")" "$(registry_digest pull/hello hello)"
    content_whole hello
}

@test "containerd: runs what it pulled" {
    need runc
    seed hello run/hello
    pull "$REGISTRY/run/hello:hello"
    same "$(ctr run --rm --snapshotter native --cgroup "/$ENGINES_CGROUP/run" \
        "$REGISTRY/run/hello:hello" run-hello)" "$HELLO"
}

@test "containerd: push keeps the digest" {
    seed hello push/hello
    pull "$REGISTRY/push/hello:hello"
    ctr images tag "$REGISTRY/push/hello:hello" "$REGISTRY/pushed/new:v1"
    ctr images push --plain-http "$REGISTRY/pushed/new:v1"
    same "$(registry_digest pushed/new v1)" "$(layout_digest "$LAYOUT" hello)"
    registry_whole pushed/new v1
}

@test "containerd: an imported image is uploaded whole" {
    tar -C "$LAYOUT" -cf "$BATS_TEST_TMPDIR/layout.tar" .
    ctr images import --snapshotter native --base-name "$REGISTRY/import/image" "$BATS_TEST_TMPDIR/layout.tar"
    watch_requests
    ctr images push --plain-http "$REGISTRY/import/image:large"
    same "$(registry_digest import/image large)" "$(layout_digest "$LAYOUT" large)"
    registry_whole import/image large
    wait_requests 3 '.op == "upload.put" and .status == 201'
}

@test "containerd: a multi-architecture index goes both ways whole" {
    seed multi multi/hello
    pull --all-platforms "$REGISTRY/multi/hello:multi"
    same "$(shown "$REGISTRY/multi/hello:multi")" "$(layout_digest "$LAYOUT" multi)"
    ctr images tag "$REGISTRY/multi/hello:multi" "$REGISTRY/multi/pushed:v1"
    ctr images push --plain-http "$REGISTRY/multi/pushed:v1"
    same "$(registry_digest multi/pushed v1)" "$(layout_digest "$LAYOUT" multi)"
}

@test "containerd: a layer of 64 MiB" {
    seed large large/image
    pull "$REGISTRY/large/image:large"
    same "$(shown "$REGISTRY/large/image:large")" "$(layout_digest "$LAYOUT" large)"
    content_whole large
}

@test "containerd: an absent image is not found" {
    seed hello absent/hello
    run pull "$REGISTRY/absent/hello:nothing"
    ((status != 0))
    [[ $output == *"not found"* ]]
}

@test "containerd: over TLS with the CA" {
    seed multi tls/hello
    hosts_directory "$BATS_TEST_TMPDIR/hosts" "$CA"
    ctr images pull --hosts-dir "$BATS_TEST_TMPDIR/hosts" --snapshotter native "$TLS_REGISTRY/tls/hello:multi"
    same "$(shown "$TLS_REGISTRY/tls/hello:multi")" "$(layout_digest "$LAYOUT" multi)"
    ctr images tag "$TLS_REGISTRY/tls/hello:multi" "$TLS_REGISTRY/tls/pushed:v1"
    ctr images push --hosts-dir "$BATS_TEST_TMPDIR/hosts" --platform "linux/$(image_arch)" \
        "$TLS_REGISTRY/tls/pushed:v1"
    registry_whole tls/pushed v1
}

@test "containerd: over TLS without the CA it refuses" {
    seed hello refused/hello
    hosts_directory "$BATS_TEST_TMPDIR/hosts"
    run ctr images pull --hosts-dir "$BATS_TEST_TMPDIR/hosts" "$TLS_REGISTRY/refused/hello:hello"
    ((status != 0))
    [[ $output == *x509* ]]
}

@test "containerd: a pull that is cut goes on where it was" {
    # What other tests pulled would not be fetched again.
    ctr images ls -q | xargs -r "$(type -P ctr)" -a "$CONTAINERD" -n test images rm --sync
    seed large cut/image
    cutproxy_start $((20 << 20)) 1
    watch_requests
    pull "$CUT_REGISTRY/cut/image:large"
    grep -q 'cut after 20971520 bytes' "$CUT_LOG"
    wait_requests 1 '.op == "blob.get" and .status == 206 and (.range | startswith("bytes="))'
    same "$(shown "$CUT_REGISTRY/cut/image:large")" "$(layout_digest "$LAYOUT" large)"
    content_whole large
}
