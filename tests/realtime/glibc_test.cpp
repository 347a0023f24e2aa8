// SPDX-License-Identifier: MIT
// Positive controls, one for each of glibc's functions that the guard replaces.
#ifdef __linux__
#include <dlfcn.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>
#endif

#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <initializer_list>
#include <utility>

#include "tests/support/realtime_guard.h"

#ifdef __GLIBC__
namespace limpid::test {
namespace {

class RealtimeGlibc : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!realtime_guard_available()) GTEST_SKIP() << "no real-time guard in this build";
  }
};

// What the calls below need, made before counting begins.
struct Things {
  Things() {
    sem_init(&semaphore, 0, 1);
    pthread_mutex_lock(&held);
  }
  Things(const Things&) = delete;
  Things& operator=(const Things&) = delete;
  ~Things() {
    pthread_mutex_unlock(&held);
    sem_destroy(&semaphore);
    if (file >= 0) close(file);
    if (stream != nullptr) std::fclose(stream);
  }

  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER, held = PTHREAD_MUTEX_INITIALIZER;
  pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
  pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
  sem_t semaphore;
  int word = 0;     // of a futex
  timespec past{};  // whoever waits until then gives up at once
  int file = open("/dev/zero", O_RDWR);
  FILE* stream = std::fopen("/dev/zero", "r+");
  char bytes[2] = "";
  iovec part{bytes, 1};
};

struct Control {
  const char* function;
  int RealtimeCounts::*what;
  void (*call)(Things& t);
};

// function(arguments) must be counted as `what`. The arguments may use `t`, the things. By a
// pointer that may change, because compilers and headers know simpler functions for some calls.
#define LIMPID_CONTROL(what, function, ...)                             \
  Control({#function, &RealtimeCounts::what, [](Things& t) {            \
             static_cast<void>(t);                                      \
             auto* volatile pointer = &function;                        \
             [[maybe_unused]] const auto result = pointer(__VA_ARGS__); \
           }})

// Shared libraries find the guard's version only if it is among the executable's dynamic symbols.
void expect_stands_before_glibc(const char* function) {
  EXPECT_NE(dlsym(RTLD_DEFAULT, function), dlsym(RTLD_NEXT, function)) << function;
}

void expect_seen(std::initializer_list<Control> controls) {
  for (const auto& control : controls) {
    Things things;
    RealtimeCounts counts;
    {
      RealtimeScope scope;
      control.call(things);
      counts = scope.counts();
    }
    EXPECT_EQ(counts.*control.what, 1) << control.function << ": " << counts.describe();
    expect_stands_before_glibc(control.function);
  }
}

TEST_F(RealtimeGlibc, AllocatorOfSharedLibrariesIsReplaced) {
  for (const char* function :
       {"malloc", "calloc", "realloc", "aligned_alloc", "memalign", "posix_memalign", "free"})
    expect_stands_before_glibc(function);
}

TEST_F(RealtimeGlibc, Locks) {
  expect_seen(
      {LIMPID_CONTROL(locks, pthread_mutex_lock, &t.mutex),
       LIMPID_CONTROL(locks, pthread_mutex_trylock, &t.mutex),
       LIMPID_CONTROL(locks, pthread_mutex_timedlock, &t.mutex, &t.past),
       LIMPID_CONTROL(locks, pthread_mutex_clocklock, &t.mutex, CLOCK_MONOTONIC, &t.past),
       LIMPID_CONTROL(locks, pthread_rwlock_rdlock, &t.rwlock),
       LIMPID_CONTROL(locks, pthread_rwlock_wrlock, &t.rwlock),
       LIMPID_CONTROL(locks, pthread_rwlock_tryrdlock, &t.rwlock),
       LIMPID_CONTROL(locks, pthread_rwlock_trywrlock, &t.rwlock),
       LIMPID_CONTROL(locks, pthread_rwlock_timedrdlock, &t.rwlock, &t.past),
       LIMPID_CONTROL(locks, pthread_rwlock_timedwrlock, &t.rwlock, &t.past),
       LIMPID_CONTROL(locks, pthread_rwlock_clockrdlock, &t.rwlock, CLOCK_MONOTONIC, &t.past),
       LIMPID_CONTROL(locks, pthread_rwlock_clockwrlock, &t.rwlock, CLOCK_MONOTONIC, &t.past)});
}

TEST_F(RealtimeGlibc, ConditionVariables) {
  expect_seen({LIMPID_CONTROL(waits, pthread_cond_timedwait, &t.condition, &t.held, &t.past),
               LIMPID_CONTROL(waits, pthread_cond_clockwait, &t.condition, &t.held, CLOCK_MONOTONIC,
                              &t.past),
               LIMPID_CONTROL(waits, pthread_cond_signal, &t.condition),
               LIMPID_CONTROL(waits, pthread_cond_broadcast, &t.condition)});
  expect_stands_before_glibc("pthread_cond_wait");  // RealtimeGuard.SeesAConditionVariable calls it
}

