# SPDX-License-Identifier: MIT
noinst_LIBRARIES += libauth.a
EXTRA_DIST += %D%/README.md
libauth_a_SOURCES = \
	%D%/account.c %D%/account.h %D%/account_internal.h \
	%D%/account_check.c %D%/account_check.h \
	%D%/account_snapshot.c %D%/account_snapshot.h \
	%D%/account_subject.c %D%/account_subject.h \
	%D%/auth.c %D%/auth.h %D%/auth_internal.h \
	%D%/auth_accounts.c \
	%D%/auth_control.c \
	%D%/auth_keys.c \
	%D%/authorization.c %D%/authorization.h \
	%D%/base_url.c %D%/base_url.h \
	%D%/bearer.c %D%/bearer.h \
	%D%/challenge.c %D%/challenge.h \
	%D%/challenge_format.c %D%/challenge_format.h \
	%D%/claims.c %D%/claims.h \
	%D%/form.c %D%/form.h \
	%D%/htpasswd.c %D%/htpasswd.h \
	%D%/htpasswd_watch.c %D%/htpasswd_watch.h \
	%D%/identity.c %D%/identity.h \
	%D%/internal.h \
	%D%/jwks.c %D%/jwks.h \
	%D%/jws.c %D%/jws.h \
	%D%/key.c %D%/key.h %D%/key_internal.h \
	%D%/key_certificate.c \
	%D%/key_id.c %D%/key_id.h \
	%D%/key_pem.c \
	%D%/key_set.c %D%/key_set.h \
	%D%/keyed_hash.c %D%/keyed_hash.h \
	%D%/keyring.c %D%/keyring.h \
	%D%/login.c %D%/login.h \
	%D%/openssl_err.c %D%/openssl_err.h \
	%D%/policy.c %D%/policy.h \
	%D%/policy_rule.c %D%/policy_rule.h \
	%D%/refresh.c %D%/refresh.h \
	%D%/revoked.c %D%/revoked.h \
	%D%/scope.c %D%/scope.h %D%/scope_internal.h \
	%D%/scope_json.c \
	%D%/secret.c %D%/secret.h \
	%D%/token.h \
	%D%/token_ask.c %D%/token_ask.h \
	%D%/token_document.c \
	%D%/token_post.c \
	%D%/token_reply.c \
	%D%/token_request.h \
	%D%/token_service.c \
	%D%/token_twist.c \
	%D%/trust.c %D%/trust.h \
	%D%/verified.c %D%/verified.h
