/* SPDX-License-Identifier: MIT */
/*
 * ocimock fixture build: a recipe, changed by words and options, goes somewhere.
 */
#include "cli/fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "cli/client.h"
#include "cli/control_client.h"
#include "cli/fixture_image.h"
#include "cli/fixture_target.h"
#include "fixtures/fixture.h"
#include "lib/util/buf.h"
#include "lib/util/err.h"
#include "lib/util/text.h"
#include "lib/util/util.h"

enum {
    TEXT_MAX = 64 * 1024,
    COUNT_MAX = 100000,
    BUILD_MS = 10 * 60 * 1000, /* for the digest of 100 GiB on a busy machine */
};

struct build_settings {
    struct command_settings common;
    const char *to;
    const char *layout;
    const char *archive;
    bool dry_run;
    uint64_t count;
    const char *user;
    const char *password_file;
    bool insecure;
    /* Keys of the recipe. */
    const char *layers, *layer_size, *generated, *compression, *media_types, *algorithm, *seed;
    const char *wrong, *print;
    struct option_list platforms, labels, annotations;
};

DEFINE_AUTO(fixture, struct fixture, fixture_free)
#define auto_fixture __attribute__((cleanup(auto_fixture_)))
DEFINE_AUTO(target, struct fixture_target, fixture_target_free)
#define auto_target __attribute__((cleanup(auto_target_)))

#define MEMBER(m) OPTION_MEMBER(struct build_settings, m)

/* What shells offer; the recipe is checked as a whole. */
static const char *const compressions[] = {"none", "gzip", "zstd", NULL};
static const char *const media_types[] = {"oci", "docker", NULL};
static const char *const algorithms[] = {"sha256", "sha512", NULL};

static const struct option options[] = {
    {CLI_TEXT("to", "IMAGE",
              "What it is called: team/app:v1 in the running server or in the layout; with "
              "http:// or https:// in front, it is pushed to that registry"),
     .letter = 't', .group = "Where it goes", MEMBER(to)},
    {CLI_FOLDER("layout", "An OCI image layout, made or added to"), MEMBER(layout)},
    {CLI_FILE("archive", "A new oci-archive (podman load, docker load, skopeo)"), MEMBER(archive)},
    {CLI_SWITCH("dry-run", "Nowhere: print the digests only"), MEMBER(dry_run)},
    {CLI_COUNT("count", "N",
               "As many images, of seeds that follow each other; {n} in the name counts"),
     .value.min = 1, .value.max = COUNT_MAX, .preset = "1", MEMBER(count)},
    {CLI_TEXT("user", "NAME", "Account at the registry that it is pushed to"), MEMBER(user)},
    {CLI_FILE("password-file", "Its password; without, the first line of standard input"),
     MEMBER(password_file)},
    {CLI_SWITCH("insecure", "Take any certificate of that registry"), MEMBER(insecure)},
    {CLI_TEXT("layers", "N", "As many layers of one file"),
     .group = "What it is (keys of the recipe)", MEMBER(layers)},
    {CLI_TEXT("layer-size", "SIZE", "Bytes of that file"), MEMBER(layer_size)},
    {CLI_TEXT("generated", "SIZE", "Layers of that size whose bytes are made when they are read"),
     MEMBER(generated)},
    {CLI_TEXT("compression", "KIND", "none, gzip or zstd"), .value.choices = compressions,
     MEMBER(compression)},
    {CLI_LIST("platform", "OS/ARCHITECTURE", "Platforms; several make an index"),
     MEMBER(platforms)},
    {CLI_LIST("label", "NAME=VALUE", "Labels of the config"), MEMBER(labels)},
    {CLI_LIST("annotation", "NAME=VALUE", "Annotations of the manifests"), MEMBER(annotations)},
    {CLI_TEXT("media-types", "KIND", "oci or docker"), .value.choices = media_types,
     MEMBER(media_types)},
    {CLI_TEXT("algorithm", "NAME", "sha256 or sha512"), .value.choices = algorithms,
     MEMBER(algorithm)},
    {CLI_TEXT("seed", "N", "Another image of the same kind"), MEMBER(seed)},
    {CLI_TEXT("print", "TEXT", "What its program prints"), MEMBER(print)},
    {CLI_TEXT("wrong", "NAME", "What is wrong on purpose (ocimock fixture list)"), MEMBER(wrong)},
};

