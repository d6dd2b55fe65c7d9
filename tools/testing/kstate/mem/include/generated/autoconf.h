/* SPDX-License-Identifier: GPL-2.0 */
/* The configuration that the code is built with here */
#define CONFIG_64BIT			1
#define CONFIG_DEBUG_VM			1
#define CONFIG_KSTATE			1
#define CONFIG_KSTATE_KEXEC		1
#define CONFIG_PHYS_ADDR_T_64BIT	1
