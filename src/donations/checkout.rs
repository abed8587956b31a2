//! From the form to Stripe's page.

use chrono::Duration;
use url::form_urlencoded::Serializer;

use super::store::pledges::NewPledge;
use super::store::{self, Look, NewDonation};
use super::timeline::{DONOR, PROGRAM, STRIPE, note};
use super::{Donation, DonationState, Gift, GiftEventKind, Link, Pledge, PledgeState, amounts, funds, limits, switch};
use crate::db::Db;
use crate::error::{Error, Problems};
use crate::i18n::Texts;
use crate::organisation::Organisation;
use crate::stripe::{Checkout, Failure, Interval, NewCheckout};
use crate::values::{At, CampaignId, EmailAddress, FundId, Language, Money, RootKey, clean_line};

/// How long Stripe's page stays open. (Stripe takes 30 minutes to 24 hours.) Short, so that left ones are closed soon.
const MINUTES: i64 = 60;
/// The longest name that is kept, in characters.
const NAME_MAX: usize = 200;

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

/// The checked parts of a form.
struct Wish {
    money: Money,
    email: EmailAddress,
    name: String,
    fund: FundId,
}

/// Notes what somebody wants to give, in one transaction.
///
/// # Errors
/// `Invalid` naming `amount`, `currency`, `email`, `name`, `fund`; `Conflict` when giving is closed, when there are too many
/// tries, and (in the same words) when a program filled the form in.
pub fn begin(
    db: &mut Db,
    request: &GiftRequest,
    organisation: &Organisation,
    root: &RootKey,
    link: Link<'_>,
    test: bool,
    now: At,
) -> Result<Begun, Error> {
    if !request.website.trim().is_empty() {
        return Err(Error::conflict(limits::TOO_MANY));
    }
    if !switch::giving(db, now)?.is_open {
        return Err(Error::conflict("We cannot take gifts right now. Nothing was charged. Please come back later."));
    }
    let wish = wish(db, request, organisation, now)?;
    limits::check(db, &wish.email, now)?;
    let gift = insert(db, request, &wish, test, now)?;
    let shown = match request.every {
        None => wish.money.to_string(),
        Some(every) => format!("{} every {every}", wish.money),
    };
    note(db, gift, GiftEventKind::Initiated, &shown, DONOR, now)?;
    let fund = fund_name(db, wish.fund, &request.language)?;
    let names = [("organisation", organisation.name.as_str().into()), ("fund", fund.into())];
    let checkout = NewCheckout {
        amount: wish.money,
        interval: request.every,
        description: Texts::get().t(&request.language, "gift-checkout-description", &names),
        email: wish.email.as_str().to_owned(),
        locale: locale(&request.language),
        reference: gift.reference(),
        metadata: gift.metadata(root),
        success_url: link(&format!("/donate/thanks?gift={}", gift.token(root, now))),
        cancel_url: link(&back_to_the_form(request)),
        expires_at: now + Duration::minutes(MINUTES),
    };
    Ok(Begun { gift, checkout, key: format!("checkout:{}", gift.reference()) })
}

fn wish(db: &mut Db, request: &GiftRequest, organisation: &Organisation, now: At) -> Result<Wish, Error> {
    let mut problems = Problems::default();
    let currency = problems.take("currency", amounts::read_currency(&request.currency, organisation));
    let money = currency.and_then(|currency| problems.take("amount", amounts::read(&request.amount, &currency)));
    let email = problems.take("email", EmailAddress::parse(&request.email));
    let name = problems.take("name", clean_line(&request.name, NAME_MAX));
    let fund = match funds::chosen(db, request.fund.as_deref(), now) {
        Err(Error::Invalid(errors)) => {
            errors.iter().for_each(|error| problems.add(&error.field, &error.message));
            None
        }
        other => Some(other?),
    };
    problems.check()?;
    match (money, email, name, fund) {
        (Some(money), Some(email), Some(name), Some(fund)) => Ok(Wish { money, email, name, fund }),
        _ => Err(Error::invalid("amount", "an amount is needed")),
    }
}

fn insert(db: &mut Db, request: &GiftRequest, wish: &Wish, test: bool, now: At) -> Result<Gift, Error> {
    let Wish { money: amount, email, name, fund } = wish;
    let (fund, campaign, language) = (*fund, request.campaign, &request.language);
    let look_at = Some(now + Duration::minutes(1));
    Ok(match request.every {
        None => {
            let pledge = None;
            let new = NewDonation { amount, fund, campaign, pledge, email, name, language, test, look_at };
            Gift::Donation(store::insert(db, new, now)?)
        }
        Some(every) => {
            let new = NewPledge { amount, every, fund, campaign, email, name, language, test, look_at };
            Gift::Pledge(store::pledges::insert(db, new, now)?)
        }
    })
}

pub(super) fn fund_name(db: &mut Db, id: FundId, language: &Language) -> Result<String, Error> {
    let funds = funds::list(db, language)?;
    Ok(funds.into_iter().find(|fund| fund.id == id).map(|fund| fund.name).unwrap_or_default())
}

/// The form as it was filled in; without the address, which has no place in a URL.
fn back_to_the_form(request: &GiftRequest) -> String {
    let mut query = Serializer::new(String::new());
    query.append_pair("amount", request.amount.trim()).append_pair("currency", request.currency.trim());
    if let Some(every) = request.every {
        query.append_pair("every", every.as_str());
    }
    if let Some(fund) = request.fund.as_deref().filter(|fund| !fund.is_empty()) {
        query.append_pair("fund", fund);
    }
    query.append_pair("lang", request.language.as_str()).append_pair("back", "1");
    format!("/donate?{}", query.finish())
}

