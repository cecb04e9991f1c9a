#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Worlds: the texts that a world comes with are all that engines need.

load lib

setup_file() {
    engines_setup
    registry_start --user admin:adminsecret
    if have containerd; then
        containerd_start
    fi
}

setup() {
    WORLD=w$BATS_TEST_NUMBER
    OUT=$BATS_TEST_TMPDIR
    "$OCIMOCK" world add "$WORLD" --ttl 10m --auth bearer --quiet
    show --dockerconfigjson >"$OUT/auth.json"
    show --registries-conf >/etc/containers/registries.conf
    LOCATION=$(show --location)
    "$OCIMOCK" fixture build hello --to "$WORLD/hello:v1" --world "$WORLD" --quiet
}

teardown() {
    "$OCIMOCK" world remove "$WORLD"
}

teardown_file() {
    engines_teardown
}

show() {
    "$OCIMOCK" world show "$WORLD" "$@"
}

# pulled: somebody logged in as the world's account got a manifest, and the other world saw nothing.
pulled() {
    "$OCIMOCK" verify --quiet --op manifest.get --repo "$WORLD/hello" --user "$WORLD" --status 200 --world "$WORLD"
    "$OCIMOCK" verify --quiet --repo "$WORLD/hello" --never
}

@test "podman: registries.conf and auth.json of a world" {
    need podman
    podman pull --quiet --authfile "$OUT/auth.json" "$LOCATION/$WORLD/hello:v1"
    pulled
}

@test "skopeo: registries.conf and auth.json of a world" {
    need skopeo
    skopeo copy --quiet --authfile "$OUT/auth.json" "docker://$LOCATION/$WORLD/hello:v1" "dir:$OUT/image"
    pulled
}

@test "containerd: hosts.toml of a world" {
    need containerd
    mkdir -p "$OUT/hosts/$LOCATION"
    show --hosts-toml >"$OUT/hosts/$LOCATION/hosts.toml"
    ctr image pull --hosts-dir "$OUT/hosts" --user "$WORLD:$(show --json | jq -r .account.secret)" \
        "$LOCATION/$WORLD/hello:v1" >"$OUT/log"
    pulled
}
