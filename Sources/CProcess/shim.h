// What Swift cannot say about a process of its own: `prctl` is variadic, and `stdout` is a variable
// that anybody may change. Header only, so the target stays a system library.
#ifndef COPYHOOK_PROCESS_SHIM_H
#define COPYHOOK_PROCESS_SHIM_H

#include <stdio.h>
#include <sys/prctl.h>

// Nobody of the same user may read this process's memory or have it dumped. 0 when it worked.
static inline int copyhook_forbid_dumps(void) {
    return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

// Whether everything that was printed was taken, what still waits included. 0 when it was.
static inline int copyhook_printed_all(void) {
    return fflush(stdout) == 0 && ferror(stdout) == 0 ? 0 : -1;
}

#endif
