/* SPDX-License-Identifier: MIT */
#include "cli/serve_settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/client.h"
#include "cli/registry_environment.h"
#include "cli/serve_magic.h"
#include "lib/util/err.h"
#include "lib/util/text.h"
#include "lib/util/util.h"

#define TLS_LISTEN_DEFAULT "127.0.0.1:5443"

enum { WARNINGS_MAX = 16 * 1024 };

static void warn(void *arg, const char *message)
{
    struct serve_settings *s = arg;

    (void)buf_appendf(&s->warnings, "%s\n", message);
}

/* Flags, OCIMOCK_OPTIONS and the environment. */
static int read_outside(struct serve_settings *s, int argc, char **argv, struct err *err)
{
    static const char *const others[] = {"OCIMOCK_OPTIONS", "OCIMOCK_CONTROL", "OCIMOCK_WORLD",
                                         NULL};
    const char *options = getenv("OCIMOCK_OPTIONS");

    if (option_read_flags(s->set, OPTION_FLAG, argc - 1, argv + 1, err) != 0)
        return -1;
    if (option_is_true(s->set, "help"))
        return 0;
    if (options != NULL && option_read_flag_text(s->set, options, "serve", err) != 0)
        return -1;
    if (option_read_environment(s->set, environ, others, warn, s, err) != 0)
        return -1;
    return registry_environment_read(s->set, environ, &s->remarks, &s->provision_htpasswd, err);
}

static int read_all(struct serve_settings *s, int argc, char **argv, struct err *err)
{
    const char *config;

    if (option_set_new(&s->set, command_serve.options, command_serve.option_count, err) != 0 ||
        read_outside(s, argc, argv, err) != 0)
        return -1;
    config = option_text(s->set, "config");
    if (!option_is_true(s->set, "help") && config != NULL && config[0] != '\0' &&
        option_read_file(s->set, config, err) != 0)
        return -1;
    return option_store(s->set, s, err);
}

bool serve_settings_tls(const struct serve_settings *s)
{
    return s->tls_auto != NULL || s->tls_certificate != NULL || s->tls_listen.count > 0;
}

/* What no single value shows. */
static int check_together(struct serve_settings *s, struct err *err)
{
    static const char *const tls_default[] = {TLS_LISTEN_DEFAULT};
    size_t words;
    const char *const *word = option_words(s->set, &words);

    if (words > 0)
        return err_set(err, ERR_USAGE, "%s is no option", TEXT_QUOTE(word[0]));
    if ((s->tls_certificate == NULL) != (s->tls_key == NULL))
        return err_set(err, ERR_USAGE, "tls.certificate and tls.key are needed together");
    if (s->tls_certificate != NULL && s->tls_auto != NULL)
        return err_set(err, ERR_USAGE,
                       "tls.auto makes a certificate: tls.certificate must not be "
                       "given too");
    if (s->tls_client_required && s->tls_client_ca == NULL)
        return err_set(err, ERR_USAGE, "tls.client_required needs tls.client_ca");
    if (s->tls_client_ca != NULL && !serve_settings_tls(s))
        return err_set(err, ERR_USAGE,
                       "tls.client_ca needs TLS: tls.certificate and tls.key, or tls.auto");
    if (s->tls_listen.count > 0 && s->tls_certificate == NULL && s->tls_auto == NULL)
        return err_set(err, ERR_USAGE, "tls.listen needs tls.certificate and tls.key, or tls.auto");
    if (serve_settings_tls(s) && s->tls_listen.count == 0)
        s->tls_listen = (struct option_list){.items = tls_default, .count = 1};
    if (s->control.count > 1)
        return err_set(err, ERR_USAGE, "control.listen takes one address");
    if (s->control_token != NULL && s->control_token_file != NULL)
        return err_set(err, ERR_USAGE,
                       "control.token and control.token_file must not be given together");
    if (s->listen.count + s->tls_listen.count == 0)
        return err_set(err, ERR_USAGE,
                       "nothing to listen on: give listen or tls.listen an address");
    if (s->listen.count + s->tls_listen.count > HTTP_LISTENERS_MAX)
        return err_set(err, ERR_USAGE, "more than %d listen addresses", HTTP_LISTENERS_MAX);
    return 0;
}

int serve_settings_read(struct serve_settings *ret, int argc, char **argv, struct err *err)
{
    *ret = (struct serve_settings){.ready_fd = -1, .registry.magic_presets = &serve_magic_presets};
    buf_init(&ret->warnings, WARNINGS_MAX);
    buf_init(&ret->remarks, WARNINGS_MAX);
    if (read_all(ret, argc, argv, err) != 0)
        return -1;
    return ret->help ? 0 : check_together(ret, err);
}

void serve_settings_done(struct serve_settings *s)
{
    option_set_free(s->set);
    buf_done(&s->warnings);
    buf_done(&s->remarks);
}

/* --- For the health check -----------------------------------------------------------------------
 */

/* The first line of the port file; false when there is none. */
static bool read_port_file(const char *path, char *dst, size_t size)
{
    FILE *f = fopen(path, "re");
    bool found = f != NULL && fgets(dst, (int)size, f) != NULL;

    if (f != NULL)
        (void)fclose(f);
    if (found)
        dst[strcspn(dst, "\n")] = '\0';
    return found && dst[0] != '\0';
}

static int find_url(const struct serve_settings *s, char **ret, struct err *err)
{
    bool tls = s->listen.count == 0;
    const char *address = tls ? s->tls_listen.items[0] : s->listen.items[0];
    char line[512];

    if (s->port_file != NULL && read_port_file(s->port_file, line, sizeof(line)))
        return client_url(ret, line, err);
    (void)snprintf(line, sizeof(line), "%s%s", tls ? "https://" : "http://", address);
    return client_url(ret, line, err);
}

int serve_settings_url(char **ret, struct err *err)
{
    char serve[] = "serve";
    struct serve_settings s;
    int result = serve_settings_read(&s, 1, (char *[]){serve, NULL}, err);

    if (result == 0)
        result = find_url(&s, ret, err);
    serve_settings_done(&s);
    return result;
}
