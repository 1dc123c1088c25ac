/*
 * The floor: two processes and what carries the word between them, nothing else.
 *
 * Latency: no library that hands a message from one core to another can be faster than the cache
 * line that carries it. Word 0 of a 64-byte line is the tag, written last (release) and polled by
 * the other side (acquire); the fifteen other words are the payload, written in full and read in
 * full. No queue, no second message in flight, no safety: not a rival, but the distance that is
 * left to win.
 *
 * Wake: nor can a library wake a sleeper faster than the kernel does. Blocking, the same line, and
 * the receiver sleeps in a futex on its tag. In the event loop, a FIFO, and the receiver sleeps in
 * epoll_wait. An event is the bare tag, or one byte; a message is the whole line.
 *
 * It speaks the line protocol of benchmarks/protocol.ts (twelve arguments, JSON lines, stays until
 * its standard input is closed) and knows these two measures and payloads up to 64 bytes.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/futex.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { WORDS = 16, LINE_GAP_BYTES = 4096, PATH_BYTES = 4096 };

typedef struct {
  _Alignas(64) _Atomic uint32_t tag;
  uint32_t words[WORDS - 1];
} Line;

/* One direction; of the two ways to carry a message, each run uses one. */
typedef struct {
  Line *line;
  int fifo;
  int epoll;
  /* Beside the tag: 15, or 0 for an event. */
  int words;
} Channel;

typedef struct {
  size_t rounds, block_rounds, warmup;
  double pause_ns, started_ms;
} Run;

/* Moves the message with this number, one way or the other. */
typedef void Step(Channel *channel, uint32_t counter);

