noinst_LIBRARIES += libregistry.a
libregistry_a_SOURCES =
include %D%/store/Makefile.mk
