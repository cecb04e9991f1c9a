/* SPDX-License-Identifier: MIT */
/*
 * OCI_ROW(CODE, HTTP status, message). Messages are those of the distribution registry: clients
 * recognise them. Rows behind the blank line are not in the specification's list.
 */
OCI_ROW(BLOB_UNKNOWN, 404, "blob unknown to registry")
OCI_ROW(BLOB_UPLOAD_INVALID, 400, "blob upload invalid")
OCI_ROW(BLOB_UPLOAD_UNKNOWN, 404, "blob upload unknown to registry")
OCI_ROW(DIGEST_INVALID, 400, "provided digest did not match uploaded content")
OCI_ROW(MANIFEST_BLOB_UNKNOWN, 400, "blob unknown to registry")
OCI_ROW(MANIFEST_INVALID, 400, "manifest invalid")
OCI_ROW(MANIFEST_UNKNOWN, 404, "manifest unknown")
OCI_ROW(NAME_INVALID, 400, "invalid repository name")
OCI_ROW(NAME_UNKNOWN, 404, "repository name not known to registry")
OCI_ROW(SIZE_INVALID, 400, "provided length did not match content length")
OCI_ROW(UNAUTHORIZED, 401, "authentication required")
OCI_ROW(DENIED, 403, "requested access to the resource is denied")
OCI_ROW(UNSUPPORTED, 405, "The operation is unsupported.")
OCI_ROW(TOOMANYREQUESTS, 429, "too many requests")

OCI_ROW(UNKNOWN, 500, "unknown error")
OCI_ROW(UNAVAILABLE, 503, "service unavailable")
OCI_ROW(RANGE_INVALID, 416, "invalid content range")
OCI_ROW(TAG_INVALID, 400, "manifest tag did not match URI")
OCI_ROW(TAG_IMMUTABLE, 409, "tag is immutable and cannot be overwritten")
OCI_ROW(PAGINATION_NUMBER_INVALID, 400, "invalid number of results requested")
OCI_ROW(STORAGE_FULL, 507, "storage is full")
OCI_ROW(REQUEST_INVALID, 400, "malformed request")
