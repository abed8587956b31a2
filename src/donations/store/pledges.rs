//! Rows of `pledges`.

use diesel::prelude::*;

use crate::db::schema::pledges;
use crate::db::search::{self, lower};
use crate::db::{Db, MultiBackend};
use crate::donations::{Pledge, PledgeState};
use crate::values::{CampaignId, Currency, FundId, Page, PageRequest, PledgeId};

/// What staff look for. Nothing set means all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Part of an address or a name, our number, or a whole id of Stripe (`sub_…`, `cus_…`).
    pub text: String,
    pub state: Option<PledgeState>,
    pub currency: Option<Currency>,
    pub fund: Option<FundId>,
    pub campaign: Option<CampaignId>,
}

fn filtered<'a>(filter: &Filter) -> pledges::BoxedQuery<'a, MultiBackend> {
    let mut rows = pledges::table.into_boxed();
    let text = filter.text.trim().to_owned();
    if !text.is_empty() {
        let pattern = search::part(&text);
        rows = rows.filter(
            (pledges::email_key.like(pattern.clone()).escape('\\'))
                .or(lower(pledges::name).like(pattern).escape('\\'))
                .or(pledges::id.eq(text.trim_start_matches('#').parse::<PledgeId>().unwrap_or(PledgeId(0))))
                .or(pledges::subscription.eq(text.clone()))
                .or(pledges::customer.eq(text)),
        );
    }
    if let Some(state) = filter.state {
        rows = rows.filter(pledges::state.eq(state));
    }
    if let Some(currency) = &filter.currency {
        rows = rows.filter(pledges::currency.eq(currency.clone()));
    }
    if let Some(fund) = filter.fund {
        rows = rows.filter(pledges::fund_id.eq(fund));
    }
    if let Some(campaign) = filter.campaign {
        rows = rows.filter(pledges::campaign_id.eq(campaign));
    }
    rows
}

/// Newest first.
///
/// # Errors
/// The database's.
pub fn list(db: &mut Db, filter: &Filter, request: PageRequest) -> QueryResult<Page<Pledge>> {
    let total = filtered(filter).count().get_result(db)?;
    let rows = filtered(filter)
        .select(<Pledge as Selectable<MultiBackend>>::construct_selection())
        .order(pledges::id.desc())
        .limit(request.size)
        .offset(request.offset())
        .load(db)?;
    Ok(Page { rows, total, request })
}

/// # Errors
/// The database's.
pub fn find(db: &mut Db, id: PledgeId) -> QueryResult<Option<Pledge>> {
    Pledge::query().filter(pledges::id.eq(id)).first(db).optional()
}