TEST_F(RealtimeGlibc, Semaphores) {
  expect_seen({LIMPID_CONTROL(waits, sem_wait, &t.semaphore),
               LIMPID_CONTROL(waits, sem_trywait, &t.semaphore),
               LIMPID_CONTROL(waits, sem_timedwait, &t.semaphore, &t.past),
               LIMPID_CONTROL(waits, sem_clockwait, &t.semaphore, CLOCK_MONOTONIC, &t.past),
               LIMPID_CONTROL(waits, sem_post, &t.semaphore)});
}

TEST_F(RealtimeGlibc, Sleeps) {
  expect_seen({LIMPID_CONTROL(waits, sleep, 0), LIMPID_CONTROL(waits, usleep, 1),
               LIMPID_CONTROL(waits, nanosleep, &t.past, nullptr),
               LIMPID_CONTROL(waits, clock_nanosleep, CLOCK_MONOTONIC, 0, &t.past, nullptr),
               LIMPID_CONTROL(waits, sched_yield)});
}

TEST_F(RealtimeGlibc, SystemCalls) {
  expect_seen({LIMPID_CONTROL(syscalls, syscall, SYS_getpid),
               LIMPID_CONTROL(waits, syscall, SYS_futex, &t.word, FUTEX_WAKE_PRIVATE, 1, nullptr,
                              nullptr, 0)});
}

TEST_F(RealtimeGlibc, SystemCallsGetAllTheirArguments) {
  int word = 0;
  EXPECT_EQ(syscall(SYS_getpid), getpid());
  const auto wake = [&](int bits) {
    return syscall(SYS_futex, &word, FUTEX_WAKE_BITSET_PRIVATE, 1, nullptr, nullptr, bits);
  };
  EXPECT_EQ(wake(1), 0);
  EXPECT_EQ(wake(0), -1) << "the sixth argument must not be 0";
  EXPECT_EQ(errno, EINVAL);
}

TEST_F(RealtimeGlibc, Files) {
  expect_seen({LIMPID_CONTROL(io, open, "/dev/null", O_RDONLY),
               LIMPID_CONTROL(io, open64, "/dev/null", O_RDONLY),
               LIMPID_CONTROL(io, openat, AT_FDCWD, "/dev/null", O_RDONLY),
               LIMPID_CONTROL(io, openat64, AT_FDCWD, "/dev/null", O_RDONLY),
               LIMPID_CONTROL(io, close, std::exchange(t.file, -1)),
               LIMPID_CONTROL(io, read, t.file, t.bytes, 1),
               LIMPID_CONTROL(io, write, t.file, t.bytes, 1),
               LIMPID_CONTROL(io, writev, t.file, &t.part, 1)});
}

TEST_F(RealtimeGlibc, InputByStdio) {
  expect_seen({LIMPID_CONTROL(io, fopen, "/dev/null", "r"),
               LIMPID_CONTROL(io, fopen64, "/dev/null", "r"),
               LIMPID_CONTROL(io, fclose, std::exchange(t.stream, nullptr)),
               LIMPID_CONTROL(io, fread, t.bytes, 1, 1, t.stream),
               LIMPID_CONTROL(io, fgets, t.bytes, 2, t.stream), LIMPID_CONTROL(io, fgetc, t.stream),
               LIMPID_CONTROL(io, getc, t.stream)});
}

TEST_F(RealtimeGlibc, OutputByStdio) {
  expect_seen({LIMPID_CONTROL(io, fwrite, t.bytes, 1, 1, t.stream),
               LIMPID_CONTROL(io, fputs, "text", t.stream),
               LIMPID_CONTROL(io, puts, "deliberate output of a test"),
               LIMPID_CONTROL(io, fputc, 'a', t.stream), LIMPID_CONTROL(io, putc, 'a', t.stream),
               LIMPID_CONTROL(io, putchar, '\n'), LIMPID_CONTROL(io, fflush, t.stream),
               LIMPID_CONTROL(io, fprintf, t.stream, "number %d\n", 1),
               LIMPID_CONTROL(io, printf, "number %d\n", 2)});
}

using PrintList = int(FILE* file, const char* format, std::va_list arguments);

int print_list(PrintList* print, const char* format, ...) {
  std::va_list arguments;
  va_start(arguments, format);
  RealtimeScope scope;
  print(stdout, format, arguments);
  va_end(arguments);
  return scope.counts().io;
}

TEST_F(RealtimeGlibc, ListsOfArgumentsByStdio) {
  EXPECT_EQ(print_list(&vfprintf, "number %d\n", 3), 1);
  PrintList* const to_stdout = [](FILE*, const char* format, std::va_list arguments) {
    int (*volatile print)(const char*, std::va_list) = &vprintf;  // not what <cstdio> has inline
    return print(format, arguments);
  };
  EXPECT_EQ(print_list(to_stdout, "number %d\n", 4), 1);
  for (const char* function : {"vprintf", "vfprintf"}) expect_stands_before_glibc(function);
}

}  // namespace
}  // namespace limpid::test
#endif