/// The languages of Stripe's payment page (docs.stripe.com/api/checkout/sessions/object, `locale`).
const STRIPE_LOCALES: &str = " bg cs da de el en es et fi fil fr hr hu id it ja ko lt lv ms mt nb nl pl pt ro ru sk sl sv \
                              th tr vi zh ";

fn locale(language: &Language) -> String {
    let primary = language.primary();
    if STRIPE_LOCALES.contains(&format!(" {primary} ")) { primary.to_owned() } else { "auto".into() }
}

/// Stripe made the session: its id is kept, by which everything is found again. The webhook may have been faster.
///
/// # Errors
/// `NotFound`; `Conflict` when the gift has another session.
pub fn opened(db: &mut Db, gift: Gift, account: &str, checkout: &Checkout, now: At) -> Result<(), Error> {
    match gift {
        Gift::Donation(id) => {
            let mut row = store::lock(db, id)?.ok_or(Error::NotFound("donation"))?;
            if row.checkout.as_deref() == Some(&checkout.id) {
                return Ok(());
            }
            link_once("session", &mut row.checkout, &checkout.id)?;
            link_once("account", &mut row.account, account)?;
            store::save(db, &row, now)?;
        }
        Gift::Pledge(id) => {
            let mut row = store::pledges::lock(db, id)?.ok_or(Error::NotFound("pledge"))?;
            if row.checkout.as_deref() == Some(&checkout.id) {
                return Ok(());
            }
            link_once("session", &mut row.checkout, &checkout.id)?;
            link_once("account", &mut row.account, account)?;
            store::pledges::save(db, &row, now)?;
        }
    }
    note(db, gift, GiftEventKind::CheckoutOpened, &checkout.id, STRIPE, now)
}

/// Links an object of Stripe; a second one of its kind makes no sense.
pub(super) fn link_once(what: &str, slot: &mut Option<String>, id: &str) -> Result<(), Error> {
    match slot {
        None => {
            *slot = Some(id.to_owned());
            Ok(())
        }
        Some(known) if known == id => Ok(()),
        Some(known) => Err(Error::conflict(format!("the gift has the {what} {known} already; this one is {id}"))),
    }
}

/// Stripe made no session: the gift is failed, and why is kept. (Should the session exist after all, nobody was sent there.)
///
/// # Errors
/// `NotFound`.
pub fn not_opened(db: &mut Db, gift: Gift, failure: &Failure, now: At) -> Result<(), Error> {
    let words = failure.to_string();
    match gift {
        Gift::Donation(id) => {
            let mut row = store::lock(db, id)?.ok_or(Error::NotFound("donation"))?;
            if row.state != DonationState::Initiated || row.checkout.is_some() {
                return Ok(());
            }
            row.state = DonationState::Failed;
            row.failure = Some(words.clone());
            store::save(db, &row, now)?;
            store::set_look(db, id, Look::NEVER)?;
        }
        Gift::Pledge(id) => {
            let mut row = store::pledges::lock(db, id)?.ok_or(Error::NotFound("pledge"))?;
            if row.state != PledgeState::Incomplete || row.checkout.is_some() {
                return Ok(());
            }
            row.state = PledgeState::Ended;
            row.end_reason = words.clone();
            row.ended_at = Some(now);
            store::pledges::save(db, &row, now)?;
            store::pledges::set_look(db, id, Look::NEVER)?;
        }
    }
    note(db, gift, GiftEventKind::CheckoutFailed, &words, PROGRAM, now)
}

/// # Errors
/// `NotFound`.
pub fn standing(db: &mut Db, gift: Gift) -> Result<Standing, Error> {
    match gift {
        Gift::Donation(id) => {
            let row = store::find(db, id)?.ok_or(Error::NotFound("donation"))?;
            let has_receipt = store::receipts::of(db, id)?.is_some();
            let fund = fund_name(db, row.fund_id, &row.language)?;
            Ok(Standing {
                stands: stands(&row),
                amount: row.amount(),
                every: None,
                fund,
                has_receipt,
                language: row.language,
                test: row.test,
                checkout: row.checkout,
            })
        }
        Gift::Pledge(id) => {
            let row = store::pledges::find(db, id)?.ok_or(Error::NotFound("pledge"))?;
            let fund = fund_name(db, row.fund_id, &row.language)?;
            Ok(Standing {
                stands: pledge_stands(&row),
                amount: row.amount(),
                every: Some(row.every),
                fund,
                has_receipt: row.donor_id.is_some(),
                language: row.language,
                test: row.test,
                checkout: row.checkout,
            })
        }
    }
}

fn stands(row: &Donation) -> Stands {
    match row.state {
        DonationState::Initiated => Stands::Waiting,
        DonationState::Processing => Stands::Processing,
        DonationState::Paid => Stands::Paid,
        DonationState::Failed => Stands::Failed,
        DonationState::Cancelled => Stands::Cancelled,
    }
}

/// A pledge has its donor with the first payment; before, an active one is a debit on its way.
fn pledge_stands(row: &Pledge) -> Stands {
    match row.state {
        _ if row.donor_id.is_some() => Stands::Paid,
        PledgeState::Incomplete => Stands::Waiting,
        PledgeState::Active | PledgeState::Paused => Stands::Processing,
        PledgeState::PastDue => Stands::Failed,
        PledgeState::Ended => Stands::Cancelled,
    }
}