/* --- The recipe ---------------------------------------------------------------------------------
 */

/* "a=b" becomes the key PREFIX.a. */
static int set_pairs(struct fixture *f, const char *prefix, const struct option_list *pairs,
                     struct err *err)
{
    for (size_t i = 0; i < pairs->count; i++) {
        auto_buf struct buf text = BUF_INIT(TEXT_MAX);

        (void)buf_appendf(&text, "%s.%s", prefix, pairs->items[i]);
        if (buf_check(&text, prefix, err) != 0 || fixture_set_text(f, buf_text(&text), err) != 0)
            return -1;
    }
    return 0;
}

static int set_list(struct fixture *f, const char *key, const struct option_list *list,
                    struct err *err)
{
    auto_buf struct buf text = BUF_INIT(TEXT_MAX);

    for (size_t i = 0; i < list->count; i++)
        (void)buf_appendf(&text, "%s%s", i > 0 ? "," : "", list->items[i]);
    if (list->count == 0)
        return 0;
    return buf_check(&text, key, err) != 0 ? -1 : fixture_set(f, key, buf_text(&text), err);
}

/* What options say ranks above words, and both above the recipe. */
static int change(struct fixture *f, const struct build_settings *s, struct err *err)
{
    const struct {
        const char *key, *value;
    } texts[] = {
        {"layers", s->layers},
        {"size", s->layer_size},
        {"generated", s->generated},
        {"compression", s->compression},
        {"media_types", s->media_types},
        {"algorithm", s->algorithm},
        {"seed", s->seed},
        {"wrong", s->wrong},
        {"program.print", s->print},
    };

    for (size_t i = 1; i < s->common.word_count; i++) {
        if (fixture_set_text(f, s->common.words[i], err) != 0)
            return -1;
    }
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        if (texts[i].value != NULL && fixture_set(f, texts[i].key, texts[i].value, err) != 0)
            return -1;
    }
    if (set_list(f, "platforms", &s->platforms, err) != 0 ||
        set_pairs(f, "labels", &s->labels, err) != 0 ||
        set_pairs(f, "annotations", &s->annotations, err) != 0)
        return -1;
    return fixture_check(f, err);
}

/* --- One of several -----------------------------------------------------------------------------
 */

/* Puts the number in the place of each {n}. */
static int number_text(struct buf *to, const char *text, uint64_t n, struct err *err)
{
    const char *mark;

    while ((mark = strstr(text, "{n}")) != NULL) {
        (void)buf_append(to, text, (size_t)(mark - text));
        (void)buf_appendf(to, "%llu", (unsigned long long)n);
        text = mark + 3;
    }
    (void)buf_append_text(to, text);
    return buf_check(to, "name", err);
}

static int set_seed(struct fixture *f, uint64_t seed, struct err *err)
{
    char text[24];

    (void)snprintf(text, sizeof(text), "%llu", (unsigned long long)seed);
    return fixture_set(f, "seed", text, err);
}

/* --- Results ------------------------------------------------------------------------------------
 */

static json_t *describe(const struct fixture_image *image, const struct fixture *f,
                        const struct fixture_result *r)
{
    const json_t *tags = json_object_get(fixture_recipe(f), "tags");
    const json_t *tag = json_is_array(tags) ? json_array_get(tags, 0) : tags;

    return json_pack(
        "{s:o, s:s, s:s, s:I, s:i, s:i, s:I}", "image",
        json_sprintf("%s:%s", image->repo, json_is_string(tag) ? json_string_value(tag) : "latest"),
        "digest", r->digest.text, "mediaType", r->media_type, "size", (json_int_t)r->size, "blobs",
        (int)r->blobs, "manifests", (int)r->manifests, "bytes", (json_int_t)r->bytes);
}

