#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Images that run: what they print tells which one ran; they wait as PID 1, end when told, with the code
# that the recipe says. And layers that are generated, in the hands of engines.

bats_require_minimum_version 1.5.0
load lib

setup_file() {
    engines_setup
    registry_start --image team/app:v1=app-v1 --image team/app:v2=app-v2 --image 'exit:v7=exit(program.exit=7)' \
        --image 'big:v1=huge(generated=64MiB,seed=7)'
    ! have containerd || containerd_start
    if have dockerd && have containerd; then
        dockerd_start
    fi
    curl -fsS --retry 30 -o /dev/null "$URL/v2/big/manifests/v1"
}

teardown_file() {
    engines_teardown
}

# engine ENGINE PULL-OPTION: sets ENGINE, PULL and RUN (command lines), or skips.
engine() {
    need "$1" runc
    ENGINE=$1
    case $1 in
        podman)
            need conmon
            PULL=(podman pull --quiet --tls-verify=false)
            RUN=(podman run --network=none --cgroup-parent "/$ENGINES_CGROUP")
            ;;
        docker)
            need dockerd containerd
            PULL=(docker pull --quiet)
            RUN=(docker run --network=none)
            ;;
    esac
}

# says IMAGE LINE: what a container of it prints begins with that line, and says where it runs.
says() {
    "${PULL[@]}" "$REGISTRY/$1"
    ID=$("${RUN[@]}" -d "$REGISTRY/$1")
    wait_for 20 "the end of what it prints" waits "$ID"
    "$ENGINE" logs "$ID" >"$BATS_TEST_TMPDIR/logs"
    cat "$BATS_TEST_TMPDIR/logs"
    same "$(head -n 1 "$BATS_TEST_TMPDIR/logs")" "$2"
    grep -q -x "architecture=$(image_arch)" "$BATS_TEST_TMPDIR/logs"
    grep -q -x pid=1 "$BATS_TEST_TMPDIR/logs"
}

waits() {
    "$ENGINE" logs "$1" | grep -q -x 'waiting for SIGTERM'
}

# ends ID: on a stop, long before the engine would kill it.
ends() {
    local begun=$SECONDS

    "$ENGINE" stop -t 60 "$1"
    same "$("$ENGINE" inspect --format '{{.State.ExitCode}}' "$1")" 0
    ((SECONDS - begun <= 5))
    "$ENGINE" rm "$1"
}

# One tag, two contents: which one ran is what the first line says.
shows_which_ran() {
    says team/app:v1 node.war
    ends "$ID"
    says team/app:v2 registry.war
    "$ENGINE" kill -s INT "$ID"
    same "$("$ENGINE" wait "$ID")" 0
    "$ENGINE" rm "$ID"
}

ends_as_the_recipe_says() {
    "${PULL[@]}" "$REGISTRY/exit:v7"
    run -7 "${RUN[@]}" --rm "$REGISTRY/exit:v7"
    same "${lines[0]}" "done"
    run -3 "${RUN[@]}" --rm "$REGISTRY/exit:v7" exit 3
    run -2 "${RUN[@]}" --rm "$REGISTRY/exit:v7" sing
    [[ $output == *"usage: app [wait [CODE]] | exit CODE"* ]]
}

@test "podman: what is printed tells which image ran, and it ends when told" {
    engine podman
    shows_which_ran
}

@test "docker: what is printed tells which image ran, and it ends when told" {
    engine docker
    shows_which_ran
}

@test "podman: it ends with the recipe's code, or that of the command line" {
    engine podman
    ends_as_the_recipe_says
}

@test "docker: it ends with the recipe's code, or that of the command line" {
    engine docker
    ends_as_the_recipe_says
}

@test "containerd: what is printed tells which image ran, with the code that the recipe says" {
    need ctr containerd runc
    ctr images pull --plain-http --snapshotter native "$REGISTRY/exit:v7"
    run -7 ctr run --rm --snapshotter native --cgroup "/$ENGINES_CGROUP/run" "$REGISTRY/exit:v7" exit
    same "${lines[0]}" "done"
    ctr images pull --plain-http --snapshotter native "$REGISTRY/team/app:v2"
    run -0 ctr run --rm --snapshotter native --cgroup "/$ENGINES_CGROUP/run" "$REGISTRY/team/app:v2" app /app exit 0
    same "${lines[0]}" registry.war
}

@test "skopeo: copies a generated layer, which tar can read" {
    local layer

    need skopeo
    skopeo copy --quiet --src-tls-verify=false "docker://$REGISTRY/big:v1" "dir:$BATS_TEST_TMPDIR/copy"
    layer=$(jq -r '.layers[-1].digest' "$BATS_TEST_TMPDIR/copy/manifest.json")
    same "$(sha256sum <"$BATS_TEST_TMPDIR/copy/${layer#sha256:}" | cut -d' ' -f1)" "${layer#sha256:}"
    same "$(tar -tf "$BATS_TEST_TMPDIR/copy/${layer#sha256:}")" generated.bin
}

# An image with 64 MiB that are kept nowhere is unpacked and runs like any other.
runs_generated() {
    says big:v1 huge
    "$ENGINE" rm -f "$ID"
    "$ENGINE" rmi "$REGISTRY/big:v1"
}

@test "podman: runs an image with a generated layer" {
    engine podman
    runs_generated
}

@test "docker: runs an image with a generated layer" {
    engine docker
    runs_generated
}
