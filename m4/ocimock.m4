# SPDX-License-Identifier: MIT
# Compiler switches, sanitizers and libraries of ocimock's configure.

# Sets WARN_CFLAGS; --enable-werror adds -Werror.
AC_DEFUN([OCIMOCK_COMPILER_FLAGS], [
AC_ARG_ENABLE([werror],
  [AS_HELP_STRING([--enable-werror], [treat compiler warnings as errors])],
  [], [enable_werror=no])
AC_ARG_ENABLE([coverage],
  [AS_HELP_STRING([--enable-coverage], [instrument for gcov])],
  [], [enable_coverage=no])
WARN_CFLAGS="-Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition -Wwrite-strings -Wpointer-arith -Wundef -Wvla -Wformat=2 -Wimplicit-fallthrough"
AS_VAR_IF([enable_werror], [yes], [WARN_CFLAGS="$WARN_CFLAGS -Werror"])
AC_SUBST([WARN_CFLAGS])
BASE_CFLAGS="-std=gnu17 -fno-common -fstack-protector-strong -pthread"
AS_VAR_IF([enable_coverage], [yes], [
  BASE_CFLAGS="$BASE_CFLAGS --coverage -O0"
  LDFLAGS="$LDFLAGS --coverage"])
AC_SUBST([BASE_CFLAGS])
])

# --with-sanitizer=LIST and --enable-fuzzers.
AC_DEFUN([OCIMOCK_SANITIZERS], [
AC_ARG_WITH([sanitizer],
  [AS_HELP_STRING([--with-sanitizer=LIST], [build with -fsanitize=LIST, such as address,undefined or thread])],
  [], [with_sanitizer=no])
SANITIZER_CFLAGS=
AS_IF([test "x$with_sanitizer" != xno && test "x$with_sanitizer" != xyes], [
  SANITIZER_CFLAGS="-fsanitize=$with_sanitizer -fno-omit-frame-pointer -fno-sanitize-recover=all"])
AC_ARG_ENABLE([fuzzers],
  [AS_HELP_STRING([--enable-fuzzers], [build the libFuzzer targets (needs clang)])],
  [], [enable_fuzzers=no])
AM_CONDITIONAL([FUZZERS], [test "x$enable_fuzzers" = xyes])
AC_SUBST([SANITIZER_CFLAGS])
])

# OCIMOCK_LIBRARY(VARIABLE, MODULES, DEBIAN-PACKAGE)
AC_DEFUN([OCIMOCK_LIBRARY], [
PKG_CHECK_MODULES([$1], [$2], [],
  [AC_MSG_ERROR([$2 was not found: install the Debian package $3 (or run scripts/setup)])])
])

AC_DEFUN([OCIMOCK_DEPENDENCIES], [
OCIMOCK_LIBRARY([EVENT], [libevent_core >= 2.1 libevent_openssl >= 2.1 libevent_pthreads >= 2.1], [libevent-dev])
OCIMOCK_LIBRARY([OPENSSL], [openssl >= 3.0], [libssl-dev])
OCIMOCK_LIBRARY([JANSSON], [jansson >= 2.13], [libjansson-dev])
OCIMOCK_LIBRARY([YAML], [yaml-0.1 >= 0.2], [libyaml-dev])
OCIMOCK_LIBRARY([ARCHIVE], [libarchive >= 3.4], [libarchive-dev])
OCIMOCK_LIBRARY([CURL], [libcurl >= 7.74], [libcurl4-openssl-dev])
AC_CHECK_HEADER([uthash.h], [],
  [AC_MSG_ERROR([uthash.h was not found: install the Debian package uthash-dev (or run scripts/setup)])])

# llhttp: the library where it is packaged, else the C sources that node-llhttp ships.
AC_ARG_VAR([LLHTTP_SOURCES], [folder with llhttp's api.c, http.c and llhttp.c])
PKG_CHECK_MODULES([LLHTTP], [libllhttp], [llhttp_from_source=no], [
  llhttp_from_source=yes
  : ${LLHTTP_SOURCES=/usr/share/llhttp}
  AC_MSG_CHECKING([for llhttp's sources in $LLHTTP_SOURCES])
  AS_IF([test -r "$LLHTTP_SOURCES/llhttp.c" && test -r /usr/share/include/llhttp/llhttp.h],
    [AC_MSG_RESULT([yes])],
    [AC_MSG_RESULT([no])
     AC_MSG_ERROR([llhttp was not found: install the Debian package libllhttp-dev (Debian 13) or node-llhttp (Debian 12), or run scripts/setup])])
  LLHTTP_CFLAGS="-I/usr/share/include/llhttp"
  LLHTTP_LIBS=
])
AM_CONDITIONAL([LLHTTP_FROM_SOURCE], [test "x$llhttp_from_source" = xyes])
])
