/*
 * How aarch64 enters the kernel: the number is in x8, arguments are in x0 to x5, the answer comes
 * out of x0, nothing else changes. Answers in (-4096, 0) are -errno.
 */
enum { SYS_FCNTL = 25, SYS_FLOCK = 32, SYS_MKNODAT = 33, SYS_FALLOCATE = 47, SYS_READ = 63 };
enum { SYS_WRITE = 64, SYS_PPOLL = 73, SYS_FUTEX = 98, SYS_MUNMAP = 215, SYS_MMAP = 222 };

static inline long system_call(long number, long a, long b, long c, long d, long e, long f) {
  register long x8 __asm__("x8") = number;
  register long x0 __asm__("x0") = a;
  register long x1 __asm__("x1") = b;
  register long x2 __asm__("x2") = c;
  register long x3 __asm__("x3") = d;
  register long x4 __asm__("x4") = e;
  register long x5 __asm__("x5") = f;
  __asm__ volatile("svc #0"
                   : "+r"(x0)
                   : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
                   : "memory");
  return x0;
}
