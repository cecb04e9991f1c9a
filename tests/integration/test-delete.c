/* SPDX-License-Identifier: MIT */
/* Rules DL1 to DL6 and end-9, end-10: deletion and its toggles. */
#include <stdio.h>
#include <string.h>

#include "tests/integration/lib/registry.h"
#include "tests/tap/tap.h"

#define D0   "sha256:0000000000000000000000000000000000000000000000000000000000000000"
#define TYPE "Content-Type: " OCI_MANIFEST "\n"

static const struct step tags[] = {
    {"DL1 end-9 deleting a tag", "DELETE /v2/app/manifests/v1", .status = 202},
    {"DL1 the tag is gone", "GET /v2/app/manifests/v1", .status = 404, .code = "MANIFEST_UNKNOWN"},
    {"DL1 the manifest stays by digest", "GET /v2/app/manifests/${img}", .status = 200},
    {"DL1 other tags stay", "GET /v2/app/manifests/v2", .status = 200, .is = "${img.body}"},
    {"DL1 it is not listed", "GET /v2/app/tags/list", .status = 200,
     .is = "{\"name\":\"app\",\"tags\":[\"v2\",\"v3\"]}"},
    {"DL1 an unknown tag", "DELETE /v2/app/manifests/v1", .status = 404,
     .code = "MANIFEST_UNKNOWN"},
    {"DL1 a reference that is neither tag nor digest", "DELETE /v2/app/manifests/.bad",
     .status = 404},
    {"DL1 an unknown repository", "DELETE /v2/nobody/manifests/v1", .status = 404,
     .code = "NAME_UNKNOWN"},
};

static const struct step manifests[] = {
    {"DL2 deleting a manifest", "DELETE /v2/app/manifests/${img}", .status = 202},
    {"DL2 it is gone by digest", "GET /v2/app/manifests/${img}", .status = 404,
     .code = "MANIFEST_UNKNOWN"},
    {"DL2 and so is each tag on it", "GET /v2/app/manifests/v2", .status = 404,
     .code = "MANIFEST_UNKNOWN"},
    {"DL2 another tag on it", "HEAD /v2/app/manifests/v3", .status = 404},
    {"DL2 no tag is listed", "GET /v2/app/tags/list", .status = 200,
     .is = "{\"name\":\"app\",\"tags\":[]}"},
    {"DL2 a second time it is unknown", "DELETE /v2/app/manifests/${img}", .status = 404,
     .code = "MANIFEST_UNKNOWN"},
    {"DL2 an unknown digest", "DELETE /v2/app/manifests/" D0, .status = 404,
     .code = "MANIFEST_UNKNOWN"},
    {"DL2 an unknown repository", "DELETE /v2/nobody/manifests/" D0, .status = 404,
     .code = "NAME_UNKNOWN"},
    {"DL2 a manifest of another repository stays", "GET /v2/copy/manifests/v1", .status = 200},
    {"DL2 it can be pushed again", "PUT /v2/app/manifests/v1", TYPE, "${img.body}", .status = 201},
    {"DL2 and pulled", "GET /v2/app/manifests/v1", .status = 200, .is = "${img.body}"},
};

static const struct step blobs[] = {
    {"DL3 a blob mounted elsewhere", "POST /v2/target/blobs/uploads/?mount=${img.layer}&from=app",
     .status = 201},
    {"DL3 DL5 end-10 deleting a blob before its manifest", "DELETE /v2/app/blobs/${img.layer}",
     .status = 202},
    {"DL3 it is gone here", "GET /v2/app/blobs/${img.layer}", .status = 404,
     .code = "BLOB_UNKNOWN"},
    {"DL3 the mounted copy stays", "GET /v2/target/blobs/${img.layer}", .status = 200,
     .is = "${img.layer.body}"},
    {"DL5 the manifest can be deleted after its blob", "DELETE /v2/app/manifests/${img}",
     .status = 202},
    {"DL3 a second time it is unknown", "DELETE /v2/app/blobs/${img.layer}", .status = 404,
     .code = "BLOB_UNKNOWN"},
    {"DL3 an unknown blob", "DELETE /v2/app/blobs/" D0, .status = 404, .code = "BLOB_UNKNOWN"},
    {"DL3 a malformed digest", "DELETE /v2/app/blobs/sha256:abc", .status = 400,
     .code = "DIGEST_INVALID"},
};

