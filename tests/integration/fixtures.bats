#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154 # stderr is set by run
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
    while read -r name; do
        [[ $(post "\"$name\"" "wrong/$name:v1") == 201 ]] || { cat "$T/body" && return 1; }
    done < <(awk -F'\t' '$1 ~ /-/ || $1 == "schema1" || $1 == "whiteouts" { print $1 }' \
        "$TOP_SRCDIR/fixtures/golden.tsv" | sort -u)
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

@test "fixture list, show and bad recipes" {
    ask fixture list
    [[ $status == 0 && $output == *"app-v1 "*"bad-digest "*"yes"* ]]
    ask fixture list --json
    [[ $(jq -r '.fixtures[] | select(.name == "hello") | .wrong' <<<"$output") == false ]]
    ask fixture show app-v1
    [[ $status == 0 && $output == *"print: node.war"* ]]
    echo "$output" >"$T/mine.yaml"
    ask fixture build "$T/mine.yaml" --dry-run --json
    [[ $(jq -r .digest <<<"$output") == "$(golden app-v1)" ]]
    ask fixture build - --dry-run --json <"$T/mine.yaml"
    [[ $(jq -r .digest <<<"$output") == "$(golden app-v1)" ]]
    printf 'layers:\n  - {fils: []}\n' >"$T/bad.yaml"
    ask fixture build "$T/bad.yaml" --dry-run
    refused 2 "*bad.yaml:2: layers[[]0].fils: unknown key: did you mean 'files'?"
    ask fixture build helo --dry-run
    refused 1 "ocimock fixture build: no recipe 'helo': did you mean 'hello'?"
    ask fixture build hello layers --dry-run
    refused 2 "ocimock fixture build: 'layers': expected KEY=VALUE"
    ask fixture build hello --layer-size 5GiB --dry-run
    refused 2 "ocimock fixture build: size: out of range: allowed is 0 to 1GiB"
    ask fixture build hello --layout a --archive b
    refused 2 "ocimock fixture build: one place is wanted: *"
    ask fixture build hello --user bob --dry-run
    refused 2 "*are for a registry*"
    ask fixture build hello --count 2 --dry-run
    refused 2 "*--count needs a name with {n}*"
    ask fixture build hello --control 127.0.0.1:1
    [[ $status == 4 ]]
}

@test "options and words change the recipe" {
    ask fixture build random --layers 3 --layer-size 2KiB --platform linux/arm64,linux/s390x --label a=b \
        --annotation c=d --seed 5 config.env='["A=1"]' --media-types oci --layout "$T/layout" --to x:y
    [[ $status == 0 && $output == "x:y sha256:"*"(3 manifests, 8 blobs, "* ]]
    ask fixture build random layers=3 size=2KiB platforms=linux/arm64,linux/s390x labels.a=b annotations.c=d seed=5 \
        config.env=A=1 --dry-run --json
    [[ $(jq -r .digest <<<"$output") == "$(jq -r '.manifests[0].digest' "$T/layout/index.json")" ]]
}

@test "into the running server, with names and in numbers" {
    start
    ask fixture build app-v1 --to team/app:v7
    [[ $output == "team/app:v7 $(golden app-v1) (6 manifests, 10 blobs, "*" bytes)" ]]
    [[ $(digest_of team/app:v7) == "$(golden app-v1)" ]]
    ask fixture build app-v2
    [[ $output == "app:v2 "* && $(digest_of app:v2) == "$(golden app-v2)" ]]
    ask fixture build random --count 3 --to 'load/app-{n}:v1' --json
    [[ $(jq -r '.[2].image' <<<"$output") == load/app-3:v1 ]]
    [[ $(jq -r '.[].digest' <<<"$output" | sort -u | wc -l) == 3 ]]
    [[ $(digest_of load/app-2:v1) == $(jq -r '.[1].digest' <<<"$output") ]]
    ask fixture build hello --to Team/App
    refused 1 "*'Team/App' is no name of an image*"
    ask fixture build bad-digest --to broken:v1
    [[ $status == 0 && $(manifest broken:v1) == 200 ]]
}

