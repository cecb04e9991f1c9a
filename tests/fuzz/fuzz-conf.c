/* SPDX-License-Identifier: MIT */
#include "tests/fuzz/fuzz.h"

#include <jansson.h>

#include "lib/util/conf.h"
#include "lib/util/err.h"

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
    conf_free(conf);
    return 0;
}
