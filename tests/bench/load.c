/* SPDX-License-Identifier: MIT */
/* Commands that put load on a registry: push, tags. */
#include "tests/bench/commands.h"

#include <err.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/bench/client.h"

enum {
    TAGS_AT_ONCE = 16, /* requests in flight on one connection */
};

/* A Location may be absolute; the request target starts at the path. */
static const char *path_of(const char *location)
{
    const char *host = strstr(location, "://");
    const char *path = host != NULL ? strchr(host + 3, '/') : location;

    if (path == NULL || *path != '/')
        errx(1, "cannot use the location '%s'", location);
    return path;
}

/* One upload: POST, PATCH with the whole body, PUT. */
static void push_file(struct client *c, const char *repo, int fd, uint64_t size, const char *digest)
{
    const char *host = client_host(c);
    struct reply r;
    const char *path;

    client_printf(c, "POST /v2/%s/blobs/uploads/ HTTP/1.1\r\nHost: %s\r\nContent-Length: 0\r\n\r\n",
                  repo, host);
    client_expect(c, &r, 202, "POST");
    client_printf(c,
                  "PATCH %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/octet-stream\r\n"
                  "Content-Length: %" PRIu64 "\r\n\r\n",
                  path_of(r.location), host, size);
    client_send_file(c, fd, size);
    client_expect(c, &r, 202, "PATCH");
    path = path_of(r.location);
    client_printf(c, "PUT %s%cdigest=%s HTTP/1.1\r\nHost: %s\r\nContent-Length: 0\r\n\r\n", path,
                  strchr(path, '?') != NULL ? '&' : '?', digest, host);
    client_expect(c, &r, 201, "PUT");
}

static void delete_blob(struct client *c, const char *repo, const char *digest)
{
    struct reply r;

    client_printf(c, "DELETE /v2/%s/blobs/%s HTTP/1.1\r\nHost: %s\r\n\r\n", repo, digest,
                  client_host(c));
    client_expect(c, &r, 202, "DELETE");
}

int cmd_push(int argc, char **argv)
{
    bool keep = argc == 6 && strcmp(argv[5], "--keep") == 0;
    struct client *c;
    struct stat st;
    double begin;
    double end;
    int fd;

    if (argc != 5 && !keep)
        return 2;
    fd = open(argv[3], O_RDONLY | O_CLOEXEC);
    if (fd == -1 || fstat(fd, &st) == -1)
        err(1, "%s", argv[3]);
    c = client_open(argv[1]);
    begin = now_seconds();
    push_file(c, argv[2], fd, (uint64_t)st.st_size, argv[4]);
    end = now_seconds();
    if (!keep)
        delete_blob(c, argv[2], argv[4]);
    printf("%.0f\n", (double)st.st_size / (end - begin));
    client_close(c);
    close(fd);
    return 0;
}

/* A whole small file. The caller frees. */
static char *read_small(const char *path, size_t *ret_size)
{
    FILE *f = fopen(path, "re");
    char *bytes = malloc(64 * 1024);

    if (f == NULL || bytes == NULL)
        err(1, "%s", path);
    *ret_size = fread(bytes, 1, 64 * 1024, f);
    fclose(f);
    return bytes;
}

int cmd_tags(int argc, char **argv)
{
    struct client *c;
    struct reply r;
    size_t size;
    char *manifest;
    long count;
    double begin = now_seconds();

    if (argc != 6)
        return 2;
    c = client_open(argv[1]);
    manifest = read_small(argv[3], &size);
    count = (long)parse_number(argv[5]);
    for (long done = 0; done < count;) {
        long batch = count - done < TAGS_AT_ONCE ? count - done : TAGS_AT_ONCE;

        for (long i = 0; i < batch; i++) {
            client_printf(c,
                          "PUT /v2/%s/manifests/t%06ld HTTP/1.1\r\nHost: %s\r\nContent-Type: %s\r\n"
                          "Content-Length: %zu\r\n\r\n",
                          argv[2], done + i, client_host(c), argv[4], size);
            client_send(c, manifest, size);
        }
        for (long i = 0; i < batch; i++)
            client_expect(c, &r, 201, "PUT of a tag");
        done += batch;
    }
    printf("%.3f\n", now_seconds() - begin);
    free(manifest);
    client_close(c);
    return 0;
}
