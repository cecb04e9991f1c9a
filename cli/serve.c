/* SPDX-License-Identifier: MIT */
/*
 * ocimock serve: one registry behind its listeners, until it is told to stop.
 *
 *     settings -> log -> default world (and what it imports) -> TLS -> listeners -> signals ->
 *     ready -> loop
 *
 * SIGTERM, SIGINT and (on request) the end of standard input stop it: listeners close, requests
 * under way get the drain timeout. A second signal does not wait. SIGHUP reads the certificates
 * again.
 */
#include "cli/command.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <jansson.h>

#include "auth/auth.h"
#include "cli/digests.h"
#include "cli/ready.h"
#include "cli/serve_auth.h"
#include "cli/serve_control.h"
#include "cli/serve_check.h"
#include "cli/serve_fixtures.h"
#include "cli/serve_magic.h"
#include "cli/serve_reset.h"
#include "cli/serve_rules.h"
#include "cli/serve_scenarios.h"
#include "cli/serve_settings.h"
#include "cli/serve_tls.h"
#include "cli/serve_world.h"
#include "cli/worlds.h"
#include "cli/worlds_api.h"
#include "lib/control/control.h"
#include "lib/http/loop.h"
#include "lib/http/server.h"
#include "lib/http/tls.h"
#include "lib/util/buf.h"
#include "lib/util/conf_print.h"
#include "lib/util/err.h"
#include "lib/util/util.h"
#include "registry/import.h"
#include "registry/registry.h"
#include "registry/reset.h"

enum { JOB_THREADS_MAX = 4, TEXT_MAX = 256 * 1024 };

struct serve {
    struct serve_settings settings;
    struct loop *loop;       /* owned, as all below */
    struct digests *digests; /* of generated layers */
    struct serve_fixtures fixtures;
    struct worlds *worlds;
    struct serve_world *first; /* borrowed from them: the one of the settings */
    struct http_tls *tls;      /* NULL: no TLS */
    struct http_server *server;
    struct control *control; /* owned; NULL: off */
    struct worlds_api api;   /* for its endpoints */
    bool wrote_port_file;
    bool stopping;
};

/* --- Printing instead of serving ----------------------------------------------------------------
 */

static enum cli_status print_config(const struct serve_settings *s)
{
    json_t *root = option_printable(s->set);
    enum cli_status status;
    auto_buf struct buf b = BUF_INIT(TEXT_MAX);

    if (root == NULL || s->json)
        return cli_print_json(root);
    conf_print(&b, root);
    status = cli_print_buf(&b);
    json_decref(root);
    return status;
}

/* --- Stopping and reloading ---------------------------------------------------------------------
 */

static void on_stopped(void *arg)
{
    struct serve *s = arg;

    loop_stop(s->loop);
}

static void release(struct serve_world *sw, void *arg)
{
    (void)arg;
    world_release(sw->world);
}

static void stop(struct serve *s, const char *why)
{
    struct log_line line;

    s->stopping = true;
    log_begin(&line, LOG_LEVEL_INFO, "stopping");
    log_text(&line, "why", why);
    log_u64(&line, "connections", http_server_connections(s->server));
    log_end(&line);
    worlds_each(s->worlds, release, NULL);
    http_server_stop(s->server, on_stopped, s);
}

static void on_stop_signal(void *arg)
{
    struct serve *s = arg;

    if (!s->stopping) {
        stop(s, "signal");
        return;
    }
    log_message(LOG_LEVEL_WARN, "stopping at once");
    loop_stop(s->loop);
}

static void on_stdin(void *arg)
{
    struct serve *s = arg;
    char ignored[4096];
    ssize_t n = read(STDIN_FILENO, ignored, sizeof(ignored));

    if (n > 0 || (n < 0 && (errno == EINTR || errno == EAGAIN)))
        return;
    loop_ignore(s->loop, STDIN_FILENO);
    if (!s->stopping)
        stop(s, "standard input ended");
}

/* Those of files, in the place of all there are; and scenarios. */
static int load_rules(struct serve *s, bool *ret_any, struct err *err)
{
    struct world *w = s->first->world;

    if (serve_rules_load(w, &s->settings, ret_any, err) != 0)
        return -1;
    return serve_scenarios_start(w, &s->settings.scenarios, err);
}

static void on_hangup(void *arg)
{
    struct serve *s = arg;
    bool any = false;
    struct err err;

    if (auth_reload(s->first->auth, &err) != 0)
        log_failure(LOG_LEVEL_ERROR, "the htpasswd file was not read again", &err);
    if (load_rules(s, &any, &err) != 0 || (any && reset_remember_rules(s->first->world, &err) != 0))
        log_failure(LOG_LEVEL_ERROR, "the rules were not read again, the old ones stay", &err);
    if (s->tls != NULL && serve_tls_reload(s->tls, &s->settings, &err) != 0) {
        log_failure(LOG_LEVEL_ERROR, "the certificate was not read again, the old one stays", &err);
        return;
    }
    log_message(LOG_LEVEL_INFO, "%s; configuration is read at start only: restart to change it",
                s->tls != NULL ? "certificate was read again" : "no certificate to read again");
}