static long long number_of(const json_t *row, const char *key)
{
    return (long long)json_integer_value(json_object_get(row, key));
}

static void print_row(const json_t *row)
{
    long long manifests = number_of(row, "manifests"), blobs = number_of(row, "blobs");

    (void)printf("%s %s (%lld manifest%s, %lld blob%s, %lld bytes)\n",
                 json_string_value(json_object_get(row, "image")),
                 json_string_value(json_object_get(row, "digest")), manifests,
                 manifests == 1 ? "" : "s", blobs, blobs == 1 ? "" : "s", number_of(row, "bytes"));
}

/* Takes rows. */
static enum cli_status print_rows(json_t *rows, bool json)
{
    const json_t *row;
    size_t i;

    if (json && json_array_size(rows) == 1) {
        json_t *one = json_incref(json_array_get(rows, 0));

        json_decref(rows);
        return cli_print_json(one);
    }
    if (json)
        return cli_print_json(rows);
    json_array_foreach(rows, i, row) print_row(row);
    json_decref(rows);
    return CLI_OK;
}

/* --- Where --------------------------------------------------------------------------------------
 */

/* Length of "http://host:port" in front of an image; 0: there is none. */
static size_t url_length(const char *to)
{
    const char *host =
        to != NULL && (strncmp(to, "http://", 7) == 0 || strncmp(to, "https://", 8) == 0)
            ? strstr(to, "://") + 3
            : NULL;

    return host != NULL ? (size_t)(host - to) + strcspn(host, "/") : 0;
}

/* The image behind it. */
static const char *image_of(const char *to)
{
    size_t n = url_length(to);

    return to + n + (n > 0 && to[n] == '/');
}

static int check_where(const struct build_settings *s, struct err *err)
{
    bool url = url_length(s->to) > 0;

    if ((s->layout != NULL) + (s->archive != NULL) + s->dry_run + url > 1)
        return err_set(err, ERR_USAGE,
                       "one place is wanted: --layout, --archive, --dry-run or a URL in --to");
    if (!url && (s->user != NULL || s->password_file != NULL || s->insecure))
        return err_set(err, ERR_USAGE,
                       "--user, --password-file and --insecure are for a registry: --to "
                       "https://HOST/IMAGE");
    if (url && image_of(s->to)[0] == '\0')
        return err_set(err, ERR_USAGE, "--to %s names no image: expected %.*s/team/app:v1",
                       TEXT_QUOTE(s->to), (int)url_length(s->to), s->to);
    if (s->user == NULL && s->password_file != NULL)
        return err_set(err, ERR_USAGE, "--password-file needs --user");
    if (s->count > 1 && (s->to == NULL || strstr(s->to, "{n}") == NULL))
        return err_set(err, ERR_USAGE, "--count needs a name with {n}, such as --to load/app-{n}");
    return 0;
}

/* *ret NULL: the running server. */
static int open_target(struct fixture_target **ret, const struct build_settings *s, struct err *err)
{
    size_t n = url_length(s->to);

    *ret = NULL;
    if (s->layout != NULL)
        return fixture_layout_new(ret, s->layout, err);
    if (s->archive != NULL)
        return fixture_archive_new(ret, s->archive, err);
    if (s->dry_run)
        return fixture_nowhere_new(ret, err);
    if (n > 0) {
        const struct fixture_push_options push = {.url = s->to,
                                                  .url_length = n,
                                                  .user = s->user,
                                                  .password_file = s->password_file,
                                                  .insecure = s->insecure};

        return fixture_push_new(ret, &push, err);
    }
    return 0;
}

