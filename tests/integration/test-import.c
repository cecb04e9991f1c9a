/* SPDX-License-Identifier: MIT */
/* Content loaded at start: an OCI image layout, served also by a registry that is read-only. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/util/digest.h"
#include "tests/integration/lib/bail.h"
#include "tests/integration/lib/registry.h"
#include "tests/tap/tap.h"

static const char config_text[] = "{\"architecture\":\"amd64\",\"os\":\"linux\"}";
static const char layer_text[] = "the bytes of a layer";

/* What a test wants to be wrong with the layout. */
enum flaw { FLAW_NONE, FLAW_BYTES, FLAW_ABSENT, FLAW_JSON };

static void write_file(const char *folder, const char *name, const char *text)
{
    char path[PATH_MAX];
    FILE *f;

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    f = fopen(path, "we");
    if (f == NULL || fputs(text, f) == EOF || fclose(f) != 0)
        bail("writing %s: %s", path, strerror(errno));
}

static void make_folder(const char *folder, const char *name)
{
    char path[PATH_MAX];

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    if (mkdir(path, 0700) != 0)
        bail("making %s: %s", path, strerror(errno));
}

/* Writes a blob below its digest, which is given back. */
static void write_blob(const char *folder, const char *text, struct digest *ret)
{
    char name[256];

    if (digest_of(ret, DIGEST_SHA256, text, strlen(text), NULL) != 0)
        bail("no sha256");
    snprintf(name, sizeof(name), "layout/blobs/sha256/%s", digest_encoded(ret));
    write_file(folder, name, text);
}

/* A layout with one image, called team/app:v1 in its index. */
static void write_layout(const char *folder, void *arg)
{
    enum flaw flaw = *(enum flaw *)arg;
    struct digest config, layer, manifest;
    char text[1024], name[256];
    size_t size;

    make_folder(folder, "layout");
    make_folder(folder, "layout/blobs");
    make_folder(folder, "layout/blobs/sha256");
    write_file(folder, "layout/oci-layout", "{\"imageLayoutVersion\":\"1.0.0\"}");
    write_blob(folder, config_text, &config);
    write_blob(folder, layer_text, &layer);
    snprintf(name, sizeof(name), "layout/blobs/sha256/%s", digest_encoded(&layer));
    if (flaw == FLAW_BYTES)
        write_file(folder, name, "THE bytes of a layer");
    snprintf(text, sizeof(text),
             "{\"schemaVersion\":2,\"mediaType\":\"" OCI_MANIFEST "\",\"config\":{\"mediaType\":"
             "\"" OCI_CONFIG "\",\"digest\":\"%s\",\"size\":%zu},\"layers\":[{\"mediaType\":"
             "\"" OCI_LAYER "\",\"digest\":\"%s\",\"size\":%zu}]}",
             config.text, strlen(config_text), layer.text, strlen(layer_text));
    write_blob(folder, text, &manifest);
    size = strlen(text);
    if (flaw == FLAW_ABSENT) {
        snprintf(text, sizeof(text), "%s/%s", folder, name);
        if (remove(text) != 0)
            bail("removing %s: %s", text, strerror(errno));
    }
    snprintf(text, sizeof(text),
             "{\"schemaVersion\":2,\"manifests\":[{\"mediaType\":\"" OCI_MANIFEST
             "\",\"digest\":\"%s\",\"size\":%zu,\"annotations\":{"
             "\"org.opencontainers.image.ref.name\":\"team/app:v1\"}}]}",
             manifest.text, size);
    write_file(folder, "layout/index.json", flaw == FLAW_JSON ? "{\"manifests\":[" : text);
}

