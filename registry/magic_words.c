/* SPDX-License-Identifier: MIT */
#include "registry/magic_words.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "lib/util/units.h"
#include "lib/util/util.h"

/* Without another word for it, a name does nothing to the token service. */
#define ALL       "{\"op\":\"!token\"}"
#define MANIFESTS "{\"op\":[\"manifest.get\",\"manifest.head\"]}"
#define LAYERS    "{\"op\":\"blob.get\",\"role\":\"layer\"}"
#define BLOBS     "{\"op\":\"blob.get\"}"
#define UPLOADS   "{\"op\":\"upload.*\"}"
#define TOKENS    "{\"op\":\"token\"}"

const struct magic_word magic_faults[] = {
    {"absent", NULL, "{\"answer_as\":\"absent\"}", ALL, "404, as of a repository that never was"},
    {"unauthorized", NULL, "{\"answer_as\":\"unauthorized\"}", ALL, "401 with a challenge"},
    {"denied", NULL, "{\"answer_as\":\"denied\"}", ALL, "403, or 401 for who is not logged in"},
    {"status", "STATUS", "{\"status\":%s}", ALL, "answers with that status"},
    {"delay", "DURATION", "{\"delay\":\"%s\"}", MANIFESTS, "before each answer for a manifest"},
    {"delay-body", "DURATION", "{\"delay_body\":\"%s\"}", LAYERS, "between head and body"},
    {"hold", "GATE", "{\"hold\":\"%s\"}", MANIFESTS, "until that gate is released"},
    {"rate", "SIZE", "{\"rate\":\"%s\"}", LAYERS, "bytes per second"},
    {"drip", "DURATION", "{\"drip\":{\"pieces\":100,\"over\":\"%s\"}}", LAYERS,
     "the body in pieces over that time"},
    {"cut", "OFFSET", "{\"body\":{\"after\":\"%s\",\"do\":\"close\"}}", LAYERS,
     "ends there, with the full length announced"},
    {"stall-after", "OFFSET", "{\"body\":{\"after\":\"%s\",\"do\":\"stall\"}}", LAYERS,
     "silence from there on"},
    {"reset-after", "OFFSET", "{\"body\":{\"after\":\"%s\",\"do\":\"reset\"}}", LAYERS,
     "RST from there on"},
    {"stall", NULL, "{\"connection\":\"stall\"}", ALL, "no answer at all"},
    {"reset", NULL, "{\"connection\":\"reset\"}", ALL, "RST instead of an answer"},
    {"drop", NULL, "{\"connection\":\"drop\"}", ALL, "FIN instead of an answer"},
    {"garbage", NULL, "{\"connection\":\"garbage\"}", ALL, "an answer that is no HTTP"},
    {"bad-chunk", NULL, "{\"connection\":\"bad-chunk\"}", LAYERS, "chunks that lie"},
    {"close-idle", NULL, "{\"connection\":\"close-idle\"}", ALL,
     "the connection ends behind the answer, unannounced"},
    {"flip", "NUMBER", "{\"content\":{\"flip\":[%s]}}", LAYERS, "that byte is wrong"},
    {"truncate", "SIZE", "{\"content\":{\"truncate\":\"%s\"}}", LAYERS,
     "shorter, with an honest length"},
    {"range", "HOW", "{\"range\":\"%s\"}", BLOBS,
     "of Range requests: ignore, shift, wrong-header or refuse"},
    {"digest-header", "HOW", "{\"digest_header\":\"%s\"}", MANIFESTS,
     "Docker-Content-Digest: wrong or missing"},
    {"length-header", "HOW", "{\"length_header\":\"%s\"}", ALL, "Content-Length: wrong or missing"},
    {"type-header", "HOW", "{\"type_header\":\"%s\"}", MANIFESTS, "Content-Type: wrong or missing"},
    {"token", "HOW", "{\"token\":\"%s\"}", TOKENS,
     "one that is expired, not-yet, wrong-audience, wrong-issuer, wrong-key, no-grant or garbage"},
    {"challenge", "HOW", "{\"challenge\":\"%s\"}", ALL,
     "of a 401: missing, malformed, basic or other-scope"},
    {"lose-upload", NULL, "{\"upload\":{\"lose\":true}}",
     "{\"op\":[\"upload.patch\",\"upload.put\"]}", "the upload session is gone"},
    {"slow-upload", "SIZE", "{\"upload\":{\"slow_read\":\"%s\"}}", UPLOADS,
     "reads so many bytes per second"},
    {.word = NULL},
};

