/* SPDX-License-Identifier: MIT */
#include "registry/state.h"

#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "lib/util/clock.h"
#include "lib/util/err.h"
#include "lib/util/util.h"
#include "tests/tap/tap.h"

#define D1 "sha256:1111111111111111111111111111111111111111111111111111111111111111"
#define D2 "sha256:2222222222222222222222222222222222222222222222222222222222222222"

static struct clock clock_;
static struct image_states *states;

static int set(const char *text, struct err *err)
{
    json_t *body = json_loads(text, 0, NULL);
    int result;

    ASSERT(body != NULL);
    result = image_states_set(states, body, false, err);
    json_decref(body);
    return result;
}

static void fresh(const char *text)
{
    struct err err;

    image_states_free(states);
    ASSERT(image_states_new(&states, &clock_, &err) == 0);
    if (text != NULL && !ok(set(text, &err) == 0, "set %s", text))
        diag("%s", err.msg);
}

static struct state_question manifest(const char *repo, const char *tag, const char *digest)
{
    return (struct state_question){.kind = STATE_MANIFEST,
                                   .repo = repo,
                                   .tag = tag,
                                   .digest = digest,
                                   .user = "",
                                   .client = "192.0.2.1:1000",
                                   .user_agent = "agent/1",
                                   .get = true};
}

static const char *look(struct state_question q)
{
    struct state_answer a;

    image_states_look(states, &q, &a);
    return image_state_name(a.state);
}

static const char *pull(struct state_question q)
{
    struct state_answer a;

    image_states_pull(states, &q, &a);
    return image_state_name(a.state);
}

