// SPDX-License-Identifier: MIT
/*
 * shelltest: what the shell does with scripts: each row is a script for
 * `/loom/bin/sh -c', the exit status it must have, and what it must print on
 * standard output and error together. It works in /tmp.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/child.h"
#include "lib/tap.h"

#define SHELL "/loom/bin/sh"

struct row {
	const char *script;
	int status;
	const char *output;
};

static const struct row rows[] = {
	/* Words and quotes. */
	{ "echo a  b", 0, "a b\n" },
	{ "echo \"a  b\"", 0, "a  b\n" },
	{ "echo 'a \"b\" $x \\'", 0, "a \"b\" $x \\\n" },
	{ "echo \"it's \\\"q\\\" \\$x \\\\ \\n\"", 0,
	  "it's \"q\" $x \\ \\n\n" },
	{ "echo a\\ \\ b", 0, "a  b\n" },
	{ "echo a\\\nb", 0, "ab\n" },
	{ "echo a \\\n b", 0, "a b\n" },
	{ "echo 'a\nb'", 0, "a\nb\n" },
	{ "echo \"\" '' x", 0, "  x\n" },
	{ "# comment", 0, "" },
	{ "echo a#b # c", 0, "a#b\n" },
	{ "", 0, "" },
	{ "\n\n  \n", 0, "" },

	/* Variables. */
	{ "X=v; echo $X ${X}x $ \"$X\"", 0, "v vx $ v\n" },
	{ "X='a   b'; echo $X; echo \"$X\"", 0, "a b\na   b\n" },
	{ "echo [$NONE] [\"$NONE\"] $NONE", 0, "[] []\n" },
	{ "X=1 Y=$X; echo $Y", 0, "1\n" },
	{ "X=1; Y=$X$X; echo $Y", 0, "11\n" },
	{ "export X=5; sh -c 'echo $X'", 0, "5\n" },
	{ "X=5; sh -c 'echo [$X]'", 0, "[]\n" },
	{ "X=5 sh -c 'echo $X'; echo [$X]", 0, "5\n[]\n" },
	{ "X=1; X=2 true; echo $X", 0, "1\n" },
	{ "export X=1; unset X; sh -c 'echo [$X]'", 0, "[]\n" },
	{ "env -i A=b env", 0, "A=b\n" },
	{ "sh -c 'echo $0 $1 $2 $#' n a 'b c'", 0, "n a b c 2\n" },
	{ "sh -c 'sh -c \"echo \\$#\" n \"$@\" x' n a 'b c'", 0, "3\n" },
	{ "sh -c 'echo [\"$*\"]' n a 'b c'", 0, "[a b c]\n" },
	{ "true; echo $?; false; echo $?", 0, "0\n1\n" },

	/* Lists. */
	{ "echo a; echo b", 0, "a\nb\n" },
	{ "echo a\necho b", 0, "a\nb\n" },
	{ "true && echo yes || echo no", 0, "yes\n" },
	{ "false && echo yes || echo no", 0, "no\n" },
	{ "false || false && echo no; echo end", 0, "end\n" },
	{ "false &&\n\necho no", 1, "" },
	{ "! true; echo $?; ! false; echo $?", 0, "1\n0\n" },
	{ "exit 7", 7, "" },
	{ "exit 300", 300 & 255, "" },
	{ "false; exit", 1, "" },
	{ "exit 3; echo no", 3, "" },
	{ "exit x", 2, "sh: line 1: exit: x: not a number\n" },

	/* Pipelines. */
	{ "echo x | cat | cat", 0, "x\n" },
	{ "echo x |\n cat", 0, "x\n" },
	{ "true | exit 3", 3, "" },
	{ "exit 3 | true", 0, "" },
	{ "! echo x | cat", 1, "x\n" },
	{ "cat /dev/zero | head -n 0", 0, "" },
	{ "cd /bin | cat; pwd", 0, "/tmp\n" },
	{ "X=1 | cat; echo [$X]", 0, "[]\n" },
	{ "echo 'a b' | wc", 0, "1 2 4\n" },
	{ "nosuch | echo b", 0,
	  "sh: line 1: nosuch: command not found\nb\n" },

	/* Redirections. */
	{ "echo hi >f; cat <f; rm f", 0, "hi\n" },
	{ "echo hi>f;cat<f;rm f", 0, "hi\n" },
	{ "echo a >f; echo b >>f; cat f; rm f", 0, "a\nb\n" },
	{ ">f; ls f; rm f", 0, "f\n" },
	{ "echo e 1>&2 2>/dev/null", 0, "e\n" },
	{ "cat /none 2>/dev/null", 1, "" },
	{ "cat /none >f 2>&1; cat f; rm f", 0,
	  "cat: /none: No such file or directory\n" },
	{ "cat /none 2>&1 >/dev/null | wc -l", 0, "1\n" },
	{ "echo a 2", 0, "a 2\n" },
	{ "echo a 2>/dev/null", 0, "a\n" },
	{ "cat </none", 1,
	  "sh: line 1: /none: No such file or directory\n" },
	{ "echo a >/none/x; echo $?", 0,
	  "sh: line 1: /none/x: No such file or directory\n1\n" },
	{ "echo a >&7", 1, "sh: line 1: 7: Bad file descriptor\n" },
	{ "echo a >&-", 1, "sh: line 1: write error: Bad file descriptor\n" },
	{ "echo a >&-; echo b", 0,
	  "sh: line 1: write error: Bad file descriptor\nb\n" },
	{ "echo a >&x", 1, "sh: line 1: x: not a descriptor\n" },

	/* Programs that cannot be run. */
	{ "nosuch", 127, "sh: line 1: nosuch: command not found\n" },
	{ "true\n./nosuch", 127,
	  "sh: line 2: ./nosuch: No such file or directory\n" },
	{ "/bin", 126, "sh: line 1: /bin: Is a directory\n" },
	{ ">f; ./f; echo $?; rm f", 0,
	  "sh: line 1: ./f: Permission denied\n126\n" },
	{ "sh /none", 127, "sh: /none: No such file or directory\n" },
	{ "sh /bin/ls", 126, "sh: /bin/ls: a program, not a script\n" },
	{ "sh </dev/zero", 2,
	  "sh: line 1: syntax error: NUL byte in a command\n" },

	/* What the shell does not have, or does not understand. */
	{ "| a", 2, "sh: line 1: syntax error: unexpected `|'\n" },
	{ "echo a\necho b ; && c", 2,
	  "a\nsh: line 2: syntax error: unexpected `&&'\n" },
	{ "echo a |", 2,
	  "sh: line 1: syntax error: unexpected end of the script\n" },
	{ "echo 'a", 2,
	  "sh: line 1: syntax error: unexpected end: ' is not closed\n" },
	{ "echo \"a", 2,
	  "sh: line 1: syntax error: unexpected end: \" is not closed\n" },
	{ "echo >", 2,
	  "sh: line 1: syntax error: unexpected end of the script\n" },
	{ "if true", 2, "sh: line 1: syntax error: `if' is not supported\n" },
	{ "(a)", 2, "sh: line 1: syntax error: ( ) is not supported\n" },
	{ "echo $(a)", 2,
	  "sh: line 1: syntax error: $( ) is not supported\n" },
	{ "cat <<a", 2, "sh: line 1: syntax error: << is not supported\n" },
	{ "echo ${a-b}", 2, "sh: line 1: syntax error: bad substitution\n" },

	/* Background and signals. */
	{ "false & echo b; wait", 0, "b\n" },
	{ "echo x & wait", 0, "x\n" },
	{ "sh -c 'exit 3' & wait $!", 3, "" },
	{ "false && echo a || echo b & wait", 0, "b\n" },
	{ "V=v; true && echo $V & wait", 0, "v\n" },
	{ "cat & wait", 0, "" },
	{ "sleep 9 & kill $!; wait $!", 143, "" },
	{ "sleep 9 & kill -KILL $!; wait $!", 137, "" },
	{ "sh -c 'kill $$'", 143, "Terminated\n" },
	{ "sh -c 'kill -9 $$'; echo $?", 0, "Killed\n137\n" },
	{ "sh -c 'kill -INT $$'", 130, "" },
	{ "sh -c 'kill -SEGV $$'", 139, "Segmentation fault\n" },
	{ "wait 1; echo $?", 0, "sh: line 1: wait: 1: no such job\n127\n" },
	{ "kill -0 $$", 0, "" },
	{ "kill -FOO 1", 2, "sh: kill: FOO: no such signal\n" },
	{ "kill x", 2, "sh: kill: x: not a process id\n" },

	/* Directories. */
	{ "cd /bin; pwd; cd -; pwd", 0, "/bin\n/tmp\n/tmp\n" },
	{ "cd; pwd", 0, "/\n" },
	{ "cd /none", 1, "sh: line 1: cd: /none: No such file or directory\n" },

	/* The small programs, as far as other rows do not use them. */
	{ "mkdir -p d/e; echo x >d/e/f; cp d/e/f d/g; ls d; cat d/g; rm -r d",
	  0, "e\ng\nx\n" },
	{ "mkdir d; mkdir d; rm d; rm -r d", 0,
	  "mkdir: d: File exists\nrm: d: Is a directory\n" },
	{ "rm /none", 1, "rm: /none: No such file or directory\n" },
	{ "rm -f /none", 0, "" },
	{ "cp /none x", 1, "cp: /none: No such file or directory\n" },
	{ "echo a >f; cp f f; echo $?; rm f", 0,
	  "cp: f and f are the same file\n1\n" },
	{ "ls /none", 1, "ls: /none: No such file or directory\n" },
	{ "cat /bin", 1, "cat: /bin: Is a directory\n" },
	{ "head -n 1 /none", 1, "head: /none: No such file or directory\n" },
	{ "sleep x", 2,
	  "usage: sleep SECONDS\nWait; 0.25 is a quarter of a second.\n" },
	{ "nice -n 3 nice", 0, "3\n" },
	{ "env nosuch", 127, "env: nosuch: No such file or directory\n" },
	{ "ls -l /dev/null | head -n 1 | wc -l", 0, "1\n" },
	{ "uname -m", 0, "aarch64\n" },
};

