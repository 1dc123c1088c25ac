/*
 * The shim: the system calls that floe needs and Node does not offer.
 *
 * Each function below is one system call, takes its arguments in the kernel's order as JavaScript
 * numbers and returns the kernel's answer: a value, or -errno. It checks nothing, retries nothing
 * and knows no policy; flags, limits, retries and error messages belong to `src/os/` in TypeScript.
 * An argument that is not a number arrives as -1, which every call here answers with an errno.
 *
 * The file is freestanding: raw system calls instead of a libc, Node-API instead of V8. So one
 * binary per architecture serves glibc and musl and every Node line, and it needs no library. It
 * has no variables, only constants, so any number of worker threads may load it at once. The one
 * thing that is no system call, watching a descriptor in the event loop, stands in poll.h.
 */
#define NAPI_VERSION 8
#include <node_api.h>

#if defined(__x86_64__)
#include "system-call-x86_64.h"
#elif defined(__aarch64__)
#include "system-call-aarch64.h"
#else
#error "floe has system call numbers for x86_64 and aarch64 only; add a header for this one"
#endif

/* The kernel's numbers, which are the same on both architectures. */
enum { AT_FDCWD = -100, PATH_MAX = 4096, FUTEX_WAIT = 0, FUTEX_WAKE = 1 };

/* Declared only for experimental modules, and missing in older lines: weak, so it may be 0. */
extern napi_status node_api_create_external_sharedarraybuffer(
    napi_env env, void* address, size_t length,
    void (*finalize)(void* address, void* hint), void* hint, napi_value* result)
    __attribute__((weak));

/* Reads a number of JavaScript; exact up to 2^53, and -1 when it is no number. */
static int64_t to_int64(napi_env env, napi_value value) {
  int64_t number = -1;
  napi_get_value_int64(env, value, &number);
  return number;
}

static napi_value to_number(napi_env env, long result) {
  napi_value number = 0;
  napi_create_int64(env, result, &number);
  return number;
}

/* The last reference to shared memory can go on any thread, without an env: only munmap is safe. */
static void munmap_shared(void* address, void* length) {
  system_call(SYS_MUNMAP, (long)address, (long)length, 0, 0, 0, 0);
}

static void munmap_external(napi_env env, void* address, void* length) {
  (void)env;
  munmap_shared(address, length);
}

/*
 * mmap(lengthBytes, protection, flags, fd, offsetBytes, shared): maps memory and hands it to
 * JavaScript, as a SharedArrayBuffer if `shared` is 1, else as an external ArrayBuffer. It is
 * unmapped when the last buffer over it is collected.
 * RETURNS the buffer; -errno if the kernel refuses; +napi_status if the JavaScript engine does (22,
 * napi_no_external_buffers_allowed, in Electron).
 */
static napi_value shim_mmap(napi_env env, napi_callback_info info) {
  napi_value arguments[6];
  size_t count = 6;
  napi_get_cb_info(env, info, &count, arguments, 0, 0);
  const long length = to_int64(env, arguments[0]);
  const long mapped = system_call(SYS_MMAP, 0, length, to_int64(env, arguments[1]),
                                  to_int64(env, arguments[2]), to_int64(env, arguments[3]),
                                  to_int64(env, arguments[4]));
  if (mapped < 0 && mapped > -4096) return to_number(env, mapped);

  void* address = (void*)mapped;
  napi_value buffer = 0;
  if (to_int64(env, arguments[5]) == 1) {
    const napi_status status =
        node_api_create_external_sharedarraybuffer == 0
            ? napi_generic_failure
            : node_api_create_external_sharedarraybuffer(env, address, (size_t)length,
                                                         munmap_shared, (void*)length, &buffer);
    if (status == napi_ok) return buffer;
    munmap_shared(address, (void*)length);
    return to_number(env, status);
  }
  const napi_status status = napi_create_external_arraybuffer(
      env, address, (size_t)length, munmap_external, (void*)length, &buffer);
  if (status == napi_ok) return buffer;
  /* After any other failure Node may call the finalizer itself; unmapping twice would hit whatever
     another thread has mapped there meanwhile, so then the range is rather left alone. */
  if (status == napi_no_external_buffers_allowed) munmap_shared(address, (void*)length);
  return to_number(env, status);
}

/*
 * mmapFixed(buffer, protection, flags): maps anonymous memory in place of the mapping that `buffer`
 * shows. `flags` must contain MAP_FIXED. The caller makes sure that shim_mmap made the buffer.
 * RETURNS 0 or -errno; +napi_status if `buffer` is no buffer.
 */
