#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# scripts/pull-policy itself: its options, reports and bounds, with stand-ins for engines; pull-policy-kube.bats is
# about clusters. Real engines are in tests/engines/pull-policy*.bats.

load lib/pull-policy

# engine NAME: a stand-in on PATH; its script is standard input.
engine() {
    { echo '#!/usr/bin/env bash' && cat; } >"$T/bin/$1"
    chmod +x "$T/bin/$1"
}

# A podman that answers; what it does with "run" is standard input.
podman_that_runs() {
    { cat <<-'END' && cat && echo 'esac'; } | engine podman
	[[ $1 != --runtime=* ]] || shift
	case $1 in
	    --version) echo podman version 9.9 ;;
	    run)
	END
}

@test "wrong usage is told with what would be right, and nothing is started" {
    pull_policy --row 99
    [[ $status == 2 && $stderr == *"there is no row '99'"* ]]
    pull_policy --engine rocket
    [[ $status == 2 && $stderr == *"there is no engine 'rocket': use podman docker containerd"* ]]
    pull_policy --row
    [[ $status == 2 && $stderr == *"--row needs a value"* ]]
    pull_policy --timeout never
    [[ $status == 2 && $stderr == *"--timeout takes seconds"* ]]
    pull_policy --registry http://127.0.0.1:1
    [[ $status == 2 && $stderr == *"--registry needs --control"* ]]
    pull_policy --junit /nowhere/at/all.xml
    [[ $status == 2 && $stderr == *"cannot write /nowhere/at/all.xml"* ]]
    pull_policy --nonsense
    [[ $status == 2 && $stderr == *"there is no option '--nonsense'"* ]]
    [[ -z $(find "$T" -name 'ocimock-pull-policy*') ]]
}

@test "the list has all rows, as text and as Markdown" {
    pull_policy --list
    [[ $status == 0 && $output == *$'\n    2b '* && $output == *"AlwaysVerify"* || $output == *"preloaded"* ]]
    [[ $(grep -c '' <<<"$output") == 51 ]]
    pull_policy --list --markdown
    [[ $status == 0 && ${lines[1]} == '| --- |'* ]]
    [[ $(grep -c '^| [0-9p][0-9a-e]* |' <<<"$output") == 50 ]]
}

@test "an engine that is missing fails its rows, with the reason" {
    pull_policy --engine kube --kubectl "$T/no-kubectl" --row 2,13,p1
    [[ $status == 1 && $output == *"row 2: neither oc nor kubectl is there"* ]]
    [[ $output == *"0 held, 1 failed, 3 not for this engine"* ]]
}

@test "without --engine the first that can be used is taken, or it is said why none" {
    engine podman <<<'echo podman is broken >&2; exit 1'
    engine docker <<<'echo "docker " && echo "no daemon here" >&2; exit 1'
    engine ctr <<<'echo no containerd >&2; exit 1'
    pull_policy --row 4
    [[ $status == 1 && $output == *"row 4: podman cannot be used: podman is broken; the docker daemon cannot be used: no daemon here; containerd cannot be used"* ]]
    engine docker <<<'[[ $1 != version ]] || echo docker 9.9'
    pull_policy --row 20
    [[ $output == *"imagePullPolicy with docker 9.9"* ]]
}

@test "what many rows failed of is said once" {
    engine docker <<<'echo "docker "; echo "Cannot connect" >&2; exit 1'
    pull_policy --engine docker --row 2,4
    [[ $status == 1 && $output == *"imagePullPolicy with docker"* && $output == *"0 held, 2 failed"* ]]
    [[ $output == *"rows 2, 4: the docker daemon cannot be used: Cannot connect"* ]]
}

@test "an engine that does not answer is not waited for" {
    local begin=$SECONDS

    engine podman <<<'trap "" TERM; exec sleep 1000'
    pull_policy --engine podman --timeout 1 --row 2
    [[ $status == 1 && $output == *"row 2: podman does not answer within 1 s"* ]]
    ((SECONDS - begin < 20))
}

@test "an engine that hangs while it runs is stopped, and the row has failed" {
    podman_that_runs <<<'exec sleep 1000'
    pull_policy --engine podman --timeout 1 --row 4
    [[ $status == 1 && $output == *"row 4: expected registry.war, got fails: timeout"* ]]
    [[ $output == *"0 held, 1 failed"* ]]
}

@test "the wrong image is found, and so is the right one without a request" {
    podman_that_runs <<<'echo node.war'
    pull_policy --engine podman --row 4
    [[ $status == 1 && $output == *"row 4: expected registry.war, got node.war"* ]]

    podman_that_runs <<<'echo registry.war'
    pull_policy --engine podman --row 4
    [[ $status == 1 && $output == *"row 4: ping"*"expected exactly 1 request"*"found 0"* ]]
}

