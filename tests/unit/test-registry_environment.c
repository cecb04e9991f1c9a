/* SPDX-License-Identifier: MIT */
#include "cli/registry_environment.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>

#include "auth/htpasswd.h"
#include "cli/serve_settings.h"
#include "lib/util/buf.h"
#include "lib/util/err.h"
#include "lib/util/log.h"
#include "lib/util/option.h"
#include "lib/util/util.h"
#include "tests/tap/tap.h"

enum { VARIABLES = 8 };

static struct option_set *make(void)
{
    struct option_set *set = NULL;
    struct err err = {0};

    is_int(option_set_new(&set, command_serve.options, command_serve.option_count, &err), 0,
           "options: %s", err.msg);
    return set;
}

static void ignore(void *arg, const char *message)
{
    (void)arg;
    (void)message;
}

/* As `serve` does: OCIMOCK_* first. */
static int read_all(struct option_set *set, const char *const *variables, struct buf *remarks,
                    bool *ret_provision, struct err *err)
{
    char *copies[VARIABLES + 1] = {NULL};
    int result;

    for (size_t i = 0; i < VARIABLES && variables[i] != NULL; i++)
        copies[i] = strdup(variables[i]);
    result = option_read_environment(set, copies, NULL, ignore, NULL, err);
    if (result == 0)
        result = registry_environment_read(set, copies, remarks, ret_provision, err);
    for (size_t i = 0; i < VARIABLES; i++)
        free(copies[i]);
    return result;
}

/* The printed value at a path "auth.mode"; the caller frees it. */
static char *value_at(const struct option_set *set, const char *path)
{
    json_t *root = option_printable(set);
    const json_t *value = root;
    char *text;

    for (const char *step = path; value != NULL && *step != '\0';) {
        size_t n = strcspn(step, ".");
        char name[64];

        (void)snprintf(name, sizeof(name), "%.*s", (int)n, step);
        value = json_object_get(value, name);
        step += n + (step[n] == '.');
    }
    text =
        value == NULL ? NULL : json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_SORT_KEYS);
    json_decref(root);
    return text;
}

