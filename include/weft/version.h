// SPDX-License-Identifier: MIT
/* Which weft this is; CHANGELOG.md has what changed. */
#ifndef WEFT_VERSION_H
#define WEFT_VERSION_H

/* Semantic versions: before 1.0 a new minor number may change interfaces. */
#define WEFT_VERSION_MAJOR	0
#define WEFT_VERSION_MINOR	1
#define WEFT_VERSION_PATCH	0

/* One number that grows, for #if. */
#define WEFT_VERSION							\
	(WEFT_VERSION_MAJOR * 10000 + WEFT_VERSION_MINOR * 100 +	\
	 WEFT_VERSION_PATCH)

#define WEFT_VERSION_STRING	"0.1.0"

#endif
