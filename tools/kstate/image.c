// SPDX-License-Identifier: GPL-2.0-only
/*
 * kstate(8): where schemas and objects come from: a stream, the blob in a
 * bzImage, the section of vmlinux or of a module.
 */
#include <gelf.h>
#include <libelf.h>
#include <stdlib.h>
#include <string.h>

#include "tool.h"

/* Bytes of an ELF section, and whether it is as large as it says */
static const void *section_bytes(Elf_Scn *scn, const GElf_Shdr *header,
				 size_t *len)
{
	Elf_Data *data = elf_rawdata(scn, NULL);

	if (!data || !data->d_buf || data->d_size != header->sh_size)
		return NULL;
	*len = data->d_size;
	return data->d_buf;
}

/* The section with the schemas. NULL, and *@why is NULL when there is none. */
static const void *find_section(Elf *elf, size_t *len, const char **why)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr header;
	const void *bytes;
	const char *name;
	size_t names;

	*why = NULL;
	if (elf_getshdrstrndx(elf, &names)) {
		*why = elf_errmsg(-1);
		return NULL;
	}
	while ((scn = elf_nextscn(elf, scn))) {
		if (!gelf_getshdr(scn, &header))
			continue;
		name = elf_strptr(elf, names, header.sh_name);
		if (!name || strcmp(name, KSTATE_ABI_IMAGE_SECTION))
			continue;
		bytes = section_bytes(scn, &header, len);
		if (!bytes)
			*why = "its section of schemas is truncated";
		return bytes;
	}
	return NULL;
}

/* The blob of an ELF file, to be freed; *@len is 0 if it has none. */
static void *take_elf(const char *name, void *bytes, size_t *len)
{
	const void *found = NULL;
	const char *why = NULL;
	void *copy = NULL;
	size_t size = 0;
	Elf *elf;

	elf_version(EV_CURRENT);
	elf = elf_memory(bytes, *len);
	if (elf && elf_kind(elf) == ELF_K_ELF)
		found = find_section(elf, &size, &why);
	else
		why = elf_errmsg(-1);
	if (why) {
		complain(name, "%s", why);
	} else {
		/* an object file's sections are not aligned as a stream is */
		copy = need(malloc(size + 1));
		if (found)
			memcpy(copy, found, size);
		*len = size;
	}
	elf_end(elf);
	return copy;
}

/*
 * As take_elf(). An image of a kernel without KSTATE is not broken: of one that
 * is, something else is said than that there are no schemas.
 */
static void *take_bzimage(const char *name, const void *bytes, size_t *len)
{
	const char *why = NULL;
	const void *blob;
	size_t size = 0;
	void *copy;

	blob = kstate_image_find(bytes, *len, &size, &why);
	if (!blob && !strstr(why, "schemas")) {
		complain(name, "%s", why);
		return NULL;
	}
	copy = need(malloc(size + 1));
	if (blob)
		memcpy(copy, blob, size);
	*len = size;
	return copy;
}

static bool starts_with(const void *bytes, size_t len, const char *magic,
			size_t magic_len)
{
	return len >= magic_len && !memcmp(bytes, magic, magic_len);
}

static bool is_compressed(const void *bytes, size_t len)
{
	return starts_with(bytes, len, "\xfd\x37zXZ", 5) ||
	       starts_with(bytes, len, "\x28\xb5\x2f\xfd", 4) ||
	       starts_with(bytes, len, "\x1f\x8b", 2);
}

static bool is_bzimage(const void *bytes, size_t len)
{
	/* "HdrS" of the boot protocol */
	return len > 0x206 && !memcmp((const char *)bytes + 0x202, "HdrS", 4);
}

/* Replace the file by the stream in it. */
static int take_stream(struct source *src, size_t *len)
{
	static const char stream_magic[] = "KSSTSTRM";
	void *stream;

	if (starts_with(src->bytes, *len, stream_magic, 8)) {
		src->what = "stream";
		return 0;
	}
	if (starts_with(src->bytes, *len, ELFMAG, SELFMAG)) {
		src->what = "object file";
		stream = take_elf(src->name, src->bytes, len);
	} else if (is_bzimage(src->bytes, *len)) {
		src->what = "bzImage";
		stream = take_bzimage(src->name, src->bytes, len);
	} else if (is_compressed(src->bytes, *len)) {
		return complain(src->name, "is compressed, unpack it first");
	} else {
		return complain(src->name, "%s", *len ?
			"is no stream, no kernel image and no object file" :
			"is empty");
	}
	if (!stream)
		return EXIT_BROKEN;
	free(src->bytes);
	src->bytes = stream;
	return 0;
}

int source_open(struct source *src, const char *name)
{
	size_t len;

	*src = (struct source) { .name = name };
	src->bytes = read_all(name, &len);
	if (!src->bytes)
		return EXIT_BROKEN;
	if (take_stream(src, &len))
		goto err;
	if (!len)
		/* without KSTATE, or with nothing to be restored */
		return 0;
	src->has_schemas = true;
	if (!kstate_reader_open(&src->reader, src->bytes, len))
		return 0;
	complain_report(name, &src->reader.report);
err:
	free(src->bytes);
	src->bytes = NULL;
	return EXIT_BROKEN;
}

int source_open_sys(struct source *src, const struct options *opt,
		    const char *file)
{
	char *path = need(malloc(strlen(opt->sys) + strlen(file) + 2));
	int status;

	sprintf(path, "%s/%s", opt->sys, file);
	status = source_open(src, path);
	src->path = path;
	if (status) {
		free(path);
		src->path = NULL;
	}
	return status;
}

void source_close(struct source *src)
{
	if (src->bytes)
		kstate_reader_free(&src->reader);
	free(src->bytes);
	free(src->path);
}