/* Variables, and what becomes of them. */
static const struct {
    const char *variables[VARIABLES];
    const char *path, *value;
} values[] = {
    {{NULL}, "auth.mode", "\"auto\""},
    {{"REGISTRY_AUTH=htpasswd", "REGISTRY_AUTH_HTPASSWD_REALM=Registry Realm",
      "REGISTRY_AUTH_HTPASSWD_PATH=/auth/htpasswd"},
     "auth.mode",
     "\"basic\""},
    {{"REGISTRY_AUTH=htpasswd", "REGISTRY_AUTH_HTPASSWD_REALM=Registry Realm",
      "REGISTRY_AUTH_HTPASSWD_PATH=/auth/htpasswd"},
     "auth.realm",
     "\"Registry Realm\""},
    {{"REGISTRY_AUTH_HTPASSWD_REALM=x", "REGISTRY_AUTH_HTPASSWD_PATH=/auth/htpasswd"},
     "auth.htpasswd",
     "\"/auth/htpasswd\""},
    {{"REGISTRY_AUTH=htpasswd", "REGISTRY_AUTH_HTPASSWD_REALM=x",
      "REGISTRY_AUTH_HTPASSWD_PATH=/auth/htpasswd", "OCIMOCK_HTPASSWD=/other",
      "OCIMOCK_AUTH_MODE=bearer"},
     "auth.htpasswd",
     "\"/other\""},
    {{"REGISTRY_AUTH=htpasswd", "REGISTRY_AUTH_HTPASSWD_REALM=x",
      "REGISTRY_AUTH_HTPASSWD_PATH=/auth/htpasswd", "OCIMOCK_AUTH_MODE=bearer"},
     "auth.mode",
     "\"bearer\""},
    {{"REGISTRY_AUTH=none"}, "auth.mode", "\"none\""},
    {{"REGISTRY_AUTH=token", "REGISTRY_AUTH_TOKEN_REALM=https://auth/token",
      "REGISTRY_AUTH_TOKEN_SERVICE=reg", "REGISTRY_AUTH_TOKEN_ISSUER=iss",
      "REGISTRY_AUTH_TOKEN_ROOTCERTBUNDLE=/certs/bundle.crt"},
     "auth.trust",
     "[{\"audience\":[\"reg\"],\"issuer\":\"iss\",\"pem\":\"/certs/bundle.crt\"}]"},
    {{"REGISTRY_AUTH=token", "REGISTRY_AUTH_TOKEN_REALM=https://auth/token",
      "REGISTRY_AUTH_TOKEN_SERVICE=reg", "REGISTRY_AUTH_TOKEN_ISSUER=iss",
      "REGISTRY_AUTH_TOKEN_JWKS=/keys.json"},
     "auth.trust",
     "[{\"audience\":[\"reg\"],\"issuer\":\"iss\",\"jwks\":\"/keys.json\"}]"},
    {{"REGISTRY_AUTH_TOKEN_REALM=https://auth/token", "REGISTRY_AUTH_TOKEN_SERVICE=reg",
      "REGISTRY_AUTH_TOKEN_ISSUER=iss", "REGISTRY_AUTH_TOKEN_ROOTCERTBUNDLE=/b"},
     "auth.token_realm",
     "\"https://auth/token\""},
    {{"REGISTRY_AUTH=token", "REGISTRY_AUTH_TOKEN_AUTOREDIRECT=true",
      "REGISTRY_AUTH_TOKEN_SERVICE=reg", "REGISTRY_AUTH_TOKEN_ISSUER=iss",
      "REGISTRY_AUTH_TOKEN_ROOTCERTBUNDLE=/b"},
     "auth.token_realm",
     "\"/auth/token\""},
    {{"REGISTRY_AUTH=token", "REGISTRY_AUTH_TOKEN_AUTOREDIRECT=false",
      "REGISTRY_AUTH_TOKEN_REALM=http://a/t", "REGISTRY_AUTH_TOKEN_SERVICE=reg",
      "REGISTRY_AUTH_TOKEN_ISSUER=iss", "REGISTRY_AUTH_TOKEN_ROOTCERTBUNDLE=/b"},
     "auth.service",
     "\"reg\""},
    {{"REGISTRY_HTTP_ADDR=0.0.0.0:5001"}, "listen", "[\"0.0.0.0:5001\"]"},
    {{"REGISTRY_HTTP_ADDR=:5001", "OCIMOCK_LISTEN=:5002"}, "listen", "[\":5002\"]"},
    {{"REGISTRY_HTTP_ADDR=:5001", "REGISTRY_HTTP_TLS_CERTIFICATE=/c", "REGISTRY_HTTP_TLS_KEY=/k"},
     "tls.listen",
     "[\":5001\"]"},
    {{"REGISTRY_HTTP_ADDR=:5001", "REGISTRY_HTTP_TLS_CERTIFICATE=/c", "REGISTRY_HTTP_TLS_KEY=/k"},
     "listen",
     "[]"},
    {{"REGISTRY_HTTP_TLS_CERTIFICATE=/c", "REGISTRY_HTTP_TLS_KEY=/k"},
     "tls.listen",
     "[\"127.0.0.1:5000\"]"},
    {{"REGISTRY_HTTP_TLS_CERTIFICATE=/c", "REGISTRY_HTTP_TLS_KEY=/k", "OCIMOCK_LISTEN=:5002"},
     "listen",
     "[\":5002\"]"},
    {{"REGISTRY_HTTP_TLS_CERTIFICATE=/c", "REGISTRY_HTTP_TLS_KEY=/k"}, "tls.key", "\"/k\""},
    {{"REGISTRY_HTTP_HOST=https://registry.test"},
     "auth.external_url",
     "\"https://registry.test\""},
    {{NULL}, "registry.delete.tag", "\"on\""},
    {{"REGISTRY_STORAGE_DELETE_ENABLED="}, "registry.delete.tag", "\"on\""},
    {{"REGISTRY_STORAGE_DELETE_ENABLED=true"}, "registry.delete.blob", "\"on\""},
    {{"REGISTRY_STORAGE_DELETE_ENABLED=false"}, "registry.delete.blob", "\"405\""},
    {{"REGISTRY_STORAGE_DELETE_ENABLED=maybe"}, "registry.delete.manifest", "\"405\""},
    {{"REGISTRY_STORAGE_DELETE_ENABLED=false", "OCIMOCK_DELETE_TAG=400"},
     "registry.delete.tag",
     "\"400\""},
};

static void test_values(void)
{
    for (size_t i = 0; i < ARRAY_LEN(values); i++) {
        struct option_set *set = make();
        auto_buf struct buf remarks = BUF_INIT(1000);
        auto_free char *value = NULL;
        bool provision = false;
        struct err err = {0};

        is_int(read_all(set, values[i].variables, &remarks, &provision, &err), 0, "row %zu: %s", i,
               err.msg);
        value = value_at(set, values[i].path);
        is_str(value, values[i].value, "%s", values[i].path);
        is_str(buf_text(&remarks), "", "without remarks");
        option_set_free(set);
    }
}

