/* SPDX-License-Identifier: MIT */
#include "lib/util/library.h"

#include <dlfcn.h>
#include <string.h>

#include "lib/util/err.h"

int library_load(void **ret_handle, const char *soname, const char *what,
                 const struct library_row *rows, size_t count, void *functions, struct err *err)
{
    void *handle = dlopen(soname, RTLD_NOW | RTLD_LOCAL);

    if (handle == NULL)
        return err_set(err, ERR_UNSUPPORTED, "%s %s, which cannot be loaded: %s", what, soname,
                       dlerror());
    for (size_t i = 0; i < count; i++) {
        void *function = dlsym(handle, rows[i].name);

        if (function == NULL) {
            (void)dlclose(handle);
            return err_set(err, ERR_UNSUPPORTED, "%s has no function %s", soname, rows[i].name);
        }
        memcpy((char *)functions + rows[i].offset, &function, sizeof(function));
    }
    *ret_handle = handle;
    return 0;
}
