//! The proof of sending: who was mailed what, when, and what the mail server said; with a fingerprint of the whole file in the
//! audit, so that it can be shown later that the file was not changed.

use std::collections::HashMap;

use super::export::Export;
use super::model::Variant;
use super::store;
use crate::audit::{self, Actor};
use crate::db::Db;
use crate::error::Error;
use crate::mail::message_id;
use crate::outbox::{Delivery, DeliveryState};
use crate::values::{At, CampaignId, Fingerprint, RootKey, VariantId, sha256_hex, spreadsheet_cell};

/// The first line.
pub const HEADER: [&str; 10] =
    ["email", "language", "subject", "state", "sent_at", "server", "code", "reply", "attempts", "message_id"];

/// The fingerprint of what a variant says: SHA-256 of its subject, a line feed, and its text, as they were written.
pub fn fingerprint(variant: &Variant) -> String {
    sha256_hex(&format!("{}\n{}", variant.subject, variant.body))
}

/// A proof that is being written.
pub struct Proof {
    campaign: CampaignId,
    rest: Export,
    variants: HashMap<VariantId, Variant>,
    print: Fingerprint,
    rows: usize,
    begun: bool,
}

impl Proof {
    /// Notes who takes the addresses of a campaign's readers out of the house: also a file that is broken off has some.
    ///
    /// # Errors
    /// `NotFound`, or the database's.
    pub fn begin(db: &mut Db, id: CampaignId, actor: &Actor, now: At) -> Result<Self, Error> {
        store::find(db, id)?;
        let variants = store::variants(db, id)?.into_iter().map(|variant| (variant.id, variant)).collect();
        audit::record(db, actor, "began to export the proof of sending of", "campaign", Some(id.0), "", now)?;
        let rest = Export::new(id, None);
        Ok(Self { campaign: id, rest, variants, print: Fingerprint::default(), rows: 0, begun: false })
    }

    /// The next piece of the file, the header first; none when that was all.
    ///
    /// # Errors
    /// The database's.
    pub fn next(&mut self, db: &mut Db, root: &RootKey, host: &str) -> Result<Option<Vec<u8>>, Error> {
        let rows = self.rest.next(db)?;
        if rows.is_empty() && self.begun {
            return Ok(None);
        }
        let piece = self.csv(&rows, root, host).map_err(Error::internal)?;
        self.print.add(&piece);
        (self.begun, self.rows) = (true, self.rows + rows.len());
        Ok(Some(piece))
    }

    /// The file is written: how many rows, and its fingerprint.
    ///
    /// # Errors
    /// The database's.
    pub fn end(self, db: &mut Db, actor: &Actor, now: At) -> Result<(), Error> {
        let rows = if self.rows == 1 { "1 row".to_owned() } else { format!("{} rows", self.rows) };
        let detail = format!("{rows}, SHA-256 {}", self.print.finish());
        let action = "exported the proof of sending of";
        Ok(audit::record(db, actor, action, "campaign", Some(self.campaign.0), &detail, now)?)
    }

    fn csv(&self, rows: &[Delivery], root: &RootKey, host: &str) -> anyhow::Result<Vec<u8>> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        if !self.begun {
            writer.write_record(HEADER)?;
        }
        for row in rows {
            writer.write_record(self.columns(row, root, host))?;
        }
        Ok(writer.into_inner()?)
    }

    fn columns(&self, row: &Delivery, root: &RootKey, host: &str) -> [String; 10] {
        let variant = row.variant_id.and_then(|id| self.variants.get(&id));
        let cell = |text: Option<&str>| spreadsheet_cell(text.unwrap_or_default());
        [
            cell(Some(row.address.as_str())),
            variant.map_or(&row.language, |variant| &variant.language).to_string(),
            cell(variant.map(|variant| variant.subject.as_str())),
            row.state.to_string(),
            if row.state == DeliveryState::Sent { row.updated_at.rfc3339() } else { String::new() },
            cell(row.server.as_deref()),
            row.code.map(|code| code.to_string()).unwrap_or_default(),
            cell(row.reply.as_deref()),
            row.attempts.to_string(),
            message_id(root, row.id, host),
        ]
    }
}
