/*
 * `node` of the image: becomes Node, and hands on to it the capabilities for Bluetooth, as far as the container was given
 * them. Capabilities of the file alone would not do: one that the container lacks keeps a program from starting, and
 * Node believes that it runs setuid and ignores half of its environment (capabilities(7), ambient and AT_SECURE).
 */
#include <linux/capability.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
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

int main(int argc, char **argv) {
  (void)argc;
  hand_on(CAP_NET_RAW);   /* raw HCI sockets */
  hand_on(CAP_NET_ADMIN); /* an adapter of our own (HCI_CHANNEL_USER) */
  execv(NODE, argv);
  perror(NODE);
  return 126;
}
