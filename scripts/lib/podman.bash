# SPDX-License-Identifier: MIT
# podman and its relatives with all of their files in a folder of the script's own.
#
# containers_private DIR [INSECURE-HOST...]   makes the folder's configuration; these hosts speak plain HTTP
# containers_end                              removes what is outside of the folder
# containers_run COMMAND...                   runs podman, skopeo or buildah with it
# podman_runtime                              the option for the runtime that works in small machines
# shellcheck shell=bash

CONTAINERS_DIR=
CONTAINERS_RUN= # in $CONTAINERS_RUN_IN (/tmp): podman refuses a runroot of more than 50 characters

containers_private() {
    local host

    CONTAINERS_DIR=$1
    shift
    CONTAINERS_RUN=$(mktemp -d "${CONTAINERS_RUN_IN:-/tmp}/ocimock-run.XXXXXX")
    mkdir -p "$CONTAINERS_DIR/home/.config/containers" "$CONTAINERS_DIR/storage"
    echo '{"default": [{"type": "insecureAcceptAnything"}]}' \
        >"$CONTAINERS_DIR/home/.config/containers/policy.json"
    cat >"$CONTAINERS_DIR/storage.conf" <<-END
	[storage]
	driver = "vfs"
	graphroot = "$CONTAINERS_DIR/storage/root"
	runroot = "$CONTAINERS_RUN"
	END
    cat >"$CONTAINERS_DIR/containers.conf" <<-END
	[containers]
	default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
	[engine]
	cgroup_manager = "cgroupfs"
	events_logger = "none"
	lock_type = "file"
	tmp_dir = "$CONTAINERS_DIR/storage/tmp"
	END
    : >"$CONTAINERS_DIR/registries.conf"
    for host in "$@"; do
        printf '[[registry]]\nlocation = "%s"\ninsecure = true\n' "$host" >>"$CONTAINERS_DIR/registries.conf"
    done
    echo '{}' >"$CONTAINERS_DIR/auth.json"
}

containers_end() {
    [[ -z $CONTAINERS_RUN ]] || rm -rf "$CONTAINERS_RUN"
    CONTAINERS_RUN=
}

# In a mount namespace where that is allowed: as root, these engines share a cache in /var/lib.
containers_run() {
    local -a private=()

    if [[ -d /var/lib/containers ]] && unshare --mount true 2>/dev/null; then
        # shellcheck disable=SC2016 # the inner shell expands
        private=(unshare --mount sh -c 'mount -t tmpfs tmpfs /var/lib/containers && exec "$@"' sh)
    fi
    env HOME="$CONTAINERS_DIR/home" TMPDIR="$CONTAINERS_DIR" XDG_RUNTIME_DIR="$CONTAINERS_DIR/home" \
        REGISTRY_AUTH_FILE="${REGISTRY_AUTH_FILE:-$CONTAINERS_DIR/auth.json}" \
        CONTAINERS_CONF="$CONTAINERS_DIR/containers.conf" CONTAINERS_STORAGE_CONF="$CONTAINERS_DIR/storage.conf" \
        CONTAINERS_REGISTRIES_CONF="$CONTAINERS_DIR/registries.conf" "${private[@]}" "$@"
}

podman_runtime() {
    ! command -v runc >/dev/null || echo --runtime=runc
}
