# SPDX-License-Identifier: MIT
dist_man_MANS = %D%/ocimock.1
