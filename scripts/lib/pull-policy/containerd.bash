# SPDX-License-Identifier: MIT
# containerd through ctr, which knows no policy: it is applied here, and the table says so. See engine.bash
# for what each function does. ctr has its own variables: CONTAINERD_ADDRESS, CONTAINERD_SNAPSHOTTER.
# shellcheck shell=bash
# shellcheck disable=SC2154 # of scripts/pull-policy

CTR_PLAIN=()

containerd_there() {
    command -v ctr >/dev/null || {
        say "ctr is not installed (scripts/setup engines)"
        return 1
    }
    answers containerd ctr version |
        awk '/^Server:/ { server = 1 } server && /Version:/ { print "containerd " $2; found = 1 } END { exit !found }'
}

containerd_begin() {
    [[ $OCIMOCK_URL != http:* ]] || CTR_PLAIN=(--plain-http)
}

ctr_run() {
    timeout -k 5 "$(limit)" ctr --namespace "pull-policy-$RUN" "$@"
}

# ctr takes credentials on its command line only; these are good for this run and its images alone.
containerd_pull() {
    local -a user=()

    case $1 in
        none | other-host) ;;
        *) user=(--user "${ACCOUNTS[$1]}:${SECRETS[$1]}") ;;
    esac
    ctr_run images pull "${CTR_PLAIN[@]}" "${user[@]}" "${C[image]}"
}

containerd_prepare() {
    containerd_pull right
}

containerd_has() {
    [[ -n $(ctr_run images list --quiet "name==${C[image]}") ]]
}

containerd_run() {
    local status=0

    apply_policy >"$OUTPUT" 2>&1 || status=$?
    if ((status == 0)); then
        ctr_run run --rm "${C[image]}" "${C[container]}" >>"$OUTPUT" 2>&1 || status=$?
    fi
    ran "$status"
}

containerd_clean() {
    ctr_run images remove --sync "${C[image]}" >/dev/null 2>&1 || true
}

containerd_end() {
    ctr namespaces remove "pull-policy-$RUN" >/dev/null 2>&1 || true
}
