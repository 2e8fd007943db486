/* A disk that loses with the power what was not synced, for one database of one process.
 *
 * SIGKILL leaves the page cache alone, so a kill proves nothing about syncs. This library stands
 * between the process and the system (LD_PRELOAD) and writes down, before it happens, every change
 * of a database, its log and its directory: what was there, and what is there now. After the kill
 * the test takes back what no sync covers (PowerLoss.swift, which has the same form of records).
 *
 *   POWER_DATABASE   the database's path; its -wal and -journal are watched too
 *   POWER_JOURNAL    where to write things down
 *   POWER_SYNC_MS    how much longer every sync takes
 *   POWER_LIES       if set, a sync does nothing and says that it did
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum file { DATABASE = 0, LOG = 1, ROLLBACK = 2, FOLDER = 3, FILES = 4 };

enum kind {
    WRITTEN = 1,  /* offset, size before, old bytes, new bytes */
    CUT = 2,      /* offset is the new size; size before, old bytes beyond it */
    MADE = 3,     /* the file was not there before */
    REMOVED = 4,  /* its content lives on under POWER_JOURNAL.NUMBER-OF-THE-RECORD */
    SYNCED = 5,   /* offset: so many records were there when the sync began */
    UNKNOWN = 6,  /* written to in a way that is not understood here */
};

struct record {
    uint32_t kind, file;
    uint64_t offset, size_before, old_count, new_count;
};

static char paths[FILES][PATH_MAX];
static char journal_path[PATH_MAX];
static int journal = -1;
static int lies;
static struct timespec delay;
static uint64_t count;
static unsigned char watched[1 << 16]; /* by descriptor: the file and one */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static int (*real_openat)(int, const char *, int, ...);
static int (*real_close)(int);
static ssize_t (*real_pwrite)(int, const void *, size_t, off64_t);
static ssize_t (*real_write)(int, const void *, size_t);
static int (*real_ftruncate)(int, off64_t);
static int (*real_fallocate)(int, int, off64_t, off64_t);
static int (*real_posix_fallocate)(int, off64_t, off64_t);
static int (*real_fsync)(int);
static int (*real_fdatasync)(int);
static int (*real_unlink)(const char *);
static int (*real_rename)(const char *, const char *);
static void *(*real_mmap)(void *, size_t, int, int, int, off64_t);

