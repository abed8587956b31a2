//! The form for a gift: what it is opened with, what it sends, and what the page shows of it.

use serde::{Deserialize, Serialize};

use super::super::subscribe::Choice;
use crate::donations::{amounts, funds};
use crate::error::{Error, FieldError};
use crate::i18n::Texts;
use crate::stripe::Interval;
use crate::values::{Currency, Money};
use crate::web::extract::PublicPage;

/// More than that is no amount, whatever it says.
const LONGEST_AMOUNT: usize = 40;

/// What stands behind the `?` of a link to the form.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    amount: String,
    currency: String,
    every: String,
    fund: String,
    /// Which campaign the link stood in.
    from: String,
    /// Stripe's page was left.
    back: String,
}

impl Asked {
    /// The form as the link fills it in, and whether somebody came back from Stripe's page.
    pub fn form(self, page: &PublicPage) -> (DonateForm, bool) {
        let mut form = DonateForm {
            every: self.every,
            currency: chosen(page, &self.currency).as_str().to_owned(),
            fund: self.fund,
            from: self.from,
            ..DonateForm::default()
        };
        let asked: String = self.amount.chars().take(LONGEST_AMOUNT).collect();
        match Money::parse(&asked, chosen(page, &form.currency)) {
            Ok(money) if form.suggestions(page).contains(&money) => form.suggested = money.decimal(),
            _ => form.amount = asked,
        }
        (form, self.back == "1")
    }
}

/// What the form sends.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct DonateForm {
    /// `once`, `month`, or empty.
    pub every: String,
    pub currency: String,
    /// One of the suggested amounts.
    pub suggested: String,
    /// One's own amount: it counts when both are there.
    pub amount: String,
    pub fund: String,
    pub name: String,
    pub email: String,
    pub newsletter: String,
    /// People do not see this field.
    pub website: String,
    pub from: String,
    /// Pressed to see the form with another choice of these two.
    pub other_every: String,
    pub other_currency: String,
}

impl DonateForm {
    /// None: once.
    pub fn interval(&self) -> Option<Interval> {
        (self.every == Interval::Month.as_str()).then_some(Interval::Month)
    }
    /// The amount that counts.
    pub fn amount_text(&self) -> &str {
        if self.amount.trim().is_empty() { &self.suggested } else { &self.amount }
    }
    /// The form with the choice that was pressed; what was typed stays. In another currency the amount is another one.
    pub fn with_other_choice(mut self) -> Self {
        if !self.other_every.is_empty() {
            self.every = std::mem::take(&mut self.other_every);
        }
        if !self.other_currency.is_empty() && self.other_currency != self.currency {
            self.currency = std::mem::take(&mut self.other_currency);
            self.amount.clear();
            self.suggested.clear();
        }
        self
    }
    pub fn wants_newsletter(&self) -> bool {
        !self.newsletter.is_empty()
    }
    /// The amounts that the page suggests for this currency and interval.
    fn suggestions(&self, page: &PublicPage) -> Vec<Money> {
        let currency = chosen(page, &self.currency);
        let minor = amounts::suggested(&currency, self.interval()).iter();
        minor.map(|minor| Money::new(*minor, currency.clone())).collect()
    }
}

/// The asked currency if it is offered, else the first one.
pub fn chosen(page: &PublicPage, asked: &str) -> Currency {
    let offered = amounts::offered(&page.organisation);
    let found = offered.iter().find(|currency| currency.as_str().eq_ignore_ascii_case(asked.trim()));
    found.or(offered.first()).cloned().unwrap_or_else(Currency::eur)
}

/// The words beside the box for the newsletter: what is asked to be confirmed.
pub fn newsletter_words(page: &PublicPage) -> String {
    format!("{}. {}", page.t("donate-newsletter", &[]), page.t("donate-newsletter-hint", &[]))
}

/// The page's data.
#[derive(Serialize)]
pub struct View {
    action: String,
    /// Where the buttons for another choice lead.
    choices: String,
    back: bool,
    test: bool,
    every: &'static str,
    rhythms: Vec<Other>,
    currencies: Vec<Other>,
    currency: String,
    suggested: Vec<Choice>,
    amount: String,
    inputmode: &'static str,
    funds: Vec<Choice>,
    fund: String,
    name: String,
    email: String,
    newsletter: Newsletter,
    from: String,
    errors: Vec<FieldError>,
}

/// A button that shows the form with this choice.
#[derive(Serialize)]
struct Other {
    label: String,
    value: String,
    current: bool,
}

#[derive(Serialize)]
struct Newsletter {
    offered: bool,
    checked: bool,
}

impl View {
    /// # Errors
    /// The database's.
    pub async fn load(
        page: &PublicPage,
        form: &DonateForm,
        back: bool,
        errors: Vec<FieldError>,
    ) -> Result<Self, Error> {
        let language = page.language.clone();
        let funds = page.app.db.read(move |db| funds::open(db, &language)).await?;
        let currency = chosen(page, &form.currency);
        let known = funds.iter().find(|fund| fund.slug.as_str() == form.fund);
        let fund = known.or_else(|| funds.iter().find(|fund| fund.is_default)).map(|fund| fund.slug.to_string());
        Ok(Self {
            action: format!("/donate?lang={}", page.language),
            choices: format!("/donate/choices?lang={}", page.language),
            back,
            test: page.app.config.stripe.as_ref().is_none_or(|stripe| !stripe.livemode),
            every: every(form.interval()),
            rhythms: rhythms(page, form),
            currencies: currencies(page, &currency),
            suggested: suggested(page, form),
            amount: form.amount.clone(),
            inputmode: if currency.exponent() == 0 { "numeric" } else { "decimal" },
            currency: currency.to_string(),
            funds: funds.into_iter().map(|fund| choice(fund.slug.as_str(), fund.name, false)).collect(),
            fund: fund.unwrap_or_default(),
            name: form.name.clone(),
            email: form.email.clone(),
            newsletter: Newsletter { offered: page.has_topics(), checked: form.wants_newsletter() },
            from: form.from.clone(),
            errors,
        })
    }
}

fn choice(value: &str, label: String, checked: bool) -> Choice {
    Choice { value: value.to_owned(), label, hint: String::new(), checked }
}

fn every(interval: Option<Interval>) -> &'static str {
    interval.map_or("once", Interval::as_str)
}

/// Buttons, because other amounts are suggested for a monthly gift and in another currency. No links: what somebody typed
/// must not be lost, and must not stand in an address.
fn rhythms(page: &PublicPage, form: &DonateForm) -> Vec<Other> {
    let one = |interval, key: &str| Other {
        label: page.t(key, &[]),
        value: every(interval).to_owned(),
        current: form.interval() == interval,
    };
    vec![one(None, "donate-once"), one(Some(Interval::Month), "donate-monthly")]
}

fn currencies(page: &PublicPage, current: &Currency) -> Vec<Other> {
    let one = |currency: &Currency| Other {
        label: currency.to_string(),
        value: currency.to_string(),
        current: currency == current,
    };
    amounts::offered(&page.organisation).iter().map(one).collect()
}

fn suggested(page: &PublicPage, form: &DonateForm) -> Vec<Choice> {
    let own = !form.amount.trim().is_empty();
    let shown = |money: Money| {
        let value = money.decimal();
        let checked = !own && value == form.suggested;
        choice(&value, Texts::get().money(&page.language, &money), checked)
    };
    form.suggestions(page).into_iter().map(shown).collect()
}