static int watch_outside(struct serve *s, struct err *err)
{
    if (loop_on_signal(s->loop, SIGTERM, on_stop_signal, s, err) != 0 ||
        loop_on_signal(s->loop, SIGINT, on_stop_signal, s, err) != 0 ||
        loop_on_signal(s->loop, SIGHUP, on_hangup, s, err) != 0)
        return -1;
    if (!s->settings.stop_on_stdin_eof)
        return 0;
    if (loop_on_readable(s->loop, STDIN_FILENO, on_stdin, s, NULL) != 0)
        return err_set(err, ERR_USAGE,
                       "--stop-on-stdin-eof needs a pipe, socket or terminal as standard input");
    return 0;
}

/* --- Starting -----------------------------------------------------------------------------------
 */

/* Every connection is a descriptor. */
static void raise_descriptor_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
        log_message(LOG_LEVEL_WARN, "cannot raise the limit of open files: %s", strerror(errno));
}

static void log_lines(enum log_level level, struct buf *lines)
{
    char *rest = lines->data;

    while (rest != NULL && *rest != '\0') {
        char *line = strsep(&rest, "\n");

        log_message(level, "%s", line);
    }
}

static void set_up_process(struct serve_settings *s)
{
    log_setup(STDERR_FILENO, s->log_format, s->log_level);
    (void)signal(SIGPIPE, SIG_IGN);
    raise_descriptor_limit();
    log_lines(LOG_LEVEL_WARN, &s->warnings);
    log_lines(LOG_LEVEL_DEBUG, &s->remarks);
}

static int make_loop(struct serve *s, struct err *err)
{
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);
    unsigned threads = cpus < 2 ? 2 : cpus > JOB_THREADS_MAX ? JOB_THREADS_MAX : (unsigned)cpus;

    if (loop_new(&s->loop, threads, err) != 0)
        return -1;
    return digests_new(&s->digests, s->loop, err);
}

static int make_worlds(struct serve *s, struct err *err)
{
    const struct serve_world_options options = {
        .name = WORLDS_DEFAULT,
        .registry = s->settings.registry,
        .auth = serve_auth_settings(&s->settings),
    };

    if (worlds_new(&s->worlds, s->loop, s->settings.worlds_max, err) != 0 ||
        serve_auth_provision(&s->settings, err) != 0 ||
        serve_world_new(&s->first, s->loop, &options, err) != 0 ||
        worlds_add(s->worlds, s->first, 0, err) != 0)
        return -1;
    s->fixtures = (struct serve_fixtures){.world = s->first->world,
                                          .digests = s->digests,
                                          .images = s->settings.images,
                                          .texts = &s->settings.image_texts};
    serve_auth_tell(s->first->auth);
    return 0;
}

/* Before anybody can look, and before signals are caught: one that comes now just ends us. */
static int import_all(struct serve *s, struct err *err)
{
    for (size_t i = 0; i < s->settings.import.count; i++) {
        const char *path = s->settings.import.items[i];
        struct import_report report;
        struct log_line line;

        if (import_path(s->first->world, path, &report, err) != 0)
            return -1;
        log_begin(&line, LOG_LEVEL_INFO, "imported");
        log_text(&line, "path", path);
        log_u64(&line, "images", report.images);
        log_u64(&line, "blobs", report.blobs);
        log_u64(&line, "bytes", report.bytes);
        log_end(&line);
    }
    return 0;
}

static int make_server(struct serve *s, struct err *err)
{
    const struct http_server_options options = {
        .loop = s->loop,
        .app = {.request = registry_request, .ended = registry_ended, .refuse = registry_refuse},
        .hook = registry_hook,
        .limits = s->settings.limits,
    };

    if (serve_settings_tls(&s->settings) && serve_tls_new(&s->tls, &s->settings, err) != 0)
        return -1;
    return http_server_new(&s->server, &options, err);
}

static int listen_all(struct serve *s, const struct option_list *addresses, struct http_tls *tls,
                      struct err *err)
{
    for (size_t i = 0; i < addresses->count; i++) {
        if (serve_world_listen(s->first, s->server, addresses->items[i], tls, err) != 0) {
            if (err->code == ERR_BUSY)
                (void)err_set(
                    err, ERR_BUSY,
                    "address %.100s is in use: stop what listens there, or choose another "
                    "with --%slisten (port 0 takes a free one)",
                    addresses->items[i], tls != NULL ? "tls-" : "");
            if (err->code == ERR_INVALID)
                err->code = ERR_USAGE;
            return -1;
        }
    }
    return 0;
}

