/*
 * Watching a descriptor in the event loop that Node runs anyway: libuv's poll handle.
 *
 * libuv is part of Node's own binary. The few functions used here are in its stable interface; they
 * are declared by hand, because its headers are nowhere that this file may rely on, and weak, so
 * that the shim loads in a runtime without libuv, where `hasPoll` is false.
 *
 * A watch is one mapping of its own, and three parties know it: libuv until the handle is closed,
 * the environment (a thread's Node) through a hook that closes the handle before the loop is, and
 * JavaScript through an external value. It is unmapped by who lets go last, so a value that
 * outlived its watch is harmless, and so is closing twice. Once closing has begun nothing is called
 * any more.
 */
typedef struct uv_handle_s uv_handle;
typedef void (*uv_close_callback)(uv_handle* handle);
typedef void (*uv_poll_callback)(uv_handle* handle, int status, int events);

extern size_t uv_handle_size(int type) __attribute__((weak));
extern int uv_poll_init(struct uv_loop_s* loop, uv_handle* handle, int fd) __attribute__((weak));
extern int uv_poll_start(uv_handle* handle, int events, uv_poll_callback callback)
    __attribute__((weak));
extern void uv_close(uv_handle* handle, uv_close_callback callback) __attribute__((weak));
extern void uv_ref(uv_handle* handle) __attribute__((weak));
extern void uv_unref(uv_handle* handle) __attribute__((weak));
extern napi_status napi_get_uv_event_loop(napi_env env, struct uv_loop_s** loop)
    __attribute__((weak));

enum { UV_POLL = 8 };

/* Readable and writable, private and anonymous; the same on both architectures. */
enum { WATCH_PROTECTION = 1 | 2, WATCH_MAPPING = 0x02 | 0x20 };

/* The answer about a watch that is closed, or is none. */
enum { NO_WATCH = -9 /* -EBADF */ };

struct watch {
  napi_env env;
  napi_ref callback;
  napi_async_context context;
  napi_async_cleanup_hook_handle hook;
  size_t length; /* of the mapping */
  int is_closing;
  /* Who still knows the watch: libuv or pollStart, and the value of JavaScript. */
  int owners;
  _Alignas(16) char handle[]; /* what libuv keeps; how large it is, libuv says */
};

static uv_handle* handle_of(struct watch* watch) { return (uv_handle*)watch->handle; }

static struct watch* watch_of(uv_handle* handle) {
  return (struct watch*)((char*)handle - offsetof(struct watch, handle));
}

static int has_poll(void) {
  return uv_handle_size != 0 && uv_poll_init != 0 && uv_poll_start != 0 && uv_close != 0 &&
         uv_ref != 0 && uv_unref != 0 && napi_get_uv_event_loop != 0;
}

static void drop_watch(struct watch* watch) {
  if (--watch->owners == 0) system_call(SYS_MUNMAP, (long)watch, (long)watch->length, 0, 0, 0, 0);
}

static void on_collected(napi_env env, void* watch, void* hint) {
  (void)env;
  (void)hint;
  drop_watch(watch);
}

/* The last step of closing. During teardown Node waits for the hook to be removed. */
static void release_watch(struct watch* watch) {
  if (watch->context != 0) napi_async_destroy(watch->env, watch->context);
  if (watch->hook != 0) napi_remove_async_cleanup_hook(watch->hook);
  drop_watch(watch);
}

static void on_closed(uv_handle* handle) { release_watch(watch_of(handle)); }

static void close_watch(struct watch* watch) {
  if (watch->is_closing) return;
  watch->is_closing = 1;
  napi_delete_reference(watch->env, watch->callback);
  uv_close(handle_of(watch), on_closed);
}

static void on_teardown(napi_async_cleanup_hook_handle hook, void* watch) {
  (void)hook;
  close_watch(watch);
}

/* Calls JavaScript as Node itself does from its loop: with an async context, and ticks after it. */
static void on_poll(uv_handle* handle, int status, int events) {
  struct watch* watch = watch_of(handle);
  const napi_env env = watch->env;
  napi_handle_scope scope;
  if (napi_open_handle_scope(env, &scope) != napi_ok) return;
  napi_value receiver = 0;
  napi_value callback = 0;
  napi_value arguments[2] = {0, 0};
  napi_get_global(env, &receiver);
  napi_get_reference_value(env, watch->callback, &callback);
  napi_create_int32(env, status, &arguments[0]);
  napi_create_int32(env, events, &arguments[1]);
  napi_value exception = 0;
  if (napi_make_callback(env, watch->context, receiver, callback, 2, arguments, 0) ==
          napi_pending_exception &&
      napi_get_and_clear_last_exception(env, &exception) == napi_ok) {
    /* Becomes an uncaughtException; does nothing in an environment that is being torn down. */
    napi_fatal_exception(env, exception);
  }
  napi_close_handle_scope(env, scope);
}

