#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# `ocimock serve --import` of what real tools write, pulled back by real tools.

load lib

setup_file() {
    engines_setup
}

teardown() {
    engines_teardown
}

# import_start PATH...: a registry of its own for each test.
import_start() {
    local path
    local -a options=()

    for path in "$@"; do
        options+=(--import "$path")
    done
    ocimock_start "$BATS_TEST_TMPDIR/registry" --log-format json "${options[@]}"
    export URL=$OCIMOCK_URL REGISTRY=${OCIMOCK_URL#*://}
}

# The digest of the config of an image, which no format changes.
config_digest() {
    registry_manifest "$1" "$2" | jq -r .config.digest
}

layout_config() {
    jq -r .config.digest "$(layout_path "$LAYOUT" "$(layout_digest "$LAYOUT" "$1")")"
}

# skopeo_pull REFERENCE: every blob is checked on the way.
skopeo_pull() {
    skopeo copy --quiet --all --src-tls-verify=false "docker://$REGISTRY/$1" \
        "oci:$BATS_TEST_TMPDIR/pulled:x"
}

@test "import: an image layout with several images and an index" {
    need skopeo
    import_start "$LAYOUT"
    same "$(registry_digest layout hello)" "$(layout_digest "$LAYOUT" hello)"
    same "$(registry_digest layout multi)" "$(layout_digest "$LAYOUT" multi)"
    same "$(registry_digest layout large)" "$(layout_digest "$LAYOUT" large)"
    registry_whole layout large
    skopeo_pull layout:multi
}

@test "import: a folder of layouts and archives" {
    need skopeo
    mkdir "$BATS_TEST_TMPDIR/all"
    cp -r "$LAYOUT" "$BATS_TEST_TMPDIR/all/one"
    skopeo copy --quiet "oci:$LAYOUT:hello" "oci-archive:$BATS_TEST_TMPDIR/all/two.tar:v2"
    import_start "$BATS_TEST_TMPDIR/all"
    same "$(registry_digest one hello)" "$(registry_digest two v2)"
    skopeo_pull two:v2
}

@test "import: an oci-archive of skopeo, plain and compressed" {
    local dir=$BATS_TEST_TMPDIR

    need skopeo
    skopeo copy --quiet --preserve-digests "oci:$LAYOUT:large" "oci-archive:$dir/plain.tar:docker.io/library/app:v1"
    skopeo copy --quiet "oci:$LAYOUT:hello" "oci-archive:$dir/gz.tar:hello"
    gzip -k "$dir/gz.tar"
    import_start "$dir/plain.tar" "$dir/gz.tar.gz"
    same "$(registry_digest library/app v1)" "$(layout_digest "$LAYOUT" large)"
    same "$(registry_digest gz hello)" "$(layout_digest "$LAYOUT" hello)"
    registry_whole library/app v1
    skopeo_pull library/app:v1
}

@test "import: a docker-archive of skopeo" {
    need skopeo
    skopeo copy --quiet "oci:$LAYOUT:large" "docker-archive:$BATS_TEST_TMPDIR/saved.tar:localhost:5000/team/app:v1"
    import_start "$BATS_TEST_TMPDIR/saved.tar"
    same "$(config_digest team/app v1)" "$(layout_config large)"
    registry_whole team/app v1
    skopeo_pull team/app:v1
}

@test "import: podman save in both formats" {
    local dir=$BATS_TEST_TMPDIR

    need podman skopeo
    skopeo copy --quiet "oci:$LAYOUT:hello" containers-storage:localhost/team/hello:v1
    podman save --quiet --format docker-archive -o "$dir/docker.tar" localhost/team/hello:v1
    skopeo copy --quiet "oci:$LAYOUT:hello" containers-storage:localhost/team/hello:v2
    podman save --quiet --format oci-archive -o "$dir/oci.tar" localhost/team/hello:v2
    import_start "$dir/docker.tar" "$dir/oci.tar"
    same "$(config_digest team/hello v1)" "$(layout_config hello)"
    registry_whole team/hello v2
    podman pull --quiet --tls-verify=false "$REGISTRY/team/hello:v1"
    podman pull --quiet --tls-verify=false "$REGISTRY/team/hello:v2"
}

@test "import: docker save, several images with layers in common" {
    local dir=$BATS_TEST_TMPDIR

    need dockerd containerd docker skopeo
    containerd_start
    dockerd_start
    skopeo copy --quiet "oci:$LAYOUT:large" "docker-archive:$dir/load.tar:app:v1"
    docker load --quiet -i "$dir/load.tar"
    # Full names: docker 25 and later calls app:v1 docker.io/library/app:v1 in what it saves.
    docker tag app:v1 localhost:5000/team/app:v1
    docker tag app:v1 localhost:5000/other/app:v2
    docker save -o "$dir/saved.tar" localhost:5000/team/app:v1 localhost:5000/other/app:v2
    import_start "$dir/saved.tar"
    same "$(config_digest team/app v1)" "$(layout_config large)"
    same "$(registry_digest team/app v1)" "$(registry_digest other/app v2)"
    registry_whole team/app v1
    docker rmi --force app:v1 localhost:5000/team/app:v1 localhost:5000/other/app:v2
    docker pull --quiet "$REGISTRY/team/app:v1"
    same "$(docker image inspect --format '{{.Id}}' "$REGISTRY/team/app:v1")" "$(layout_config large)"
}

@test "import: an archive that is cut is refused by name" {
    need skopeo
    skopeo copy --quiet "oci:$LAYOUT:large" "oci-archive:$BATS_TEST_TMPDIR/cut.tar:v1"
    truncate -s 1M "$BATS_TEST_TMPDIR/cut.tar"
    run timeout 20 "$OCIMOCK" serve --listen 127.0.0.1:0 --import "$BATS_TEST_TMPDIR/cut.tar"
    [[ $status == 1 && $output == *cut.tar* ]]
}
