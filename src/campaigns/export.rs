//! A campaign's deliveries as CSV, in pieces, so that memory does not grow with the audience.

use super::store;
use crate::audit::{self, Actor};
use crate::db::Db;
use crate::error::Error;
use crate::mail::message_id;
use crate::outbox::{self, Delivery, DeliveryState};
use crate::subscribers::export::Reader;
use crate::values::{At, CampaignId, DeliveryId, RootKey, spreadsheet_cell};

/// The first line.
pub const HEADER: [&str; 7] = ["email", "state", "attempts", "code", "reply", "message_id", "updated_at"];
/// Rows that are held in memory at a time.
const PIECE: i64 = 1000;

/// Notes who takes the addresses of a campaign's readers out of the house.
///
/// # Errors
/// `NotFound`, or the database's.
pub fn record(db: &mut Db, id: CampaignId, state: Option<DeliveryState>, actor: &Actor, now: At) -> Result<(), Error> {
    store::find(db, id)?;
    let detail = state.map(|state| format!("only {state}")).unwrap_or_default();
    Ok(audit::record(db, actor, "exported the deliveries of", "campaign", Some(id.0), &detail, now)?)
}

/// Which rows are wanted, and how far we are.
#[derive(Debug, Clone)]
pub struct Export {
    campaign: CampaignId,
    state: Option<DeliveryState>,
    after: DeliveryId,
}

impl Export {
    pub fn new(campaign: CampaignId, state: Option<DeliveryState>) -> Self {
        Self { campaign, state, after: DeliveryId(0) }
    }

    /// The next rows; none when that was all.
    ///
    /// # Errors
    /// The database's.
    pub fn next(&mut self, db: &mut Db) -> Result<Vec<Delivery>, Error> {
        let rows = outbox::store::after(db, self.campaign, self.state, self.after, PIECE)?;
        if let Some(last) = rows.last() {
            self.after = last.id;
        }
        Ok(rows)
    }
}

/// Rows as CSV, with the header before them if asked.
///
/// # Errors
/// None that can happen in memory.
pub fn csv(rows: &[Delivery], header: bool, root: &RootKey, host: &str, reader: Reader) -> anyhow::Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    if header {
        writer.write_record(HEADER)?;
    }
    for row in rows {
        writer.write_record(columns(row, root, host, reader))?;
    }
    Ok(writer.into_inner()?)
}

fn columns(row: &Delivery, root: &RootKey, host: &str, reader: Reader) -> [String; 7] {
    let email = row.address.to_string();
    [
        match reader {
            Reader::Program => email,
            Reader::Person => spreadsheet_cell(&email),
        },
        row.state.to_string(),
        row.attempts.to_string(),
        row.code.map(|code| code.to_string()).unwrap_or_default(),
        spreadsheet_cell(row.reply.as_deref().unwrap_or_default()),
        message_id(root, row.id, host),
        row.updated_at.rfc3339(),
    ]
}
