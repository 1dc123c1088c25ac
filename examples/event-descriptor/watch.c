/*
 * A program in C that waits for floe's notifications by epoll, together with whatever else it waits
 * for; here a timer. It knows nothing of floe: it was given a descriptor, which is readable while
 * notifications wait. It says so in a line of its standard output, and the program that has started
 * it looks which ones they are, which makes the descriptor unreadable again.
 *
 *     watch <descriptor> <how often>
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum { TICK_MS = 100 };

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static void watch(int epoll, int fd) {
  /* Edge-triggered: one event for each write, however long the reader takes. */
  struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.fd = fd};
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0) fail("epoll_ctl");
}

int main(int count, char **arguments) {
  if (count != 3) return 2;
  int notified = atoi(arguments[1]);
  int left = atoi(arguments[2]);
  int epoll = epoll_create1(EPOLL_CLOEXEC);
  int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
  struct itimerspec every = {{0, TICK_MS * 1000000L}, {0, TICK_MS * 1000000L}};
  if (epoll < 0 || timer < 0 || timerfd_settime(timer, 0, &every, NULL) != 0) fail("timer");
  watch(epoll, notified);
  watch(epoll, timer);
  unsigned long ticks = 0;
  while (left > 0) {
    struct epoll_event event;
    int ready = epoll_wait(epoll, &event, 1, -1);
    if (ready < 0 && errno != EINTR) fail("epoll_wait");
    if (ready < 1) continue;
    if (event.data.fd == timer) {
      uint64_t expirations;
      if (read(timer, &expirations, sizeof expirations) > 0) ticks += expirations;
      continue;
    }
    printf("notified after %lu ticks of %d ms\n", ticks, TICK_MS);
    fflush(stdout);
    left -= 1;
  }
  return 0;
}
