/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KSTATE_MEM_LINUX_PGALLOC_TAG_H
#define _KSTATE_MEM_LINUX_PGALLOC_TAG_H

#include <linux/mm.h>

static inline void clear_page_tag_ref(struct page *page)
{
}

#endif /* _KSTATE_MEM_LINUX_PGALLOC_TAG_H */
