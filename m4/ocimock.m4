# SPDX-License-Identifier: MIT
# Compiler switches, sanitizers and libraries of ocimock's configure.

# Before AC_PROG_CC: --enable-coverage wants unoptimised code unless CFLAGS are given.
AC_DEFUN([OCIMOCK_COVERAGE], [
AC_ARG_ENABLE([coverage],
  [AS_HELP_STRING([--enable-coverage], [instrument for gcov])],
  [], [enable_coverage=no])
AS_IF([test "x$enable_coverage" = xyes && test -z "${CFLAGS+set}"], [CFLAGS="-g -O0"])
])

# Sets WARN_CFLAGS and BASE_CFLAGS; --enable-werror adds -Werror.
# (Of -Wimplicit-fallthrough only what -Wextra has: clang would complain about the macros of uthash.)
AC_DEFUN([OCIMOCK_COMPILER_FLAGS], [
AC_ARG_ENABLE([werror],
  [AS_HELP_STRING([--enable-werror], [treat compiler warnings as errors])],
  [], [enable_werror=no])
AC_MSG_CHECKING([whether $CC is gcc >= 12 or clang >= 14])
AC_PREPROC_IFELSE([AC_LANG_SOURCE([[
#if defined(__clang_major__) ? __clang_major__ < 14 : __GNUC__ < 12
#error too old
#endif
]])], [AC_MSG_RESULT([yes])], [
  AC_MSG_RESULT([no])
  AC_MSG_WARN([$CC is older than the compilers that ocimock is tested with])])
WARN_CFLAGS="-Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition -Wwrite-strings -Wpointer-arith -Wundef -Wvla -Wformat=2"
AS_VAR_IF([enable_werror], [yes], [WARN_CFLAGS="$WARN_CFLAGS -Werror"])
AC_SUBST([WARN_CFLAGS])
BASE_CFLAGS="-std=gnu17 -fno-common -fstack-protector-strong -pthread"
AS_VAR_IF([enable_coverage], [yes], [BASE_CFLAGS="$BASE_CFLAGS --coverage"])
AC_SUBST([BASE_CFLAGS])
])

# OCIMOCK_CHECK_SANITIZER(FLAGS, PROGRAM, MESSAGE): can the compiler build a program with them?
AC_DEFUN([OCIMOCK_CHECK_SANITIZER], [
AC_MSG_CHECKING([whether $CC can link with $1])
ocimock_save_CFLAGS=$CFLAGS
CFLAGS="$CFLAGS $1"
AC_LINK_IFELSE([$2], [AC_MSG_RESULT([yes])], [
  AC_MSG_RESULT([no])
  AC_MSG_ERROR([$3])])
CFLAGS=$ocimock_save_CFLAGS
])

# --with-sanitizer=LIST and --enable-fuzzers: SANITIZER_CFLAGS for everything, FUZZER_LDFLAGS for the
# fuzz targets.
AC_DEFUN([OCIMOCK_SANITIZERS], [
AC_ARG_WITH([sanitizer],
  [AS_HELP_STRING([--with-sanitizer=LIST],
    [build with -fsanitize=LIST: address,undefined or thread])],
  [], [with_sanitizer=no])
AC_ARG_ENABLE([fuzzers],
  [AS_HELP_STRING([--enable-fuzzers],
    [build the libFuzzer targets (needs clang; implies --with-sanitizer=address,undefined)])],
  [], [enable_fuzzers=no])
AS_IF([test "x$enable_fuzzers" = xyes && test "x$with_sanitizer" = xno],
  [with_sanitizer=address,undefined])
SANITIZER_CFLAGS=
AS_CASE([$with_sanitizer],
  [no], [],
  [yes], [AC_MSG_ERROR([--with-sanitizer needs a list: address,undefined or thread])],
  [*address*thread* | *thread*address*],
    [AC_MSG_ERROR([the address and thread sanitizers cannot be combined])],
  [SANITIZER_CFLAGS="-fsanitize=$with_sanitizer -fno-omit-frame-pointer -fno-sanitize-recover=all"
   OCIMOCK_CHECK_SANITIZER([$SANITIZER_CFLAGS], [AC_LANG_PROGRAM([], [])],
     [$CC has no run-time library for -fsanitize=$with_sanitizer: with clang, install the Debian package libclang-rt-dev (Debian 12: libclang-rt-14-dev)])])
FUZZER_LDFLAGS=
AS_VAR_IF([enable_fuzzers], [yes], [
  FUZZER_LDFLAGS="-fsanitize=fuzzer"
  OCIMOCK_CHECK_SANITIZER([$FUZZER_LDFLAGS],
    [AC_LANG_SOURCE([[int LLVMFuzzerTestOneInput(const unsigned char *p, unsigned long n);
int LLVMFuzzerTestOneInput(const unsigned char *p, unsigned long n) { return p == 0 && n > 0; }]])],
    [--enable-fuzzers needs libFuzzer, which comes with clang: configure with CC=clang and install the Debian packages clang and libclang-rt-dev (Debian 12: libclang-rt-14-dev)])
  SANITIZER_CFLAGS="$SANITIZER_CFLAGS -fsanitize=fuzzer-no-link"])
AM_CONDITIONAL([FUZZERS], [test "x$enable_fuzzers" = xyes])
AC_SUBST([SANITIZER_CFLAGS])
AC_SUBST([FUZZER_LDFLAGS])
])

