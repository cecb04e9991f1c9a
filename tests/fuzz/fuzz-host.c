/* SPDX-License-Identifier: MIT */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "auth/base_url.h"
#include "auth/challenge_format.h"
#include "lib/http/request.h"
#include "lib/util/buf.h"

enum { LINES = 5 };

/* Lines: Host, Forwarded, X-Forwarded-Proto, -Host, -Port. Whatever they say, the address is one,
   and the challenge on it has one pair of quotes per parameter. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[LINES] = {"Host", "Forwarded", "X-Forwarded-Proto",
                                             "X-Forwarded-Host", "X-Forwarded-Port"};
    static const char *const proxies[] = {"127.0.0.0/8"};
    auto_free char *text = fuzz_text(data, size);
    struct http_header headers[LINES];
    struct http_request req = {.headers = headers};
    const struct base_url_facts facts = {
        .req = &req, .peer = "127.0.0.1:1", .listener = "http://127.0.0.1:2"};
    auto_buf struct buf b = BUF_INIT(4096);
    char base[BASE_URL_MAX + 1];
    struct base_url *config;
    char *rest = text;

    for (char *line; (line = strsep(&rest, "\n")) != NULL && req.header_count < LINES;) {
        if (*line != '\0')
            headers[req.header_count] = (struct http_header){names[req.header_count], line};
        else
            headers[req.header_count] = (struct http_header){"Empty", ""};
        req.header_count++;
    }
    MUST(base_url_new(&config, NULL, proxies, 1, NULL) == 0);
    base_url_of(config, &facts, base, sizeof(base));
    MUST(strncmp(base, "http://", 7) == 0 || strncmp(base, "https://", 8) == 0);
    MUST(base_url_is_host(strstr(base, "://") + 3));
    challenge_format_bearer(&b, &(struct challenge){.realm = base, .service = text});
    for (const char *p = buf_text(&b); *p != '\0'; p++)
        MUST(*p >= ' ' && *p < 0x7f);
    base_url_free(config);
    return 0;
}
