# SPDX-License-Identifier: MIT
# One request to a registry, and its answer as one line:
#
#     NAME <tab> METHOD /path <tab> STATUS [ERROR-CODES] [Header: value; ...]
#
# What changes from run to run is replaced: the registry's address by HOST, upload sessions by SESSION,
# upload identifiers by UUID. Digests of two algorithms are cut short.
#
# Needs URL (http://host:port) and WORK (a folder). After ask, LOCATION is the answer's Location as a
# URL, BODY the file with its body and HEAD the file with its head.
# shellcheck shell=bash
# shellcheck disable=SC2154 # URL and WORK belong to the caller

HEAD=$WORK/head
BODY=$WORK/body
LOCATION=

# The last block of header lines: those before it belong to 100 Continue.
final_head() {
    awk 'BEGIN { RS = "\r\n\r\n" } NF { last = $0 } END { print last }' "$HEAD" | tr -d '\r'
}

# Several lines of one name are joined.
header() {
    final_head | sed -n "s/^$1: *//Ip" | paste -s -d , | sed 's/, */, /g'
}

stable() {
    sed -E -e "s|$URL|http://HOST|g" \
        -e 's/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/UUID/g' -e 's/uploads\/[0-9a-f]{32}/uploads\/UUID/g' \
        -e 's/_state=[A-Za-z0-9_%=-]+&?//' -e 's/[?]$//' -e 's/[?];/;/' \
        -e 's/(sha[0-9]+:[0-9a-f]{6})[0-9a-f]+/\1../g'
}

error_codes() {
    jq -r '[.errors[]?.code] | join(",")' "$BODY" 2>/dev/null || true
}

# described HEADER,...: "Header: value; ..." of the headers named. Some names are special: "body" is the
# body itself, "tags" are the tags in it, sorted (docker-registry gives them in the order of its
# folders). Location and Content-Type are shown without host and character set, unless a "!" follows.
described() {
    local name value out=

    for name in ${1//,/ }; do
        case $name in
            body) value=$(head -c 300 "$BODY" | tr -d '\n') ;;
            tags) value=$(jq -r '.tags | if . == null then "null" elif . == [] then "none" else sort | join(" ") end' \
                "$BODY") ;;
            *!) value=$(header "${name%!}") ;;
            Content-Type) value=$(header Content-Type) && value=${value%%;*} ;;
            Location) value=$(header Location) && value=${value#"$URL"} ;;
            Link) value=$(header Link) && value=${value//"$URL"/} ;;
            *) value=$(header "$name") ;;
        esac
        out+="; ${name%!}: ${value:--}"
    done
    printf '%s' "${out#; }"
}

# ask NAME HEADER,... METHOD PATH-OR-URL [CURL-OPTION...]
ask() {
    local name=$1 headers=$2 method=$3 target=$4 shown=${4#"$URL"} status whole='' codes
    local method_options=(-X "$3")

    shift 4
    [[ $target == http://* ]] || target=$URL$target
    [[ $shown != */blobs/uploads/?* ]] || shown=$(sed -E 's|uploads/[^?]+|uploads/SESSION|' <<<"$shown")
    [[ $method != HEAD ]] || method_options=(-I)
    : >"$HEAD"
    : >"$BODY"
    # An answer that is shorter than its Content-Length still has a status.
    status=$(curl -sS --path-as-is --max-time 20 -o "$BODY" -D "$HEAD" -w '%{http_code}' \
        -H "Accept: */*" "${method_options[@]}" "$@" "$target" 2>"$WORK/curl.err") || whole=' cut short'
    [[ $status != 000 ]] || status=closed whole=
    LOCATION=$(header Location)
    [[ -z $LOCATION || $LOCATION == http* ]] || LOCATION=$URL$LOCATION
    codes=$(error_codes)
    printf '%s\t%s %s\t%s%s%s%s\n' "$name" "$method" "$(stable <<<"$shown")" "$status" \
        "$whole" "${codes:+ $codes}" "$(described "$headers" | sed 's/^./ &/' | stable)"
}

# raw NAME REQUEST-TEXT SHOWN: sends bytes that curl would not send; shows the status line.
raw() {
    local host_port=${URL#http://} line

    exec 7<>"/dev/tcp/${host_port%:*}/${host_port##*:}"
    printf '%b' "$2" >&7
    IFS= read -r -t 10 line <&7 || line=closed
    exec 7>&-
    line=${line%$'\r'}
    line=${line#HTTP/1.? }
    printf '%s\t%s\t%s\n' "$1" "$3" "${line%% *}"
}
