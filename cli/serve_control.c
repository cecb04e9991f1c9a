/* SPDX-License-Identifier: MIT */
#include "cli/serve_control.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/secret.h"
#include "cli/serve_accounts.h"
#include "cli/serve_export.h"
#include "cli/serve_fixtures.h"
#include "cli/serve_reset.h"
#include "cli/serve_scenarios.h"
#include "cli/serve_settings.h"
#include "cli/serve_world.h"
#include "cli/worlds.h"
#include "cli/worlds_api.h"
#include "lib/control/control.h"
#include "lib/control/control_guard.h"
#include "lib/control/control_world.h"
#include "lib/util/buf.h"
#include "lib/util/err.h"
#include "lib/util/file.h"
#include "lib/util/option.h"
#include "lib/util/text.h"
#include "lib/util/util.h"
#include "registry/control_api.h"
#include "registry/registry.h"
#include "registry/words.h"

#define CONTROL_LISTEN_DEFAULT "127.0.0.1:5001"
#define CONTROL_LISTEN_FREE    "127.0.0.1:0"

enum { TOKEN_MAX = 4096 };

/* --- Where -------------------------------------------------------------------------------------
 */

static bool has_free_port(const struct option_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        const char *colon = strrchr(list->items[i], ':');

        if (colon != NULL && strcmp(colon, ":0") == 0)
            return true;
    }
    return false;
}

/* People export OCIMOCK_CONTROL for the commands, which take a URL as well. */
static const char *without_scheme(const char *address)
{
    return strncmp(address, "http://", 7) == 0 ? address + 7 : address;
}

/* Whoever lets the registry take a free port runs several of them: the control API does as much.
   NULL: nowhere. */
static const char *find_address(const struct serve_settings *s)
{
    if (s->control.count > 0)
        return without_scheme(s->control.items[0]);
    if (option_source(s->set, "control") != OPTION_UNSET)
        return NULL; /* an empty list was given */
    if (has_free_port(&s->listen) || has_free_port(&s->tls_listen))
        return CONTROL_LISTEN_FREE;
    return CONTROL_LISTEN_DEFAULT;
}

/* --- Who ---------------------------------------------------------------------------------------
 */

static int read_token(const char *path, char **ret, struct err *err)
{
    auto_buf struct buf text = BUF_INIT(TOKEN_MAX);

    if (file_read(&text, path, err) != 0)
        return err_wrap(err, "control.token_file");
    *ret = strndup(buf_text(&text), strcspn(buf_text(&text), "\r\n"));
    if (*ret == NULL)
        return err_set(err, ERR_NOMEM, "control token");
    if (**ret != '\0')
        return 0;
    free(*ret);
    return err_set(err, ERR_CONFIG, "control.token_file: %s has no token in its first line",
                   TEXT_QUOTE(path));
}

/* Printed once: nobody else can tell it, and the log keeps no secrets. */
static int make_token(char **ret, struct err *err)
{
    char text[SECRET_GENERATED_SIZE];

    if (secret_generate(text, err) != 0)
        return err_wrap(err, "control token");
    *ret = strdup(text);
    explicit_bzero(text, sizeof(text));
    if (*ret == NULL)
        return err_set(err, ERR_NOMEM, "control token");
    (void)fprintf(stderr, "ocimock: control token %s\n", *ret);
    return 0;
}

/* *ret is NULL where none is needed. */
static int find_token(const struct serve_settings *s, const char *address, char **ret,
                      struct err *err)
{
    *ret = NULL;
    if (s->control_token != NULL) {
        *ret = strdup(s->control_token);
        return *ret != NULL ? 0 : err_set(err, ERR_NOMEM, "control token");
    }
    if (s->control_token_file != NULL)
        return read_token(s->control_token_file, ret, err);
    return control_guard_is_loopback(address) ? 0 : make_token(ret, err);
}

/* --- All of it ---------------------------------------------------------------------------------
 */

static void *find_world(const char *name, void *arg)
{
    const struct serve_world *sw = worlds_find(arg, name);

    return sw != NULL ? sw->world : NULL;
}

static struct journal *journal_of(void *world)
{
    return ((struct world *)world)->journal;
}

static struct fault_engine *faults_of(void *world)
{
    return ((struct world *)world)->faults;
}

static const struct control_world_ops world_ops = {
    .journal = journal_of, .faults = faults_of, .pulls = &registry_pulls};

static int set_up(struct control *c, const char *address, struct worlds_api *api, struct err *err)
{
    if (control_register_journal(c, &world_ops, err) != 0 ||
        control_register_rules(c, &world_ops, err) != 0 || control_api_register(c, err) != 0 ||
        serve_accounts_register(c, err) != 0 || serve_scenarios_register(c, err) != 0 ||
        serve_fixtures_register(c, api->fixtures, err) != 0 ||
        worlds_api_register(c, api, err) != 0 || serve_reset_register(c, api->fixtures, err) != 0 ||
        serve_export_register(c, api, err) != 0)
        return -1;
    if (control_listen(c, address, &api->control_url, err) == 0)
        return 0;
    if (err->code == ERR_BUSY)
        return err_set(err, ERR_BUSY,
                       "address %.100s of the control API is in use: choose another with --control "
                       "(port 0 takes a free one), or --control= for none",
                       address);
    if (err->code == ERR_INVALID)
        err->code = ERR_USAGE;
    return -1;
}

int serve_control_new(struct control **ret, struct worlds_api *api, struct err *err)
{
    const struct serve_settings *s = api->maker.settings;
    const char *address = find_address(s);
    struct control_options options = {
        .loop = api->maker.loop, .find_world = find_world, .arg = api->maker.worlds};
    struct control *c = NULL;
    char *token;
    int result;

    *ret = NULL;
    if (address == NULL)
        return 0;
    if (find_token(s, address, &token, err) != 0)
        return -1;
    options.token = token;
    result = control_new(&c, &options, err);
    if (token != NULL)
        explicit_bzero(token, strlen(token));
    free(token);
    if (result == 0)
        result = set_up(c, address, api, err);
    if (result == 0)
        *ret = c;
    else
        control_free(c);
    return result;
}
