// SPDX-License-Identifier: MIT
// The counting versions. An executable's own symbols come before those of shared libraries, so
// these are called by everything in the program, libstdc++ included.
#include "tests/support/realtime_guard.h"

#include <utility>

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define LIMPID_GUARD 1
#include <dlfcn.h>
#include <pthread.h>
#include <semaphore.h>
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
                                     {writes, "write"}})
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
// The version that would have been called without this file.
template <class Function>
Function next(Function& cached, const char* name) noexcept {
  if (cached == nullptr) cached = reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
  return cached;
}
}  // namespace

// name(parameters) calls the C library's function of that name after counting it as `what`.
#define LIMPID_FORWARD(what, name, parameters, arguments) \
  int name parameters {                                   \
    static int(*real) parameters = nullptr;               \
    count(&RealtimeCounts::what);                         \
    return next(real, #name) arguments;                   \
  }

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

LIMPID_FORWARD(locks, pthread_mutex_lock, (pthread_mutex_t * m), (m))
LIMPID_FORWARD(locks, pthread_mutex_trylock, (pthread_mutex_t * m), (m))
LIMPID_FORWARD(locks, pthread_rwlock_rdlock, (pthread_rwlock_t * l), (l))
LIMPID_FORWARD(locks, pthread_rwlock_wrlock, (pthread_rwlock_t * l), (l))
LIMPID_FORWARD(waits, pthread_cond_wait, (pthread_cond_t * c, pthread_mutex_t* m), (c, m))
LIMPID_FORWARD(waits, pthread_cond_timedwait,
               (pthread_cond_t * c, pthread_mutex_t* m, const timespec* t), (c, m, t))
LIMPID_FORWARD(waits, pthread_cond_signal, (pthread_cond_t * c), (c))
LIMPID_FORWARD(waits, pthread_cond_broadcast, (pthread_cond_t * c), (c))
LIMPID_FORWARD(waits, sem_wait, (sem_t * s), (s))
LIMPID_FORWARD(waits, nanosleep, (const timespec* t, timespec* left), (t, left))
LIMPID_FORWARD(waits, clock_nanosleep, (clockid_t c, int f, const timespec* t, timespec* left),
               (c, f, t, left))

LIMPID_FORWARD(writes, fputs, (const char* text, FILE* file), (text, file))
LIMPID_FORWARD(writes, puts, (const char* text), (text))

std::size_t fwrite(const void* data, std::size_t size, std::size_t number, FILE* file) {
  static std::size_t (*real)(const void*, std::size_t, std::size_t, FILE*) = nullptr;
  count(&RealtimeCounts::writes);
  return next(real, "fwrite")(data, size, number, file);
}
ssize_t write(int file, const void* data, std::size_t size) {
  static ssize_t (*real)(int, const void*, std::size_t) = nullptr;
  count(&RealtimeCounts::writes);
  return next(real, "write")(file, data, size);
}
int fprintf(FILE* file, const char* format, ...) {
  count(&RealtimeCounts::writes);
  std::va_list arguments;
  va_start(arguments, format);
  const int written = std::vfprintf(file, format, arguments);
  va_end(arguments);
  return written;
}
int printf(const char* format, ...) {
  count(&RealtimeCounts::writes);
  std::va_list arguments;
  va_start(arguments, format);
  const int written = std::vfprintf(stdout, format, arguments);
  va_end(arguments);
  return written;
}
}
#endif
