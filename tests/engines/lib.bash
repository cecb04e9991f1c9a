# SPDX-License-Identifier: MIT
# For the .bats files here: the registry, the engines, the images. Run the files with run-bats.
#
# A file's setup_file calls engines_setup, then the starts it needs; its teardown_file calls
# engines_teardown. Everything is below $WORK, which bats removes.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # variables of and for the .bats files

TOP_SRCDIR=${TOP_SRCDIR:-$(cd "$BATS_TEST_DIRNAME/../.." && pwd)}
TOP_BUILDDIR=${TOP_BUILDDIR:-$TOP_SRCDIR/build}
WORK=${BATS_FILE_TMPDIR:-}
LAYOUT=$WORK/layout # images: hello (amd64 or what runs here), multi (an index), large (64 MiB)
HELLO='hello from the registry'

# shellcheck source=scripts/lib/process.bash
. "$TOP_SRCDIR/scripts/lib/process.bash"
# shellcheck source=scripts/lib/servers.bash
. "$TOP_SRCDIR/scripts/lib/servers.bash"
# shellcheck source=scripts/lib/layout.bash
. "$TOP_SRCDIR/scripts/lib/layout.bash"

# need PROGRAM...: a test that cannot run says why.
need() {
    local program

    for program in "$@"; do
        command -v "$program" >/dev/null || skip "$program is not installed"
    done
}

have() {
    command -v "$1" >/dev/null
}

# --- Set-up ---------------------------------------------------------------------------------------

engines_setup() {
    [[ ${ENGINES_ENTERED-} == yes ]] || die "run this file with tests/engines/run-bats"
    export HOME=$WORK/home OCIMOCK=${OCIMOCK:-$TOP_BUILDDIR/ocimock}
    mkdir -p "$HOME"
    unset DOCKER_HOST DOCKER_CONFIG CONTAINER_HOST REGISTRY_AUTH_FILE XDG_RUNTIME_DIR
    containers_configuration
    make_images
}

# dockerd may leave its data folder mounted on itself, depending on how the root is mounted.
engines_teardown() {
    process_stop_all
    awk -v work="$WORK/" 'index($5, work) == 1 { print $5 }' /proc/self/mountinfo | sort -r |
        xargs -r -d '\n' umount -l
}

# What podman, buildah and skopeo read; /etc is private to this run.
containers_configuration() {
    cat >/etc/containers/policy.json <<<'{"default": [{"type": "insecureAcceptAnything"}]}'
    cat >/etc/containers/registries.conf <<<'unqualified-search-registries = []'
    cat >/etc/containers/storage.conf <<-END
	[storage]
	driver = "vfs"
	graphroot = "$WORK/containers"
	runroot = "/run/containers/storage"
	END
    cat >/etc/containers/containers.conf <<-END
	[containers]
	default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
	[engine]
	runtime = "runc"
	cgroup_manager = "cgroupfs"
	events_logger = "none"
	lock_type = "file"
	END
}

make_images() {
    local arch dir=$WORK/images one two

    arch=$(image_arch)
    mkdir -p "$dir/root" "$dir/other" "$dir/large"
    image_program "$dir/root/hello" "$HELLO"
    echo other >"$dir/other/hello"
    head -c $((64 << 20)) /dev/urandom >"$dir/large/random"
    layer_tar "$dir/hello.tar" "$dir/root"
    layer_tar "$dir/other.tar" "$dir/other"
    layer_tar "$dir/large.tar" "$dir/large"
    gzip -n -k "$dir/hello.tar" "$dir/other.tar"
    layout_init "$LAYOUT"
    one=$(layout_image "$LAYOUT" "$arch" "$OCI_LAYER_GZIP" "$dir/hello.tar.gz")
    two=$(layout_image "$LAYOUT" "$(other_arch "$arch")" "$OCI_LAYER_GZIP" "$dir/other.tar.gz")
    layout_tag "$LAYOUT" hello "$one"
    layout_tag "$LAYOUT" multi "$(layout_index "$LAYOUT" "$one" "$two")"
    layout_tag "$LAYOUT" large "$(layout_image "$LAYOUT" "$arch" "$OCI_LAYER" "$dir/hello.tar" "$dir/large.tar")"
    rm -r "$dir"
}

