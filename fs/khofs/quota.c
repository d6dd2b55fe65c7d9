// SPDX-License-Identifier: GPL-2.0-only
/*
 * khofs: quotas. What users and groups may have goes to the next kernel; what they
 * do have is counted there again, as their files are made.
 */
#include <linux/cleanup.h>
#include <linux/errno.h>
#include <linux/fs.h>
#include <linux/kstate.h>
#include <linux/projid.h>
#include <linux/quota.h>
#include <linux/quotaops.h>
#include <linux/rwsem.h>
#include <linux/shmem_fs.h>
#include <linux/slab.h>
#include <linux/uidgid.h>

#include "khofs.h"

static int add_limits(struct khofs_quota *kq, u32 *room, struct kqid id,
		      const struct qc_dqblk *dq)
{
	struct khofs_limits *all;

	all = khofs_grow(kq->limits, kq->nr_limits, room, sizeof(*all));
	if (!all)
		return -ENOMEM;
	kq->limits = all;
	all[kq->nr_limits++] = (struct khofs_limits){
		.id = from_kqid(&init_user_ns, id),
		.space_hard = dq->d_spc_hardlimit,
		.space_soft = dq->d_spc_softlimit,
		.inodes_hard = dq->d_ino_hardlimit,
		.inodes_soft = dq->d_ino_softlimit,
		.space_until = dq->d_spc_timer,
		.inodes_until = dq->d_ino_timer,
	};
	return 0;
}

/* All users, or groups, that have files or limits, by number */
static int save_limits(struct super_block *sb, struct khofs_quota *kq)
{
	struct kqid id = make_kqid(&init_user_ns, kq->type, 0);
	struct qc_dqblk dq;
	u32 room = 0;
	int err;

	while (qid_valid(id)) {
		err = sb->s_qcop->get_nextdqblk(sb, &id, &dq);
		if (err)
			return err == -ENOENT ? 0 : err;
		err = add_limits(kq, &room, id, &dq);
		if (err)
			return err;
		id = make_kqid(&init_user_ns, kq->type,
			       from_kqid(&init_user_ns, id) + 1);
	}
	return 0;
}

static int save_type(struct super_block *sb, int type, struct khofs_quota *kq)
{
	const struct shmem_sb_info *sbinfo = sb->s_fs_info;
	const struct shmem_quota_limits *of = &sbinfo->qlimits;
	bool user = type == USRQUOTA;
	struct qc_state state;
	int err = sb->s_qcop->get_state(sb, &state);

	if (err)
		return err;
	kq->type = type;
	kq->space_hard = user ? of->usrquota_bhardlimit : of->grpquota_bhardlimit;
	kq->inodes_hard = user ? of->usrquota_ihardlimit : of->grpquota_ihardlimit;
	kq->enforced = state.s_state[type].flags & QCI_LIMITS_ENFORCED;
	kq->space_grace = state.s_state[type].spc_timelimit;
	kq->inodes_grace = state.s_state[type].ino_timelimit;
	return save_limits(sb, kq);
}

/**
 * khofs_save_quotas - have quotas in the image of a tree
 * @sb: its super block, which is frozen
 * @image: the image
 *
 * Context: may sleep.
 *
 * Return: 0; -ENOMEM.
 */
int khofs_save_quotas(struct super_block *sb, struct khofs_image *image)
{
	int type, err = 0;

	if (!sb_any_quota_loaded(sb))
		return 0;
	image->quotas = kvcalloc(SHMEM_MAXQUOTAS, sizeof(*image->quotas),
				 GFP_KERNEL);
	if (!image->quotas)
		return -ENOMEM;
	guard(rwsem_read)(&sb->s_umount);
	for (type = 0; type < SHMEM_MAXQUOTAS && !err; type++)
		if (sb_has_quota_active(sb, type))
			err = save_type(sb, type,
					&image->quotas[image->nr_quotas++]);
	return err;
}

static int load_limits(struct super_block *sb, int type,
		       const struct khofs_limits *limits)
{
	struct kqid id = make_kqid(&init_user_ns, type, limits->id);
	struct qc_dqblk dq = {
		.d_fieldmask = QC_SPC_HARD | QC_SPC_SOFT | QC_INO_HARD |
			       QC_INO_SOFT | QC_SPC_TIMER | QC_INO_TIMER,
		.d_spc_hardlimit = limits->space_hard,
		.d_spc_softlimit = limits->space_soft,
		.d_ino_hardlimit = limits->inodes_hard,
		.d_ino_softlimit = limits->inodes_soft,
		.d_spc_timer = limits->space_until,
		.d_ino_timer = limits->inodes_until,
	};

	return qid_valid(id) ? sb->s_qcop->set_dqblk(sb, id, &dq) : -EBADMSG;
}

static int load_type(struct super_block *sb, const struct khofs_quota *kq)
{
	struct qc_info info = {
		.i_fieldmask = QC_SPC_TIMER | QC_INO_TIMER,
		.i_spc_timelimit = kq->space_grace,
		.i_ino_timelimit = kq->inodes_grace,
	};
	int err;
	u32 i;

	if (!sb_has_quota_active(sb, kq->type))
		return -EBADMSG;
	err = sb->s_qcop->set_info(sb, kq->type, &info);
	for (i = 0; i < kq->nr_limits && !err; i++)
		err = load_limits(sb, kq->type, &kq->limits[i]);
	if (!err && !kq->enforced)
		err = sb->s_qcop->quota_disable(sb, kq->type == USRQUOTA ?
						FS_QUOTA_UDQ_ENFD :
						FS_QUOTA_GDQ_ENFD);
	return err;
}

