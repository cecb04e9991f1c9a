/* SPDX-License-Identifier: MIT */
#include "lib/util/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <unistd.h>

#include "lib/util/buf.h"
#include "lib/util/err.h"
#include "lib/util/util.h"

enum { PIECE = 64 * 1024 };

/* One more piece, which is put into no buffer when that is full. *ret_end: nothing is left. */
static int read_piece(struct buf *to, int fd, const char *path, bool *ret_end, struct err *err)
{
    size_t left = to->max - to->len;
    size_t want = left < PIECE ? left : PIECE;
    char beyond = 0;
    char *room = left > 0 ? buf_room(to, want) : &beyond;
    ssize_t n;

    if (room == NULL)
        return buf_check(to, path, err);
    do {
        n = read(fd, room, left > 0 ? want : 1);
    } while (n < 0 && errno == EINTR);
    if (n < 0)
        return err_sys(err, "%s", path);
    if (n > 0 && left == 0)
        return err_set(err, ERR_LIMIT, "%s: larger than %zu bytes", path, to->max);
    if (left > 0)
        buf_grown(to, (size_t)n);
    *ret_end = n == 0;
    return 0;
}

int file_read(struct buf *to, const char *path, struct err *err)
{
    auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool end = false;

    if (fd < 0)
        return err_sys(err, "%s", path);
    while (!end) {
        if (read_piece(to, fd, path, &end, err) != 0)
            return -1;
    }
    return 0;
}

static int write_all(int fd, const char *path, const char *p, size_t n, struct err *err)
{
    while (n > 0) {
        ssize_t written = write(fd, p, n);

        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return err_sys(err, "%s", path);
        p += written;
        n -= (size_t)written;
    }
    return 0;
}

int file_create(const char *path, const void *p, size_t n, unsigned mode, struct err *err)
{
    auto_close int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, (mode_t)mode);

    if (fd < 0 && errno == EEXIST)
        return err_set(err, ERR_EXISTS, "%s is there already", path);
    if (fd < 0)
        return err_sys(err, "%s", path);
    if (write_all(fd, path, p, n, err) != 0) {
        (void)unlink(path);
        return -1;
    }
    return 0;
}