static void fill(struct script *t)
{
    registry_image(t, "app", "v1", "img");
    registry_push_manifest(t, "app", "v2", "img", OCI_MANIFEST);
    registry_push_manifest(t, "app", "v3", "img", OCI_MANIFEST);
    registry_blob(t, "app", "loose", "a blob that no manifest names");
}

static void test_default(void)
{
    struct server *s = server_new(NULL);
    struct script *t = script_new(s);

    fill(t);
    registry_image(t, "copy", "v1", "img");
    RUN(t, tags);
    RUN(t, manifests);
    RUN(t, blobs);
    script_free(t);
    server_free(s);
}

/* One row per kind and mode: what DELETE says, and whether the content is gone after it. */
static const struct {
    const char *mode;
    int status;
    const char *code;
    bool gone;
} modes[] = {
    {"\"on\"", .status = 202, NULL, true},
    {"405", .status = 405, .code = "UNSUPPORTED", false},
    {"400", .status = 400, .code = "UNSUPPORTED", false},
    {"403", .status = 403, .code = "DENIED", false},
    {"pretend", .status = 202, NULL, false},
};

static const struct {
    const char *kind;
    const char *target;
    const char *look; /* what shows whether it is gone */
} kinds[] = {
    {"tag", "/v2/app/manifests/v1", "/v2/app/manifests/v1"},
    {"manifest", "/v2/app/manifests/${img}", "/v2/app/manifests/v2"},
    {"blob", "/v2/app/blobs/${loose}", "/v2/app/blobs/${loose}"},
};

/* All kinds in one mode: `mode` of modes. */
static void test_mode(size_t mode)
{
    char config[256], name[3][128], request[3][160];
    struct server *s;
    struct script *t;
    size_t i;

    snprintf(config, sizeof(config), "registry:\n  delete: {tag: %s, manifest: %s, blob: %s}\n",
             modes[mode].mode, modes[mode].mode, modes[mode].mode);
    s = server_new_config(config);
    t = script_new(s);
    fill(t);
    for (i = 0; i < ARRAY_LEN(kinds); i++) {
        struct step steps[3] = {
            {name[0], request[0], .status = modes[mode].status, .code = modes[mode].code},
            {name[1], request[1], .status = modes[mode].gone ? 404 : 200},
            {name[2], request[2], .status = 404},
        };

        snprintf(name[0], sizeof(name[0]), "DL4 delete.%s %s", kinds[i].kind, modes[mode].mode);
        snprintf(request[0], sizeof(request[0]), "DELETE %s", kinds[i].target);
        snprintf(name[1], sizeof(name[1]), "DL4 delete.%s %s: %s", kinds[i].kind, modes[mode].mode,
                 modes[mode].gone ? "it is gone" : "it stays");
        snprintf(request[1], sizeof(request[1]), "GET %s", kinds[i].look);
        script_run(t, steps, 2);
        if (modes[mode].status != 202)
            continue;
        snprintf(name[2], sizeof(name[2]), "DL4 delete.%s %s: what is unknown is a 404",
                 kinds[i].kind, modes[mode].mode);
        snprintf(request[2], sizeof(request[2]), "DELETE /v2/nobody/%s/" D0,
                 i == 2 ? "blobs" : "manifests");
        script_run(t, steps + 2, 1);
    }
    script_free(t);
    server_free(s);
}

/* Kinds are independent of each other. */
static void test_mixed(void)
{
    static const struct step steps[] = {
        {"DL4 DL6 only tags: deleting the manifest", "DELETE /v2/app/manifests/${img}",
         .status = 405, .code = "UNSUPPORTED"},
        {"DL4 DL6 only tags: deleting the blob", "DELETE /v2/app/blobs/${loose}", .status = 403,
         .code = "DENIED"},
        {"DL4 DL6 only tags: deleting the tag", "DELETE /v2/app/manifests/v1", .status = 202},
        {"DL4 DL6 only tags: the manifest is still there", "GET /v2/app/manifests/${img}",
         .status = 200},
    };
    struct server *s = server_new_config("registry: {delete: {manifest: 405, blob: 403}}\n");
    struct script *t = script_new(s);

    fill(t);
    RUN(t, steps);
    script_free(t);
    server_free(s);
}

int main(void)
{
    size_t i;

    plan_lazy();
    test_default();
    for (i = 0; i < ARRAY_LEN(modes); i++)
        test_mode(i);
    test_mixed();
    done_testing();
}