static const struct step served[] = {
    {"import: the manifest by its tag", "GET /v2/team/app/manifests/v1", .status = 200,
     .want = "Content-Type: " OCI_MANIFEST, .has = "${config}\n${layer}"},
    {"import: the config", "GET /v2/team/app/blobs/${config}", .status = 200,
     .is = "${config.body}"},
    {"import: the layer", "GET /v2/team/app/blobs/${layer}", .status = 200, .is = "${layer.body}"},
    {"import: a range of the layer", "GET /v2/team/app/blobs/${layer}", "Range: bytes=4-8\n",
     .status = 206, .is = "bytes"},
    {"import: the tags", "GET /v2/team/app/tags/list", .status = 200,
     .is = "{\"name\":\"team/app\",\"tags\":[\"v1\"]}"},
    {"import: the catalog", "GET /v2/_catalog", .status = 200,
     .is = "{\"repositories\":[\"team/app\"]}"},
};

static const struct step writable[] = {
    {"import: a mount of the layer", "POST /v2/copy/blobs/uploads/?mount=${layer}&from=team/app",
     .status = 201},
    {"import: deleting the tag", "DELETE /v2/team/app/manifests/v1", .status = 202},
    {"import: it is gone", "HEAD /v2/team/app/manifests/v1", .status = 404},
    {"import: so is the layer, once it is deleted", "DELETE /v2/team/app/blobs/${layer}",
     .status = 202},
    {"import: a reset of the content", "POST /control/v1/reset", .body = "{\"what\":[\"content\"]}",
     .status = 200},
    {"import: brings the tag back", "GET /v2/team/app/manifests/v1", .status = 200},
    {"import: and the layer", "GET /v2/team/app/blobs/${layer}", .status = 200,
     .is = "${layer.body}"},
    {"import: nothing else", "GET /v2/_catalog", .status = 200,
     .is = "{\"repositories\":[\"team/app\"]}"},
    {"import: a reset to nothing", "POST /control/v1/reset",
     .body = "{\"what\":[\"content\"],\"to\":\"empty\"}", .status = 200},
    {"import: nothing is there", "GET /v2/_catalog", .status = 200, .is = "{\"repositories\":[]}"},
};

static const struct step read_only[] = {
    {"DL6 read-only: no deletion of what is there", "DELETE /v2/team/app/manifests/v1",
     .status = 405, .code = "UNSUPPORTED"},
    {"DL6 read-only: no deletion of a blob that is there", "DELETE /v2/team/app/blobs/${layer}",
     .status = 405, .code = "UNSUPPORTED"},
    {"DL6 read-only: no mount", "POST /v2/copy/blobs/uploads/?mount=${layer}&from=team/app",
     .status = 405, .code = "UNSUPPORTED"},
    {"DL6 read-only: it stays", "GET /v2/team/app/manifests/v1", .status = 200},
};

static const char *const arguments[] = {"--import", "layout", NULL};

static void test_served(const char *config, const struct step *more, size_t n)
{
    enum flaw flaw = FLAW_NONE;
    struct server_options options = {
        .config = config, .args = arguments, .prepare = write_layout, .arg = &flaw};
    struct server *s = server_new(&options);
    struct script *t = script_new(s);

    script_content(t, "config", config_text);
    script_content(t, "layer", layer_text);
    RUN(t, served);
    script_run(t, more, n);
    script_free(t);
    server_free(s);
}

static void test_refused(enum flaw flaw, const char *config, const char *why, const char *name)
{
    struct server_options options = {
        .config = config, .args = arguments, .prepare = write_layout, .arg = &flaw};

    ok(server_is_refused(&options, 1, why), "import: %s: refused before anything is served", name);
}

int main(void)
{
    static const char *const nowhere[] = {"--import", "nowhere", NULL};
    struct server_options absent = {.args = nowhere};

    plan_lazy();
    test_served(NULL, writable, ARRAY_LEN(writable));
    test_served("registry: {mode: read-only}\n", read_only, ARRAY_LEN(read_only));
    test_refused(FLAW_BYTES, NULL, "layout", "a layer with other bytes");
    test_refused(FLAW_ABSENT, NULL, "layout", "a layer that is not there");
    test_refused(FLAW_JSON, NULL, "index.json", "an index that is cut");
    test_refused(FLAW_NONE, "limits: {storage: 300}\n", "layout", "more than the storage holds");
    ok(server_is_refused(&absent, 1, "nowhere"), "import: a folder that is not there");
    done_testing();
}
