/* SPDX-License-Identifier: MIT */
/*
 * ocimock with RULES|SCENARIO -- COMMAND...: rules for as long as a command runs.
 *
 * The rules of a file carry a tag that nobody else has, by which they are found and removed again,
 * also when this process is told to stop: signals are handed on to the command, whose end is waited
 * for.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <unistd.h>

#include <jansson.h>

#include "cli/control_client.h"
#include "cli/control_command.h"
#include "cli/fault.h"
#include "cli/scenario.h"
#include "cli/table.h"
#include "fixtures/scenario.h"
#include "lib/util/buf.h"
#include "lib/util/err.h"
#include "lib/util/text.h"
#include "lib/util/util.h"

enum {
    TAG_BYTES = 8,
    TAG_SIZE = 256,
    REPORT_MAX = 4 * 1024 * 1024,
    CANNOT_RUN = 126, /* as shells say */
    NOT_FOUND = 127,
    BY_SIGNAL = 128,
};

/* --- The command --------------------------------------------------------------------------------
 */

static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};

/* From here on signals wait to be asked for: nothing ends this process between adding rules and
   removing them. Who started it may have had SIGCHLD ignored. */
static void take_signals(sigset_t *set, sigset_t *before)
{
    (void)signal(SIGCHLD, SIG_DFL);
    (void)sigemptyset(set);
    (void)sigaddset(set, SIGCHLD);
    for (size_t i = 0; i < ARRAY_LEN(signals); i++)
        (void)sigaddset(set, signals[i]);
    (void)sigprocmask(SIG_BLOCK, set, before);
}

/* The signal that came before the command was there, or 0. */
static int early_signal(void)
{
    sigset_t pending;

    (void)sigpending(&pending);
    for (size_t i = 0; i < ARRAY_LEN(signals); i++) {
        if (sigismember(&pending, signals[i]) == 1)
            return signals[i];
    }
    return 0;
}

/* In the child; does not come back. */
static void become(char **words, const sigset_t *mask)
{
    (void)sigprocmask(SIG_SETMASK, mask, NULL);
    (void)execvp(words[0], words);
    (void)fprintf(stderr, "ocimock with: %s: %s\n", words[0], strerror(errno));
    _exit(errno == ENOENT ? NOT_FOUND : CANNOT_RUN);
}

/* One from the terminal (its sender is the kernel) reaches the command by itself. */
static void hand_on(pid_t child, const siginfo_t *info)
{
    if (info->si_code != SI_KERNEL)
        (void)kill(child, info->si_signo);
}

/* As a shell has it. */
static int status_of(int status)
{
    return WIFEXITED(status) ? WEXITSTATUS(status) : BY_SIGNAL + WTERMSIG(status);
}

static int wait_for_end(pid_t child, const sigset_t *set)
{
    int status;

    for (;;) {
        siginfo_t info;

        if (waitpid(child, &status, WNOHANG) == child)
            return status_of(status);
        if (sigwaitinfo(set, &info) > 0 && info.si_signo != SIGCHLD)
            hand_on(child, &info);
    }
}

/* The arguments as execvp(3) wants them; the caller frees the array. NULL: memory is short. */
static char **arguments_of(const struct command_settings *s)
{
    char **arguments = calloc(s->word_count, sizeof(*arguments));

    for (size_t i = 1; arguments != NULL && i < s->word_count; i++)
        arguments[i - 1] = (char *)(uintptr_t)s->words[i];
    return arguments;
}

static int run_command(const struct command_settings *s, const sigset_t *set,
                       const sigset_t *before, int *ret_status, struct err *err)
{
    auto_free char **arguments = arguments_of(s);
    int early = early_signal();
    pid_t child;

    if (early != 0) {
        *ret_status = BY_SIGNAL + early;
        return 0;
    }
    if (arguments == NULL)
        return err_set(err, ERR_NOMEM, "command");
    child = fork();
    if (child < 0)
        return err_sys(err, "fork");
    if (child == 0)
        become(arguments, before);
    *ret_status = wait_for_end(child, set);
    return 0;
}

/* --- The rules ----------------------------------------------------------------------------------
 */

/* What is added for the command: the rules of a file, or a scenario. */
struct added {
    struct control_client *client; /* borrowed */
    char *scenario;                /* owned; NULL: a file */
    char tag[TAG_SIZE];            /* of the rules */
};

static int make_tag(char dst[TAG_SIZE], struct err *err)
{
    unsigned char bytes[TAG_BYTES];
    char hex[2 * TAG_BYTES + 1];

    if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
        return err_sys(err, "random numbers");
    text_hex(hex, bytes, sizeof(bytes));
    (void)snprintf(dst, TAG_SIZE, "with-%s", hex);
    return 0;
}

/* It is taken back afterwards, so it must not be somebody else's. */
static int check_inactive(const struct added *a, struct err *err)
{
    json_t *answer;
    bool active;

    if (scenario_call(a->client, "GET", a->scenario, NULL, &answer, err) != 0)
        return -1;
    active = json_is_true(json_object_get(answer, "active"));
    json_decref(answer);
    if (!active)
        return 0;
    return err_set(err, ERR_EXISTS,
                   "the scenario %s is active already: 'ocimock scenario remove' takes it back",
                   TEXT_QUOTE(a->scenario));
}

