#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The command line: options, configuration, environment, start, stop, exit status.

load lib/server

serve() {
    run --separate-stderr "$OCIMOCK" serve "$@"
}

# --- The program itself

@test "--help shows examples first and every command" {
    run -0 "$OCIMOCK" --help
    [[ ${output%%Commands:*} == *Examples:* ]]
    for command in serve healthcheck version; do
        [[ $output == *"  $command "* ]]
        run -0 "$OCIMOCK" "$command" --help
        [[ $output == "Examples:"* ]]
        run -0 "$OCIMOCK" "$command" -h
        run -0 "$OCIMOCK" --help
    done
    run -0 "$OCIMOCK" -h
    run -0 "$OCIMOCK" help
}

@test "no command and unknown commands are wrong usage" {
    run -2 --separate-stderr "$OCIMOCK"
    [[ $output == "" && $stderr == *"a command is missing"* ]]
    run -2 --separate-stderr "$OCIMOCK" srve
    [[ $stderr == "ocimock: unknown command 'srve': did you mean 'serve'?"* ]]
    run -2 --separate-stderr "$OCIMOCK" frobnicate
    [[ ${stderr_lines[0]} == "ocimock: unknown command 'frobnicate'" ]]
    run -2 --separate-stderr "$OCIMOCK" --frobnicate
    [[ ${stderr_lines[0]} == "ocimock: unknown option '--frobnicate': a command comes first" ]]
}

