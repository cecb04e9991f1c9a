# SPDX-License-Identifier: MIT
# The servers that scripts and tests start: ocimock, Debian's docker-registry, nginx.
# Needs process.bash. Everything listens on 127.0.0.1, on a free port.
#
# ocimock_start DIR [OPTION...]     OCIMOCK_PID, OCIMOCK_URLS (one per listener, in order), OCIMOCK_URL, OCIMOCK_CONTROL
# docker_registry_start DIR PORT    DOCKER_REGISTRY_PID, DOCKER_REGISTRY_URL
# nginx_start DIR PORT TLS_PORT CERTIFICATE KEY    NGINX_PID; serves DIR/www
# shellcheck shell=bash
# shellcheck disable=SC2034 # the results are for those who source this

OCIMOCK_PID=
OCIMOCK_URL=
OCIMOCK_CONTROL=${OCIMOCK_CONTROL-} # exported, it reaches files that source this again
OCIMOCK_URLS=()

# The program: $OCIMOCK, else the one in the build folder.
ocimock_program() {
    local program=${OCIMOCK:-$PWD/ocimock}

    [[ -x $program ]] || die "no program at $program (set OCIMOCK or build first)"
    printf '%s\n' "$program"
}

# The ready line, "ocimock: ready registry=URL,URL control=URL", split into OCIMOCK_URLS.
ocimock_read_ready() {
    local line word

    line=$(grep -m1 '^ocimock: ready ' "$1") || return 1
    for word in $line; do
        [[ $word != control=* ]] || OCIMOCK_CONTROL=${word#control=}
        [[ $word != registry=* ]] || IFS=, read -ra OCIMOCK_URLS <<<"${word#registry=}"
    done
    OCIMOCK_URL=${OCIMOCK_URLS[0]}
}

# Listens on a plain port unless the options say something else.
ocimock_start() {
    local dir=$1 program

    shift
    program=$(ocimock_program)
    mkdir -p "$dir"
    [[ " $* " == *" --listen "* || " $* " == *" --tls-listen "* ]] ||
        set -- --listen 127.0.0.1:0 "$@"
    # OCIMOCK_CONTROL is that of a server which runs already.
    process_hold "$dir/ocimock.out" env -u OCIMOCK_CONTROL "$program" serve --stop-on-stdin-eof "$@"
    OCIMOCK_PID=$PROCESS_PID
    if ! wait_for 10 "ocimock's ready line" ocimock_ready_or_dead "$dir/ocimock.out" ||
        ! ocimock_read_ready "$dir/ocimock.out"; then
        cat "$dir/ocimock.out.err" >&2
        return 1
    fi
}

ocimock_ready_or_dead() {
    grep -q '^ocimock: ready ' "$1" || ! process_alive "$OCIMOCK_PID"
}

docker_registry_start() {
    local dir=$1 port=$2

    mkdir -p "$dir/data"
    cat >"$dir/config.yml" <<-END
	version: 0.1
	log: {level: error, accesslog: {disabled: true}}
	storage:
	  filesystem: {rootdirectory: $dir/data}
	  cache: {blobdescriptor: inmemory}
	  delete: {enabled: true}
	http: {addr: "127.0.0.1:$port"}
	END
    process_start "$dir/docker-registry.log" docker-registry serve "$dir/config.yml"
    DOCKER_REGISTRY_PID=$PROCESS_PID
    DOCKER_REGISTRY_URL=http://127.0.0.1:$port
    wait_for 10 docker-registry curl -fs "$DOCKER_REGISTRY_URL/v2/" || {
        cat "$dir/docker-registry.log" >&2
        return 1
    }
}

nginx_start() {
    local dir=$1 port=$2 tls_port=$3 certificate=$4 key=$5 user=

    [[ $(id -u) != 0 ]] || user='user root;'
    mkdir -p "$dir/www" "$dir/tmp"
    cat >"$dir/nginx.conf" <<-END
	$user
	daemon off;
	worker_processes 1;
	worker_rlimit_nofile 20000;
	pid $dir/nginx.pid;
	error_log $dir/error.log;
	events { worker_connections 15000; }
	http {
	    access_log off;
	    sendfile on;
	    tcp_nopush on;
	    keepalive_requests 1000000000;
	    open_file_cache max=1000;
	    client_body_temp_path $dir/tmp/body;
	    proxy_temp_path $dir/tmp/proxy;
	    fastcgi_temp_path $dir/tmp/fastcgi;
	    uwsgi_temp_path $dir/tmp/uwsgi;
	    scgi_temp_path $dir/tmp/scgi;
	    default_type application/octet-stream;
	    server {
	        listen 127.0.0.1:$port backlog=4096;
	        listen 127.0.0.1:$tls_port ssl backlog=4096;
	        ssl_certificate $certificate;
	        ssl_certificate_key $key;
	        ssl_protocols TLSv1.2 TLSv1.3;
	        root $dir/www;
	    }
	}
	END
    process_start "$dir/nginx.log" nginx -e "$dir/error.log" -p "$dir" -c "$dir/nginx.conf"
    NGINX_PID=$PROCESS_PID
    wait_for 10 nginx curl -s -o /dev/null "http://127.0.0.1:$port/" || {
        cat "$dir/nginx.log" "$dir/error.log" >&2
        return 1
    }
}
