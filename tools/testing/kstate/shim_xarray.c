// SPDX-License-Identifier: GPL-2.0
/* What lib/xarray.c has from lib/radix-tree.c: its nodes. */
#include <linux/list.h>
#include <linux/slab.h>
#include <linux/xarray.h>

static void node_ctor(void *p)
{
	struct xa_node *node = p;

	memset(node, 0, sizeof(*node));
	INIT_LIST_HEAD(&node->private_list);
}

/* Not from kmem_cache_create(): it is there for good, and no leak. */
static struct kmem_cache node_cache = { sizeof(struct xa_node), node_ctor };

struct kmem_cache *radix_tree_node_cachep = &node_cache;

void radix_tree_node_rcu_free(struct rcu_head *head)
{
	kmem_cache_free(radix_tree_node_cachep,
			container_of(head, struct xa_node, rcu_head));
}
