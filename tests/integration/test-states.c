/* SPDX-License-Identifier: MIT */
/* Image states (control.md, section 1) where nobody has to log in. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "tests/integration/lib/registry.h"
#include "tests/integration/lib/steer.h"
#include "tests/tap/tap.h"

#define MANIFEST_TYPE "Content-Type: " OCI_MANIFEST "\n"
#define UPLOADS       "POST /v2/app/blobs/uploads/"

/* --- Absent ------------------------------------------------------------------------------------
 */

static const struct step absent_tag[] = {
    {"absent tag: set", STEER_STATE("app:v1", "absent"), .has = "app:v1"},
    {"absent tag: HEAD", "HEAD /v2/app/manifests/v1", .status = 404},
    {"absent tag: GET", "GET /v2/app/manifests/v1", .status = 404, .code = "MANIFEST_UNKNOWN"},
    {"absent tag: ping", "GET /v2/", .status = 200},
    {"absent tag: the image by digest", "GET /v2/app/manifests/${a}", .status = 200,
     .is = "${a.body}"},
    {"absent tag: another tag", "GET /v2/app/manifests/v2", .status = 200, .is = "${b.body}"},
    {"absent tag: its layer", "GET /v2/app/blobs/${a.layer}", .status = 200},
    {"absent tag: its config", "HEAD /v2/app/blobs/${a.config}", .status = 200},
    {"absent tag: left out of tags/list", "GET /v2/app/tags/list", .status = 200, .has = "\"v2\"",
     .hasnt = "\"v1\""},
    {"absent tag: catalog", "GET /v2/_catalog", .status = 200, .has = "\"app\""},
    {"absent tag: delete", "DELETE /v2/app/manifests/v1", .status = 404,
     .code = "MANIFEST_UNKNOWN"},
    {"absent tag: the other one, too", STEER_STATE("app:v2", "absent")},
    {"absent tag: and the last", STEER_STATE("app:alias", "absent")},
    {"absent tags: an empty list", "GET /v2/app/tags/list", .status = 200,
     .is = "{\"name\":\"app\",\"tags\":[]}"},
    {"present again", STEER_STATE("app:v1", "present")},
    {"present again: the same digest", "GET /v2/app/manifests/v1", .status = 200,
     .want = "Docker-Content-Digest: ${a}", .is = "${a.body}"},
    {"absent tag: push over it", "PUT /v2/app/manifests/v2", MANIFEST_TYPE, "${b.body}",
     .status = 201},
    {"absent tag: pushed, it is there", "GET /v2/app/manifests/v2", .status = 200},
    {"sticky: set", STEER_STATE_MORE("app:v1", "absent", ",\"sticky\":true")},
    {"sticky: a push is accepted", "PUT /v2/app/manifests/v1", MANIFEST_TYPE, "${a.body}",
     .status = 201},
    {"sticky: and hidden", "GET /v2/app/manifests/v1", .status = 404, .code = "MANIFEST_UNKNOWN"},
    {"forget all", STEER_FORGET},
    {"forgotten", "GET /v2/app/manifests/v1", .status = 200},
};

static const struct step absent_digest[] = {
    {"absent digest: set", STEER_STATE("app@${a}", "absent")},
    {"absent digest: by digest", "GET /v2/app/manifests/${a}", .status = 404,
     .code = "MANIFEST_UNKNOWN"},
    {"absent digest: by its tag", "GET /v2/app/manifests/v1", .status = 404,
     .code = "MANIFEST_UNKNOWN"},
    {"absent digest: by another tag of it", "GET /v2/app/manifests/alias", .status = 404,
     .code = "MANIFEST_UNKNOWN"},
    {"absent digest: another image", "GET /v2/app/manifests/v2", .status = 200},
    {"absent digest: tags/list", "GET /v2/app/tags/list", .status = 200, .has = "\"v2\"",
     .hasnt = "\"v1\"\n\"alias\""},
    {"absent digest: its layer", "GET /v2/app/blobs/${a.layer}", .status = 200},
    {"absent digest: push", "PUT /v2/app/manifests/v1", MANIFEST_TYPE, "${a.body}", .status = 201},
    {"absent digest: pushed, the digest is there", "GET /v2/app/manifests/${a}", .status = 200},
    {"absent digest: and its tag", "GET /v2/app/manifests/v1", .status = 200},
    {"forget all", STEER_FORGET},
    {"absent referrer: set", STEER_STATE("app@${sbom}", "absent")},
    {"absent referrer: left out", "GET /v2/app/referrers/${a}", .status = 200, .hasnt = "${sbom}"},
    {"absent subject: set", STEER_STATE("app@${a}", "absent")},
    {"absent referrer: present", STEER_STATE("app@${sbom}", "present")},
    {"absent subject: lists", "GET /v2/app/referrers/${a}", .status = 200, .has = "${sbom}"},
    {"forget all", STEER_FORGET},
};

