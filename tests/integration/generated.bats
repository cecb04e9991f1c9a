#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Layers that are kept nowhere: their bytes are made when they are read.

load lib/server

# make RECIPE IMAGE: makes it, waits until it is there, and sets LAYER to where its generated layer is.
make() {
    [[ $(control POST /fixtures "{\"recipe\": \"$1\", \"image\": \"$2\"}") == 201 ]]
    [[ $(status_of "$URL/v2/${2%:*}/manifests/${2##*:}") == 200 ]]
    DIGEST=$(jq -r '.layers[-1].digest' "$T/body")
    LAYER=$URL/v2/${2%:*}/blobs/$DIGEST
}

fetch() {
    curl --noproxy '*' -fsS "$@"
}

# Memory of the server's own, in KiB.
memory() {
    awk '$1 == "RssAnon:" { print $2 }' "/proc/$PID/status"
}

@test "a layer is as large as asked for, an archive, and what its digest says" {
    start
    make 'huge(generated=8MiB,seed=7)' a:v1
    fetch "$LAYER" >"$T/layer"
    [[ $(stat -c %s "$T/layer") == $((8 << 20)) ]]
    [[ sha256:$(sha256sum <"$T/layer" | cut -d' ' -f1) == "$DIGEST" ]]
    [[ $(tar -tvf "$T/layer") == *" $(((8 << 20) - 1536)) "*" generated.bin" ]]
    [[ $(status_of "$URL/v2/a/manifests/v1") == 200 ]]
    fetch "$URL/v2/a/blobs/$(jq -r .config.digest "$T/body")" >"$T/config"
    [[ $(jq -r '.rootfs.diff_ids[-1]' "$T/config") == "$DIGEST" ]]
}

@test "the same seed and size are the same layer, whoever makes it" {
    local first

    start
    make 'huge(generated=1MiB,seed=7)' a:v1
    first=$DIGEST
    stop
    start
    make 'huge(generated=1MiB,seed=7)' b:v2
    [[ $DIGEST == "$first" && $DIGEST == sha256:6f9529e1801237cea2af1fe5fdf74b8dbec23184a55b17db16d9b164fd2f4639 ]]
    make 'huge(generated=1MiB,seed=8)' b:v2
    [[ $DIGEST != "$first" ]]
}

@test "a range at any offset is what stands there in the whole" {
    local from n i

    start
    make 'huge(generated=2MiB,seed=3)' a:v1
    fetch "$LAYER" >"$T/layer"
    RANDOM=20
    for i in {1..40}; do
        from=$((RANDOM * 64 + RANDOM % 64))
        n=$((i % 2 ? RANDOM % 20 + 1 : RANDOM))
        fetch -r "$from-$((from + n - 1))" "$LAYER" >"$T/part"
        cmp "$T/part" <(tail -c +$((from + 1)) "$T/layer" | head -c "$n")
    done
    fetch -r -1500 "$LAYER" | cmp - <(tail -c 1500 "$T/layer")
    fetch -r 500-600,1000-1001 "$LAYER" | grep -q -a 'Content-Range: bytes 1000-1001/2097152'
    [[ $(status_of -r 2097152- "$LAYER") == 416 ]]
}

@test "a pull costs neither memory nor storage" {
    local before

    start
    make 'huge(generated=1GiB,seed=1)' a:v1
    before=$(memory)
    [[ sha256:$(fetch "$LAYER" | sha256sum | cut -d' ' -f1) == "$DIGEST" ]]
    ((before > 0 && $(memory) - before < 8 * 1024))
    fetch "$OCIMOCK_CONTROL/metrics" >"$T/metrics"
    (($(awk '$1 ~ /^ocimock_storage_bytes/ { print $2 }' "$T/metrics") < 16 * 1024))
}

@test "until its digest is known an image is not there yet, and says when" {
    start --image 'team/app:v1=huge(generated=100GiB)' --image 'team/app:v2=hello'
    curl --noproxy '*' -sI "$URL/v2/team/app/manifests/v1" | tr -d '\r' >"$T/head"
    grep -q -x 'HTTP/1.1 503 Service Unavailable' "$T/head"
    grep -q -E -x 'Retry-After: [1-9][0-9]*' "$T/head"
    [[ $(status_of "$URL/v2/team/app/manifests/v2") == 200 ]]
    [[ $(status_of "$URL/v2/team/app/manifests/v3") == 404 ]]
    [[ $(status_of "$URL/v2/other/manifests/v1") == 404 ]]
    stop
}

@test "clients that come again get it" {
    start --image 'team/app:v1=huge(generated=300MiB)'
    curl --noproxy '*' -fsS --retry 30 "$URL/v2/team/app/manifests/v1" >"$T/body"
    [[ $(jq '.layers[-1].size' "$T/body") == $((300 << 20)) ]]
}

@test "a reset brings those of the configuration back, and gives up what was being made" {
    start --image 'team/app:v1=huge(generated=8MiB)'
    curl --noproxy '*' -fsS --retry 30 -o "$T/before" "$URL/v2/team/app/manifests/v1"
    [[ $(control POST /fixtures '{"recipe": "huge(generated=100GiB)", "image": "a:v1", "wait": false}') == 202 ]]
    [[ $(control POST /reset '{"what": ["content"]}') == 200 ]]
    [[ $(status_of "$URL/v2/team/app/manifests/v1") == 200 && $(status_of "$URL/v2/a/manifests/v1") == 404 ]]
    fetch "$URL/v2/team/app/manifests/v1" | cmp - "$T/before"
    [[ $(control POST /reset '{"to": "empty"}') == 200 ]]
    [[ $(status_of "$URL/v2/team/app/manifests/v1") == 404 ]]
}

@test "who does not want to wait need not" {
    start
    [[ $(control POST /fixtures '{"recipe": "huge(generated=100GiB)", "image": "a:v1", "wait": false}') == 202 ]]
    [[ $(cat "$T/body") == '{"repository":"a"}' ]]
    [[ $(status_of "$URL/v2/a/manifests/v1") == 503 ]]
    stop
}

@test "sizes that cannot be are refused" {
    start
    [[ $(control POST /fixtures '{"recipe": "huge(generated=1000)", "image": "a:v1"}') == 400 ]]
    [[ $(cat "$T/body") == *"generated"*"1KiB to 100GiB"* ]]
    [[ $(control POST /fixtures '{"recipe": "huge(generated=1025)", "image": "a:v1"}') == 400 ]]
    [[ $(cat "$T/body") == *"expected a multiple of 512 bytes"* ]]
    [[ $(control POST /fixtures '{"recipe": "huge(generated=101GiB)", "image": "a:v1"}') == 400 ]]
    [[ $(status_of "$URL/v2/a/manifests/v1") == 404 ]]
}
