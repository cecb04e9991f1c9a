# SPDX-License-Identifier: MIT
# One line per program: UNIT_TESTS += %D%/test-x builds test-x.c, links $(UNIT_LIBS), runs in `check`.
# A program that needs more says so under its line: %C%_test_x_LDADD = extra.a $(UNIT_LIBS)

# lib/util
UNIT_TESTS += %D%/test-buf
UNIT_TESTS += %D%/test-conf
UNIT_TESTS += %D%/test-conf_print
UNIT_TESTS += %D%/test-digest
UNIT_TESTS += %D%/test-err
UNIT_TESTS += %D%/test-json
UNIT_TESTS += %D%/test-log
UNIT_TESTS += %D%/test-text
UNIT_TESTS += %D%/test-units
UNIT_TESTS += %D%/test-util

# lib/http
UNIT_TESTS += %D%/test-body
UNIT_TESTS += %D%/test-head
UNIT_TESTS += %D%/test-loop
UNIT_TESTS += %D%/test-range

# registry/store

# registry: reading
UNIT_TESTS += %D%/test-reference

# registry: writing
UNIT_TESTS += %D%/test-content_range

# cli

# the test helper itself
UNIT_TESTS += %D%/test-tap