static napi_value shim_mmap_fixed(napi_env env, napi_callback_info info) {
  napi_value arguments[3];
  size_t count = 3;
  napi_get_cb_info(env, info, &count, arguments, 0, 0);
  void* address = 0;
  size_t length = 0;
  const napi_status status = napi_get_arraybuffer_info(env, arguments[0], &address, &length);
  if (status != napi_ok) return to_number(env, status);
  const long mapped = system_call(SYS_MMAP, (long)address, (long)length,
                                  to_int64(env, arguments[1]), to_int64(env, arguments[2]), -1, 0);
  return to_number(env, mapped < 0 && mapped > -4096 ? mapped : 0);
}

/* fallocate(fd, mode, offsetBytes, lengthBytes): RETURNS 0 or -errno. */
static napi_value shim_fallocate(napi_env env, napi_callback_info info) {
  napi_value arguments[4];
  size_t count = 4;
  napi_get_cb_info(env, info, &count, arguments, 0, 0);
  return to_number(env, system_call(SYS_FALLOCATE, to_int64(env, arguments[0]),
                                    to_int64(env, arguments[1]), to_int64(env, arguments[2]),
                                    to_int64(env, arguments[3]), 0, 0));
}

/* flock(fd, operation): RETURNS 0 or -errno (-EAGAIN if another holds it and LOCK_NB is set). */
static napi_value shim_flock(napi_env env, napi_callback_info info) {
  napi_value arguments[2];
  size_t count = 2;
  napi_get_cb_info(env, info, &count, arguments, 0, 0);
  return to_number(env, system_call(SYS_FLOCK, to_int64(env, arguments[0]),
                                    to_int64(env, arguments[1]), 0, 0, 0, 0));
}

/* The kernel's struct flock, the same on both architectures. */
struct file_lock {
  short type;
  short whence;
  long start;
  long length; /* 0: to the end of the file, wherever that comes to be */
  int pid;     /* 0 is obligatory for locks of an open file description */
};

/*
 * fcntl(fd, command, lockType): F_OFD_SETLK and F_OFD_GETLK over the whole file.
 * RETURNS the lock's type as the kernel left it (after F_OFD_GETLK: F_UNLCK if nothing stands in
 * the way, else the type that another holds) or -errno (-EAGAIN if another holds it).
 */
static napi_value shim_fcntl(napi_env env, napi_callback_info info) {
  napi_value arguments[3];
  size_t count = 3;
  napi_get_cb_info(env, info, &count, arguments, 0, 0);
  struct file_lock lock = {(short)to_int64(env, arguments[2]), 0, 0, 0, 0};
  const long result = system_call(SYS_FCNTL, to_int64(env, arguments[0]),
                                  to_int64(env, arguments[1]), (long)&lock, 0, 0, 0);
  return to_number(env, result < 0 ? result : lock.type);
}

/*
 * mknodat(path, mode): relative paths begin in the current directory; `mode` has the file's type;
 * no device. RETURNS 0 or -errno (-ENAMETOOLONG for a path that was cut off here).
 */
static napi_value shim_mknodat(napi_env env, napi_callback_info info) {
  napi_value arguments[2];
  size_t count = 2;
  napi_get_cb_info(env, info, &count, arguments, 0, 0);
  /* A path is cut between two characters, so up to three bytes early, and is still too long. */
  char path[PATH_MAX + 4];
  path[0] = 0;
  napi_get_value_string_utf8(env, arguments[0], path, sizeof(path), 0);
  return to_number(env, system_call(SYS_MKNODAT, AT_FDCWD, (long)path,
                                    to_int64(env, arguments[1]), 0, 0, 0));
}

/* Memory that a typed array shows. */
struct view {
  char* address; /* of the array's first element, so its offset in the buffer is in it */
  size_t count;  /* of elements */
};

/* Whatever is no typed array lies at -1, where every call here finds nothing and says so. */
static struct view to_view(napi_env env, napi_value value) {
  void* address = (void*)-1;
  size_t count = 1;
  napi_get_typedarray_info(env, value, 0, &count, &address, 0, 0);
  const struct view view = {address, count};
  return view;
}

/* read(fd, bytes): RETURNS the number of bytes read into the Uint8Array, or -errno. */
static napi_value shim_read(napi_env env, napi_callback_info info) {
  napi_value arguments[2];
  size_t count = 2;
  napi_get_cb_info(env, info, &count, arguments, 0, 0);
  const struct view bytes = to_view(env, arguments[1]);
  return to_number(env, system_call(SYS_READ, to_int64(env, arguments[0]), (long)bytes.address,
                                    (long)bytes.count, 0, 0, 0));
}

/* write(fd, bytes): RETURNS the number of bytes written of the Uint8Array, or -errno. */
static napi_value shim_write(napi_env env, napi_callback_info info) {
  napi_value arguments[2];
  size_t count = 2;
  napi_get_cb_info(env, info, &count, arguments, 0, 0);
  const struct view bytes = to_view(env, arguments[1]);
  return to_number(env, system_call(SYS_WRITE, to_int64(env, arguments[0]), (long)bytes.address,
                                    (long)bytes.count, 0, 0, 0));
}

