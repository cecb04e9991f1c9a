# SPDX-License-Identifier: MIT
# What scripts/bench measures. Needs process.bash and servers.bash of scripts/lib.
# Raw figures: `record GROUP ROUND SUBJECT FIGURE UNIT`; the rows of rows.tsv are made from them.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # tool, work, raw, rounds, seconds, ... belong to scripts/bench

BENCH_GROUPS=(manifest blob-small blob-large tls-small tls-large generated generated-tls push push-tls start
    grow-push grow-push-tls grow-pull grow-pull-tls grow-generated idle-conn idle-conn-tls tags images)
BENCH_REPO=bench/image
BENCH_TYPE=application/vnd.oci.image.manifest.v1+json
CONNECTIONS=10000

record() {
    printf '%s\t%s\t%s\t%s\t%s\n' "$@" >>"$raw"
}

# figure GROUP ROUND SUBJECT UNIT COMMAND...: records what COMMAND prints; its failure ends the run.
figure() {
    local where=("$1" "$2" "$3") unit=$4 value

    shift 4
    value=$("$@" 2>"$work/failure.log") || die "${where[*]}: $(tail -n 3 "$work/failure.log")"
    record "${where[@]}" "$value" "$unit"
}

# quotient A B [FACTOR]
quotient() {
    awk "BEGIN { printf \"%.4f\", $1 / $2 * ${3:-1} }"
}

progress() {
    [[ ! -t 2 ]] || printf '\r\033[K%s' "$*" >&2
}

# --- Set-up ---------------------------------------------------------------------------------------

make_file() {
    [[ -e $2 ]] || head -c "$1" /dev/urandom >"$2"
}

digest_of() {
    printf 'sha256:%s\n' "$(openssl dgst -sha256 -r "$1" | cut -d' ' -f1)"
}

make_certificate() {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost \
        -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout "$work/key.pem" \
        -out "$work/certificate.pem" 2>"$work/certificate.log"
}

make_manifest() {
    jq -cn --arg config "$(digest_of "$work/config")" --arg layer "$digest_small" \
        --arg type "$BENCH_TYPE" --arg size "$(stat -c %s "$work/small")" '{
        schemaVersion: 2, mediaType: $type,
        config: {mediaType: "application/vnd.oci.image.config.v1+json", size: 2, digest: $config},
        layers: [{mediaType: "application/vnd.oci.image.layer.v1.tar", size: ($size | tonumber),
            digest: $layer}]}' >"$work/manifest"
}

make_content() {
    printf '{}' >"$work/config"
    make_file $((350 * 1024)) "$work/small"
    make_file $((64 << 20)) "$work/large"
    digest_small=$(digest_of "$work/small")
    digest_large=$(digest_of "$work/large")
    make_manifest
    mkdir -p "$work/nginx/www"
    cp "$work/manifest" "$work/small" "$work/large" "$work/nginx/www/"
}

# Only rows that move 1 GiB need it.
need_huge() {
    make_file $((1 << 30)) "$work/huge"
    : "${digest_huge:=$(digest_of "$work/huge")}"
}

push_content() {
    local url=$1 name

    for name in config small large; do
        "$tool" push "$url" "$BENCH_REPO" "$work/$name" "$(digest_of "$work/$name")" --keep >/dev/null
    done
    curl -fsS -o /dev/null -X PUT -H "Content-Type: $BENCH_TYPE" --data-binary "@$work/manifest" \
        "$url/v2/$BENCH_REPO/manifests/latest"
}

# fresh_ocimock [OPTION...]: a server of its own, for what is measured in memory or needs options.
# Sets OCIMOCK_*.
fresh_ocimock() {
    ocimock_start "$(mktemp -d "$work/ocimock.XXXXXX")" "${quiet[@]}" --listen 127.0.0.1:0 \
        --tls-listen 127.0.0.1:0 --tls-cert "$work/certificate.pem" --tls-key "$work/key.pem" "$@"
}

start_servers() {
    local port tls_port

    make_certificate
    make_content
    fresh_ocimock
    ours=${OCIMOCK_URLS[0]} ours_tls=${OCIMOCK_URLS[1]}
    push_content "$ours"
    port=$("$tool" freeport)
    tls_port=$("$tool" freeport)
    nginx_start "$work/nginx" "$port" "$tls_port" "$work/certificate.pem" "$work/key.pem"
    nginx=http://127.0.0.1:$port nginx_tls=https://127.0.0.1:$tls_port
    docker_registry_start "$work/registry" "$("$tool" freeport)"
    push_content "$DOCKER_REGISTRY_URL"
}

# --- Throughput -----------------------------------------------------------------------------------

# wrk_run CONNECTIONS URL: requests, bytes, seconds, mean latency in microseconds, errors
wrk_run() {
    wrk -t1 -c"$1" -d"${seconds}s" -H "Accept: $BENCH_TYPE" -s "$here/tests/bench/report.lua" "$2" |
        awk '$1 == "wrk-result" { print $2, $3, $4, $5, $6 }'
}