static int add_scenario(struct added *a, const char *text, json_t **ret_answer, struct err *err)
{
    json_t *parameters = NULL;
    int result = scenario_split(text, &a->scenario, &parameters, err);

    if (result == 0)
        result = check_inactive(a, err);
    if (result == 0)
        result = scenario_call(a->client, "POST", a->scenario, parameters, ret_answer, err);
    if (result == 0)
        (void)snprintf(a->tag, sizeof(a->tag), "%s", a->scenario);
    json_decref(parameters);
    return result;
}

/* The word is a file where there is one of that name, or a '/' or a '.' as in names of files. */
static int add_word(struct added *a, const char *word, json_t **ret_answer, struct err *err)
{
    if (strcmp(word, "-") == 0 || access(word, F_OK) == 0 || word[strcspn(word, "/.:")] == '/' ||
        word[strcspn(word, "/.:")] == '.')
        return make_tag(a->tag, err) == 0 ? fault_load(a->client, word, a->tag, ret_answer, err)
                                          : -1;
    return add_scenario(a, word, ret_answer, err);
}

static int call_tagged(const struct added *a, const char *method, json_t **ret_answer,
                       struct err *err)
{
    auto_buf struct buf path = BUF_INIT(256);

    (void)buf_append_text(&path, "/rules");
    control_path_add(&path, "tag", a->tag);
    return control_client_call(a->client, method, buf_text(&path), NULL, ret_answer, err);
}

static int take_back(const struct added *a, struct err *err)
{
    if (a->scenario != NULL)
        return scenario_call(a->client, "DELETE", a->scenario, NULL, NULL, err);
    return call_tagged(a, "DELETE", NULL, err);
}

static int print_hits(const json_t *rules, struct err *err)
{
    auto_buf struct buf b = BUF_INIT(REPORT_MAX);
    struct table *t;
    json_t *row;
    size_t i;

    if (fault_table(&t, err) != 0)
        return -1;
    json_array_foreach(rules, i, row) fault_table_add(t, row);
    table_print(t, &b, table_look(STDERR_FILENO));
    table_free(t);
    if (buf_check(&b, "report", err) != 0)
        return -1;
    (void)fputs(buf_text(&b), stderr);
    return 0;
}

/* To standard error: standard output is the command's. */
static int report_hits(const struct command_settings *s, const json_t *answer, struct err *err)
{
    auto_free char *text = NULL;

    if (s->quiet)
        return 0;
    if (!s->json)
        return print_hits(json_object_get(answer, "rules"), err);
    text = json_dumps(answer, JSON_INDENT(2));
    (void)fprintf(stderr, "%s\n", text != NULL ? text : "");
    return text != NULL ? 0 : err_set(err, ERR_NOMEM, "report");
}

/* Takes them back even when they cannot be listed. */
static int finish(const struct command_settings *s, const struct added *a, struct err *err)
{
    json_t *answer = NULL;
    int result = call_tagged(a, "GET", &answer, err);
    struct err second;

    if (result == 0)
        result = report_hits(s, answer, err);
    json_decref(answer);
    if (take_back(a, result == 0 ? err : &second) != 0)
        result = -1;
    return result;
}

static enum cli_status with(void *settings, struct err *err)
{
    const struct command_settings *s = settings;
    struct added added = {.client = s->client};
    struct err problem = {0};
    sigset_t set, before;
    json_t *answer;
    int status = 0, result;

    take_signals(&set, &before);
    if (add_word(&added, s->words[0], &answer, err) != 0) {
        free(added.scenario);
        return CLI_FAILURE;
    }
    fault_print_warnings("with", answer);
    json_decref(answer);
    result = run_command(s, &set, &before, &status, err);
    if (finish(s, &added, &problem) != 0)
        (void)fprintf(stderr, "ocimock with: rules with the tag %s: %s\n", added.tag, problem.msg);
    free(added.scenario);
    return result == 0 ? (enum cli_status)status : CLI_FAILURE;
}

const struct command command_with = {
    .name = "with",
    .summary = "run a command with rules or a scenario, and take them back",
    .examples = "ocimock with rules.yaml -- podman pull 127.0.0.1:5000/team/app:v1\n"
                "echo '{when: {op: blob.get}, then: {status: 503}, times: 1}' |\n"
                "    ocimock with - -- skopeo copy docker://127.0.0.1:5000/app:v1 dir:app\n"
                "ocimock with rate-limited:times=3 -- podman pull 127.0.0.1:5000/team/app:v1",
    .about = "Adds rules of a file, or a scenario, runs a command, and takes them "
             "back, however it ends. Standard error says how often each rule was hit. "
             "The exit status is the command's: 128 and the signal's number when one "
             "ended it, 126 and 127 when it cannot be run.",
    .words = {{.name = "RULES|SCENARIO[:PARAMETER=VALUE,...]",
               .path = true,
               .names = scenario_name},
              {.name = "COMMAND", .command = true}},
    .asks_server = true,
    .run = with,
};