/* The server builds it itself: what is wrong or huge need not travel. */
static int build_in_server(json_t **ret_row, const struct build_settings *s, struct fixture *f,
                           const struct fixture_image *image, struct err *err)
{
    json_t *body = json_pack("{s:O, s:s}", "recipe", fixture_recipe(f), "image", image->repo);
    json_t *answer = NULL;
    struct fixture_result r = {.blobs = 0};
    int rc;

    control_client_patience(s->common.client, BUILD_MS);
    rc = body == NULL
             ? err_set(err, ERR_NOMEM, "recipe")
             : control_client_call(s->common.client, "POST", "/fixtures", body, &answer, err);

    json_decref(body);
    if (rc != 0)
        return -1;
    *ret_row = describe(image, f, &r);
    (void)json_object_update_existing(*ret_row, answer);
    json_decref(answer);
    return 0;
}

static int build_one(json_t **ret_row, const struct build_settings *s, struct fixture_target *t,
                     struct fixture *f, const char *name, struct err *err)
{
    struct fixture_image image;
    struct fixture_result r;

    if (fixture_image_apply(&image, name, f, err) != 0)
        return -1;
    if (t == NULL)
        return build_in_server(ret_row, s, f, &image, err);
    t->full_names = name != NULL;
    if (fixture_target_build(t, f, image.repo, &r, err) != 0)
        return -1;
    *ret_row = describe(&image, f, &r);
    return 0;
}

static int build_all(json_t *rows, const struct build_settings *s, struct fixture_target *t,
                     struct fixture *f, struct err *err)
{
    uint64_t seed = (uint64_t)json_integer_value(json_object_get(fixture_recipe(f), "seed"));

    for (uint64_t i = 1; i <= s->count; i++) {
        auto_buf struct buf name = BUF_INIT(TEXT_MAX);
        json_t *row = NULL;

        if (s->to != NULL && number_text(&name, image_of(s->to), i, err) != 0)
            return -1;
        if (s->count > 1 && set_seed(f, seed + i, err) != 0)
            return -1;
        if (build_one(&row, s, t, f, s->to != NULL ? buf_text(&name) : NULL, err) != 0)
            return -1;
        if (json_array_append_new(rows, row) != 0)
            return err_set(err, ERR_NOMEM, "fixture");
    }
    return t != NULL ? fixture_target_commit(t, err) : 0;
}

static enum cli_status build(void *settings, struct err *err)
{
    const struct build_settings *s = settings;
    auto_fixture struct fixture *f = NULL;
    auto_target struct fixture_target *t = NULL;
    json_t *rows;

    if (check_where(s, err) != 0 || fixture_find(&f, s->common.words[0], err) != 0 ||
        change(f, s, err) != 0 || open_target(&t, s, err) != 0)
        return CLI_FAILURE;
    rows = json_array();
    if (build_all(rows, s, t, f, err) != 0) {
        json_decref(rows);
        /* Who names a registry is not told how to start or name a server. */
        return err->code == ERR_UNREACHABLE && t != NULL ? cli_fail("fixture build", err)
                                                         : CLI_FAILURE;
    }
    return print_rows(rows, s->common.json);
}

const struct command fixture_build_command = {
    .name = "build",
    .summary = "build an image and put it somewhere",
    .examples =
        "ocimock fixture build app-v1 --to team/app:v1\n"
        "ocimock fixture build hello --archive hello.tar && podman load -i hello.tar\n"
        "ocimock fixture build random layers=3 size=1MiB seed=7 --layout ./layout\n"
        "ocimock fixture build mine.yaml --to https://registry.test/team/app:v1 --user bob\n"
        "ocimock fixture build random --count 1000 --to load/app-{n}:v1\n"
        "ocimock fixture build hello --wrong truncated-gzip --platform linux/arm64",
    .about =
        "Builds the image of a recipe: a built-in one (ocimock fixture list), with settings in "
        "parentheses, or a file. KEY=VALUE changes the recipe. Without --layout, --archive, "
        "--dry-run or a URL it goes to the running server, which takes what is wrong as it "
        "is; registries that it is pushed to will not. Prints name and digest.",
    .options = options,
    .option_count = ARRAY_LEN(options),
    .words = {{.name = "RECIPE", .path = true, .names = fixture_recipe_name},
              {.name = "KEY=VALUE", .optional = true, .repeated = true}},
    .asks_server = true,
    .run = build,
    .settings_size = sizeof(struct build_settings),
};