# measure_get GROUP ROUND SUBJECT CONNECTIONS URL requests|bytes
measure_get() {
    local requests bytes time latency errors

    progress "$1, round $2: $3"
    read -r requests bytes time latency errors < <(wrk_run "$4" "$5")
    ((errors == 0)) || die "$1: $errors failed requests at $5"
    : "$latency"
    if [[ $6 == requests ]]; then
        record "$1" "$2" "$3" "$(quotient "$requests" "$time")" requests/s
    else
        record "$1" "$2" "$3" "$(quotient "$bytes" "$time")" bytes/s
    fi
}

measure_manifest() {
    local i

    for ((i = 1; i <= rounds; i++)); do
        measure_get manifest $i ocimock 64 "$ours/v2/$BENCH_REPO/manifests/latest" requests
        measure_get manifest $i nginx 64 "$nginx/manifest" requests
        measure_get manifest $i registry 64 "$DOCKER_REGISTRY_URL/v2/$BENCH_REPO/manifests/latest" requests
    done
}

# measure_blob GROUP CONNECTIONS OUR-URL NGINX-URL FILE DIGEST
measure_blob() {
    local i

    for ((i = 1; i <= rounds; i++)); do
        measure_get "$1" $i ocimock "$2" "$3/v2/$BENCH_REPO/blobs/$6" bytes
        measure_get "$1" $i nginx "$2" "$4/$5" bytes
        [[ $3 == https:* ]] ||
            measure_get "$1" $i registry "$2" "$DOCKER_REGISTRY_URL/v2/$BENCH_REPO/blobs/$6" bytes
    done
}

measure_blob-small() {
    measure_blob blob-small 16 "$ours" "$nginx" small "$digest_small"
}

measure_blob-large() {
    measure_blob blob-large 8 "$ours" "$nginx" large "$digest_large"
}

# Both sides must have agreed on the same protocol and cipher, or the comparison says nothing.
same_cipher() {
    local a b

    a=$("$tool" cipher "$ours_tls")
    b=$("$tool" cipher "$nginx_tls")
    [[ $a == "$b" ]] || die "ocimock speaks $a, nginx $b"
    cipher=$a
}

measure_tls-small() {
    same_cipher
    measure_blob tls-small 16 "$ours_tls" "$nginx_tls" small "$digest_small"
}

measure_tls-large() {
    same_cipher
    measure_blob tls-large 8 "$ours_tls" "$nginx_tls" large "$digest_large"
}

# generated_start SIZE: a fresh server with a generated layer of that size. Sets OCIMOCK_* and GENERATED,
# the layer's path.
generated_start() {
    local manifest

    fresh_ocimock --image "bench/generated:v1=huge(generated=$1)"
    manifest=$(curl -fsS --retry 60 "$OCIMOCK_URL/v2/bench/generated/manifests/v1") || die "no generated layer"
    GENERATED=/v2/bench/generated/blobs/$(jq -r '.layers[-1].digest' <<<"$manifest")
}

# measure_made GROUP LISTENER: a generated layer and a blob in memory of the same size, in turns.
measure_made() {
    local i url

    generated_start 64MiB
    url=${OCIMOCK_URLS[$2]}
    "$tool" push "$url" "$BENCH_REPO" "$work/large" "$digest_large" --keep >/dev/null
    for ((i = 1; i <= rounds; i++)); do
        measure_get "$1" $i ocimock 8 "$url$GENERATED" bytes
        measure_get "$1" $i plain 8 "$url/v2/$BENCH_REPO/blobs/$digest_large" bytes
    done
    process_stop "$OCIMOCK_PID"
}

measure_generated() {
    measure_made generated 0
}

measure_generated-tls() {
    measure_made generated-tls 1
}

# In bytes per second of elapsed time (as the push is measured), with blocks of 16 KB.
sha256_speed() {
    openssl speed -elapsed -evp sha256 -bytes 16384 -seconds 1 2>/dev/null |
        awk '$1 == "sha256" { sub(/k$/, "", $2); printf "%.0f\n", $2 * 1000 }'
}

# measure_pushes GROUP URL
measure_pushes() {
    local i

    need_huge
    for ((i = 1; i <= rounds; i++)); do
        progress "$1, round $i"
        figure "$1" $i ocimock bytes/s "$tool" push "$2" bench/push "$work/huge" "$digest_huge"
        figure "$1" $i sha256 bytes/s sha256_speed
    done
}

measure_push() {
    measure_pushes push "$ours"
}

measure_push-tls() {
    measure_pushes push-tls "$ours_tls"
}

# The page in the middle of the list, one connection: what one client waits for.
measure_tags() {
    local i requests bytes time latency errors url

    progress "tags: putting 100,000 tags"
    fresh_ocimock
    push_content "$OCIMOCK_URL"
    figure tags 0 put s "$tool" tags "$OCIMOCK_URL" "$BENCH_REPO" "$work/manifest" "$BENCH_TYPE" 100000
    url="$OCIMOCK_URL/v2/$BENCH_REPO/tags/list?n=100&last=t050000"
    [[ $(curl -fsS "$url" | jq '.tags | length') == 100 ]] || die "tags: not a page of 100"
    for ((i = 1; i <= rounds; i++)); do
        progress "tags, round $i"
        read -r requests bytes time latency errors < <(wrk_run 1 "$url")
        ((errors == 0)) || die "tags: $errors failed requests"
        : "$bytes" "$latency"
        record tags $i ocimock "$(quotient "$time" "$requests" 1000)" ms
    done
    process_stop "$OCIMOCK_PID"
}