/**
 * khofs_load_quotas - give a tree the quotas that it had
 * @sb: its super block, with all files, mounted as khofs_set_quotas() says
 * @image: its image
 *
 * Comes after the files: whoever has too many already has them.
 *
 * Context: may sleep.
 *
 * Return: 0; -EBADMSG or -ERANGE: the image makes no sense; -ENOMEM.
 */
int khofs_load_quotas(struct super_block *sb, const struct khofs_image *image)
{
	int err = 0;
	u32 i;

	/* as who turns quotas off has it */
	guard(rwsem_write)(&sb->s_umount);
	for (i = 0; i < image->nr_quotas && !err; i++)
		err = load_type(sb, &image->quotas[i]);
	return err;
}

static int set_default(struct fs_context *fc, const char *type, const char *what,
		       u64 limit)
{
	char key[32];

	if (!limit)
		return 0;
	snprintf(key, sizeof(key), "%s_%s_hardlimit", type, what);
	return khofs_set_number(fc, key, limit);
}

/**
 * khofs_set_quotas - have a tree count what its users have
 * @fc: the mount that is to make it
 * @image: its image
 *
 * Context: may sleep.
 *
 * Return: 0; -EBADMSG: the image makes no sense; or what an option is refused by.
 */
int khofs_set_quotas(struct fs_context *fc, const struct khofs_image *image)
{
	const struct khofs_quota *kq = image->quotas;
	const char *type;
	int err = 0;

	for (; kq < image->quotas + image->nr_quotas && !err; kq++) {
		if (kq->type >= SHMEM_MAXQUOTAS)
			return -EBADMSG;
		type = kq->type == USRQUOTA ? "usrquota" : "grpquota";
		err = vfs_parse_fs_string(fc, type, NULL, 0);
		err = err ?: set_default(fc, type, "block", kq->space_hard);
		err = err ?: set_default(fc, type, "inode", kq->inodes_hard);
	}
	return err;
}

/* ---- Descriptions ---- */

static const struct kstate_field limits_fields[] = {
	KSTATE_SIMPLE(struct khofs_limits, id, .flags = KSTATE_FIELD_MANDATORY),
	KSTATE_SIMPLE(struct khofs_limits, space_hard,
		      .flags = KSTATE_FIELD_MANDATORY),
	KSTATE_SIMPLE(struct khofs_limits, space_soft,
		      .flags = KSTATE_FIELD_MANDATORY),
	KSTATE_SIMPLE(struct khofs_limits, inodes_hard,
		      .flags = KSTATE_FIELD_MANDATORY),
	KSTATE_SIMPLE(struct khofs_limits, inodes_soft,
		      .flags = KSTATE_FIELD_MANDATORY),
	KSTATE_SIMPLE(struct khofs_limits, space_until),
	KSTATE_SIMPLE(struct khofs_limits, inodes_until),
	KSTATE_END()
};

static const struct kstate_description limits_desc = {
	.name = "khofs.limits", .version = 1,
	.size = sizeof(struct khofs_limits), .fields = limits_fields,
};

static const struct kstate_field quota_fields[] = {
	KSTATE_SIMPLE(struct khofs_quota, type, .flags = KSTATE_FIELD_MANDATORY),
	KSTATE_SIMPLE(struct khofs_quota, enforced,
		      .flags = KSTATE_FIELD_MANDATORY),
	KSTATE_SIMPLE(struct khofs_quota, space_hard,
		      .flags = KSTATE_FIELD_MANDATORY),
	KSTATE_SIMPLE(struct khofs_quota, inodes_hard,
		      .flags = KSTATE_FIELD_MANDATORY),
	KSTATE_SIMPLE(struct khofs_quota, space_grace,
		      .flags = KSTATE_FIELD_MANDATORY),
	KSTATE_SIMPLE(struct khofs_quota, inodes_grace,
		      .flags = KSTATE_FIELD_MANDATORY),
	KSTATE_STRUCT_VARRAY(struct khofs_quota, limits, nr_limits,
			     struct khofs_limits, &limits_desc,
			     .flags = KSTATE_FIELD_MANDATORY),
	KSTATE_END()
};

static const struct kstate_description quota_desc = {
	.name = "khofs.quota", .version = 1, .size = sizeof(struct khofs_quota),
	.fields = quota_fields,
};

static const struct kstate_field quotas_fields[] = {
	KSTATE_STRUCT_VARRAY(struct khofs_image, quotas, nr_quotas,
			     struct khofs_quota, &quota_desc,
			     .flags = KSTATE_FIELD_MANDATORY),
	KSTATE_END()
};

/* Part of the image of trees that have quotas */
const struct kstate_description khofs_quotas_desc = {
	.name = "khofs.quotas", .version = 1, .size = sizeof(struct khofs_image),
	.fields = quotas_fields,
};

/**
 * khofs_has_quotas - does a tree have quotas?
 * @obj: its image
 *
 * Context: any.
 *
 * Return: true if it does.
 */
bool khofs_has_quotas(const void *obj)
{
	const struct khofs_image *image = obj;

	return image->nr_quotas;
}
