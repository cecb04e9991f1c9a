# SPDX-License-Identifier: MIT
# For the .bats files here that look at answers for an image: `load lib/hello` behind `load lib/server`.
#
# push_hello [CURL-OPTION...]  puts hello:v1 and hello:v2 there, with a layer of 600 KiB ($T/layer) and
#                              a config ($T/config); sets M, L, C: the URLs of tag v1, layer and config;
#                              LAYER and CONFIG are their digests, SIZE is the layer's
# fetch CURL-OPTION...         prints "STATUS" of an answer that came, else "STATUS/EXIT" with curl's;
#                              the head is in $T/head, the body in $T/got. LIMIT: seconds (5)
# head_has REGEX               a line of that head
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # variables for the .bats files, and of lib/server

OCI=application/vnd.oci.image

# blob FILE [CURL-OPTION...]: pushes it to the repository hello, and prints its digest.
blob() {
    local digest

    digest=sha256:$(sha256sum <"$1" | cut -d' ' -f1)
    curl --noproxy '*' -sf -o /dev/null -X POST --data-binary "@$1" "${@:2}" \
        -H 'Content-Type: application/octet-stream' "$URL/v2/hello/blobs/uploads/?digest=$digest"
    echo "$digest"
}

# manifest TAG: one of the config and layer, with that tag in an annotation.
manifest() {
    printf '{"schemaVersion":2,"mediaType":"%s.manifest.v1+json","annotations":{"tag":"%s"},' "$OCI" "$1"
    printf '"config":{"mediaType":"%s.config.v1+json","digest":"%s","size":2},' "$OCI" "$CONFIG"
    printf '"layers":[{"mediaType":"%s.layer.v1.tar","digest":"%s","size":%d}]}' "$OCI" "$LAYER" "$SIZE"
}

push_hello() {
    local tag

    SIZE=614400
    head -c "$SIZE" /dev/zero | tr '\0' x >"$T/layer"
    printf '{}' >"$T/config"
    LAYER=$(blob "$T/layer" "$@") CONFIG=$(blob "$T/config" "$@")
    for tag in v1 v2; do
        manifest "$tag" >"$T/$tag"
        curl --noproxy '*' -sf -o /dev/null -X PUT --data-binary "@$T/$tag" "$@" \
            -H "Content-Type: $OCI.manifest.v1+json" "$URL/v2/hello/manifests/$tag"
    done
    M=$URL/v2/hello/manifests/v1 L=$URL/v2/hello/blobs/$LAYER C=$URL/v2/hello/blobs/$CONFIG
}

fetch() {
    local said status=0

    said=$(curl --noproxy '*' -sk -m "${LIMIT:-5}" -D "$T/head" -o "$T/got" -w '%{http_code}' "$@") || status=$?
    [[ $status == 0 ]] && echo "$said" || echo "$said/$status"
}

head_has() {
    tr -d '\r' <"$T/head" | grep -q -i -x -e "$1" || { cat "$T/head" && return 1; }
}
