/* SPDX-License-Identifier: MIT */
/* The control API's frame: patterns, the guard, and a server with a few endpoints over sockets. */
#include "lib/control/control.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <jansson.h>

#include "lib/control/control_guard.h"
#include "lib/control/control_route.h"
#include "lib/http/exchange.h"
#include "lib/http/loop.h"
#include "lib/util/buf.h"
#include "lib/util/err.h"
#include "lib/util/util.h"
#include "tests/tap/tap.h"

#define TOKEN "s3cret-token"

static struct loop *loop;
static struct control *control;
static const char *url;
static int wake_fds[2];
static int gone;
static char world_a[] = "a";
static char world_default[] = "default";

static void test_routes(void)
{
    static const struct {
        const char *pattern, *path, *name, *value;
    } rows[] = {
        {"/rules", "/rules", NULL, NULL},
        {"/rules", "/rules/", "-", NULL},
        {"/rules/{id}", "/rules/x", "id", "x"},
        {"/rules/{id}", "/rules/", "-", NULL},
        {"/rules/{id}", "/rules/x/y", "-", NULL},
        {"/images:retag", "/images:retag", NULL, NULL},
        {"/gates/{name}:release", "/gates/a:b:release", "name", "a:b"},
        {"/gates/{name}:release", "/gates/:release", "-", NULL},
        {"/gates/{name}:release", "/gates/x:close", "-", NULL},
        {"/images/{image...}", "/images/team/app:v1", "image", "team/app:v1"},
        {"/a/{x}/{y}", "/a/1/2", "y", "2"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct control_parameters p;
        bool fits = control_route_match(rows[i].pattern, rows[i].path, &p);
        bool refused = rows[i].name != NULL && strcmp(rows[i].name, "-") == 0;

        ok(fits == !refused, "%s %s %s", rows[i].pattern, refused ? "refuses" : "takes",
           rows[i].path);
        if (fits && rows[i].name != NULL)
            is_str(control_route_value(&p, rows[i].name), rows[i].value, "%s: value", rows[i].path);
    }
}

static void test_guard(void)
{
    static const char *const loopback[] = {"localhost:5001", "127.0.0.1:1", "127.9.9.9", "[::1]:5",
                                           "LocalHost"};
    static const char *const others[] = {"0.0.0.0:5001", "[::]:5001",      "192.0.2.1:5001",
                                         ":5001",        "localhost.evil", "evil.test:5001"};

    for (size_t i = 0; i < ARRAY_LEN(loopback); i++)
        ok(control_guard_is_loopback(loopback[i]), "%s is loopback", loopback[i]);
    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        ok(!control_guard_is_loopback(others[i]), "%s is not", others[i]);
}

/* --- A server ----------------------------------------------------------------------------------
 */

static void echo(struct control_call *call, void *arg)
{
    const json_t *body = control_call_body(call);

    (void)arg;
    control_reply(call, 200,
                  json_pack("{s:O?, s:s, s:s}", "body", body, "id",
                            control_call_parameter(call, "id"), "world",
                            (const char *)control_call_world(call)));
}

static void fail(struct control_call *call, void *arg)
{
    struct err err;

    (void)arg;
    (void)err_set(&err, ERR_EXISTS, "it is there");
    control_reply_error(call, &err);
}

static void on_gone(void *arg)
{
    (void)arg;
    gone++;
}

static void wait_for_ever(struct control_call *call, void *arg)
{
    (void)arg;
    control_call_wait(call, on_gone, NULL);
}

static void probe(struct control_call *call, void *arg)
{
    (void)arg;
    control_reply_text(call, 200, "text/plain", strdup("alive\n"));
}

static const struct control_endpoint endpoints[] = {
    {HTTP_METHOD_PUT, "/echo/{id}", .world = true, .has_body = true, .handle = echo, .help = "e"},
    {HTTP_METHOD_GET, "/fail", .handle = fail, .help = "f"},
    {HTTP_METHOD_GET, "/wait", .handle = wait_for_ever, .help = "w"},
    {HTTP_METHOD_GET, "/livez", .top = true, .open = true, .handle = probe, .help = "l"},
    {.pattern = NULL},
};

static void *find_world(const char *name, void *arg)
{
    (void)arg;
    if (strcmp(name, "default") == 0)
        return world_default;
    return strcmp(name, "a") == 0 ? world_a : NULL;
}

static void on_stopped(void *arg)
{
    (void)arg;
    loop_stop(loop);
}

static void on_stop_wanted(void *arg)
{
    (void)arg;
    control_stop(control, on_stopped, NULL);
}

static void *run(void *arg)
{
    (void)arg;
    (void)loop_run(loop, NULL);
    return NULL;
}

static pthread_t start(const char *token)
{
    struct control_options options = {.token = token, .find_world = find_world};
    pthread_t thread;
    struct err err;

    ASSERT(loop_new(&loop, 1, &err) == 0);
    options.loop = loop;
    ASSERT(pipe(wake_fds) == 0);
    ASSERT(loop_on_readable(loop, wake_fds[0], on_stop_wanted, NULL, &err) == 0);
    ASSERT(control_new(&control, &options, &err) == 0);
    ASSERT(control_register(control, endpoints, NULL, &err) == 0);
    ASSERT(control_listen(control, "127.0.0.1:0", &url, &err) == 0);
    ASSERT(pthread_create(&thread, NULL, run, NULL) == 0);
    return thread;
}

static void stop(pthread_t thread)
{
    (void)write(wake_fds[1], "x", 1);
    (void)pthread_join(thread, NULL);
    control_free(control);
    loop_free(loop);
    (void)close(wake_fds[0]);
    (void)close(wake_fds[1]);
}

static int dial(void)
{
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct timeval patience = {.tv_sec = 10};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    in.sin_port = htons((uint16_t)strtoul(strrchr(url, ':') + 1, NULL, 10));
    ASSERT(fd >= 0);
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    ASSERT(connect(fd, (struct sockaddr *)&in, sizeof(in)) == 0);
    return fd;
}

/* Sends a request and checks that the answer has both texts. */
static void expect(const char *line, const char *headers, const char *body, const char *status,
                   const char *has, const char *name)
{
    auto_buf struct buf got = BUF_INIT(1 << 20);
    char head[1024], chunk[4096];
    int fd = dial();
    ssize_t n;

    (void)snprintf(
        head, sizeof(head), "%s HTTP/1.1\r\nConnection: close\r\n%s%sContent-Length: %zu\r\n\r\n",
        line, strstr(headers, "Host:") == NULL ? "Host: localhost\r\n" : "", headers, strlen(body));
    (void)send(fd, head, strlen(head), MSG_NOSIGNAL);
    (void)send(fd, body, strlen(body), MSG_NOSIGNAL);
    while ((n = recv(fd, chunk, sizeof(chunk), 0)) > 0)
        (void)buf_append(&got, chunk, (size_t)n);
    (void)close(fd);
    ok(strncmp(buf_text(&got) + 9, status, 3) == 0, "%s: %s", name, status);
    if (!ok(strstr(buf_text(&got), has) != NULL, "%s: says what it should", name))
        diag("%s", buf_text(&got));
}

#define JSON "Content-Type: application/json\r\n"
#define AUTH "Authorization: Bearer " TOKEN "\r\n"

static void test_calls(void)
{
    expect("PUT /control/v1/echo/x", JSON, "{\"a\":1}", "200",
           "{\"body\":{\"a\":1},\"id\":\"x\",\"world\":\"default\"}", "the default world");
    expect("PUT /control/v1/worlds/a/echo/y%20z", JSON, "[]", "200",
           "{\"body\":[],\"id\":\"y z\",\"world\":\"a\"}", "a world by name");
    expect("PUT /control/v1/worlds/none/echo/x", JSON, "{}", "404", "there is no world 'none'",
           "a world that is not there");
    expect("PUT /control/v1/echo/x", "", "", "200", "\"body\":null", "no body");
    expect("PUT /control/v1/echo/x", "Content-Type: text/plain\r\n", "{}", "415",
           "the body must be JSON", "another type");
    expect("PUT /control/v1/echo/x", JSON, "{\"a\":", "400", "SYNTAX", "broken JSON");
    expect("PUT /control/v1/echo/x", JSON, "{\"a\":1,\"a\":2}", "400", "duplicate",
           "twice the key");
    expect("GET /control/v1/fail", "", "", "409",
           "{\"error\":{\"code\":\"EXISTS\",\"message\":\"it is there\"}}", "an error");
    expect("POST /control/v1/fail", JSON, "{}", "405", "Allow: GET\r\n", "another method");
    expect("GET /control/v1/nothing", "", "", "404", "there is no '/control/v1/nothing'",
           "an unknown path");
    expect("GET /control/v1", "", "", "200", "\"path\":\"/control/v1/echo/{id}\"", "the list");
    expect("GET /livez", "", "", "200", "alive", "a path of its own");
    expect("FROB /", "", "", "501", "\"code\":\"HEAD_SYNTAX\"", "an unknown method");
}

static void test_large_body(void)
{
    struct buf b;

    buf_init(&b, 1 << 20);
    (void)buf_append_text(&b, "[0");
    for (int i = 0; i < 200000; i++)
        (void)buf_append_text(&b, ",1");
    (void)buf_append_text(&b, "]");
    expect("PUT /control/v1/echo/x", JSON, buf_text(&b), "200", "\"id\":\"x\"",
           "a body that is parsed in a job");
    buf_done(&b);
}

static void test_origins(void)
{
    expect("GET /livez", "Origin: http://evil.test\r\n", "", "403", "http://evil.test",
           "a foreign page");
    expect("GET /livez", "Origin: null\r\n", "", "403", "refused", "a page without an origin");
    expect("GET /livez", "Host: localhost:5001\r\nOrigin: http://localhost:5001\r\n", "", "200",
           "alive", "our own page");
    expect("GET /livez", "Host: evil.test\r\n", "", "403", "is not this machine", "another Host");
}

static void test_gone(void)
{
    int fd = dial();
    char byte;

    (void)send(fd, "GET /control/v1/wait HTTP/1.1\r\nHost: localhost\r\n\r\n", 51, MSG_NOSIGNAL);
    /* The next answer proves that the one before was read. */
    expect("GET /livez", "", "", "200", "alive", "others are served meanwhile");
    is_int(recv(fd, &byte, 1, MSG_DONTWAIT), -1, "a waiting call is not answered");
    (void)shutdown(fd, SHUT_RDWR);
    (void)close(fd);
}

static void test_token(void)
{
    expect("GET /control/v1/fail", "", "", "401", "WWW-Authenticate: Bearer", "no token");
    expect("GET /control/v1/nothing", "", "", "401", "token", "no token, unknown path");
    expect("GET /control/v1/fail", "Authorization: Bearer wrong\r\n", "", "401", "token",
           "wrong token");
    expect("GET /control/v1/fail", "Authorization: Basic " TOKEN "\r\n", "", "401", "token",
           "another scheme");
    expect("GET /control/v1/fail", AUTH, "", "409", "it is there", "right token");
    expect("GET /livez", "", "", "200", "alive", "a probe needs none");
}

static void test_needs_token(void)
{
    struct control_options options = {.token = NULL};
    struct control *c;
    struct err err;

    ASSERT(loop_new(&loop, 1, &err) == 0);
    options.loop = loop;
    is_int(control_new(&c, &options, &err), 0, "without a token");
    is_int(control_listen(c, "0.0.0.0:0", &url, &err), -1, "it does not listen on all addresses");
    is_int(err.code, ERR_USAGE, "and says that it is a matter of usage");
    control_free(c);
    loop_free(loop);
}

int main(void)
{
    pthread_t thread;

    plan_lazy();
    test_routes();
    test_guard();
    thread = start(NULL);
    test_calls();
    test_large_body();
    test_origins();
    test_gone();
    stop(thread);
    is_int(gone, 1, "a handler hears that the asker left");
    thread = start(TOKEN);
    test_token();
    stop(thread);
    test_needs_token();
    done_testing();
}
