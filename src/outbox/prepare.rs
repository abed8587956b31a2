//! From claimed rows to mails that are ready to be made, and how many may leave.

use std::collections::HashMap;

use super::limits::{Allowances, Limit};
use super::queue::Item;
use super::{Delivery, Outbox, Prepared, metrics};

impl Outbox {
    /// Asks each renderer once for all its rows. `None` where a batch could not be prepared.
    pub(super) fn prepare(&self, items: Vec<Item>) -> Vec<(Item, Option<Prepared>)> {
        let now = self.clock.now();
        let mut by_mail: HashMap<String, Vec<Item>> = HashMap::new();
        for item in items {
            match by_mail.get_mut(&item.row.mail) {
                Some(list) => list.push(item),
                None => drop(by_mail.insert(item.row.mail.clone(), vec![item])),
            }
        }
        let mut all = Vec::new();
        for (mail, items) in by_mail {
            let renderer = self.renderers.of(&mail).clone();
            let rows: Vec<Delivery> = items.iter().map(|item| item.row.clone()).collect();
            match self.db.read_here(|db| renderer.prepare(db, &rows, now)) {
                Ok(prepared) if prepared.len() == rows.len() => {
                    all.extend(items.into_iter().zip(prepared.into_iter().map(Some)));
                }
                Ok(_) => {
                    tracing::error!(mail, "a renderer did not answer for every row");
                    all.extend(items.into_iter().map(|item| (item, None)));
                }
                Err(error) => {
                    metrics::database_failed("prepare");
                    tracing::error!(mail, error = format!("{error:#}"), "mails cannot be prepared");
                    all.extend(items.into_iter().map(|item| (item, None)));
                }
            }
        }
        all
    }

    /// How many of `wanted` mails the limits let leave now: in all, and through which server.
    pub(super) fn allow(
        &self,
        allowances: &mut Allowances,
        shared: &[Limit],
        servers: &[(usize, Vec<Limit>)],
        wanted: usize,
    ) -> anyhow::Result<(usize, HashMap<usize, usize>)> {
        let mut room = |limits: &[Limit], wanted: usize| -> anyhow::Result<usize> {
            if limits.is_empty() {
                return Ok(wanted);
            }
            let room = allowances.room(&self.db, limits, wanted)?;
            if room < wanted
                && let Some(key) = allowances.tightest(limits)
            {
                metrics::held_by_limit(key, wanted - room);
            }
            Ok(room)
        };
        let wanted = room(shared, wanted)?;
        let mut budget = HashMap::new();
        for (place, limits) in servers {
            budget.insert(*place, room(limits, wanted)?);
        }
        let total = budget.values().fold(0_usize, |sum, room| sum.saturating_add(*room));
        Ok((wanted.min(total), budget))
    }
}