other_arch() {
    [[ $1 == arm64 ]] && echo amd64 || echo arm64
}

# registry_start [OPTION...]: exports URL, REGISTRY (host:port), and of a TLS listener, if the options
# ask for one, TLS_URL and TLS_REGISTRY; LOG has one JSON object per request. The client commands of
# ocimock find it by OCIMOCK_CONTROL.
registry_start() {
    ocimock_start "$WORK/registry" --log-format json --listen 127.0.0.1:0 "$@"
    export URL=$OCIMOCK_URL REGISTRY=${OCIMOCK_URL#*://} LOG=$WORK/registry/ocimock.out.err
    export TLS_URL=${OCIMOCK_URLS[1]:-} OCIMOCK_CONTROL
    export TLS_REGISTRY=${TLS_URL#*://}
}

# A CA, and a certificate of it for every name and address of this namespace. Exports CA (a file).
# CERTIFICATE and KEY are for the server.
make_ca() {
    local dir=$WORK/ca

    mkdir -p "$dir"
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj '/CN=test CA' \
        -keyout "$dir/ca.key" -out "$dir/ca.crt"
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost \
        -keyout "$dir/server.key" -out "$dir/server.csr"
    openssl x509 -req -in "$dir/server.csr" -CA "$dir/ca.crt" -CAkey "$dir/ca.key" -CAcreateserial \
        -days 2 -out "$dir/server.crt" \
        -extfile <(echo subjectAltName=DNS:localhost,IP:127.0.0.1,IP:10.99.0.1)
    export CA=$dir/ca.crt CERTIFICATE=$dir/server.crt KEY=$dir/server.key
}

# --- What the registry has and saw ------------------------------------------------------------------

ACCEPT_ALL="Accept: $OCI.index.v1+json, $OCI.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json, application/vnd.docker.distribution.manifest.list.v2+json"

# seed TAG REPOSITORY: puts an image of the layout there with nothing but curl.
seed() {
    layout_push "$LAYOUT" "$1" "$URL" "$2"
}

# The digest in the registry of REPOSITORY REFERENCE, as its header says; the body must agree.
registry_digest() {
    local head body

    head=$(curl -fsSI -H "$ACCEPT_ALL" "$URL/v2/$1/manifests/$2" | tr -d '\r' |
        sed -n 's/^docker-content-digest: //ip')
    body=$(registry_manifest "$1" "$2" | sha256sum | cut -d' ' -f1)
    [[ $head == "sha256:$body" ]] || {
        say "the header says $head, the bytes are sha256:$body"
        return 1
    }
    printf '%s\n' "$head"
}

registry_manifest() {
    curl -fsS -H "$ACCEPT_ALL" "$URL/v2/$1/manifests/$2"
}

# registry_status METHOD PATH
registry_status() {
    curl -sS -o /dev/null -w '%{http_code}' -X "$1" -H "$ACCEPT_ALL" "$URL/v2/$2"
}

# Every config and layer of REPOSITORY REFERENCE can be fetched and has the bytes of its digest.
registry_whole() {
    local digest

    for digest in $(registry_manifest "$1" "$2" | jq -r '.config.digest, .layers[].digest'); do
        [[ "sha256:$(curl -fsS "$URL/v2/$1/blobs/$digest" | sha256sum | cut -d' ' -f1)" == "$digest" ]]
    done
}

# The test counts requests from here on. A client may have its answer before the line is in the log:
# the line of a request of our own says that all earlier ones are there.
watch_requests() {
    local mark=watch-$BASHPID-$RANDOM

    curl -sk -o /dev/null "https://$REGISTRY/v2/$mark/tags/list" ||
        curl -s -o /dev/null "http://$REGISTRY/v2/$mark/tags/list"
    wait_for 5 "the line of $mark" grep -q "$mark" "$LOG"
    SEEN_BEFORE=$(wc -l <"$LOG")
}

# requests JQ-CONDITION: how many requests since watch_requests fulfil it.
requests() {
    tail -n +$((SEEN_BEFORE + 1)) "$LOG" |
        jq -s "[.[] | select(.msg == \"request\") | select($1)] | length"
}

same() {
    [[ $1 == "$2" ]] || {
        say "expected: $2" && say "but is:   $1"
        return 1
    }
}

# The layers and config of the layout's TAG are in another layout, byte for byte.
same_blobs() {
    local digest

    for digest in $(jq -r '.config.digest, .layers[].digest' \
        "$(layout_path "$LAYOUT" "$(layout_digest "$LAYOUT" "$1")")"); do
        cmp "$(layout_path "$LAYOUT" "$digest")" "$(layout_path "$2" "$digest")"
    done
}

# --- Engines --------------------------------------------------------------------------------------

# The server writes its log line after the answer, so the client may be first.
wait_requests() {
    wait_for 5 "$1 requests with $2" requests_are "$1" "$2"
}

requests_are() {
    [[ $(requests "$2") == "$1" ]]
}

# containerd, for ctr and for dockerd, neither of which finds what the other has pulled. Exports
# CONTAINERD (its socket).
containerd_start() {
    local dir=$WORK/containerd

    mkdir -p "$dir"
    cat >"$dir/config.toml" <<-END
	version = 2
	root = "$dir/root"
	state = "/run/containerd/state"
	disabled_plugins = ["io.containerd.grpc.v1.cri"]
	[plugins."io.containerd.metadata.v1.bolt"]
	content_sharing_policy = "isolated"
	[grpc]
	address = "$dir/socket"
	[ttrpc]
	address = "$dir/socket.ttrpc"
	END
    process_start "$dir/log" containerd --config "$dir/config.toml"
    export CONTAINERD=$dir/socket
    wait_for 20 containerd ctr -a "$CONTAINERD" version || {
        cat "$dir/log" >&2
        return 1
    }
}

# Debian's client, where several are installed: the one that came with dockerd.
docker_client() {
    if [[ -x /usr/bin/docker ]]; then
        echo /usr/bin/docker
    else
        command -v docker
    fi
}

# dockerd_start [JSON]: on the containerd above, with that configuration. docker() is its client.
dockerd_start() {
    local dir=$WORK/docker configuration=${1:-'{}'}

    mkdir -p "$dir"
    echo "$configuration" >"$dir/daemon.json"
    process_start "$dir/log" dockerd --config-file "$dir/daemon.json" --iptables=false \
        --ip6tables=false --bridge=none --storage-driver vfs --data-root "$dir/data" \
        --exec-root "$dir/exec" -p "$dir/pid" -H "unix://$dir/socket" --containerd "$CONTAINERD" \
        --cgroup-parent "/$ENGINES_CGROUP"
    export DOCKER_SOCKET=$dir/socket
    DOCKER=$(docker_client)
    export DOCKER
    wait_for 30 dockerd docker version || {
        cat "$dir/log" >&2
        return 1
    }
}

docker() {
    "$DOCKER" -H "unix://$DOCKER_SOCKET" "$@"
}

ctr() {
    command ctr -a "$CONTAINERD" -n test "$@"
}

# cutproxy_start BYTES TIMES: exports CUT_REGISTRY, the registry behind a proxy that cuts.
cutproxy_start() {
    local log=$WORK/cutproxy.$1.log

    process_start "$log" "$TOP_BUILDDIR/tests/engines/cutproxy" "${REGISTRY%:*}" "${REGISTRY##*:}" \
        "$1" "$2"
    CUTPROXY_PID=$PROCESS_PID
    wait_for 5 cutproxy grep -q listening "$log"
    export CUT_REGISTRY CUT_LOG=$log
    CUT_REGISTRY=$(sed -n 's/^cutproxy: listening on //p' "$log")
}
