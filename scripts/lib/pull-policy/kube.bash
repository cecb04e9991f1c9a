# SPDX-License-Identifier: MIT
# A cluster that kubectl or oc reaches. See engine.bash for what each function does, kube-pods.bash for pods
# and secrets. Nothing is done to a node unless --node-access says so: what is "on the node" was pulled by an
# earlier pod, and each image has bytes of its own.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # of scripts/pull-policy

KUBECTL=''
KUBE_NAMESPACE=''
KUBE_NODE=''
KUBE_POLL=${KUBE_POLL:-0.5} # seconds

# shellcheck source=scripts/lib/pull-policy/kube-pods.bash
. "$LIB/kube-pods.bash"

kube() {
    timeout -k 5 30 "$KUBECTL" --request-timeout=20s "$@"
}

kube_program() {
    local program

    for program in ${kubectl:-oc kubectl}; do
        if command -v "$program" >/dev/null; then
            KUBECTL=$program
            return
        fi
    done
    say "neither oc nor kubectl is there (or what --kubectl names)"
    return 1
}

kube_there() {
    local version

    kube_program || return 1
    version=$(answers 'the cluster' "$KUBECTL" version -o json) || return 1
    jq -er '"Kubernetes \(.serverVersion.gitVersion // error("no server"))"' <<<"$version" 2>/dev/null || {
        say "$KUBECTL reaches no cluster"
        return 1
    }
}

kube_begin() {
    kube_program
    [[ -n $registry_url ]] || {
        say "the nodes have to reach the registry: start it for them, and give --registry, --control and" \
            "--registry-name (doc/pull-policy.md)"
        return 1
    }
    [[ $node_access == no || ${KUBECTL##*/} == oc ]] || {
        say "--node-access needs oc: kubectl has no 'debug node' that reaches crictl on its own"
        return 1
    }
    kube_node && kube_verification && kube_namespace
}

# The node to run on, what its runtime asks of a registry, and what the table's rows need of it.
kube_node() {
    local info kubelet runtime

    info=$(kube get nodes -o json | jq -er --arg node "$node" '
        [.items[] | select($node == "" or .metadata.name == $node)
            | select(any(.status.conditions[]; .type == "Ready" and .status == "True"))][0]
        | select(.) | "\(.metadata.name) \(.status.nodeInfo.kubeletVersion) \(.status.nodeInfo.containerRuntimeVersion)"') || {
        say "there is no node ${node:-} that is ready"
        return 1
    }
    read -r KUBE_NODE kubelet runtime <<<"$info"
    KUBELET_MINOR=$(sed -E 's/^v1\.([0-9]+).*/\1/' <<<"$kubelet")
    CLIENT=${runtime%%:*}
    [[ $CLIENT == cri-o || $CLIENT == containerd || $CLIENT == docker ]] || {
        say "nothing is known about the requests of $runtime"
        return 1
    }
    ENGINE_VERSION="kubelet $kubelet, $runtime"
    HAS=''
    [[ $node_access == no ]] || HAS+=' node-access'
    [[ $CLIENT != cri-o ]] || ! version_before "${runtime#*//}" 1.35.2 || HAS+=' older-cri-o'
}

version_before() {
    [[ $1 != "$2" && $(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1) == "$1" ]]
}

# What this kubelet verifies: its configuration says; where that cannot be read, its version.
kube_verification() {
    local configuration gate

    configuration=$(kube get --raw "/api/v1/nodes/$KUBE_NODE/proxy/configz" 2>/dev/null || echo '{}')
    gate=$(jq -r '.kubeletconfig.featureGates.KubeletEnsureSecretPulledImages' <<<"$configuration")
    [[ $gate != null ]] || gate=$( ((KUBELET_MINOR >= 35)) && echo true || echo false)
    VERIFICATION=off
    if [[ $gate == true ]]; then
        VERIFICATION=$(jq -r '.kubeletconfig.imagePullCredentialsVerificationPolicy // "NeverVerifyPreloadedImages"' \
            <<<"$configuration")
        HAS+=$(jq -r --arg name "$REGISTRY/pull-policy-listed/*" '.kubeletconfig.preloadedImagesVerificationAllowlist
            | if index($name) then " listed" else "" end' <<<"$configuration")
    fi
    ENGINE_VERSION+=", verification $VERIFICATION"
}

kube_namespace() {
    KUBE_NAMESPACE=pull-policy-$RUN
    kube create namespace "$KUBE_NAMESPACE" >/dev/null || return 1
    wait_for 30 'the service account of the namespace' kube --namespace "$KUBE_NAMESPACE" get serviceaccount default
}

# --- The rows' images on the node -------------------------------------------------------------------

kube_prepare() {
    kube_secret secret-a right || return 1
    case ${C[record]} in
        - | secret) kube_pulled "${C[image]}" secret-a ;;
        anonymous) kube_pulled "${C[image]}" '' ;;
        preloaded) kube_preload "${C[image]}" ;;
        other-name)
            kube_again "${C[repository]}-other" v1
            kube_pulled "$REGISTRY/${C[repository]}-other:v1" secret-a
            ;;
        other-tag)
            kube_again "${C[repository]}" v2
            kube_pulled "${C[image]%:*}:v2" secret-a && kube_pulled "${C[image]}" secret-a
            ;;
        preloaded-then-pulled)
            kube_preload "${C[image]}"
            kube_again "${C[repository]}-other" v1
            kube_pulled "$REGISTRY/${C[repository]}-other:v1" secret-a
            ;;
        *)
            echo "there is no way to make the record '${C[record]}'"
            return 1
            ;;
    esac
}

