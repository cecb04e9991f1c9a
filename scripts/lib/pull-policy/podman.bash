# SPDX-License-Identifier: MIT
# podman, with storage of its own below $WORK. See engine.bash for what each function does.
# shellcheck shell=bash
# shellcheck disable=SC2154 # of scripts/pull-policy

# shellcheck source=scripts/lib/podman.bash
. "$TOP/scripts/lib/podman.bash"

PODMAN_RUNTIME=()

podman_there() {
    local version

    command -v podman >/dev/null || {
        say "podman is not installed (scripts/setup engines)"
        return 1
    }
    version=$(answers podman podman --version) || return 1
    printf '%s\n' "${version/ version/}"
}

podman_begin() {
    if [[ $OCIMOCK_URL == http:* ]]; then
        containers_private "$WORK/podman" "$REGISTRY"
    else
        containers_private "$WORK/podman"
    fi
    mapfile -t PODMAN_RUNTIME < <(podman_runtime)
}

# podman_as CREDENTIALS ARGUMENT...
podman_as() {
    local auth

    auth=$(auth_folder "$1")/config.json
    shift
    REGISTRY_AUTH_FILE=$auth containers_run timeout -k 5 "$(limit)" podman "${PODMAN_RUNTIME[@]}" "$@"
}

podman_prepare() {
    podman_as right pull --quiet "${C[image]}"
}

podman_policy() {
    case $1 in
        Always) echo always ;;
        IfNotPresent) echo missing ;;
        Never) echo never ;;
        Newer) echo newer ;;
    esac
}

podman_signature_policy() {
    jq -n --arg name "$REGISTRY/${C[repository]}" '{default: [{type: "insecureAcceptAnything"}],
        transports: {docker: {($name): [{type: "reject"}]}}}' >"$CONTAINERS_DIR/home/.config/containers/policy.json"
}

podman_run() {
    local status=0
    local -a arguments=("--pull=$(podman_policy "${C[policy]}")" --network=none --name "${C[container]}" "${C[image]}")

    [[ ${C[needs]} != *signature-policy* ]] || podman_signature_policy
    if [[ $command == run ]]; then
        podman_as "${C[credentials]}" run "${arguments[@]}" >"$OUTPUT" 2>&1 || status=$?
    elif podman_as "${C[credentials]}" create "${arguments[@]}" >"$OUTPUT" 2>&1; then
        podman_as none start --attach "${C[container]}" >>"$OUTPUT" 2>&1 || status=$?
    else
        status=$?
    fi
    ran "$status"
}

podman_clean() {
    podman_as none rm --force --ignore "${C[container]}" >/dev/null 2>&1 || true
    podman_as none rmi --force "${C[image]}" >/dev/null 2>&1 || true
}

podman_end() {
    containers_end
}
