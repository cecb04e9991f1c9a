/* SPDX-License-Identifier: MIT */
#include "cli/fixture_image.h"

#include <stdio.h>
#include <string.h>

#include "fixtures/fixture.h"
#include "lib/util/err.h"
#include "lib/util/text.h"

int fixture_image_parse(struct fixture_image *ret, const char *text, const struct fixture *f,
                        struct err *err)
{
    const char *name = text != NULL ? text : fixture_name(f);
    const char *slash = strrchr(name, '/');
    const char *colon = strchr(slash != NULL ? slash : name, ':');
    size_t n = colon != NULL ? (size_t)(colon - name) : strlen(name);
    struct fixture_image image = {.tag = ""};

    if (strchr(name, '@') != NULL)
        return err_set(err, ERR_INVALID,
                       "%s: expected a name such as team/app:v1, a digest follows",
                       TEXT_QUOTE(name));
    (void)snprintf(image.repo, sizeof(image.repo), "%.*s", (int)n, name);
    if (n >= sizeof(image.repo) || !reference_is_name(image.repo))
        return err_set(
            err, ERR_INVALID,
            "%s is no name of an image: expected one such as team/app:v1, without a host",
            TEXT_QUOTE(name));
    if (colon != NULL && !reference_is_tag(colon + 1))
        return err_set(err, ERR_INVALID, "%s is no tag", TEXT_QUOTE(colon + 1));
    if (colon != NULL)
        (void)snprintf(image.tag, sizeof(image.tag), "%s", colon + 1);
    *ret = image;
    return 0;
}

int fixture_image_apply(struct fixture_image *ret, const char *text, struct fixture *f,
                        struct err *err)
{
    if (fixture_image_parse(ret, text, f, err) != 0)
        return -1;
    return ret->tag[0] != '\0' ? fixture_set(f, "tags", ret->tag, err) : 0;
}