@test "a thousand small images in two seconds" {
    local began

    start
    began=$EPOCHREALTIME
    ask fixture build random --count 1000 --to 'load/app-{n}:v1' --quiet
    echo "took $((${EPOCHREALTIME/./} - ${began/./})) microseconds"
    [[ $status == 0 && $output == "" && $(manifest load/app-1000:v1) == 200 ]]
    # Slow builds (sanitizers, an emulator) get more time; the figure is for the ordinary one.
    [[ -n ${TEST_SANITIZER-} || $((${EPOCHREALTIME/./} - ${began/./})) -lt 2000000 ]]
}

@test "pushed to a registry like any image, with a login" {
    printf 'alice-secret\n' >"$T/password"
    printf 'wrong\n' >"$T/wrong"
    start --user alice:alice-secret
    ask fixture build docker --to "$URL/team/app:v1"
    refused 1 "*the registry refuses HEAD '/v2/team/app/blobs/*: 401*"
    ask fixture build docker --to "$URL/team/app:v1" --user alice --password-file "$T/wrong"
    refused 1 "*the token service answers 401"
    ask fixture build docker --to "$URL/team/app:v1" --user alice --password-file "$T/password"
    [[ $status == 0 && $output == "team/app:v1 $(golden docker) "* ]]
    ask fixture build sha512 --to "$URL/team/wide:v1" --user alice <"$T/password"
    [[ $status == 0 && $output == "team/wide:v1 sha512:"* ]]
    ask fixture build signature --to "$URL/team/signed" --user alice --password-file "$T/password"
    [[ $status == 0 ]]
    ask verify --op manifest.put --repo team/signed --count 3
    [[ $status == 0 ]]
    ask fixture build docker --to "$URL/team/app:v2" --user alice --password-file "$T/password"
    ask verify --op upload.start --repo team/app --count 4 # the second time all blobs were there
    [[ $status == 0 ]]
    ask fixture build 'huge(generated=1MiB)' --to "$URL/team/huge:v1" --user alice --password-file "$T/password"
    [[ $status == 0 ]]
    ask fixture build bad-digest --to "$URL/team/bad:v1" --user alice --password-file "$T/password"
    refused 1 "*wrong on purpose, which only a running ocimock takes*DIGEST_INVALID*"
    absent -e alice-secret "$T/log"
    stop
    start --user alice:alice-secret --auth-mode basic
    ask fixture build docker --to "$URL/team/app:v1" --user alice --password-file "$T/password"
    [[ $status == 0 ]]
    ask fixture build docker --to http://127.0.0.1:1/team/app:v1
    refused 4 "ocimock fixture build: no answer from http://127.0.0.1:1/v2/*"
    [[ $output != *"Start one"* ]]
    ask fixture build docker --to http://127.0.0.1:1
    refused 2 "*--to 'http://127.0.0.1:1' names no image: expected http://127.0.0.1:1/team/app:v1*"
}

@test "places that cannot be written are told, and nothing is left" {
    ask fixture build hello --archive "$T/none/x.tar"
    refused 1 "ocimock fixture build: cannot write '$T/none/x.tar': No such file or directory"
    ask fixture build hello --archive "$T"
    refused 1 "*'$T' is a folder, expected the name of a file to write"
    mkfifo "$T/pipe"
    ask fixture build hello --archive "$T/pipe" # like /dev/null, which would be gone
    refused 1 "*'$T/pipe' is no regular file*"
    [[ -p $T/pipe ]]
    ask fixture build hello --archive -
    refused 1 "*'-' is no file*"
    [[ ! -e ./- ]]
    : >"$T/file"
    ask fixture build hello --layout "$T/file"
    refused 1 "*Not a directory"
    ask fixture build files pad_to=1 --dry-run
    refused 2 "*pad_to: unknown key*"
    ask fixture build random manifest_size=10 --layout "$T/layout"
    [[ $status == 2 && ! -e $T/layout ]]
    mkdir "$T/empty"
    ask fixture build random manifest_size=10 --archive "$T/empty/x.tar"
    [[ $status == 2 && $(ls "$T/empty") == "" ]]
}
