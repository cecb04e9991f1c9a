/* SPDX-License-Identifier: MIT */
/* Archives as `docker save` writes them, good and bad. */
#include "registry/import_docker.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/util/err.h"
#include "lib/util/util.h"
#include "registry/import_members.h"
#include "registry/registry.h"
#include "registry/store/blob_store.h"
#include "registry/store/meta_store.h"
#include "tests/tap/tap.h"
#include "tests/unit/import_help.h"
#include "tests/unit/layout_help.h"
#include "tests/unit/store_help.h"

/* The config of the two layers, and its name HEX.json. */
static const char *docker_config(char name[100])
{
    static char text[1000];
    struct digest one = help_digest(DIGEST_SHA256, "layer one", 9);
    struct digest two = help_digest(DIGEST_SHA256, "layer two", 9);
    struct digest d;

    (void)snprintf(text, sizeof(text),
                   "{\"architecture\":\"amd64\",\"os\":\"linux\",\"rootfs\":{\"type\":\"layers\","
                   "\"diff_ids\":[\"%s\",\"%s\"]}}",
                   one.text, two.text);
    d = help_digest(DIGEST_SHA256, text, strlen(text));
    (void)snprintf(name, 100, "%s.json", digest_encoded(&d));
    return text;
}

static void docker_archive(const char *name, const char *config_name, const char *config,
                           const char *list)
{
    struct layout_tar *t = layout_tar_begin(name, LAYOUT_PLAIN);

    layout_tar_file(t, "1/layer.tar", "layer one", 9);
    layout_tar_file(t, "1/VERSION", "1.0", 3);
    layout_tar_file(t, "2/layer.tar", "layer two", 9);
    layout_tar_link(t, "3/layer.tar", "../2/layer.tar", false);
    layout_tar_file(t, config_name, config, strlen(config));
    layout_tar_file(t, "manifest.json", list, strlen(list));
    layout_tar_end(t);
}

static void test_docker(void)
{
    struct fixture f;
    char config_name[100];
    const char *config = docker_config(config_name);
    char list[1000];
    char want[2000];
    struct digest one = help_digest(DIGEST_SHA256, "layer one", 9);
    struct digest two = help_digest(DIGEST_SHA256, "layer two", 9);
    struct digest config_digest = help_digest(DIGEST_SHA256, config, strlen(config));
    const struct manifest *m;

    setup(&f);
    (void)snprintf(list, sizeof(list),
                   "[{\"Config\":\"%s\",\"RepoTags\":[\"app:v1\",\"localhost:5000/team/app:v2\"],"
                   "\"Layers\":[\"1/layer.tar\",\"3/layer.tar\"]}]",
                   config_name);
    docker_archive("saved.tar", config_name, config, list);
    ok(imports(&f, "saved.tar"), "an archive of docker save");
    m = tag(&f, "app", "v1");
    (void)snprintf(want, sizeof(want),
                   "{\"schemaVersion\":2,\"mediaType\":\"application/"
                   "vnd.docker.distribution.manifest.v2+json\""
                   ",\"config\":{\"mediaType\":\"application/"
                   "vnd.docker.container.image.v1+json\",\"size\":%zu,"
                   "\"digest\":\"%s\"},\"layers\":["
                   "{\"mediaType\":\"application/"
                   "vnd.docker.image.rootfs.diff.tar\",\"size\":9,\"digest\":\"%s\"},"
                   "{\"mediaType\":\"application/"
                   "vnd.docker.image.rootfs.diff.tar\",\"size\":9,\"digest\":\"%s\"}"
                   "]}",
                   strlen(config), config_digest.text, one.text, two.text);
    ok(m != NULL, "its first tag");
    if (m != NULL) {
        is_mem(m->blob->data, m->blob->size, want, strlen(want), "its manifest, byte for byte");
        ok(has_tag(&f, "team/app", "v2", &m->blob->digest), "its second tag");
        is_str(m->media_type, "application/vnd.docker.distribution.manifest.v2+json", "its type");
    }
    is_str(catalog(&f), "app team/app", "host parts are left out");
    ok(has_blob(&f, "team/app", "layer two"), "a layer that is a link");
    is_int((long long)f.report.images, 1, "one image");
    is_int((long long)f.report.blobs, 4, "four blobs");
    is_int(used(&f), (long long)f.report.bytes, "nothing else stays in the store");
    teardown(&f);
}

static void test_docker_unnamed(void)
{
    struct fixture f;
    char config_name[100];
    const char *config = docker_config(config_name);
    char list[1000];

    setup(&f);
    (void)snprintf(list, sizeof(list),
                   "[{\"Config\":\"%s\",\"RepoTags\":null,"
                   "\"Layers\":[\"./1/layer.tar\",\"2/layer.tar\"]}]",
                   config_name);
    docker_archive("saved.tar", config_name, config, list);
    ok(imports(&f, "saved.tar"), "an image without a name");
    ok(tag(&f, "saved", "latest") != NULL, "is called like the archive");
    teardown(&f);
}

