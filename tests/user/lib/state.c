// SPDX-License-Identifier: MIT
/* The third field of /proc/PID/stat; see state.h. */
#include "state.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static char letter_in(const char *path)
{
	char text[512];
	const char *end_of_name;
	ssize_t n;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return 0;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n <= 0)
		return 0;
	text[n] = '\0';
	/* The name may hold anything, blanks and brackets, too. */
	end_of_name = strrchr(text, ')');
	return end_of_name && end_of_name[1] == ' ' ? end_of_name[2] : 0;
}

char state_of(pid_t pid)
{
	char path[40];

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	return letter_in(path);
}

char state_of_thread(pid_t tid)
{
	char path[40];

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", (int)tid);
	return letter_in(path);
}

static void nap(void)
{
	struct timespec t = { 0, 2000000 };

	nanosleep(&t, NULL);
}

static void await_sleep(char (*state)(pid_t), pid_t id)
{
	for (int i = 0; i < 5000; i++) {
		char now = state(id);

		if (!now || now == 'S' || now == 'Z')
			return;
		nap();
	}
}

void state_await_sleep(pid_t pid)
{
	await_sleep(state_of, pid);
}

void state_await_sleep_of(const volatile int *tid)
{
	for (int i = 0; i < 5000 && !*tid; i++)
		nap();
	await_sleep(state_of_thread, *tid);
}

pthread_t state_start_sleeper(void *(*fn)(void *), void *arg,
			      volatile int *tid)
{
	pthread_t thread;

	*tid = 0;
	pthread_create(&thread, NULL, fn, arg);
	state_await_sleep_of(tid);
	return thread;
}
