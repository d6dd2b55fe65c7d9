/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What one kernel leaves in memory for the next: the contract between kernels.
 */
#ifndef _LINUX_KSTATE_ABI_H
#define _LINUX_KSTATE_ABI_H

#include <linux/build_bug.h>
#include <linux/stddef.h>
#include <linux/types.h>

/**
 * DOC: The hand-over
 *
 * This file is a contract between kernels of different versions. Nothing in
 * it changes its meaning; what is added raises a format number or sets a
 * feature bit that an older reader refuses by name.
 *
 * All numbers are little-endian and of fixed width, all structs are naturally
 * aligned, reserved members are written as zero. All checksums are CRC32C
 * with the seed ~0 and no final inversion, over the bytes that the member's
 * comment names. All addresses are physical; no virtual address and no
 * address of a struct page is ever handed over.
 *
 * The old kernel announces one page, the *root*, by a setup_data entry of
 * type SETUP_KSTATE (&struct kstate_abi_setup). It writes the root at the very
 * end, when nothing can fail any more. An all-zero root means that nothing
 * was handed over. The root names:
 *
 * * the *early list*: at most KSTATE_ABI_MAX_EXTENTS extents, sorted and
 *   apart, that together cover everything preserved, and more: the next
 *   kernel keeps its early allocations out of them;
 * * the *map*: a tree of exactly those pages that are preserved;
 * * the *stream*: the saved objects, in pages that an index lists.
 */

#define KSTATE_ABI_MAX_EXTENTS		64

/* Payload of the setup_data entry of type SETUP_KSTATE; its end may be missing */
struct kstate_abi_setup {
	__le64 root;		/* address of struct kstate_abi_root */
	__le64 kaslr_start;	/* the kernel may be moved within this memory, */
	__le64 kaslr_size;	/* bytes; 0: it stays where it was loaded */
	__le64 reserved;
	__le64 area_start;	/* what is set apart for images, */
	__le64 area_size;	/* bytes; 0: nothing */
};

#define KSTATE_ABI_SETUP_LEAST		32

static_assert(sizeof(struct kstate_abi_setup) == 48);

struct kstate_abi_extent {
	__le64 start;		/* a multiple of 4096 */
	__le64 size;		/* bytes, a multiple of 4096, not 0 */
};

#define KSTATE_ABI_ROOT_MAGIC		0x314f4f525453534bULL	/* "KSSTROO1" */
#define KSTATE_ABI_ROOT_FORMAT		2
#define KSTATE_ABI_RELEASE_LEN		64

struct kstate_abi_root {
	__le64 magic;		/* KSTATE_ABI_ROOT_MAGIC */
	__le32 format;		/* KSTATE_ABI_ROOT_FORMAT */
	__le32 crc;		/* of this struct with crc as 0 */
	__le32 generation;	/* hand-overs since the last cold boot, from 1 */
	__le32 nr_extents;
	__le64 index;		/* address of the first struct kstate_abi_index */
	__le64 length;		/* bytes of the stream */
	__le64 map;		/* address of the map's top node, 0: empty */
	__le32 map_levels;	/* levels of nodes, leaves included */
	__le32 map_crc;		/* of nodes and bitmaps, each before those below it */
	__le64 nr_preserved;	/* pages of 4096 bytes in the map */
	char release[KSTATE_ABI_RELEASE_LEN];	/* of the old kernel, for the log */
	struct kstate_abi_extent extents[KSTATE_ABI_MAX_EXTENTS];
};

static_assert(sizeof(struct kstate_abi_root) == 128 +
	      KSTATE_ABI_MAX_EXTENTS * sizeof(struct kstate_abi_extent));

/**
 * DOC: The map
 *
 * A tree of pages of 4096 bytes, each a &struct kstate_abi_node or a bitmap. A
 * *chunk* is 32768 pages of memory (128 MiB) that begin at a multiple of that.
 * Every node stands for a range of whole chunks; the top one, of level
 * map_levels - 1, for all. Entries are sorted and apart. Those of a node above
 * level 0 are the nodes below it, each for the chunks from its own first one up
 * to the next entry's; the first begins where the node itself does. Those of a
 * leaf, level 0, are preserved pages, within the leaf's range:
 *
 * ==============  ====  ======================================================
 * entry           bits  meaning
 * ==============  ====  ======================================================
 * run             0     clear
 *                 1-24  number of pages less one
 *                 25-   number of the first page
 * node or bitmap  0     set
 *                 1-39  number of the page that it is in
 *                 40-   first chunk of the node, or the bitmap's chunk
 * ==============  ====  ======================================================
 *
 * In a bitmap, bit n of 64-bit word w stands for page w * 64 + n of its chunk.
 * Which form a chunk's pages have is the writer's choice; runs may touch. No
 * node is empty. The pages of the map itself and those of the stream are in the
 * map.
 */
