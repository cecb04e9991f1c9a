# SPDX-License-Identifier: MIT
# Builds small OCI image layouts without a network, and pushes them with nothing but curl.
# The same input gives the same digests. Needs jq, tar, gzip, sha256sum and (image_program) a C compiler.
#
# layout_init DIR                           an empty layout
# layout_blob DIR FILE                      adds a file, prints its digest
# layout_image DIR ARCH TYPE LAYER...       adds an image of these layers, prints its descriptor
# layout_index DIR DESCRIPTOR...            adds an index, prints its descriptor
# layout_tag DIR TAG DESCRIPTOR             names a descriptor in index.json
# layout_digest DIR TAG                     the digest that a tag stands for
# layout_push DIR TAG URL REPOSITORY        pushes what a tag stands for
# shellcheck shell=bash
# shellcheck disable=SC2034 # the names are for those who source this

OCI=application/vnd.oci.image
OCI_LAYER=$OCI.layer.v1.tar
OCI_LAYER_GZIP=$OCI_LAYER+gzip

# The architecture in Go's words.
image_arch() {
    case $(uname -m) in
    x86_64) echo amd64 ;;
    aarch64) echo arm64 ;;
    *) uname -m ;;
    esac
}

# image_program FILE TEXT: a static program that prints TEXT.
image_program() {
    printf '#include <unistd.h>\nint main(void) { return write(1, "%s\\n", %d) < 0; }\n' "$2" \
        $((${#2} + 1)) | ${CC:-cc} -x c -Os -static -s -o "$1" -
}

# layer_tar FILE FOLDER: a tar whose bytes depend on the content only.
layer_tar() {
    tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner --format=ustar \
        -C "$2" -cf "$1" .
}

file_digest() {
    printf 'sha256:%s\n' "$(sha256sum <"$1" | cut -d' ' -f1)"
}

layout_init() {
    mkdir -p "$1/blobs/sha256"
    printf '{"imageLayoutVersion":"1.0.0"}' >"$1/oci-layout"
    printf '{"schemaVersion":2,"manifests":[]}' >"$1/index.json"
}

layout_blob() {
    local digest

    digest=$(file_digest "$2")
    cp "$2" "$1/blobs/sha256/${digest#sha256:}"
    printf '%s\n' "$digest"
}

layout_path() {
    printf '%s/blobs/sha256/%s\n' "$1" "${2#sha256:}"
}

# layout_descriptor DIR TYPE FILE: adds the file; prints its descriptor.
layout_descriptor() {
    jq -cn --arg type "$2" --arg digest "$(layout_blob "$1" "$3")" \
        --argjson size "$(stat -c %s "$3")" '{mediaType: $type, digest: $digest, size: $size}'
}

# The digest of a layer's tar, for the configuration.
layer_diff_id() {
    if [[ $1 == *+gzip ]]; then
        printf 'sha256:%s\n' "$(gzip -dc "$2" | sha256sum | cut -d' ' -f1)"
    else
        file_digest "$2"
    fi
}

layout_image() {
    local dir=$1 arch=$2 type=$3 layer work layers='[]' ids='[]' config

    shift 3
    work=$(mktemp -d)
    for layer in "$@"; do
        layers=$(jq -c '. + [input]' <(echo "$layers") <(layout_descriptor "$dir" "$type" "$layer"))
        ids=$(jq -c --arg id "$(layer_diff_id "$type" "$layer")" '. + [$id]' <<<"$ids")
    done
    jq -cn --arg arch "$arch" --argjson ids "$ids" '{created: "1970-01-01T00:00:00Z",
        architecture: $arch, os: "linux", config: {Cmd: ["/hello"]},
        rootfs: {type: "layers", diff_ids: $ids}, history: ($ids | map({created_by: "layout"}))}' \
        >"$work/config"
    config=$(layout_descriptor "$dir" "$OCI.config.v1+json" "$work/config")
    jq -cn --arg type "$OCI.manifest.v1+json" --argjson config "$config" --argjson layers "$layers" \
        '{schemaVersion: 2, mediaType: $type, config: $config, layers: $layers}' >"$work/manifest"
    layout_descriptor "$dir" "$OCI.manifest.v1+json" "$work/manifest" |
        jq -c --arg arch "$arch" '. + {platform: {architecture: $arch, os: "linux"}}'
    rm -r "$work"
}

layout_index() {
    local dir=$1 work

    shift
    work=$(mktemp)
    printf '%s\n' "$@" | jq -cs --arg type "$OCI.index.v1+json" \
        '{schemaVersion: 2, mediaType: $type, manifests: .}' >"$work"
    layout_descriptor "$dir" "$OCI.index.v1+json" "$work"
    rm "$work"
}

layout_tag() {
    jq -c --arg tag "$2" --argjson d "$3" \
        '.manifests += [$d + {annotations: {"org.opencontainers.image.ref.name": $tag}}]' \
        "$1/index.json" >"$1/index.json.new"
    mv "$1/index.json.new" "$1/index.json"
}

layout_digest() {
    jq -er --arg tag "$2" '.manifests[]
        | select(.annotations["org.opencontainers.image.ref.name"] == $tag) | .digest' "$1/index.json"
}

# layout_push_blob DIR DIGEST URL REPOSITORY
layout_push_blob() {
    local location

    location=$(curl -fsS -o /dev/null -w '%header{location}' -X POST "$3/v2/$4/blobs/uploads/")
    [[ $location == http* ]] || location=$3$location
    [[ $location == *\?* ]] && location+="&" || location+="?"
    curl -fsS -o /dev/null -X PUT -H 'Content-Type: application/octet-stream' \
        -T "$(layout_path "$1" "$2")" "${location}digest=$2"
}

# layout_push_manifest DIR DIGEST URL REPOSITORY REFERENCE: and all that it names, first.
layout_push_manifest() {
    local file child

    file=$(layout_path "$1" "$2")
    for child in $(jq -r '.manifests[]?.digest' "$file"); do
        layout_push_manifest "$1" "$child" "$3" "$4" "$child"
    done
    for child in $(jq -r '.config.digest?, .layers[]?.digest | select(.)' "$file"); do
        layout_push_blob "$1" "$child" "$3" "$4"
    done
    curl -fsS -o /dev/null -X PUT -H "Content-Type: $(jq -r .mediaType "$file")" \
        --data-binary "@$file" "$3/v2/$4/manifests/$5"
}

layout_push() {
    layout_push_manifest "$1" "$(layout_digest "$1" "$2")" "$3" "$4" "$2"
}
