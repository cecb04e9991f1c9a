# SPDX-License-Identifier: MIT
# The parts of scripts/lab: how it reports, the engines, what the registry saw.
# Uses WORK, LAYOUT, REGISTRY, LOG, engine and the functions of layout.bash, process.bash, servers.bash.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # those belong to scripts/lab

LAB_TEXT='Hello from an image that came out of ocimock.'
IMAGE=lab/hello:v1
MARKS=() # "name lines-of-the-log", in order
bold='' green='' red='' dim='' plain=''

if [[ -t 1 && -z ${NO_COLOR-} && ${TERM-dumb} != dumb ]]; then
    bold=$'\e[1m' green=$'\e[32m' red=$'\e[31m' dim=$'\e[2m' plain=$'\e[0m'
fi

# --- Reporting --------------------------------------------------------------------------------------

# lab_step TEXT COMMAND...: runs it and says how long it took. Its failure ends the lab.
lab_step() {
    local text=$1 begin=$EPOCHREALTIME

    shift
    [[ ! -t 1 ]] || printf '%s ...\r' "$text"
    "$@"
    printf '%s%-20s%s %s%.1f s%s\n' "$bold" "$text" "$plain" "$dim" \
        "$(jq -n "$EPOCHREALTIME - $begin")" "$plain"
}

lab_note() {
    printf '    %s\n' "$*"
}

# --- Engines ----------------------------------------------------------------------------------------
# Each keeps all of its files below $WORK. KNOWN is the digest that the engine reports after the pull.

choose_engine() {
    if [[ -z $engine ]]; then
        engine=skopeo
        [[ $(id -u) != 0 ]] || ! command -v podman >/dev/null || engine=podman
    fi
    command -v "$engine" >/dev/null || die "$engine is not installed (run scripts/setup engines)"
    mkdir -p "$WORK/home/.config/containers" "$WORK/containers"
    cat >"$WORK/home/.config/containers/policy.json" \
        <<<'{"default": [{"type": "insecureAcceptAnything"}]}'
    cat >"$WORK/storage.conf" <<-END
	[storage]
	driver = "vfs"
	graphroot = "$WORK/containers/root"
	runroot = "$WORK/containers/run"
	END
    cat >"$WORK/containers.conf" <<-END
	[containers]
	default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
	[engine]
	cgroup_manager = "cgroupfs"
	events_logger = "none"
	lock_type = "file"
	tmp_dir = "$WORK/containers/tmp"
	END
    : >"$WORK/registries.conf"
    echo '{}' >"$WORK/auth.json"
}

# In a mount namespace where that is allowed: as root, these engines share a cache in /var/lib.
in_private() {
    local -a private=()

    if [[ -d /var/lib/containers ]] && unshare --mount true 2>/dev/null; then
        # shellcheck disable=SC2016 # the inner shell expands
        private=(unshare --mount sh -c 'mount -t tmpfs tmpfs /var/lib/containers && exec "$@"' sh)
    fi
    env HOME="$WORK/home" TMPDIR="$WORK" XDG_RUNTIME_DIR="$WORK/home" REGISTRY_AUTH_FILE="$WORK/auth.json" \
        CONTAINERS_CONF="$WORK/containers.conf" CONTAINERS_STORAGE_CONF="$WORK/storage.conf" \
        CONTAINERS_REGISTRIES_CONF="$WORK/registries.conf" "${private[@]}" "$@"
}

podman_push() {
    local id

    tar -C "$LAYOUT" -cf "$WORK/hello.tar" .
    id=$(in_private podman pull --quiet "oci-archive:$WORK/hello.tar")
    in_private podman tag "$id" "$REGISTRY/$IMAGE"
    in_private podman push --quiet --tls-verify=false --digestfile "$WORK/pushed" "$REGISTRY/$IMAGE"
    PUSHED=$(cat "$WORK/pushed")
    in_private podman rmi --force "$id" >/dev/null
}

podman_pull() {
    in_private podman pull --quiet --tls-verify=false "$REGISTRY/$IMAGE" >/dev/null
    KNOWN=$(in_private podman image inspect --format '{{.Digest}}' "$REGISTRY/$IMAGE")
}

skopeo_push() {
    in_private skopeo copy --quiet --dest-tls-verify=false --digestfile "$WORK/pushed" \
        "oci:$LAYOUT:hello" "docker://$REGISTRY/$IMAGE"
    PUSHED=$(cat "$WORK/pushed")
}

skopeo_pull() {
    in_private skopeo copy --quiet --src-tls-verify=false "docker://$REGISTRY/$IMAGE" \
        "oci:$WORK/pulled:hello"
    KNOWN=$(layout_digest "$WORK/pulled" hello)
}

# Runs the image where that is possible; a machine that cannot run containers is no failure.
run_image() {
    local output runtime=()

    [[ $engine == podman ]] || return 0
    ! command -v runc >/dev/null || runtime=(--runtime runc)
    if output=$(in_private podman "${runtime[@]}" run --rm --network=none "$REGISTRY/$IMAGE" 2>&1); then
        printf '\n%sThe image runs%s\n    %s\n' "$bold" "$plain" "$output"
    else
        printf '\n%sThe image cannot run on this machine%s\n    %s\n' "$bold" "$plain" "${output##*$'\n'}"
    fi
}

