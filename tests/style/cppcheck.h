/* SPDX-License-Identifier: MIT */
/* What cppcheck must know of uthash, whose header it does not read. Included by nothing else. */
#ifndef TESTS_STYLE_CPPCHECK_H
#define TESTS_STYLE_CPPCHECK_H

#define HASH_ITER(hh, head, e, next) for ((e) = (head), (next) = (e); (e) != NULL; (e) = (next))

#endif
