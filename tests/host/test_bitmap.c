// SPDX-License-Identifier: MIT
/* loom/lib/bitmap.h against an array of bool, for sizes around a word. */
#include "check.h"

#include <string.h>

#include "lib/bitmap.h"

#define BITS_MAX 200

static size_t find(const bool *model, size_t bits, size_t from, bool wanted)
{
	while (from < bits && model[from] != wanted)
		from++;
	return from < bits ? from : bits;
}

static void agrees_with_a_bool_array(void **state)
{
	static const size_t sizes[] = { 1, 63, 64, 65, 127, 128, BITS_MAX };
	uint64_t rng = check_seed(3);
	size_t s, round;

	(void)state;
	for (s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
		size_t bits = sizes[s];
		size_t bytes = BITMAP_WORDS(bits) * sizeof(uint64_t);
		uint64_t *map = calloc(1, bytes);
		bool model[BITS_MAX] = { false };

		assert_non_null(map);
		for (round = 0; round < 4000; round++) {
			size_t bit = check_below(&rng, bits);
			size_t from = check_below(&rng, bits + 1);

			/* mostly full in the first half of the run */
			model[bit] = check_below(&rng, 8) <
				     (round < 2000 ? 7 : 1);
			if (model[bit])
				bitmap_set(map, bit);
			else
				bitmap_clear(map, bit);
			assert_int_equal(bitmap_test(map, bit), model[bit]);
			assert_int_equal(bitmap_find_clear(map, bits, from),
					 find(model, bits, from, false));
			assert_int_equal(bitmap_find_set(map, bits, from),
					 find(model, bits, from, true));
		}
		free(map);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(agrees_with_a_bool_array),
	};

	return cmocka_run_group_tests_name("bitmap", tests, NULL, NULL);
}
