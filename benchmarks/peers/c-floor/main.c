/*
 * The floor: two processes, one shared cache line in each direction, nothing else.
 *
 * No library that hands a message from one core to another can be faster than the cache line that
 * carries it. This program measures exactly that: word 0 of a 64-byte line is the tag, written last
 * (release) and polled by the other side (acquire); the fifteen other words are the payload,
 * written in full and read in full. No queue, no second message in flight, no safety: not a rival,
 * but the distance that is left to win.
 *
 * It speaks the line protocol of benchmarks/protocol.ts (nine arguments, JSON lines, stays until
 * its standard input is closed) and knows one measure (latency) and one payload (64 bytes).
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum { WORDS = 16, LINE_GAP_BYTES = 4096 };

typedef struct {
  _Alignas(64) _Atomic uint32_t tag;
  uint32_t words[WORDS - 1];
} Line;

static double clock_ns(clockid_t id) {
  struct timespec now;
  clock_gettime(id, &now);
  return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static inline void pause_core(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

static inline void put(Line *line, uint32_t counter) {
  for (int i = 0; i < WORDS - 1; i++) line->words[i] = counter;
  atomic_store_explicit(&line->tag, counter, memory_order_release);
}

static inline void get(Line *line, uint32_t counter) {
  while (atomic_load_explicit(&line->tag, memory_order_acquire) != counter) pause_core();
  uint32_t sum = 0;
  for (int i = 0; i < WORDS - 1; i++) sum += line->words[i];
  if (sum != counter * (WORDS - 1)) {
    fprintf(stderr, "message %u is torn\n", counter);
    exit(1);
  }
}

static int by_value(const void *left, const void *right) {
  double a = *(const double *)left, b = *(const double *)right;
  return (a > b) - (a < b);
}

static double quantile(double *sorted, size_t count, double q) {
  size_t index = (size_t)((double)count * q);
  return sorted[index < count ? index : count - 1];
}

/* Fills one_way_ns with half of each round trip, averaged over blocks of block_rounds. */
static size_t measure(Line *ping, Line *pong, uint32_t *counter, size_t rounds, size_t block_rounds,
                      double *one_way_ns) {
  size_t blocks = rounds / block_rounds;
  for (size_t block = 0; block < blocks; block++) {
    double start = clock_ns(CLOCK_MONOTONIC);
    for (size_t i = 0; i < block_rounds; i++) {
      put(ping, ++*counter);
      get(pong, *counter);
    }
    one_way_ns[block] = (clock_ns(CLOCK_MONOTONIC) - start) / (double)block_rounds / 2;
  }
  qsort(one_way_ns, blocks, sizeof *one_way_ns, by_value);
  return blocks;
}

static void initiate(Line *ping, Line *pong, size_t rounds, size_t block_rounds, size_t warmup,
                     double started_ms) {
  double *one_way_ns = calloc(rounds, sizeof *one_way_ns);
  if (one_way_ns == NULL) exit(1);
  uint32_t counter = 0;
  double first_message_ms = 0;
  for (size_t i = 0; i < warmup; i++) {
    put(ping, ++counter);
    get(pong, counter);
    if (i == 0) first_message_ms = clock_ns(CLOCK_REALTIME) / 1e6;
  }
  size_t blocks = measure(ping, pong, &counter, rounds, block_rounds, one_way_ns);
  double median = quantile(one_way_ns, blocks, 0.5);
  size_t singles = measure(ping, pong, &counter, rounds, 1, one_way_ns);
  printf("{\"event\":\"result\",\"value\":%f,\"p99\":%f,\"startedMs\":%.4f,\"importedMs\":%.4f,"
         "\"firstMessageMs\":%.4f}\n",
         median, quantile(one_way_ns, singles, 0.99), started_ms, started_ms, first_message_ms);
  free(one_way_ns);
}

static void reflect(Line *ping, Line *pong, size_t rounds, size_t warmup) {
  printf("{\"event\":\"ready\"}\n");
  fflush(stdout);
  for (uint32_t counter = 1; counter <= warmup + 2 * rounds; counter++) {
    get(ping, counter);
    put(pong, counter);
  }
}

int main(int argc, char **argv) {
  double started_ms = clock_ns(CLOCK_REALTIME) / 1e6;
  if (argc != 10 || strcmp(argv[2], "latency") != 0 || atoi(argv[3]) != 64) {
    fprintf(stderr, "only latency of 64 bytes; see benchmarks/protocol.ts\n");
    return 1;
  }
  size_t rounds = (size_t)atol(argv[5]), block_rounds = (size_t)atol(argv[6]);
  size_t warmup = (size_t)atol(argv[7]);
  char path[4096];
  snprintf(path, sizeof path, "%s/c-floor", argv[9]);
  int file = open(path, O_RDWR | O_CREAT, 0600);
  if (file < 0 || ftruncate(file, 2 * LINE_GAP_BYTES) != 0) return perror(path), 1;
  char *base = mmap(NULL, 2 * LINE_GAP_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (base == MAP_FAILED) return perror("mmap"), 1;
  Line *ping = (Line *)base, *pong = (Line *)(base + LINE_GAP_BYTES);
  if (strcmp(argv[1], "reflector") == 0) reflect(ping, pong, rounds, warmup);
  else initiate(ping, pong, rounds, block_rounds, warmup, started_ms);
  fflush(stdout);
  while (getchar() != EOF) {
  }
  return 0;
}
