# SPDX-License-Identifier: MIT
# Every endpoint of the Distribution API, in an order that works on an empty registry. One line per
# check (see ask.bash). The same content is pushed in each run, so digests are the same.
# shellcheck shell=bash
# shellcheck disable=SC2154 # URL, WORK, BODY, LOCATION: see ask.bash

OCI=application/vnd.oci.image
DOCKER=application/vnd.docker.distribution
REPO=compare/image
OTHER=compare/other
ABSENT=sha256:0000000000000000000000000000000000000000000000000000000000000000

digest_of() {
    printf 'sha256:%s' "$(sha256sum "$1" | cut -d' ' -f1)"
}

make_content() {
    printf '{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}' >"$WORK/config"
    seq 1 500 >"$WORK/layer"
    seq 501 900 >"$WORK/chunked"
    : >"$WORK/empty"
    CONFIG=$(digest_of "$WORK/config")
    LAYER=$(digest_of "$WORK/layer")
    CHUNKED=$(digest_of "$WORK/chunked")
    EMPTY=$(digest_of "$WORK/empty")
    LAYER512=sha512:$(sha512sum "$WORK/layer" | cut -d' ' -f1)
    make_manifest "$WORK/manifest" "$OCI.manifest.v1+json" '{}'
    MANIFEST=$(digest_of "$WORK/manifest")
}

# make_manifest FILE TYPE EXTRA: of the config and the layer, with more members.
make_manifest() {
    jq -cn --arg type "$2" --argjson extra "$3" --arg config "$CONFIG" --arg layer "$LAYER" \
        --argjson csize "$(stat -c %s "$WORK/config")" --argjson lsize "$(stat -c %s "$WORK/layer")" \
        '{schemaVersion: 2, mediaType: $type,
          config: {mediaType: "application/vnd.oci.image.config.v1+json", digest: $config, size: $csize},
          layers: [{mediaType: "application/vnd.oci.image.layer.v1.tar", digest: $layer, size: $lsize}]}
         + $extra' >"$1"
}

# A session without a line of its own; LOCATION is set.
session() {
    ask - '' POST "/v2/$REPO/blobs/uploads/" >/dev/null
}

with_query() {
    [[ $1 == *\?* ]] && printf '%s&%s' "$1" "$2" || printf '%s?%s' "$1" "$2"
}

# put_blob FILE REPOSITORY: without a line.
put_blob() {
    ask - '' POST "/v2/$2/blobs/uploads/" >/dev/null
    ask - '' PUT "$(with_query "$LOCATION" "digest=$(digest_of "$1")")" -T "$1" >/dev/null
}

# put_manifest FILE REPOSITORY REFERENCE TYPE: without a line.
put_manifest() {
    ask - '' PUT "/v2/$2/manifests/$3" -H "Content-Type: $4" --data-binary "@$1" >/dev/null
}

api_base() {
    ask ping 'Docker-Distribution-API-Version,Content-Type!,Content-Length,body' GET /v2/
    ask ping-no-slash Location GET /v2
    ask ping-head Content-Length HEAD /v2/
    ask ping-post Allow POST /v2/
    ask root '' GET /
    ask unknown-route Content-Type GET /v2/nothing
    ask error-type Content-Type!,Docker-Distribution-API-Version GET "/v2/$REPO/blobs/$ABSENT"
    ask name-upper-case '' GET /v2/Upper/tags/list
    ask name-dots '' GET /v2/a/../b/tags/list
    ask name-bad-escape '' GET /v2/a%zz/tags/list
    ask extension-discover '' GET /v2/_oci/ext/discover
}

