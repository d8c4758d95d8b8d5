// SPDX-License-Identifier: MIT
/* Who a program is: compiled once for each, with another KIT_IDENTITY. */
#include "kit.h"

const char kit_name[] = KIT_NAME;
const unsigned int kit_identity = KIT_IDENTITY;
const char kit_line[] = "# " KIT_NAME ": writes\n";
const unsigned int kit_line_size = sizeof(kit_line) - 1;
