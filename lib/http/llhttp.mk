# SPDX-License-Identifier: MIT
# llhttp where no library of it is packaged: compiled from the C files that Debian 12's node-llhttp
# installs. They lie outside of our tree, so a rule of our own makes the objects, without our warnings.

if LLHTTP_FROM_SOURCE
LLHTTP_LIBRARY = libllhttp.a
LLHTTP_OBJECTS = %D%/llhttp-api.$(OBJEXT) %D%/llhttp-http.$(OBJEXT) %D%/llhttp-llhttp.$(OBJEXT)

noinst_LIBRARIES += libllhttp.a
libllhttp_a_SOURCES =
libllhttp_a_LIBADD = $(LLHTTP_OBJECTS)
libllhttp_a_DEPENDENCIES = $(LLHTTP_OBJECTS)
CLEANFILES += $(LLHTTP_OBJECTS)

%D%/llhttp-%.$(OBJEXT): $(LLHTTP_SOURCES)/%.c
	$(AM_V_at)$(MKDIR_P) %D%
	$(AM_V_CC)$(CC) -DLLHTTP_STRICT_MODE=1 $(LLHTTP_CFLAGS) $(CPPFLAGS) $(BASE_CFLAGS) \
		$(SANITIZER_CFLAGS) $(CFLAGS) -w -c -o $@ $<
else
LLHTTP_LIBRARY =
endif
