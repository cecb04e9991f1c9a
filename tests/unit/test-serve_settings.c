/* SPDX-License-Identifier: MIT */
/* cli/serve_settings.c and the table in cli/serve_options.c */
#include "cli/serve_settings.h"

#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "lib/util/err.h"
#include "lib/util/util.h"
#include "tests/tap/tap.h"

static struct serve_settings settings;
static struct err err;

static int read_args(const char *const *argv, int argc)
{
    serve_settings_done(&settings);
    err = (struct err){0};
    return serve_settings_read(&settings, argc, (char **)(uintptr_t)argv, &err);
}

#define READ(...)                                                                                  \
    read_args((const char *const[]){"serve", __VA_ARGS__},                                         \
              (int)ARRAY_LEN(((const char *const[]){"serve", __VA_ARGS__})))

/* The table's defaults are those of the structs. */
static void test_defaults(void)
{
    const struct registry_settings r = REGISTRY_SETTINGS_DEFAULT;
    const struct http_limits l = HTTP_LIMITS_DEFAULT;

    is_int(READ("--json"), 0, "nothing given: %s", err.msg);
    is_int(settings.registry.read_only, r.read_only, "read_only");
    is_int(settings.registry.delete_tag, r.delete_tag, "delete_tag");
    is_int(settings.registry.delete_manifest, r.delete_manifest, "delete_manifest");
    is_int(settings.registry.delete_blob, r.delete_blob, "delete_blob");
    is_int(settings.registry.referrers, r.referrers, "referrers");
    is_int(settings.registry.referrers_filter, r.referrers_filter, "referrers_filter");
    is_int(settings.registry.strict_accept, r.strict_accept, "strict_accept");
    is_int(settings.registry.absolute_location, r.absolute_location, "absolute_location");
    is_int(settings.registry.immutable_tags, r.immutable_tags, "immutable_tags");
    is_int(settings.registry.require_blobs, r.require_blobs, "require_blobs");
    is_int(settings.registry.require_media_type_match, r.require_media_type_match, "media type");
    is_int(settings.registry.single_post, r.single_post, "single_post");
    is_int(settings.registry.mount, r.mount, "mount");
    is_int(settings.registry.tag_parameters, r.tag_parameters, "tag_parameters");
    is_int(settings.registry.catalog, r.catalog, "catalog");
    is_int(settings.registry.tag_page, r.tag_page, "tag_page");
    is_int(settings.registry.referrers_page, r.referrers_page, "referrers_page");
    is_int(settings.registry.upload_expiry, r.upload_expiry, "upload_expiry");
    is_int((long long)settings.registry.chunk_min, (long long)r.chunk_min, "chunk_min");
    is_int((long long)settings.registry.manifest_max, (long long)r.manifest_max, "manifest_max");
    is_int((long long)settings.registry.blob_max, (long long)r.blob_max, "blob_max");
    is_int((long long)settings.registry.storage_max, (long long)r.storage_max, "storage_max");
    is_int(settings.registry.uploads_max, r.uploads_max, "uploads_max");
    is_int(settings.registry.tags_per_push, r.tags_per_push, "tags_per_push");
    is_int((long long)settings.limits.connections, (long long)l.connections, "connections");
    is_int(settings.limits.head_timeout, l.head_timeout, "head_timeout");
    is_int(settings.limits.body_timeout, l.body_timeout, "body_timeout");
    is_int(settings.limits.idle_timeout, l.idle_timeout, "idle_timeout");
    is_int(settings.limits.write_timeout, l.write_timeout, "write_timeout");
    is_int(settings.limits.linger_timeout, l.linger_timeout, "linger_timeout");
    is_int(settings.limits.drain_timeout, l.drain_timeout, "drain_timeout");
    is_int((long long)settings.limits.discard, (long long)l.discard, "discard");
    is_int(settings.log_level, LOG_LEVEL_INFO, "log level");
    is_int(settings.log_format, LOG_FORMAT_TEXT, "log format");
    is_int(settings.ready_fd, -1, "no ready descriptor");
    is_str(settings.listen.items[0], "127.0.0.1:5000", "listens on loopback");
}

