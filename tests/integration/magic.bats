#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Magic names: repositories that go wrong as their name says, without a control channel.

load lib/server
load lib/hello

# magic FAULT [CURL-OPTION...]: fetches the tag below mock/FAULT/.
magic() {
    fetch "$URL/v2/mock/$1/hello/manifests/v1" "${@:2}"
}

# layer FAULT [CURL-OPTION...]: the same for the layer.
layer() {
    fetch "$URL/v2/mock/$1/hello/blobs/$LAYER" "${@:2}"
}

@test "each fault shows on the wire" {
    start --magic
    push_hello
    [[ $(magic absent) == 404 && $(jq -r '.errors[0].code' "$T/got") == NAME_UNKNOWN ]]
    [[ $(layer absent) == 404 && $(fetch "$URL/v2/mock/absent/hello/tags/list") == 404 ]]
    [[ $(magic unauthorized) == 401 ]]
    head_has 'WWW-Authenticate: Bearer .*scope="repository:mock/unauthorized/hello:pull".*'
    [[ $(magic denied) == 403 ]]
    [[ $(magic status-418) == 418 && $(layer status-418) == 418 ]]
    [[ $(magic status-429.retry-after-7) == 429 ]]
    head_has 'Retry-After: 7'
    [[ $(LIMIT=0.5 magic delay-30s) == 000/28 && $(layer delay-30s) == 200 && $(magic delay-1ms) == 200 ]]
    [[ $(LIMIT=0.5 layer delay-body-30s) == 200/28 ]]
    [[ $(LIMIT=0.5 magic hold-g1) == 000/28 ]]
    "$OCIMOCK" gate release g1
    [[ $(magic hold-g1) == 200 ]]
    [[ $(LIMIT=0.5 layer rate-10k) == 200/28 && $(LIMIT=0.5 layer drip-1h) == 200/28 ]]
    [[ $(layer cut-50p) == 200/18 && $(wc -c <"$T/got") == 307200 ]]
    [[ $(layer cut-100k) == 200/18 && $(wc -c <"$T/got") == 102400 ]]
    [[ $(LIMIT=0.5 layer stall-after-1k) == 200/28 && $(wc -c <"$T/got") == 1024 ]]
    [[ $(LIMIT=0.5 layer stall-after-1m) == 200/28 && $(wc -c <"$T/got") == 608256 ]] # 99 % of what is smaller
    [[ $(layer reset-after-1k) == 200/56 && $(wc -c <"$T/got") == 1024 ]]
    [[ $(LIMIT=0.5 magic stall) == 000/28 && $(magic reset) == 000/56 && $(magic drop) == 000/52 ]]
    [[ $(magic garbage) == 000/* && $(layer bad-chunk) == 200/* && $(magic close-idle) == 200 ]]
    [[ $(layer flip-4) == 200 ]]
    run -1 cmp "$T/got" "$T/layer"
    [[ $(layer truncate-64) == 200 && $(wc -c <"$T/got") == 64 ]]
    [[ $(layer range-refuse -r 10-) == 416 && $(layer range-ignore -r 10-) == 200 ]]
    [[ $(magic digest-header-missing) == 200 ]]
    run -1 head_has 'Docker-Content-Digest: .*'
    [[ $(layer length-header-wrong) == 200/18 ]]
    [[ $(magic type-header-wrong) == 200 ]]
    run -1 head_has "Content-Type: $OCI.manifest.v1+json"
    [[ $(magic status-401.challenge-missing) == 401 ]]
    run -1 head_has 'WWW-Authenticate: .*'

    # and the repository itself is well
    [[ $(fetch "$M") == 200 && $(fetch "$L") == 200 ]]
    cmp "$T/got" "$T/layer"
}

@test "limits: how often, from when on, each so many-th, on what" {
    start --magic
    push_hello
    [[ "$(magic status-503.times-2) $(magic status-503.times-2) $(magic status-503.times-2)" == '503 503 200' ]]
    [[ "$(magic status-503.from-2.times-1) $(magic status-503.from-2.times-1) $(magic status-503.from-2.times-1)" == '200 503 200' ]]
    [[ "$(magic status-503.every-2) $(magic status-503.every-2) $(magic status-503.every-2)" == '200 503 200' ]]
    [[ "$(magic status-503.on-layer) $(layer status-503.on-layer)" == '200 503' ]]
    [[ "$(magic status-503.on-head) $(magic status-503.on-head -I)" == '200 503' ]]
    # another client, another name, another pause
    [[ "$(magic status-503.times-2 -A other) $(magic status-503.times-2.id-7)" == '503 503' ]]
    "$OCIMOCK" clock advance 9m
    [[ $(magic status-503.times-2) == 200 ]]
    "$OCIMOCK" clock advance 11m
    [[ $(magic status-503.times-2) == 503 ]]
}

@test "scenarios are words, and their parameters" {
    start --magic
    push_hello
    [[ "$(magic rate-limited.times-1.retry-after-3) $(magic rate-limited.times-1.retry-after-3)" == '429 200' ]]
    [[ $(layer corrupt-layer) == 200 ]]
    run -1 cmp "$T/got" "$T/layer"
    [[ $(layer truncated-layer-resumable.after-10k) == 200/18 && $(wc -c <"$T/got") == 10240 ]]
    [[ $(layer truncated-layer-resumable.after-10k -r 10240-) == 206 ]]
    [[ $(layer truncated-layer-resumable.after-25p) == 200/18 && $(wc -c <"$T/got") == 153600 ]]
    # each that is listed can be asked for
    for name in $("$OCIMOCK" scenario list --magic --json | jq -r '.scenarios[]'); do
        [[ $(LIMIT=0.2 fetch -I "$URL/v2/mock/$name/nothing/manifests/v1") != 200 ]]
        run -1 grep -q 'scenario list --magic' "$T/got"
    done
    [[ $("$OCIMOCK" scenario list --magic --json | jq '.scenarios | length') -gt 30 ]]
    [[ $("$OCIMOCK" scenario list --magic) == *'stall-after-OFFSET '*'rate-limited '*'times-COUNT '* ]]
}

@test "what the name stands for: content, names in answers, pushes, the journal" {
    start --magic
    push_hello
    local name=mock/delay-1ms/hello upload

    [[ $(fetch "$URL/v2/$name/tags/list?n=1") == 200 && $(jq -r .name "$T/got") == "$name" ]]
    head_has "Link: </v2/$name/tags/list?last=latest&n=1>; rel=\"next\""
    [[ $(fetch "$URL/v2/$name/manifests/none") == 404 && $(jq -r '.errors[0].detail.name' "$T/got") == "$name" ]]
    # a session that begins under the name goes on under it, and ends in the repository
    [[ $(fetch -X POST "$URL/v2/$name/blobs/uploads/") == 202 ]]
    upload=$(tr -d '\r' <"$T/head" | sed -n 's/^Location: //p')
    [[ $upload == /v2/$name/blobs/uploads/* ]]
    [[ $(fetch -X PUT --data-binary more -H 'Content-Type: application/octet-stream' \
        "$URL$upload?digest=sha256:$(printf more | sha256sum | cut -d' ' -f1)") == 201 ]]
    head_has "Location: /v2/$name/blobs/sha256:.*"
    [[ $(fetch "$URL/v2/hello/blobs/sha256:$(printf more | sha256sum | cut -d' ' -f1)") == 200 ]]
    [[ $(fetch -X PUT --data-binary "@$T/v1" -H "Content-Type: $OCI.manifest.v1+json" "$URL/v2/$name/manifests/v3") == 201 ]]
    [[ $(fetch "$URL/v2/hello/manifests/v3") == 200 ]]
    # a mount comes from the repository that is meant
    [[ $(fetch -X POST "$URL/v2/other/blobs/uploads/?mount=$LAYER&from=$name") == 201 ]]
    [[ $(fetch "$URL/v2/_catalog") == 200 && $(jq -c .repositories "$T/got") == '["hello","other"]' ]]
    # states are those of the repository, too
    "$OCIMOCK" image set hello:v1 absent
    [[ $(magic delay-1ms) == 404 ]]
    "$OCIMOCK" image set hello:v1 present
    [[ $(magic status-503) == 503 ]]
    "$OCIMOCK" requests --json | jq -e '[.requests[] | select(.repo == "mock/status-503/hello")] |
        length == 1 and .[0].rules == ["mock/status-503"]'
    "$OCIMOCK" verify --op manifest.put --repo "$name" --count 1
}

@test "hello is there by itself, unless another one is" {
    start --magic
    [[ $(fetch "$URL/v2/hello/tags/list") == 200 && $(jq -c .tags "$T/got") == '["latest","v1"]' ]]
    [[ $(magic delay-1ms) == 200 && $(magic status-503) == 503 ]]
    stop
    start --magic --image 'hello:v9=random(layers=1,size=1KiB)'
    [[ $(fetch "$URL/v2/hello/tags/list") == 200 && $(jq -c .tags "$T/got") == '["v9"]' ]]
    stop
    start
    [[ $(fetch "$URL/v2/hello/tags/list") == 404 && $(fetch "$URL/token/mock/absent/hello") == 404 ]]
}

@test "a name that says no fault is told so" {
    start --magic
    push_hello
    while IFS='|' read -r name why; do
        [[ $(fetch "$URL/v2/mock/$name/manifests/v1") == 404 ]]
        jq -e --arg why "$why" '.errors[0] | .code == "NAME_UNKNOWN" and (.message | startswith($why)) and
            .detail.list == "ocimock scenario list --magic"' "$T/got" || { cat "$T/got" && false; }
    done <<-'END'
	statsu-503/hello|'statsu-503' is no fault: did you mean 'status'?
	absnt/hello|'absnt' is no fault: did you mean 'absent'?
	rate-limted/hello|'rate-limted': behind 'rate-' a size such as 64k or 1m is wanted; or did you mean 'rate-limited'?
	status-999999/hello|'status-999999': behind 'status-' a status such as 503 is wanted
	delay-30/hello|'delay-30': behind 'delay-' a time such as 500ms, 30s or 2m is wanted
	range-x/hello|then.range: 'x' is not allowed: expected ignore, shift
	times-2/hello|'times-2' says no fault
	registry-down/hello|the scenario 'registry-down' cannot be asked for so: it reaches beyond the repository
	connections-refused/hello|it cannot be asked for by a name
	moved-tag/hello|the scenario 'moved-tag' cannot be asked for so: the parameter 'repo' is missing
	deleted-after-pull.image-x/hello|the scenario 'deleted-after-pull' cannot be asked for so: it reaches beyond the repository
	absent.absent.absent.absent.absent.absent.absent.absent.absent/hello|more than 8 words
	absent|a repository is missing behind the fault
	END
    [[ $(fetch "$URL/v2/mock/hello/tags/list") == 404 && $(fetch "$URL/v2/mockery/hello/tags/list") == 404 ]]
    run -1 grep -q 'scenario list --magic' "$T/got"
}

@test "without --magic these are names like others" {
    start
    [[ $(fetch -X POST "$URL/v2/mock/absent/hello/blobs/uploads/") == 202 ]]
    [[ $(fetch "$URL/v2/mock/absent/hello/tags/list") == 200 ]]
}

# token SCOPE [CURL-OPTION...]: sets TOKEN; prints the status.
token() {
    local said

    said=$(fetch "$URL/token?service=ocimock&scope=$1" "${@:2}")
    TOKEN=$(jq -r '.token // empty' "$T/got")
    echo "$said"
}

# form NAME: asks for a token as containerd does, where its challenge leads.
form() {
    fetch "$URL/token/$1" -d grant_type=password -d service=ocimock -d client_id=test -d username=alice -d password=secret \
        --data-urlencode "scope=repository:$1:pull"
}

@test "credentials: policy is that of the repository, scopes are those of the name" {
    start --magic --user alice:secret --user bob:secret --config <(cat <<-'END'
	auth:
	  policy:
	    - {accounts: [alice], repositories: [hello]}
	    - {accounts: [bob], repositories: ['mock/*']}
	END
    )
    token repository:hello:pull,push -u alice:secret >"$T/said"
    push_hello -H "Authorization: Bearer $TOKEN"
    [[ $(magic delay-1ms) == 401 ]]
    head_has 'WWW-Authenticate: .*scope="repository:mock/delay-1ms/hello:pull".*'
    token repository:mock/delay-1ms/hello:pull -u alice:secret >"$T/said"
    [[ $(magic delay-1ms -H "Authorization: Bearer $TOKEN") == 200 ]]
    [[ $(magic delay-2ms -H "Authorization: Bearer $TOKEN") == 401 ]]
    token repository:mock/delay-1ms/hello:pull -u bob:secret >"$T/said"
    [[ $(magic delay-1ms -H "Authorization: Bearer $TOKEN") == 401 ]]
    # a token for what is unauthorized grants nothing, and one for what is absent does
    token repository:mock/unauthorized/hello:pull -u alice:secret >"$T/said"
    [[ $(magic unauthorized -H "Authorization: Bearer $TOKEN") == 401 ]]
    head_has 'WWW-Authenticate: .*error="insufficient_scope".*'
    token repository:mock/absent/hello:pull -u alice:secret >"$T/said"
    [[ $(magic absent -H "Authorization: Bearer $TOKEN") == 404 ]]
    token repository:mock/denied/hello:pull -u alice:secret >"$T/said"
    [[ $(magic denied -H "Authorization: Bearer $TOKEN") == 403 ]]
    # the token service is part of it
    [[ $(token repository:mock/token-server-down/hello:pull -u alice:secret) == 503 ]]
    [[ $(token repository:mock/status-503/hello:pull -u alice:secret) == 200 ]]
    [[ $(token repository:mock/status-503.on-token/hello:pull -u alice:secret) == 503 ]]
    token repository:mock/token-expired/hello:pull -u alice:secret >"$T/said"
    [[ $(magic token-expired -H "Authorization: Bearer $TOKEN") == 401 ]]
    # also where a form is posted, which the realm leads to
    [[ $(magic token-server-down) == 401 ]]
    head_has "WWW-Authenticate: Bearer realm=\"$URL/token/mock/token-server-down/hello\",.*"
    [[ $(form mock/token-server-down/hello) == 503 && $(form mock/status-503/hello) == 200 ]]
    [[ $(magic status-503 -H "Authorization: Bearer $(jq -r .access_token "$T/got")") == 503 ]]
    [[ $(fetch "$URL/token/mock/No/hello") == 404 && $(fetch "$URL/token/mocks") == 404 ]]
}

@test "worlds have magic names, too" {
    start --magic
    "$OCIMOCK" world add t1 --prefix p --auth none >"$T/world"
    [[ $(fetch "$URL/v2/mock/status-503/p/app/manifests/v1") == 503 ]]
    "$OCIMOCK" verify --world t1 --repo 'mock/status-503/p/app' --count 1
    "$OCIMOCK" verify --repo 'mock/*' --count 0
}

@test "made-up names do not make the server grow" {
    start --magic
    local before after

    for i in {1..300}; do
        printf 'url = "%s/v2/mock/status-503.times-1.id-x%d/hello/manifests/v1"\noutput = /dev/null\n' "$URL" "$i"
    done >"$T/urls"
    curl --noproxy '*' -s -K "$T/urls"
    before=$(awk '/RssAnon/ { print $2 }' "/proc/$PID/status")
    sed 's/id-x/id-y/' "$T/urls" >"$T/more"
    for i in {1..10}; do
        sed -i "s/id-[a-z0-9]*y\?\([0-9]*\)\/hello/id-y$i\1\/hello/" "$T/more"
        curl --noproxy '*' -s -K "$T/more"
    done
    after=$(awk '/RssAnon/ { print $2 }' "/proc/$PID/status")
    echo "before $before KiB, after $after KiB"
    [[ $((after - before)) -lt 4096 ]]
}
