/* SPDX-License-Identifier: MIT */
/* A world as it was at the start, and going back there. */
#include "registry/reset.h"

#include <string.h>

#include <jansson.h>

#include "lib/control/journal.h"
#include "lib/fault/fault.h"
#include "lib/util/buf.h"
#include "lib/util/err.h"
#include "lib/util/util.h"
#include "registry/route.h"
#include "registry/state.h"
#include "registry/store/blob_store.h"
#include "registry/store/meta_store.h"
#include "registry/upload.h"
#include "registry/words.h"
#include "tests/tap/tap.h"
#include "tests/unit/fixture.h"

static struct fixture f;

static json_t *parse(const char *text)
{
    json_t *value = json_loads(text, 0, NULL);

    ASSERT(value != NULL);
    return value;
}

static void add_rule(const char *text)
{
    json_t *rule = parse(text);

    ASSERT(fault_engine_load(f.world->faults, rule, false, NULL, NULL) == 0);
    json_decref(rule);
}

static void set_state(const char *text)
{
    json_t *state = parse(text);

    ASSERT(image_states_set(f.world->states, state, false, NULL) == 0);
    json_decref(state);
}

static int status_of(const char *line)
{
    struct http_exchange *x = fixture_ask(&f, line);
    int status = fake_status(x);

    fixture_end(x);
    return status;
}

static const struct fixture_manifest image = {
    .text = "{\"schemaVersion\":2,\"mediaType\":\"" OCI_INDEX "\",\"manifests\":[]}",
    .media_type = OCI_INDEX,
    .tag = "v1",
};

/* Everything is other than it was. */
static void change_all(void)
{
    struct world *w = f.world;
    struct upload *up;

    add_rule("{\"id\":\"later\",\"when\":{\"op\":\"catalog\"},\"then\":{\"status\":503}}");
    ASSERT(fault_engine_remove(w->faults, "second", NULL) == 1);
    ASSERT(fault_engine_set_state(w->faults, "phase", "late", NULL) == 0);
    set_state("{\"image\":\"other\",\"state\":\"denied\"}");
    ASSERT(image_states_remove(w->states, "gone:v1", NULL) == 1);
    (void)fixture_blob(&f, "late", "late", 4);
    ASSERT(w->meta->ops->tag_remove(w->meta, "app", "v1"));
    ASSERT(upload_new(&up, w, "app", NULL) == 0);
    w->clock.shift_ms = 3600 * 1000;
    w->settings.catalog = false;
}

/* "second first ": in the order in which they are asked; valid until the next call. */
static const char *order_of_rules(void)
{
    static struct buf text = BUF_INIT(200);
    json_t *rows = fault_engine_list(f.world->faults, NULL), *row;
    size_t i;

    buf_reset(&text);
    json_array_foreach(rows, i, row)(void)
        buf_appendf(&text, "%s ", json_string_value(json_object_get(row, "id")));
    json_decref(rows);
    return buf_text(&text);
}

static size_t state_count(void)
{
    json_t *list = image_states_list(f.world->states);
    size_t n = json_array_size(list);

    json_decref(list);
    return n;
}

static long long hits(const char *id)
{
    json_t *row = fault_engine_get(f.world->faults, id);
    long long n = row != NULL ? json_integer_value(json_object_get(row, "hits")) : -1;

    json_decref(row);
    return n;
}

/* A request on which the rule "first" acts; what it would do is another test's matter. */
static void use_up(void)
{
    struct fault_plan plan = {.count = 0};
    struct subject subject = {.op = OP_TAGS_LIST};

    subject.values[WORD_OP_NAME] = op_name(OP_TAGS_LIST);
    fault_match(f.world->faults, &subject, NULL, &plan);
    fault_plan_done(f.world->faults, &plan);
}

static void set_up(void)
{
    fixture_init(&f);
    add_rule("[{\"id\":\"first\",\"when\":{\"op\":\"tags.list\"},\"then\":{\"status\":503},"
             "\"times\":1},{\"id\":\"second\",\"enabled\":false}]");
    set_state("[{\"image\":\"a*\",\"state\":\"present\"},{\"image\":\"*pp\",\"state\":\"present\"},"
              "{\"image\":\"gone:v1\",\"state\":\"absent\",\"times\":3}]");
    (void)fixture_manifest(&f, "app", &image);
    is_int(reset_remember(f.world, NULL), 0, "a world is remembered");
    use_up();
    is_int(hits("first"), 1, "  a rule is used up");
}

