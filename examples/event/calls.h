// SPDX-License-Identifier: MIT
/* What the programs and the kernel agree on; for C and assembly. */
#ifndef EXAMPLES_EVENT_CALLS_H
#define EXAMPLES_EVENT_CALLS_H

/* Calls: the number in x8, argument and result in x0. */
#define CALL_PRINT	1	/* the number x0 */
#define CALL_ASK	2	/* gives x0 to the server, gets its answer */
#define CALL_SERVE	3	/* answers the last with x0, gets the next */
#define CALL_EXIT	4	/* all is done */

#endif