# The case's first image under another name.
kube_again() {
    registry_image node.war "$1:$2"
}

# crictl takes credentials on its command line only; these are good for this run and its images alone.
kube_preload() {
    timeout -k 5 "$seconds" "$KUBECTL" debug "node/$KUBE_NODE" --quiet -- chroot /host \
        crictl pull --creds "${ACCOUNTS[right]}:${SECRETS[right]}" "$1" </dev/null
}

# --- The case itself --------------------------------------------------------------------------------

kube_run() {
    local secret=''

    case ${C[credentials]} in
        none) ;;
        right) secret='secret-a' ;;
        wrong | other-host) secret='secret-b' ;;
        same-content) secret='secret-b' ;;
        rotated-* | recreated-*) secret='secret-a' ;;
        right+wrong)
            kube_run_both
            return
            ;;
    esac
    { kube_credentials "${C[credentials]}" "$secret" && kube_pod pod "${C[image]}" "${C[policy]}" "$secret"; } \
        >>"$OUTPUT" 2>&1 || {
        RAN=no REASON='no pod'
        return 0
    }
    kube_outcome pod "$(limit)"
}

# Makes the secret what the row says.
kube_credentials() {
    case $1 in
        none) ;;
        right) [[ ${C[node]} != none ]] || kube_secret "$2" right ;;
        wrong | other-host) kube_secret "$2" "$1" ;;
        same-content) kube_secret "$2" right ;;
        rotated-right) kube_secret "$2" second ;;
        rotated-wrong) kube_secret "$2" wrong ;;
        recreated-*)
            kube_forget_secret "$2" &&
                kube_credentials "rotated-${1#recreated-}" "$2"
            ;;
    esac
}

# The case has held when the one runs and the other does not.
kube_run_both() {
    local ran

    { kube_secret secret-a right && kube_secret secret-b wrong &&
        kube_pod pod "${C[image]}" "${C[policy]}" secret-a &&
        kube_pod other "${C[image]}" "${C[policy]}" secret-b; } >>"$OUTPUT" 2>&1 || {
        RAN=no REASON='no pod'
        return 0
    }
    kube_outcome other "$seconds"
    ran=$RAN
    kube_outcome pod "$seconds"
    [[ $ran == no ]] || {
        echo 'the pod with a wrong password was not refused'
        RAN=no REASON=
    } >>"$OUTPUT"
}

kube_clean() {
    kube --namespace "$KUBE_NAMESPACE" delete pods,secrets --selector "case=${C[container]}" --now >/dev/null 2>&1 || true
}

kube_end() {
    [[ -z $KUBE_NAMESPACE ]] || kube delete namespace "$KUBE_NAMESPACE" --wait=false >/dev/null 2>&1 || true
}