api_upload() {
    local url

    ask upload-start Location,Range,Content-Length,Docker-Upload-UUID POST "/v2/$REPO/blobs/uploads/"
    url=$LOCATION
    ask upload-start-location Location! POST "/v2/$REPO/blobs/uploads/"
    ask upload-status-empty Location,Range GET "$url"
    ask upload-status-head Range HEAD "$url"
    ask upload-patch Location,Range,Docker-Upload-UUID PATCH "$url" -H 'Content-Type: application/octet-stream' \
        --data-binary "@$WORK/layer"
    url=$LOCATION
    ask upload-status Range GET "$url"
    ask upload-put Location,Docker-Content-Digest,Content-Length PUT "$(with_query "$url" "digest=$LAYER")"
    ask upload-status-done '' GET "$url"
    session
    ask upload-patch-chunked-encoding Range PATCH "$LOCATION" -H 'Transfer-Encoding: chunked' -T "$WORK/layer"
    session
    ask upload-put-with-body Location PUT "$(with_query "$LOCATION" "digest=$CONFIG")" -T "$WORK/config"
    session
    ask upload-put-empty-blob Location PUT "$(with_query "$LOCATION" "digest=$EMPTY")"
    session
    ask upload-put-sha512 Location,Docker-Content-Digest PUT "$(with_query "$LOCATION" "digest=$LAYER512")" -T "$WORK/layer"
    ask upload-put-sha512-pull Docker-Content-Digest HEAD "/v2/$REPO/blobs/$LAYER512"
}

api_upload_refused() {
    local url

    session
    url=$LOCATION
    ask upload-put-no-digest '' PUT "$url"
    ask upload-put-bad-digest '' PUT "$(with_query "$url" digest=nonsense)"
    ask upload-patch-form-type '' PATCH "$url" -H 'Content-Type: application/x-www-form-urlencoded' \
        --data-binary "@$WORK/layer"
    session
    ask upload-put-unknown-algorithm '' PUT "$(with_query "$LOCATION" "digest=md5:d41d8cd98f00b204e9800998ecf8427e")"
    session
    url=$LOCATION
    ask upload-put-mismatch '' PUT "$(with_query "$url" "digest=$ABSENT")" -T "$WORK/layer"
    ask upload-status-after-mismatch '' GET "$url"
    session
    url=$LOCATION
    ask upload-other-repository '' GET "${url/$REPO/$OTHER}"
    ask upload-cancel '' DELETE "$url"
    ask upload-cancelled-status '' GET "$url"
    ask upload-cancelled-again '' DELETE "$url"
    ask upload-unknown-patch '' PATCH "/v2/$REPO/blobs/uploads/00000000-0000-0000-0000-000000000000" -T "$WORK/layer"
    ask upload-method Allow POST "$url"
    ask upload-start-bad-name '' POST /v2/Upper/blobs/uploads/
}

# A session with the first of two chunks; LOCATION is set.
first_chunk() {
    session
    ask - '' PATCH "$LOCATION" -H 'Content-Type: application/octet-stream' -H 'Content-Range: 0-999' \
        --data-binary "@$WORK/first" >/dev/null
}

# second_chunk NAME METHOD URL CONTENT-RANGE HEADER,...
second_chunk() {
    ask "$1" "$5" "$2" "$3" -H 'Content-Type: application/octet-stream' -H "Content-Range: $4" \
        --data-binary "@$WORK/second"
}

# Two chunks, and every wrong second one.
api_upload_chunks() {
    local url

    head -c 1000 "$WORK/chunked" >"$WORK/first"
    tail -c +1001 "$WORK/chunked" >"$WORK/second"
    session
    ask chunk-first Range PATCH "$LOCATION" -H 'Content-Type: application/octet-stream' \
        -H 'Content-Range: 0-999' --data-binary "@$WORK/first"
    first_chunk
    url=$LOCATION
    second_chunk chunk-repeat PATCH "$url" 0-599 Location,Range
    ask chunk-repeat-then-status Range GET "$url"
    first_chunk
    second_chunk chunk-gap PATCH "$LOCATION" 1001-1600 Range
    first_chunk
    second_chunk chunk-wrong-length PATCH "$LOCATION" 1000-1001 Range
    first_chunk
    second_chunk chunk-bad-range PATCH "$LOCATION" nonsense Range
    first_chunk
    second_chunk chunk-last-gap PUT "$(with_query "$LOCATION" "digest=$CHUNKED")" 1001-1600 ''
    first_chunk
    second_chunk chunk-last PUT "$(with_query "$LOCATION" "digest=$CHUNKED")" 1000-1599 Location
    ask chunk-whole Content-Length HEAD "/v2/$REPO/blobs/$CHUNKED"
}