/* Scripts that come from standard input, which commands read too. */
static const struct row from_input[] = {
	{ "echo hi\n", 0, "hi\n" },
	{ "echo no newline", 0, "no newline\n" },
	{ "head -n 1\n", 0, "" },
	{ "cat\nrest\nof it\n", 0, "rest\nof it\n" },
	{ "exit 9\necho no\n", 9, "" },
	{ "echo 'a\nb'\n", 0, "a\nb\n" },
};

/* All of @fd, cut off at @room, as a string. */
static void read_text(int fd, char *text, size_t room)
{
	size_t used = 0;
	ssize_t n;

	while ((n = read(fd, text + used, room - 1 - used)) > 0)
		used += (size_t)n;
	text[used] = '\0';
}

/* Run the shell with what it prints, on both, into @text; its status. */
static int run_shell(char **argv, int in, char *text, size_t room)
{
	int end[2], saved = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	pid_t pid;

	if (pipe2(end, O_CLOEXEC) != 0 || saved < 0)
		tap_bail("pipe");
	dup2(end[1], STDERR_FILENO);
	pid = child_start(SHELL, argv, in, end[1]);
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(end[1]);
	read_text(end[0], text, room);
	close(end[0]);
	return child_wait(pid);
}

/* The script in one line, for the name of the check. */
static const char *one_line(const char *script)
{
	static char name[160];

	snprintf(name, sizeof(name), "%s", script);
	for (char *c = name; *c != '\0'; c++)
		if (*c == '\n' || *c == '#')
			*c = *c == '\n' ? '/' : '%';
	return name;
}

