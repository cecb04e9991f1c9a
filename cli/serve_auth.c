/* SPDX-License-Identifier: MIT */
#include "cli/serve_auth.h"

#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "cli/registry_environment.h"
#include "cli/serve_settings.h"
#include "lib/http/loop.h"
#include "lib/util/buf.h"
#include "lib/util/err.h"
#include "lib/util/log.h"

enum { TEXT_MAX = 8 * 1024 };

struct auth_settings serve_auth_settings(const struct serve_settings *s)
{
    static const char *const algorithms[] = {"ES256", "RS256"};
    struct auth_settings settings = s->auth;

    settings.users = s->users.items;
    settings.user_count = s->users.count;
    settings.services = s->services.items;
    settings.service_count = s->services.count;
    settings.trusted_proxies = s->trusted_proxies.items;
    settings.trusted_proxy_count = s->trusted_proxies.count;
    settings.algorithm = algorithms[s->auth_algorithm];
    return settings;
}

int serve_auth_new(struct auth **ret, struct loop *loop, const struct clock *clock,
                   const struct auth_settings *settings, struct err *err)
{
    if (auth_new(ret, loop, clock, settings, err) == 0)
        return 0;
    if (err->code != ERR_NOMEM && err->code != ERR_SYSTEM)
        err->code = ERR_CONFIG;
    return -1;
}

int serve_auth_provision(const struct serve_settings *s, struct err *err)
{
    return s->provision_htpasswd ? registry_environment_provision(s->auth.htpasswd, err) : 0;
}

int serve_auth_check(const struct serve_settings *s, struct err *err)
{
    struct auth_settings settings = serve_auth_settings(s);
    struct auth *auth = NULL;
    struct loop *loop;
    int result;

    if (s->provision_htpasswd && access(settings.htpasswd, F_OK) != 0)
        settings.htpasswd = NULL; /* it will be made */
    if (settings.htpasswd == NULL && s->provision_htpasswd)
        settings.mode = AUTH_MODE_AUTO; /* nobody can log in so far */
    settings.algorithm = "ES256";       /* a key is made for nothing: not a slow one */
    if (loop_new(&loop, 1, err) != 0)
        return -1;
    result = serve_auth_new(&auth, loop, NULL, &settings, err);
    loop_drain(loop);
    auth_free(auth);
    loop_free(loop);
    return result;
}

void serve_auth_tell(const struct auth *auth)
{
    auto_buf struct buf text = BUF_INIT(TEXT_MAX);
    const char *warning = auth_warnings(auth);
    struct log_line line;

    while (*warning != '\0') {
        size_t n = strcspn(warning, "\n");

        log_message(LOG_LEVEL_WARN, "%.*s", (int)n, warning);
        warning += n + (warning[n] == '\n');
    }
    if (auth_mode(auth) == AUTH_MODE_NONE)
        return;
    auth_describe(auth, &text);
    log_begin(&line, LOG_LEVEL_INFO, "authentication is on");
    log_text(&line, "who", buf_text(&text));
    log_end(&line);
}
