/* SPDX-License-Identifier: MIT */
#include "registry/import.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/util/err.h"
#include "lib/util/util.h"
#include "registry/import_docker.h"
#include "registry/import_graph.h"
#include "registry/import_layout.h"
#include "registry/import_members.h"
#include "registry/import_name.h"
#include "registry/import_plan.h"
#include "registry/registry.h"

struct import {
    struct world *world;      /* borrowed */
    struct import_plan *plan; /* owned */
    unsigned sources;         /* that were planned */
};

/* Plans what lies in a folder or archive that is open. */
static int plan_members(struct import *im, struct import_members *m, const char *path,
                        struct err *err)
{
    const struct import_graph graph = {.world = im->world, .members = m, .plan = im->plan};
    char base[REFERENCE_NAME_MAX + 1];
    struct blob *b;
    int rc;

    if (import_name_base(base, path, err) != 0)
        return -1;
    rc = import_members_find(m, "oci-layout", &b, err);
    if (rc != 0)
        return rc > 0 ? import_layout(&graph, base, err) : -1;
    rc = import_members_find(m, "manifest.json", &b, err);
    if (rc != 0)
        return rc > 0 ? import_docker(&graph, b, base, err) : -1;
    return err_set(err, ERR_ABSENT,
                   "neither an OCI image layout (oci-layout) nor an archive of "
                   "docker save (manifest.json)");
}

/* The blobs that a plan holds outlive the members. */
static int plan_source(struct import *im, const char *path, bool folder, struct err *err)
{
    struct import_members *m = NULL;
    int rc;

    if (folder)
        rc = import_members_folder(&m, im->world, path, err);
    else
        rc = import_members_archive(&m, im->world, path, err);
    if (rc == 0)
        rc = plan_members(im, m, path, err);
    import_members_free(m);
    im->sources++;
    return rc == 0 ? 0 : err_wrap(err, "'%s'", path);
}

static bool is_layout(const char *path)
{
    auto_free char *name = NULL;

    return asprintf(&name, "%s/oci-layout", path) >= 0 && access(name, F_OK) == 0;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int not_hidden(const struct dirent *e)
{
    return e->d_name[0] != '.';
}

/* A layout or an archive inside of a folder; anything else there is none of our business. */
static int plan_child(struct import *im, const char *folder, const char *name, struct err *err)
{
    auto_free char *path = NULL;
    struct stat st;

    if (asprintf(&path, "%s/%s", folder, name) < 0)
        return err_set(err, ERR_NOMEM, "import");
    if (stat(path, &st) != 0)
        return err_sys(err, "'%s'", path);
    if (S_ISDIR(st.st_mode))
        return is_layout(path) ? plan_source(im, path, true, err) : 0;
    if (S_ISREG(st.st_mode) && import_name_is_archive(name))
        return plan_source(im, path, false, err);
    return 0;
}

static int plan_folder(struct import *im, const char *path, struct err *err)
{
    struct dirent **list;
    int n;
    int rc = 0;

    if (is_layout(path))
        return plan_source(im, path, true, err);
    n = scandir(path, &list, not_hidden, by_name);
    if (n < 0)
        return err_sys(err, "'%s'", path);
    for (int i = 0; i < n; i++) {
        if (rc == 0)
            rc = plan_child(im, path, list[i]->d_name, err);
        free(list[i]);
    }
    free(list);
    if (rc == 0 && im->sources == 0)
        rc = err_set(err, ERR_ABSENT, "'%s': no OCI image layout and no archive in it", path);
    return rc;
}

static int plan_path(struct import *im, const char *path, struct err *err)
{
    struct stat st;

    if (stat(path, &st) != 0)
        return err_sys(err, "'%s'", path);
    if (S_ISDIR(st.st_mode))
        return plan_folder(im, path, err);
    return plan_source(im, path, false, err);
}

int import_path(struct world *w, const char *path, struct import_report *ret, struct err *err)
{
    struct import im = {.world = w};
    int rc;

    if (import_plan_new(&im.plan, w, err) != 0)
        return err_wrap(err, "import");
    rc = plan_path(&im, path, err);
    if (rc == 0)
        rc = import_plan_commit(im.plan, ret, err);
    import_plan_free(im.plan);
    return rc == 0 ? 0 : err_wrap(err, "import");
}
