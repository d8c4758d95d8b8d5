// SPDX-License-Identifier: MIT
/*
 * System calls on files: by path (sys_fs.c), by descriptor (sys_file.c,
 * sys_vector.c), their flags and locks (sys_fcntl.c), what they are like
 * (sys_stat.c, sys_attr.c) and what holds them (sys_storage.c). Semantics and
 * errors are Linux's for a program that runs as root. What differs, and why:
 *
 * - There are no leases, and no signals about input: their fcntl commands are
 *   -EINVAL.
 * - lseek takes SEEK_DATA and SEEK_HOLE, but tells no holes.
 * - writev to one file from several open()s at once may mix their pieces;
 *   pipes keep writes of up to 4096 bytes whole.
 */
#ifndef LOOM_SYSCALL_SYS_FS_H
#define LOOM_SYSCALL_SYS_FS_H

#include <stdint.h>

long sys_openat2(const uint64_t arg[6]);
long sys_chroot(const uint64_t arg[6]);
long sys_openat(const uint64_t arg[6]);
long sys_mknodat(const uint64_t arg[6]);
long sys_mkdirat(const uint64_t arg[6]);
long sys_unlinkat(const uint64_t arg[6]);
long sys_renameat(const uint64_t arg[6]);
long sys_renameat2(const uint64_t arg[6]);
long sys_symlinkat(const uint64_t arg[6]);
long sys_linkat(const uint64_t arg[6]);
long sys_truncate(const uint64_t arg[6]);
long sys_getcwd(const uint64_t arg[6]);
long sys_chdir(const uint64_t arg[6]);
long sys_fchdir(const uint64_t arg[6]);
long sys_umask(const uint64_t arg[6]);

long sys_close(const uint64_t arg[6]);
long sys_read(const uint64_t arg[6]);
long sys_write(const uint64_t arg[6]);
long sys_pread64(const uint64_t arg[6]);
long sys_pwrite64(const uint64_t arg[6]);
long sys_lseek(const uint64_t arg[6]);
long sys_dup(const uint64_t arg[6]);
long sys_dup3(const uint64_t arg[6]);
long sys_ioctl(const uint64_t arg[6]);
long sys_pipe2(const uint64_t arg[6]);
long sys_getdents64(const uint64_t arg[6]);
long sys_ftruncate(const uint64_t arg[6]);
long sys_close_range(const uint64_t arg[6]);

long sys_newfstatat(const uint64_t arg[6]);
long sys_fstat(const uint64_t arg[6]);
long sys_statx(const uint64_t arg[6]);
long sys_faccessat(const uint64_t arg[6]);
long sys_faccessat2(const uint64_t arg[6]);
long sys_readlinkat(const uint64_t arg[6]);

long sys_readv(const uint64_t arg[6]);
long sys_writev(const uint64_t arg[6]);
long sys_preadv(const uint64_t arg[6]);
long sys_pwritev(const uint64_t arg[6]);
long sys_preadv2(const uint64_t arg[6]);
long sys_pwritev2(const uint64_t arg[6]);

long sys_fcntl(const uint64_t arg[6]);
long sys_flock(const uint64_t arg[6]);

long sys_fchmod(const uint64_t arg[6]);
long sys_fchmodat(const uint64_t arg[6]);
long sys_fchown(const uint64_t arg[6]);
long sys_fchownat(const uint64_t arg[6]);
long sys_utimensat(const uint64_t arg[6]);
long sys_setxattr(const uint64_t arg[6]);
long sys_lsetxattr(const uint64_t arg[6]);
long sys_fsetxattr(const uint64_t arg[6]);
long sys_getxattr(const uint64_t arg[6]);
long sys_lgetxattr(const uint64_t arg[6]);
long sys_fgetxattr(const uint64_t arg[6]);
long sys_listxattr(const uint64_t arg[6]);
long sys_llistxattr(const uint64_t arg[6]);
long sys_flistxattr(const uint64_t arg[6]);
long sys_removexattr(const uint64_t arg[6]);
long sys_lremovexattr(const uint64_t arg[6]);
long sys_fremovexattr(const uint64_t arg[6]);

long sys_statfs(const uint64_t arg[6]);
long sys_fstatfs(const uint64_t arg[6]);
long sys_sync(const uint64_t arg[6]);
long sys_syncfs(const uint64_t arg[6]);
long sys_fsync(const uint64_t arg[6]);
long sys_fdatasync(const uint64_t arg[6]);
long sys_sync_file_range(const uint64_t arg[6]);
long sys_fallocate(const uint64_t arg[6]);
long sys_fadvise64(const uint64_t arg[6]);
long sys_readahead(const uint64_t arg[6]);
long sys_memfd_create(const uint64_t arg[6]);

#endif
