#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Logging in, and what may be pulled and pushed with right, wrong and no credentials: with Basic and
# with Bearer, on a plain port and over TLS with the CA of --tls-auto.

load lib

setup_file() {
    engines_setup
    auth_start token 127.0.0.1 10.99.0.1
    auth_start basic 127.0.0.1 10.99.0.1
    fill token
    fill basic
    if have dockerd && have containerd; then
        containerd_start
        dockerd_start
    fi
}

teardown_file() {
    engines_teardown
}

setup() {
    export REGISTRY_AUTH_FILE=$BATS_TEST_TMPDIR/auth.json DOCKER_CONFIG=$BATS_TEST_TMPDIR/docker
    echo '{}' >"$REGISTRY_AUTH_FILE"
}

# alice may do everything; bob reads what is public.
auth_configuration() {
    cat <<-END
	auth:
	  mode: $1
	  accounts:
	    - {name: alice, secret: alices-secret}
	    - {name: bob, secret: bobs-secret}
	  policy:
	    - {accounts: [alice], repositories: ["*"], actions: [pull, push, delete]}
	    - {accounts: ["*"], repositories: ["public/*"], actions: [pull]}
	END
}

# auth_start NAME ADDRESS TLS-ADDRESS: exports PLAIN_NAME, TLS_NAME (host:port) and LOG_NAME.
auth_start() {
    local name=$1 dir=$WORK/$1 mode=bearer

    [[ $name == token ]] || mode=$name
    mkdir -p "$dir"
    auth_configuration "$mode" >"$dir/ocimock.yaml"
    ocimock_start "$dir" --log-format json --config "$dir/ocimock.yaml" --listen "$2:0" \
        --tls-listen "$3:0" --tls-auto "$dir/tls"
    export "PLAIN_$name=${OCIMOCK_URLS[0]#*://}" "TLS_$name=${OCIMOCK_URLS[1]#*://}" \
        "LOG_$name=$dir/ocimock.out.err" "CA_$name=$dir/tls/ca.crt"
}

# fill NAME: what is private and what is public, and the CA where engines look for it.
fill() {
    local plain=PLAIN_$1 tls=TLS_$1 ca=CA_$1 repo

    mkdir -p "/etc/docker/certs.d/${!tls}"
    cp "${!ca}" "/etc/docker/certs.d/${!tls}/ca.crt"
    for repo in private/hello public/hello; do
        skopeo copy --quiet --preserve-digests --dest-tls-verify=false --dest-creds alice:alices-secret \
            "oci:$LAYOUT:hello" "docker://${!plain}/$repo:v1"
    done
}

# on MODE TRANSPORT: sets REGISTRY, LOG and VERIFY (an option of podman and its relatives).
on() {
    local where=PLAIN_$1 log=LOG_$1

    VERIFY=--tls-verify=false
    if [[ $2 == tls ]]; then
        where=TLS_$1
        VERIFY=--tls-verify=true
    fi
    export REGISTRY=${!where} LOG=${!log}
}

# fails TEXT... -- COMMAND...: it must, and say one of these.
fails() {
    local -a texts=()
    local text

    while [[ $1 != -- ]]; do
        texts+=("$1")
        shift
    done
    shift
    run "$@"
    say "$output"
    ((status != 0))
    for text in "${texts[@]}"; do
        [[ $output != *"$text"* ]] || return 0
    done
    say "none of: ${texts[*]}"
    return 1
}

LOGIN_REFUSED=('invalid username/password' 'incorrect username or password' '401 Unauthorized')
PULL_REFUSED=('authentication required' 'access to the resource is denied' 'authorization failed'
    'pull access denied' 'failed to authorize' 'no basic auth credentials' 'unauthorized'
    '403 (Forbidden)' 'StatusCode: 403')

# login ENGINE USER SECRET
login() {
    case $1 in
    docker) docker login --username "$2" --password "$3" "$REGISTRY" ;;
    *) "$1" login "$VERIFY" --username "$2" --password "$3" "$REGISTRY" ;;
    esac
}

logout() {
    "$1" logout "$REGISTRY"
}

# pull ENGINE REPOSITORY
pull() {
    case $1 in
    skopeo) skopeo copy --quiet "--src-${VERIFY#--}" "docker://$REGISTRY/$2:v1" "oci:$BATS_TEST_TMPDIR/out:v1" ;;
    docker)
        command "$DOCKER" -H "unix://$DOCKER_SOCKET" image rm --force "$REGISTRY/$2:v1" >/dev/null 2>&1 || true
        docker pull --quiet "$REGISTRY/$2:v1"
        ;;
    buildah) buildah pull --policy always --quiet "$VERIFY" "$REGISTRY/$2:v1" ;;
    *) "$1" pull --quiet "$VERIFY" "$REGISTRY/$2:v1" ;;
    esac
}

# push ENGINE REPOSITORY: what was pulled as public/hello.
push() {
    case $1 in
    skopeo) skopeo copy --quiet "--dest-${VERIFY#--}" "oci:$LAYOUT:hello" "docker://$REGISTRY/$2:v1" ;;
    docker)
        docker tag "$REGISTRY/public/hello:v1" "$REGISTRY/$2:v1"
        docker push --quiet "$REGISTRY/$2:v1"
        ;;
    *) "$1" push --quiet "$VERIFY" "$REGISTRY/public/hello:v1" "docker://$REGISTRY/$2:v1" ;;
    esac
}

