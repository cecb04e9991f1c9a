/* SPDX-License-Identifier: MIT */
/* cli/client.c against the real server in a thread's place: a child process. */
#include "cli/client.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <jansson.h>

#include "lib/http/exchange.h"
#include "lib/http/loop.h"
#include "lib/http/request.h"
#include "lib/http/server.h"
#include "lib/util/buf.h"
#include "lib/util/err.h"
#include "lib/util/util.h"
#include "tests/tap/tap.h"

static void url_is(const char *address, const char *want)
{
    char *url = NULL;
    struct err err = {0};

    ok(client_url(&url, address, &err) == 0, "'%s' is an address: %s", address, err.msg);
    is_str(url, want, "'%s' becomes %s", address, want);
    free(url);
}

static void test_url(void)
{
    char *url;
    struct err err;

    url_is("127.0.0.1:5000", "http://127.0.0.1:5000");
    url_is("0.0.0.0:5000", "http://127.0.0.1:5000");
    url_is(":5000", "http://127.0.0.1:5000");
    url_is("[::]:5000", "http://[::1]:5000");
    url_is("[::1]:5000", "http://[::1]:5000");
    url_is("localhost:5000/", "http://localhost:5000");
    url_is("https://0.0.0.0:5443/", "https://127.0.0.1:5443");
    url_is("http://registry.example:80/a/b", "http://registry.example:80/a/b");
    is_int(client_url(&url, "ftp://x", &err), -1, "another scheme");
    is_str(err.msg, "'ftp://x' is no http or https URL", "is refused");
    is_int(client_url(&url, "", &err), -1, "so is nothing");
    is_int(client_url(&url, "http://", &err), -1, "and a scheme alone");
    is_int(client_url(&url, "a b", &err), -1, "and a blank");
}

/* --- A server that says what it was asked -------------------------------------------------------
 */

static void on_data(void *arg, const void *p, size_t n)
{
    struct http_exchange *x = arg;

    (void)buf_append(http_exchange_data(x), p, n);
}

static void on_end(void *arg)
{
    struct http_exchange *x = arg;
    const struct http_request *req = http_exchange_request(x);
    const struct buf *body = http_exchange_data(x);
    const char *token = http_request_header(req, "Authorization");
    char text[1000];

    (void)snprintf(text, sizeof(text), "%s %s %s [%s]", req->method_text, req->target,
                   token == NULL ? "-" : token, buf_text(body));
    http_reply_begin(x, strcmp(req->path, "/missing") == 0 ? 404 : 200);
    http_reply_header(x, "Content-Type", "text/plain");
    http_reply_header(x, "Location", "/there?x=y");
    http_reply_header(x, "WWW-Authenticate", "Bearer realm=\"r\"");
    http_reply_text(x, text, strlen(text));
    http_reply_send(x);
}

static void on_failed(void *arg, const struct err *err)
{
    (void)arg;
    (void)err;
}

static void on_request(struct http_exchange *x, void *arg)
{
    static const struct http_sink sink = {.data = on_data, .end = on_end, .failed = on_failed};
    struct buf *body = calloc(1, sizeof(*body));

    (void)arg;
    body->max = 10000;
    http_exchange_set_data(x, body);
    if (http_request_has_body(http_exchange_request(x)))
        http_body_read(x, &sink, x, UINT64_MAX);
    else
        on_end(x);
}

static void on_ended(struct http_exchange *x, void *arg)
{
    struct buf *body = http_exchange_data(x);

    (void)arg;
    if (body != NULL)
        buf_done(body);
    free(body);
}

/* Runs a server in this process and writes its URL to fd; ends by a signal. */
static void serve(int fd)
{
    struct http_server_options options = {.app = {.request = on_request, .ended = on_ended},
                                          .limits = HTTP_LIMITS_DEFAULT};
    struct http_server *server;
    struct http_listener *listener;
    struct loop *loop;
    const char *url;

    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (loop_new(&loop, 1, NULL) != 0)
        _exit(1);
    options.loop = loop;
    if (http_server_new(&server, &options, NULL) != 0 ||
        http_server_listen(server, &listener, "127.0.0.1:0", NULL, NULL, NULL) != 0)
        _exit(1);
    url = http_listener_url(listener);
    if (write(fd, url, strlen(url) + 1) < 0)
        _exit(1);
    (void)loop_run(loop, NULL);
    _exit(0);
}

