/*
 * What "ghost push ENCLAVE" does, without starting a JVM, which takes long in an emulated guest:
 *
 *   inside ENCLAVE COMMAND [ARG...]   becomes the command, in the enclave
 *   inside ENCLAVE --pid PID          brings a process in
 *   inside - --pid PID                takes it out
 */
#include "ghost_client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	ghost_client *client = ghost_connect(NULL);
	int done;

	if (argc < 3) {
		fprintf(stderr, "usage: inside ENCLAVE|- COMMAND...|--pid PID\n");
		return 2;
	}
	if (client && strcmp(argv[2], "--pid"))
		done = ghost_enter_process(client, atoi(argv[1]), getpid());
	else if (client && strcmp(argv[1], "-"))
		done = ghost_enter_process(client, atoi(argv[1]), atoi(argv[3]));
	else if (client)
		done = ghost_leave_process(client, atoi(argv[3]));
	if (!client || done < 0) {
		fprintf(stderr, "inside: %s\n", ghost_error());
		return 1;
	}
	ghost_disconnect(client);
	if (!strcmp(argv[2], "--pid"))
		return 0;
	execvp(argv[2], argv + 2);
	perror(argv[2]);
	return 127;
}
