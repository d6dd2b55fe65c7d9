// SPDX-License-Identifier: GPL-2.0-only
/*
 * Read data out of a relocatable object file: pointers are what relocations
 * say. Any error ends the program; it is run by a build.
 */
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "object.h"

#include "kstate-offsets.h"

#define R_64	R_X86_64_64

struct section {
	GElf_Shdr header;
	Elf_Data *data;
	Elf_Scn *relocs;	/* NULL: there are none */
	GElf_Rela *sorted;	/* the same by their place, made when needed */
	size_t nr_sorted;
};

static const char *path;
static Elf *elf;
static struct section *sections;
static size_t nr_sections, names;
static Elf_Data *symbols, *symbol_sections;

void die(const char *fmt, ...)
{
	va_list args;

	fprintf(stderr, "kstate: %s: ", path ?: "schema");
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

void *xalloc(size_t size)
{
	void *p = calloc(1, size);

	if (!p)
		die("out of memory");
	return p;
}

static Elf_Data *section_data(struct section *s)
{
	if (!s->data)
		s->data = elf_rawdata(elf_getscn(elf, s - sections), NULL);
	if (!s->data)
		die("%s", elf_errmsg(-1));
	return s->data;
}

static void note_section(size_t nr)
{
	struct section *s = &sections[nr];
	Elf_Scn *scn = elf_getscn(elf, nr);

	if (!gelf_getshdr(scn, &s->header))
		die("%s", elf_errmsg(-1));
	switch (s->header.sh_type) {
	case SHT_RELA:
		if (s->header.sh_info < nr_sections)
			sections[s->header.sh_info].relocs = scn;
		break;
	case SHT_SYMTAB:
		symbols = elf_getdata(scn, NULL);
		break;
	case SHT_SYMTAB_SHNDX:
		symbol_sections = elf_getdata(scn, NULL);
		break;
	}
}

void object_open(const char *file)
{
	GElf_Ehdr header;
	size_t i;
	int fd;

	path = file;
	fd = open(file, O_RDONLY);
	if (fd < 0)
		die("%s", strerror(errno));
	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
	if (!elf || !gelf_getehdr(elf, &header) ||
	    elf_getshdrnum(elf, &nr_sections) ||
	    elf_getshdrstrndx(elf, &names))
		die("%s", elf_errmsg(-1));
	if (header.e_type != ET_REL || header.e_machine != EM_X86_64)
		die("is no object file of x86-64");
	sections = xalloc(nr_sections * sizeof(*sections));
	for (i = 1; i < nr_sections; i++)
		note_section(i);
	if (!symbols)
		die("has no symbols");
}

/*
 * The @nth section called @name, from 0, with its size in bytes. In a file that
 * "ld -r" made there may be many of them.
 */
struct place object_section(const char *name, size_t nth, unsigned long *size)
{
	struct place none = { 0 };
	const char *other;
	size_t i;

	for (i = 1; i < nr_sections; i++) {
		other = elf_strptr(elf, names, sections[i].header.sh_name);
		if (!other || strcmp(other, name) || nth--)
			continue;
		*size = sections[i].header.sh_size;
		return (struct place){ .section = i };
	}
	return none;
}

/* The bytes from @at to the end of its section; NULL: they are all zero. */
static const unsigned char *bytes_at(struct place at, unsigned long *left)
{
	struct section *s = &sections[at.section];

	if (!at.section || at.section >= nr_sections ||
	    at.offset > s->header.sh_size)
		die("a pointer of a description leads nowhere");
	*left = s->header.sh_size - at.offset;
	if (s->header.sh_type == SHT_NOBITS)
		return NULL;
	if (section_data(s)->d_size < s->header.sh_size)
		die("is truncated");
	return (const unsigned char *)s->data->d_buf + at.offset;
}

unsigned long object_number(struct place at, unsigned int width)
{
	unsigned long left, value = 0;
	const unsigned char *p = bytes_at(at, &left);

	if (left < width)
		die("a description goes beyond its section");
	while (p && width--)
		value = value << 8 | p[width];
	return value;
}

static int compare_relocs(const void *a, const void *b)
{
	unsigned long x = ((const GElf_Rela *)a)->r_offset;
	unsigned long y = ((const GElf_Rela *)b)->r_offset;

	return x < y ? -1 : x > y;
}

static void sort_relocs(struct section *s)
{
	Elf_Data *data = elf_getdata(s->relocs, NULL);
	size_t i, nr;

	if (!data)
		die("%s", elf_errmsg(-1));
	nr = data->d_size / gelf_fsize(elf, ELF_T_RELA, 1, EV_CURRENT);
	s->sorted = xalloc((nr + 1) * sizeof(*s->sorted));
	s->nr_sorted = nr;
	for (i = 0; i < nr; i++) {
		if (!gelf_getrela(data, i, &s->sorted[i]))
			die("%s", elf_errmsg(-1));
	}
	qsort(s->sorted, nr, sizeof(*s->sorted), compare_relocs);
}

static const GElf_Rela *find_reloc(struct place at)
{
	struct section *s = &sections[at.section];
	GElf_Rela key = { .r_offset = at.offset };

	if (!s->relocs)
		return NULL;
	if (!s->sorted)
		sort_relocs(s);
	return bsearch(&key, s->sorted, s->nr_sorted, sizeof(key),
		       compare_relocs);
}

/* A pointer that is set by nobody but the linker */
bool object_is_null(struct place at)
{
	return !find_reloc(at) && !object_number(at, SIZE_pointer);
}

/* Where the pointer at @at points to. */
struct place object_pointer(struct place at)
{
	const GElf_Rela *reloc = find_reloc(at);
	Elf32_Word section;
	GElf_Sym symbol;

	if (!reloc) {
		if (object_number(at, SIZE_pointer))
			die("a pointer of a description is a number");
		return (struct place){ 0 };
	}
	if (GELF_R_TYPE(reloc->r_info) != R_64)
		die("a pointer has a relocation of type %u",
		    (unsigned int)GELF_R_TYPE(reloc->r_info));
	if (!gelf_getsymshndx(symbols, symbol_sections,
			      GELF_R_SYM(reloc->r_info), &symbol, &section))
		die("%s", elf_errmsg(-1));
	if (symbol.st_shndx != SHN_XINDEX)
		section = symbol.st_shndx;
	if (section == SHN_UNDEF || (symbol.st_shndx >= SHN_LORESERVE &&
				     symbol.st_shndx != SHN_XINDEX))
		die("a description points to something in another object file");
	return (struct place){
		.section = section,
		.offset = symbol.st_value + reloc->r_addend,
	};
}

/* The string that the pointer at @at points to, or NULL. */
char *object_string(struct place at)
{
	struct place to = object_pointer(at);
	const unsigned char *p;
	char *copy;
	unsigned long left;

	if (!to.section)
		return NULL;
	p = bytes_at(to, &left);
	if (!p || !memchr(p, '\0', left))
		die("a name in a description has no end");
	copy = strdup((const char *)p);
	if (!copy)
		die("out of memory");
	return copy;
}
