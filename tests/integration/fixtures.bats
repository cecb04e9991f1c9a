#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Images made of recipes: at start, over the control API, by `ocimock fixture`.

load lib/server

# manifest IMAGE: of the form REPO:REF; its body is in $T/body, its status printed.
manifest() {
    status_of "$URL/v2/${1%:*}/manifests/${1##*:}"
}

# digest_of IMAGE: as the registry says it.
digest_of() {
    curl --noproxy '*' -sI "$URL/v2/${1%:*}/manifests/${1##*:}" | tr -d '\r' |
        sed -n 's/^docker-content-digest: //Ip'
}

# golden RECIPE: the digest that is written down.
golden() {
    awk -v name="$1" '$1 == name { print $3; exit }' "$TOP_SRCDIR/fixtures/golden.tsv"
}

# post RECIPE-JSON IMAGE: prints the status.
post() {
    control POST /fixtures "{\"recipe\": $1, \"image\": \"$2\"}"
}

@test "the configuration names images, which are there from the start" {
    cat >"$T/c.yaml" <<'YAML'
images:
  - {name: "team-a/app:v1", recipe: app-v1, state: present}
  - {name: "team-a/app:v2", recipe: app-v2}
  - {name: gone, recipe: hello, state: absent}
  - name: own/thing
    recipe: {layers: 2, size: 100KiB, tags: [a, b]}
YAML
    start --config "$T/c.yaml" --image 'short:v3=random(layers=2,size=1KiB,seed=4)' --image x/y=docker
    [[ $(digest_of team-a/app:v1) == "$(golden app-v1)" ]]
    [[ $(digest_of team-a/app:v2) == "$(golden app-v2)" ]]
    [[ $(manifest gone:latest) == 404 ]]
    [[ $(status_of "$URL/v2/own/thing/tags/list") == 200 && $(jq -c .tags "$T/body") == '["a","b"]' ]]
    [[ $(manifest short:v3) == 200 && $(jq '.layers | length' "$T/body") == 2 ]]
    [[ $(digest_of x/y:latest) == "$(golden docker)" ]]
}

@test "the environment names images, commas and all" {
    OCIMOCK_IMAGES='library/app:v1=random(layers=2,size=1024,seed=1),other=hello' start
    [[ $(manifest library/app:v1) == 200 && $(jq '.layers | length' "$T/body") == 2 ]]
    [[ $(digest_of other:latest) == "$(golden hello)" ]]
}

@test "bad images stop the start, and say where" {
    printf 'images:\n  - {name: a}\n  - {name: b, recipe: helo}\n' >"$T/c.yaml"
    run -2 --separate-stderr "$OCIMOCK" serve --listen 127.0.0.1:0 --config "$T/c.yaml"
    [[ $stderr == *"images[1]: no recipe 'helo': did you mean 'hello'?"* ]]
    printf 'images:\n  - {name: b, recipe: {layrs: 1}}\n' >"$T/c.yaml"
    run -2 --separate-stderr "$OCIMOCK" serve --listen 127.0.0.1:0 --config "$T/c.yaml"
    [[ $stderr == *"images[0]: recipe.layrs: unknown key: did you mean 'layers'?"* ]]
    run -2 --separate-stderr "$OCIMOCK" serve --listen 127.0.0.1:0 --image 'a=random(size=5GiB)'
    [[ $stderr == *"image 'a=random(size=5GiB)': random: size: out of range: allowed is 0 to 1GiB"* ]]
    run -2 --separate-stderr "$OCIMOCK" serve --listen 127.0.0.1:0 --image a
    [[ $stderr == *"image 'a': expected NAME=RECIPE such as team/app:v1=hello"* ]]
    run -2 --separate-stderr "$OCIMOCK" serve --listen 127.0.0.1:0 --image A:b=hello
    [[ $stderr == *"'A:b' is no name of an image"* ]]
}

@test "the control API makes images" {
    start
    [[ $(post '"hello"' team/app:v1) == 201 ]]
    [[ $(jq -r .digest "$T/body") == "$(golden hello)" && $(jq -r .repository "$T/body") == team/app ]]
    [[ $(digest_of team/app:v1) == "$(golden hello)" ]]
    [[ $(post '{"layers": 3, "size": "1MiB", "tags": ["x"]}' many) == 201 ]]
    [[ $(manifest many:x) == 200 && $(jq '.layers | length' "$T/body") == 3 ]]
    [[ $(post '"app-v2"' team/app:v1) == 201 && $(digest_of team/app:v1) == "$(golden app-v2)" ]]
    [[ $(post '"helo"' a) == 404 && $(post '{"layrs": 1}' a) == 400 && $(post '3' a) == 400 ]]
    [[ $(post '"hello"' A) == 400 && $(control POST /fixtures '{}') == 400 ]]
    [[ $(status_of "$URL/v2/_catalog") == 200 && $(jq -c .repositories "$T/body") == '["many","team/app"]' ]]
    [[ $(control GET /fixtures) == 200 && $(jq -r '.wrong[0]' "$T/body") == bad-digest ]]
}

@test "wrong images are served as they are" {
    local blob

    start
    for name in $(awk -F'\t' '$1 ~ /-/ || $1 == "schema1" || $1 == "whiteouts" { print $1 }' \
        "$TOP_SRCDIR/fixtures/golden.tsv" | sort -u); do
        [[ $(post "\"$name\"" "wrong/$name:v1") == 201 ]] || { cat "$T/body" && return 1; }
    done
    [[ $(post '"random(wrong=bad-digest)"' b:v1) == 201 && $(manifest b:v1) == 200 ]]
    blob=$(jq -r '.layers[-1].digest' "$T/body")
    [[ $(status_of "$URL/v2/b/blobs/$blob") == 200 ]]
    [[ sha256:$(sha256sum <"$T/body" | cut -d' ' -f1) != "$blob" ]]
    [[ $(post '"random(wrong=missing-blob)"' m:v1) == 201 && $(manifest m:v1) == 200 ]]
    [[ $(status_of "$URL/v2/m/blobs/$(jq -r '.layers[-1].digest' "$T/body")") == 404 ]]
    [[ $(manifest wrong/manifest-over-limit:v1) == 200 && $(stat -c %s "$T/body") == 9437184 ]]
    [[ $(manifest wrong/cyclic-index:v1) == 200 ]]
    cp "$T/body" "$T/index"
    [[ $(manifest "wrong/cyclic-index:$(jq -r '.manifests[0].digest' "$T/index")") != 404 ]]
}
