/* SPDX-License-Identifier: MIT */
/* Toggles that are no part of another topic: read-only, strict Accept, catalog, storage limit. */
#include <stdio.h>
#include <string.h>

#include "tests/integration/lib/registry.h"
#include "tests/tap/tap.h"

#define D0   "sha256:0000000000000000000000000000000000000000000000000000000000000000"
#define TYPE "Content-Type: " OCI_MANIFEST "\n"

static const struct step read_only[] = {
    {"DL6 read-only: ping works", "GET /v2/", .status = 200},
    {"DL6 read-only: reading works", "GET /v2/app/tags/list", .status = 404,
     .code = "NAME_UNKNOWN"},
    {"DL6 read-only: no upload", "POST /v2/app/blobs/uploads/", .status = 405,
     .code = "UNSUPPORTED"},
    {"DL6 read-only: no single POST", "POST /v2/app/blobs/uploads/?digest=" D0, .body = "x",
     .status = 405, .code = "UNSUPPORTED"},
    {"DL6 read-only: no manifest", "PUT /v2/app/manifests/v1", TYPE, "{}", .status = 405,
     .code = "UNSUPPORTED"},
    {"DL6 read-only: no deletion of a tag", "DELETE /v2/app/manifests/v1", .status = 405,
     .code = "UNSUPPORTED"},
    {"DL6 read-only: no deletion of a manifest", "DELETE /v2/app/manifests/" D0, .status = 405,
     .code = "UNSUPPORTED"},
    {"DL6 read-only: no deletion of a blob", "DELETE /v2/app/blobs/" D0, .status = 405,
     .code = "UNSUPPORTED"},
};

static const struct step strict[] = {
    {"PL4 strict_accept: no Accept", "GET /v2/app/manifests/v1", .status = 200},
    {"PL4 strict_accept: the type", "GET /v2/app/manifests/v1", "Accept: " OCI_MANIFEST "\n",
     .status = 200, .is = "${img.body}"},
    {"PL4 strict_accept: the type among others, with parameters", "GET /v2/app/manifests/v1",
     "Accept: " DOCKER_LIST ", " OCI_MANIFEST ";q=0.8\n", .status = 200},
    {"PL4 strict_accept: the type in the second line", "GET /v2/app/manifests/v1",
     "Accept: " DOCKER_LIST "\nAccept: " OCI_MANIFEST "\n", .status = 200},
    {"PL4 strict_accept: */*", "GET /v2/app/manifests/v1", "Accept: */*\n", .status = 200},
    {"PL4 strict_accept: application/*", "GET /v2/app/manifests/v1", "Accept: application/*\n",
     .status = 200},
    {"PL4 strict_accept: another type", "GET /v2/app/manifests/v1", "Accept: " DOCKER_LIST "\n",
     .status = 404, .code = "MANIFEST_UNKNOWN"},
    {"PL4 strict_accept: another type, HEAD", "HEAD /v2/app/manifests/v1",
     "Accept: " DOCKER_LIST "\n", .status = 404},
};

static const struct step no_catalog[] = {
    {"catalog off", "GET /v2/_catalog", .status = 404, .code = "UNSUPPORTED"},
    {"catalog off: the rest works", "GET /v2/app/tags/list", .status = 200},
};

static const struct step full[] = {
    {"limits.storage: what fits is stored", "PUT ${loc}?digest=${small}", NULL, "${small.body}",
     .status = 201},
    {"limits.storage: what does not is refused with 507", "PUT ${loc2}?digest=${large}", NULL,
     "${large.body}", .status = 507, .code = "STORAGE_FULL"},
    {"limits.storage: and not stored", "HEAD /v2/app/blobs/${large}", .status = 404},
    {"limits.storage: what was there stays", "GET /v2/app/blobs/${small}", .status = 200,
     .is = "${small.body}"},
    {"limits.storage: nor when its length is not told", "PATCH ${loc3}",
     "Transfer-Encoding: chunked\n", "${large.body}", .status = 507, .code = "STORAGE_FULL"},
    {"limits.storage: that session is usable", "GET ${loc3}", .status = 204, .want = "Range: *"},
    {"limits.storage: nor in one POST", "POST /v2/app/blobs/uploads/?digest=${large}", NULL,
     "${large.body}", .status = 507, .code = "STORAGE_FULL"},
    {"limits.storage: nor a manifest", "PUT /v2/app/manifests/v1", "Content-Type: text/x-any\n",
     "{\"a\":\"${large.body}\"}", .status = 507, .code = "STORAGE_FULL"},
    {"limits.storage: its tag is not there", "HEAD /v2/app/manifests/v1", .status = 404},
    {"limits.storage: cancelling the session", "DELETE ${loc3}", .status = 204},
    {"limits.storage: deleting", "DELETE /v2/app/blobs/${small}", .status = 202},
};

static struct script *start(const char *config)
{
    return script_new(server_new_config(config));
}

static void stop(struct script *t)
{
    struct server *s = script_server(t);

    script_free(t);
    server_free(s);
}

/* Room for two blobs of 40 KiB, but not for a third. */
static void test_storage(void)
{
    struct script *t = start("limits: {storage: 100000}\n");
    char text[90001];

    memset(text, 's', sizeof(text));
    text[40960] = '\0';
    script_content(t, "small", text);
    memset(text, 'l', sizeof(text));
    text[90000] = '\0';
    script_content(t, "large", text);
    registry_upload(t, "app", "loc");
    registry_upload(t, "app", "loc2");
    registry_upload(t, "app", "loc3");
    RUN(t, full);
    registry_push_blob(t, "app", "large");
    ok(true, "limits.storage: makes room for the next");
    stop(t);
}

/* Configurations that must not start a server, and what the message names. */
static const struct {
    const char *name;
    const char *text;
    const char *why;
} refused[] = {
    {"an unknown key", "registry:\n  referers: true\n", "ocimock.yaml:2"},
    {"a key of the wrong type", "registry:\n  mount: 7\n", "ocimock.yaml:2"},
    {"a word that is no choice", "registry:\n  delete: {tag: 418}\n", "ocimock.yaml:2"},
    {"a duration that is none", "\n\nlimits: {head_timeout: soon}\n", "ocimock.yaml:3"},
    {"a key twice", "limits: {blob: 1}\nlimits: {blob: 2}\n", "ocimock.yaml:2"},
    {"text that is no YAML", "registry: [\n", "ocimock.yaml"},
    {"aliases that explode",
     "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\n"
     "c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\n"
     "e: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e]\n"
     "g: &g [*f,*f,*f,*f,*f,*f,*f,*f,*f]\nh: &h [*g,*g,*g,*g,*g,*g,*g,*g,*g]\n",
     "ocimock.yaml"},
};

static void test_refused(void)
{
    size_t i;

    for (i = 0; i < ARRAY_LEN(refused); i++) {
        struct server_options options = {.config = refused[i].text};

        ok(server_is_refused(&options, 2, refused[i].why), "bad input: configuration: %s",
           refused[i].name);
    }
}

int main(void)
{
    struct script *t;

    plan_lazy();
    t = start("registry: {mode: read-only}\n");
    RUN(t, read_only);
    stop(t);
    t = start("registry: {strict_accept: true}\n");
    registry_image(t, "app", "v1", "img");
    RUN(t, strict);
    stop(t);
    t = start("registry: {catalog: false}\n");
    registry_image(t, "app", "v1", "img");
    RUN(t, no_catalog);
    stop(t);
    test_storage();
    test_refused();
    done_testing();
}
