/* SPDX-License-Identifier: MIT */
/*
 * uthash, with tables that survive running out of memory. Private to registry/.
 */
#ifndef REGISTRY_STORE_TABLE_H
#define REGISTRY_STORE_TABLE_H

#include <string.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

/* Adds an element (with a member `hh`) by a text that lives as long; false when memory is short. */
#define TABLE_ADD(head, text, element)                                                             \
    ({                                                                                             \
        HASH_ADD_KEYPTR(hh, (head), (text), strlen(text), (element));                              \
        (element)->hh.tbl != NULL;                                                                 \
    })

/* Yields the element, or NULL. */
#define TABLE_FIND(head, text)                                                                     \
    ({                                                                                             \
        typeof((head) + 0) found_;                                                                 \
        HASH_FIND(hh, (head), (text), strlen(text), found_);                                       \
        found_;                                                                                    \
    })

#define TABLE_REMOVE(head, element) HASH_DELETE(hh, (head), (element))
#define TABLE_COUNT(head)           HASH_CNT(hh, (head))

#endif
