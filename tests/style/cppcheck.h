/* SPDX-License-Identifier: MIT */
/* What cppcheck must know of config.h, uthash and jansson, whose headers it does not read. Included
   by nothing else. */
#ifndef TESTS_STYLE_CPPCHECK_H
#define TESTS_STYLE_CPPCHECK_H

#define PACKAGE_NAME        "ocimock"
#define PACKAGE_VERSION     "0"
#define JSON_INTEGER_FORMAT "lld"

#define HASH_ITER(hh, head, e, next) for ((e) = (head), (next) = (e); (e) != NULL; (e) = (next))
#define json_array_foreach(array, i, value)                                                        \
    for ((i) = 0; ((value) = json_array_get((array), (i))) != NULL; (i)++)
#define json_object_foreach(object, key, value)                                                    \
    for ((key) = json_object_iter_key(json_object_iter(object));                                   \
         (key) != NULL && ((value) = json_object_get((object), (key))) != NULL;                    \
         (key) =                                                                                   \
             json_object_iter_key(json_object_iter_next((object), json_object_key_to_iter(key))))

#endif
