// SPDX-License-Identifier: MIT
/* The program that test_elf.c reads in three linkages. It is never run. */
int main(void)
{
	return 0;
}
