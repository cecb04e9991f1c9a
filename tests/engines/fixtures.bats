#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Images that were made of recipes, in the hands of those who did not make them: skopeo, podman, docker,
# umoci, containerd. What is right is taken by all of them, what is wrong is refused.

bats_require_minimum_version 1.5.0
load lib

# Recipes that are whole images, which every engine takes.
GOOD=(hello app-v1 app-v2 exit files docker zstd random many-layers compressed signature sbom)

setup_file() {
    engines_setup
    registry_start
    if have dockerd && have containerd; then
        containerd_start
        dockerd_start
    fi
}

teardown_file() {
    engines_teardown
}

# build RECIPE OPTION...: quietly.
build() {
    "$OCIMOCK" fixture build "$@" >/dev/null
}

golden() {
    awk -F '\t' -v name="$1" '$1 == name { print $3; exit }' "$TOP_SRCDIR/fixtures/golden.tsv"
}

@test "skopeo inspects and copies every image, from the registry, a layout and an archive" {
    local name from

    need skopeo
    for name in "${GOOD[@]}"; do
        build "$name" --to "good/$name:v1"
        build "$name" --to "$name:v1" --layout "$BATS_TEST_TMPDIR/layout"
        build "$name" --to "$name:v1" --archive "$BATS_TEST_TMPDIR/$name.tar"
        for from in "docker://$REGISTRY/good/$name:v1" "oci:$BATS_TEST_TMPDIR/layout:$name:v1" \
            "oci-archive:$BATS_TEST_TMPDIR/$name.tar:$name:v1"; do
            [[ $name != docker || $from == docker:* ]] || continue # it looks for OCI's types only in there
            echo "$from"
            skopeo inspect --tls-verify=false "$from" | jq -e '.Layers | length > 0'
            skopeo copy --quiet --src-tls-verify=false "$from" "dir:$BATS_TEST_TMPDIR/copy"
            rm -r "$BATS_TEST_TMPDIR/copy"
        done
    done
}

@test "skopeo sees the digest that is written down" {
    need skopeo
    build app-v1 --to digest/app:v1
    same "$(skopeo inspect --tls-verify=false --format '{{.Digest}}' "docker://$REGISTRY/digest/app:v1")" "$(golden app-v1)"
}

@test "umoci unpacks every kind of file, and whiteouts" {
    local layout=$BATS_TEST_TMPDIR/layout root=$BATS_TEST_TMPDIR/bundle/rootfs

    need umoci
    build files --layout "$layout" tags=files
    umoci unpack --image "$layout:files" "$BATS_TEST_TMPDIR/bundle"
    same "$(cat "$root/etc/marker")" files
    same "$(stat -c '%a %u %g' "$root/etc/marker")" "600 1000 1000"
    same "$(readlink "$root/etc/link")" marker
    [[ $root/etc/hard -ef $root/etc/marker ]]
    [[ ! -e $root/bin/run && ! -e $root/var/old && -e $root/var/new ]]
    same "$(stat -c %s "$root/data/noise")" 10240
}

@test "podman loads an archive and runs what is in it" {
    need podman runc conmon
    build app-v1 --to team/app:v1 --platform "linux/$(image_arch)" --archive "$BATS_TEST_TMPDIR/app.tar" program.exit=0
    podman load --quiet -i "$BATS_TEST_TMPDIR/app.tar"
    run -0 podman run --rm --network=none --cgroup-parent "/$ENGINES_CGROUP" team/app:v1
    same "${lines[0]}" node.war
}

@test "docker loads an archive and runs what is in it" {
    need dockerd containerd docker
    build app-v2 --to team/app:v2 --platform "linux/$(image_arch)" --archive "$BATS_TEST_TMPDIR/app.tar" program.exit=0
    docker load --quiet -i "$BATS_TEST_TMPDIR/app.tar"
    run -0 docker run --rm --network=none team/app:v2
    same "${lines[0]}" registry.war
}

@test "containerd imports an archive of several platforms" {
    need containerd ctr
    build app-v1 --to team/app:v1 --archive "$BATS_TEST_TMPDIR/app.tar"
    ctr -n fixtures images import --no-unpack "$BATS_TEST_TMPDIR/app.tar"
    ctr -n fixtures images ls | grep -F "$(golden app-v1)"
}

@test "podman pulls every image" {
    local name

    need podman
    for name in "${GOOD[@]}"; do
        echo "$name"
        build "$name" --to "pull/$name:v1" --platform "linux/$(image_arch)"
        podman pull --quiet --tls-verify=false "$REGISTRY/pull/$name:v1"
        podman rmi "$REGISTRY/pull/$name:v1"
    done
}

@test "docker pulls every image" {
    local name

    need dockerd containerd docker
    for name in "${GOOD[@]}"; do
        [[ $name != zstd && $name != compressed ]] || continue # docker 20.10 reads no zstd
        echo "$name"
        build "$name" --to "pulled/$name:v1" --platform "linux/$(image_arch)"
        docker pull --quiet "$REGISTRY/pulled/$name:v1"
        docker rmi "$REGISTRY/pulled/$name:v1"
    done
}

# wrong COLUMN COMMAND...: pulls every image that is wrong; wrong.tsv says what comes of it.
wrong() {
    local column=$1 name expected got status

    shift
    while IFS=$'\t' read -r name expected; do
        status=0
        build "$name" --to "wrong/$name:v1"
        "$@" "$REGISTRY/wrong/$name:v1" >"$BATS_TEST_TMPDIR/said" 2>&1 || status=$?
        got=$([[ $status == 0 ]] && echo pulled || echo refused)
        echo "$name: $got: $(tail -n 1 "$BATS_TEST_TMPDIR/said")"
        [[ $expected == either || $got == "$expected" ]]
    done < <(grep -v '^#' "$TOP_SRCDIR/tests/engines/wrong.tsv" | cut -f "1,$column")
}

@test "the table names every way to be wrong" {
    diff <("$OCIMOCK" fixture list --json | jq -r '.fixtures[] | select(.wrong) | .name') \
        <(grep -v '^#' "$TOP_SRCDIR/tests/engines/wrong.tsv" | cut -f 1)
}

@test "podman refuses what is wrong" {
    need podman
    wrong 2 podman pull --quiet --tls-verify=false
}

@test "docker refuses what is wrong" {
    need dockerd containerd docker
    wrong 3 docker pull --quiet
}

@test "containerd refuses what is wrong" {
    need containerd ctr
    wrong 4 ctr -n wrong images pull --plain-http
}

@test "nobody lets files out of an image" {
    need podman umoci
    build path-traversal --to out/image:v1 --platform "linux/$(image_arch)"
    build path-traversal --layout "$BATS_TEST_TMPDIR/layout" tags=out --platform "linux/$(image_arch)"
    podman pull --quiet --tls-verify=false "$REGISTRY/out/image:v1" || true
    umoci unpack --image "$BATS_TEST_TMPDIR/layout:out" "$BATS_TEST_TMPDIR/bundle" || true
    [[ ! -e /tmp/ocimock-escaped && ! -e /tmp/ocimock-absolute && ! -e /tmp/ocimock-linked ]]
}
