# SPDX-License-Identifier: MIT
# For reactions.bats: every engine that is here pulls the same image at once, and what each did is
# compared with its row of reactions.tsv. A version without a row is shown and never judged.
#
# judge.bash compares. faults.tsv says what each fault is, how people have it and which assertion tells
# it; doc/clients.md is made of both tables by scripts/client-table.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # variables of and for the .bats file

REACTIONS=$BATS_TEST_DIRNAME/reactions.tsv FAULTS=$BATS_TEST_DIRNAME/faults.tsv
ENGINES=(skopeo podman docker containerd)
PULL_SECONDS=100 # nobody needs as long
REACT_USER=alice REACT_SECRET=alices-secret

# shellcheck source=tests/engines/judge.bash
. "$BATS_TEST_DIRNAME/judge.bash"

# --- Engines --------------------------------------------------------------------------------------

engine_here() {
    case $1 in
    docker) have dockerd && have containerd && have docker ;;
    containerd) have containerd && have ctr ;;
    *) have "$1" ;;
    esac
}

engine_version() {
    case $1 in
    docker) dockerd --version ;;
    containerd) command ctr --version ;;
    *) "$1" --version ;;
    esac | grep -oE '[0-9]+\.[0-9]+\.[0-9]+' | head -n 1
}

# As a glob.
engine_user_agent() {
    case $1 in
    skopeo) echo 'skopeo/*' ;;
    podman) echo 'containers/*' ;;
    docker) echo 'docker/*' ;;
    containerd) echo 'containerd/*' ;;
    esac
}

# engine_pull ENGINE IMAGE DIRECTORY: with VERIFY_TLS=yes it insists on a certificate that it knows,
# with AS it logs in.
engine_pull() {
    local engine=$1 image=$2 dir=$3 verify=false
    local -a words=()

    [[ ${VERIFY_TLS-} != yes ]] || verify=true
    case $engine in
    skopeo)
        [[ -z ${AS-} ]] || words=(--src-creds "$AS")
        timeout -k 5 "$PULL_SECONDS" skopeo copy "--src-tls-verify=$verify" "${words[@]}" "docker://$image" \
            "dir:$dir/copy"
        ;;
    podman)
        [[ -z ${AS-} ]] || words=(--creds "$AS")
        timeout -k 5 "$PULL_SECONDS" podman pull "--tls-verify=$verify" "${words[@]}" "$image"
        ;;
    docker)
        [[ -z ${AS-} ]] || jq -n --arg host "${image%%/*}" --arg auth "$(printf %s "$AS" | base64)" \
            '{auths: {($host): {auth: $auth}}}' >"$dir/config.json"
        timeout -k 5 "$PULL_SECONDS" "$DOCKER" --config "$dir" -H "unix://$DOCKER_SOCKET" pull "$image"
        ;;
    containerd)
        [[ $verify == true ]] || words=(--plain-http)
        [[ -z ${AS-} ]] || words+=(--user "$AS")
        timeout -k 5 "$PULL_SECONDS" ctr -a "$CONTAINERD" -n test images pull --snapshotter native \
            "${words[@]}" "$image"
        ;;
    esac
}

# What was pulled would not be fetched again.
engine_forget() {
    case $1 in
    podman) command podman rmi --all --force ;;
    docker) docker image prune --all --force ;;
    containerd) ctr images ls -q | xargs -r "$(type -P ctr)" -a "$CONTAINERD" -n test images rm --sync ;;
    esac >/dev/null 2>&1 || true
}

# --- A file of tests --------------------------------------------------------------------------------

# reactions_setup [OPTION...]: the engines, the images, a server with these options.
reactions_setup() {
    engines_setup
    reaction_images
    registry_start --import "$WORK/react" "$@"
    ! engine_here containerd || containerd_start
    ! engine_here docker || dockerd_start '{"max-download-attempts": 2}'
}