static void test_specificity(void)
{
    static const struct {
        const char *states;
        const char *repo, *tag, *digest, *user;
        const char *want;
    } rows[] = {
        {"{\"image\":\"a/b:v1\",\"state\":\"absent\"}", "a/b", "v1", D1, "", "absent"},
        {"{\"image\":\"a/b:v1\",\"state\":\"absent\"}", "a/b", "v2", D1, "", "present"},
        {"{\"image\":\"a/b:v1\",\"state\":\"absent\"}", "a/b", NULL, D1, "", "present"},
        {"{\"image\":\"a/b@" D1 "\",\"state\":\"denied\"}", "a/b", "v1", D1, "", "denied"},
        {"{\"image\":\"a/b@" D1 "\",\"state\":\"denied\"}", "a/b", "v1", D2, "", "present"},
        {"{\"image\":\"a/b\",\"state\":\"unauthorized\"}", "a/b", "v1", D1, "", "unauthorized"},
        {"{\"image\":\"a/*\",\"state\":\"absent\"}", "a/b", NULL, D1, "", "absent"},
        {"{\"image\":\"a/*\",\"state\":\"absent\"}", "b/b", NULL, D1, "", "present"},
        {"{\"image\":\"a/b:v*\",\"state\":\"absent\"}", "a/b", "v7", D1, "", "absent"},
        {"{\"image\":\"*:latest\",\"state\":\"absent\"}", "x", "latest", D1, "", "absent"},
        /* tag before digest before tag glob before repository before repository glob */
        {"[{\"image\":\"a/b:v1\",\"state\":\"present\"},{\"image\":\"a/b@" D1
         "\",\"state\":\"absent\"}]",
         "a/b", "v1", D1, "", "present"},
        {"[{\"image\":\"a/b@" D1 "\",\"state\":\"denied\"},{\"image\":\"a/b:v*\",\"state\":"
         "\"absent\"}]",
         "a/b", "v1", D1, "", "denied"},
        {"[{\"image\":\"a/b:v*\",\"state\":\"denied\"},{\"image\":\"a/b\",\"state\":\"absent\"}]",
         "a/b", "v1", D1, "", "denied"},
        {"[{\"image\":\"a/b\",\"state\":\"denied\"},{\"image\":\"a/*\",\"state\":\"absent\"}]",
         "a/b", "v1", D1, "", "denied"},
        /* with a user before without, whatever is newer */
        {"[{\"image\":\"a/b\",\"user\":\"alice\",\"state\":\"denied\"},{\"image\":\"a/b\","
         "\"state\":\"absent\"}]",
         "a/b", "v1", D1, "alice", "denied"},
        {"[{\"image\":\"a/b\",\"user\":\"alice\",\"state\":\"denied\"},{\"image\":\"a/b\","
         "\"state\":\"absent\"}]",
         "a/b", "v1", D1, "bob", "absent"},
        {"{\"image\":\"a/b\",\"user\":\"anonymous\",\"state\":\"denied\"}", "a/b", "v1", D1, "",
         "denied"},
        {"{\"image\":\"a/b\",\"user\":\"anonymous\",\"state\":\"denied\"}", "a/b", "v1", D1,
         "alice", "present"},
        /* the newest of equals */
        {"[{\"image\":\"a/*\",\"state\":\"denied\"},{\"image\":\"*/b\",\"state\":\"absent\"}]",
         "a/b", "v1", D1, "", "absent"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct state_question q = manifest(rows[i].repo, rows[i].tag, rows[i].digest);

        fresh(rows[i].states);
        q.user = rows[i].user;
        is_str(look(q), rows[i].want, "row %zu", i);
    }
}

static void test_replacing(void)
{
    json_t *list;

    fresh("{\"image\":\"a:v1\",\"state\":\"absent\"}");
    ok(set("{\"image\":\"a:v1\",\"state\":\"present\"}", NULL) == 0, "set it again");
    list = image_states_list(states);
    is_int((int)json_array_size(list), 1, "the same image has one state");
    is_str(json_string_value(json_object_get(json_array_get(list, 0), "state")), "present",
           "the last one");
    json_decref(list);
    is_int((int)image_states_remove(states, "a:v1", NULL), 1, "remove it");
    ok(image_states_empty(states), "nothing is left");
}

static void test_refusals(void)
{
    static const struct {
        const char *body, *says;
    } rows[] = {
        {"{\"image\":\"a\",\"state\":\"gone\"}", "absent"},
        {"{\"image\":\"a\"}", "state"},
        {"{\"state\":\"absent\"}", "image"},
        {"{\"image\":\"A\",\"state\":\"absent\"}", "no repository name"},
        {"{\"image\":\"a:\",\"state\":\"absent\"}", "no tag"},
        {"{\"image\":\"a@sha256\",\"state\":\"absent\"}", "no digest"},
        {"{\"image\":\"a\",\"state\":\"absent\",\"tims\":1}", "times"},
        {"{\"image\":\"a\",\"state\":\"absent\",\"for\":\"soon\"}", "for"},
        {"{\"image\":\"a\",\"state\":\"denied\",\"sticky\":true}", "sticky"},
        {"{\"image\":\"a\",\"state\":\"absent\",\"challenge_error\":\"none\"}", "challenge"},
        {"[{\"image\":\"a\",\"state\":\"absent\"},{\"image\":\"b\",\"state\":\"x\"}]", "[1]"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct err err = {.msg = ""};

        fresh(NULL);
        is_int(set(rows[i].body, &err), -1, "refused: %s", rows[i].body);
        if (!ok(strstr(err.msg, rows[i].says) != NULL, "says '%s'", rows[i].says))
            diag("%s", err.msg);
        ok(image_states_empty(states), "and nothing of it is set");
    }
    {
        json_t *body = json_pack("{s:s, s:s, s:s}", "image", "a", "state", "absent", "user", "eve");
        struct err err;

        is_int(image_states_set(states, body, true, &err), -1,
               "an account is refused while authentication is off");
        json_decref(body);
    }
}

static void test_time(void)
{
    struct state_question q = manifest("a", "v1", D1);

    clock_.shift_ms = 0;
    fresh("{\"image\":\"a\",\"state\":\"absent\",\"for\":\"1h\"}");
    is_str(look(q), "absent", "for an hour");
    clock_.shift_ms = 59 * 60 * 1000;
    is_str(look(q), "absent", "still");
    clock_.shift_ms = 61 * 60 * 1000;
    is_str(look(q), "present", "then no longer");
    clock_.shift_ms = 0;
}

/* docker asks HEAD, then GET by digest; containers/image GETs. Each is one pull. */
static void test_pulls(void)
{
    struct state_question head = manifest("a", "v1", D1), get = manifest("a", "v1", D1), other;

    head.get = false;
    fresh("{\"image\":\"a:v1\",\"state\":\"absent\",\"times\":1}");
    is_str(pull(head), "absent", "times 1: the first pull, HEAD");
    image_states_answered(states, &head, 404);
    is_str(pull(get), "absent", "its GET is the same pull");
    image_states_answered(states, &get, 404);
    is_str(pull(get), "present", "a second GET is another pull");

    fresh("{\"image\":\"a:v1\",\"state\":\"unauthorized\",\"times\":1}");
    is_str(pull(get), "unauthorized", "an answer that is not final");
    image_states_answered(states, &get, 401);
    is_str(pull(get), "unauthorized", "so the repetition is the same pull");
    clock_.shift_ms = 6000;
    is_str(pull(get), "present", "five seconds later it is another");
    clock_.shift_ms = 0;

    fresh("{\"image\":\"a:v1\",\"state\":\"absent\",\"after\":1}");
    is_str(pull(get), "present", "after 1: the first pull sees the image");
    image_states_answered(states, &get, 200);
    is_str(pull(get), "absent", "the second does not");

    fresh("{\"image\":\"a:v1\",\"state\":\"absent\",\"times\":1}");
    other = get;
    other.client = "192.0.2.1:2000";
    is_str(pull(get), "absent", "one connection of a client");
    is_str(pull(other), "absent", "another port is the same client");
    other.client = "192.0.2.2:1000";
    is_str(pull(other), "present", "another client is another pull");
}

static void test_blobs_of_a_pull(void)
{
    struct state_question get = manifest("a", "v1", D1);
    struct state_question blob = get;

    blob.kind = STATE_BLOB;
    blob.tag = NULL;
    blob.digest = D2;
    fresh("{\"image\":\"a\",\"state\":\"absent\",\"after\":1}");
    is_str(pull(get), "present", "the repository vanishes after the first pull");
    image_states_answered(states, &get, 200);
    is_str(look(blob), "present", "the blobs of that pull are there");
    blob.client = "192.0.2.9:1";
    is_str(look(blob), "absent", "for others they are not");
}

static void test_kinds(void)
{
    struct state_question q = manifest("a", NULL, D2);

    fresh("[{\"image\":\"a:v1\",\"state\":\"absent\"},{\"image\":\"a@" D2
          "\",\"state\":\"absent\"}]");
    q.kind = STATE_BLOB;
    is_str(look(q), "present", "a blob is not hidden by a digest's state");
    q.kind = STATE_REPOSITORY;
    is_str(look(q), "present", "nor is the repository");
    fresh("{\"image\":\"a\",\"state\":\"denied\"}");
    q.kind = STATE_BLOB;
    is_str(look(q), "denied", "but by its repository's");
    q.kind = STATE_REPOSITORY;
    is_str(look(q), "denied", "as are lists");
}

static void test_pushes(void)
{
    struct state_question blob = manifest("a", NULL, D2);

    blob.kind = STATE_BLOB;
    fresh("{\"image\":\"a\",\"state\":\"absent\"}");
    is_str(look(blob), "absent", "a blob of an absent repository");
    is_int(image_states_linked(states, "a", D2), 0, "is pushed again");
    is_str(look(blob), "present", "and is there");
    is_int(image_states_pushed(states, "a", "v2", D1), 0, "a manifest is pushed");
    is_str(look(manifest("a", "v2", D1)), "present", "its tag is there");
    is_str(look(manifest("a", NULL, D1)), "present", "its digest is there");
    is_str(look(manifest("a", "v1", D2)), "absent", "the rest stays hidden");

    fresh("{\"image\":\"a:v1\",\"state\":\"absent\"}");
    is_int(image_states_pushed(states, "a", "v1", D1), 0, "an absent tag is pushed");
    is_str(look(manifest("a", "v1", D1)), "present", "and is there");

    fresh("{\"image\":\"a\",\"state\":\"absent\",\"sticky\":true}");
    is_int(image_states_linked(states, "a", D2), 0, "a sticky one");
    is_int(image_states_pushed(states, "a", "v1", D1), 0, "takes what is pushed");
    is_str(look(manifest("a", "v1", D1)), "absent", "and stays absent");
    is_str(look(blob), "absent", "with its blobs");

    fresh("{\"image\":\"b\",\"state\":\"absent\"}");
    is_int(image_states_pushed(states, "a", "v1", D1), 0, "what is not hidden");
    is_int((int)image_states_remove(states, NULL, NULL), 1, "gets no state");
}

static void test_answer(void)
{
    struct state_question q = manifest("a", "v1", D1);
    struct state_answer a;

    fresh("{\"image\":\"a\",\"state\":\"unauthorized\",\"challenge_error\":\"invalid_token\"}");
    image_states_look(states, &q, &a);
    ok(a.repository, "stands on the repository");
    is_str(a.challenge_error, "invalid_token", "challenge");
    is_str(a.image, "a", "which one decided");
}

/* More pulls at once than are remembered must not be more than memory. */
static void test_many_pulls(void)
{
    fresh("{\"image\":\"*\",\"state\":\"absent\",\"times\":20000}");
    for (int i = 0; i < 10000; i++) {
        struct state_question q = manifest("a", "v1", D1);
        char client[32];

        (void)snprintf(client, sizeof(client), "c%d:1", i);
        q.client = client;
        (void)pull(q);
    }
    {
        json_t *list = image_states_list(states);

        is_int((int)json_integer_value(json_object_get(json_array_get(list, 0), "applied")), 10000,
               "every pull is counted once");
        json_decref(list);
    }
}

int main(void)
{
    plan_lazy();
    test_specificity();
    test_replacing();
    test_refusals();
    test_time();
    test_pulls();
    test_blobs_of_a_pull();
    test_kinds();
    test_pushes();
    test_answer();
    test_many_pulls();
    image_states_free(states);
    image_states_free(NULL);
    done_testing();
}
