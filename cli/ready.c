/* SPDX-License-Identifier: MIT */
#include "cli/ready.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/http/server.h"
#include "lib/util/buf.h"
#include "lib/util/err.h"
#include "lib/util/util.h"

void ready_format(struct buf *b, struct http_listener *const *listeners, size_t count,
                  const char *control_url)
{
    (void)buf_append_text(b, "ocimock: ready registry=");
    for (size_t i = 0; i < count; i++)
        (void)buf_appendf(b, "%s%s", i > 0 ? "," : "", http_listener_url(listeners[i]));
    if (control_url != NULL)
        (void)buf_appendf(b, " control=%s", control_url);
    (void)buf_append_char(b, '\n');
}

int ready_write(int fd, const char *text, struct err *err)
{
    size_t left = strlen(text);

    while (left > 0) {
        ssize_t n = write(fd, text, left);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_sys(err, "cannot write the ready line to descriptor %d", fd);
        text += n;
        left -= (size_t)n;
    }
    return 0;
}

static int write_and_rename(const char *path, const char *text, struct err *err)
{
    auto_free char *temporary = NULL;
    auto_close int fd = -1;

    if (asprintf(&temporary, "%s.XXXXXX", path) < 0) {
        temporary = NULL;
        return err_set(err, ERR_NOMEM, "port file");
    }
    fd = mkostemp(temporary, O_CLOEXEC);
    if (fd < 0)
        return err_sys(err, "cannot write the port file %s", path);
    if (fchmod(fd, 0644) != 0 || ready_write(fd, text, err) != 0 || rename(temporary, path) != 0) {
        (void)err_sys(err, "cannot write the port file %s", path);
        (void)unlink(temporary);
        return -1;
    }
    return 0;
}

int ready_write_port_file(const char *path, struct http_listener *const *listeners, size_t count,
                          struct err *err)
{
    auto_buf struct buf b = BUF_INIT(64 * 1024);

    for (size_t i = 0; i < count; i++)
        (void)buf_appendf(&b, "%s\n", http_listener_url(listeners[i]));
    if (buf_check(&b, "port file", err) != 0)
        return -1;
    return write_and_rename(path, buf_text(&b), err);
}
