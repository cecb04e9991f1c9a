#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# ocimock gen-cert, and client certificates (mutual TLS).

load lib/server

gen() {
    run --separate-stderr "$OCIMOCK" gen-cert --out "$T/tls" "$@"
}

serve_tls() {
    start --listen= --tls-listen 127.0.0.1:0 --tls-cert "$T/tls/server.crt" --tls-key "$T/tls/server.key" "$@"
    URL=${URL/127.0.0.1/localhost}
}

get() {
    curl --noproxy '*' -s -m 20 -o /dev/null -w '%{http_code}' --cacert "$T/tls/ca.crt" "$@" "$URL/v2/"
}

@test "a CA is made only when it is asked for" {
    gen
    [[ $status -eq 2 && $stderr == *"there is no CA"*"--ca"* ]]
    [[ ! -e $T/tls/server.crt ]]
}

@test "server, client: signed by the CA of the folder, for what they are for" {
    gen --ca --host registry.test --host 192.0.2.7
    [[ $status -eq 0 ]]
    gen --client alice
    [[ $status -eq 0 ]]
    openssl verify -purpose sslserver -verify_hostname registry.test -CAfile "$T/tls/ca.crt" "$T/tls/server.crt"
    openssl verify -verify_ip 192.0.2.7 -CAfile "$T/tls/ca.crt" "$T/tls/server.crt"
    openssl verify -purpose sslclient -CAfile "$T/tls/ca.crt" "$T/tls/alice.crt"
    run ! openssl verify -purpose sslserver -CAfile "$T/tls/ca.crt" "$T/tls/alice.crt"
    [[ $(openssl x509 -in "$T/tls/alice.crt" -noout -subject -nameopt RFC2253) == *"CN=alice"* ]]
    [[ $(stat -c %a "$T/tls/server.key" "$T/tls/alice.key" "$T/tls/ca.key" | sort -u) == 600 ]]
}

@test "the CA stays when more is made" {
    gen --ca
    before=$(sha256sum <"$T/tls/ca.crt")
    gen --ca --file other
    [[ $status -eq 0 && $(sha256sum <"$T/tls/ca.crt") == "$before" ]]
}

@test "flaws: expired, not yet valid, self-signed, wrong name" {
    gen --ca
    for flaw in expired not-yet self-signed wrong-name; do
        gen --flaw "$flaw" --file "$flaw"
        [[ $status -eq 0 ]]
    done
    run openssl verify -CAfile "$T/tls/ca.crt" "$T/tls/expired.crt"
    [[ $status -ne 0 && $output == *"certificate has expired"* ]]
    run openssl verify -CAfile "$T/tls/ca.crt" "$T/tls/not-yet.crt"
    [[ $status -ne 0 && $output == *"not yet valid"* ]]
    run openssl verify -CAfile "$T/tls/ca.crt" "$T/tls/self-signed.crt"
    [[ $status -ne 0 && $output == *"self-signed"* ]]
    run openssl verify -verify_hostname localhost -CAfile "$T/tls/ca.crt" "$T/tls/wrong-name.crt"
    [[ $status -ne 0 && $output == *[Hh]"ostname mismatch"* ]]
}

@test "wrong usage is named" {
    gen --ca --client alice --host x
    [[ $status -eq 2 && $stderr == *"--host is for servers"* ]]
    gen --ca --flaw broken
    [[ $status -eq 2 && $stderr == *"wrong-name"* ]]
    gen --ca --file ../up
    [[ $status -ne 0 && $stderr == *"no name of a file"* && ! -e $T/up.crt ]]
    gen --ca --host "bad name"
    [[ $status -ne 0 && $stderr == *"neither a host name nor an address"* ]]
}

@test "--json names the files" {
    gen --ca --json
    [[ $(jq -r .certificate <<<"$output") == "$T/tls/server.crt" ]]
    [[ $(jq -r .ca <<<"$output") == "$T/tls/ca.crt" ]]
}

@test "a client certificate is accepted, but not needed, unless it is required" {
    gen --ca
    gen --client alice
    serve_tls --tls-client-ca "$T/tls/ca.crt"
    [[ $(get) == 200 ]]
    [[ $(get --cert "$T/tls/alice.crt" --key "$T/tls/alice.key") == 200 ]]
}

@test "a required client certificate: none, another CA's, the right one" {
    gen --ca
    gen --client alice
    gen --client mallory --flaw self-signed
    serve_tls --tls-client-ca "$T/tls/ca.crt" --tls-client-required
    [[ $(get --cert "$T/tls/alice.crt" --key "$T/tls/alice.key") == 200 ]]
    [[ $(get) == 000 ]]
    [[ $(get --cert "$T/tls/mallory.crt" --key "$T/tls/mallory.key") == 000 ]]
    grep -q 'end_reason="peer did not return a certificate"' "$T/log"
    grep -q 'end_reason="certificate verify failed"' "$T/log"
}

@test "client certificates without TLS are refused" {
    run --separate-stderr "$OCIMOCK" serve --tls-client-ca ca.crt
    [[ $status -eq 2 && $stderr == *"needs TLS"* ]]
    run --separate-stderr "$OCIMOCK" serve --tls-auto "$T/tls" --tls-client-required
    [[ $status -eq 2 && $stderr == *"tls.client_required needs tls.client_ca"* ]]
}