static void test_mistakes(void)
{
    static const struct {
        const char *variables[VARIABLES];
        const char *message;
    } rows[] = {
        {{"REGISTRY_AUTH=bogus"},
         "REGISTRY_AUTH: 'bogus' is not known: expected htpasswd, token or none"},
        {{"REGISTRY_AUTH=htpasswd", "REGISTRY_AUTH_HTPASSWD_PATH=/x"},
         "REGISTRY_AUTH=htpasswd needs REGISTRY_AUTH_HTPASSWD_REALM"},
        {{"REGISTRY_AUTH=htpasswd", "REGISTRY_AUTH_HTPASSWD_REALM=x"},
         "REGISTRY_AUTH=htpasswd needs REGISTRY_AUTH_HTPASSWD_PATH"},
        {{"REGISTRY_AUTH=token"}, "REGISTRY_AUTH=token needs REGISTRY_AUTH_TOKEN_SERVICE"},
        {{"REGISTRY_AUTH=token", "REGISTRY_AUTH_TOKEN_SERVICE=x"},
         "REGISTRY_AUTH=token needs REGISTRY_AUTH_TOKEN_ISSUER"},
        {{"REGISTRY_AUTH=token", "REGISTRY_AUTH_TOKEN_SERVICE=x", "REGISTRY_AUTH_TOKEN_ISSUER=x"},
         "REGISTRY_AUTH=token needs REGISTRY_AUTH_TOKEN_ROOTCERTBUNDLE"},
        {{"REGISTRY_AUTH=token", "REGISTRY_AUTH_TOKEN_SERVICE=x", "REGISTRY_AUTH_TOKEN_ISSUER=x",
          "REGISTRY_AUTH_TOKEN_JWKS=x"},
         "REGISTRY_AUTH=token needs REGISTRY_AUTH_TOKEN_REALM"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct option_set *set = make();
        auto_buf struct buf remarks = BUF_INIT(1000);
        bool provision = false;
        struct err err = {0};

        is_int(read_all(set, rows[i].variables, &remarks, &provision, &err), -1, "row %zu", i);
        is_str(err.msg, rows[i].message, "is refused");
        option_set_free(set);
    }
}

static void test_remarks(void)
{
    static const char *const variables[VARIABLES] = {
        "REGISTRY_HTTP_SECRET=abc", "REGISTRY_PROXY_REMOTEURL=https://x", "OTHER=1",
        "REGISTRY_AUTH_HTPASSWD_REALM=x", "REGISTRY_AUTH_HTPASSWD_PATH=/x"};
    struct option_set *set = make();
    auto_buf struct buf remarks = BUF_INIT(1000);
    bool provision = false;

    is_int(read_all(set, variables, &remarks, &provision, NULL), 0, "read");
    is_str(buf_text(&remarks),
           "environment variable 'REGISTRY_PROXY_REMOTEURL' has no effect here\n",
           "what is not known is remarked, without its value");
    ok(provision, "a missing htpasswd file is to be made");
    option_set_free(set);
}

static void test_provision(void)
{
    char folder[] = "/tmp/test-registry_environment-XXXXXX";
    auto_free char *path = NULL;
    auto_free char *inner = NULL;
    struct htpasswd users = {0};
    struct stat st;
    struct err err = {0};

    ok(mkdtemp(folder) != NULL && asprintf(&inner, "%s/a", folder) > 0 &&
           asprintf(&path, "%s/htpasswd", inner) > 0,
       "a folder");
    is_int(registry_environment_provision(path, &err), 0, "a file is made: %s", err.msg);
    ok(stat(path, &st) == 0 && (st.st_mode & 0777) == 0600, "for its owner only");
    is_int(htpasswd_load(&users, path, &err), 0, "it can be read: %s", err.msg);
    is_int((long long)users.count, 1, "it has a user");
    is_str(users.entries[0].user, "docker", "docker");
    htpasswd_done(&users);
    is_int(registry_environment_provision(path, &err), 0, "again");
    ok(stat(path, &st) == 0 && st.st_size < 100, "nothing is added");
    (void)unlink(path);
    (void)rmdir(inner);
    (void)rmdir(folder);
}

int main(void)
{
    plan_lazy();
    log_setup(STDERR_FILENO, LOG_FORMAT_TEXT, LOG_LEVEL_ERROR);
    test_values();
    test_mistakes();
    test_remarks();
    test_provision();
    done_testing();
}
