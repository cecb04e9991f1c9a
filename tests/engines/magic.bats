#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Magic names and scenarios: what real engines make of repositories that go wrong as their name says.

load lib

setup_file() {
    engines_setup
    registry_start --magic --user alice:alices-secret --image 'app:v1=app-v1'
    if have containerd; then
        containerd_start
    fi
}

teardown_file() {
    engines_teardown
}

# copy NAME: with skopeo.
copy() {
    skopeo copy --quiet --src-tls-verify=false --src-creds alice:alices-secret \
        "docker://$REGISTRY/$1:v1" "dir:$BATS_TEST_TMPDIR/out"
}

# says TEXT COMMAND...: it fails and says that.
says() {
    local text=$1

    shift
    run "$@"
    say "$output"
    [[ $status != 0 && $output == *"$text"* ]]
}

# seen JQ-CONDITION: a request that fulfils it is in the journal.
seen() {
    "$OCIMOCK" requests --limit 1000 --json | jq -e "[.requests[] | select($1)] | length > 0" >/dev/null
}

@test "skopeo: the image hello is there, and absent, unauthorized, denied, unknown by its names" {
    need skopeo
    copy hello
    says 'name unknown' copy mock/absent/hello
    says 'requested access to the resource is denied' copy mock/unauthorized/hello
    seen '.repo == "mock/unauthorized/hello" and .status == 401'
    says 'denied' copy mock/denied/hello
    seen '.repo == "mock/denied/hello" and .status == 403'
    says "did you mean 'absent'?" copy mock/absnt/hello
}

@test "skopeo: waits as a name says, refuses a corrupt layer, meets a token service that is down" {
    need skopeo
    copy mock/rate-limited.times-1/hello
    seen '.repo == "mock/rate-limited.times-1/hello" and .status == 429'
    says 'Digest did not match' copy mock/corrupt-layer/hello
    says '503' copy mock/token-server-down/hello
    says 'unauthorized' copy mock/token-expired/hello
}

@test "podman: fails as often as the name says" {
    need podman
    local pull=(podman pull --quiet --tls-verify=false --creds alice:alices-secret)

    says '503' "${pull[@]}" "$REGISTRY/mock/status-503.times-1/hello:v1"
    "${pull[@]}" "$REGISTRY/mock/status-503.times-1/hello:v1"
}

@test "containerd: asks for its token with a form where the challenge leads, and meets the same" {
    need containerd
    local pull=(ctr images pull --plain-http --snapshotter native --user alice:alices-secret)

    "${pull[@]}" "$REGISTRY/mock/delay-1ms/hello:v1"
    seen '.op == "token" and .method == "POST" and (.path | endswith("/token/mock/delay-1ms/hello"))'
    says '503' "${pull[@]}" "$REGISTRY/mock/token-server-down/hello:v1"
    # of an image that nobody else pulls: what came may be kept and spoil the next pull
    says 'failed precondition' "${pull[@]}" "$REGISTRY/mock/corrupt-layer/app:v1"
}

@test "with: a scenario for as long as a pull takes" {
    need skopeo
    export OCIMOCK_CONTROL
    says 'Digest did not match' "$OCIMOCK" with corrupt-layer:repo=hello -- \
        skopeo copy --quiet --src-tls-verify=false --src-creds alice:alices-secret \
        "docker://$REGISTRY/hello:v1" "dir:$BATS_TEST_TMPDIR/out"
    copy hello
}
