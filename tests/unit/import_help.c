/* SPDX-License-Identifier: MIT */
#include "tests/unit/import_help.h"

#include <stdio.h>
#include <string.h>

#include "lib/util/util.h"
#include "registry/registry.h"
#include "registry/store/blob_store.h"
#include "registry/store/meta_store.h"
#include "tests/tap/tap.h"
#include "tests/unit/layout_help.h"
#include "tests/unit/store_help.h"

const char *const two_layers[] = {"layer one", "layer two", NULL};

void setup_with(struct fixture *f, const struct registry_settings *settings)
{
    *f = (struct fixture){.loop = help_loop()};
    layout_clear();
    ASSERT(world_new(&f->world, "test", f->loop, settings, NULL) == 0);
}

void setup(struct fixture *f)
{
    setup_with(f, &REGISTRY_SETTINGS_DEFAULT);
}

void teardown(struct fixture *f)
{
    world_free(f->world);
    loop_free(f->loop);
}

int import(struct fixture *f, const char *name)
{
    return import_path(f->world, layout_path(name), &f->report, &f->err);
}

bool imports(struct fixture *f, const char *name)
{
    bool good = import(f, name) == 0;

    if (!good)
        diag("%s", f->err.msg);
    return good;
}

const struct manifest *tag(const struct fixture *f, const char *repo, const char *name)
{
    struct meta_store *m = f->world->meta;

    return m->ops->tag_find(m, repo, name);
}

bool has_tag(const struct fixture *f, const char *repo, const char *name, const struct digest *d)
{
    const struct manifest *m = tag(f, repo, name);

    return m != NULL && digest_equal(&m->blob->digest, d);
}

bool has_manifest(const struct fixture *f, const char *repo, const struct digest *d)
{
    struct meta_store *m = f->world->meta;

    return m->ops->manifest_find(m, repo, d) != NULL;
}

bool has_blob(const struct fixture *f, const char *repo, const char *text)
{
    struct digest d = help_digest(DIGEST_SHA256, text, strlen(text));
    struct meta_store *m = f->world->meta;
    const struct blob *b = m->ops->blob_find(m, repo, &d);

    return b != NULL && b->size == strlen(text) && memcmp(b->data, text, b->size) == 0;
}

static bool append_name(void *arg, const char *name)
{
    char *text = arg;
    size_t n = strlen(text);

    (void)snprintf(text + n, 400 - n, "%s%s", n > 0 ? " " : "", name);
    return true;
}

const char *catalog(const struct fixture *f)
{
    static char text[400];
    struct meta_store *m = f->world->meta;

    text[0] = '\0';
    m->ops->repositories(m, NULL, append_name, text);
    return text;
}

long long used(const struct fixture *f)
{
    return (long long)f->world->blobs->ops->used(f->world->blobs);
}

struct digest make(const char *layout, const char *more)
{
    size_t size;
    struct digest d = layout_image(layout, "{\"config\":1}", two_layers, &size);

    layout_index(layout, layout_descriptor(TYPE_MANIFEST, &d, size, more));
    return d;
}

void check_refused(struct fixture *f, const char *path, const char *what, enum err_code code,
                   const char *says)
{
    is_int(import(f, path), -1, "%s: %s is refused", path, what);
    is_int(f->err.code, code, "%s: %s: error", path, what);
    ok(strstr(f->err.msg, says) != NULL && strstr(f->err.msg, path) != NULL, "%s: %s: %s", path,
       what, f->err.msg);
    is_str(catalog(f), "", "%s: %s: nothing can be seen", path, what);
    help_settle(f->loop);
    is_int(used(f), 0, "%s: %s: nothing stays in the store", path, what);
}
