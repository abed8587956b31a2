//! The staff list of donations: by state, currency, fund, campaign, pledge, dates and text; and the walk for exports.

use diesel::prelude::*;

use crate::db::schema::donations;
use crate::db::search::{self, lower};
use crate::db::{Db, MultiBackend};
use crate::donations::{Donation, DonationState};
use crate::values::{At, CampaignId, Currency, DonationId, DonorId, FundId, Page, PageRequest, PledgeId};

/// What staff look for. Nothing set means all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Part of an address or a name, our number, or a whole id of Stripe (`pi_…`, `cs_…`, `in_…`).
    pub text: String,
    pub state: Option<DonationState>,
    pub currency: Option<Currency>,
    pub fund: Option<FundId>,
    pub campaign: Option<CampaignId>,
    pub pledge: Option<PledgeId>,
    pub donor: Option<DonorId>,
    /// Only those that wait for an answer of staff.
    pub question: bool,
    /// Made then or later.
    pub from: Option<At>,
    /// Made before.
    pub until: Option<At>,
}

pub(super) type Rows<'a> = donations::BoxedQuery<'a, MultiBackend>;

pub(super) fn filtered<'a>(filter: &Filter) -> Rows<'a> {
    let mut rows = donations::table.into_boxed();
    let text = filter.text.trim().to_owned();
    if !text.is_empty() {
        let pattern = search::part(&text);
        rows = rows.filter(
            (donations::email_key.like(pattern.clone()).escape('\\'))
                .or(lower(donations::name).like(pattern).escape('\\'))
                .or(donations::id.eq(text.trim_start_matches('#').parse::<DonationId>().unwrap_or(DonationId(0))))
                .or(donations::payment.eq(text.clone()))
                .or(donations::checkout.eq(text.clone()))
                .or(donations::invoice.eq(text)),
        );
    }
    if let Some(state) = filter.state {
        rows = rows.filter(donations::state.eq(state));
    }
    if let Some(currency) = &filter.currency {
        rows = rows.filter(donations::currency.eq(currency.clone()));
    }
    if let Some(fund) = filter.fund {
        rows = rows.filter(donations::fund_id.eq(fund));
    }
    if let Some(campaign) = filter.campaign {
        rows = rows.filter(donations::campaign_id.eq(campaign));
    }
    if let Some(pledge) = filter.pledge {
        rows = rows.filter(donations::pledge_id.eq(pledge));
    }
    if let Some(donor) = filter.donor {
        rows = rows.filter(donations::donor_id.eq(donor));
    }
    if filter.question {
        rows = rows.filter(donations::question.is_not_null());
    }
    if let Some(from) = filter.from {
        rows = rows.filter(donations::created_at.ge(from));
    }
    if let Some(until) = filter.until {
        rows = rows.filter(donations::created_at.lt(until));
    }
    rows
}

/// Newest first.
///
/// # Errors
/// The database's.
pub fn list(db: &mut Db, filter: &Filter, request: PageRequest) -> QueryResult<Page<Donation>> {
    let total = filtered(filter).count().get_result(db)?;
    let rows = filtered(filter)
        .select(<Donation as Selectable<MultiBackend>>::construct_selection())
        .order(donations::id.desc())
        .limit(request.size)
        .offset(request.offset())
        .load(db)?;
    Ok(Page { rows, total, request })
}

/// Those after an id, in order: for exports that walk through all of them in pieces.
///
/// # Errors
/// The database's.
pub fn after(db: &mut Db, filter: &Filter, after: DonationId, limit: i64) -> QueryResult<Vec<Donation>> {
    filtered(filter)
        .filter(donations::id.gt(after))
        .order(donations::id.asc())
        .limit(limit)
        .select(<Donation as Selectable<MultiBackend>>::construct_selection())
        .load(db)
}

/// How many gifts wait for an answer of staff.
///
/// # Errors
/// The database's.
pub fn questions(db: &mut Db) -> QueryResult<i64> {
    donations::table.filter(donations::question.is_not_null()).count().get_result(db)
}