# OCIMOCK_LIBRARY(VARIABLE, MODULES, DEBIAN-PACKAGE)
AC_DEFUN([OCIMOCK_LIBRARY], [
PKG_CHECK_MODULES([$1], [$2], [],
  [AC_MSG_ERROR([$2 was not found: install the Debian package $3 (or run scripts/setup)])])
])

# OCIMOCK_SONAME(NAME, VARIABLE-PREFIX, FUNCTION): defines LIBNAME_SONAME, the file that dlopen(3) is
# to load. It is what a program linked with the library would need. Such a library is loaded by the
# few commands that use it, because its own dependencies would slow down every start.
AC_DEFUN([OCIMOCK_SONAME], [
AC_CACHE_CHECK([for the soname of lib$1], [ocimock_cv_soname_$1], [
  ocimock_cv_soname_$1=
  ocimock_save_LIBS=$LIBS
  LIBS="-Wl,--no-as-needed $$2_LIBS $LIBS"
  AC_LINK_IFELSE([AC_LANG_CALL([], [$3])], [
    ocimock_cv_soname_$1=`$READELF -d conftest$EXEEXT 2>&AS_MESSAGE_LOG_FD |
      sed -n 's/.*NEEDED.*\(lib$1\.so@<:@.0-9@:>@*\).*/\1/p'`])
  LIBS=$ocimock_save_LIBS])
AS_IF([test -z "$ocimock_cv_soname_$1"],
  [AC_MSG_ERROR([cannot find out the soname of lib$1: either $CC cannot link it or readelf (Debian package binutils) is missing; see config.log])])
AC_DEFINE_UNQUOTED(AS_TR_CPP([lib$1_soname]), ["$ocimock_cv_soname_$1"],
  [What dlopen loads for lib$1.])
])

# llhttp: the library where it is packaged, else the C sources that node-llhttp ships.
AC_DEFUN([OCIMOCK_LLHTTP], [
AC_ARG_VAR([LLHTTP_SOURCES], [folder with llhttp's api.c, http.c and llhttp.c, where it is not packaged as a library])
PKG_CHECK_MODULES([LLHTTP], [libllhttp], [
  llhttp_from_source=no
  LLHTTP_SOURCES=
], [
  llhttp_from_source=yes
  : ${LLHTTP_SOURCES=/usr/share/llhttp}
  AC_MSG_CHECKING([for llhttp's sources in $LLHTTP_SOURCES])
  llhttp_include=
  for llhttp_dir in "$LLHTTP_SOURCES/../include/llhttp" "$LLHTTP_SOURCES/../include" "$LLHTTP_SOURCES"; do
    AS_IF([test -z "$llhttp_include" && test -r "$llhttp_dir/llhttp.h"], [llhttp_include=$llhttp_dir])
  done
  AS_IF([test -r "$LLHTTP_SOURCES/llhttp.c" && test -n "$llhttp_include"],
    [AC_MSG_RESULT([yes])],
    [AC_MSG_RESULT([no])
     AC_MSG_ERROR([llhttp was not found: install the Debian package libllhttp-dev (Debian 13) or node-llhttp (Debian 12), or run scripts/setup])])
  LLHTTP_CFLAGS="-I$llhttp_include"
  LLHTTP_LIBS=
])
AM_CONDITIONAL([LLHTTP_FROM_SOURCE], [test "x$llhttp_from_source" = xyes])
])

AC_DEFUN([OCIMOCK_DEPENDENCIES], [
AS_IF([test -z "$PKG_CONFIG"],
  [AC_MSG_ERROR([pkg-config was not found: install the Debian package pkgconf (or run scripts/setup)])])
AC_SEARCH_LIBS([pthread_create], [pthread], [], [AC_MSG_ERROR([POSIX threads were not found])])
AC_SEARCH_LIBS([dlopen], [dl], [], [AC_MSG_ERROR([dlopen was not found])])
OCIMOCK_LIBRARY([EVENT], [libevent_core >= 2.1 libevent_openssl >= 2.1 libevent_pthreads >= 2.1],
  [libevent-dev])
OCIMOCK_LIBRARY([OPENSSL], [openssl >= 3.0], [libssl-dev])
OCIMOCK_LIBRARY([JANSSON], [jansson >= 2.13], [libjansson-dev])
OCIMOCK_LIBRARY([YAML], [yaml-0.1 >= 0.2], [libyaml-dev])
OCIMOCK_LIBRARY([JWT], [libjwt >= 1.10 libjwt < 2], [libjwt-dev])
OCIMOCK_LIBRARY([CRYPT], [libcrypt], [libcrypt-dev])
AC_CHECK_HEADER([uthash.h], [],
  [AC_MSG_ERROR([uthash.h was not found: install the Debian package uthash-dev (or run scripts/setup)])])

OCIMOCK_LIBRARY([ARCHIVE], [libarchive >= 3.4], [libarchive-dev])
OCIMOCK_LIBRARY([CURL], [libcurl >= 7.74], [libcurl4-openssl-dev])
AC_CHECK_TOOLS([READELF], [readelf llvm-readelf], [readelf])
OCIMOCK_SONAME([archive], [ARCHIVE], [archive_read_new])
OCIMOCK_SONAME([curl], [CURL], [curl_easy_init])

OCIMOCK_LLHTTP
])
