// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <linux/crc32.h>
#include <linux/slab.h>

#include "hop.h"
#include "samples.h"
#include "shim_mem.h"

static int grow(struct kstate_stream *s, size_t size)
{
	struct stream *out = s->priv;
	u8 *data = kvzalloc(size, GFP_KERNEL);

	if (!data)
		return -ENOMEM;
	if (s->size)
		memcpy(data, s->data, s->size);
	kvfree(out->data);
	out->data = data;
	s->data = data;
	s->size = size;
	return 0;
}

static unsigned int preserved_folios(void)
{
	unsigned int i, mask = 0;

	for (i = 0; i < SHIM_FOLIOS; i++)
		mask |= shim_folios[i].page.preserved << i;
	return mask;
}

int hop_save(struct stream *out)
{
	struct stream grown = { };
	int err;

	err = kstate_core_save(&kstate_core, NULL, 0, grow, &grown);
	if (!err) {
		kstate_core_late(&kstate_core);
		grown.len = le64_to_cpu(((struct kstate_abi_stream *)grown.data)->length);
		grown.preserved = preserved_folios();
		kstate_core_abort(&kstate_core);
		*out = stream_copy(&grown, grown.len);
	}
	kvfree(grown.data);
	return err;
}

int hop_write(const struct kstate_description *desc, void *obj, u64 instance,
	      struct stream *out)
{
	int err;

	err = sample_register_targets(&kstate_core, desc);
	if (err)
		return err;
	err = kstate_register(desc, obj, instance);
	if (!err) {
		err = hop_save(out);
		kstate_unregister(desc, instance);
	}
	sample_unregister_targets(&kstate_core);
	return err;
}

int hop_open(struct kstate_core *core, const struct stream *in)
{
	unsigned int i;

	shim_mem_reset();
	for (i = 0; i < SHIM_FOLIOS; i++)
		shim_folios[i].page.preserved = in->preserved >> i & 1;
	kstate_core_init(core, kstate_core.mem);
	return kstate_core_open(core, in->data, in->len);
}

int hop_read(const struct stream *in, const struct kstate_description *desc,
	     void *obj, u64 instance)
{
	struct kstate_core core;
	int err;

	err = hop_open(&core, in) ?:
	      sample_register_targets(&core, desc) ?:
	      kstate_core_restore(&core, desc, obj, instance);
	sample_unregister_targets(&core);
	kstate_core_close(&core);
	return err;
}

/* Not from kmalloc(), which tests make fail */
struct stream stream_copy(const struct stream *from, size_t len)
{
	struct stream copy = {
		.data = malloc(len), .len = len, .preserved = from->preserved,
	};

	memcpy(copy.data, from->data, len);
	return copy;
}

void stream_free(struct stream *s)
{
	free(s->data);
	s->data = NULL;
}

struct kstate_abi_section *stream_section(u8 *data, size_t len, size_t at)
{
	struct kstate_abi_section *sect;
	u64 span;

	if (at > len || len - at < sizeof(*sect))
		return NULL;
	sect = (struct kstate_abi_section *)(data + at);
	span = le64_to_cpu(sect->span);
	if (span < sizeof(*sect) || span % 8 || span > len - at ||
	    le64_to_cpu(sect->length) > span - sizeof(*sect))
		return NULL;
	return sect;
}

static __le32 crc_of(const void *p, size_t len)
{
	return cpu_to_le32(__crc32c_le(~0, p, len));
}

void stream_fix_crc(u8 *data, size_t len)
{
	struct kstate_abi_stream *head = (struct kstate_abi_stream *)data;
	struct kstate_abi_section *sect;
	size_t at;

	if (len < sizeof(*head))
		return;
	head->crc = crc_of(head, sizeof(*head) - sizeof(head->crc));
	at = le32_to_cpu(head->header_size);
	if (at % 8)
		return;
	while ((sect = stream_section(data, len, at))) {
		sect->payload_crc = crc_of(sect + 1, le64_to_cpu(sect->length));
		sect->crc = crc_of(sect, sizeof(*sect) - sizeof(sect->crc));
		at += le64_to_cpu(sect->span);
	}
}

bool stream_is_padding(const struct stream *s, size_t at)
{
	size_t begin = sizeof(struct kstate_abi_stream);
	struct kstate_abi_section *sect;

	while ((sect = stream_section(s->data, s->len, begin))) {
		if (at >= begin && at < begin + le64_to_cpu(sect->span))
			return at >= begin + sizeof(*sect) +
				     le64_to_cpu(sect->length);
		begin += le64_to_cpu(sect->span);
	}
	return false;
}
