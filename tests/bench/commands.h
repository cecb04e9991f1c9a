/* SPDX-License-Identifier: MIT */
/* The commands of ocibench; each takes its own arguments, argv[0] is its name. */
#ifndef TESTS_BENCH_COMMANDS_H
#define TESTS_BENCH_COMMANDS_H

int cmd_cipher(int argc, char **argv);
int cmd_freeport(int argc, char **argv);
int cmd_hold(int argc, char **argv);
int cmd_idle(int argc, char **argv);
int cmd_latency(int argc, char **argv);
int cmd_memory(int argc, char **argv);
int cmd_push(int argc, char **argv);
int cmd_start(int argc, char **argv);
int cmd_tags(int argc, char **argv);
int cmd_watch(int argc, char **argv);

#endif
