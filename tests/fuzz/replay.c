/* SPDX-License-Identifier: MIT */
/*
 * Runs a fuzz target over its corpus without libFuzzer and prints TAP: each file is run by a child,
 * so that one that crashes fails alone. Files given as arguments are run instead.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/fuzz/fuzz.h"
#include "tests/tap/tap.h"

enum { INPUT_MAX = 16 * 1024 * 1024, SECONDS_MAX = 20, PATH_SIZE = 4096 };

/* The file's bytes, in memory of exactly that size. Exits when it cannot be read. */
static uint8_t *read_file(const char *path, size_t *ret_size)
{
    FILE *f = fopen(path, "rbe");
    uint8_t *data = malloc(INPUT_MAX);
    uint8_t *exact;

    if (f == NULL || data == NULL)
        _exit(2);
    *ret_size = fread(data, 1, INPUT_MAX, f);
    (void)fclose(f);
    exact = malloc(*ret_size > 0 ? *ret_size : 1);
    if (exact == NULL)
        _exit(2);
    memcpy(exact, data, *ret_size);
    free(data);
    return exact;
}

/* In the child. Sanitizers print to stderr, which the test driver keeps. */
static void __attribute__((noreturn)) run_here(const char *path)
{
    size_t size;
    uint8_t *data = read_file(path, &size);

    (void)alarm(SECONDS_MAX);
    (void)LLVMFuzzerTestOneInput(data, size);
    free(data);
    exit(0);
}

static void run(const char *path)
{
    const char *slash = strrchr(path, '/');
    int status = -1;
    pid_t pid;

    (void)fflush(stdout);
    pid = fork();
    if (pid == 0)
        run_here(path);
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        status = -1;
    if (!ok(status == 0, "%s", slash != NULL ? slash + 1 : path))
        diag("%s: wait status %d", path, status);
}

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static void run_folder(const char *folder)
{
    struct dirent **entries = NULL;
    int n = scandir(folder, &entries, is_visible, alphasort);

    ok(n > 0, "the corpus %s has files", folder);
    for (int i = 0; i < n; i++) {
        char path[PATH_SIZE + sizeof(entries[i]->d_name) + 1];

        (void)snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name);
        run(path);
        free(entries[i]);
    }
    free(entries);
}

int main(int argc, char **argv)
{
    const char *top = getenv("TOP_SRCDIR");
    const char *name = strrchr(argv[0], '-'); /* .../fuzz-NAME */
    char folder[PATH_SIZE];

    plan_lazy();
    for (int i = 1; i < argc; i++)
        run(argv[i]);
    if (argc == 1) {
        (void)snprintf(folder, sizeof(folder), "%s/tests/fuzz/corpus/%s", top != NULL ? top : ".",
                       name != NULL ? name + 1 : "");
        run_folder(folder);
    }
    done_testing();
}
