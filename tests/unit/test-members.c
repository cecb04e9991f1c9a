/* SPDX-License-Identifier: MIT */
#include "registry/members.h"

#include "tests/tap/tap.h"
#include "tests/unit/fixture.h"

#define CHILD "sha256:1111111111111111111111111111111111111111111111111111111111111111"
#define OTHER "sha256:2222222222222222222222222222222222222222222222222222222222222222"
#define INDEX                                                                                      \
    "{\"schemaVersion\":2,\"mediaType\":\"" OCI_INDEX "\",\"manifests\":[{\"digest\":\"" CHILD     \
    "\"}]"

static struct fixture f;

static int ask(const char *repo, const char *parent, const char *child)
{
    return members_is_member(repo, parent, child, f.world);
}

int main(void)
{
    const struct fixture_manifest index = {.text = INDEX "}", .media_type = OCI_INDEX};
    const struct fixture_manifest image = {.text = "{\"config\":{\"digest\":\"" CHILD "\"}}"};
    struct digest d, i;

    plan_lazy();
    fixture_init(&f);
    d = fixture_manifest(&f, "app", &index);
    i = fixture_manifest(&f, "app", &image);
    is_int(ask("app", d.text, CHILD), 1, "a member of an index");
    is_int(ask("app", d.text, OTHER), 0, "another digest is none");
    is_int(ask("app", d.text, "sha256:1111"), 0, "nor is a part of one");
    is_int(ask("app", i.text, CHILD), 0, "an image has no members");
    is_int(ask("other", d.text, CHILD), -1, "an index of another repository is not known");
    is_int(ask("app", OTHER, CHILD), -1, "nor is one that is not there");
    is_int(ask("app", "sha256:x", CHILD), -1, "nor what is no digest");
    fixture_done(&f);
    done_testing();
}
