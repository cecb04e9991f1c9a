/* SPDX-License-Identifier: MIT */
#include "cli/ready.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/http/loop.h"
#include "lib/http/server.h"
#include "lib/util/buf.h"
#include "lib/util/err.h"
#include "tests/tap/tap.h"

static struct loop *loop;
static struct http_server *server;
static struct http_listener *listeners[2];

static void set_up(void)
{
    struct http_server_options options = {.limits = HTTP_LIMITS_DEFAULT};

    ok(loop_new(&loop, 1, NULL) == 0, "a loop");
    options.loop = loop;
    ok(http_server_new(&server, &options, NULL) == 0 &&
           http_server_listen(server, &listeners[0], "127.0.0.1:0", NULL, NULL, NULL) == 0 &&
           http_server_listen(server, &listeners[1], "127.0.0.1:0", NULL, NULL, NULL) == 0,
       "a server with two listeners");
}

static void test_line(void)
{
    auto_buf struct buf b = BUF_INIT(1000);
    char want[300];

    ready_format(&b, listeners, 1, NULL);
    (void)snprintf(want, sizeof(want), "ocimock: ready registry=%s\n",
                   http_listener_url(listeners[0]));
    is_str(buf_text(&b), want, "one listener");
    buf_reset(&b);
    ready_format(&b, listeners, 2, "http://127.0.0.1:5001");
    (void)snprintf(want, sizeof(want),
                   "ocimock: ready registry=%s,%s control=http://127.0.0.1:5001\n",
                   http_listener_url(listeners[0]), http_listener_url(listeners[1]));
    is_str(buf_text(&b), want, "two listeners and the control API");
}

static void test_port_file(void)
{
    char folder[] = "/tmp/test-ready-XXXXXX";
    char path[100], got[300] = "", want[300];
    struct stat st;
    struct err err = {0};
    int fd;

    ok(mkdtemp(folder) != NULL, "a folder");
    (void)snprintf(path, sizeof(path), "%s/ports", folder);
    ok(ready_write_port_file(path, listeners, 2, &err) == 0, "a port file: %s", err.msg);
    fd = open(path, O_RDONLY);
    ok(read(fd, got, sizeof(got) - 1) > 0, "is there");
    (void)close(fd);
    (void)snprintf(want, sizeof(want), "%s\n%s\n", http_listener_url(listeners[0]),
                   http_listener_url(listeners[1]));
    is_str(got, want, "with a URL in each line");
    ok(stat(path, &st) == 0 && (st.st_mode & 0777) == 0644, "readable for all");
    (void)unlink(path);
    ok(rmdir(folder) == 0, "and nothing beside it");
    is_int(ready_write_port_file(path, listeners, 2, &err), -1, "a folder that is not there");
    ok(strstr(err.msg, "cannot write the port file /tmp/") != NULL, "is told: %s", err.msg);
}

static void test_descriptor(void)
{
    struct err err = {0};

    is_int(ready_write(-1, "x", &err), -1, "a bad descriptor");
    ok(strstr(err.msg, "descriptor -1") != NULL, "is told: %s", err.msg);
}

int main(void)
{
    plan_lazy();
    set_up();
    test_line();
    test_port_file();
    test_descriptor();
    http_server_free(server);
    loop_free(loop);
    done_testing();
}
