/* SPDX-License-Identifier: GPL-2.0-only */
/* The schemas in vmlinux, for kstate(8); not loaded */
	.section .kstate_schema, "", %progbits
	.balign	8
	.incbin	".vmlinux.kstate"
