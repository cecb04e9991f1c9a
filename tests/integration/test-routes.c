/* SPDX-License-Identifier: MIT */
/* Paths: names made of the words of the routes, paths that lead nowhere, and what the log says. */
#include <stdio.h>
#include <string.h>

#include "tests/integration/lib/raw.h"
#include "tests/integration/lib/registry.h"
#include "tests/tap/tap.h"

#define D0 "sha256:0000000000000000000000000000000000000000000000000000000000000000"

/* Valid names, each with everything that a repository can do. */
static const char *const names[] = {
    "blobs",
    "manifests",
    "uploads",
    "tags",
    "referrers",
    "v2",
    "tags/list",
    "a/tags/list",
    "blobs/uploads",
    "a/blobs/uploads",
    "a/blobs/uploads/b",
    "a/manifests/b",
    "manifests/manifests/manifests",
    "referrers/blobs/manifests/tags/list",
    "0",
    "a.b",
    "a_b",
    "a__b",
    "a-b",
    "a---b",
    "1.2.3/x-y/z__9",
};

static const struct step all[] = {
    {"route: manifest by tag in ${name}", "GET /v2/${name}/manifests/list", .status = 200,
     .want = "Docker-Content-Digest: ${img}", .is = "${img.body}"},
    {"route: manifest by digest in ${name}", "HEAD /v2/${name}/manifests/${img}", .status = 200},
    {"route: blob in ${name}", "GET /v2/${name}/blobs/${img.layer}", .status = 200,
     .is = "${img.layer.body}"},
    {"route: tags of ${name}", "GET /v2/${name}/tags/list", .status = 200,
     .is = "{\"name\":\"${name}\",\"tags\":[\"list\",\"uploads\"]}"},
    {"route: referrers in ${name}", "GET /v2/${name}/referrers/${img}", .status = 200},
    {"route: upload to ${name}", "POST /v2/${name}/blobs/uploads/", .status = 202,
     .save = "loc Location"},
    {"route: status of an upload to ${name}", "GET ${loc}", .status = 204, .want = "Range: 0-0"},
    {"route: PATCH of an upload to ${name}", "PATCH ${loc}", NULL, "x", .status = 202},
    {"route: cancelling an upload to ${name}", "DELETE ${loc}", .status = 204},
    {"route: deleting a tag of ${name}", "DELETE /v2/${name}/manifests/uploads", .status = 202},
    {"route: deleting a manifest of ${name}", "DELETE /v2/${name}/manifests/${img}", .status = 202},
    {"route: deleting a blob of ${name}", "DELETE /v2/${name}/blobs/${img.layer}", .status = 202},
};

static void test_names(struct script *t)
{
    size_t i, j;

    for (i = 0; i < ARRAY_LEN(names); i++) {
        script_set(t, "name", names[i]);
        registry_image(t, names[i], "list", "img");
        registry_push_manifest(t, names[i], "uploads", "img", OCI_MANIFEST);
        for (j = 0; j < ARRAY_LEN(all); j++) {
            auto_free char *name = script_expand(t, all[j].name);
            struct step step = all[j];

            step.name = name;
            (void)script_step(t, &step);
        }
    }
}

static const struct step nowhere[] = {
    {"path: / is answered", "GET /", .status = 200},
    {"path: /v2/app", "GET /v2/app", .status = 404},
    {"path: /v1/", "GET /v1/", .status = 404},
    {"path: /v2x", "GET /v2x", .status = 404},
    {"path: /v2//", "GET /v2//", .status = 404},
    {"path: //v2/", "GET //v2/", .status = 404},
    {"path: a manifest without a name", "GET /v2/manifests/v1", .status = 404},
    {"path: a manifest without a reference", "GET /v2/app/manifests/", .status = 404},
    {"path: manifests alone", "GET /v2/app/manifests", .status = 404},
    {"path: something behind a manifest", "GET /v2/app/manifests/v1/", .status = 404},
    {"path: a blob without a digest", "GET /v2/app/blobs/", .status = 404},
    {"path: tags without list", "GET /v2/app/tags/", .status = 404},
    {"path: tags/list without a name", "GET /v2/tags/list", .status = 404},
    {"path: something behind tags/list", "GET /v2/app/tags/list/x", .status = 404},
    {"path: referrers without a digest", "GET /v2/app/referrers/", .status = 404},
    {"path: uploads without a name", "POST /v2/blobs/uploads/", .status = 404},
    {"path: the catalog of a repository", "GET /v2/app/_catalog", .status = 404},
    {"path: another case", "GET /V2/", .status = 404},
    {"path: a dot segment", "GET /v2/./_catalog", .status = 404},
    {"path: the control API is not here", "GET /control", .status = 404},
    {"path: an asterisk", "GET *", .status = 404},
};

/* What a client sends shall never look like a log line of ours. */
static const struct raw forgeries[] = {
    {"log: a line end in the target",
     "GET /v2/x%0Ats=1970-01-01T00:00:00Z%20level=info%20msg=forged HTTP/1.1\r\nHost: x\r\n\r\n",
     .statuses = "400"},
    {"log: quotes and fields in the target",
     "GET /v2/quote%22%20msg=forged%20user=%22root HTTP/1.1\r\nHost: x\r\n\r\n", .statuses = "404"},
    {"log: C1 control characters and bytes that are no UTF-8",
     "GET /v2/ HTTP/1.1\r\nHost: x\r\nUser-Agent: a\x9b\x9d\xff\xc2\x9bmarker\r\n\r\n",
     .statuses = "200"},
    {"log: an Authorization header",
     "GET /v2/ HTTP/1.1\r\nHost: x\r\n"
     "Authorization: Basic c2VjcmV0OnNlY3JldA==\r\n\r\n",
     .statuses = "200"},
    {"log: the last of them", "GET /v2/last-line HTTP/1.1\r\nHost: x\r\n\r\n", .statuses = "404"},
};

static void test_log(struct script *t)
{
    static const char *const never[] = {"\nts=1970", "quote\" msg", "\x9b",
                                        "\x9d",      "\xff",        "c2VjcmV0"};
    size_t i;

    RUN_RAW(t, forgeries);
    ok(server_wait_log(script_server(t), "/v2/last-line"), "log: has a line for each request");
    ok(server_log_has(script_server(t), "quote\\\" msg=forged"), "log: quotes are escaped");
    for (i = 0; i < ARRAY_LEN(never); i++)
        ok(!server_log_has(script_server(t), never[i]), "log: nothing forged or secret (%zu)", i);
}

int main(void)
{
    struct server *s;
    struct script *t;

    plan_lazy();
    s = server_new(NULL);
    t = script_new(s);
    test_names(t);
    RUN(t, nowhere);
    test_log(t);
    script_free(t);
    server_free(s);
    done_testing();
}
