# SPDX-License-Identifier: MIT
# The registry's side: a server of our own or one that runs, accounts of this run, states, the journal.
#
# registry_begin                  OCIMOCK_URL, OCIMOCK_CONTROL, REGISTRY (host:port as the nodes call it)
# registry_end
# registry_image MARKER IMAGE     makes an image that prints MARKER and ends, with bytes of its own
# registry_set STATE IMAGE        puts an image, REPOSITORY:TAG, into a state of the table
# registry_clear STATE IMAGE      takes it back
# registry_mark                   SINCE: the journal's newest number
# registry_seen                   the requests since then, as JSON
# ACCOUNTS and SECRETS have the names and secrets of right, second (another that may pull) and wrong
# shellcheck shell=bash
# shellcheck disable=SC2154 # of scripts/pull-policy
# shellcheck disable=SC2034

REGISTRY=''
SINCE=0
RUN=''
OWN_REGISTRY=no # it goes with us
ALONE=no        # each request is ours
declare -A ACCOUNTS=() SECRETS=()

random_word() {
    od -An -N "$1" -tx1 /dev/urandom | tr -d ' \n'
}

ask() {
    timeout -k 5 20 "$OCIMOCK" "$@"
}

registry_begin() {
    RUN=$(random_word 4)
    if [[ -z $registry_url ]]; then
        OWN_REGISTRY=yes ALONE=yes
        ocimock_start "$WORK/registry" --auth-mode bearer --control 127.0.0.1:0 --log-level warn ||
            die "the registry does not start"
    else
        OCIMOCK_URL=$registry_url OCIMOCK_CONTROL=$registry_control ALONE=$alone
    fi
    export OCIMOCK_CONTROL
    REGISTRY=${registry_name:-${OCIMOCK_URL#*://}}
    registry_mark || die "the control API at $OCIMOCK_CONTROL does not answer"
    registry_accounts
}

# Accounts whose secrets nobody knows and that see nothing but this run's repositories.
registry_accounts() {
    local name

    [[ $(ask account list --json | jq -r .mode) != none ]] ||
        die "the registry asks nobody to log in; start it with accounts or with --auth-mode bearer"
    for name in right second; do
        ACCOUNTS[$name]=pull-policy-$RUN-$name
        SECRETS[$name]=$(random_word 16)
        printf %s "${SECRETS[$name]}" | ask account add "${ACCOUNTS[$name]}" >/dev/null
        ask account grant "${ACCOUNTS[$name]}" --repository "pull-policy/$RUN/*" \
            --repository "pull-policy-listed/$RUN/*" --action pull >/dev/null
    done
    ACCOUNTS[wrong]=${ACCOUNTS[right]}
    SECRETS[wrong]=$(random_word 16)
    ask account grant anonymous --repository "pull-policy/$RUN/public-*" --action pull >/dev/null
}

# A server that is not ours keeps no accounts of this run.
registry_end() {
    local name

    [[ $OWN_REGISTRY == no ]] || return 0
    for name in right second; do
        [[ -z ${ACCOUNTS[$name]-} ]] || ask account remove "${ACCOUNTS[$name]}" >/dev/null || true
    done
}

# control METHOD PATH BODY: what no command does. The token stays out of the list of processes.
control() {
    local token=${OCIMOCK_CONTROL_TOKEN-}

    curl -fsS --noproxy '*' --max-time 20 -X "$1" -H 'Content-Type: application/json' -d "$3" \
        -K <([[ -z $token ]] || printf 'header = "Authorization: Bearer %s"\n' "$token") "$OCIMOCK_CONTROL/control/v1$2"
}

# What it prints is in a layer: no engine has that layer of another case or another run.
registry_image() {
    control POST /fixtures "$(jq -cn --arg text "$1 of $RUN, row ${C[id]}" --arg image "$2" '{image: $image, recipe: {
        platforms: ["linux/amd64", "linux/arm64", "linux/ppc64le", "linux/riscv64", "linux/s390x"],
        program: {print: $text, exit: 0}}}')" >/dev/null
}

registry_mark() {
    SINCE=$(ask requests --stats --json | jq -r .last)
}

registry_seen() {
    ask requests --json --since "$SINCE" --limit 1000 | jq --arg alone "$ALONE" --arg repo "${C[repository]}" \
        --arg user "pull-policy-$RUN-" '.requests |= map(select($alone == "yes" or .repo == $repo
            or ((.user // "") | startswith($user))))'
}

# registry_rule REPOSITORY OPTION...: all rules of this run have its word.
registry_rule() {
    ask fault add --tag "pull-policy-$RUN" "$@" >/dev/null
}

registry_set() {
    local repository=${2%:*}

    case $1 in
        present | moved) ;;
        absent | unauthorized | denied) ask image set "$2" "$1" >/dev/null ;;
        503) registry_rule --op 'manifest.*' --repo "$repository" --status 503 ;;
        reset) registry_rule --op 'manifest.*' --repo "$repository" --connection reset ;;
        stalled)
            registry_rule --op blob.get --role layer --repo "$repository" \
                --then "$(jq -cn --arg gate "${repository//\//-}" '{hold: {gate: $gate, after: 1}}')"
            ;;
        down) ask registry set listeners.registry=down >/dev/null ;;
        *) die "no way to make a registry '$1'" ;;
    esac
}

registry_clear() {
    local repository=${2%:*}

    case $1 in
        absent | unauthorized | denied) ask image clear "$2" >/dev/null ;;
        503 | reset) ask fault remove --tag "pull-policy-$RUN" >/dev/null ;;
        stalled)
            ask fault remove --tag "pull-policy-$RUN" >/dev/null
            ask gate release "${repository//\//-}" >/dev/null || true
            ;;
        down) ask registry set listeners.registry=up >/dev/null ;;
    esac
}