#define KSTATE_ABI_MAP_PAGE		1ULL	/* node or bitmap, no run */
#define KSTATE_ABI_MAP_ADDR_SHIFT	1
#define KSTATE_ABI_MAP_ADDR_BITS	39
#define KSTATE_ABI_MAP_CHUNK_ENTRY	40	/* where the chunk's number begins */
#define KSTATE_ABI_MAP_RUN_SHIFT	1
#define KSTATE_ABI_MAP_RUN_BITS		24
#define KSTATE_ABI_MAP_FIRST_SHIFT	25
#define KSTATE_ABI_MAP_CHUNK_SHIFT	15	/* pages of a chunk, as a power of 2 */
#define KSTATE_ABI_MAP_PFN_BITS		39	/* pages are below 2 PiB */
#define KSTATE_ABI_MAP_ENTRIES		511
#define KSTATE_ABI_MAP_MAX_LEVELS	6

struct kstate_abi_node {
	__le16 level;		/* 0: leaf */
	__le16 count;		/* used entries, 1 or more */
	__le32 reserved;
	__le64 entries[KSTATE_ABI_MAP_ENTRIES];
};

static_assert(sizeof(struct kstate_abi_node) == 4096);
static_assert(KSTATE_ABI_MAP_RUN_SHIFT + KSTATE_ABI_MAP_RUN_BITS ==
	      KSTATE_ABI_MAP_FIRST_SHIFT);
static_assert(KSTATE_ABI_MAP_FIRST_SHIFT + KSTATE_ABI_MAP_PFN_BITS == 64);
static_assert(KSTATE_ABI_MAP_ADDR_SHIFT + KSTATE_ABI_MAP_ADDR_BITS ==
	      KSTATE_ABI_MAP_CHUNK_ENTRY);
static_assert(KSTATE_ABI_MAP_CHUNK_ENTRY - KSTATE_ABI_MAP_CHUNK_SHIFT ==
	      KSTATE_ABI_MAP_FIRST_SHIFT);

/**
 * DOC: The index
 *
 * The stream is a sequence of bytes in pages of 4096 bytes that lie anywhere.
 * A chain of index pages lists them in order.
 */
#define KSTATE_ABI_INDEX_MAGIC		0x5844495453534bULL	/* "KSSTIDX" */
#define KSTATE_ABI_INDEX_ENTRIES	508

struct kstate_abi_index {
	__le64 magic;		/* KSTATE_ABI_INDEX_MAGIC */
	__le64 next;		/* address of the next index page or 0 */
	__le32 count;		/* used entries of pages, 1 or more */
	__le32 crc;		/* of this page with crc as 0 */
	__le64 reserved;
	__le64 pages[KSTATE_ABI_INDEX_ENTRIES];
};

static_assert(sizeof(struct kstate_abi_index) == 4096);

