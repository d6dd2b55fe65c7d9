/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KSTATE_SHIM_LINUX_STDDEF_H
#define _KSTATE_SHIM_LINUX_STDDEF_H

#include <stddef.h>

#ifndef sizeof_field
#define sizeof_field(_type, _member)	sizeof((((_type *)0)->_member))
#endif
#ifndef offsetofend
#define offsetofend(_type, _member) \
	(offsetof(_type, _member) + sizeof_field(_type, _member))
#endif

#endif /* _KSTATE_SHIM_LINUX_STDDEF_H */