static const struct step absent_repo[] = {
    {"absent repository: set", STEER_STATE("app", "absent")},
    {"absent repository: manifest", "GET /v2/app/manifests/v1", .status = 404,
     .code = "NAME_UNKNOWN"},
    {"absent repository: by digest", "GET /v2/app/manifests/${a}", .status = 404,
     .code = "NAME_UNKNOWN"},
    {"absent repository: HEAD", "HEAD /v2/app/manifests/v2", .status = 404},
    {"absent repository: blob", "GET /v2/app/blobs/${a.layer}", .status = 404,
     .code = "BLOB_UNKNOWN"},
    {"absent repository: the blob elsewhere", "GET /v2/other/blobs/${a.layer}", .status = 200},
    {"absent repository: tags/list", "GET /v2/app/tags/list", .status = 404,
     .code = "NAME_UNKNOWN"},
    {"absent repository: referrers", "GET /v2/app/referrers/${a}", .status = 200,
     .has = "\"manifests\":[]"},
    {"absent repository: left out of the catalog", "GET /v2/_catalog", .status = 200,
     .has = "\"other\"", .hasnt = "\"app\""},
    {"absent repository: delete", "DELETE /v2/app/manifests/v1", .status = 404},
    {"absent repository: delete a blob", "DELETE /v2/app/blobs/${b.layer}", .status = 404},
    {"absent repository: mount from there",
     "POST /v2/third/blobs/uploads/?mount=${b.layer}&from=app", .status = 202,
     .save = "loc Location"},
    {"absent repository: the upload works", "PUT ${loc}?digest=${c.layer}", NULL, "${c.layer.body}",
     .status = 201},
    {"absent repository: mount from anywhere", "POST /v2/third/blobs/uploads/?mount=${b.layer}",
     .status = 202},
    {"absent repository: push a blob", UPLOADS, .status = 202, .save = "loc Location"},
    {"absent repository: push a blob, PUT", "PUT ${loc}?digest=${c.layer}", NULL, "${c.layer.body}",
     .status = 201},
    {"absent repository: that blob is seen", "GET /v2/app/blobs/${c.layer}", .status = 200},
    {"absent repository: the others are not", "HEAD /v2/app/blobs/${b.layer}", .status = 404},
    {"absent repository: push a tag", "PUT /v2/app/manifests/v2", MANIFEST_TYPE, "${b.body}",
     .status = 201},
    {"absent repository: it is there", "GET /v2/app/manifests/v2", .status = 200},
    {"absent repository: by digest, too", "GET /v2/app/manifests/${b}", .status = 200},
    {"absent repository: the rest is not", "GET /v2/app/manifests/v1", .status = 404},
    {"present repository", STEER_STATE("app", "present")},
    {"present repository: manifest", "GET /v2/app/manifests/v1", .status = 200,
     .want = "Docker-Content-Digest: ${a}"},
    {"present repository: blob", "GET /v2/app/blobs/${b.layer}", .status = 200},
    {"forget all", STEER_FORGET},
};

/* --- Unauthorized and denied -------------------------------------------------------------------
 */

