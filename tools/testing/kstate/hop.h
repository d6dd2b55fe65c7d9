/* SPDX-License-Identifier: GPL-2.0 */
/*
 * From one kernel to the next: objects become bytes, bytes become objects.
 */
#ifndef _KSTATE_HOP_H
#define _KSTATE_HOP_H

#include <linux/kstate.h>

#include "../../../kernel/kstate_internal.h"

/* A stream in memory that ends where it ends, so that ASan sees more */
struct stream {
	u8 *data;
	size_t len;
	unsigned int preserved;		/* a bit for each of shim_folios[] */
};

/* A hand-over of what is registered. The caller frees @out with stream_free(). */
int hop_save(struct stream *out);

/* The same of one object, which is not registered. */
int hop_write(const struct kstate_description *desc, void *obj, u64 instance,
	      struct stream *out);

/* Make @core that of the next kernel, which has @in. */
int hop_open(struct kstate_core *core, const struct stream *in);

/* Open @in as the next kernel does, restore one object, close. */
int hop_read(const struct stream *in, const struct kstate_description *desc,
	     void *obj, u64 instance);

struct stream stream_copy(const struct stream *from, size_t len);
void stream_free(struct stream *s);

/* Make all checksums right again that can be found. */
void stream_fix_crc(u8 *data, size_t len);

/* The section at @at, or NULL where there is none with sane lengths */
struct kstate_abi_section *stream_section(u8 *data, size_t len, size_t at);

/* Is the byte at @at one that no checksum covers? */
bool stream_is_padding(const struct stream *s, size_t at);

#endif /* _KSTATE_HOP_H */
