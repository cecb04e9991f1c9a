# SPDX-License-Identifier: MIT
# A runtime through the CRI, with crictl: what a kubelet talks to, but for the kubelet. The policy is applied here,
# and the table says so. See engine.bash for what each function does. crictl finds the runtime by its own
# configuration (CONTAINER_RUNTIME_ENDPOINT), and the runtime has to trust the registry by its own.
# shellcheck shell=bash
# shellcheck disable=SC2016,SC2034,SC2154 # of scripts/pull-policy; jq expands in single quotes

CRI_POD=''

cri_there() {
    local version

    command -v crictl >/dev/null || {
        say "crictl is not installed (Debian has no package of it)"
        return 1
    }
    version=$(answers 'the runtime' crictl version) || return 1
    awk '/^RuntimeName:/ { name = $2 } /^RuntimeVersion:/ { print name " " $2 " (CRI)"; found = 1 }
        END { exit !found }' <<<"$version"
}

cri_begin() {
    case $ENGINE_VERSION in
        containerd\ *) CLIENT=containerd ;;
        cri-o\ *) CLIENT=cri-o ;;
        *)
            say "nothing is known about the requests of $ENGINE_VERSION"
            return 1
            ;;
    esac
}

cri() {
    timeout -k 5 "$(limit)" crictl "$@"
}

# crictl takes credentials on its command line only; these are good for this run and its images alone.
cri_pull() {
    local -a user=()

    case $1 in
        none | other-host) ;;
        *) user=(--creds "${ACCOUNTS[$1]}:${SECRETS[$1]}") ;;
    esac
    cri pull "${user[@]}" "${C[image]}"
}

cri_prepare() {
    cri_pull right
}

cri_has() {
    cri inspecti "${C[image]}" >/dev/null 2>&1
}

# On the node's network, so that no network has to be configured.
cri_start() {
    local container

    jq -n --arg name "${C[container]}" --arg logs "$WORK" '{metadata: {name: $name, namespace: "default", uid: $name, attempt: 1},
        log_directory: $logs, linux: {security_context: {namespace_options: {network: 2}}}}' >"$WORK/pod.json"
    jq -n --arg image "${C[image]}" '{metadata: {name: "app"}, image: {image: $image}, log_path: "app.log", linux: {}}' \
        >"$WORK/container.json"
    CRI_POD=$(cri runp "$WORK/pod.json") && container=$(cri create "$CRI_POD" "$WORK/container.json" "$WORK/pod.json") &&
        cri start "$container" && wait_for "$(limit)" 'the container' cri_ended "$container" && cri logs "$container"
}

cri_ended() {
    cri inspect --output json "$1" | jq -e '.status.state == "CONTAINER_EXITED" and .status.exitCode == 0'
}

cri_run() {
    local status=0

    apply_policy >"$OUTPUT" 2>&1 || status=$?
    if ((status == 0)); then
        cri_start >>"$OUTPUT" 2>&1 || status=$?
    fi
    ran "$status"
}

cri_clean() {
    [[ -z $CRI_POD ]] || cri rmp --force "$CRI_POD" >/dev/null 2>&1 || true
    CRI_POD=''
    cri rmi "${C[image]}" >/dev/null 2>&1 || true
}

cri_end() {
    :
}
