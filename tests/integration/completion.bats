#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Completion of command lines: what bash offers, and scripts that zsh and fish can read.

load lib/server

# offers WORD...: what bash completion makes of that command line, the last word being unfinished.
offers() {
    (
        # shellcheck disable=SC1090
        source <("$OCIMOCK" completion bash)
        cd "$T" || exit
        COMP_WORDS=(ocimock "$@")
        COMP_CWORD=$#
        _ocimock
        echo "${COMPREPLY[*]}"
    )
}

@test "bash: commands, their parts, their options" {
    [[ " $(offers '') " == *" serve "*" fault "*" completion "* ]]
    [[ $(offers faul) == fault ]]
    [[ $(offers fault '') == "list add remove"* ]]
    [[ $(offers fault add --prob) == --probability ]]
    [[ $(offers clock --control 127.0.0.1:1 adv) == advance ]]
    [[ $(offers clock --js) == --json ]]
    [[ $(offers help fault ena) == enable ]]
    [[ $(offers serve --no-ref) == "--no-referrers --no-referrers-filter" ]]
    [[ $(offers nothing '') == "" ]]
}

@test "bash: values of options, also behind an equals sign" {
    [[ $(offers gen-cert --flaw '') == "none expired not-yet self-signed wrong-name" ]]
    [[ $(offers gen-cert --flaw = wro) == wrong-name ]]
    [[ $(offers gen-cert --flaw =) == "none expired "* ]]
    [[ $(offers keys -s jw) == jwks ]]
    [[ $(offers verify --op manifest.p) == manifest.put ]]
    [[ $(offers requests --limit '') == "" ]]
}

@test "bash: words, files and programs" {
    touch "$T/rules.yaml"
    mkdir "$T/folder"
    [[ $(offers image set team/app den) == denied ]]
    [[ $(offers image set team/app denied '') == "" ]]
    [[ $(offers completion '') == "bash zsh fish" ]]
    [[ $(offers fault add rul) == rules.yaml ]]
    [[ $(offers token mint --key rul) == rules.yaml ]]
    [[ $(offers gen-cert --out '') == folder ]]
    [[ $(offers with stalled-l) == stalled-layer ]]
    [[ $(offers with rul) == rules.yaml ]]
    [[ " $(offers with rules.yaml -- env) " == *" env "* ]]
    [[ $(offers with rules.yaml -- cat --show-all rul) == rules.yaml ]]
    [[ $(offers scenario apply rate-l) == rate-limited ]]
    [[ $(offers fixture build hel) == hello* && $(offers fixture build --compression zs) == zstd ]]
}

@test "every option of every command is offered" {
    local words flag

    while read -r words; do
        # shellcheck disable=SC2086 # words of the command
        while read -r flag; do
            [[ " $(offers $words --) " == *" $flag "* || " $(offers $words --no-) " == *" --no-${flag#--} "* ]] ||
                { echo "$words $flag" && false; }
        done < <("$OCIMOCK" $words --help | grep -oE '^  (-., )?--[a-z0-9-]+' | grep -oE -- '--.*')
    done <<'END'
serve
fault add
account rotate
world add
token inspect
with
completion
END
}

@test "another shell is refused" {
    ask completion tcsh
    refused 2 "ocimock completion: 'tcsh' is not known: expected bash, zsh or fish"
    ask completion
    refused 2 "ocimock completion: SHELL is missing"
}

@test "the scripts can be read" {
    "$OCIMOCK" completion bash >"$T/bash"
    bash -n "$T/bash"
    ! command -v shellcheck || shellcheck "$T/bash"
    "$OCIMOCK" completion zsh >"$T/zsh"
    grep -q '^#compdef ocimock$' "$T/zsh"
    "$OCIMOCK" completion fish >"$T/fish"
    [[ $(grep -c '^complete -c ocimock -n ' "$T/fish") -gt 300 ]]
}

@test "zsh can read its script" {
    command -v zsh || skip "zsh is not installed"
    zsh -n <("$OCIMOCK" completion zsh)
}

@test "fish offers parts and values" {
    command -v fish || skip "fish is not installed"
    "$OCIMOCK" completion fish >"$T/script"
    fish -n "$T/script"
    HOME=$T run -0 fish --no-config -c "source $T/script; complete -C 'ocimock gen-cert --flaw not'; complete -C 'ocimock fault ena'"
    [[ ${lines[0]} == not-yet* && ${lines[1]} == enable* ]]
}