reaction_begin() {
    local engine

    FAULT=${BATS_TEST_DESCRIPTION#reactions: }
    HERE=()
    for engine in "${ENGINES[@]}"; do
        ! engine_here "$engine" || HERE+=("$engine")
    done
    ((${#HERE[@]})) || skip "no engine is installed"
}

reaction_end() {
    local engine

    "$OCIMOCK" fault remove --all
    (ocimock_commands "$(fault_column 3)") # what people are told to do is accepted
    "$OCIMOCK" fault remove --all
    "$OCIMOCK" registry set listeners.registry=up
    for engine in "${HERE[@]}"; do
        engine_forget "$engine"
    done
}

# --- The registry ---------------------------------------------------------------------------------

# One image per fault, each with a layer of its own: a client keeps what it has of one.
reaction_images() {
    local dir=$WORK/reaction name

    layout_init "$WORK/react"
    mkdir -p "$dir/root"
    while read -r name; do
        head -c $((2 << 20)) /dev/urandom >"$dir/root/random"
        layer_tar "$dir/layer.tar" "$dir/root"
        layout_tag "$WORK/react" "localhost/react/$name:v1" \
            "$(layout_image "$WORK/react" "$(image_arch)" "$OCI_LAYER" "$dir/layer.tar")"
    done < <(sed -n 's/^@test "reactions: \([a-z0-9-]*\)".*/\1/p' "$BATS_TEST_FILENAME")
    rm -r "$dir"
}

# The digest of the image that the running test is about.
react_digest() {
    layout_digest "$WORK/react" "localhost/react/$FAULT:v1"
}

# react_blob JQ: the digest of a blob of that image, such as .layers[0].digest.
react_blob() {
    jq -r "$1" "$(layout_path "$WORK/react" "$(react_digest)")"
}

# A rule on this fault's repository, with more options of `fault add`.
fault_on() {
    "$OCIMOCK" fault add --repo "react/$FAULT" "$@"
}

# A set of rules from standard input; @REPO@ stands for this fault's repository.
fault_set() {
    sed "s|@REPO@|react/$FAULT|g" | "$OCIMOCK" fault add -
}

# fault_column N: of this fault's line in faults.tsv.
fault_column() {
    awk -F '\t' -v f="$FAULT" -v n="$1" '$1 == f { print $n }' "$FAULTS"
}

# ocimock_commands TEXT: runs it, with the program that is tested.
ocimock_commands() {
    # shellcheck disable=SC2317 # the text calls it
    ocimock() { "$OCIMOCK" "$@"; }
    eval "$1"
}

# The assertion by which people are told to recognise the fault.
fault_is_told() {
    local assertion

    assertion=$(fault_column 4)
    ocimock_commands "${assertion/--repo app/--repo "react/$FAULT"} --since $SINCE"
}

# --- One reaction -----------------------------------------------------------------------------------

# react [COMMAND...]: all of them pull at once while COMMAND runs; then their rows are compared.
react() {
    local engine dir judged=0 wrong=0 status
    local -A pid=()

    SINCE=$("$OCIMOCK" requests --stats --json | jq .last)
    for engine in "${HERE[@]}"; do
        dir=$BATS_TEST_TMPDIR/$engine
        mkdir -p "$dir"
        (
            exec 3>&- 4>&-
            engine_pull_bounded "$engine" "$dir"
        ) &
        pid[$engine]=$!
    done
    (($# == 0)) || "$@"
    for engine in "${HERE[@]}"; do
        wait "${pid[$engine]}" || true
    done
    wait_for 10 'the journal to be closed' journal_closed
    for engine in "${HERE[@]}"; do
        status=0
        judge "$engine" || status=$?
        [[ $status == 2 ]] || judged=$((judged + 1))
        [[ $status != 1 ]] || wrong=$((wrong + 1))
    done
    ((wrong == 0))
    ((${#HERE[@]} < ${#ENGINES[@]})) || fault_is_told
    ((judged > 0)) || skip "no version of an engine that is here is recorded"
}

# The outcome goes to a file; who takes too long hangs.
engine_pull_bounded() {
    local engine=$1 dir=$2 image=${IMAGE:-$REGISTRY/react/$FAULT:v1} pid status=0

    engine_pull "$engine" "$image" "$dir" >"$dir/output" 2>&1 &
    pid=$!
    echo "$pid" >"$dir/pid"
    wait "$pid" || status=$?
    if [[ -e $dir/stopped || $status == 124 ]]; then
        echo hangs
    elif ((status == 0)); then
        echo ok
    else
        echo fails
    fi >"$dir/outcome"
}

stop_clients() {
    local engine

    STOPPED=yes
    for engine in "${HERE[@]}"; do
        : >"$BATS_TEST_TMPDIR/$engine/stopped"
        pkill -TERM -P "$(<"$BATS_TEST_TMPDIR/$engine/pid")" || true
    done
}