static struct client *client;

static void reply_is(const char *method, const char *path, json_t *body, long status,
                     const char *want)
{
    struct client_reply reply = {0};
    struct err err = {0};

    ok(client_request(client, method, path, body, &reply, &err) == 0, "%s %s: %s", method, path,
       err.msg);
    is_int(reply.status, status, "has its status");
    is_str(reply.body, want, "and its body");
    is_str(reply.content_type, "text/plain", "and its type");
    client_reply_done(&reply);
    json_decref(body);
}

static void test_requests(const char *url)
{
    struct client_options options = {.url = url, .timeout = 10000};
    struct err err = {0};

    ok(client_new(&client, &options, &err) == 0, "a client: %s", err.msg);
    reply_is("GET", "/a?b=c", NULL, 200, "GET /a?b=c - []");
    reply_is("POST", "/p", json_pack("{s:i}", "n", 5), 200, "POST /p - [{\"n\":5}]");
    reply_is("GET", "/again", NULL, 200, "GET /again - []");
    reply_is("PUT", "/p", json_pack("[i]", 1), 200, "PUT /p - [[1]]");
    reply_is("DELETE", "/d", NULL, 200, "DELETE /d - []");
    reply_is("POST", "/missing", json_pack("{}"), 404, "POST /missing - [{}]");
    client_free(client);
    options.token = "secret-token";
    ok(client_new(&client, &options, &err) == 0, "a client with a token: %s", err.msg);
    reply_is("GET", "/", NULL, 200, "GET / Bearer secret-token []");
    client_free(client);
    client_free(NULL);
}

static void read_letters(const void *arg, uint64_t offset, void *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        ((char *)p)[i] = (char)(*(const char *)arg + (offset + i) % 3);
}

static void send_is(const struct client_message *m, const char *want)
{
    struct client_reply reply = {0};
    struct err err = {0};

    ok(client_send(client, m, &reply, &err) == 0, "%s %s: %s", m->method, m->url, err.msg);
    is_str(reply.body, want, "is what was asked");
    is_str(reply.location, "/there?x=y", "the place it names is known");
    is_str(reply.challenge, "Bearer realm=\"r\"", "and the challenge");
    client_reply_done(&reply);
}

static void test_messages(const char *url)
{
    struct client_options options = {.url = url, .token = "never-sent", .timeout = 10000};
    char absolute[200];

    ok(client_new(&client, &options, NULL) == 0, "a client");
    send_is(&(struct client_message){.method = "PUT", .url = "/b?c", .data = "text", .size = 4},
            "PUT /b?c - [text]");
    send_is(&(struct client_message){.method = "POST", .url = "/none"}, "POST /none - []");
    send_is(&(struct client_message){.method = "PUT",
                                     .url = "/made",
                                     .authorization = "Basic x",
                                     .size = 5,
                                     .read = read_letters,
                                     .arg = "a"},
            "PUT /made Basic x [abcab]");
    (void)snprintf(absolute, sizeof(absolute), "%s/abs", url);
    send_is(&(struct client_message){.method = "GET", .url = absolute}, "GET /abs - []");
    reply_is("POST", "/p", json_pack("{}"), 200, "POST /p Bearer never-sent [{}]");
    client_free(client);
}

static void test_nobody(void)
{
    const struct client_options options = {.url = "127.0.0.1:1", .timeout = 10000};
    struct client_reply reply;
    struct err err = {0};

    ok(client_new(&client, &options, &err) == 0, "a client: %s", err.msg);
    is_int(client_request(client, "GET", "/", NULL, &reply, &err), -1, "where nobody listens");
    is_int(err.code, ERR_UNREACHABLE, "no server answers: %s", err.msg);
    client_free(client);
}

int main(void)
{
    char url[100] = "";
    int fds[2];
    pid_t child;

    plan_lazy();
    test_url();
    ok(pipe(fds) == 0, "a pipe");
    child = fork();
    if (child == 0)
        serve(fds[1]);
    ok(read(fds[0], url, sizeof(url) - 1) > 0, "a server");
    if (client_library_version() == NULL) {
        skip("libcurl is not installed");
    } else {
        test_requests(url);
        test_messages(url);
        test_nobody();
    }
    (void)kill(child, SIGTERM);
    (void)waitpid(child, NULL, 0);
    done_testing();
}
