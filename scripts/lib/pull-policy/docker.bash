# SPDX-License-Identifier: MIT
# docker, with the daemon that its client finds (DOCKER_HOST). See engine.bash for what each function does.
# shellcheck shell=bash
# shellcheck disable=SC2154 # of scripts/pull-policy

docker_there() {
    command -v docker >/dev/null || {
        say "docker is not installed (scripts/setup engines)"
        return 1
    }
    answers 'the docker daemon' docker version --format 'docker {{.Server.Version}}'
}

# It takes plain HTTP on loopback; other registries have to be in its own configuration.
docker_begin() {
    :
}

# docker_as CREDENTIALS ARGUMENT...
docker_as() {
    local auth

    auth=$(auth_folder "$1")
    shift
    timeout -k 5 "$(limit)" docker --config "$auth" "$@"
}

docker_prepare() {
    docker_as right pull --quiet "${C[image]}"
}

docker_policy() {
    case $1 in
        Always) echo always ;;
        IfNotPresent) echo missing ;;
        Never) echo never ;;
    esac
}

docker_run() {
    local status=0
    local -a arguments=("--pull=$(docker_policy "${C[policy]}")" --network=none --name "${C[container]}" "${C[image]}")

    if [[ $command == run ]]; then
        docker_as "${C[credentials]}" run "${arguments[@]}" >"$OUTPUT" 2>&1 || status=$?
    elif docker_as "${C[credentials]}" create "${arguments[@]}" >"$OUTPUT" 2>&1; then
        docker_as none start --attach "${C[container]}" >>"$OUTPUT" 2>&1 || status=$?
    else
        status=$?
    fi
    ran "$status"
}

docker_clean() {
    docker_as none rm --force "${C[container]}" >/dev/null 2>&1 || true
    docker_as none rmi --force "${C[image]}" >/dev/null 2>&1 || true
}

docker_end() {
    :
}