# --- What the registry saw --------------------------------------------------------------------------

# The lines of the log up to here belong to what was just done. The server logs a request after its
# answer, so the client may be first.
mark_requests() {
    local before=-1 now=0

    while ((now != before)); do
        before=$now
        sleep 0.1
        now=$(wc -l <"$LOG")
    done
    MARKS+=("$1 $now")
}

# One row per request: digests and upload identifiers are cut short.
request_rows() {
    jq -r 'def short: gsub("(?<a>sha256:[0-9a-f]{12})[0-9a-f]+"; .a + "..")
            | gsub("(?<u>uploads/[^/?]{8})[^/?]+"; .u + "..");
        def size: if . == 0 then "-" elif . < 10240 then "\(.) B"
            else "\(. / 1024 | round) KiB" end;
        select(.msg == "request") | select(.op)
        | [.method, (.path | short), (.op + if .role then " (" + .role + ")" else "" end),
           .status, (.bytes_in | size), (.bytes_out | size),
           "\(.duration_s * 100000 | round / 100) ms"] | @tsv'
}

show_requests() {
    local mark name last first=1

    for mark in "${MARKS[@]}"; do
        read -r name last <<<"$mark"
        printf '\n%sWhat the registry saw of the %s%s\n' "$bold" "$name" "$plain"
        sed -n "${first},${last}p" "$LOG" | request_rows | align_rows
        first=$((last + 1))
    done
}

# Columns by the width of their longest cell; status, sizes and time to the right.
align_rows() {
    awk -F '\t' -v dim="$dim" -v plain="$plain" '
        BEGIN { print_head = "method\tpath\trequest\tstatus\tin\tout\ttime" }
        NR == 1 { store(print_head) }
        { store($0) }
        function store(line,    n, i) {
            n = split(line, cell, "\t")
            rows++
            for (i = 1; i <= n; i++) {
                cells[rows, i] = cell[i]
                if (length(cell[i]) > width[i])
                    width[i] = length(cell[i])
            }
            columns = n
        }
        function pad(n,    s) {
            while (n-- > 0)
                s = s " "
            return s
        }
        END {
            for (r = 1; r <= rows; r++) {
                line = "   "
                for (i = 1; i <= columns; i++) {
                    gap = pad(width[i] - length(cells[r, i]))
                    line = line " " (i > 3 ? gap cells[r, i] : cells[r, i] gap) " "
                }
                sub(/ +$/, "", line)
                print (r == 1 ? dim line plain : line)
            }
        }'
}

# --- Digests ----------------------------------------------------------------------------------------

held=yes

# compare TEXT DIGEST EXPECTED
compare() {
    if [[ $2 == "$3" ]]; then
        printf '    %-34s %s  %ssame%s\n' "$1" "$2" "$green" "$plain"
    else
        printf '    %-34s %s  %sDIFFERS%s\n' "$1" "$2" "$red" "$plain"
        held=no
    fi
}

registry_header() {
    curl -fsSI -H "Accept: $OCI.manifest.v1+json" "$OCIMOCK_URL/v2/${IMAGE%:*}/manifests/${IMAGE##*:}" |
        tr -d '\r' | sed -n 's/^docker-content-digest: //ip'
}

# The manifest as the engine, the registry and its bytes have it; then every blob.
compare_digests() {
    local manifest=$WORK/manifest digest bytes

    curl -fsS -H "Accept: $OCI.manifest.v1+json" -o "$manifest" \
        "$OCIMOCK_URL/v2/${IMAGE%:*}/manifests/${IMAGE##*:}"
    printf '\n%sDigests%s\n' "$bold" "$plain"
    printf '    %-34s %s\n' "manifest that $engine pushed" "$PUSHED"
    compare 'as the registry names it' "$(registry_header)" "$PUSHED"
    compare 'of the bytes that it serves' "$(file_digest "$manifest")" "$PUSHED"
    compare "as $engine knows it after the pull" "$KNOWN" "$PUSHED"
    for digest in $(jq -r '.config.digest, .layers[].digest' "$manifest"); do
        bytes=$(curl -fsS "$OCIMOCK_URL/v2/${IMAGE%:*}/blobs/$digest" | sha256sum | cut -d' ' -f1)
        compare 'bytes of a blob' "sha256:$bytes" "$digest"
    done
    if [[ $held == yes ]]; then
        printf '\n%sIt held: what came back is what was pushed.%s\n' "$green" "$plain"
    else
        printf '\n%sIt did not hold.%s\n' "$red" "$plain"
        return 1
    fi
}

serve_until_stopped() {
    cat <<END

The registry runs until Ctrl-C:

    skopeo inspect --tls-verify=false docker://$REGISTRY/$IMAGE
    podman pull --tls-verify=false $REGISTRY/$IMAGE
    curl $OCIMOCK_URL/v2/${IMAGE%:*}/tags/list
END
    wait "$OCIMOCK_PID" || true
}
