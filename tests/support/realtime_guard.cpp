// SPDX-License-Identifier: MIT
// The counting versions. An executable's own symbols come before those of shared libraries, so
// these are called by everything in the program, libstdc++ included.
#include "tests/support/realtime_guard.h"

#include <utility>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define LIMPID_SANITIZED 1
#elif defined(__has_feature)  // as clang tells it
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define LIMPID_SANITIZED 1
#endif
#endif

#if defined(__GLIBC__) && !defined(LIMPID_SANITIZED)
#define LIMPID_GUARD 1
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>
#include <cstdio>
#endif

namespace limpid::test {
namespace {

constinit thread_local bool counting = false;
constinit thread_local RealtimeCounts seen;

#ifdef LIMPID_GUARD
void count(int RealtimeCounts::*what) noexcept {
  if (counting) ++(seen.*what);
}
#endif

}  // namespace

std::string RealtimeCounts::describe() const {
  std::string text;
  for (const auto& [number, what] : {std::pair{allocations, "allocation"},
                                     {frees, "free"},
                                     {locks, "lock"},
                                     {waits, "wait"},
                                     {io, "I/O call"},
                                     {syscalls, "system call"}})
    if (number > 0)
      text += (text.empty() ? "" : ", ") + std::to_string(number) + " " + what +
              (number > 1 ? "s" : "");
  return text;
}

bool realtime_guard_available() noexcept {
#ifdef LIMPID_GUARD
  return true;
#else
  return false;
#endif
}

RealtimeScope::RealtimeScope() noexcept {
  seen = {};
  counting = true;
}
RealtimeScope::~RealtimeScope() {
  counting = false;
}
RealtimeCounts RealtimeScope::counts() const noexcept {
  return seen;
}

}  // namespace limpid::test

#ifdef LIMPID_GUARD
using limpid::test::count;
using limpid::test::RealtimeCounts;

namespace {
// The version that would have been called without this file. What dlsym does is not counted.
template <class Function>
Function next(Function& cached, const char* name) noexcept {
  if (cached != nullptr) return cached;
  const bool was_counting = std::exchange(limpid::test::counting, false);
  cached = reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
  limpid::test::counting = was_counting;
  return cached;
}
}  // namespace