/* The kernel's struct timespec, the same on both architectures. */
struct time_span {
  long seconds;
  long nanoseconds;
};

/* A span of this many nanoseconds at `span`; a null pointer, which means no limit, if negative. */
static struct time_span* to_span(int64_t nanoseconds, struct time_span* span) {
  if (nanoseconds < 0) return 0;
  span->seconds = nanoseconds / 1000000000;
  span->nanoseconds = nanoseconds % 1000000000;
  return span;
}

/*
 * futexWait(words, wordIndex, expected, timeoutNs): FUTEX_WAIT, shared between processes, on a word
 * of an Int32Array. The caller keeps the index within the array.
 * RETURNS 0 or -errno (-EAGAIN if the word has another value, -ETIMEDOUT, -EINTR).
 */
static napi_value shim_futex_wait(napi_env env, napi_callback_info info) {
  napi_value arguments[4];
  size_t count = 4;
  napi_get_cb_info(env, info, &count, arguments, 0, 0);
  char* word = to_view(env, arguments[0]).address + 4 * to_int64(env, arguments[1]);
  struct time_span span;
  return to_number(env, system_call(SYS_FUTEX, (long)word, FUTEX_WAIT, to_int64(env, arguments[2]),
                                    (long)to_span(to_int64(env, arguments[3]), &span), 0, 0));
}

/* futexWake(words, wordIndex, count): FUTEX_WAKE; RETURNS how many were woken, or -errno. */
static napi_value shim_futex_wake(napi_env env, napi_callback_info info) {
  napi_value arguments[3];
  size_t count = 3;
  napi_get_cb_info(env, info, &count, arguments, 0, 0);
  char* word = to_view(env, arguments[0]).address + 4 * to_int64(env, arguments[1]);
  return to_number(env, system_call(SYS_FUTEX, (long)word, FUTEX_WAKE, to_int64(env, arguments[2]),
                                    0, 0, 0));
}

/*
 * ppoll(entries, count, timeoutNs): an entry is the kernel's struct pollfd and takes two words of
 * the Int32Array: the descriptor; events (16 bits) with the answer above them. No signal mask.
 * RETURNS how many entries have an answer (0: the time is over), or -errno.
 */
static napi_value shim_ppoll(napi_env env, napi_callback_info info) {
  napi_value arguments[3];
  size_t count = 3;
  napi_get_cb_info(env, info, &count, arguments, 0, 0);
  struct time_span span;
  return to_number(env, system_call(SYS_PPOLL, (long)to_view(env, arguments[0]).address,
                                    to_int64(env, arguments[1]),
                                    (long)to_span(to_int64(env, arguments[2]), &span), 0, 0, 0));
}

#include "poll.h"

NAPI_MODULE_EXPORT int32_t node_api_module_get_api_version_v1(void) { return NAPI_VERSION; }

static void add_function(napi_env env, napi_value exports, const char* name, napi_callback call) {
  napi_value function;
  if (napi_create_function(env, name, NAPI_AUTO_LENGTH, call, 0, &function) != napi_ok) return;
  napi_set_named_property(env, exports, name, function);
}

NAPI_MODULE_EXPORT napi_value napi_register_module_v1(napi_env env, napi_value exports) {
  add_function(env, exports, "mmap", shim_mmap);
  add_function(env, exports, "mmapFixed", shim_mmap_fixed);
  add_function(env, exports, "fallocate", shim_fallocate);
  add_function(env, exports, "flock", shim_flock);
  add_function(env, exports, "fcntl", shim_fcntl);
  add_function(env, exports, "mknodat", shim_mknodat);
  add_function(env, exports, "read", shim_read);
  add_function(env, exports, "write", shim_write);
  add_function(env, exports, "futexWait", shim_futex_wait);
  add_function(env, exports, "futexWake", shim_futex_wake);
  add_function(env, exports, "ppoll", shim_ppoll);
  if (has_poll()) {
    add_function(env, exports, "pollStart", shim_poll_start);
    add_function(env, exports, "pollUpdate", shim_poll_update);
    add_function(env, exports, "pollRef", shim_poll_ref);
    add_function(env, exports, "pollClose", shim_poll_close);
  }

  /* Whether this Node can hand out mapped memory as a SharedArrayBuffer. */
  napi_value shared;
  napi_get_boolean(env, node_api_create_external_sharedarraybuffer != 0, &shared);
  napi_set_named_property(env, exports, "hasSharedArrayBuffer", shared);

  /* Whether there is an event loop of libuv, and with it the functions of poll.h. */
  napi_value poll;
  napi_get_boolean(env, has_poll(), &poll);
  napi_set_named_property(env, exports, "hasPoll", poll);
  return exports;
}
