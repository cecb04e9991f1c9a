# SPDX-License-Identifier: MIT
# Pods and secrets of the kube engine. All that belongs to a case has its label and goes with it.
#
# kube_secret NAME CREDENTIALS              makes it, or changes it in place
# kube_forget_secret NAME
# kube_pod NAME IMAGE POLICY SECRET         starts a pod; SECRET may be empty
# kube_pulled IMAGE SECRET                  a pod that has it pulled, waited for and gone
# kube_outcome NAME SECONDS                 RAN, REASON; logs, messages and events are in OUTPUT
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # of scripts/pull-policy

kube_apply() {
    kube --namespace "$KUBE_NAMESPACE" apply -f - >"$WORK/apply" 2>&1 || {
        cat "$WORK/apply"
        return 1
    }
}

# The secret's content goes through standard input: nobody sees it in the list of processes.
kube_secret() {
    auth_json "$2" | jq -Rs --arg name "${C[container]}-$1" --arg case "${C[container]}" '{apiVersion: "v1",
        kind: "Secret", type: "kubernetes.io/dockerconfigjson", metadata: {name: $name, labels: {case: $case}},
        stringData: {".dockerconfigjson": .}}' | kube_apply
}

kube_forget_secret() {
    kube --namespace "$KUBE_NAMESPACE" delete secret "${C[container]}-$1" >/dev/null
}

# What restricted namespaces and OpenShift's restricted-v2 admit.
kube_pod() {
    jq -n --arg name "${C[container]}-$1" --arg image "$2" --arg policy "$3" --arg secret "$4" \
        --arg case "${C[container]}" --arg node "$KUBE_NODE" '
        {apiVersion: "v1", kind: "Pod", metadata: {name: $name, labels: {case: $case}},
         spec: ({nodeName: $node, restartPolicy: "Never", automountServiceAccountToken: false,
             terminationGracePeriodSeconds: 0,
             containers: [{name: "app", image: $image, imagePullPolicy: $policy,
                 securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: ["ALL"]},
                     seccompProfile: {type: "RuntimeDefault"}}}]}
             + if $secret == "" then {} else {imagePullSecrets: [{name: "\($case)-\($secret)"}]} end)}' | kube_apply
}

# kube_state NAME: "running", "waiting REASON", "other", and the message behind a tab.
kube_state() {
    kube --namespace "$KUBE_NAMESPACE" get pod "${C[container]}-$1" -o json | jq -r '
        .status as $status | ($status.containerStatuses[0].state // {})
        | if .terminated.exitCode == 0 or .running then "running\t"
          elif .terminated then "ended \(.terminated.reason)\t\(.terminated.message // "")"
          elif .waiting.reason and (.waiting.reason | IN("ContainerCreating", "PodInitializing") | not) then
              "waiting \(.waiting.reason)\t\(.waiting.message // "")"
          elif $status.phase == "Failed" then "ended \($status.reason)\t\($status.message // "")"
          else "other\t" end'
}

# The reason of a back-off is what failed before: "Back-off pulling image X: ErrImagePull: ...".
kube_reason() {
    local reason=$1 message=$2

    if [[ $reason == ImagePullBackOff ]]; then
        reason=$(grep -o -E '(RegistryUnavailable|SignatureValidationFailed|ErrImagePull)' <<<"$message" | head -n 1) ||
            reason=ErrImagePull
    fi
    printf '%s\n' "$reason"
}

kube_outcome() {
    local name=$1 end=$((SECONDS + $2)) state reason message

    while ((SECONDS < end)); do
        IFS=$'\t' read -r state message < <(kube_state "$name" | tr '\n' ' ') || true
        read -r state reason <<<"$state"
        case $state in
            running)
                RAN=yes
                kube_logs "$name" "$end"
                return
                ;;
            waiting | ended)
                RAN=no REASON=$(kube_reason "$reason" "$message")
                printf '%s\n' "$message" >>"$OUTPUT"
                kube_events "$name"
                return
                ;;
        esac
        sleep "$KUBE_POLL"
    done
    RAN=timeout REASON=
    kube_events "$name"
}

# A container runs before its first line is in the log.
kube_logs() {
    while ! kube --namespace "$KUBE_NAMESPACE" logs "${C[container]}-$1" >"$OUTPUT" 2>&1 ||
        ! grep -q '\.war' "$OUTPUT"; do
        ((SECONDS < $2)) || return 0
        sleep "$KUBE_POLL"
    done
}

kube_events() {
    kube --namespace "$KUBE_NAMESPACE" get events --field-selector "involvedObject.name=${C[container]}-$1" -o json |
        jq -r '.items[] | select(.type == "Warning") | .message' >>"$OUTPUT" || true
}

# Gone again, so that nothing of it is asked for once the case's own requests are counted.
kube_pulled() {
    kube_pod earlier "$1" IfNotPresent "$2" || return 1
    kube_outcome earlier "$seconds"
    kube --namespace "$KUBE_NAMESPACE" delete pod "${C[container]}-earlier" --now >/dev/null || return 1
    [[ $RAN == yes ]] || {
        cat "$OUTPUT"
        return 1
    }
    RAN='' REASON=''
    : >"$OUTPUT"
}