/* What JavaScript holds of a watch; 0 if `value` is no external. */
static struct watch* to_watch(napi_env env, napi_value value) {
  void* watch = 0;
  napi_get_value_external(env, value, &watch);
  return watch;
}

/* What a watch needs of the environment, and the value that stands for it. */
static napi_status bind_watch(struct watch* watch, napi_value callback, napi_value* result) {
  const napi_env env = watch->env;
  napi_value name = 0;
  napi_status status = napi_create_string_utf8(env, "FLOE_POLL", NAPI_AUTO_LENGTH, &name);
  if (status == napi_ok) status = napi_create_reference(env, callback, 1, &watch->callback);
  if (status == napi_ok) status = napi_async_init(env, 0, name, &watch->context);
  if (status == napi_ok) {
    status = napi_add_async_cleanup_hook(env, on_teardown, watch, &watch->hook);
  }
  if (status == napi_ok) status = napi_create_external(env, watch, on_collected, 0, result);
  if (status == napi_ok) watch->owners++;
  return status;
}

/*
 * pollStart(fd, events, callback): uv_poll_init and uv_poll_start. From then on the loop calls
 * callback(status, events) as long as one of the events holds; after a negative status, which is
 * an -errno, libuv has stopped by itself.
 * RETURNS a value for the calls below; -errno if libuv refuses (-EEXIST: the loop watches the
 * descriptor already); +napi_status if the JavaScript engine does.
 */
static napi_value shim_poll_start(napi_env env, napi_callback_info info) {
  napi_value arguments[3];
  size_t count = 3;
  napi_get_cb_info(env, info, &count, arguments, 0, 0);
  struct uv_loop_s* loop = 0;
  napi_status status = napi_get_uv_event_loop(env, &loop);
  if (status != napi_ok) return to_number(env, status);

  const size_t length = sizeof(struct watch) + uv_handle_size(UV_POLL);
  const long mapped =
      system_call(SYS_MMAP, 0, (long)length, WATCH_PROTECTION, WATCH_MAPPING, -1, 0);
  if (mapped < 0 && mapped > -4096) return to_number(env, mapped);
  struct watch* watch = (struct watch*)mapped; /* the kernel filled it with zeroes */
  watch->env = env;
  watch->length = length;
  watch->owners = 1;

  napi_value result = 0;
  status = bind_watch(watch, arguments[2], &result);
  /* A handle that could not be initialized is unknown to the loop, and is not closed. */
  const int refused = status != napi_ok
                          ? (int)status
                          : uv_poll_init(loop, handle_of(watch), (int)to_int64(env, arguments[0]));
  if (refused != 0) {
    watch->is_closing = 1;
    if (watch->callback != 0) napi_delete_reference(env, watch->callback);
    release_watch(watch);
    return to_number(env, refused);
  }
  const int started = uv_poll_start(handle_of(watch), (int)to_int64(env, arguments[1]), on_poll);
  if (started == 0) return result;
  close_watch(watch);
  return to_number(env, started);
}

/*
 * pollUpdate(watch, events): uv_poll_start; without events it stops. RETURNS 0 or -errno
 * (-EBADF after pollClose).
 */
static napi_value shim_poll_update(napi_env env, napi_callback_info info) {
  napi_value arguments[2];
  size_t count = 2;
  napi_get_cb_info(env, info, &count, arguments, 0, 0);
  struct watch* watch = to_watch(env, arguments[0]);
  /* libuv aborts the process when a closed handle is started. */
  if (watch == 0 || watch->is_closing) return to_number(env, NO_WATCH);
  const int events = (int)to_int64(env, arguments[1]);
  return to_number(env, uv_poll_start(handle_of(watch), events, on_poll));
}

/* pollRef(watch, isRef): uv_ref if 1, else uv_unref. RETURNS 0 or -EBADF. */
static napi_value shim_poll_ref(napi_env env, napi_callback_info info) {
  napi_value arguments[2];
  size_t count = 2;
  napi_get_cb_info(env, info, &count, arguments, 0, 0);
  struct watch* watch = to_watch(env, arguments[0]);
  if (watch == 0 || watch->is_closing) return to_number(env, NO_WATCH);
  if (to_int64(env, arguments[1]) == 1) uv_ref(handle_of(watch));
  else uv_unref(handle_of(watch));
  return to_number(env, 0);
}

/* pollClose(watch): uv_close. Nothing is called from then on. RETURNS 0, also when closed. */
static napi_value shim_poll_close(napi_env env, napi_callback_info info) {
  napi_value arguments[1];
  size_t count = 1;
  napi_get_cb_info(env, info, &count, arguments, 0, 0);
  struct watch* watch = to_watch(env, arguments[0]);
  if (watch == 0) return to_number(env, NO_WATCH);
  close_watch(watch);
  return to_number(env, 0);
}