/* Of these, `then` is merged into what the faults do, `when` into whom they do it to. */
const struct magic_word magic_limits[] = {
    {"times", "COUNT", NULL, "{\"nth\":{\"times\":%s}}", "so often, then never again"},
    {"from", "COUNT", NULL, "{\"nth\":{\"from\":%s}}", "not before the request of that number"},
    {"every", "COUNT", NULL, "{\"nth\":{\"every\":%s}}", "each so many-th request"},
    {"retry-after", "NUMBER", "{\"headers\":{\"set\":{\"Retry-After\":\"%s\"}}}", NULL,
     "seconds, as a header"},
    {"on-manifest", NULL, NULL, MANIFESTS, "requests for manifests"},
    {"on-head", NULL, NULL, "{\"op\":\"manifest.head\"}", "HEAD of manifests"},
    {"on-config", NULL, NULL, "{\"op\":\"blob.get\",\"role\":\"config\"}", "configurations"},
    {"on-layer", NULL, NULL, LAYERS, "layers"},
    {"on-blob", NULL, NULL, BLOBS, "configurations and layers"},
    {"on-push", NULL, NULL, "{\"op\":[\"upload.*\",\"manifest.put\"]}", "pushes"},
    {"on-token", NULL, NULL, TOKENS, "the token service, when it is asked for the repository"},
    {"id", "NAME", NULL, NULL, "counts apart from other names: of a test run, for instance"},
    {.word = NULL},
};

/* --- Words --------------------------------------------------------------------------------------
 */

/* The value in a word of the table: "" where there is none, NULL when it is another word. */
static const char *value_in(const char *text, const struct magic_word *w)
{
    size_t n = strlen(w->word);

    if (strncmp(text, w->word, n) != 0)
        return NULL;
    if (text[n] == '-' && w->value != NULL)
        return text + n + 1;
    return text[n] == '\0' ? text + n : NULL;
}

/* The longest that fits: "delay-body-2s" is no delay of "body-2s". */
const struct magic_word *magic_word_find(const struct magic_word *table, const char *text,
                                         const char **ret_value)
{
    const struct magic_word *found = NULL;

    for (; table->word != NULL; table++) {
        const char *value = value_in(text, table);

        if (value == NULL || (found != NULL && strlen(found->word) > strlen(table->word)))
            continue;
        found = table;
        *ret_value = value;
    }
    return found;
}

/* --- Values -------------------------------------------------------------------------------------
 */

static bool is_number(const char *text)
{
    size_t n = strspn(text, "0123456789");

    return n > 0 && n <= 9 && text[n] == '\0' && (text[0] != '0' || n == 1);
}

static bool is_count(const char *text)
{
    return is_number(text) && text[0] != '0';
}

static bool is_status(const char *text)
{
    return is_number(text) && strlen(text) == 3 && text[0] >= '2';
}

static bool is_size(const char *text)
{
    uint64_t ignored;

    return units_parse_size(&ignored, text, NULL) == 0;
}

static bool is_share(const char *text)
{
    size_t n = strspn(text, "0123456789");

    return n > 0 && n <= 3 && strcmp(text + n, "p") == 0;
}

static bool is_offset(const char *text)
{
    return is_share(text) || is_size(text);
}

static bool is_duration(const char *text)
{
    uint64_t ignored;

    return units_parse_duration(&ignored, text, NULL) == 0;
}

static bool is_word(const char *text)
{
    return *text != '\0';
}

/* What the tables call values. */
static const struct kind {
    const char *name;
    const char *wanted;
    bool (*is)(const char *text);
} kinds[] = {
    {"STATUS", "a status such as 503", is_status},
    {"NUMBER", "a number", is_number},
    {"COUNT", "a number from 1", is_count},
    {"SIZE", "a size such as 64k or 1m", is_size},
    {"OFFSET", "a place such as 64k, 1m or 50p (percent)", is_offset},
    {"DURATION", "a time such as 500ms, 30s or 2m", is_duration},
    {"GATE", "the name of a gate", is_word},
    {"NAME", "a name", is_word},
    {"HOW", "a word", is_word}, /* rules know which there are */
};

static const struct kind *kind_of(const struct magic_word *w)
{
    size_t i = 0;

    while (strcmp(kinds[i].name, w->value) != 0) {
        i++;
        ASSERT(i < ARRAY_LEN(kinds));
    }
    return &kinds[i];
}

bool magic_word_settle(const struct magic_word *w, const char *value, char dst[MAGIC_VALUE_MAX])
{
    size_t n = strspn(value, "abcdefghijklmnopqrstuvwxyz0123456789_-");

    dst[0] = '\0';
    if (w->value == NULL)
        return true;
    if (n >= MAGIC_VALUE_MAX || value[n] != '\0' || !kind_of(w)->is(value))
        return false;
    (void)snprintf(dst, MAGIC_VALUE_MAX, "%s", value);
    if (kind_of(w)->is == is_offset && is_share(value))
        dst[n - 1] = '%';
    return true;
}

bool magic_word_is_offset(const struct magic_word *w)
{
    return w->value != NULL && kind_of(w)->is == is_offset;
}

const char *magic_word_wants(const struct magic_word *w)
{
    return kind_of(w)->wanted;
}