static void begin(void) {
    real_openat = dlsym(RTLD_NEXT, "openat64");
    real_close = dlsym(RTLD_NEXT, "close");
    real_pwrite = dlsym(RTLD_NEXT, "pwrite64");
    real_write = dlsym(RTLD_NEXT, "write");
    real_ftruncate = dlsym(RTLD_NEXT, "ftruncate64");
    real_fallocate = dlsym(RTLD_NEXT, "fallocate64");
    real_posix_fallocate = dlsym(RTLD_NEXT, "posix_fallocate64");
    real_fsync = dlsym(RTLD_NEXT, "fsync");
    real_fdatasync = dlsym(RTLD_NEXT, "fdatasync");
    real_unlink = dlsym(RTLD_NEXT, "unlink");
    real_rename = dlsym(RTLD_NEXT, "rename");
    real_mmap = dlsym(RTLD_NEXT, "mmap64");
    const char *database = getenv("POWER_DATABASE"), *path = getenv("POWER_JOURNAL");
    const char *milliseconds = getenv("POWER_SYNC_MS");
    if (!database || !path) return;
    snprintf(paths[DATABASE], PATH_MAX, "%s", database);
    snprintf(paths[LOG], PATH_MAX, "%s-wal", database);
    snprintf(paths[ROLLBACK], PATH_MAX, "%s-journal", database);
    snprintf(paths[FOLDER], PATH_MAX, "%s", database);
    char *slash = strrchr(paths[FOLDER], '/');
    if (slash) *slash = 0;
    snprintf(journal_path, PATH_MAX, "%s", path);
    long wait = milliseconds ? atol(milliseconds) : 0;
    delay.tv_sec = wait / 1000;
    delay.tv_nsec = wait % 1000 * 1000000;
    lies = getenv("POWER_LIES") != NULL;
    journal = real_openat(AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (journal < 0) abort();
}

__attribute__((constructor)) static void start(void) { pthread_once(&once, begin); }

/* Under the lock. A kill in the middle leaves half a record, and its change undone. */
static void note(enum kind kind, int file, uint64_t offset, uint64_t size_before,
                 const void *old, uint64_t old_count, const void *new, uint64_t new_count) {
    struct record record = {kind, (uint32_t)file, offset, size_before, old_count, new_count};
    struct iovec parts[3] = {
        {&record, sizeof record}, {(void *)old, old_count}, {(void *)new, new_count}};
    size_t length = sizeof record + old_count + new_count;
    if (writev(journal, parts, 3) != (ssize_t)length) abort();
    count++;
}

static int file_of(int fd) {
    return fd >= 0 && fd < (int)sizeof watched ? (int)watched[fd] - 1 : -1;
}

static int file_at(const char *path) {
    if (journal < 0 || !path) return -1;
    for (int file = 0; file < FILES; file++)
        if (strcmp(path, paths[file]) == 0) return file;
    return -1;
}

static int open_any(int folder, const char *path, int flags, mode_t mode) {
    start();
    int file = file_at(path);
    if (file < 0) return real_openat(folder, path, flags, mode);
    pthread_mutex_lock(&lock);
    struct stat there;
    int is_new = file != FOLDER && (flags & O_CREAT) && stat(path, &there) != 0;
    if (is_new) note(MADE, file, 0, 0, NULL, 0, NULL, 0);
    if (flags & O_TRUNC) note(UNKNOWN, file, 1, 0, NULL, 0, NULL, 0);
    int fd = real_openat(folder, path, flags, mode);
    if (fd >= (int)sizeof watched) abort();
    if (fd >= 0) watched[fd] = (unsigned char)(file + 1);
    int trouble = errno;
    pthread_mutex_unlock(&lock);
    errno = trouble;
    return fd;
}

#define WITH_MODE(flags, mode)                    \
    mode_t mode = 0;                              \
    if (flags & (O_CREAT | __O_TMPFILE)) {        \
        va_list more;                             \
        va_start(more, flags);                    \
        mode = (mode_t)va_arg(more, unsigned int); \
        va_end(more);                             \
    }

int open(const char *path, int flags, ...) {
    WITH_MODE(flags, mode)
    return open_any(AT_FDCWD, path, flags, mode);
}
int open64(const char *path, int flags, ...) {
    WITH_MODE(flags, mode)
    return open_any(AT_FDCWD, path, flags, mode);
}
int openat(int folder, const char *path, int flags, ...) {
    WITH_MODE(flags, mode)
    return open_any(folder, path, flags, mode);
}
int openat64(int folder, const char *path, int flags, ...) {
    WITH_MODE(flags, mode)
    return open_any(folder, path, flags, mode);
}

int close(int fd) {
    start();
    if (fd >= 0 && fd < (int)sizeof watched) watched[fd] = 0;
    return real_close(fd);
}

/* What stands in a file from `offset` on, at most `length` bytes of it; to be freed. */
static void *content(int fd, uint64_t offset, uint64_t length, uint64_t *size, uint64_t *found) {
    struct stat state;
    if (fstat(fd, &state) != 0) abort();
    *size = (uint64_t)state.st_size;
    *found = offset >= *size ? 0 : *size - offset < length ? *size - offset : length;
    if (*found == 0) return NULL;
    /* A descriptor may be for writing alone. */
    char own[64];
    snprintf(own, sizeof own, "/proc/self/fd/%d", fd);
    int reader = real_openat(AT_FDCWD, own, O_RDONLY | O_CLOEXEC, 0);
    void *bytes = malloc(*found);
    if (reader < 0 || !bytes) abort();
    if (pread64(reader, bytes, *found, (off64_t)offset) != (ssize_t)*found) abort();
    real_close(reader);
    return bytes;
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t offset) {
    start();
    int file = file_of(fd);
    if (file < 0) return real_pwrite(fd, bytes, length, offset);
    pthread_mutex_lock(&lock);
    uint64_t size, found;
    void *old = content(fd, (uint64_t)offset, length, &size, &found);
    note(WRITTEN, file, (uint64_t)offset, size, old, found, bytes, length);
    free(old);
    ssize_t result = real_pwrite(fd, bytes, length, offset);
    int trouble = errno;
    pthread_mutex_unlock(&lock);
    errno = trouble;
    return result;
}
ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset) {
    return pwrite64(fd, bytes, length, offset);
}