api_post() {
    ask post-whole-blob Location,Docker-Content-Digest POST "/v2/$REPO/blobs/uploads/?digest=$CONFIG" \
        -H 'Content-Type: application/octet-stream' --data-binary "@$WORK/config"
    ask post-mismatch '' POST "/v2/$REPO/blobs/uploads/?digest=$ABSENT" \
        -H 'Content-Type: application/octet-stream' --data-binary "@$WORK/config"
    ask post-algorithm '' POST "/v2/$REPO/blobs/uploads/?digest-algorithm=sha512"
    ask post-unknown-algorithm '' POST "/v2/$REPO/blobs/uploads/?digest-algorithm=md5"
    ask mount Location,Docker-Content-Digest POST "/v2/$OTHER/blobs/uploads/?mount=$LAYER&from=$REPO"
    ask mount-absent-blob Range POST "/v2/$OTHER/blobs/uploads/?mount=$ABSENT&from=$REPO"
    ask mount-absent-repository Range POST "/v2/$OTHER/blobs/uploads/?mount=$LAYER&from=compare/nothing"
    ask mount-without-from '' POST "/v2/$OTHER/blobs/uploads/?mount=$CONFIG"
    ask mount-bad-digest '' POST "/v2/$OTHER/blobs/uploads/?mount=nonsense&from=$REPO"
    ask mount-unknown-key '' POST "/v2/$OTHER/blobs/uploads/?mount=$LAYER&from=$REPO&origin=x"
}

api_blob() {
    local path="/v2/$REPO/blobs/$LAYER"

    ask blob-get Content-Type,Content-Length,Docker-Content-Digest,Accept-Ranges,ETag,Cache-Control GET "$path"
    ask blob-head Content-Type,Content-Length,Docker-Content-Digest,Accept-Ranges,ETag HEAD "$path"
    ask blob-none-match '' GET "$path" -H "If-None-Match: \"$LAYER\""
    ask blob-none-match-unquoted '' GET "$path" -H "If-None-Match: $LAYER"
    ask blob-encoded-colon Content-Length HEAD "/v2/$REPO/blobs/${LAYER/:/%3A}"
    ask blob-accept-encoding Content-Encoding,Content-Length GET "$path" -H 'Accept-Encoding: gzip'
    ask blob-absent '' GET "/v2/$REPO/blobs/$ABSENT"
    ask blob-absent-head '' HEAD "/v2/$REPO/blobs/$ABSENT"
    ask blob-absent-repository '' GET "/v2/compare/nothing/blobs/$LAYER"
    ask blob-bad-digest '' GET "/v2/$REPO/blobs/sha256:short"
    ask blob-not-in-repository '' GET "/v2/$OTHER/blobs/$CHUNKED"
    ask blob-method Allow POST "$path"
    ask blob-empty Content-Length GET "/v2/$REPO/blobs/$EMPTY"
}

# The layer has 1892 bytes.
api_range() {
    local path="/v2/$REPO/blobs/$LAYER" of="Content-Range,Content-Length"

    ask range "$of" GET "$path" -H 'Range: bytes=500-999'
    ask range-open "$of" GET "$path" -H 'Range: bytes=1000-'
    ask range-suffix "$of" GET "$path" -H 'Range: bytes=-100'
    ask range-clipped "$of" GET "$path" -H 'Range: bytes=1800-5000'
    ask range-reversed "$of" GET "$path" -H 'Range: bytes=500-0'
    ask range-beyond Content-Range GET "$path" -H 'Range: bytes=5000-6000'
    ask range-unit Content-Length GET "$path" -H 'Range: lines=1-2'
    ask range-head "$of" HEAD "$path" -H 'Range: bytes=0-9'
    ask range-if-range "$of" GET "$path" -H 'Range: bytes=0-9' -H "If-Range: \"$LAYER\""
    ask range-if-range-other "$of" GET "$path" -H 'Range: bytes=0-9' -H 'If-Range: "other"'
    ask range-empty-blob Content-Length GET "/v2/$REPO/blobs/$EMPTY" -H 'Range: bytes=0-'
    ask range-two '' GET "$path" -H 'Range: bytes=0-9,20-29'
}

