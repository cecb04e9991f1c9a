# SPDX-License-Identifier: MIT
# The tests, from the smallest to the largest. `make check` runs them all; `make check-unit`,
# `check-integration`, `check-engines`, `check-style` and `check-fuzz` run one folder's.

# What a test program links, in this order, unless it says otherwise.
UNIT_LIBS = tests/tap/libtap.a $(PROGRAM_LIBS)
LDADD = $(UNIT_LIBS)

UNIT_TESTS =
INTEGRATION_TESTS =
INTEGRATION_BATS =
ENGINE_TESTS =
STYLE_TESTS =
FUZZ_TESTS =

include %D%/tap/Makefile.mk
include %D%/unit/Makefile.mk
include %D%/integration/Makefile.mk
include %D%/engines/Makefile.mk
include %D%/bench/Makefile.mk
include %D%/fuzz/Makefile.mk
include %D%/style/Makefile.mk

check_PROGRAMS += $(UNIT_TESTS)
check_PROGRAMS += $(INTEGRATION_TESTS)
TESTS += $(UNIT_TESTS) $(FUZZ_TESTS) $(STYLE_TESTS) $(INTEGRATION_TESTS) $(INTEGRATION_BATS) $(ENGINE_TESTS)

# Programs, bats files (*.bats) and shell scripts (*.sh) print TAP. None may run longer than this.
TEST_SECONDS = 300
TEST_EXTENSIONS = .bats .sh
LOG_DRIVER = env AM_TAP_AWK='$(AWK)' $(SHELL) $(top_srcdir)/build-aux/tap-driver.sh
LOG_COMPILER = timeout -k 10 $(TEST_SECONDS)
BATS_LOG_DRIVER = $(LOG_DRIVER)
BATS_LOG_COMPILER = timeout -k 10 $(TEST_SECONDS) $(SHELL) $(top_srcdir)/%D%/tap/run-bats
SH_LOG_DRIVER = $(LOG_DRIVER)
SH_LOG_COMPILER = timeout -k 10 $(TEST_SECONDS) bash
EXTRA_DIST += %D%/tap/run-bats %D%/tap/tap.bash %D%/allowed-skips %D%/.clang-tidy

# Tests run below the build folder and find both trees by these names. What make says to its children
# is not for them.
AM_TESTS_ENVIRONMENT = \
	unset MAKEFLAGS MFLAGS MAKEOVERRIDES MAKELEVEL TESTS TEST_LOGS; \
	TOP_SRCDIR='$(abs_top_srcdir)'; export TOP_SRCDIR; \
	TOP_BUILDDIR='$(abs_top_builddir)'; export TOP_BUILDDIR; \
	OCIMOCK='$(abs_top_builddir)/ocimock'; export OCIMOCK; \
	TEST_CC='$(CC) $(BASE_CFLAGS) $(AM_CPPFLAGS) $(CPPFLAGS)'; export TEST_CC; \
	TEST_SANITIZER='$(SANITIZER_CFLAGS)'; export TEST_SANITIZER;

.PHONY: check-unit check-integration check-engines check-style check-fuzz
check-unit:
	$(AM_V_at)$(MAKE) $(AM_MAKEFLAGS) check TESTS='$(UNIT_TESTS)'
check-integration:
	$(AM_V_at)$(MAKE) $(AM_MAKEFLAGS) check TESTS='$(INTEGRATION_TESTS) $(INTEGRATION_BATS)'
check-engines:
	$(AM_V_at)$(MAKE) $(AM_MAKEFLAGS) check TESTS='$(ENGINE_TESTS)'
check-style:
	$(AM_V_at)$(MAKE) $(AM_MAKEFLAGS) check TESTS='$(STYLE_TESTS)'
check-fuzz:
	$(AM_V_at)$(MAKE) $(AM_MAKEFLAGS) check TESTS='$(FUZZ_TESTS)'

# For scripts: build all that `make check` would run; the flags that every file is compiled with.
.PHONY: build-tests compile-flags
build-tests: all
	$(AM_V_at)$(MAKE) $(AM_MAKEFLAGS) $(check_PROGRAMS)
compile-flags:
	@echo '$(BASE_CFLAGS) $(AM_CPPFLAGS) $(CPPFLAGS)'
