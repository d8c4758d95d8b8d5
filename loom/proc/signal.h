// SPDX-License-Identifier: MIT
/* The former place of signal/signal.h. */
#ifndef LOOM_PROC_SIGNAL_H
#define LOOM_PROC_SIGNAL_H

#include "signal/signal.h"

#endif