// name(parameters) calls the C library's function of that name after counting it as `what`.
#define LIMPID_FORWARD(what, result, name, parameters, arguments) \
  result name parameters {                                        \
    static result(*real) parameters = nullptr;                    \
    count(&RealtimeCounts::what);                                 \
    return next(real, #name) arguments;                           \
  }

// The same with a mode after `flags`. Where the caller passed none, nobody looks at what is read.
#define LIMPID_FORWARD_OPEN(name, parameters, arguments) \
  int name parameters {                                  \
    static int(*real) parameters = nullptr;              \
    count(&RealtimeCounts::io);                          \
    std::va_list rest;                                   \
    va_start(rest, flags);                               \
    const auto mode = va_arg(rest, mode_t);              \
    va_end(rest);                                        \
    return next(real, #name) arguments;                  \
  }

// Hidden, as the project's symbols are, these would not be seen by shared libraries.
#pragma GCC visibility push(default)
extern "C" {
// dlsym itself allocates, so the allocator is reached by glibc's own second names.
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);
void __libc_free(void*);

void* malloc(std::size_t size) {
  count(&RealtimeCounts::allocations);
  return __libc_malloc(size);
}
void* calloc(std::size_t number, std::size_t size) {
  count(&RealtimeCounts::allocations);
  return __libc_calloc(number, size);
}
void* realloc(void* block, std::size_t size) {
  count(&RealtimeCounts::allocations);
  return __libc_realloc(block, size);
}
void* memalign(std::size_t alignment, std::size_t size) {
  count(&RealtimeCounts::allocations);
  return __libc_memalign(alignment, size);
}
void* aligned_alloc(std::size_t alignment, std::size_t size) {
  return memalign(alignment, size);
}
int posix_memalign(void** block, std::size_t alignment, std::size_t size) {
  *block = memalign(alignment, size);
  return *block == nullptr ? ENOMEM : 0;
}
void free(void* block) {
  count(&RealtimeCounts::frees);
  __libc_free(block);
}

LIMPID_FORWARD(locks, int, pthread_mutex_lock, (pthread_mutex_t * m), (m))
LIMPID_FORWARD(locks, int, pthread_mutex_trylock, (pthread_mutex_t * m), (m))
LIMPID_FORWARD(locks, int, pthread_mutex_timedlock, (pthread_mutex_t * m, const timespec* t),
               (m, t))
LIMPID_FORWARD(locks, int, pthread_mutex_clocklock,
               (pthread_mutex_t * m, clockid_t c, const timespec* t), (m, c, t))
LIMPID_FORWARD(locks, int, pthread_rwlock_rdlock, (pthread_rwlock_t * l), (l))
LIMPID_FORWARD(locks, int, pthread_rwlock_wrlock, (pthread_rwlock_t * l), (l))
LIMPID_FORWARD(locks, int, pthread_rwlock_tryrdlock, (pthread_rwlock_t * l), (l))
LIMPID_FORWARD(locks, int, pthread_rwlock_trywrlock, (pthread_rwlock_t * l), (l))
LIMPID_FORWARD(locks, int, pthread_rwlock_timedrdlock, (pthread_rwlock_t * l, const timespec* t),
               (l, t))
LIMPID_FORWARD(locks, int, pthread_rwlock_timedwrlock, (pthread_rwlock_t * l, const timespec* t),
               (l, t))
LIMPID_FORWARD(locks, int, pthread_rwlock_clockrdlock,
               (pthread_rwlock_t * l, clockid_t c, const timespec* t), (l, c, t))
LIMPID_FORWARD(locks, int, pthread_rwlock_clockwrlock,
               (pthread_rwlock_t * l, clockid_t c, const timespec* t), (l, c, t))

LIMPID_FORWARD(waits, int, pthread_cond_wait, (pthread_cond_t * c, pthread_mutex_t* m), (c, m))
LIMPID_FORWARD(waits, int, pthread_cond_timedwait,
               (pthread_cond_t * c, pthread_mutex_t* m, const timespec* t), (c, m, t))
LIMPID_FORWARD(waits, int, pthread_cond_clockwait,
               (pthread_cond_t * c, pthread_mutex_t* m, clockid_t clock, const timespec* t),
               (c, m, clock, t))
LIMPID_FORWARD(waits, int, pthread_cond_signal, (pthread_cond_t * c), (c))
LIMPID_FORWARD(waits, int, pthread_cond_broadcast, (pthread_cond_t * c), (c))
LIMPID_FORWARD(waits, int, sem_wait, (sem_t * s), (s))
LIMPID_FORWARD(waits, int, sem_trywait, (sem_t * s), (s))
LIMPID_FORWARD(waits, int, sem_timedwait, (sem_t * s, const timespec* t), (s, t))
LIMPID_FORWARD(waits, int, sem_clockwait, (sem_t * s, clockid_t c, const timespec* t), (s, c, t))
LIMPID_FORWARD(waits, int, sem_post, (sem_t * s), (s))
LIMPID_FORWARD(waits, unsigned, sleep, (unsigned seconds), (seconds))
LIMPID_FORWARD(waits, int, usleep, (useconds_t microseconds), (microseconds))
LIMPID_FORWARD(waits, int, nanosleep, (const timespec* t, timespec* left), (t, left))
LIMPID_FORWARD(waits, int, clock_nanosleep, (clockid_t c, int f, const timespec* t, timespec* left),
               (c, f, t, left))
LIMPID_FORWARD(waits, int, sched_yield, (), ())

// How many arguments a call has depends on its number; the kernel looks at six at most.
long syscall(long number, ...) {
  static long (*real)(long, ...) = nullptr;
  count(number == SYS_futex ? &RealtimeCounts::waits : &RealtimeCounts::syscalls);
  long a[6];
  std::va_list arguments;
  va_start(arguments, number);
  for (long& argument : a) argument = va_arg(arguments, long);
  va_end(arguments);
  return next(real, "syscall")(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

LIMPID_FORWARD_OPEN(open, (const char* path, int flags, ...), (path, flags, mode))
LIMPID_FORWARD_OPEN(open64, (const char* path, int flags, ...), (path, flags, mode))
LIMPID_FORWARD_OPEN(openat, (int folder, const char* path, int flags, ...),
                    (folder, path, flags, mode))
LIMPID_FORWARD_OPEN(openat64, (int folder, const char* path, int flags, ...),
                    (folder, path, flags, mode))
LIMPID_FORWARD(io, int, close, (int file), (file))
LIMPID_FORWARD(io, ssize_t, read, (int file, void* data, std::size_t size), (file, data, size))
LIMPID_FORWARD(io, ssize_t, write, (int file, const void* data, std::size_t size),
               (file, data, size))
LIMPID_FORWARD(io, ssize_t, writev, (int file, const iovec* parts, int number),
               (file, parts, number))

LIMPID_FORWARD(io, FILE*, fopen, (const char* path, const char* mode), (path, mode))
LIMPID_FORWARD(io, FILE*, fopen64, (const char* path, const char* mode), (path, mode))
LIMPID_FORWARD(io, int, fclose, (FILE * file), (file))
LIMPID_FORWARD(io, int, fflush, (FILE * file), (file))
LIMPID_FORWARD(io, std::size_t, fread,
               (void* data, std::size_t size, std::size_t number, FILE* file),
               (data, size, number, file))
LIMPID_FORWARD(io, char*, fgets, (char* text, int size, FILE* file), (text, size, file))
LIMPID_FORWARD(io, int, fgetc, (FILE * file), (file))
LIMPID_FORWARD(io, int, getc, (FILE * file), (file))
LIMPID_FORWARD(io, std::size_t, fwrite,
               (const void* data, std::size_t size, std::size_t number, FILE* file),
               (data, size, number, file))
LIMPID_FORWARD(io, int, fputs, (const char* text, FILE* file), (text, file))
LIMPID_FORWARD(io, int, puts, (const char* text), (text))
LIMPID_FORWARD(io, int, fputc, (int letter, FILE* file), (letter, file))
LIMPID_FORWARD(io, int, putc, (int letter, FILE* file), (letter, file))
LIMPID_FORWARD(io, int, vfprintf, (FILE * file, const char* format, std::va_list arguments),
               (file, format, arguments))
int fprintf(FILE* file, const char* format, ...) {
  std::va_list arguments;
  va_start(arguments, format);
  const int written = vfprintf(file, format, arguments);
  va_end(arguments);
  return written;
}
int printf(const char* format, ...) {
  std::va_list arguments;
  va_start(arguments, format);
  const int written = vfprintf(stdout, format, arguments);
  va_end(arguments);
  return written;
}

// <cstdio> has these two inline, so here they have other names.
int own_putchar(int letter) __asm__("putchar");
int own_vprintf(const char* format, std::va_list arguments) __asm__("vprintf");
int own_putchar(int letter) {
  return putc(letter, stdout);
}
int own_vprintf(const char* format, std::va_list arguments) {
  return vfprintf(stdout, format, arguments);
}
}
#pragma GCC visibility pop
#endif
