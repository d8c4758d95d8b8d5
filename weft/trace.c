// SPDX-License-Identifier: MIT
/*
 * Trace points (weft/trace.h) of entries that save a whole frame, of which the
 * frame says what they are. Called by entry.S and event.S.
 */
#include <weft/trace.h>

#include <weft/arch.h>
#include <weft/frame.h>
#include <weft/trap.h>

#include "entry.h"
#include "flags.h"

#if WEFT_TRACE

static bool is_call(const struct weft_frame *frame, unsigned vector)
{
	return vector == (WEFT_VECTOR_EL0_64 | WEFT_VECTOR_SYNC) &&
	       frame->esr >> WEFT_ESR_EC_SHIFT == WEFT_EC_SVC64;
}

/* Entry code stores a syndrome where there is none, too. */
static bool has_syndrome(unsigned vector)
{
	unsigned kind = vector & 3;

	return kind == WEFT_VECTOR_SYNC || kind == WEFT_VECTOR_SERROR;
}

void weft_trace_entry(const struct weft_frame *frame, unsigned vector)
{
	if (is_call(frame, vector))
		weft_trace(WEFT_TRACE_CALL, frame->x[8], frame->x[0]);
	else
		weft_trace(WEFT_TRACE_ENTER, vector,
			   has_syndrome(vector) ? frame->esr : 0);
}

#endif