static void test_values(void)
{
    is_int(READ("--mode=read-only", "--delete-tag=405", "--delete-manifest=400", "--delete-blob",
                "pretend", "--location=absolute", "--log-level=debug", "--log-format=json",
                "--ready-fd=7", "--no-referrers", "--limit-manifest=4MiB", "--upload-expiry=50ms"),
           0, "values: %s", err.msg);
    ok(settings.registry.read_only, "mode");
    is_int(settings.registry.delete_tag, DELETE_405, "delete.tag");
    is_int(settings.registry.delete_manifest, DELETE_400, "delete.manifest");
    is_int(settings.registry.delete_blob, DELETE_PRETEND, "delete.blob");
    ok(settings.registry.absolute_location, "location");
    is_int(settings.log_level, LOG_LEVEL_DEBUG, "log.level");
    is_int(settings.log_format, LOG_FORMAT_JSON, "log.format");
    is_int(settings.ready_fd, 7, "ready_fd");
    ok(!settings.registry.referrers, "referrers");
    is_int((long long)settings.registry.manifest_max, 4 << 20, "limits.manifest");
    is_int(settings.registry.upload_expiry, 50, "upload_expiry");
}

static void refused(const char *message, int result)
{
    is_int(result, -1, "refused");
    is_str(err.msg, message, "because: %s", message);
    is_int(err.code, ERR_USAGE, "as usage");
}

static void test_together(void)
{
    refused("tls.certificate and tls.key are needed together", READ("--tls-cert=x"));
    refused("tls.listen needs tls.certificate and tls.key, or tls.auto", READ("--tls-listen=:0"));
    refused("tls.auto makes a certificate: tls.certificate must not be given too",
            READ("--tls-cert=x", "--tls-key=y", "--tls-auto"));
    refused("nothing to listen on: give listen or tls.listen an address", READ("--listen="));
    refused("'x' is no option", READ("x"));
    is_int(READ("--listen=", "--tls-auto"), 0, "TLS alone");
    is_str(settings.tls_listen.items[0], "127.0.0.1:5443", "has a default address");
    is_str(settings.tls_auto, "true", "and the usual folder");
    is_int(READ("--nonsense", "--help"), -1, "help does not hide a wrong flag before it");
    is_int(READ("--help", "--tls-cert=x"), 0, "help wins over what does not fit together");
    ok(settings.help, "and is wanted");
}

static void test_too_many(void)
{
    const char *argv[HTTP_LISTENERS_MAX + 2] = {"serve"};

    for (int i = 1; i < HTTP_LISTENERS_MAX + 2; i++)
        argv[i] = "--listen=:0";
    is_int(read_args(argv, HTTP_LISTENERS_MAX + 1), 0, "as many listeners as allowed");
    refused("more than 16 listen addresses", read_args(argv, HTTP_LISTENERS_MAX + 2));
}

static void url_is(const char *want, const char *listen, const char *tls_listen)
{
    char *url = NULL;

    if (listen != NULL)
        (void)setenv("OCIMOCK_LISTEN", listen, 1);
    if (tls_listen != NULL) {
        (void)setenv("OCIMOCK_OPTIONS", "--listen= --tls-auto", 1);
        (void)setenv("OCIMOCK_TLS_LISTEN", tls_listen, 1);
    }
    ok(serve_settings_url(&url, &err) == 0, "a URL: %s", err.msg);
    is_str(url, want, "%s", want);
    free(url);
    (void)unsetenv("OCIMOCK_LISTEN");
    (void)unsetenv("OCIMOCK_TLS_LISTEN");
    (void)unsetenv("OCIMOCK_OPTIONS");
}

static void test_url(void)
{
    url_is("http://127.0.0.1:5000", NULL, NULL);
    url_is("http://127.0.0.1:6000", "0.0.0.0:6000", NULL);
    url_is("http://127.0.0.1:6000", ":6000", NULL);
    url_is("http://[::1]:6000", "[::]:6000", NULL);
    url_is("http://10.0.0.1:6000", "10.0.0.1:6000,:7000", NULL);
    url_is("https://127.0.0.1:6443", NULL, ":6443");
}

/* Every row can be found by all its names, and none twice. */
static void test_table(void)
{
    const struct option *rows = command_serve.options;
    size_t count = command_serve.option_count;
    size_t problems = 0;

    for (size_t i = 0; i < count; i++) {
        if (rows[i].help == NULL || rows[i].size == 0 ||
            (rows[i].value.type == SCHEMA_BOOL) != (rows[i].arg == NULL)) {
            diag("row %s is not complete", rows[i].flag);
            problems++;
        }
        for (size_t j = 0; j < i; j++) {
            if (strcmp(rows[i].flag, rows[j].flag) == 0 ||
                (rows[i].key != NULL && rows[j].key != NULL &&
                 strcmp(rows[i].key, rows[j].key) == 0)) {
                diag("row %s is there twice", rows[i].flag);
                problems++;
            }
        }
    }
    is_int((long long)problems, 0, "%zu rows", count);
}

int main(void)
{
    plan_lazy();
    test_table();
    test_defaults();
    test_values();
    test_together();
    test_too_many();
    test_url();
    serve_settings_done(&settings);
    done_testing();
}
