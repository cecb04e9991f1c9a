/* SPDX-License-Identifier: MIT */
#include "cli/world_text.h"

#include "lib/util/buf.h"
#include "lib/util/util.h"
#include "tests/tap/tap.h"

enum { TEXT_MAX = 4096 };

static const struct world_text plain = {
    .url = "http://127.0.0.1:40123", .account = "t42", .secret = "s3cret"};
static const struct world_text prefixed = {
    .url = "http://127.0.0.1:5000", .prefix = "team/t42", .account = "t42", .secret = "s3cret"};
static const struct world_text nobody = {.url = "http://[::1]:5000"};
static const struct world_text tls = {.url = "https://127.0.0.1:5443", .ca = "/tls/a \"b\"/ca.crt"};
static const struct world_text foreign = {.url = "https://127.0.0.1:5443"};

static const struct {
    void (*write)(struct buf *b, const struct world_text *t);
    const struct world_text *t;
    const char *name;
    const char *want;
} rows[] = {
    {world_text_location, &plain, "location", "127.0.0.1:40123"},
    {world_text_location, &prefixed, "location with a prefix", "127.0.0.1:5000/team/t42"},
    {world_text_dockerconfigjson, &plain, "config.json",
     "{\"auths\":{\"127.0.0.1:40123\":{\"auth\":\"dDQyOnMzY3JldA==\"}}}"},
    {world_text_dockerconfigjson, &prefixed, "config.json with a prefix",
     "{\"auths\":{\"127.0.0.1:5000/team/t42\":{\"auth\":\"dDQyOnMzY3JldA==\"}}}"},
    {world_text_dockerconfigjson, &nobody, "config.json of nobody", "{\"auths\":{}}"},
    {world_text_registries_conf, &plain, "registries.conf",
     "[[registry]]\nlocation = \"127.0.0.1:40123\"\ninsecure = true\n"},
    {world_text_registries_conf, &prefixed, "registries.conf with a prefix",
     "[[registry]]\nlocation = \"127.0.0.1:5000/team/t42\"\ninsecure = true\n"},
    {world_text_registries_conf, &tls, "registries.conf with a CA",
     "[[registry]]\nlocation = \"127.0.0.1:5443\"\n"
     "# trusted with /tls/a \"b\"/ca.crt as /etc/containers/certs.d/127.0.0.1:5443/ca.crt\n"},
    {world_text_registries_conf, &foreign, "registries.conf with a CA that is not known",
     "[[registry]]\nlocation = \"127.0.0.1:5443\"\ninsecure = true # or trust its CA\n"},
    {world_text_hosts_toml, &plain, "hosts.toml",
     "server = \"http://127.0.0.1:40123\"\n\n[host.\"http://127.0.0.1:40123\"]\n"
     "  capabilities = [\"pull\", \"resolve\", \"push\"]\n"},
    {world_text_hosts_toml, &tls, "hosts.toml with a CA",
     "server = \"https://127.0.0.1:5443\"\n\n[host.\"https://127.0.0.1:5443\"]\n"
     "  capabilities = [\"pull\", \"resolve\", \"push\"]\n  ca = \"/tls/a \\\"b\\\"/ca.crt\"\n"},
    {world_text_hosts_toml, &foreign, "hosts.toml with a CA that is not known",
     "server = \"https://127.0.0.1:5443\"\n\n[host.\"https://127.0.0.1:5443\"]\n"
     "  capabilities = [\"pull\", \"resolve\", \"push\"]\n  skip_verify = true\n"},
};

int main(void)
{
    plan_lazy();
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        auto_buf struct buf b = BUF_INIT(TEXT_MAX);

        rows[i].write(&b, rows[i].t);
        is_str(buf_text(&b), rows[i].want, "%s", rows[i].name);
    }
    done_testing();
}
