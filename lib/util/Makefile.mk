noinst_LIBRARIES += libutil.a
libutil_a_SOURCES = \
	%D%/digest.c %D%/digest.h \
	%D%/err.c %D%/err.h %D%/err.tbl.h \
	%D%/json.c %D%/json.h \
	%D%/util.c %D%/util.h
