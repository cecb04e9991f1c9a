#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The kube engine of scripts/pull-policy, with a stand-in for a cluster (lib/kubectl): it shows that the script
# arranges, waits and reads as it should, and nothing about kubelets.

load lib/pull-policy

# A registry that the stand-in cluster reaches, and the engine's options for it.
cluster() {
    start --auth-mode bearer
    CLUSTER=(--engine kube --kubectl "$BATS_TEST_DIRNAME/lib/kubectl" --registry "$URL" --control "$OCIMOCK_CONTROL")
    unset OCIMOCK_CONTROL
}

@test "kube: the rows without verification" {
    cluster
    STANDIN_VERIFICATION=off STANDIN_KUBELET=v1.34.2 pull_policy "${CLUSTER[@]}" --row 1.1,2,2b,4,5.1,5.2,6.1,7.1,7.6,8.1,9,10,10b,12.1
    [[ $status == 0 && $output == *"kubelet v1.34.2, cri-o://1.35.3, verification off"* ]]
    [[ $output == *" 0 failed, 0 not for this engine"* ]]
}

@test "kube: records of a kubelet that verifies" {
    cluster
    pull_policy "${CLUSTER[@]}" --row 20.2,21,22,23,24,25,26.2,27,28.1,29.3,30.1,36,38,41,44.3 --results "$T/results"
    [[ $status == 0 && $output == *"verification NeverVerifyPreloadedImages"*" 0 failed, 0 not for this engine"* ]]
    # One object with a new content in it, and a new object, are not the same.
    [[ $(jq -r 'select(.credentials == "rotated-wrong") | .got + " " + .requests' "$T/results") == 'node.war 0' ]]
    [[ $(jq -r 'select(.credentials == "recreated-wrong") | .got' "$T/results") == 'ErrImagePull (refused)' ]]
}

@test "kube: what a node is says which rows there are" {
    cluster
    STANDIN_RUNTIME=cri-o://1.33.4 pull_policy "${CLUSTER[@]}" --row 43.1,13
    [[ $output == *"cri-o://1.33.4"* && $output != *"CRI-O from 1.35.2 on"* ]]
    STANDIN_RUNTIME=containerd://2.1.0 pull_policy "${CLUSTER[@]}" --row 43.1
    [[ $output == *"CRI-O from 1.35.2 on keeps records by the image's id: rows 43"* ]]
    STANDIN_RUNTIME=rocket://1.0 pull_policy "${CLUSTER[@]}" --row 4
    [[ $status == 1 && $output == *"nothing is known about the requests of rocket://1.0"* ]]
    pull_policy "${CLUSTER[@]}" --row 4 --node broken
    [[ $status == 1 && $output == *"there is no node broken that is ready"* ]]
    pull_policy "${CLUSTER[@]}" --row 4 --node-access
    [[ $status == 1 && $output == *"--node-access needs oc"* ]]
}

@test "kube: pods are what restricted namespaces admit, secrets are in no command line, all of it goes" {
    cluster
    pull_policy "${CLUSTER[@]}" --row 4 --keep
    jq -e '.spec | .restartPolicy == "Never" and .nodeName == "standin"
        and (.containers[0] | .imagePullPolicy == "IfNotPresent" and (.securityContext | .allowPrivilegeEscalation == false
            and .capabilities.drop == ["ALL"] and .seccompProfile.type == "RuntimeDefault"))
        and (.imagePullSecrets | length) == 1' "$STANDIN"/pods/*-pod/spec
    jq -r '.stringData[".dockerconfigjson"] | fromjson | .auths[].auth' "$STANDIN"/secrets/* | while read -r auth; do
        absent -F -e "$auth" -e "$(base64 -d <<<"$auth" | cut -d: -f2)" "$STANDIN/calls"
    done
    rm -r "${STANDIN:?}"/*
    pull_policy "${CLUSTER[@]}" --row 4
    [[ $status == 0 && -z $(find "$STANDIN"/{pods,secrets,namespaces} -type f) ]]
}

@test "kube: pods that are not admitted fail their rows, and the others go on" {
    cluster
    STANDIN_REFUSES=pod pull_policy "${CLUSTER[@]}" --row 4,8.1,41
    [[ $status == 1 && $output == *"rows 4, 41: expected registry.war, got no pod (unknown): Error from server (Forbidden)"* ]]
    [[ $output == *"0 held, 3 failed"* ]]
    STANDIN_REFUSES=earlier pull_policy "${CLUSTER[@]}" --row 2,8.1
    [[ $status == 1 && $output == *"row 2: the image did not get to the node: Error from server (Forbidden)"*"1 held, 1 failed"* ]]
}

@test "kube: a cluster that hangs is not waited for" {
    cluster
    STANDIN_HANGS=yes pull_policy "${CLUSTER[@]}" --timeout 1 --row 4
    [[ $status == 1 && $output == *"row 4: the cluster does not answer within 1 s"* ]]
}

@test "kube: a registry that only this machine reaches is refused" {
    pull_policy --engine kube --kubectl "$BATS_TEST_DIRNAME/lib/kubectl" --row 4
    [[ $status == 1 && $output == *"row 4: the nodes have to reach the registry"* ]]
}
