# SPDX-License-Identifier: MIT
# The program knows its commands; the rest of the page is written here.
man_MANS = %D%/ocimock.1
EXTRA_DIST += %D%/ocimock.1.in
CLEANFILES += %D%/ocimock.1 %D%/ocimock.1.tmp
%D%/ocimock.1: $(srcdir)/%D%/ocimock.1.in ocimock$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) %D% && $(NATIVE_OCIMOCK) help --manual >$@.tmp && \
	sed -e '/^@COMMANDS@$$/{' -e 'r $@.tmp' -e 'd' -e '}' $(srcdir)/%D%/ocimock.1.in >$@ && rm $@.tmp
