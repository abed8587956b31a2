//! Giving: the form, the way to Stripe's page and back, and the page to end a monthly gift.

mod form;
mod manage;
mod start;
mod thanks;
mod words;

use actix_web::HttpResponse;
use actix_web::http::{StatusCode, header};

use self::form::{Asked, DonateForm};
use self::start::Started;
use super::super::middleware::security_headers;
use crate::error::FieldError;
use crate::web::extract::{Form, PublicPage, Query};
use crate::web::{Answer, Error, Message};

pub use self::manage::{show as manage, submit as end};
pub use self::thanks::show as thanks;

/// Where Stripe's payment page is. Whoever gives theirs a name of their own must extend this.
const CHECKOUT: &str = "https://checkout.stripe.com";

/// `GET /donate`. Filled in by what stands behind the `?`; what cannot be taken there is left out, not complained about.
pub async fn show(page: PublicPage, asked: Query<Asked>) -> Answer {
    set_up(&page)?;
    if !page.giving {
        return closed(&page, StatusCode::OK);
    }
    let (form, back) = asked.into_inner().form(&page);
    render(page, StatusCode::OK, &form, back, Vec::new()).await
}

/// `POST /donate`: to Stripe's page, or the form again with what is wrong.
pub async fn submit(page: PublicPage, form: Form<DonateForm>) -> Answer {
    set_up(&page)?;
    let form = form.into_inner();
    if !page.giving {
        return closed(&page, StatusCode::CONFLICT);
    }
    let whole_form = |key: &str| vec![FieldError { field: String::new(), message: page.t(key, &[]) }];
    let (status, errors) = match start::start(&page, &form).await? {
        Started::Payment(url) => return Ok(HttpResponse::SeeOther().insert_header((header::LOCATION, url)).finish()),
        Started::Invalid(errors) => (StatusCode::UNPROCESSABLE_ENTITY, words::worded(&page, &form, errors)),
        Started::Refused => (StatusCode::CONFLICT, whole_form("donate-error-tries")),
        Started::Away => (StatusCode::SERVICE_UNAVAILABLE, whole_form("donate-error-away")),
    };
    render(page, status, &form, false, errors).await
}

/// `POST /donate/choices`: the form once more, with another rhythm or currency and all that was typed.
pub async fn choose(page: PublicPage, form: Form<DonateForm>) -> Answer {
    set_up(&page)?;
    if !page.giving {
        return closed(&page, StatusCode::CONFLICT);
    }
    let form = form.into_inner().with_other_choice();
    render(page, StatusCode::OK, &form, false, Vec::new()).await
}

/// A live installation without Stripe's keys has no page for gifts.
fn set_up(page: &PublicPage) -> Result<(), Error> {
    match page.app.config.stripe {
        Some(_) => Ok(()),
        None => Err(Error::not_found("page")),
    }
}

/// Links in old mails lead here: staff have closed giving, which is no error of the reader's.
fn closed(page: &PublicPage, status: StatusCode) -> Answer {
    let message = Message::new(page.t("donate-closed-title", &[]))
        .kind("info")
        .paragraph(page.t("donate-closed-text", &[]))
        .paragraph(page.t("donate-closed-newsletter", &[]))
        .link(format!("/subscribe?lang={}", page.language), page.t("donate-closed-link", &[]));
    page.message(status, &message)
}

async fn render(
    mut page: PublicPage,
    status: StatusCode,
    form: &DonateForm,
    back: bool,
    errors: Vec<FieldError>,
) -> Answer {
    page.meta.description = Some(page.t("donate-description", &[]));
    page.meta.canonical = Some(page.app.config.web.link(&format!("/donate?lang={}", page.language)));
    let view = form::View::load(&page, form, back, errors).await?;
    let mut answer = page.render_with(status, "public/donate/form", &page.t("donate-title", &[]), &view)?;
    // Chromium holds the redirect after the POST to the policy too. The sandbox's page is on our own public address, which
    // may have another name than the one by which this page was opened.
    let own = page.app.config.web.public_url.origin().ascii_serialization();
    let policy = security_headers::policy_with_forms_to(&[CHECKOUT, &own]).map_err(Error::internal)?;
    answer.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    Ok(answer)
}
