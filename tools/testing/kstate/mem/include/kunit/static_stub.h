/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KSTATE_MEM_KUNIT_STATIC_STUB_H
#define _KSTATE_MEM_KUNIT_STATIC_STUB_H

#define KUNIT_STATIC_STUB_REDIRECT(...)	do { } while (0)

#endif /* _KSTATE_MEM_KUNIT_STATIC_STUB_H */
