# SPDX-License-Identifier: MIT
#
# How an example is built; included by its Makefile, which says in SWITCHES
# what of weft it does without (weft/config.h) and in COMMON what it uses of
# this folder. All is compiled from plain files. weft goes into an archive, so
# that the linker takes a default hook only where the example has none.
#
#	make		build/NAME.elf
#	make run	the same, and boots it in QEMU
#	make clean run CC="clang --target=aarch64-linux-gnu" LD=-fuse-ld=lld

ROOT ?= ../..
NAME := $(notdir $(CURDIR))
OUT ?= build
LD :=
ifeq ($(origin CC),default)
CC := aarch64-linux-gnu-gcc
endif
AR := aarch64-linux-gnu-ar
QEMU := qemu-system-aarch64 -M virt -cpu cortex-a53 -nic none -nographic

CFLAGS := -std=c11 -O2 -g -Wall -Wextra -Wno-unused-parameter \
	-ffreestanding -mgeneral-regs-only -mno-outline-atomics -fno-pie \
	-fno-stack-protector -fno-asynchronous-unwind-tables -MMD \
	-I$(ROOT)/include $(SWITCHES) $(WARN)
LINK := -nostdlib -static -Wl,--gc-sections,--build-id=none \
	-Wl,-T,$(ROOT)/examples/common/link.ld

LIBRARY := $(wildcard $(ROOT)/weft/*.[cS] $(ROOT)/weft/defaults/*.c)
MEMBERS := $(LIBRARY:$(ROOT)/%=$(OUT)/%.o)
OBJECTS := $(patsubst %,$(OUT)/%.o,$(wildcard *.[cS]) $(COMMON))

$(OUT)/$(NAME).elf: $(OBJECTS) $(OUT)/libweft.a
	$(CC) $(LD) $(LINK) -o $@ $^
$(OUT)/libweft.a: $(MEMBERS)
	$(AR) rcs $@ $^

COMPILE = @mkdir -p $(@D) && $(CC) $(CFLAGS) -c -o $@ $<
$(OUT)/weft/%.o: $(ROOT)/weft/%
	$(COMPILE)
$(OUT)/%.o: %
	$(COMPILE)
$(OUT)/%.o: $(ROOT)/examples/common/%
	$(COMPILE)
-include $(MEMBERS:.o=.d) $(OBJECTS:.o=.d)

.PHONY: run clean
run: $(OUT)/$(NAME).elf
	$(QEMU) -kernel $<
clean:
	rm -rf build