static const struct step unauthorized[] = {
    {"unauthorized tag: set", STEER_STATE("app:v1", "unauthorized")},
    {"unauthorized tag: ping", "GET /v2/", .status = 200},
    {"unauthorized tag: HEAD", "HEAD /v2/app/manifests/v1", .status = 401,
     .want = "WWW-Authenticate: *"},
    {"unauthorized tag: GET", "GET /v2/app/manifests/v1", .status = 401, .code = "UNAUTHORIZED",
     .want = "WWW-Authenticate: Bearer realm=\"${url}/token\",service=\"ocimock\","
             "scope=\"repository:app:pull\""},
    {"unauthorized tag: the token endpoint is there",
     "GET /token?service=ocimock&scope=repository:app:pull", .status = 200, .has = "\"token\""},
    {"unauthorized tag: by digest", "GET /v2/app/manifests/${a}", .status = 200},
    {"unauthorized tag: another", "GET /v2/app/manifests/v2", .status = 200},
    {"unauthorized tag: blob", "GET /v2/app/blobs/${a.layer}", .status = 200},
    {"unauthorized tag: still listed", "GET /v2/app/tags/list", .status = 200, .has = "\"v1\""},
    {"unauthorized tag: push", "PUT /v2/app/manifests/v1", MANIFEST_TYPE, "${a.body}",
     .status = 401, .want = "WWW-Authenticate: *"},
    {"unauthorized tag: delete", "DELETE /v2/app/manifests/v1", .status = 401},
    {"unauthorized digest: set", STEER_STATE("app@${b}", "unauthorized")},
    {"unauthorized digest", "GET /v2/app/manifests/${b}", .status = 401},
    {"unauthorized digest: its tag", "GET /v2/app/manifests/v2", .status = 401},
    {"unauthorized repository: set", STEER_STATE("app", "unauthorized")},
    {"unauthorized repository: blob", "GET /v2/app/blobs/${a.layer}", .status = 401,
     .want = "WWW-Authenticate: *"},
    {"unauthorized repository: tags/list", "GET /v2/app/tags/list", .status = 401},
    {"unauthorized repository: referrers", "GET /v2/app/referrers/${a}", .status = 401},
    {"unauthorized repository: upload", UPLOADS, .status = 401},
    {"unauthorized repository: mount from there",
     "POST /v2/third/blobs/uploads/?mount=${b.layer}&from=app", .status = 202},
    {"unauthorized repository: in the catalog", "GET /v2/_catalog", .status = 200,
     .has = "\"app\""},
    {"forget all", STEER_FORGET},
};

static const struct step denied[] = {
    {"denied tag: set", STEER_STATE("app:v1", "denied")},
    {"denied tag: ping", "GET /v2/", .status = 200},
    {"denied tag: HEAD", "HEAD /v2/app/manifests/v1", .status = 403, .want = "!WWW-Authenticate"},
    {"denied tag: GET", "GET /v2/app/manifests/v1", .status = 403, .code = "DENIED"},
    {"denied tag: by digest", "GET /v2/app/manifests/${a}", .status = 200},
    {"denied tag: blob", "GET /v2/app/blobs/${a.layer}", .status = 200},
    {"denied tag: push", "PUT /v2/app/manifests/v1", MANIFEST_TYPE, "${a.body}", .status = 403},
    {"denied tag: delete", "DELETE /v2/app/manifests/v1", .status = 403},
    {"denied digest: set", STEER_STATE("app@${b}", "denied")},
    {"denied digest", "GET /v2/app/manifests/${b}", .status = 403},
    {"denied digest: its tag", "GET /v2/app/manifests/v2", .status = 403},
    {"denied repository: set", STEER_STATE("app", "denied")},
    {"denied repository: blob", "GET /v2/app/blobs/${a.layer}", .status = 403, .code = "DENIED"},
    {"denied repository: tags/list", "GET /v2/app/tags/list", .status = 403},
    {"denied repository: referrers", "GET /v2/app/referrers/${a}", .status = 403},
    {"denied repository: upload", UPLOADS, .status = 403},
    {"denied repository: mount from there",
     "POST /v2/third/blobs/uploads/?mount=${b.layer}&from=app", .status = 202},
    {"denied repository: in the catalog", "GET /v2/_catalog", .status = 200, .has = "\"app\""},
    {"forget all", STEER_FORGET},
};

/* --- Which state wins --------------------------------------------------------------------------
 */

static const struct step ranks[] = {
    {"rank: a repository glob", STEER_STATE("a*", "denied")},
    {"rank: it counts", "GET /v2/app/manifests/v1", .status = 403},
    {"rank: the repository above it", STEER_STATE("app", "absent")},
    {"rank: that counts", "GET /v2/app/manifests/v1", .status = 404},
    {"rank: a tag glob above that", STEER_STATE("app:v*", "unauthorized")},
    {"rank: that counts, too", "GET /v2/app/manifests/v1", .status = 401},
    {"rank: a digest above that", STEER_STATE("app@${a}", "denied")},
    {"rank: the digest counts", "GET /v2/app/manifests/v1", .status = 403},
    {"rank: the tag above all", STEER_STATE("app:v1", "present")},
    {"rank: the tag counts", "GET /v2/app/manifests/v1", .status = 200},
    {"rank: an older glob is no nearer", STEER_STATE("*", "present")},
    {"rank: the tag glob is still there", "GET /v2/app/manifests/v2", .status = 401},
    {"forget all", STEER_FORGET},
    {"a named user without authentication is refused", "PUT /control/v1/images",
     .body = "{\"image\":\"app\",\"state\":\"absent\",\"user\":\"alice\"}", .status = 400},
    {"nobody is not", STEER_STATE_MORE("app", "absent", ",\"user\":\"anonymous\"")},
    {"nobody is everybody here", "GET /v2/app/manifests/v1", .status = 404},
    {"forget all", STEER_FORGET},
    {"a strange state is refused", "PUT /control/v1/images",
     .body = "{\"image\":\"app\",\"state\":\"absend\"}", .status = 400, .has = "absent"},
    {"nothing came of it", "GET /control/v1/images", .status = 200, .hasnt = "absend"},
};

