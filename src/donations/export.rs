//! Gifts as CSV, in pieces: memory does not grow with the list.

use std::collections::HashMap;

use super::store::{self, Filter, sums};
use super::{Donation, funds};
use crate::db::Db;
use crate::error::Error;
use crate::payments::read::{self, Settled};
use crate::values::{CampaignId, Day, DonationId, Language, Money, spreadsheet_cell};

/// Rows per piece.
const PIECE: i64 = 500;

/// The columns' names, as a line. Fee and net are in `settled_currency`, which may differ from the gift's.
pub const HEADER: &str = "id,state,paid_at,amount,currency,fee,net,refunded,fund,campaign,donor_name,donor_email,pledge,\
                          receipt,checkout,payment,charge,invoice,balance_transaction,test,settled_currency,payout,bank_booked_on\n";

/// The next piece after a gift (begin with id 0), as CSV lines, and after whom to go on; `None` at the end. The names of
/// campaigns come from whoever knows campaigns, and the bank's days of payouts from whoever knows the bank.
///
/// # Errors
/// The database's.
pub fn piece(
    db: &mut Db,
    filter: &Filter,
    after: DonationId,
    campaigns: &HashMap<CampaignId, String>,
    booked: impl FnOnce(&mut Db, &[String]) -> diesel::QueryResult<HashMap<String, Day>>,
) -> Result<Option<(Vec<u8>, DonationId)>, Error> {
    let rows = store::after(db, filter, after, PIECE)?;
    let Some(last) = rows.last().map(|row| row.id) else { return Ok(None) };
    let payments: Vec<String> = rows.iter().filter_map(|row| row.payment.clone()).collect();
    let ids: Vec<DonationId> = rows.iter().map(|row| row.id).collect();
    let settled = read::settled(db, &payments)?;
    let balances = settled.values().filter_map(|settled| settled.balance.as_ref());
    let payouts: Vec<String> = balances.filter_map(|balance| balance.payout.clone()).collect();
    let beside = Beside {
        campaigns,
        booked: booked(db, &payouts)?,
        funds: funds::list(db, &Language::english())?.into_iter().map(|fund| (fund.id, fund.name)).collect(),
        settled,
        refunded: sums::refunded(db, &ids)?.into_iter().collect(),
        receipts: sums::receipt_numbers(db, &ids)?.into_iter().collect(),
    };
    let mut csv = ::csv::Writer::from_writer(Vec::new());
    for row in &rows {
        csv.write_record(beside.fields(row)).map_err(Error::internal)?;
    }
    let bytes = csv.into_inner().map_err(|error| Error::internal(anyhow::anyhow!("{error}")))?;
    Ok(Some((bytes, last)))
}

/// What stands in other tables.
struct Beside<'a> {
    campaigns: &'a HashMap<CampaignId, String>,
    funds: HashMap<crate::values::FundId, String>,
    settled: HashMap<String, Settled>,
    booked: HashMap<String, Day>,
    refunded: HashMap<DonationId, i64>,
    receipts: HashMap<DonationId, String>,
}

impl Beside<'_> {
    /// What people and Stripe wrote could be a formula; our own words and numbers cannot.
    fn fields(&self, row: &Donation) -> [String; 23] {
        let settled = row.payment.as_ref().and_then(|payment| self.settled.get(payment));
        let balance = settled.and_then(|settled| settled.balance.as_ref());
        let payout = balance.and_then(|balance| balance.payout.as_ref());
        let text = |text: Option<&String>| text.map(|text| spreadsheet_cell(text)).unwrap_or_default();
        let refunded = self.refunded.get(&row.id).copied().unwrap_or(0);
        [
            row.id.to_string(),
            row.state.to_string(),
            row.paid_at.map(|at| at.rfc3339()).unwrap_or_default(),
            row.amount().decimal(),
            row.currency.to_string(),
            balance.map(|balance| balance.fee.decimal()).unwrap_or_default(),
            balance.map(|balance| balance.net.decimal()).unwrap_or_default(),
            Money::new(refunded, row.currency.clone()).decimal(),
            text(self.funds.get(&row.fund_id)),
            text(row.campaign_id.and_then(|id| self.campaigns.get(&id))),
            spreadsheet_cell(&row.name),
            spreadsheet_cell(&row.email),
            row.pledge_id.map(|id| id.to_string()).unwrap_or_default(),
            self.receipts.get(&row.id).cloned().unwrap_or_default(),
            text(row.checkout.as_ref()),
            text(row.payment.as_ref()),
            text(settled.map(|settled| &settled.charge)),
            text(row.invoice.as_ref()),
            text(balance.map(|balance| &balance.id)),
            if row.test { "yes" } else { "no" }.into(),
            balance.map(|balance| balance.net.currency.to_string()).unwrap_or_default(),
            text(payout),
            payout.and_then(|id| self.booked.get(id)).map(|day| day.to_string()).unwrap_or_default(),
        ]
    }
}