static int open_control(struct serve *s, struct err *err)
{
    s->api.maker = (struct world_maker){.worlds = s->worlds,
                                        .loop = s->loop,
                                        .server = s->server,
                                        .tls = s->tls,
                                        .digests = s->digests,
                                        .settings = &s->settings};
    s->api.fixtures = &s->fixtures;
    if (s->tls != NULL)
        serve_tls_ca(s->tls, &s->settings, s->api.ca);
    return serve_control_new(&s->control, &s->api, err);
}

static int start(struct serve *s, struct err *err)
{
    bool any;

    if (make_loop(s, err) != 0 || make_worlds(s, err) != 0 || import_all(s, err) != 0 ||
        serve_fixtures_start(&s->fixtures, err) != 0 ||
        serve_magic_start(s->first->world, s->digests, err) != 0 || make_server(s, err) != 0 ||
        listen_all(s, &s->settings.listen, NULL, err) != 0 ||
        listen_all(s, &s->settings.tls_listen, s->tls, err) != 0 || open_control(s, err) != 0 ||
        load_rules(s, &any, err) != 0 || serve_reset_remember(s->first->world, err) != 0)
        return -1;
    return watch_outside(s, err);
}

/* --- Telling that it serves ---------------------------------------------------------------------
 */

static int announce(struct serve *s, struct err *err)
{
    const struct serve_settings *settings = &s->settings;
    const struct world *w = s->first->world;
    auto_buf struct buf b = BUF_INIT(TEXT_MAX);

    ready_format(&b, w->listeners, w->listener_count, s->api.control_url);
    if (buf_check(&b, "ready line", err) != 0)
        return -1;
    if (settings->port_file != NULL) {
        if (ready_write_port_file(settings->port_file, w->listeners, w->listener_count, err) != 0)
            return -1;
        s->wrote_port_file = true;
    }
    if (settings->ready_fd >= 0) {
        if (ready_write(settings->ready_fd, buf_text(&b), err) != 0)
            return -1;
        (void)close(settings->ready_fd);
    }
    return ready_write(STDOUT_FILENO, buf_text(&b), err);
}

/* From here on a further signal shall not turn a clean end into a death by signal: freeing the
   loop gives signals their default meaning back. */
static void block_stop_signals(void)
{
    sigset_t set;

    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGTERM);
    (void)sigaddset(&set, SIGINT);
    (void)pthread_sigmask(SIG_BLOCK, &set, NULL);
}

static void finish(struct serve *s)
{
    block_stop_signals();
    if (s->wrote_port_file)
        (void)unlink(s->settings.port_file);
    control_free(s->control);
    http_server_free(s->server);
    if (s->worlds != NULL)
        worlds_each(s->worlds, release, NULL); /* images that are being made */
    digests_free(s->digests);
    if (s->loop != NULL)
        loop_drain(s->loop); /* jobs use the worlds */
    worlds_free(s->worlds);
    loop_free(s->loop);
    http_tls_free(s->tls);
}

static enum cli_status serve(struct serve *s)
{
    enum cli_status status = CLI_OK;
    struct err err = {0};

    set_up_process(&s->settings);
    if (start(s, &err) != 0 || announce(s, &err) != 0 || loop_run(s->loop, &err) != 0) {
        log_failure(LOG_LEVEL_ERROR, "cannot serve", &err);
        status = err.code == ERR_USAGE || err.code == ERR_CONFIG ? CLI_USAGE : CLI_FAILURE;
    }
    finish(s);
    if (status == CLI_OK)
        log_message(LOG_LEVEL_INFO, "stopped");
    return status;
}

static enum cli_status check_config(struct serve_settings *s)
{
    struct err err = {0};

    if (serve_check(s, &err) != 0)
        return cli_fail("serve", &err);
    log_lines(LOG_LEVEL_WARN, &s->warnings);
    return cli_print("the configuration is valid\n");
}

static enum cli_status print_help(void)
{
    auto_buf struct buf b = BUF_INIT(TEXT_MAX);

    command_help(&b, &command_serve, "serve", cli_width());
    return cli_print_buf(&b);
}

enum cli_status run_serve(int argc, char **argv)
{
    struct serve s = {0};
    enum cli_status status;
    struct err err = {0};
    int result = serve_settings_read(&s.settings, argc, argv, &err);

    if (s.settings.set != NULL)
        option_hide_secrets(s.settings.set, argc, argv, environ);
    if (result != 0)
        status = cli_fail("serve", &err);
    else if (s.settings.help)
        status = print_help();
    else if (s.settings.print_config)
        status = print_config(&s.settings);
    else if (s.settings.check_config)
        status = check_config(&s.settings);
    else
        status = serve(&s);
    serve_settings_done(&s.settings);
    return status;
}