api_manifest_put() {
    local type=$OCI.manifest.v1+json of=Location,Docker-Content-Digest path="/v2/$REPO/manifests"

    ask manifest-put-tag "$of" PUT "$path/v1" -H "Content-Type: $type" --data-binary "@$WORK/manifest"
    ask manifest-put-again "$of" PUT "$path/v1" -H "Content-Type: $type" --data-binary "@$WORK/manifest"
    ask manifest-put-chunked "$of" PUT "$path/v2" -H "Content-Type: $type" -H 'Transfer-Encoding: chunked' \
        -T "$WORK/manifest"
    ask manifest-put-digest "$of" PUT "$path/$MANIFEST" -H "Content-Type: $type" --data-binary "@$WORK/manifest"
    ask manifest-put-tags OCI-Tag PUT "$path/$MANIFEST?tag=a&tag=b" -H "Content-Type: $type" \
        --data-binary "@$WORK/manifest"
    ask manifest-put-parameters "$of" PUT "$path/v1" -H "Content-Type: $type; charset=utf-8" \
        --data-binary "@$WORK/manifest"
    make_manifest "$WORK/docker" "$DOCKER.manifest.v2+json" '{}'
    ask manifest-put-docker "$of" PUT "$path/docker" -H "Content-Type: $DOCKER.manifest.v2+json" \
        --data-binary "@$WORK/docker"
    make_manifest "$WORK/subject" "$type" "{\"subject\":{\"mediaType\":\"$type\",\"digest\":\"$MANIFEST\",\"size\":$(stat -c %s "$WORK/manifest")},\"artifactType\":\"application/x.test\"}"
    ask manifest-put-subject OCI-Subject PUT "$path/subject" -H "Content-Type: $type" --data-binary "@$WORK/subject"
    api_manifest_put_index
}

api_manifest_put_index() {
    local type=$OCI.index.v1+json child

    for child in "$MANIFEST" "$ABSENT"; do
        jq -cn --arg type "$type" --arg digest "$child" --argjson size "$(stat -c %s "$WORK/manifest")" \
            '{schemaVersion: 2, mediaType: $type, manifests: [{mediaType:
              "application/vnd.oci.image.manifest.v1+json", digest: $digest, size: $size,
              platform: {architecture: "amd64", os: "linux"}}]}' >"$WORK/index.${child:7:6}"
    done
    ask manifest-put-index Docker-Content-Digest PUT "/v2/$REPO/manifests/index" -H "Content-Type: $type" \
        --data-binary "@$WORK/index.${MANIFEST:7:6}"
    ask manifest-put-index-missing-child '' PUT "/v2/$REPO/manifests/index2" -H "Content-Type: $type" \
        --data-binary "@$WORK/index.${ABSENT:7:6}"
}