# round ENGINE: all of it, on the registry of on().
round() {
    local engine=$1

    # Nobody in particular.
    pull "$engine" public/hello
    fails "${PULL_REFUSED[@]}" -- pull "$engine" private/hello
    # Wrong.
    fails "${LOGIN_REFUSED[@]}" -- login "$engine" alice wrong-secret
    fails "${LOGIN_REFUSED[@]}" -- login "$engine" nobody alices-secret
    # Right, but not for this.
    login "$engine" bob bobs-secret
    pull "$engine" public/hello
    fails "${PULL_REFUSED[@]}" -- pull "$engine" private/hello
    fails "${PULL_REFUSED[@]}" -- push "$engine" "private/$engine-$BATS_TEST_NUMBER"
    logout "$engine"
    # Right.
    login "$engine" alice alices-secret
    pull "$engine" private/hello
    push "$engine" "private/$engine-$BATS_TEST_NUMBER"
    pull "$engine" "private/$engine-$BATS_TEST_NUMBER"
    logout "$engine"
    fails "${PULL_REFUSED[@]}" -- pull "$engine" "private/$engine-$BATS_TEST_NUMBER"
}

@test "auth: skopeo with tokens, plain" {
    need skopeo
    on token plain
    round skopeo
}

@test "auth: skopeo with tokens, TLS" {
    need skopeo
    on token tls
    round skopeo
}

@test "auth: skopeo with Basic, plain" {
    need skopeo
    on basic plain
    round skopeo
}

@test "auth: skopeo with Basic, TLS" {
    need skopeo
    on basic tls
    round skopeo
}

@test "auth: podman with tokens, plain" {
    need podman
    on token plain
    round podman
}

@test "auth: podman with tokens, TLS" {
    need podman
    on token tls
    round podman
}

@test "auth: podman with Basic, TLS" {
    need podman
    on basic tls
    round podman
}

@test "auth: buildah with tokens, TLS" {
    need buildah
    on token tls
    round buildah
}

@test "auth: buildah with Basic, plain" {
    need buildah
    on basic plain
    round buildah
}

@test "auth: podman with Basic, plain" {
    need podman
    on basic plain
    round podman
}

@test "auth: buildah with tokens, plain" {
    need buildah
    on token plain
    round buildah
}

@test "auth: buildah with Basic, TLS" {
    need buildah
    on basic tls
    round buildah
}

@test "auth: docker with tokens, plain" {
    need docker dockerd containerd
    on token plain
    round docker
}

@test "auth: docker with tokens, TLS" {
    need docker dockerd containerd
    on token tls
    round docker
}

# docker sends credentials to a registry with Basic always, or never.
docker_basic() {
    on basic "$1"
    fails "${LOGIN_REFUSED[@]}" -- login docker alice wrong-secret
    fails "${PULL_REFUSED[@]}" -- pull docker private/hello
    login docker alice alices-secret
    pull docker public/hello
    pull docker private/hello
    push docker "private/docker-$1"
    logout docker
    fails "${PULL_REFUSED[@]}" -- pull docker "private/docker-$1"
}

@test "auth: docker with Basic, plain" {
    need docker dockerd containerd
    docker_basic plain
}

@test "auth: docker with Basic, TLS" {
    need docker dockerd containerd
    docker_basic tls
}

@test "auth: docker keeps an identity token instead of the password, and pulls with it" {
    local entry

    need docker dockerd containerd
    on token plain
    watch_requests
    login docker alice alices-secret
    entry=$(jq -r --arg registry "$REGISTRY" '.auths[$registry]' "$DOCKER_CONFIG/config.json")
    same "$(jq 'has("identitytoken")' <<<"$entry")" true
    same "$(jq -r .auth <<<"$entry" | base64 -d | tr -d '\0')" alice:
    pull docker private/hello
    wait_requests 1 '.op == "token" and .method == "POST" and .auth == "bearer" and .user == "alice"
        and .granted == "repository:private/hello:pull"'
    # The password was sent for the login alone.
    same "$(requests '.op == "token" and .auth == "basic"')" 1
}

# saw JQ-CONDITION: a request since watch_requests fulfils it.
saw() {
    (($(requests "$1") > 0))
}

@test "auth: ctr with tokens: POST, and what the log says of it" {
    need containerd ctr
    on token plain
    watch_requests
    ctr images pull --plain-http --user alice:alices-secret "$REGISTRY/private/hello:v1"
    wait_for 5 'a token by POST' saw '.op == "token" and .method == "POST" and .status == 200 and .user == "alice"'
    fails "${PULL_REFUSED[@]}" -- ctr images pull --plain-http --user alice:wrong-secret "$REGISTRY/private/hello:v1"
    # Refused, it tries GET before it gives up.
    wait_for 5 'a GET' saw '.op == "token" and .method == "GET" and .status == 401 and .auth == "invalid"'
}

@test "auth: skopeo copies between repositories with one token for both" {
    need skopeo
    on token plain
    login skopeo alice alices-secret
    watch_requests
    skopeo copy --quiet --src-tls-verify=false --dest-tls-verify=false "docker://$REGISTRY/private/hello:v1" \
        "docker://$REGISTRY/private/mounted:v1"
    wait_requests 1 '.op == "manifest.put" and .status == 201'
    pull skopeo private/mounted
}

@test "auth: skopeo deletes with the right to delete" {
    need skopeo
    on token plain
    login skopeo alice alices-secret
    push skopeo private/delete
    skopeo delete --tls-verify=false "docker://$REGISTRY/private/delete:v1"
    fails 'manifest unknown' -- pull skopeo private/delete
}

@test "auth: no secret and no token is in a log" {
    local log file

    # shellcheck disable=SC2154 # of auth_start
    for log in "$LOG_token" "$LOG_basic"; do
        (($(grep -c '"msg":"request"' "$log") > 10))
        for file in alices-secret bobs-secret wrong-secret \
            "$(printf alice:alices-secret | base64)" "$(printf bob:bobs-secret | base64)" eyJ; do
            run grep -F "$file" "$log"
            ((status == 1))
        done
    done
}
