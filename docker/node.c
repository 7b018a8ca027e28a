/*
 * `node` of the image. It hands on to Node the capabilities for Bluetooth, as far as the container was given them.
 * Capabilities of the file alone would not do: one that the container lacks keeps a program from starting, and Node
 * believes that it runs setuid and ignores half of its environment (capabilities(7), ambient and AT_SECURE).
 *
 * As PID 1 it is also the container's init: the kernel drops a signal to PID 1 that has no handler (pid_namespaces(7)),
 * and Node needs some 50 ms until the bridge's are installed, so `docker start x; docker stop x` was lost and ended in
 * SIGKILL 10 s later (seen with Docker 28). Here signals are held from the first instruction on and forwarded to Node, where one that
 * comes before its handlers simply ends it: no frame has been written to a belt by then. It also reaps orphans.
 *
 * NODE_RESTART=1 (the add-on: its Supervisor restarts nothing by default) starts Node again after any end without a
 * signal, as the systemd unit does: `bridge/request/restart` is an exit with 0, the watchdog kills, and a belt may still
 * be moving. After an invalid command line (64) or configuration (78) it does not.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void hand_on(int capability) {
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
  __u32 bit = CAP_TO_MASK(capability);
  if (syscall(SYS_capget, &header, data) != 0 || !(data[CAP_TO_INDEX(capability)].permitted & bit)) return;
  data[CAP_TO_INDEX(capability)].inheritable |= bit;
  if (syscall(SYS_capset, &header, data) != 0) return;
  prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0);
}

static int become_node(char **argv) {
  hand_on(CAP_NET_RAW);   /* raw HCI sockets */
  hand_on(CAP_NET_ADMIN); /* an adapter of our own (HCI_CHANNEL_USER) */
  execv(NODE, argv);
  perror(NODE);
  return 126;
}

/* What ends a program by default, and what the bridge ends by itself for (src/process/signals.ts). */
static int asks_to_end(int number) {
  return number == SIGTERM || number == SIGINT || number == SIGHUP || number == SIGQUIT;
}

/* The exit code for a status of waitpid(2); Node that a forwarded signal ended before its handlers stood is a clean end. */
static int code_of(int status, int asked) {
  if (WIFEXITED(status)) return WEXITSTATUS(status);
  return asked && WTERMSIG(status) == asked ? 0 : 128 + WTERMSIG(status);
}

static pid_t start(char **argv, const sigset_t *before) {
  pid_t node = fork();
  if (node != 0) return node;
  sigprocmask(SIG_SETMASK, before, NULL);
  _exit(become_node(argv));
}

/* Waits until `node` has ended, forwarding signals to it and reaping whoever else ends; `asked` is the last that ends. */
static int supervise(pid_t node, const sigset_t *all, int *asked) {
  for (;;) {
    int number = sigwaitinfo(all, NULL);
    if (number < 0) continue; /* EINTR: stopped and continued */
    if (number == SIGTTIN || number == SIGTTOU) continue;
    /* SIGUSR1 opens Node's inspector until our handler stands, and Node has no names for real-time signals. */
    if (number == SIGUSR1 || number >= SIGRTMIN) number = SIGTERM;
    if (number != SIGCHLD) {
      if (asks_to_end(number)) *asked = number;
      kill(node, number);
      continue;
    }
    int status;
    pid_t ended;
    int found = 0, code = 0;
    while ((ended = waitpid(-1, &status, WNOHANG)) > 0)
      if (ended == node) found = 1, code = code_of(status, *asked);
    if (found) return code;
  }
}

/* Waits some seconds before the next try; true: a signal that ends came meanwhile. */
static int asked_within(int seconds, const sigset_t *all) {
  struct timespec wait = {seconds, 0};
  int number;
  do number = sigtimedwait(all, NULL, &wait);
  while (number > 0 && !asks_to_end(number) && number != SIGUSR1 && number < SIGRTMIN);
  return number > 0;
}

static int be_init(char **argv) {
  sigset_t all, before;
  sigfillset(&all);
  sigprocmask(SIG_BLOCK, &all, &before);
  const char *restart = getenv("NODE_RESTART");
  int asked = 0, code;
  for (;;) {
    pid_t node = start(argv, &before);
    if (node < 0) {
      perror("fork");
      return 71; /* EX_OSERR */
    }
    code = supervise(node, &all, &asked);
    int again = restart && strcmp(restart, "1") == 0 && asked == 0 && code != 64 && code != 78;
    if (!again || (code != 0 && asked_within(2, &all))) return code;
  }
}

int main(int argc, char **argv) {
  (void)argc;
  return getpid() == 1 ? be_init(argv) : become_node(argv);
}