/* --- For how long ------------------------------------------------------------------------------
 */

static const struct step times[] = {
    {"times: set", STEER_STATE_MORE("app:v1", "absent", ",\"times\":2")},
    {"times: the first pull, HEAD", "HEAD /v2/app/manifests/v1", .status = 404},
    {"times: the first pull, GET", "GET /v2/app/manifests/v1", .status = 404},
    {"times: the second pull", "GET /v2/app/manifests/v1", .status = 404},
    {"times: the third", "GET /v2/app/manifests/v1", .status = 200},
    {"forget all", STEER_FORGET},
    {"after: set", STEER_STATE_MORE("app:v2", "absent", ",\"after\":1")},
    {"after: the first pull, HEAD", "HEAD /v2/app/manifests/v2", .status = 200},
    {"after: the first pull, GET", "GET /v2/app/manifests/v2", .status = 200},
    {"after: then it is gone", "GET /v2/app/manifests/v2", .status = 404},
    {"after: for good", "GET /v2/app/manifests/v2", .status = 404},
    {"forget all", STEER_FORGET},
    {"for: set", STEER_STATE_MORE("app:v1", "denied", ",\"for\":\"1m\"")},
    {"for: it holds", "GET /v2/app/manifests/v1", .status = 403},
    {"for: 59 seconds on", "PUT /control/v1/clock", .body = "{\"advance\":\"59s\"}", .status = 200},
    {"for: it holds still", "GET /v2/app/manifests/v1", .status = 403},
    {"for: 2 more", "PUT /control/v1/clock", .body = "{\"advance\":\"2s\"}", .status = 200},
    {"for: it is over", "GET /v2/app/manifests/v1", .status = 200},
    {"forget all", STEER_FORGET},
};

/* A pull is over when nothing came for five seconds. */
static const struct step windows[] = {
    {"pull: set", STEER_STATE_MORE("app:v1", "absent", ",\"after\":1")},
    {"pull: HEAD", "HEAD /v2/app/manifests/v1", .status = 200},
    {"pull: 4 seconds", "PUT /control/v1/clock", .body = "{\"advance\":\"4s\"}", .status = 200},
    {"pull: GET belongs to it", "GET /v2/app/manifests/v1", .status = 200},
    {"forget all", STEER_FORGET},
    {"next: 10 seconds", "PUT /control/v1/clock", .body = "{\"advance\":\"10s\"}", .status = 200},
    {"next: set", STEER_STATE_MORE("app:v1", "absent", ",\"after\":1")},
    {"next: HEAD", "HEAD /v2/app/manifests/v1", .status = 200},
    {"next: 6 seconds", "PUT /control/v1/clock", .body = "{\"advance\":\"6s\"}", .status = 200},
    {"next: GET is another pull", "GET /v2/app/manifests/v1", .status = 404},
    {"forget all", STEER_FORGET},
    {"agents: 10 seconds", "PUT /control/v1/clock", .body = "{\"advance\":\"10s\"}", .status = 200},
    {"agents: set", STEER_STATE_MORE("app:v1", "absent", ",\"after\":1")},
    {"agents: one", "HEAD /v2/app/manifests/v1", "User-Agent: one\n", .status = 200},
    {"agents: another is another pull", "GET /v2/app/manifests/v1", "User-Agent: two\n",
     .status = 404},
    {"forget all", STEER_FORGET},
};

/* --- Tags that move, switches ------------------------------------------------------------------
 */