static void test_startup(void)
{
    struct world *w = f.world;

    change_all();
    is_int(reset_world(w, RESET_ALL, false, NULL), 0, "all goes back");
    is_str(order_of_rules(), "second first ", "  rules, in their order");
    is_int(hits("first"), 0, "  with fresh counters");
    {
        json_t *state = fault_engine_state(w->faults);

        is_int((long long)json_object_size(state), 0, "  without state variables");
        json_decref(state);
    }
    is_int((long long)state_count(), 3, "  image states");
    is_int(status_of("GET /v2/gone/manifests/v1"), 404, "  which hold");
    is_int(status_of("GET /v2/app/manifests/v1"), 200, "  content");
    ok(!w->meta->ops->repository_exists(w->meta, "late"), "  nothing that came later");
    is_int((long long)w->meta->ops->upload_count(w->meta), 0, "  no upload");
    is_int(w->clock.shift_ms, 0, "  the clock");
    ok(w->settings.catalog, "  switches");
}

static void test_parts(void)
{
    struct world *w = f.world;

    change_all();
    is_int(reset_world(w, RESET_CONTENT, false, NULL), 0, "content goes back");
    is_int(status_of("GET /v2/app/manifests/v1"), 200, "  it is there");
    is_str(order_of_rules(), "later first ", "  the rest stays: rules");
    is_int(w->clock.shift_ms, 3600 * 1000, "  clock");
    ok(journal_counters(w->journal).entries > 0, "  journal");
    is_int(reset_world(w, RESET_JOURNAL, false, NULL), 0, "the journal goes");
    is_int((long long)journal_counters(w->journal).entries, 0, "  and is empty");
    is_int(reset_world(w, 0, false, NULL), 0, "nothing: nothing happens");
    is_int(reset_world(w, RESET_ALL, false, NULL), 0, "then all of it");
}

static void test_empty(void)
{
    struct world *w = f.world;

    w->settings.catalog = false;
    is_int(reset_world(w, RESET_ALL, true, NULL), 0, "to nothing");
    is_int((long long)fault_engine_count(w->faults), 0, "  no rule");
    is_int((long long)state_count(), 0, "  no state");
    ok(!w->meta->ops->repository_exists(w->meta, "app"), "  no content");
    ok(w->settings.catalog, "  switches are those of the start");
    ok(w->blobs->ops->used(w->blobs) > 0, "what may come back is kept");
    is_int(reset_world(w, RESET_CONTENT, false, NULL), 0, "it comes back");
    is_int(status_of("GET /v2/app/manifests/v1"), 200, "  content");
}

static void test_rules_again(void)
{
    struct world *w = f.world;

    add_rule("{\"id\":\"reloaded\"}");
    (void)fixture_blob(&f, "late", "late", 4);
    is_int(reset_remember_rules(w, NULL), 0, "other rules are those of the start now");
    is_int(reset_world(w, RESET_ALL, true, NULL), 0, "  to nothing");
    is_int(reset_world(w, RESET_ALL, false, NULL), 0, "  and back");
    is_str(order_of_rules(), "reloaded ", "  they are there");
    ok(!w->meta->ops->repository_exists(w->meta, "late"), "  content is not others'");
}

static void test_unremembered(void)
{
    struct fixture g;

    fixture_init(&g);
    (void)fixture_blob(&g, "a", "x", 1);
    is_int(reset_world(g.world, RESET_ALL, false, NULL), 0, "nothing was remembered: to nothing");
    ok(!g.world->meta->ops->repository_exists(g.world->meta, "a"), "  it is empty");
    fixture_done(&g);
}

int main(void)
{
    plan_lazy();
    set_up();
    test_startup();
    test_parts();
    test_empty();
    test_rules_again();
    test_unremembered();
    reset_forget(NULL);
    fixture_done(&f);
    done_testing();
}
