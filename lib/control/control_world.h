/* SPDX-License-Identifier: MIT */
/*
 * The endpoints that every world has, whatever the product: its journal and its rules.
 */
#ifndef LIB_CONTROL_CONTROL_WORLD_H
#define LIB_CONTROL_CONTROL_WORLD_H

struct control;
struct err;
struct fault_engine;
struct journal;
struct pulls_ops;

/* Where they are in a product's world. */
struct control_world_ops {
    struct journal *(*journal)(void *world);
    struct fault_engine *(*faults)(void *world);
    const struct pulls_ops *pulls; /* which requests make a pull */
};

/* /requests, /verify, /wait. ops is borrowed. */
int control_register_journal(struct control *c, const struct control_world_ops *ops,
                             struct err *err);
/* /rules, /gates, /state, /schema. ops is borrowed. */
int control_register_rules(struct control *c, const struct control_world_ops *ops, struct err *err);

#endif
