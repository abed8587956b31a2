//! The way from the form to Stripe's page, in three steps: the gift is noted; Stripe is asked, outside any transaction; what
//! Stripe said is noted. A crash in between leaves a row that sweeps find again.

use std::sync::Arc;

use diesel::Connection;

use super::form::{DonateForm, newsletter_words};
use crate::app::App;
use crate::campaigns;
use crate::db::Db;
use crate::donations::checkout::{self, Begun, GiftRequest};
use crate::error::{Error, FieldError};
use crate::payments::Payments;
use crate::stripe::{Checkout, Failure};
use crate::subscribers::signup::{self, SignupRequest};
use crate::subscribers::topics;
use crate::values::CampaignId;
use crate::web::extract::PublicPage;

/// What became of it.
pub enum Started {
    /// The address of Stripe's page.
    Payment(String),
    Invalid(Vec<FieldError>),
    /// Too many tries, or not a person's.
    Refused,
    /// Stripe made no page.
    Away,
}

/// # Errors
/// The database's.
pub async fn start(page: &PublicPage, form: &DonateForm) -> Result<Started, Error> {
    let app = &page.app;
    let Some(payments) = app.payments.clone() else { return Err(Error::NotFound("page")) };
    let begun = match begin(page, form, !payments.livemode).await {
        Ok(begun) => begun,
        Err(Error::Invalid(errors)) => return Ok(Started::Invalid(errors)),
        Err(Error::Conflict(_)) => return Ok(Started::Refused),
        Err(other) => return Err(other),
    };
    app.ring();
    let (gift, now) = (begun.gift, app.clock.now());
    match ask(&payments, &begun).await {
        Ok((account, session, url)) => {
            app.db.write(move |db| checkout::opened(db, gift, &account, &session, now)).await?;
            Ok(Started::Payment(url))
        }
        Err(failure) => {
            tracing::warn!(?gift, %failure, "no payment page could be opened");
            app.db.write(move |db| checkout::not_opened(db, gift, &failure, now)).await?;
            Ok(Started::Away)
        }
    }
}

/// One transaction: the gift, and the sign-up when the box is ticked.
async fn begin(page: &PublicPage, form: &DonateForm, test: bool) -> Result<Begun, Error> {
    let (request, signup) = (request(page, form), form.wants_newsletter().then(|| newsletter(page, form)));
    let (from, app, organisation) = (campaign(&form.from), page.app.clone(), page.organisation.clone());
    let now = app.clock.now();
    let work = move |db: &mut Db| {
        let link = |path: &str| app.config.web.link(path);
        let request = GiftRequest { campaign: existing(db, from)?, ..request };
        let begun = checkout::begin(db, &request, &organisation, &app.root, &link, test, now)?;
        if let Some(signup) = signup {
            sign_up(db, signup, &app, &link)?;
        }
        Ok(begun)
    };
    page.app.db.write(work).await
}

async fn ask(payments: &Arc<Payments>, begun: &Begun) -> Result<(String, Checkout, String), Failure> {
    let account = payments.account().await?;
    let session = payments.api.create_checkout(&begun.checkout, &begun.key).await?;
    let url = session.url.clone().ok_or_else(|| Failure::Unreadable("a session without an address".into()))?;
    Ok((account, session, url))
}

fn request(page: &PublicPage, form: &DonateForm) -> GiftRequest {
    GiftRequest {
        amount: form.amount_text().to_owned(),
        currency: form.currency.clone(),
        every: form.interval(),
        fund: Some(form.fund.clone()).filter(|slug| !slug.is_empty()),
        email: form.email.clone(),
        name: form.name.clone(),
        language: page.language.clone(),
        campaign: None,
        website: form.website.clone(),
    }
}

fn newsletter(page: &PublicPage, form: &DonateForm) -> SignupRequest {
    SignupRequest {
        email: form.email.clone(),
        name: form.name.clone(),
        topics: Vec::new(),
        language: page.language.clone(),
        form: "donate".into(),
        words: newsletter_words(page),
        website: form.website.clone(),
    }
}

/// For all topics. The gift does not depend on it: what is wrong with a sign-up alone is forgotten, in a savepoint of its
/// own.
fn sign_up(db: &mut Db, mut request: SignupRequest, app: &App, link: signup::Link<'_>) -> Result<(), Error> {
    let all = topics::list(db, &request.language)?;
    request.topics = all.iter().map(|topic| topic.slug.to_string()).collect();
    let now = app.clock.now();
    let done = db.transaction::<_, Error, _>(|db| signup::request(db, &request, &app.root, link, now));
    if let Err(error) = done {
        tracing::warn!(%error, "a sign-up beside a gift was not taken");
    }
    Ok(())
}

/// `c12`: what `{{donate_url}}` puts into a campaign's link. Anything else is nobody's.
fn campaign(code: &str) -> Option<CampaignId> {
    let digits =
        code.strip_prefix('c').filter(|digits| digits.len() <= 18 && digits.bytes().all(|b| b.is_ascii_digit()))?;
    digits.parse().ok()
}

fn existing(db: &mut Db, id: Option<CampaignId>) -> Result<Option<CampaignId>, Error> {
    let Some(id) = id else { return Ok(None) };
    match campaigns::store::find(db, id) {
        Ok(_) => Ok(Some(id)),
        Err(Error::NotFound(_)) => Ok(None),
        Err(other) => Err(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_codes_of_campaigns_are_read() {
        assert_eq!(campaign("c12"), Some(CampaignId(12)));
        for bad in ["", "c", "12", "c-1", "c+1", "c1x", "C12", "c99999999999999999999", "c１"] {
            assert_eq!(campaign(bad), None, "{bad}");
        }
    }
}
