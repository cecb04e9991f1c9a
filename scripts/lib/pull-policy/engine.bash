# SPDX-License-Identifier: MIT
# What is common to the engines. Each has a file of its own with the same functions:
#
# NAME_there      prints its version; its failure says on standard error why it cannot be used
# NAME_begin      sets up what it needs for this run; CLIENT is whose requests are expected
# NAME_prepare    brings ${C[image]} to the node with the right credentials
# NAME_run        lets it start ${C[image]} with ${C[policy]} and ${C[credentials]}; what it printed goes to
#                 $OUTPUT, and RAN says yes, no or timeout. kube says in REASON what the kubelet says
# NAME_clean      removes what the case left on the node
# NAME_end        at the end of the run
#
# engine_choose   ENGINE; ENGINE_TROUBLE is why it cannot be used, ENGINE_VERSION what it is
# engine_has NEED...  prints why the engine cannot show a case that needs this, if it cannot
# auth_folder CREDENTIALS   prints a folder with a config.json of these, as podman and docker read it
# answers NAME COMMAND...   its answer, soon; else says that nobody answers
# apply_policy    does what a kubelet would, for an engine without policies: with NAME_has and NAME_pull CREDENTIALS
# engine_error FILE   prints the class of the error that an engine's words tell
# shellcheck shell=bash
# shellcheck disable=SC2016,SC2153,SC2034,SC2154 # of scripts/pull-policy; jq expands in single quotes

ENGINES=(podman docker containerd cri kube)
ENGINE=''
ENGINE_TROUBLE=''
ENGINE_VERSION=''
ENGINE_BEGUN=no
CLIENT=''
VERIFICATION=off
OUTPUT=''
RAN=''
REASON=''
HANG_SECONDS=6 # how long to look at what has no end

for name in "${ENGINES[@]}"; do
    # shellcheck source=/dev/null
    . "$LIB/$name.bash"
done

engine_try() {
    ENGINE=$1
    ENGINE_VERSION=$("${1}_there" 2>"$WORK/there") && return 0
    ENGINE_VERSION=''
    ENGINE_TROUBLE=$(tail -n 1 "$WORK/there")
    return 1
}

engine_choose() {
    local name trouble=''

    for name in ${engine:-podman docker containerd}; do
        engine_try "$name" && break
        trouble+=${trouble:+; }$ENGINE_TROUBLE
    done
    ENGINE_TROUBLE=$trouble
    [[ -z $ENGINE_VERSION ]] || ENGINE_TROUBLE=''
    CLIENT=$(table_get --arg engine "$ENGINE" '.engines[$engine].client')
}

engine_begin() {
    [[ -z $ENGINE_TROUBLE ]] || return 0
    ENGINE_BEGUN=yes
    "${ENGINE}_begin" 2>"$WORK/there" || ENGINE_TROUBLE=$(<"$WORK/there")
}

engine_end() {
    [[ $ENGINE_BEGUN == no ]] || "${ENGINE}_end" || true
}

# Of what it needs, and of what this engine verifies. HAS is what a cluster has beside the table's.
HAS=''
engine_has() {
    table_get --arg engine "$ENGINE" --arg needs "$1" --arg has "$HAS" --arg verification "$2" --arg here "$VERIFICATION" '
        (($needs | split(" ")) - .engines[$engine].has - ($has | split(" "))) as $missing
        | ($verification | split(" ")) as $holds
        | if $missing != [] then .needs[$missing[0]]
          elif any($holds[]; . == "any" or . == $here) then empty
          else "about kubelets that verify otherwise (\($holds | join(", ")); here: \($here))" end'
}

# --- Running --------------------------------------------------------------------------------------

answers() {
    local name=$1 wait=$((seconds < 15 ? seconds : 15)) status=0

    shift
    timeout -k 1 "$wait" "$@" 2>"$WORK/answer" || status=$?
    case $status in
        0) return 0 ;;
        124 | 137) say "$name does not answer within $wait s" ;;
        *) say "$name cannot be used: $(tail -n 1 "$WORK/answer")" ;;
    esac
    return 1
}

# The limit of a case: what never ends is not waited for that long.
limit() {
    [[ ${C[fails]} == hangs ]] && echo "$HANG_SECONDS" || echo "$seconds"
}

# ran STATUS: what the status of a bounded command says.
ran() {
    case $1 in
        0) RAN=yes ;;
        124 | 137) RAN=timeout ;;
        *) RAN=no ;;
    esac
}

# What a kubelet does with a name and a policy before it starts a container.
apply_policy() {
    if [[ ${C[name]} != good ]]; then
        echo "invalid reference: a kubelet parses the name before it does anything"
        return 1
    fi
    [[ ${C[policy]} == Always ]] || ! "${ENGINE}_has" || return 0
    if [[ ${C[policy]} == Never ]]; then
        echo "not on the node, and the policy is Never"
        return 1
    fi
    "${ENGINE}_pull" "${C[credentials]}"
}

# --- Credentials ------------------------------------------------------------------------------------

# account_auth NAME: user and secret in Base64.
account_auth() {
    printf '%s:%s' "${ACCOUNTS[$1]}" "${SECRETS[$1]}" | base64 -w 0
}

# auth_json CREDENTIALS: what is in a config.json, a dockerconfigjson, an auth.json.
auth_json() {
    case $1 in
        none) echo '{"auths": {}}' ;;
        other-host) printf '{"auths": {"other.invalid:5000": {"auth": "%s"}}}\n' "$(account_auth right)" ;;
        *) printf '{"auths": {"%s": {"auth": "%s"}}}\n' "$REGISTRY" "$(account_auth "$1")" ;;
    esac
}

auth_folder() {
    local dir=$WORK/auth/$1

    if [[ ! -d $dir ]]; then
        mkdir -p "$dir"
        auth_json "$1" >"$dir/config.json"
    fi
    printf '%s\n' "$dir"
}

# --- What an engine says ----------------------------------------------------------------------------

# From the clearest words to those that stand in other messages, too. The image's name is no word.
ERRORS=(
    'bad-name|invalid reference|must be lowercase|InvalidImageName|couldn.t parse image'
    'signature|rejected by policy|SignatureValidationFailed'
    'unreachable|connection refused|RegistryUnavailable'
    'reset|connection reset|: EOF|unexpected EOF'
    'server-error|HTTP status: 5[0-9][0-9]|status code 5[0-9][0-9]|5[0-9][0-9] Service Unavailable|status: 5[0-9][0-9]'
    'refused|unauthorized|access denied|is denied|authentication required|invalid username/password|authorization failed|failed to authorize|no basic auth|403 Forbidden|401 Unauthorized|403 \(Forbidden\)'
    'not-found|manifest unknown|name unknown|: not found|not found:'
    'not-on-node|image not known|[Nn]o such image|not present with pull policy|not on the node'
)

engine_error() {
    local text error

    text=$(sed -E "s|${REGISTRY}[A-Za-z0-9/._-]*(:v[0-9]+)?||g" "$1")
    for error in "${ERRORS[@]}"; do
        if grep -q -i -E -e "${error#*|}" <<<"$text"; then
            printf '%s\n' "${error%%|*}"
            return
        fi
    done
    echo unknown
}
