/*
 * How x86_64 enters the kernel: the number goes in and the answer comes out of rax; arguments are
 * in rdi, rsi, rdx, r10, r8, r9; the kernel destroys rcx and r11. Answers in (-4096, 0) are -errno.
 */
enum { SYS_READ = 0, SYS_WRITE = 1, SYS_MMAP = 9, SYS_MUNMAP = 11, SYS_FCNTL = 72, SYS_FLOCK = 73 };
enum { SYS_FUTEX = 202, SYS_MKNODAT = 259, SYS_PPOLL = 271, SYS_FALLOCATE = 285 };

static inline long system_call(long number, long a, long b, long c, long d, long e, long f) {
  long result;
  register long r10 __asm__("r10") = d;
  register long r8 __asm__("r8") = e;
  register long r9 __asm__("r9") = f;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                   : "rcx", "r11", "memory");
  return result;
}
