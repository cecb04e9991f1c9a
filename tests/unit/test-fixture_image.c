/* SPDX-License-Identifier: MIT */
#include "cli/fixture_image.h"

#include "fixtures/fixture.h"
#include "lib/util/err.h"
#include "tests/tap/tap.h"
#include "tests/unit/sink_help.h"

static struct fixture *f;

static void parses(const char *text, const char *repo, const char *tag)
{
    struct fixture_image image;
    struct err err = {0};

    is_int(fixture_image_parse(&image, text, f, &err), 0, "%s %s", text != NULL ? text : "none",
           err.msg);
    is_str(image.repo, repo, "its repository");
    is_str(image.tag, tag, "its tag");
}

static void refuses(const char *text, const char *message)
{
    struct fixture_image image;
    struct err err = {0};

    is_int(fixture_image_parse(&image, text, f, &err), -1, "refused: %s", text);
    is_str(err.msg, message, "and told why");
}

static void test_applied(void)
{
    struct fixture_image image;
    static struct sink s;

    is_int(fixture_image_apply(&image, "team/other:x", f, NULL), 0, "applied to a recipe");
    is_int(sink_build(&s, f), 0, "which is built");
    is_str(sink_root(&s)->tag, "x", "it has that tag");
    is_int((long long)sink_root(&s)->tag_count, 1, "and no other");
}

int main(void)
{
    plan_lazy();
    is_int(fixture_open(&f, "app-v1(tags=[\"a\",\"b\"])", NULL), 0, "a recipe");
    parses("team/app:v1", "team/app", "v1");
    parses("app", "app", "");
    parses(NULL, "app", "");
    refuses("Team/app", "'Team/app' is no name of an image: expected one such as team/app:v1, "
                        "without a host");
    refuses("localhost:5000/app:v1",
            "'localhost:5000/app:v1' is no name of an image: expected one such as team/app:v1, "
            "without a host");
    refuses("app:", "'' is no tag");
    refuses("app:v 1", "'v 1' is no tag");
    refuses("app@sha256:12",
            "'app@sha256:12': expected a name such as team/app:v1, a digest follows");
    refuses("", "'' is no name of an image: expected one such as team/app:v1, without a host");
    test_applied();
    fixture_free(f);
    done_testing();
}
