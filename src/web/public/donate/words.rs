//! What is wrong with a gift, in the reader's language. The feature says which field it is; the sentence is made here, where
//! limits and examples can be written as that language writes them.

use super::form::{DonateForm, chosen};
use crate::donations::amounts::{self, InvalidGift};
use crate::error::FieldError;
use crate::i18n::Texts;
use crate::values::{Currency, InvalidAmount, Money};
use crate::web::extract::PublicPage;

pub fn worded(page: &PublicPage, form: &DonateForm, errors: Vec<FieldError>) -> Vec<FieldError> {
    let worded = |error: FieldError| {
        let message = match error.field.as_str() {
            "amount" => amount(page, form).unwrap_or(error.message),
            "currency" => currencies(page),
            "email" => page.t("subscribe-error-email", &[]),
            "name" => page.t("subscribe-error-name", &[]),
            "fund" => page.t("donate-error-fund", &[]),
            _ => error.message,
        };
        FieldError { field: error.field, message }
    };
    errors.into_iter().map(worded).collect()
}

/// None when nothing is wrong with the amount itself.
fn amount(page: &PublicPage, form: &DonateForm) -> Option<String> {
    let currency = chosen(page, &form.currency);
    let shown = |money: &Money| ("amount", Texts::get().money(&page.language, money).into());
    let (code, such_as) = (("currency", currency.as_str().into()), ("example", example(&currency).into()));
    Some(match amounts::read(form.amount_text(), &currency).err()? {
        InvalidGift::TooSmall(least) => page.t("donate-error-small", &[shown(&least)]),
        InvalidGift::TooLarge(most) => page.t("donate-error-large", &[shown(&most)]),
        InvalidGift::Typed(InvalidAmount::Empty) => page.t("donate-error-empty", &[]),
        InvalidGift::Typed(InvalidAmount::NoDecimals) => page.t("donate-error-whole", &[code, such_as]),
        InvalidGift::Typed(InvalidAmount::Decimals(_)) => page.t("donate-error-decimals", &[code]),
        InvalidGift::Typed(_) => page.t("donate-error-digits", &[such_as]),
    })
}

/// A whole amount that would be taken, as it may be typed in any language.
fn example(currency: &Currency) -> String {
    let minor = amounts::suggested(currency, None).first().copied().unwrap_or_else(|| amounts::limits(currency).0);
    Money::new(minor, currency.clone()).parts().0.to_string()
}

fn currencies(page: &PublicPage) -> String {
    let codes: Vec<String> = amounts::offered(&page.organisation).iter().map(Currency::to_string).collect();
    page.t("donate-error-currency", &[("currencies", codes.join(", ").into())])
}
