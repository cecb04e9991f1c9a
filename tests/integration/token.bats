#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# ocimock keys and ocimock token: without a server.
# shellcheck disable=SC2154 # run --separate-stderr sets stderr

load lib/server

keys() {
    run --separate-stderr "$OCIMOCK" keys "$@"
}

mint() {
    run --separate-stderr "$OCIMOCK" token mint "$@"
}

inspect() {
    run --separate-stderr "$OCIMOCK" token inspect "$@"
}

generate() {
    "$OCIMOCK" keys --generate --out "$T/keys" "$@" >/dev/null
}

# part N: header (1) or claims (2) of the token in $output
part() {
    local text

    text=$(cut -d . -f "$1" <<<"$output" | tr -- '-_' '+/')
    while ((${#text} % 4)); do text+='='; done
    base64 -d <<<"$text"
}

# --- keys

@test "a new key: three files, the private one for its owner only" {
    keys --generate --out "$T/keys"
    [[ $status -eq 0 && $stderr == "" ]]
    [[ $(stat -c %a "$T/keys/token.pem") == 600 && $(stat -c %a "$T/keys/token.crt") == 644 ]]
    openssl pkey -in "$T/keys/token.pem" -noout -check
    openssl verify -CAfile "$T/keys/token.crt" "$T/keys/token.crt"
    [[ $(openssl x509 -in "$T/keys/token.crt" -noout -pubkey) == $(openssl pkey -in "$T/keys/token.pem" -pubout) ]]
    jq -e '.keys[0] | .kty == "EC" and .alg == "ES256" and .use == "sig" and (has("d") | not)' "$T/keys/token.json"
}

@test "an RSA key has 2048 bits" {
    generate --algorithm RS256 --file rsa --name registry.test
    [[ $(openssl pkey -in "$T/keys/rsa.pem" -noout -text) == *"2048 bit"* ]]
    [[ $(openssl x509 -in "$T/keys/rsa.crt" -noout -subject -nameopt RFC2253) == *"CN=registry.test" ]]
}

@test "files that are there are not replaced" {
    generate
    before=$(cat "$T"/keys/*)
    keys --generate --out "$T/keys"
    [[ $status -eq 1 && $stderr == *"token.pem is there already"* ]]
    rm "$T/keys/token.pem"
    keys --generate --out "$T/keys"
    [[ $status -eq 1 && $stderr == *"token.crt is there already"* && ! -e $T/keys/token.pem ]]
    [[ $before == *"$(cat "$T/keys/token.crt")"* ]]
}

@test "the certificate of a key: its own, or one that is made" {
    generate
    keys --key "$T/keys/token.pem" --certificate "$T/keys/token.crt"
    [[ $output == "$(cat "$T/keys/token.crt")" ]]
    keys --key "$T/keys/token.pem"
    [[ $output != "$(cat "$T/keys/token.crt")" ]]
    [[ $(openssl x509 -noout -pubkey <<<"$output") == $(openssl pkey -in "$T/keys/token.pem" -pubout) ]]
}

@test "ids are those that others calculate" {
    generate
    id=$(openssl pkey -in "$T/keys/token.pem" -pubout -outform DER | openssl dgst -sha256 -binary | head -c 30 |
        base32 -w 0 | sed 's/..../&:/g; s/:$//')
    thumbprint=$(jq -j '.keys[0] | "{\"crv\":\"\(.crv)\",\"kty\":\"\(.kty)\",\"x\":\"\(.x)\",\"y\":\"\(.y)\"}"' "$T/keys/token.json" |
        openssl dgst -sha256 -binary | base64 -w 0 | tr '+/' '-_' | tr -d =)
    keys --key "$T/keys/token.pem" --show ids --json
    [[ $(jq -r '.[0].kid' <<<"$output") == "$id" ]]
    [[ $(jq -r '.[0].libtrust' <<<"$output") == "$id" ]]
    [[ $(jq -r '.[0].thumbprint' <<<"$output") == "$thumbprint" ]]
}

@test "the keys of a configuration, with their names" {
    generate
    generate --algorithm RS256 --file old
    cat >"$T/ocimock.yaml" <<-EOF
	auth:
	  service: registry.test
	  keys:
	    - {key: keys/token.pem, certificate: keys/token.crt, kid: new}
	    - {key: keys/old.pem, kid: thumbprint}
	EOF
    keys --config "$T/ocimock.yaml" --show jwks
    [[ $(jq -r '.keys | length' <<<"$output") == 2 && $(jq -r '.keys[0].kid' <<<"$output") == new ]]
    [[ $(jq -r '.keys[1] | .alg, (.x5c | length)' <<<"$output" | tr '\n' ' ') == "RS256 1 " ]]
    keys --config "$T/ocimock.yaml" --show public
    [[ $(grep -c 'BEGIN PUBLIC KEY' <<<"$output") == 2 ]]
    mint --config "$T/ocimock.yaml"
    [[ $(part 1 | jq -r .kid) == new && $(part 2 | jq -r .aud) == registry.test ]]
}

@test "keys: wrong usage and wrong files" {
    generate
    generate --file other
    keys
    [[ $status -eq 2 && $stderr == *"--key FILE"* ]]
    keys --generate
    [[ $status -eq 2 && $stderr == *"--out is missing"* ]]
    keys --out x --key y
    [[ $status -eq 2 ]]
    keys --generate --out "$T/keys" --file ../up
    [[ $status -eq 2 && ! -e $T/up.pem ]]
    keys --key "$T/none.pem"
    [[ $status -eq 1 && $stderr == *"none.pem"* ]]
    keys --key "$T/keys/token.crt"
    [[ $status -eq 1 && $stderr == *"no private key"* ]]
    keys --key "$T/keys/token.pem" --certificate "$T/keys/other.crt"
    [[ $status -eq 1 && $stderr == *"not the key's"* ]]
    echo 'auth: {mode: none}' >"$T/none.yaml"
    keys --config "$T/none.yaml"
    [[ $status -eq 2 && $stderr == *"auth.keys"* ]]
    echo 'auth: {keys: [{kye: x}]}' >"$T/typo.yaml"
    keys --config "$T/typo.yaml"
    [[ $status -eq 2 && $stderr == *"typo.yaml:1"*"'key'"* ]]
}

# --- token

@test "a token says what was asked for" {
    generate
    mint --key "$T/keys/token.pem" --certificate "$T/keys/token.crt" --sub alice --scope repository:h:5000/a/b:pull,push \
        --scope 'registry:catalog:*' --ttl 2m --jti one
    [[ $status -eq 0 ]]
    [[ $(part 2 | jq -c '[.sub, .aud, .iss, .jti, .exp - .iat, .iat - .nbf]') == '["alice","ocimock","ocimock","one",120,10]' ]]
    [[ $(part 2 | jq -c '.access') == '[{"actions":["pull","push"],"name":"h:5000/a/b","type":"repository"},{"actions":["*"],"name":"catalog","type":"registry"}]' ]]
    [[ $(part 1 | jq -r '.typ, .alg, (.x5c | length)' | tr '\n' ' ') == "JWT ES256 1 " ]]
    mint --key "$T/keys/token.pem" --certificate "$T/keys/token.crt" --no-x5c
    [[ $(part 1 | jq -r 'has("x5c")') == false ]]
    mint --key "$T/keys/token.pem" --kid mine --aud elsewhere
    [[ $(part 1 | jq -c .) == '{"alg":"ES256","kid":"mine","typ":"JWT"}' ]]
    [[ $(part 2 | jq -c '[.sub, .aud, .iss, .access]') == '["","elsewhere","elsewhere",[]]' ]]
}

@test "openssl verifies the signature of an RSA token" {
    generate --algorithm RS256
    mint --key "$T/keys/token.pem"
    printf %s "${output%.*}" >"$T/signed"
    printf %s "${output##*.}==" | tr -- '-_' '+/' | base64 -d >"$T/signature"
    openssl pkey -in "$T/keys/token.pem" -pubout >"$T/public"
    openssl dgst -sha256 -verify "$T/public" -signature "$T/signature" "$T/signed"
}

@test "the reply of a token service" {
    generate
    mint --key "$T/keys/token.pem" --ttl 90s --json
    [[ $(jq -r '.token == .access_token, .expires_in' <<<"$output" | tr '\n' ' ') == "true 90 " ]]
    [[ $(jq -r .issued_at <<<"$output") == *T*Z ]]
}

@test "inspect: verifies with the key set, the certificate, the configuration" {
    generate
    echo "auth: {keys: [{key: keys/token.pem}]}" >"$T/ocimock.yaml"
    "$OCIMOCK" token mint --key "$T/keys/token.pem" --sub alice --scope repository:a:pull >"$T/token"
    for keys in "--jwks $T/keys/token.json" "--pem $T/keys/token.crt" "--pem $T/keys/token.pem" "--config $T/ocimock.yaml"; do
        # shellcheck disable=SC2086 # flag and value
        inspect --file "$T/token" $keys
        [[ $status -eq 0 && ${lines[-1]} == "verdict     it verifies" ]]
    done
    [[ $output == *'"sub": "alice"'*"grants      repository:a:pull"* ]]
    [[ $output == *"expires "*" in 4m5"* || $output == *"expires "*" in 5m"* ]]
    inspect --jwks "$T/keys/token.json" <"$T/token"
    [[ $status -eq 0 ]]
    inspect - --jwks "$T/keys/token.json" <"$T/token"
    [[ $status -eq 0 ]]
    inspect "$(cat "$T/token")" --json
    [[ $(jq -r '.result, .signature_checked' <<<"$output" | tr '\n' ' ') == "good false " ]]
}

@test "inspect: why a token does not verify" {
    generate
    generate --file other
    local key=(--key "$T/keys/token.pem")
    why() {
        "$OCIMOCK" token mint "${key[@]}" "$@" >"$T/token"
        inspect --file "$T/token" --jwks "$T/keys/token.json" --aud ocimock --iss ocimock --json
        [[ $status -eq 3 ]]
        jq -r .result <<<"$output"
    }
    [[ $(why --age 1h --ttl 5m) == expired ]]
    [[ $(why --aud other --iss ocimock) == wrong-audience ]]
    [[ $(why --iss other) == wrong-issuer ]]
    key=(--key "$T/keys/other.pem")
    [[ $(why) == unknown-key ]]
    key+=(--kid "$(jq -r '.keys[0].kid' "$T/keys/token.json")")
    [[ $(why) == bad-signature ]]
    inspect --file "$T/token" --jwks "$T/keys/token.json"
    [[ $status -eq 3 && ${lines[-1]} == "verdict     it does not verify: its signature is wrong" ]]
    "$OCIMOCK" token mint --key "$T/keys/token.pem" --age 1h --ttl 59m >"$T/token"
    inspect --file "$T/token" --jwks "$T/keys/token.json" --leeway 2m
    [[ $status -eq 0 ]]
    inspect --file "$T/token"
    [[ $status -eq 0 && ${lines[-1]} == "verdict     it does not verify: it has expired" ]]
}

@test "a shared secret signs, and a public key is none" {
    generate
    printf '0123456789abcdef0123456789abcdef\n' >"$T/secret"
    "$OCIMOCK" token mint --secret-file "$T/secret" >"$T/token"
    inspect --file "$T/token" --secret-file "$T/secret"
    [[ $status -eq 0 ]]
    openssl pkey -in "$T/keys/token.pem" -pubout >"$T/public"
    id=$(jq -r '.keys[0].kid' "$T/keys/token.json")
    "$OCIMOCK" token mint --secret-file "$T/public" --kid "$id" >"$T/token"
    inspect --file "$T/token" --jwks "$T/keys/token.json" --json
    [[ $status -eq 3 && $(jq -r .result <<<"$output") == bad-algorithm ]]
    inspect --file "$T/token" --pem "$T/public" --json
    [[ $status -eq 3 && $(jq -r .result <<<"$output") == bad-algorithm ]]
}

@test "what is no token is named, and not shown" {
    for text in "" "secret" "a.b" "a.b.c" "eyJhbGciOiJub25lIn0.c2VjcmV0." "e30.e30.e30.e30"; do
        printf %s "$text" >"$T/token"
        inspect --file "$T/token"
        [[ $status -eq 1 && $output == "" && $stderr == "ocimock token inspect: "* ]]
        [[ -z $text || $stderr != *"$text"* && $stderr != *secret* ]]
    done
    printf e30.e30. >"$T/token"
    inspect --file "$T/token"
    [[ $status -eq 1 && $output == *"verdict     it does not verify: header: 'alg' is missing"* ]]
    head -c 100000 /dev/zero | tr '\0' A >"$T/token"
    inspect --file "$T/token"
    [[ $status -ne 0 && ${#stderr} -lt 300 ]]
}

@test "none is not taken, whatever signs" {
    generate
    claims=$(printf '{"iss":"ocimock","aud":"ocimock","exp":9999999999}' | base64 -w 0 | tr '+/' '-_' | tr -d =)
    header=$(printf '{"alg":"none"}' | base64 -w 0 | tr '+/' '-_' | tr -d =)
    echo "$header.$claims." >"$T/token"
    inspect --file "$T/token" --jwks "$T/keys/token.json" --json
    [[ $status -eq 3 && $(jq -r .result <<<"$output") == bad-algorithm ]]
}

@test "a key set with a secret in it is refused, one with odd keys is warned of" {
    generate
    "$OCIMOCK" token mint --key "$T/keys/token.pem" >"$T/token"
    jq '.keys += [{"kty":"oct","k":"c2VjcmV0"}]' "$T/keys/token.json" >"$T/secret.json"
    inspect --file "$T/token" --jwks "$T/secret.json"
    [[ $status -eq 1 && $stderr == *oct* && $stderr != *c2VjcmV0* ]]
    jq '.keys += [{"kty":"OKP","crv":"Ed25519"}]' "$T/keys/token.json" >"$T/odd.json"
    inspect --file "$T/token" --jwks "$T/odd.json"
    [[ $status -eq 0 && $stderr == *"key 1 is skipped: type 'OKP'"* ]]
}

@test "token: wrong usage" {
    generate
    run --separate-stderr "$OCIMOCK" token
    [[ $status -eq 2 && $stderr == *"mint, inspect"* ]]
    run --separate-stderr "$OCIMOCK" token forge
    [[ $status -eq 2 && $stderr == *"'forge'"* ]]
    mint
    [[ $status -eq 2 && $stderr == *"--key"* ]]
    mint --key "$T/keys/token.pem" --scope nothing
    [[ $status -eq 2 && $stderr == *"--scope"*"'nothing'"* ]]
    mint --key "$T/keys/token.pem" --ttl soon
    [[ $status -eq 2 ]]
    mint --key "$T/keys/token.pem" --secret-file "$T/keys/token.pem"
    [[ $status -eq 2 && $stderr == *"only one"* ]]
    printf short >"$T/secret"
    mint --secret-file "$T/secret"
    [[ $status -eq 1 && $stderr != *short* ]]
    inspect a b
    [[ $status -eq 2 ]]
    inspect token --file x
    [[ $status -eq 2 ]]
    for part in "" mint inspect; do
        # shellcheck disable=SC2086 # there may be no word
        run -0 "$OCIMOCK" token $part --help
        [[ $output == "Examples:"* ]]
    done
}
