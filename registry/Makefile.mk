noinst_LIBRARIES += libregistry.a
libregistry_a_SOURCES = \
	%D%/call.c %D%/call.h \
	%D%/manifest_doc.c %D%/manifest_doc.h \
	%D%/manifest_member.c %D%/manifest_member.h \
	%D%/oci_error.c %D%/oci_error.h %D%/oci_error.tbl.h \
	%D%/op.tbl.h \
	%D%/reference.c %D%/reference.h \
	%D%/registry.h \
	%D%/route.c %D%/route.h
include %D%/store/Makefile.mk