@test "version prints itself, its libraries and JSON" {
    run -0 "$OCIMOCK" version
    [[ $output =~ ^ocimock\ [0-9]+\.[0-9]+\.[0-9]+$ ]]
    local version=${output#* }
    run -0 "$OCIMOCK" --version
    [[ $output == "ocimock $version" ]]
    run -0 "$OCIMOCK" version --verbose
    [[ $output == *openssl* && $output == *libevent* ]]
    [[ $("$OCIMOCK" version --json | jq -r .version) == "$version" ]]
    [[ $("$OCIMOCK" version --json | jq -r .libraries.jansson) == 2.* ]]
    run -2 --separate-stderr "$OCIMOCK" version now
}

@test "output that cannot be written is a failure" {
    run -1 bash -c '"$OCIMOCK" version >/dev/full'
    run -1 bash -c '"$OCIMOCK" serve --print-config >/dev/full'
}

# --- Flags

@test "unknown flags name the nearest one" {
    serve --lisen :0
    refused 2 "ocimock serve: unknown option '--lisen': did you mean '--listen'?"
    serve --frobnicate
    refused 2 "ocimock serve: unknown option '--frobnicate'"
    [[ ${stderr_lines[1]} == "Try 'ocimock serve --help'." ]]
    serve -x
    refused 2 "ocimock serve: unknown option '-x'"
    serve words
    refused 2 "ocimock serve: 'words' is no option"
}

@test "wrong values of flags say what is allowed" {
    serve --delete-tag maybe
    refused 2 "ocimock serve: --delete-tag: 'maybe' is not allowed: expected on, 405, 400, 403 or pretend"
    serve --limit-manifest lots
    refused 2 "ocimock serve: --limit-manifest: 'lots' is no size: expected a number of bytes, or one with a unit such as 64k, 8MiB or 2GB"
    serve --head-timeout 30
    refused 2 "ocimock serve: --head-timeout: '30' is no duration: expected a number with a unit such as 50ms, 2s, 5m or 1h30m"
    serve --limit-uploads 0
    refused 2 "ocimock serve: --limit-uploads: out of range: allowed is 1 to 2147483647"
    serve --referrers=perhaps
    refused 2 "ocimock serve: --referrers: 'perhaps' is not allowed: expected true or false"
    serve --listen
    refused 2 "ocimock serve: --listen needs a value: ADDRESS"
    serve --log-level $'a\e[31m\n'
    refused 2 "ocimock serve: --log-level: 'a\\x1b[31m\\x0a' is not allowed: expected error, warn, info or debug"
}

@test "options that do not fit together are refused" {
    serve --tls-cert x
    refused 2 "ocimock serve: tls.certificate and tls.key are needed together"
    serve --tls-listen :0
    refused 2 "ocimock serve: tls.listen needs tls.certificate and tls.key, or tls.auto"
    serve --listen=
    refused 2 "ocimock serve: nothing to listen on: give listen or tls.listen an address"
}

# --- Configuration file

# configured TEXT: writes a file and checks it.
configured() {
    printf '%s' "$1" >"$T/c.yaml"
    serve --config "$T/c.yaml" --check-config
}

@test "a good configuration is checked and not served" {
    configured $'listen: [":0"]\nregistry:\n  delete: {tag: on, blob: 405}\n'
    [[ $status -eq 0 && $output == "the configuration is valid" ]]
}

@test "the rules, scenarios and images of a configuration are checked, too" {
    serve --check-config --rules-json '[{"then": {"statos": 1}}]'
    refused 2 "ocimock serve: OCIMOCK_RULES (its rule 0): rules[0].then.statos: unknown key: did you mean 'status'?"
    serve --check-config --scenario rate-limitd
    refused 2 "ocimock serve: scenario: *did you mean 'rate-limited'?"
    serve --check-config --image a:v1=hallo
    refused 2 "ocimock serve: image 'a:v1=hallo': *did you mean 'hello'?"
    serve --check-config --scenario registry-down --image a:v1=huge --rules-json '[{"then": {"status": 500}}]'
    [[ $status -eq 0 && $output == "the configuration is valid" ]]
}

@test "unknown keys name file, line, key and the nearest one" {
    cd "$T"
    printf 'listen: ":0"\nregistry:\n  delete:\n    tga: "on"\n' >c.yaml
    serve -c c.yaml --check-config
    refused 2 "ocimock serve: c.yaml:4: registry.delete.tga: unknown key: did you mean 'tag'?"
    printf '{"listen": ":0",\n "registyr": {}}' >c.json
    serve -c c.json --check-config
    refused 2 "ocimock serve: c.json:2: registyr: unknown key: did you mean 'registry'?"
    printf 'frobnicate: 1\n' >c.yaml
    serve -c c.yaml --check-config
    refused 2 "ocimock serve: c.yaml:1: frobnicate: unknown key"
}

@test "wrong types and values name file, line, key and what is allowed" {
    cd "$T"
    printf 'registry:\n  mode: readonly\n' >c.yaml
    serve -c c.yaml
    refused 2 "ocimock serve: c.yaml:2: registry.mode: 'readonly' is not allowed: did you mean 'read-only'? expected read-write or read-only"
    printf 'registry:\n  referrers: on\n' >c.yaml
    serve -c c.yaml
    refused 2 "ocimock serve: c.yaml:2: registry.referrers: expected true or false, not a text"
    printf 'listen:\n  - 5000\n' >c.yaml
    serve -c c.yaml
    refused 2 "ocimock serve: c.yaml:2: listen[0]: expected a text, not a number: put it in quotes"
    printf '\nlimits: {head_timeout: 30}\n' >c.yaml
    serve -c c.yaml
    refused 2 "ocimock serve: c.yaml:2: limits.head_timeout: expected a duration with its unit, such as 30ms or 30s"
    printf 'registry: yes\n' >c.yaml
    serve -c c.yaml
    refused 2 "ocimock serve: c.yaml:1: registry: expected keys and values below it"
}

@test "malformed files name file and line" {
    cd "$T"
    printf 'listen: ":0"\nlisten: ":1"\n' >c.yaml
    serve -c c.yaml
    refused 2 "ocimock serve: c.yaml:2: the key 'listen' is there twice (first in line 1)"
    printf 'listen: ":0"\n---\nlisten: ":1"\n' >c.yaml
    serve -c c.yaml
    refused 2 "ocimock serve: c.yaml:2: a second document begins: only one is allowed"
    printf 'log:\n\tlevel: info\n' >c.yaml
    serve -c c.yaml
    refused 2 "ocimock serve: c.yaml:2:1: found character that cannot start any token while scanning for the next token: indent with blanks, not with tabs"
    printf 'log: \xff\n' >c.yaml
    serve -c c.yaml
    refused 2 "ocimock serve: c.yaml:1: invalid leading UTF-8 octet"
    serve -c nothing.yaml
    refused 1 "ocimock serve: nothing.yaml: No such file or directory"
}

@test "a bomb of YAML aliases is refused at once" {
    {
        echo 'a: &a [x, x, x, x, x, x, x, x, x, x]'
        for level in {b..j}; do
            above=$(printf '%s' "$level" | tr b-j a-i)
            echo "$level: &$level [*$above, *$above, *$above, *$above, *$above, *$above, *$above]"
        done
    } >"$T/c.yaml"
    cd "$T"
    run --separate-stderr timeout 5 "$OCIMOCK" serve -c c.yaml
    [[ $status -eq 2 && $stderr == *"c.yaml:"*"more than 100000 values once aliases are expanded" ]]
}

@test "the printed configuration is valid and prints itself" {
    "$OCIMOCK" serve --listen :0 --listen '[::1]:0' --delete-tag 405 --no-referrers \
        --limit-manifest 4000000 --idle-timeout 90s --import layouts --tls-auto \
        --print-config >"$T/c.yaml"
    grep -q '^ *tag: "405"$' "$T/c.yaml"
    grep -q '^ *manifest: 4000000$' "$T/c.yaml"
    grep -q '^ *idle_timeout: "90s"$' "$T/c.yaml"
    grep -q "^  - $PWD/layouts\$" "$T/c.yaml"
    cd /
    "$OCIMOCK" serve -c "$T/c.yaml" --print-config | diff "$T/c.yaml" -
    "$OCIMOCK" serve -c "$T/c.yaml" --print-config --json >"$T/c.json"
    [[ $(jq -r '.listen | length' "$T/c.json") -eq 2 ]]
    "$OCIMOCK" serve -c "$T/c.json" --print-config | diff "$T/c.yaml" -
    "$OCIMOCK" serve -c "$T/c.json" --check-config
}

@test "every option can be given as flag, variable and key with the same effect" {
    "$OCIMOCK" serve --print-config --json >"$T/default.json"
    local flag key variable value
    while read -r flag key value; do
        variable=OCIMOCK_$(printf '%s' "$flag" | tr a-z- A-Z_)
        "$OCIMOCK" serve "--$flag=$value" --print-config --json >"$T/flag.json"
        env "$variable=$value" "$OCIMOCK" serve --print-config --json >"$T/variable.json"
        jq -n --arg v "$value" "setpath(\"$key\" | split(\".\");
            \$v | if test(\"^(true|false|[0-9]+)$\") then fromjson else . end)" >"$T/key.json"
        "$OCIMOCK" serve -c "$T/key.json" --print-config --json >"$T/file.json"
        diff "$T/flag.json" "$T/variable.json"
        diff "$T/flag.json" "$T/file.json"
        ! diff -q "$T/flag.json" "$T/default.json" >/dev/null || { echo "$flag: no effect"; return 1; }
    done <<'EOF'
listen listen :1
import import /x
mode registry.mode read-only
delete-tag registry.delete.tag 405
delete-manifest registry.delete.manifest pretend
delete-blob registry.delete.blob 403
referrers registry.referrers false
referrers-filter registry.referrers_filter false
referrers-page registry.referrers_page 7
strict-accept registry.strict_accept true
location registry.location absolute
immutable-tags registry.immutable_tags true
tag-page registry.tag_page 7
upload-expiry registry.upload_expiry 7s
require-blobs registry.require_blobs false
match-media-type registry.match_media_type false
single-post registry.single_post false
mount registry.mount false
tag-parameters registry.tag_parameters false
catalog registry.catalog false
chunk-min registry.chunk_min 7KiB
limit-manifest limits.manifest 7MiB
limit-blob limits.blob 7MiB
limit-storage limits.storage 7MiB
limit-uploads limits.uploads 7
limit-tags-per-push limits.tags_per_push 7
limit-connections limits.connections 7
head-timeout limits.head_timeout 7s
body-timeout limits.body_timeout 7s
idle-timeout limits.idle_timeout 7s
write-timeout limits.write_timeout 7s
linger-timeout limits.linger_timeout 7s
drain-timeout limits.drain_timeout 7s
limit-discard limits.discard 7MiB
log-format log.format json
log-level log.level debug
port-file port_file /x
ready-fd ready_fd 7
stop-on-stdin-eof stop_on_stdin_eof true
EOF
}

# --- Precedence

effective() {
    "$OCIMOCK" serve "$@" --print-config --json | jq -r .registry.tag_page
}

@test "flag, OCIMOCK_OPTIONS, environment, file, default: in this order" {
    printf 'registry: {tag_page: 1}\n' >"$T/c.yaml"
    [[ $(effective) == 0 ]]
    [[ $(effective -c "$T/c.yaml") == 1 ]]
    [[ $(OCIMOCK_CONFIG=$T/c.yaml effective) == 1 ]]
    export OCIMOCK_TAG_PAGE=2
    [[ $(effective -c "$T/c.yaml") == 2 ]]
    export OCIMOCK_OPTIONS="--tag-page '3'"
    [[ $(effective -c "$T/c.yaml") == 3 ]]
    [[ $(effective -c "$T/c.yaml" --tag-page 4) == 4 ]]
    export OCIMOCK_OPTIONS='--tag-pgae 3'
    serve --print-config
    refused 2 "ocimock serve: OCIMOCK_OPTIONS: unknown option '--tag-pgae': did you mean '--tag-page'?"
}

@test "OCIMOCK_OPTIONS can hold the whole command line" {
    OCIMOCK_OPTIONS='serve --tag-page=9 --print-config --json' run -0 "$OCIMOCK"
    [[ $(jq .registry.tag_page <<<"$output") == 9 ]]
    [[ $(OCIMOCK_OPTIONS='serve --tag-page=9' effective) == 9 ]]
}

@test "wrong values in the environment name the variable" {
    OCIMOCK_DELETE_TAG=x serve
    refused 2 "ocimock serve: OCIMOCK_DELETE_TAG: 'x' is not allowed: expected on, 405, 400, 403 or pretend"
}

@test "unknown variables are warnings, those of Kubernetes are not even that" {
    export OCIMOCK_LISEN=:1 OCIMOCK_FOO=1 OCIMOCK_PORT=tcp://10.0.0.1:5000 \
        OCIMOCK_SERVICE_HOST=10.0.0.1 OCIMOCK_PORT_5000_TCP_ADDR=10.0.0.1 OCIMOCK_TAG_PAGE=
    start
    stop
    grep -q "level=warn msg=\"unknown environment variable 'OCIMOCK_LISEN' is ignored: did you mean 'OCIMOCK_LISTEN'?\"" "$T/log"
    grep -q "OCIMOCK_FOO' is ignored\"" "$T/log"
    [[ $(grep -c level=warn "$T/log") -eq 2 ]]
    serve --check-config
    [[ $status -eq 0 && $output == "the configuration is valid" ]]
    [[ $stderr == *"'OCIMOCK_LISEN' is ignored: did you mean 'OCIMOCK_LISTEN'?"* ]]
}

# --- Starting

@test "the ready line has the real ports and is all there is on standard output" {
    start --listen 127.0.0.1:0 --listen '[::1]:0' --tls-auto "$T/tls" --tls-listen 127.0.0.1:0
    [[ $LINE =~ ^ocimock:\ ready\ registry=http://127\.0\.0\.1:[0-9]+,http://\[::1\]:[0-9]+,https://127\.0\.0\.1:[0-9]+\ control=http://127\.0\.0\.1:[0-9]+$ ]]
    IFS=, read -ra urls <<<"$URLS"
    [[ $(status_of "${urls[0]}/v2/") == 200 ]]
    [[ $(status_of "${urls[1]}/v2/") == 200 ]]
    [[ $(status_of --cacert "$T/tls/ca.crt" "${urls[2]}/v2/") == 200 ]]
    [[ $(status_of --cacert "$T/tls/ca.crt" "https://localhost:${urls[2]##*:}/v2/") == 200 ]]
    stop
    [[ $(cat "$T/out") == "$LINE" ]]
}

@test "the port file holds a URL per line and is removed at the end" {
    start --listen 127.0.0.1:0 --listen 127.0.0.1:0 --port-file "$T/ports"
    # shellcheck disable=SC2153 # both are set by start
    [[ $(wc -l <"$T/ports") -eq 2 && $(head -n 1 "$T/ports") == "$URL" ]]
    [[ $(paste -s -d , "$T/ports") == "$URLS" ]]
    stop
    [[ ! -e $T/ports ]]
    [[ -z $(find "$T" -name 'ports*') ]]
}

@test "a port file that cannot be written is told" {
    run -1 --separate-stderr "$OCIMOCK" serve --listen 127.0.0.1:0 --port-file "$T/none/ports"
    [[ $stderr == *'cannot write the port file'*'/none/ports: No such file or directory'* ]]
    [[ -z $output ]]
}

@test "a ready descriptor that is not open is told" {
    run -1 --separate-stderr "$OCIMOCK" serve --listen 127.0.0.1:0 --ready-fd 99
    [[ $stderr == *'cannot write the ready line to descriptor 99: Bad file descriptor'* ]]
}

@test "an address in use is named, with what to do" {
    start
    run -1 --separate-stderr "$OCIMOCK" serve --listen "${URL#http://}" --control 127.0.0.1:0
    [[ $stderr == *"address ${URL#http://} is in use: stop what listens there, or choose another with --listen (port 0 takes a free one)"* ]]
    [[ -z $output ]]
    stop
}

@test "the address of the control API in use is named, with what to do" {
    start
    run -1 --separate-stderr "$OCIMOCK" serve --listen 127.0.0.1:0 --control "${OCIMOCK_CONTROL#http://}"
    [[ $stderr == *"of the control API is in use: choose another with --control"* ]]
    stop
}

@test "--control= serves no control API" {
    start --control=
    [[ $LINE != *control=* ]]
    stop
}

@test "beyond this machine the control API needs a token, which is printed once" {
    start --control 0.0.0.0:0
        token=$(sed -n 's/^ocimock: control token //p' "$T/log")
    [[ ${#token} -eq 48 ]]
    [[ $(status_of "$CONTROL/images") == 401 ]]
    [[ $(status_of -H "Authorization: Bearer $token" "$CONTROL/images") == 200 ]]
    [[ $(status_of "$OCIMOCK_CONTROL/livez") == 200 ]]
    stop
}

@test "a control token of a file or the environment" {
    printf 'from-a-file\n' >"$T/token"
    start --control-token-file "$T/token"
        [[ $(status_of "$CONTROL/images") == 401 ]]
    [[ $(status_of -H "Authorization: Bearer from-a-file" "$CONTROL/images") == 200 ]]
    stop
    run ! grep -q from-a-file "$T/log"
    run -2 --separate-stderr "$OCIMOCK" serve --control-token a --control-token-file b
    [[ $stderr == *"must not be given together"* ]]
}

@test "bad listen addresses are refused" {
    for address in 127.0.0.1 127.0.0.1:x 127.0.0.1:99999 ::1:5000 '[::1' 300.1.1.1:0; do
        run --separate-stderr timeout 10 "$OCIMOCK" serve --listen "$address"
        echo "$address: $status $stderr"
        [[ $status -eq 2 && $stderr == *"$address"* ]]
    done
}

@test "a certificate that is not there or does not fit is told" {
    run -1 --separate-stderr "$OCIMOCK" serve --tls-cert "$T/none.crt" --tls-key "$T/none.key"
    [[ $stderr == *"none.crt"* ]]
}

@test "the descriptor limit is raised to the hard limit" {
    # bash keeps its own; a soft limit of 64 is far below the hard one
    [[ $(ulimit -Hn) != 64 ]]
    ulimit -Sn 64
    start
    [[ $(awk '/Max open files/ { print $4 == $5 }' "/proc/$PID/limits") == 1 ]]
    stop
}

# --- Stopping

@test "SIGTERM and SIGINT stop it with status 0" {
    start
    stop
    # a shell starts background jobs with SIGINT ignored; env resets that
    env -u OCIMOCK_CONTROL --default-signal=INT "$OCIMOCK" serve --listen 127.0.0.1:0 --ready-fd 4 4>"$T/ready" >/dev/null 2>"$T/log" 3>&- &
    PID=$!
    read -r -t 20 LINE <"$T/ready"
    kill -INT "$PID"
    finish
    grep -q 'msg=stopping why=signal' "$T/log"
}

@test "a second signal does not wait for requests under way" {
    start --drain-timeout 10m
    exec 5<>"/dev/tcp/127.0.0.1/${URL##*:}"
    printf 'POST /v2/a/blobs/uploads/?digest=sha256:%064d HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf' 0 >&5
    until curl --noproxy '*' -s "$URL/v2/" >/dev/null; do :; done
    kill -TERM "$PID"
    until grep -q msg=stopping "$T/log"; do :; done
    kill -0 "$PID"
    stop
    exec 5>&-
    grep -q 'stopping at once' "$T/log"
}

@test "the end of standard input stops it on request" {
    mkfifo "$T/in"
    exec 6<>"$T/in"
    start --stop-on-stdin-eof --drain-timeout 10m <"$T/in"
    echo ignored >&6
    [[ $(status_of "$URL/v2/") == 200 ]]
    exec 6>&-
    finish
    grep -q 'msg=stopping why="standard input ended"' "$T/log"
}

@test "without that option the end of standard input does nothing" {
    start </dev/null
    [[ $(status_of "$URL/v2/") == 200 ]]
    stop
}

@test "standard input that has no end to wait for is refused" {
    run -2 --separate-stderr "$OCIMOCK" serve --listen 127.0.0.1:0 --stop-on-stdin-eof <"$0"
    [[ $stderr == *"needs a pipe, socket or terminal as standard input"* ]]
}

@test "SIGHUP makes the certificate of --tls-auto anew, signed by the same CA" {
    start --listen= --tls-listen 127.0.0.1:0 --tls-auto "$T/tls"
    cp "$T/tls/server.crt" "$T/old.crt"
    cp "$T/tls/ca.crt" "$T/ca.crt"
    kill -HUP "$PID"
    until grep -q 'was read again' "$T/log"; do :; done
    run ! cmp -s "$T/old.crt" "$T/tls/server.crt"
    cmp "$T/ca.crt" "$T/tls/ca.crt"
    [[ $(status_of --cacert "$T/ca.crt" "$URL/v2/") == 200 ]]
    openssl s_client -connect "${URL#https://}" </dev/null 2>/dev/null | openssl x509 >"$T/served.crt"
    openssl x509 -in "$T/tls/server.crt" | cmp - "$T/served.crt"
    stop
}

@test "SIGHUP with a broken certificate keeps the old one" {
    start --listen= --tls-listen 127.0.0.1:0 --tls-auto "$T/tls"
    cp -r "$T/tls" "$T/given"
    stop
    start --listen= --tls-listen 127.0.0.1:0 --tls-cert "$T/given/server.crt" --tls-key "$T/given/server.key"
    echo nonsense >"$T/given/server.key"
    kill -HUP "$PID"
    until grep -q 'was not read again, the old one stays' "$T/log"; do :; done
    [[ $(status_of --cacert "$T/given/ca.crt" "$URL/v2/") == 200 ]]
    stop
}

@test "--tls-auto without a folder uses the data folder of the user" {
    XDG_DATA_HOME=$T/data start --listen= --tls-listen 127.0.0.1:0 --tls-auto
    [[ $(stat -c %a "$T/data/ocimock/tls/server.key") == 600 ]]
    stop
    run -2 --separate-stderr env -u HOME -u XDG_DATA_HOME "$OCIMOCK" serve --tls-auto
    [[ $stderr == *"tls.auto needs a folder: HOME is not set"* ]]
}

# --- The log

@test "the log is JSON on request, one object per line" {
    start --log-format json
    curl --noproxy '*' -s "$URL/v2/" -A 'quote " and \' >/dev/null
    stop
    jq -e -s 'map(select(.msg == "request")) | length == 1 and .[0].op == "ping" and .[0].status == 200
        and .[0].user_agent == "quote \" and \\"' "$T/log"
    jq -e 'has("ts") and has("level") and has("msg")' "$T/log" >/dev/null
}

@test "the log level leaves out what is less important" {
    start --log-level warn
    curl --noproxy '*' -s "$URL/v2/" >/dev/null
    stop
    [[ ! -s $T/log ]]
}

@test "a log that nobody reads does not stop the server" {
    mkfifo "$T/ready" "$T/stuck"
    exec 7<>"$T/stuck"
    "$OCIMOCK" serve --listen 127.0.0.1:0 --ready-fd 4 4>"$T/ready" >/dev/null 2>"$T/stuck" 3>&- &
    PID=$!
    read -r -t 20 LINE <"$T/ready"
    URLS=${LINE#*registry=}
    for _ in {1..400}; do printf 'url = "%s/v2/"\noutput = "/dev/null"\n' "${URLS%% *}"; done >"$T/urls"
    timeout 30 curl --noproxy '*' -s -A "$(printf '%0500d' 0)" -K "$T/urls"
    kill "$PID"
    touch "$T/log"
    finish
    exec 7>&-
}

# --- healthcheck

@test "healthcheck: 0 when it serves, 4 when nobody answers, 1 for something else" {
    start --port-file "$T/ports"
    run -0 "$OCIMOCK" healthcheck --url "$URL"
    [[ -z $output ]]
    run -0 "$OCIMOCK" healthcheck --url "${URL#http://}"
    run -0 env OCIMOCK_LISTEN="0.0.0.0:${URL##*:}" "$OCIMOCK" healthcheck
    run -0 env OCIMOCK_PORT_FILE="$T/ports" "$OCIMOCK" healthcheck --json
    [[ $(jq -r '.healthy, .url' <<<"$output" | paste -s -d ' ') == "true $URL" ]]
    run -1 --separate-stderr "$OCIMOCK" healthcheck --url "$URL/v2/x/y"
    [[ $stderr == *"answers 404 instead of 200" ]]
    stop
    run -4 --separate-stderr "$OCIMOCK" healthcheck --url "$URL"
    [[ $stderr == "ocimock healthcheck: no answer from $URL/"* ]]
    run -4 "$OCIMOCK" healthcheck --url "$URL" --json
    [[ $(jq .healthy <<<"$output") == false ]]
    run -2 --separate-stderr "$OCIMOCK" healthcheck --url ftp://x
    run -2 --separate-stderr "$OCIMOCK" healthcheck --frob
}

@test "healthcheck --wait waits for the server, and not longer than told" {
    run -4 --separate-stderr timeout 10 "$OCIMOCK" healthcheck --wait --timeout 300ms --url 127.0.0.1:1
    start
    local address=${URL#http://}
    stop
    rm "$T/ready"
    "$OCIMOCK" healthcheck --wait --timeout 20s --url "$address" 3>&- &
    local waiting=$!
    start --listen "$address" --control 127.0.0.1:0
    wait "$waiting"
    stop
}

@test "healthcheck over TLS does not ask who signed" {
    start --listen= --tls-listen 127.0.0.1:0 --tls-auto "$T/tls"
    run -0 "$OCIMOCK" healthcheck --url "$URL"
    stop
}

# --- The manual

# commands [WORD...]: the words of every command that can be run, one per line.
commands() {
    local help part

    help=$("$OCIMOCK" "$@" --help)
    while read -r part; do
        commands "$@" "$part"
    done < <(sed '1,/^Usage:/d' <<<"$help" | sed -nE 's/^  ([a-z][a-z-]*)  .*/\1/p')
    [[ $help != *$'\n  -h, --help '* ]] || echo "$*"
}

without_roff() {
    sed 's/\\f[BIR]//g; s/\\-/-/g; s/\\e/\\/g; s/\\(dq/"/g; s/^\\&//'
}

@test "the manual describes every command and option as the help does" {
    local words flag help page

    page=$(without_roff <"$TOP_BUILDDIR/man/ocimock.1")
    while read -r words; do
        # shellcheck disable=SC2086 # words of the command
        help=$("$OCIMOCK" $words --help)
        [[ $page == *$'\n'".SS $(sed -n 's/^Usage: //p' <<<"$help")"$'\n'* ]]
        while read -r flag; do
            [[ $page == *$'\n'"$flag"$'\n'* ]] || { echo "$words: $flag" && false; }
        done < <(sed -nE 's/^  ((-., )?--[a-z0-9-]+( [^ ]+)?)(  .*)?$/\1/p' <<<"$help")
    done < <(commands)
}

@test "the manual has no mistakes that man knows" {
    command -v man >/dev/null || skip "man is not installed"
    [[ -z $(LC_ALL=C.UTF-8 MANROFFSEQ='' MANWIDTH=80 man --warnings -E UTF-8 -l -Tutf8 -Z "$TOP_BUILDDIR/man/ocimock.1" 2>&1 >/dev/null) ]]
}
