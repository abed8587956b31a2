//! From the form to Stripe's page.

use super::{Gift, Link};
use crate::db::Db;
use crate::error::Error;
use crate::organisation::Organisation;
use crate::stripe::{Checkout, Failure, Interval, NewCheckout};
use crate::values::{At, CampaignId, Language, Money, RootKey};

/// The form as it came in.
#[derive(Debug, Clone, Default)]
pub struct GiftRequest {
    pub amount: String,
    pub currency: String,
    /// None: once.
    pub every: Option<Interval>,
    /// A slug; none: the default fund.
    pub fund: Option<String>,
    pub email: String,
    /// May be empty.
    pub name: String,
    pub language: Language,
    /// The campaign whose link the giver followed.
    pub campaign: Option<CampaignId>,
    /// A field that people do not see; programs fill it in.
    pub website: String,
}

/// A gift that waits for Stripe's page: `create_checkout(&checkout, &key)` comes next, outside the transaction, then
/// [`opened`] or [`not_opened`].
#[derive(Debug, Clone)]
pub struct Begun {
    pub gift: Gift,
    pub checkout: NewCheckout,
    pub key: String,
}

/// How a gift stands, for who comes back from Stripe's page.
#[derive(Debug, Clone)]
pub struct Standing {
    pub stands: Stands,
    pub amount: Money,
    /// None: once.
    pub every: Option<Interval>,
    /// In the gift's language.
    pub fund: String,
    pub language: Language,
    pub has_receipt: bool,
    pub test: bool,
    /// The session at Stripe, to look at now when it is not known yet.
    pub checkout: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stands {
    /// We do not know yet whether it was paid.
    Waiting,
    /// Promised (a bank debit), or looked at by staff.
    Processing,
    /// The money came; of a pledge: the first payment.
    Paid,
    Failed,
    /// Left or run out.
    Cancelled,
}

/// Notes what somebody wants to give, in one transaction.
///
/// # Errors
/// `Invalid` naming `amount`, `currency`, `email`, `name`, `fund`; `Conflict` when giving is closed, when there are too many
/// tries, and (in the same words) when a program filled the form in. All in the giver's language.
pub fn begin(
    db: &mut Db,
    request: &GiftRequest,
    organisation: &Organisation,
    root: &RootKey,
    link: Link<'_>,
    test: bool,
    now: At,
) -> Result<Begun, Error> {
    let _ = (db, request, organisation, root, link, test, now);
    Err(Error::conflict("not built yet"))
}

/// Stripe made the session: its id is kept, by which everything is found again.
///
/// # Errors
/// The database's.
pub fn opened(db: &mut Db, gift: Gift, account: &str, checkout: &Checkout, now: At) -> Result<(), Error> {
    let _ = (db, gift, account, checkout, now);
    Err(Error::conflict("not built yet"))
}

/// Stripe made no session: the gift is failed, and why is kept.
///
/// # Errors
/// The database's.
pub fn not_opened(db: &mut Db, gift: Gift, failure: &Failure, now: At) -> Result<(), Error> {
    let _ = (db, gift, failure, now);
    Err(Error::conflict("not built yet"))
}

/// # Errors
/// `NotFound`.
pub fn standing(db: &mut Db, gift: Gift) -> Result<Standing, Error> {
    let _ = (db, gift);
    Err(Error::conflict("not built yet"))
}