api_manifest_put_refused() {
    local type=$OCI.manifest.v1+json path="/v2/$REPO/manifests"

    ask manifest-put-digest-mismatch '' PUT "$path/$ABSENT" -H "Content-Type: $type" --data-binary "@$WORK/manifest"
    ask manifest-put-bad-digest '' PUT "$path/sha256:short" -H "Content-Type: $type" --data-binary "@$WORK/manifest"
    ask manifest-put-bad-tag '' PUT "$path/.bad" -H "Content-Type: $type" --data-binary "@$WORK/manifest"
    ask manifest-put-bad-json '' PUT "$path/bad" -H "Content-Type: $type" --data-binary '{"schemaVersion":'
    ask manifest-put-empty '' PUT "$path/bad" -H "Content-Type: $type"
    ask manifest-put-no-type '' PUT "$path/no-type" -H 'Content-Type:' --data-binary "@$WORK/manifest"
    ask manifest-put-other-type '' PUT "$path/bad" -H "Content-Type: $OCI.index.v1+json" --data-binary "@$WORK/manifest"
    ask manifest-put-unknown-type '' PUT "$path/unknown" -H 'Content-Type: application/x.unknown+json' \
        --data-binary '{"schemaVersion":2}'
    sed "s/$LAYER/$ABSENT/" "$WORK/manifest" >"$WORK/missing"
    ask manifest-put-missing-blob '' PUT "$path/missing" -H "Content-Type: $type" --data-binary "@$WORK/missing"
    make_manifest "$WORK/big" "$type" "{\"annotations\":{\"x\":\"$(head -c 100000 /dev/zero | tr '\0' x)\"}}"
    jq -c '.annotations.x *= 50' "$WORK/big" >"$WORK/big.5mb"
    ask manifest-put-5mb '' PUT "$path/big" -H "Content-Type: $type" --data-binary "@$WORK/big.5mb"
}

api_manifest_get() {
    local of=Content-Type,Content-Length,Docker-Content-Digest,ETag path="/v2/$REPO/manifests"
    local accept="Accept: $OCI.manifest.v1+json"

    ask manifest-get "$of" GET "$path/v1" -H "$accept"
    ask manifest-head "$of" HEAD "$path/v1" -H "$accept"
    ask manifest-get-digest "$of" GET "$path/$MANIFEST" -H "$accept"
    ask manifest-get-any Content-Type GET "$path/v1"
    ask manifest-get-no-accept Content-Type GET "$path/v1" -H 'Accept:'
    ask manifest-get-other-accept Content-Type GET "$path/v1" -H "Accept: $DOCKER.manifest.v2+json"
    ask manifest-get-index Content-Type GET "$path/index" -H "Accept: $OCI.index.v1+json"
    ask manifest-get-docker Content-Type GET "$path/docker" -H "Accept: $DOCKER.manifest.v2+json"
    ask manifest-none-match '' GET "$path/v1" -H "$accept" -H "If-None-Match: \"$MANIFEST\""
    ask manifest-absent-tag '' GET "$path/nothing" -H "$accept"
    ask manifest-absent-tag-head '' HEAD "$path/nothing" -H "$accept"
    ask manifest-absent-digest '' GET "$path/$ABSENT" -H "$accept"
    ask manifest-absent-repository '' GET /v2/compare/nothing/manifests/v1 -H "$accept"
    ask manifest-bad-reference '' GET "$path/.INVALID_MANIFEST_NAME" -H "$accept"
    ask manifest-bad-digest '' GET "$path/sha256:short" -H "$accept"
    ask manifest-method Allow POST "$path/v1"
    ask manifest-range Content-Length GET "$path/v1" -H "$accept" -H 'Range: bytes=0-9'
}

api_lists() {
    local tags="/v2/$REPO/tags/list"

    ask tags Content-Type,tags GET "$tags"
    ask tags-head Content-Type HEAD "$tags"
    ask tags-page Link,tags GET "$tags?n=2"
    ask tags-page-last Link,tags GET "$tags?n=2&last=docker"
    ask tags-last-absent tags GET "$tags?n=2&last=c"
    ask tags-zero Link,tags GET "$tags?n=0"
    ask tags-negative '' GET "$tags?n=-1"
    ask tags-no-number '' GET "$tags?n=abc"
    ask tags-large-page Link GET "$tags?n=1000"
    ask tags-absent-repository '' GET /v2/compare/nothing/tags/list
    ask tags-without-tags '' GET "/v2/$OTHER/tags/list"
    ask tags-method Allow DELETE "$tags"
    put_blob "$WORK/config" "$OTHER"
    put_manifest "$WORK/manifest" "$OTHER" v1 "$OCI.manifest.v1+json"
    ask catalog Content-Type,body GET /v2/_catalog
    ask catalog-page Link,body GET '/v2/_catalog?n=1'
    ask catalog-page-last Link,body GET "/v2/_catalog?n=1&last=$REPO"
    ask catalog-zero body GET '/v2/_catalog?n=0'
    ask catalog-no-number '' GET '/v2/_catalog?n=abc'
    ask referrers Content-Type GET "/v2/$REPO/referrers/$MANIFEST"
    ask referrers-filter OCI-Filters-Applied GET "/v2/$REPO/referrers/$MANIFEST?artifactType=application/x.test"
    ask referrers-none '' GET "/v2/compare/nothing/referrers/$ABSENT"
    ask referrers-bad-digest '' GET "/v2/$REPO/referrers/sha256:short"
}

