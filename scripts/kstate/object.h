/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An object file's data, as the kernel will see it.
 */
#ifndef _SCRIPTS_KSTATE_OBJECT_H
#define _SCRIPTS_KSTATE_OBJECT_H

#include <stdbool.h>
#include <stddef.h>

/* A place in an object file; section 0: nowhere, as a NULL pointer says */
struct place {
	size_t section;
	unsigned long offset;
};

void __attribute__((__noreturn__, __format__(printf, 1, 2)))
die(const char *fmt, ...);
void *xalloc(size_t size);

void object_open(const char *path);
struct place object_section(const char *name, size_t nth, unsigned long *size);
unsigned long object_number(struct place at, unsigned int width);
struct place object_pointer(struct place at);
bool object_is_null(struct place at);
char *object_string(struct place at);

#endif /* _SCRIPTS_KSTATE_OBJECT_H */