# seconds_for COMMAND...: how long it takes.
seconds_for() {
    local begin=$EPOCHREALTIME

    "$@" >/dev/null && awk "BEGIN { printf \"%.4f\", $EPOCHREALTIME - $begin }"
}

# By one command into a running server; each round others, for what is there already costs less.
measure_images() {
    local i

    fresh_ocimock
    for ((i = 1; i <= rounds; i++)); do
        progress "images, round $i"
        figure images $i ocimock s seconds_for "$OCIMOCK" fixture build random "seed=${i}000" --count 1000 \
            --to "bench/images-$i/{n}:v1" --control "$OCIMOCK_CONTROL"
    done
    process_stop "$OCIMOCK_PID"
}

# --- Start and memory -----------------------------------------------------------------------------

# measure_starts ROW OPTION...
measure_starts() {
    local row=$1 i program

    shift
    program=$(ocimock_program)
    for ((i = 1; i <= starts; i++)); do
        rm -rf "$work/tls-auto"
        progress "$row, run $i"
        figure "$row" $i ocimock ms "$tool" start "$program" serve --listen 127.0.0.1:0 "$@"
    done
}

# The idle figures come from a server with a plain and a TLS listener.
measure_start() {
    local i line ms rss anon program

    program=$(ocimock_program)
    measure_starts start
    measure_starts start-tls --tls-listen 127.0.0.1:0 --tls-auto "$work/tls-auto"
    for ((i = 1; i <= rounds; i++)); do
        line=$("$tool" start --memory "$program" serve --listen 127.0.0.1:0 \
            --tls-listen 127.0.0.1:0 --tls-auto "$work/tls-auto" 2>"$work/failure.log") ||
            die "start: $(tail -n 3 "$work/failure.log")"
        read -r ms rss anon <<<"$line"
        : "$ms"
        record idle-rss $i ocimock "$(quotient "$rss" 1000000)" MB
        record idle-anon $i ocimock "$(quotient "$anon" 1000000)" MB
    done
}

# growth ROW ROUND COMMAND...: how far RssAnon of the fresh server rises while COMMAND runs.
growth() {
    local row=$1 round=$2 first peak

    shift 2
    process_fifo=$work/watch.fifo
    [[ -p $process_fifo ]] || mkfifo "$process_fifo"
    "$tool" watch "$OCIMOCK_PID" RssAnon <"$process_fifo" >"$work/watch.out" &
    exec 9>"$process_fifo"
    "$@" >"$work/growth.log" 2>&1 9>&- || die "$row: $(tail -n 3 "$work/growth.log")"
    exec 9>&-
    wait $!
    read -r first peak <"$work/watch.out"
    record "$row" "$round" ocimock "$(quotient $((peak - first)) 1000000)" MB
}

# measure_growth ROW LISTENER push|pull
measure_growth() {
    local row=$1 url i

    need_huge
    for ((i = 1; i <= rounds && i <= 3; i++)); do
        progress "$row, round $i"
        fresh_ocimock
        url=${OCIMOCK_URLS[$2]}
        if [[ $3 == push ]]; then
            growth "$row" $i "$tool" push "$url" bench/grow "$work/huge" "$digest_huge"
        else
            "$tool" push "$url" bench/grow "$work/huge" "$digest_huge" --keep >/dev/null
            growth "$row" $i wrk -t1 -c100 -d3s "$url/v2/bench/grow/blobs/$digest_huge"
        fi
        process_stop "$OCIMOCK_PID"
    done
}

measure_grow-push() {
    measure_growth grow-push 0 push
}

measure_grow-push-tls() {
    measure_growth grow-push-tls 1 push
}

measure_grow-pull() {
    measure_growth grow-pull 0 pull
}

measure_grow-pull-tls() {
    measure_growth grow-pull-tls 1 pull
}

measure_grow-generated() {
    progress grow-generated
    generated_start 10GiB
    growth grow-generated 1 curl -fsS -o /dev/null "$OCIMOCK_URL$GENERATED"
    process_stop "$OCIMOCK_PID"
}

# measure_idle ROW LISTENER
measure_idle() {
    local i bytes

    for ((i = 1; i <= rounds && i <= 3; i++)); do
        progress "$1, round $i"
        fresh_ocimock
        bytes=$("$tool" idle "${OCIMOCK_URLS[$2]}" "$OCIMOCK_PID" "$CONNECTIONS")
        record "$1" $i ocimock "$(quotient "$bytes" 1000)" KB
        process_stop "$OCIMOCK_PID"
    done
}

measure_idle-conn() {
    measure_idle idle-conn 0
}

measure_idle-conn-tls() {
    measure_idle idle-conn-tls 1
}