static void test_docker_gzip(void)
{
    static const char packed[] = "\x1f\x8b\x08\x00not really";
    static const char config[] = "{\"rootfs\":{\"diff_ids\":[\"sha256:any\"]}}";
    static const char list[] =
        "[{\"Config\":\"config\",\"RepoTags\":[\"a:b\"],\"Layers\":[\"l.tar.gz\"]}]";
    struct fixture f;
    struct layout_tar *t;
    const struct manifest *m;

    setup(&f);
    t = layout_tar_begin("gz.tar", LAYOUT_PLAIN);
    layout_tar_file(t, "l.tar.gz", packed, sizeof(packed) - 1);
    layout_tar_file(t, "config", config, sizeof(config) - 1);
    layout_tar_file(t, "manifest.json", list, sizeof(list) - 1);
    layout_tar_end(t);
    ok(imports(&f, "gz.tar"), "compressed layers");
    m = tag(&f, "a", "b");
    ok(m != NULL && strstr(m->blob->data, "rootfs.diff.tar.gzip\"") != NULL, "have their own type");
    teardown(&f);
}

/* Newer docker writes both: the layout is what is read. */
static void test_docker_layout(void)
{
    struct fixture f;
    struct digest d;

    setup(&f);
    d = make("new", CONTAINERD_NAME("docker.io/library/app:v1", "v1"));
    layout_put_text("new/manifest.json",
                    "[{\"Config\":\"x\",\"RepoTags\":[\"a:b\"],\"Layers\":[]}]");
    layout_pack("new", "new.tar", LAYOUT_PLAIN, "", false);
    ok(imports(&f, "new.tar") && has_tag(&f, "library/app", "v1", &d), "docker save with a layout");
    is_str(catalog(&f), "library/app", "its manifest.json is not read");
    teardown(&f);
}

/* --- Refusals of docker save ------------------------------------------------------------------ */

static void docker_refused(const char *config_name, const char *config, const char *list,
                           enum err_code code, const char *says)
{
    struct fixture f;

    setup(&f);
    docker_archive("saved.tar", config_name, config, list);
    check_refused(&f, "saved.tar", list, code, says);
    teardown(&f);
}

static void test_docker_refused(void)
{
    static const struct {
        const char *list; /* %s: the config's name */
        enum err_code code;
        const char *says;
    } rows[] = {
        {"{}", ERR_INVALID, "'manifest.json'"},
        {"[]", ERR_INVALID, "'manifest.json'"},
        {"[", ERR_SYNTAX, "'manifest.json'"},
        {"[7]", ERR_INVALID, "[0]"},
        {"[{\"Config\":\"%s\"}]", ERR_INVALID, "no Layers"},
        {"[{\"Layers\":[\"1/layer.tar\",\"2/layer.tar\"]}]", ERR_INVALID, "file name is missing"},
        {"[{\"Config\":\"x\",\"Layers\":[]}]", ERR_ABSENT, "'x' is missing"},
        {"[{\"Config\":\"%s\",\"Layers\":[\"9/layer.tar\"]}]", ERR_ABSENT,
         "'9/layer.tar' is missing"},
        {"[{\"Config\":\"%s\",\"Layers\":[\"../../etc/passwd\"]}]", ERR_INVALID, "Layers[0]"},
        {"[{\"Config\":\"%s\",\"Layers\":[\"/etc/passwd\"]}]", ERR_INVALID, "'/etc/passwd'"},
        {"[{\"Config\":\"%s\",\"Layers\":[7]}]", ERR_INVALID, "Layers[0]"},
        {"[{\"Config\":\"%s\",\"Layers\":[\"1/layer.tar\"]}]", ERR_INVALID, "diff_ids"},
        {"[{\"Config\":\"%s\",\"Layers\":[\"2/layer.tar\",\"1/layer.tar\"]}]", ERR_DIGEST,
         "layer 0"},
        {"[{\"Config\":\"1/VERSION\",\"Layers\":[]}]", ERR_SYNTAX, "'1/VERSION'"},
        {"[{\"Config\":\"%s\",\"RepoTags\":[\"A:b\"],"
         "\"Layers\":[\"1/layer.tar\",\"2/layer.tar\"]}]",
         ERR_INVALID, "RepoTags[0]"},
        {"[{\"Config\":\"%s\",\"RepoTags\":[7],\"Layers\":[\"1/layer.tar\",\"2/layer.tar\"]}]",
         ERR_INVALID, "RepoTags[0]"},
    };
    char name[100];
    const char *config = docker_config(name);

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const char *at = strstr(rows[i].list, "%s");
        char list[1000];

        (void)snprintf(list, sizeof(list), "%.*s%s%s",
                       at != NULL ? (int)(at - rows[i].list) : (int)strlen(rows[i].list),
                       rows[i].list, at != NULL ? name : "", at != NULL ? at + 2 : "");
        docker_refused(name, config, list, rows[i].code, rows[i].says);
    }
}

static void test_docker_wrong_config(void)
{
    static const char zeros[] = "0000000000000000000000000000000000000000000000000000000000000000";
    char name[100];
    char list[400];
    const char *config = docker_config(name);

    (void)snprintf(name, sizeof(name), "%s.json", zeros);
    (void)snprintf(list, sizeof(list),
                   "[{\"Config\":\"%s\",\"Layers\":[\"1/layer.tar\",\"2/layer.tar\"]}]", name);
    docker_refused(name, config, list, ERR_DIGEST, "000.json");
}

int main(void)
{
    plan_lazy();
    layout_begin();
    test_docker();
    test_docker_unnamed();
    test_docker_gzip();
    test_docker_layout();
    test_docker_refused();
    test_docker_wrong_config();
    layout_end();
    done_testing();
}