int ftruncate64(int fd, off64_t length) {
    start();
    int file = file_of(fd);
    if (file < 0) return real_ftruncate(fd, length);
    pthread_mutex_lock(&lock);
    uint64_t size, found;
    void *old = content(fd, (uint64_t)length, UINT64_MAX, &size, &found);
    note(CUT, file, (uint64_t)length, size, old, found, NULL, 0);
    free(old);
    int result = real_ftruncate(fd, length);
    int trouble = errno;
    pthread_mutex_unlock(&lock);
    errno = trouble;
    return result;
}
int ftruncate(int fd, off_t length) { return ftruncate64(fd, length); }

static void note_unknown(int fd, uint64_t which) {
    int file = file_of(fd);
    if (file < 0 || file == FOLDER) return;
    pthread_mutex_lock(&lock);
    note(UNKNOWN, file, which, 0, NULL, 0, NULL, 0);
    pthread_mutex_unlock(&lock);
}

ssize_t write(int fd, const void *bytes, size_t length) {
    start();
    note_unknown(fd, 2);
    return real_write(fd, bytes, length);
}
int fallocate64(int fd, int mode, off64_t offset, off64_t length) {
    start();
    note_unknown(fd, 3);
    return real_fallocate(fd, mode, offset, length);
}
int fallocate(int fd, int mode, off_t offset, off_t length) {
    return fallocate64(fd, mode, offset, length);
}
int posix_fallocate64(int fd, off64_t offset, off64_t length) {
    start();
    note_unknown(fd, 4);
    return real_posix_fallocate(fd, offset, length);
}
int posix_fallocate(int fd, off_t offset, off_t length) {
    return posix_fallocate64(fd, offset, length);
}
void *mmap64(void *at, size_t length, int rights, int flags, int fd, off64_t offset) {
    start();
    if ((flags & MAP_SHARED) && (rights & PROT_WRITE)) note_unknown(fd, 5);
    return real_mmap(at, length, rights, flags, fd, offset);
}
void *mmap(void *at, size_t length, int rights, int flags, int fd, off_t offset) {
    return mmap64(at, length, rights, flags, fd, offset);
}

/* Covers what was there when it began, and counts only when it is over. */
static int sync_any(int fd, int (*real)(int)) {
    int file = file_of(fd);
    if (file < 0) return real(fd);
    pthread_mutex_lock(&lock);
    uint64_t covered = count;
    pthread_mutex_unlock(&lock);
    nanosleep(&delay, NULL);
    if (lies) return 0;
    int result = real(fd);
    if (result != 0) return result;
    pthread_mutex_lock(&lock);
    note(SYNCED, file, covered, 0, NULL, 0, NULL, 0);
    pthread_mutex_unlock(&lock);
    return 0;
}
int fsync(int fd) {
    start();
    return sync_any(fd, real_fsync);
}
int fdatasync(int fd) {
    start();
    return sync_any(fd, real_fdatasync);
}

int unlink(const char *path) {
    start();
    int file = file_at(path);
    if (file < 0) return real_unlink(path);
    pthread_mutex_lock(&lock);
    char kept[PATH_MAX + 32];
    snprintf(kept, sizeof kept, "%s.%llu", journal_path, (unsigned long long)count);
    if (link(path, kept) == 0) note(REMOVED, file, 0, 0, NULL, 0, NULL, 0);
    int result = real_unlink(path);
    int trouble = errno;
    pthread_mutex_unlock(&lock);
    errno = trouble;
    return result;
}

int rename(const char *from, const char *to) {
    start();
    int file = file_at(from) >= 0 ? file_at(from) : file_at(to);
    if (file >= 0) {
        pthread_mutex_lock(&lock);
        note(UNKNOWN, file, 6, 0, NULL, 0, NULL, 0);
        pthread_mutex_unlock(&lock);
    }
    return real_rename(from, to);
}
