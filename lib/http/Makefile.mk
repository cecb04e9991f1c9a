noinst_LIBRARIES += libhttp.a
libhttp_a_SOURCES = \
	%D%/loop.c %D%/loop.h