/**
 * DOC: The stream
 *
 * A header, then sections, the last one of type KSTATE_ABI_SECT_END. Every
 * section starts at a multiple of 8 bytes and says where the next one starts.
 *
 * A *schema* section stands for one description of the writer: its name,
 * version and fields. It comes before the first section that names it. An
 * *object* section holds one object; a *group* section holds any number of
 * objects of one schema, each after a struct kstate_abi_record. An object is
 * the values of its schema's fields, in the schema's order, packed, without
 * padding:
 *
 * ==================  ========================================================
 * kind                bytes
 * ==================  ========================================================
 * SIMPLE, STRUCT      count elements
 * POINTER             u8 present; if present: u32 count when the schema's
 *                     count is 0; then count elements
 * ARRAY_OF_POINTER    u8 present; if present: u32 count, then for each element
 *                     u8 present and, if present, the struct
 * LIST, HLIST         u32 count, then count structs
 * XARRAY              u32 count, then for each element u64 index, the struct;
 *                     the indices ascend
 * BITMAP              u8 present; if present: u32 bits, then as many bytes as
 *                     they take, bit n in byte n / 8, the rest clear
 * UNION               u32 number of a field of its schema, then that field; or
 *                     KSTATE_ABI_NO_ARM, then u64 selector
 * SUBSECTION          u8 present; if present: the struct
 * CUSTOM              u32 length, then that many bytes
 * UNUSED              nothing
 * ==================  ========================================================
 *
 * An element is a struct, when the field names a schema, or what the type says:
 *
 * ==================  ========================================================
 * type                bytes
 * ==================  ========================================================
 * BOOL                u8, 0 or 1
 * UINT, SINT, BYTE    a number of the field's width
 * FOLIO               u8 present; if present: u64 address, u32 order
 * RANGE               u64 address, u64 bytes, both multiples of 4096; if the
 *                     latter are 0 there is none, and the former says nothing
 * REF                 u8 present; if present: u64 instance
 * STRING, TEXT        u8 present; if present: u32 length, then that many bytes,
 *                     none of them 0
 * ==================  ========================================================
 *
 * A struct is the values of its own schema's fields, nested at most
 * KSTATE_ABI_MAX_DEPTH deep. "present" is 0 or 1.
 *
 * A stream without objects is what a kernel image carries: the schemas of what
 * this kernel describes, with KSTATE_ABI_SCHEMA_DECLARED where an object of its
 * own can be restored. A bzImage has it in the variable-length data of its
 * kernel_info, as an object with the magic KSTATE_ABI_IMAGE_MAGIC; vmlinux and
 * modules have a section KSTATE_ABI_IMAGE_SECTION.
 */
#define KSTATE_ABI_IMAGE_MAGIC		"KSSC"
#define KSTATE_ABI_IMAGE_SECTION	".kstate_schema"

#define KSTATE_ABI_STREAM_MAGIC		0x4d5254535453534bULL	/* "KSSTSTRM" */
#define KSTATE_ABI_STREAM_FORMAT	2
#define KSTATE_ABI_MAX_DEPTH		16
#define KSTATE_ABI_NAME_MAX		63	/* without the final NUL */
#define KSTATE_ABI_MAX_FIELDS		1024	/* of a schema; at least 1 */

struct kstate_abi_stream {
	__le64 magic;		/* KSTATE_ABI_STREAM_MAGIC */
	__le32 format;		/* KSTATE_ABI_STREAM_FORMAT */
	__le32 header_size;	/* bytes of this header, a multiple of 8 */
	__le64 incompat;	/* features a reader must know */
	__le64 compat;		/* features a reader may ignore */
	__le64 length;		/* bytes of the whole stream */
	__le32 nr_schemas;
	__le32 nr_objects;
	__le64 reserved;
	__le32 reserved2;
	__le32 crc;		/* of the bytes before it */
};

static_assert(sizeof(struct kstate_abi_stream) == 64);

#define KSTATE_ABI_SECT_SCHEMA		1
#define KSTATE_ABI_SECT_OBJECT		2
#define KSTATE_ABI_SECT_END		3
#define KSTATE_ABI_SECT_GROUP		4

/* Object or record: it could not be saved in the end; no bytes of it count */
#define KSTATE_ABI_SECT_LOST		1

struct kstate_abi_section {
	__le32 type;		/* KSTATE_ABI_SECT_* */
	__le32 flags;
	__le32 schema;		/* of a schema its own number, from 0 up */
	__le32 count;		/* records of a group; else 0 */
	__le64 instance;	/* of an object; else 0 */
	__le64 length;		/* bytes of payload */
	__le64 span;		/* bytes to the next section, a multiple of 8 */
	__le32 payload_crc;
	__le32 crc;		/* of the bytes before it */
};

static_assert(sizeof(struct kstate_abi_section) == 48);

/* Before each object of a group; not aligned */
struct kstate_abi_record {
	__le64 instance;
	__le32 length;		/* bytes of the object, which follow */
	__le32 flags;		/* KSTATE_ABI_SECT_LOST or 0 */
};

static_assert(sizeof(struct kstate_abi_record) == 16);

/*
 * Payload of a schema section: this, the fields, then names and attributes.
 * Names end with NUL and have printable ASCII characters but blanks and commas;
 * what is named by an offset is at that offset in the payload.
 */
