/*
 * For kernels without AF_ALG, preloaded into btvirt: BlueZ's emulator gives a connection no controller when it cannot
 * open the kernel's AES (emulator/btdev.c, btdev_create). Only pairing uses what is opened, and we never pair.
 *
 *     cc -shared -fPIC -o no-af-alg.so no-af-alg.c
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/socket.h>

int socket(int domain, int type, int protocol)
{
	int (*next)(int, int, int) = (int (*)(int, int, int)) dlsym(RTLD_NEXT, "socket");

	return domain == AF_ALG ? open("/dev/null", O_RDWR | O_CLOEXEC) : next(domain, type, protocol);
}

int bind(int fd, const struct sockaddr *address, socklen_t length)
{
	int (*next)(int, const struct sockaddr *, socklen_t) =
		(int (*)(int, const struct sockaddr *, socklen_t)) dlsym(RTLD_NEXT, "bind");

	return address->sa_family == AF_ALG ? 0 : next(fd, address, length);
}
