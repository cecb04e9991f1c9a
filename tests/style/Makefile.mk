# SPDX-License-Identifier: MIT
# The source tree's own rules as tests.
STYLE_TESTS += \
	%D%/banned.sh \
	%D%/clients.sh \
	%D%/files.sh \
	%D%/globals.sh \
	%D%/headers.sh \
	%D%/layers.sh \
	%D%/program.sh \
	%D%/pull-policy.sh
EXTRA_DIST += $(STYLE_TESTS) %D%/style.bash %D%/strip.awk %D%/banned-exceptions \
	%D%/cppcheck-suppressions %D%/cppcheck.h