struct kstate_abi_schema {
	__le32 version;
	__le32 min_version;
	__le32 nr_fields;
	__le32 flags;
	__le32 name;
	__le32 attrs;		/* struct kstate_abi_attr, 0: none */
};

static_assert(sizeof(struct kstate_abi_schema) == 24);

/* Flags of a schema */
#define KSTATE_ABI_SCHEMA_MANDATORY	1	/* losing an object is no option */
#define KSTATE_ABI_SCHEMA_UNION		2	/* its fields are arms of a union */
#define KSTATE_ABI_SCHEMA_DECLARED	4	/* objects of it can be restored */
#define KSTATE_ABI_SCHEMA_KNOWN		7

#define KSTATE_ABI_NO_SCHEMA		0xffffffffU
#define KSTATE_ABI_NO_ARM		0xffffffffU

/* Flags of a field */
#define KSTATE_ABI_FIELD_MANDATORY	1	/* neither side may lack it */
#define KSTATE_ABI_FIELD_GROW		2	/* may be read from fewer elements */
#define KSTATE_ABI_FIELD_SHRINK		4	/* from more, if those are zero */
#define KSTATE_ABI_FIELD_EQUAL		8	/* must be what the reader has */

struct kstate_abi_field {
	__le16 kind;		/* KSTATE_ABI_* below */
	__le16 type;
	__le32 flags;
	__le32 width;		/* bytes of a number, or room for a TEXT; else 0 */
	__le32 count;		/* elements, bits; 0: the count is in the object */
	__le32 schema;		/* of a struct, else KSTATE_ABI_NO_SCHEMA */
	__le32 name;
	__le32 attrs;		/* struct kstate_abi_attr, 0: none */
};

static_assert(sizeof(struct kstate_abi_field) == 28);

/*
 * Attributes follow each other without padding, each with its bytes behind it,
 * up to one with tag KSTATE_ABI_ATTR_END. They are not aligned. A reader
 * ignores the tags that it does not know.
 */
struct kstate_abi_attr {
	__le16 tag;
	__le16 length;		/* bytes that follow */
};

static_assert(sizeof(struct kstate_abi_attr) == 4);

#define KSTATE_ABI_MAX_ATTRS		64	/* of a schema or of a field */

#define KSTATE_ABI_ATTR_END		0
#define KSTATE_ABI_ATTR_ALIAS		1	/* another name, with its NUL */
#define KSTATE_ABI_ATTR_SINCE		2	/* le32: version that brought it */
#define KSTATE_ABI_ATTR_MIN		3	/* le64: least value */
#define KSTATE_ABI_ATTR_MAX		4	/* le64: greatest value */
#define KSTATE_ABI_ATTR_VALUES		5	/* le64s: the only values */
#define KSTATE_ABI_ATTR_DEFAULT		6	/* le64: value when not saved */
#define KSTATE_ABI_ATTR_TARGET		7	/* a name of a REF's description */
#define KSTATE_ABI_ATTR_ARM		8	/* le64: the union's selector */
#define KSTATE_ABI_ATTR_COUNT		9	/* u8: bytes of count or selector */

/* Kinds and types, see enum kstate_kind and enum kstate_type */
#define KSTATE_ABI_END			0
#define KSTATE_ABI_SIMPLE		1
#define KSTATE_ABI_POINTER		2
#define KSTATE_ABI_STRUCT		3
#define KSTATE_ABI_CUSTOM		4
#define KSTATE_ABI_ARRAY_OF_POINTER	5
#define KSTATE_ABI_LIST			6
#define KSTATE_ABI_HLIST		7
#define KSTATE_ABI_XARRAY		8
#define KSTATE_ABI_BITMAP		9
#define KSTATE_ABI_UNION		10
#define KSTATE_ABI_SUBSECTION		11
#define KSTATE_ABI_UNUSED		12

#define KSTATE_ABI_NONE			0
#define KSTATE_ABI_BOOL			1
#define KSTATE_ABI_UINT			2
#define KSTATE_ABI_SINT			3
#define KSTATE_ABI_BYTE			4
#define KSTATE_ABI_FOLIO		5
#define KSTATE_ABI_RANGE		6
#define KSTATE_ABI_REF			7
#define KSTATE_ABI_STRING		8
#define KSTATE_ABI_TEXT			9

#endif /* _LINUX_KSTATE_ABI_H */