static void check(const struct row *row, int status, const char *output,
		  const char *how)
{
	if (tap_ok(status == row->status && strcmp(output, row->output) == 0,
		   "%s: %s", how, one_line(row->script)))
		return;
	tap_note("status %d, expected %d", status, row->status);
	tap_note("printed:\n%s# expected:\n%s", output, row->output);
}

static void check_script(const struct row *row)
{
	char *argv[] = { NULL, "-c", (char *)row->script, NULL };
	char output[1024];
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int status = run_shell(argv, null, output, sizeof(output));

	close(null);
	check(row, status, output, "sh -c");
}

static void check_input(const struct row *row)
{
	char *argv[] = { NULL, NULL };
	char output[1024];
	ssize_t len = (ssize_t)strlen(row->script);
	int end[2], status;

	if (pipe2(end, O_CLOEXEC) != 0 ||
	    write(end[1], row->script, (size_t)len) != len)
		tap_bail("pipe");
	close(end[1]);
	status = run_shell(argv, end[0], output, sizeof(output));
	close(end[0]);
	check(row, status, output, "sh");
}

int main(int argc, char **argv)
{
	(void)argc;
	child_init(argv[0]);
	setenv("PATH", "/loom/bin", 1);
	setenv("HOME", "/", 1);
	if (chdir("/tmp") != 0)
		tap_bail("/tmp");
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		check_script(&rows[i]);
	for (size_t i = 0; i < sizeof(from_input) / sizeof(*from_input); i++)
		check_input(&from_input[i]);
	return tap_done();
}
