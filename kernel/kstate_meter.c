// SPDX-License-Identifier: GPL-2.0-only
/*
 * KSTATE: what a dry run notes, by description.
 *
 * A hand-over that is not a dry run has no meter, and is not slowed down.
 */
#include <kunit/visibility.h>
#include <linux/cleanup.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/kstate.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/time64.h>

#include "kstate_internal.h"

/* Room for this many more rows is made at a time */
#define KSTATE_ROWS_STEP	32

static struct kstate_cost *add_row(struct kstate_meter *m, const char *name)
{
	u32 max = m->max + KSTATE_ROWS_STEP;
	struct kstate_cost *rows;

	if (m->nr == m->max) {
		rows = krealloc_array(m->rows, max, sizeof(*rows), GFP_KERNEL);
		if (!rows)
			return NULL;
		m->rows = rows;
		m->max = max;
	}
	rows = &m->rows[m->nr++];
	*rows = (struct kstate_cost) { };
	strscpy(rows->name, name, sizeof(rows->name));
	return rows;
}

/* Objects come by name, once to be prepared and once to be saved. */
static struct kstate_cost *find_row(struct kstate_meter *m, const char *name)
{
	u32 i;

	if (m->last < m->nr && !strcmp(m->rows[m->last].name, name))
		return &m->rows[m->last];
	for (i = 0; i < m->nr; i++) {
		if (!strcmp(m->rows[i].name, name)) {
			m->last = i;
			return &m->rows[i];
		}
	}
	m->last = m->nr;
	return add_row(m, name);
}

/**
 * kstate_meter_note - note what was done with an object
 * @m: the meter
 * @desc: the object's description
 * @start: from kstate_meter_start()
 * @objects: 1 if the object was not noted yet, else 0
 * @bytes: what it takes in the stream, likewise
 *
 * Context: may sleep.
 */
void kstate_meter_note(struct kstate_meter *m,
		       const struct kstate_description *desc, u64 start,
		       u32 objects, u64 bytes)
{
	u64 end = ktime_get_ns();
	struct kstate_cost *row = find_row(m, desc->name);

	if (!row)
		return;
	row->objects += objects;
	row->bytes += bytes;
	row->ns += end - start;
}

/**
 * kstate_meter_lost - note that an image cannot restore a description's objects
 * @core: the core, with a meter or not
 * @name: the description's name
 * @report: why
 *
 * Context: may sleep if there is a meter.
 */
void kstate_meter_lost(struct kstate_core *core, const char *name,
		       const struct kstate_report *report)
{
	struct kstate_cost *row = core->meter ? find_row(core->meter, name) :
						NULL;

	/* of many objects the first one that cannot be */
	if (row && !row->lost.err)
		row->lost = *report;
}

/**
 * kstate_meter_result - note how a dry run ended
 * @core: the core
 * @m: its meter
 * @err: what the dry run returned
 *
 * Context: @core's lock is held.
 */
void kstate_meter_result(struct kstate_core *core, struct kstate_meter *m,
			 int err)
{
	m->report = core->last;
	m->report.err = err;
	if (!m->report.why)
		m->report.why = "failed";
	strscpy(m->failed, err ? core->last_name : "", sizeof(m->failed));
}
EXPORT_SYMBOL_IF_KUNIT(kstate_meter_result);

/**
 * kstate_meter_reset - forget all
 * @m: the meter
 *
 * Context: may sleep.
 */
void kstate_meter_reset(struct kstate_meter *m)
{
	kfree(m->rows);
	*m = (struct kstate_meter) { };
}
EXPORT_SYMBOL_IF_KUNIT(kstate_meter_reset);

static int print_verdict(char *buf, size_t size,
			 const struct kstate_report *report)
{
	return scnprintf(buf, size, "%pe %s%s%s%s%s", ERR_PTR(report->err),
			 report->desc,
			 report->desc[0] && report->field[0] ? "." : "",
			 report->field,
			 report->desc[0] || report->field[0] ? " " : "",
			 report->why);
}

/**
 * kstate_meter_print - a line of the table
 * @m: the meter
 * @nr: its number, from 0
 * @buf: gets the line, with its end
 * @size: room there
 *
 * The line after the last row says what went wrong, if that was no object's.
 *
 * Context: any.
 * Return: bytes of the line, 0 if there is none
 */
int kstate_meter_print(const struct kstate_meter *m, u32 nr, char *buf,
		       size_t size)
{
	const struct kstate_cost *row = &m->rows[nr];
	int n;

	if (nr > m->nr || (nr == m->nr && (!m->report.err || m->failed[0])))
		return 0;
	if (nr == m->nr) {
		n = scnprintf(buf, size, "- 0 0 0 ");
		n += print_verdict(buf + n, size - n - 1, &m->report);
	} else {
		n = scnprintf(buf, size, "%s %llu %llu %llu ", row->name,
			      row->objects, row->bytes,
			      div_u64(row->ns, NSEC_PER_USEC));
		if (m->report.err && !strcmp(m->failed, row->name))
			n += print_verdict(buf + n, size - n - 1, &m->report);
		else if (row->lost.err)
			n += print_verdict(buf + n, size - n - 1, &row->lost);
		else
			n += scnprintf(buf + n, size - n - 1, "ok");
	}
	buf[n++] = '\n';
	return n;
}
EXPORT_SYMBOL_IF_KUNIT(kstate_meter_print);
