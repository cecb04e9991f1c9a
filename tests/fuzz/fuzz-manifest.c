/* SPDX-License-Identifier: MIT */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "lib/util/digest.h"
#include "lib/util/err.h"
#include "registry/manifest_doc.h"

static void check_descriptor(const struct manifest_descriptor *d)
{
    MUST(d->media_type != NULL && d->digest != NULL);
    MUST(digest_is_wellformed(d->digest));
}

static void check_doc(const struct manifest_doc *doc)
{
    struct digest digest;

    MUST(strlen(doc->media_type) > 0 && strlen(doc->media_type) <= MANIFEST_DOC_MEDIA_TYPE_MAX);
    MUST(manifest_kind_of(doc->media_type) == doc->kind);
    if (doc->config != NULL)
        check_descriptor(doc->config);
    for (size_t i = 0; i < doc->layer_count; i++)
        check_descriptor(&doc->layers[i]);
    for (size_t i = 0; i < doc->manifest_count; i++)
        check_descriptor(&doc->manifests[i]);
    if (doc->subject != NULL)
        MUST(digest_parse(&digest, doc->subject->digest, NULL) == 0);
}

/* The first line is the Content-Type, what follows the body. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *end = size > 0 ? memchr(data, '\n', size) : NULL;
    size_t head = end != NULL ? (size_t)(end - data) : 0;
    size_t body = end != NULL ? head + 1 : 0;
    auto_free char *content_type = fuzz_text(data, head);
    const struct manifest_doc_options options = {
        .content_type = content_type, .match_media_type = size % 2 == 0, .max = 65536};
    struct manifest_doc *doc = NULL;
    struct err err = {0};

    if (manifest_doc_parse(&doc, data + body, size - body, &options, &err) != 0) {
        MUST(doc == NULL && err.msg[0] != '\0');
        return 0;
    }
    check_doc(doc);
    manifest_doc_free(doc);
    return 0;
}