api_delete() {
    local path="/v2/$REPO/manifests" accept="Accept: $OCI.manifest.v1+json"

    ask delete-tag '' DELETE "$path/v2"
    ask delete-tag-then-tag '' HEAD "$path/v2" -H "$accept"
    ask delete-tag-then-digest '' HEAD "$path/$MANIFEST" -H "$accept"
    ask delete-tag-absent '' DELETE "$path/nothing"
    ask delete-manifest '' DELETE "$path/$MANIFEST"
    ask delete-manifest-then-digest '' HEAD "$path/$MANIFEST" -H "$accept"
    ask delete-manifest-then-tag '' HEAD "$path/v1" -H "$accept"
    ask delete-manifest-again '' DELETE "$path/$MANIFEST"
    ask delete-manifest-absent-repository '' DELETE "/v2/compare/nothing/manifests/$ABSENT"
    ask delete-manifest-bad-digest '' DELETE "$path/sha256:short"
    ask delete-last-tag '' DELETE "/v2/$OTHER/manifests/$MANIFEST"
    ask delete-last-tag-then-list tags GET "/v2/$OTHER/tags/list"
    ask delete-blob Content-Length DELETE "/v2/$REPO/blobs/$LAYER"
    ask delete-blob-then-get '' GET "/v2/$REPO/blobs/$LAYER"
    ask delete-blob-then-mounted '' HEAD "/v2/$OTHER/blobs/$LAYER"
    ask delete-blob-again '' DELETE "/v2/$REPO/blobs/$LAYER"
    ask delete-blob-bad-digest '' DELETE "/v2/$REPO/blobs/sha256:short"
}

# Shapes of requests rather than endpoints.
api_http() {
    raw http-1.0 'GET /v2/ HTTP/1.0\r\n\r\n' 'GET /v2/ HTTP/1.0, no Host'
    raw http-no-host 'GET /v2/ HTTP/1.1\r\n\r\n' 'GET /v2/ HTTP/1.1, no Host'
    raw http-bare-lf 'GET /v2/ HTTP/1.1\nHost: x\n\n' 'lines that end in a bare LF'
    raw http-length-and-chunked \
        'POST /v2/a/blobs/uploads/ HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n' \
        'Content-Length and Transfer-Encoding'
    raw http-two-lengths \
        'POST /v2/a/blobs/uploads/ HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nContent-Length: 1\r\n\r\n' \
        'two Content-Length lines that differ'
    raw http-folded 'GET /v2/ HTTP/1.1\r\nHost: x\r\nX-A: b\r\n c\r\n\r\n' 'a folded header line'
    raw http-2.0 'GET /v2/ HTTP/2.0\r\nHost: x\r\n\r\n' 'GET /v2/ HTTP/2.0 in plain text'
    raw http-tls '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n' 'a TLS ClientHello on the plain port'
    ask http-expect '' PUT "/v2/$REPO/manifests/.bad" -H 'Expect: 100-continue' --data-binary "@$WORK/manifest"
    ask http-expect-unknown '' GET /v2/ -H 'Expect: something'
    ask http-long-head '' GET /v2/ -H "X-Long: $(head -c 40000 /dev/zero | tr '\0' x)"
    ask http-options Allow OPTIONS /v2/
}

api_all() {
    make_content
    api_base
    api_upload
    api_upload_refused
    api_upload_chunks
    api_post
    api_blob
    api_range
    api_manifest_put
    api_manifest_put_refused
    api_manifest_get
    api_lists
    api_delete
    api_http
}
