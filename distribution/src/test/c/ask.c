/*
 * What "ghost exec" does, without starting a JVM, which takes long in an emulated guest:
 *
 *   ask SOCKET LINE...   runs these commands in the host, up to the first that fails
 */
#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int host;

static void need(int good, const char *what)
{
	if (!good) {
		perror(what);
		exit(1);
	}
}

static void send_frame(char kind, const char *text)
{
	uint32_t length = htonl(strlen(text));

	need(write(host, &kind, 1) == 1 && write(host, &length, 4) == 4 &&
	     write(host, text, strlen(text)) == (ssize_t)strlen(text), "ask: write");
}

static void receive(void *to, size_t length)
{
	need(recv(host, to, length, MSG_WAITALL) == (ssize_t)length, "ask: the host went away");
}

/* Shows the answer to one line; returns its status. */
static int answer(void)
{
	static char text[1 << 16];

	for (;;) {
		char kind;
		uint32_t length;

		receive(&kind, 1);
		receive(&length, 4);
		length = ntohl(length);
		need(length <= sizeof(text), "ask: too long an answer");
		if (length)
			receive(text, length);
		if (kind == 'S')
			return text[0];
		fwrite(text, 1, length, kind == 'E' ? stderr : stdout);
	}
}

int main(int argc, char **argv)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	char directory[4096];
	int status = 0;

	if (argc < 3) {
		fprintf(stderr, "usage: ask SOCKET LINE...\n");
		return 2;
	}
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", argv[1]);
	host = socket(AF_UNIX, SOCK_STREAM, 0);
	need(host >= 0 && !connect(host, (struct sockaddr *)&address, sizeof(address)), argv[1]);
	need(getcwd(directory, sizeof(directory)) != NULL, "ask: getcwd");
	send_frame('D', directory);
	for (int i = 2; i < argc && status == 0; i++) {
		send_frame('L', argv[i]);
		status = answer();
	}
	return status;
}
