/* SPDX-License-Identifier: MIT */
#include "tests/fuzz/fuzz.h"

#include <jansson.h>

#include "lib/util/buf.h"
#include "lib/util/conf.h"
#include "lib/util/conf_print.h"
#include "lib/util/err.h"

/* What is printed reads back as the same tree, unless it has become too large for that. */
static void round_trip(const struct conf *conf)
{
    auto_buf struct buf b = BUF_INIT(CONF_FILE_MAX);
    struct conf *again = NULL;
    struct err err = {0};

    conf_print(&b, conf_root(conf));
    if (b.failed)
        return;
    MUST(conf_parse(&again, "again.yaml", buf_text(&b), b.len, &err) == 0 || err.code == ERR_LIMIT);
    MUST(again == NULL || json_equal(conf_root(conf), conf_root(again)));
    conf_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err err = {0};
    struct conf *conf = NULL;

    if (conf_parse(&conf, "fuzz.yaml", (const char *)data, size, &err) != 0) {
        MUST(conf == NULL && err.msg[0] != '\0');
        return 0;
    }
    MUST(json_is_object(conf_root(conf)));
    (void)conf_line(conf, "a.b[0].c");
    round_trip(conf);
    conf_free(conf);
    return 0;
}