#define INLINED static inline __attribute__((always_inline))

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static double clock_ns(clockid_t id) {
  struct timespec now;
  clock_gettime(id, &now);
  return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

INLINED void pause_core(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

INLINED void write_words(uint32_t *words, int count, uint32_t counter) {
  for (int i = 0; i < count; i++) words[i] = counter;
}

INLINED void check_words(const uint32_t *words, int count, uint32_t counter) {
  uint32_t sum = 0;
  for (int i = 0; i < count; i++) sum += words[i];
  if (sum != counter * (uint32_t)count) {
    fprintf(stderr, "message %u is torn\n", counter);
    exit(1);
  }
}

INLINED void put(Channel *channel, uint32_t counter) {
  write_words(channel->line->words, WORDS - 1, counter);
  atomic_store_explicit(&channel->line->tag, counter, memory_order_release);
}

INLINED void get(Channel *channel, uint32_t counter) {
  Line *line = channel->line;
  while (atomic_load_explicit(&line->tag, memory_order_acquire) != counter) pause_core();
  check_words(line->words, WORDS - 1, counter);
}

INLINED void put_and_wake(Channel *channel, uint32_t counter) {
  write_words(channel->line->words, channel->words, counter);
  atomic_store_explicit(&channel->line->tag, counter, memory_order_release);
  syscall(SYS_futex, &channel->line->tag, FUTEX_WAKE, 1, NULL, NULL, 0);
}

INLINED void sleep_and_get(Channel *channel, uint32_t counter) {
  Line *line = channel->line;
  uint32_t seen;
  while ((seen = atomic_load_explicit(&line->tag, memory_order_acquire)) != counter)
    syscall(SYS_futex, &line->tag, FUTEX_WAIT, seen, NULL, NULL, 0);
  check_words(line->words, channel->words, counter);
}

/* Less than PIPE_BUF, so it is written and read whole. An event is one byte of the number. */
INLINED void write_fifo(Channel *channel, uint32_t counter) {
  uint32_t message[WORDS];
  size_t bytes = channel->words == 0 ? 1 : sizeof message;
  write_words(message, 1 + channel->words, counter);
  if (write(channel->fifo, message, bytes) != (ssize_t)bytes) fail("write");
}

INLINED void await_fifo(Channel *channel, uint32_t counter) {
  uint32_t message[WORDS] = {0};
  size_t bytes = channel->words == 0 ? 1 : sizeof message;
  struct epoll_event event;
  if (epoll_wait(channel->epoll, &event, 1, -1) != 1) fail("epoll_wait");
  if (read(channel->fifo, message, bytes) != (ssize_t)bytes) fail("read");
  if (bytes == 1) check_words(message, 1, counter & 0xff);
  else check_words(message, WORDS, counter);
}

static int by_value(const void *left, const void *right) {
  double a = *(const double *)left, b = *(const double *)right;
  return (a > b) - (a < b);
}

static double quantile(double *sorted, size_t count, double q) {
  size_t index = (size_t)((double)count * q);
  return sorted[index < count ? index : count - 1];
}

/* Busy, because who sends is awake; the other side goes to sleep meanwhile. */
INLINED void spend(double pause_ns) {
  if (pause_ns == 0) return;
  double end = clock_ns(CLOCK_MONOTONIC) + pause_ns;
  while (clock_ns(CLOCK_MONOTONIC) < end) pause_core();
}

/* Fills one_way_ns with half of each round trip, averaged over blocks of block_rounds. */
INLINED size_t measure(Step *send, Step *receive, Channel *ping, Channel *pong, uint32_t *counter,
                       const Run *run, size_t block_rounds, double *one_way_ns) {
  size_t blocks = run->rounds / block_rounds;
  for (size_t block = 0; block < blocks; block++) {
    spend(run->pause_ns);
    double start = clock_ns(CLOCK_MONOTONIC);
    for (size_t i = 0; i < block_rounds; i++) {
      send(ping, ++*counter);
      receive(pong, *counter);
    }
    one_way_ns[block] = (clock_ns(CLOCK_MONOTONIC) - start) / (double)block_rounds / 2;
  }
  qsort(one_way_ns, blocks, sizeof *one_way_ns, by_value);
  return blocks;
}

INLINED void initiate(Step *send, Step *receive, Channel *ping, Channel *pong, const Run *run) {
  double *one_way_ns = calloc(run->rounds, sizeof *one_way_ns);
  if (one_way_ns == NULL) exit(1);
  uint32_t counter = 0;
  double first_message_ms = 0;
  for (size_t i = 0; i < run->warmup; i++) {
    send(ping, ++counter);
    receive(pong, counter);
    if (i == 0) first_message_ms = clock_ns(CLOCK_REALTIME) / 1e6;
  }
  size_t blocks =
      measure(send, receive, ping, pong, &counter, run, run->block_rounds, one_way_ns);
  double median = quantile(one_way_ns, blocks, 0.5);
  size_t singles = measure(send, receive, ping, pong, &counter, run, 1, one_way_ns);
  printf("{\"event\":\"result\",\"value\":%f,\"p99\":%f,\"startedMs\":%.4f,\"importedMs\":%.4f,"
         "\"firstMessageMs\":%.4f}\n",
         median, quantile(one_way_ns, singles, 0.99), run->started_ms, run->started_ms,
         first_message_ms);
  free(one_way_ns);
}

INLINED void reflect(Step *send, Step *receive, Channel *ping, Channel *pong, const Run *run) {
  printf("{\"event\":\"ready\"}\n");
  fflush(stdout);
  for (uint32_t counter = 1; counter <= run->warmup + 2 * run->rounds; counter++) {
    receive(ping, counter);
    send(pong, counter);
  }
}

INLINED void play(const char *role, Step *send, Step *receive, Channel *ping, Channel *pong,
                  const Run *run) {
  if (strcmp(role, "reflector") == 0) reflect(send, receive, ping, pong, run);
  else initiate(send, receive, ping, pong, run);
}

static void open_lines(const char *directory, Channel *ping, Channel *pong) {
  char path[PATH_BYTES];
  snprintf(path, sizeof path, "%s/c-floor", directory);
  int file = open(path, O_RDWR | O_CREAT, 0600);
  if (file < 0 || ftruncate(file, 2 * LINE_GAP_BYTES) != 0) fail(path);
  char *base = mmap(NULL, 2 * LINE_GAP_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (base == MAP_FAILED) fail("mmap");
  ping->line = (Line *)base;
  pong->line = (Line *)(base + LINE_GAP_BYTES);
}

/* Opened for both directions, so that neither side has to wait for the other to open it. */
static void open_fifo(const char *directory, const char *name, Channel *channel) {
  char path[PATH_BYTES];
  snprintf(path, sizeof path, "%s/%s", directory, name);
  mkfifo(path, 0600);
  channel->fifo = open(path, O_RDWR | O_NONBLOCK);
  channel->epoll = epoll_create1(0);
  struct epoll_event event = {.events = EPOLLIN};
  if (channel->fifo < 0 || channel->epoll < 0) fail(path);
  if (epoll_ctl(channel->epoll, EPOLL_CTL_ADD, channel->fifo, &event) != 0) fail("epoll_ctl");
}

int main(int argc, char **argv) {
  double started_ms = clock_ns(CLOCK_REALTIME) / 1e6;
  if (argc != 13) {
    fprintf(stderr, "twelve arguments are needed; see benchmarks/protocol.ts\n");
    return 1;
  }
  const char *role = argv[1], *measure = argv[2], *way = argv[3], *directory = argv[12];
  const Run run = {.rounds = (size_t)atol(argv[7]),
                   .block_rounds = (size_t)atol(argv[8]),
                   .warmup = (size_t)atol(argv[9]),
                   .pause_ns = atof(argv[10]),
                   .started_ms = started_ms};
  const int words = strcmp(argv[4], "event") == 0 ? 0 : WORDS - 1;
  if (atoi(argv[5]) != (words == 0 ? 0 : 64)) {
    fprintf(stderr, "only messages of 64 bytes and events of none\n");
    return 1;
  }
  Channel ping = {.words = words}, pong = {.words = words};
  if (strcmp(measure, "wake") == 0 && strcmp(way, "event-loop") == 0) {
    open_fifo(directory, "ping", &ping);
    open_fifo(directory, "pong", &pong);
    play(role, write_fifo, await_fifo, &ping, &pong, &run);
  } else if (strcmp(measure, "wake") == 0 && strcmp(way, "blocking") == 0) {
    open_lines(directory, &ping, &pong);
    play(role, put_and_wake, sleep_and_get, &ping, &pong, &run);
  } else if (strcmp(measure, "latency") == 0) {
    open_lines(directory, &ping, &pong);
    play(role, put, get, &ping, &pong, &run);
  } else {
    fprintf(stderr, "only latency and wake; see benchmarks/protocol.ts\n");
    return 1;
  }
  fflush(stdout);
  while (getchar() != EOF) {
  }
  return 0;
}
