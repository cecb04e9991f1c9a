/* SPDX-License-Identifier: MIT */
/* Self-signed certificates for listeners under test. */
#ifndef TESTS_INTEGRATION_LIB_CERT_H
#define TESTS_INTEGRATION_LIB_CERT_H

/* Writes folder/NAME.crt and folder/NAME.key (ECDSA P-256, for localhost, 127.0.0.1 and ::1). */
void cert_write(const char *folder, const char *name, long serial);

#endif