@test "requests where there may be none are found" {
    podman_that_runs <<-'END'
	curl --noproxy '*' -s -o /dev/null "http://${!#%%/*}/v2/"
	echo node.war
	END
    pull_policy --engine podman --row 7.1
    [[ $status == 1 && $output == *"row 7.1: all"*"expected no request"* ]]
}

@test "an error of another kind than expected is found" {
    podman_that_runs <<<'echo "Error: cannot set up the network" >&2; exit 125'
    pull_policy --engine podman --row 8.1
    [[ $status == 1 && $output == *"expected fails: not-on-node, got fails: unknown: Error: cannot set up the network"* ]]
}

@test "a row that this engine does not know is listed, and alone it is no success" {
    podman_that_runs <<<'exit 1'
    pull_policy --engine podman --row 20,25
    [[ $status == 1 && $output == *"pull records are a kubelet's: rows 20, 25"* ]]
    [[ $output == *"0 held, 0 failed, 3 not for this engine"* ]]
}

@test "TAP, JUnit, JSON and Markdown say the same" {
    podman_that_runs <<<'echo node.war'
    pull_policy --engine podman --row 7.1,4,20.1 --tap --junit "$T/junit.xml" --results "$T/results"
    [[ $status == 1 && ${lines[0]} == 1..3 ]]
    [[ ${lines[1]} == 'not ok 1 - podman: row 4: IfNotPresent, node none, registry present, credentials right' ]]
    [[ ${lines[2]} == '# expected registry.war, got node.war'* ]]
    [[ ${lines[3]} == 'ok 2 - podman: row 7.1: '* && ${lines[4]} == 'ok 3 '*"# SKIP pull records are a kubelet's" ]]
    grep -q '<testsuite name="pull-policy" tests="3" failures="1" skipped="1"' "$T/junit.xml"
    grep -q '<failure message="expected registry.war, got node.war' "$T/junit.xml"
    [[ $(jq -r .verdict "$T/results" | tr '\n' ' ') == 'failed ok listed ' ]]
    pull_policy --engine podman --row 7.1 --markdown
    [[ $status == 0 && $output == *'| 7.1 | Never | same | present | right | node.war | node.war | 0 |'* ]]
}

@test "--explain tells why, what was set up, and what the registry saw" {
    podman_that_runs <<-'END'
	curl --noproxy '*' -s -o /dev/null "http://${!#%%/*}/v2/"
	echo node.war
	END
    pull_policy --engine podman --explain 9.1
    [[ $status == 1 && ${lines[0]} == "Row 9: Always needs credentials even for an image that is on the node" ]]
    [[ $output == *"the registry saw, in this order:"*"GET /v2/  401  anonymous"* ]]
    pull_policy --engine podman --explain 42
    [[ $status == 0 && $output == *"not run      with podman: pull records are a kubelet's"* ]]
}

@test "nothing is left behind, neither after a failure nor after an interrupt" {
    local pid status=0

    podman_that_runs <<<"touch $T/running; exec sleep 1000"
    env --default-signal=INT "$TOP_SRCDIR/scripts/pull-policy" --engine podman --row 4 >"$T/out" 2>&1 3>&- &
    pid=$!
    timeout 20 bash -c "until [[ -e $T/running ]]; do sleep 0.05; done"
    kill -TERM "$pid"
    pkill -TERM -P "$pid" timeout
    wait "$pid" || status=$?
    ((status == 130))
    [[ -z $(find "$T" -maxdepth 1 -name 'ocimock-pull-policy*') ]]
}

@test "an interrupt gives the registry back as it was" {
    local pid status=0

    start --auth-mode bearer
    podman_that_runs <<<"touch $T/running; exec sleep 1000"
    env --default-signal=INT "$TOP_SRCDIR/scripts/pull-policy" --engine podman --row 10 --registry "$URL" \
        --control "$OCIMOCK_CONTROL" >"$T/out" 2>&1 3>&- &
    pid=$!
    timeout 20 bash -c "until [[ -e $T/running ]]; do sleep 0.05; done"
    [[ $("$OCIMOCK" registry --json | jq -r .listeners.registry) == down ]]
    kill -TERM "$pid"
    pkill -TERM -P "$pid" timeout
    wait "$pid" || status=$?
    ((status == 130))
    [[ $("$OCIMOCK" registry --json | jq -r .listeners.registry) == up ]]
    [[ $("$OCIMOCK" account list --json | jq '.accounts | length') == 0 ]]
}