static const struct step moves[] = {
    {"retag: to a tag", "POST /control/v1/images:retag",
     .body = "{\"image\":\"app:moving\",\"to\":\"app:v1\"}", .status = 200, .has = "${a}"},
    {"retag: it is there", "GET /v2/app/manifests/moving", .status = 200,
     .want = "Docker-Content-Digest: ${a}"},
    {"retag: to a digest", "POST /control/v1/images:retag",
     .body = "{\"image\":\"app:moving\",\"to\":\"${b}\"}", .status = 200, .has = "${b}"},
    {"retag: it moved", "GET /v2/app/manifests/moving", .status = 200,
     .want = "Docker-Content-Digest: ${b}"},
    {"retag: to nothing", "POST /control/v1/images:retag",
     .body = "{\"image\":\"app:moving\",\"to\":\"app:nothing\"}", .status = 404},
    {"retag: nothing moved", "GET /v2/app/manifests/moving", .status = 200,
     .want = "Docker-Content-Digest: ${b}"},
};

#define SWITCH(text) "PUT /control/v1/registry", .status = 200, .body = (text)

static const struct step switches[] = {
    {"switch: no deletion of tags", SWITCH("{\"delete\":{\"tag\":\"405\"}}")},
    {"switch: 405", "DELETE /v2/app/manifests/moving", .status = 405, .code = "UNSUPPORTED"},
    {"switch: 400", SWITCH("{\"delete\":{\"tag\":\"400\"}}")},
    {"switch: 400 it is", "DELETE /v2/app/manifests/moving", .status = 400},
    {"switch: 403", SWITCH("{\"delete\":{\"tag\":\"403\"}}")},
    {"switch: 403 it is", "DELETE /v2/app/manifests/moving", .status = 403, .code = "DENIED"},
    {"switch: pretend", SWITCH("{\"delete\":{\"tag\":\"pretend\"}}")},
    {"switch: 202", "DELETE /v2/app/manifests/moving", .status = 202},
    {"switch: and it stays", "GET /v2/app/manifests/moving", .status = 200},
    {"switch: on", SWITCH("{\"delete\":{\"tag\":\"on\"}}")},
    {"switch: deleted", "DELETE /v2/app/manifests/moving", .status = 202},
    {"switch: gone", "GET /v2/app/manifests/moving", .status = 404},
    {"switch: read-only", SWITCH("{\"mode\":\"read-only\"}")},
    {"switch: no push", UPLOADS, .status = 405, .code = "UNSUPPORTED"},
    {"switch: pull", "GET /v2/app/manifests/v1", .status = 200},
    {"switch: read-write", SWITCH("{\"mode\":\"read-write\"}")},
    {"switch: push", UPLOADS, .status = 202},
    {"switch: no referrers", SWITCH("{\"referrers\":false}")},
    {"switch: 404", "GET /v2/app/referrers/${a}", .status = 404},
    {"switch: referrers", SWITCH("{\"referrers\":true}")},
    {"switch: 200", "GET /v2/app/referrers/${a}", .status = 200},
    {"switch: tags that stay", SWITCH("{\"immutable_tags\":true}")},
    {"switch: a tag does not move", "PUT /v2/app/manifests/v1", MANIFEST_TYPE, "${b.body}",
     .status = 409, .code = "TAG_IMMUTABLE"},
    {"switch: and back", SWITCH("{\"immutable_tags\":false}")},
    {"switch: told", "GET /control/v1/registry", .status = 200,
     .has = "\"mode\":\"read-write\"\n\"immutable_tags\":false"},
    {"switch: a strange one is refused", "PUT /control/v1/registry", .body = "{\"mod\":\"x\"}",
     .status = 400, .has = "mode"},
};

static void fill(struct script *t)
{
    script_set(t, "url", server_url(script_server(t), 0));
    registry_image(t, "app", "v1", "a");
    registry_image(t, "app", "v2", "b");
    registry_push_manifest(t, "app", "alias", "a", OCI_MANIFEST);
    registry_push_blob(t, "other", "a.layer");
    script_content(t, "c.layer", "a layer of nobody");
    registry_manifest(t, "app", "${sbom}", "sbom", OCI_MANIFEST,
                      IMAGE("a.config", "a.layer", ",\"subject\":" DESCRIPTOR(OCI_MANIFEST, "a")));
}

int main(void)
{
    struct server *s;
    struct script *t;

    plan_lazy();
    s = server_new(NULL);
    t = script_new(s);
    fill(t);
    RUN(t, absent_tag);
    RUN(t, absent_digest);
    RUN(t, absent_repo);
    RUN(t, unauthorized);
    RUN(t, denied);
    RUN(t, ranks);
    RUN(t, times);
    RUN(t, windows);
    RUN(t, moves);
    RUN(t, switches);
    script_free(t);
    server_free(s);
    done_testing();
}