@test "--keep says where what was kept is" {
    podman_that_runs <<<'echo node.war'
    start --auth-mode bearer
    pull_policy --engine podman --row 4 --keep --registry "$URL" --control "$OCIMOCK_CONTROL"
    [[ $stderr =~ kept\ ([^;]+)\; && -e ${BASH_REMATCH[1]}/results ]]
    [[ $stderr == *"CONTAINERS_STORAGE_CONF=${BASH_REMATCH[1]}/podman/storage.conf podman ps --all"* ]]
    rm -r "$(sed -n 's/^runroot = "\(.*\)"$/\1/p' "${BASH_REMATCH[1]}/podman/storage.conf")"
}

@test "no secret is in a command line" {
    engine podman <<-END
	printf '%s\n' "\$*" >>$T/arguments
	[[ \$1 != --version ]] || echo podman version 9.9
	cat "\$REGISTRY_AUTH_FILE" >>$T/auth 2>/dev/null
	echo node.war
	END
    pull_policy --engine podman --row 9
    [[ -s $T/arguments && $(jq -s 'length' "$T/auth") -gt 0 ]]
    jq -r '.auths[].auth' "$T/auth" | sort -u | while read -r auth; do
        absent -F -e "$auth" -e "$(base64 -d <<<"$auth" | cut -d: -f2)" "$T/arguments"
    done
}

@test "a registry where nobody logs in is refused" {
    start
    engine podman <<<"echo \"\$*\" >>$T/podman; echo podman version 9.9"
    pull_policy --engine podman --row 4 --registry "$URL" --control "$OCIMOCK_CONTROL"
    [[ $status == 1 && $stderr == *"the registry asks nobody to log in"* ]]
    pull_policy --engine podman --row 4 --registry http://127.0.0.1:1 --control http://127.0.0.1:1
    [[ $status == 1 && $stderr == *"the control API at http://127.0.0.1:1 does not answer"* ]]
    [[ $(sort -u "$T/podman") == --version ]]
}

@test "cri: the policy is applied by the script, the rest is crictl's" {
    engine crictl <<-'END'
	printf '%s\n' "$*" >>"$STANDIN/calls"
	case $1 in
	    version) printf 'Version:  0.1.0\nRuntimeName:  containerd\nRuntimeVersion:  v2.1.4\n' ;;
	    pull) : >"$STANDIN/image" ;;
	    inspecti) [[ -e $STANDIN/image ]] ;;
	    rmi) rm -f "$STANDIN/image" ;;
	    runp) [[ -s $2 ]] && echo pod-1 ;;
	    create) [[ $2 == pod-1 && -s $3 && -s $4 ]] && echo container-1 ;;
	    inspect) echo '{"status": {"state": "CONTAINER_EXITED", "exitCode": 0}}' ;;
	    logs) echo node.war ;;
	esac
	END
    pull_policy --engine cri --row 5.1,7.1,8.1,12.3
    [[ $status == 0 && $output == *"containerd v2.1.4 (CRI), the policy applied by this script"*"4 held"* ]]
    [[ $(grep -c '^pull --creds' "$STANDIN/calls") == 2 && $(grep -c '^rmp --force pod-1' "$STANDIN/calls") == 2 ]]
    # It pulls nothing from the registry, so a pull cannot hold.
    pull_policy --engine cri --row 2
    [[ $status == 1 && $output == *"row 2: token"*"found 0"* ]]
}

# lab_status IMAGE USER:SECRET: what a pull of it is answered in the lab.
lab_status() {
    local token

    token=$(curl --noproxy '*' -s ${2:+-u "$2"} "$URL/token?service=ocimock&scope=repository:${1%:*}:pull" | jq -r .token)
    status_of -H "Authorization: Bearer $token" -H 'Accept: application/vnd.oci.image.index.v1+json' \
        "$URL/v2/${1%:*}/manifests/${1##*:}"
}

@test "the lab's registry has an image of each kind" {
    local first

    start --config "$TOP_SRCDIR/fixtures/lab.yaml"
    [[ $(lab_status public/app:v1) == 200 && $(lab_status public/absent:v1) == 404 ]]
    [[ $(lab_status public/unauthorized:v1) == 401 && $(lab_status team-a/denied:v1 alice:wonder) == 403 ]]
    [[ $(lab_status team-a/app:v1) == 401 && $(lab_status team-a/app:v1 bob:builder) == 401 ]]
    [[ $(lab_status team-a/app:v1 alice:wonder) == 200 && $(lab_status team-b/app:v1 bob:builder) == 200 ]]
    [[ $(lab_status public/flaky:v1) == 503 && $(lab_status public/flaky:v1) == 503 && $(lab_status public/flaky:v1) == 200 ]]
    [[ $(lab_status public/moved:v1) == 200 ]]
    first=$(<"$T/body")
    [[ $(lab_status public/moved:v1) == 200 && $(<"$T/body") != "$first" ]]
}
