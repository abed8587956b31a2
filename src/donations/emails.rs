//! The mails of giving: one struct per mail, its fields are the template's variables.

use serde::Serialize;

use super::receipt::Content;
use crate::db::Db;
use crate::error::Error;
use crate::outbox::{self, NewDelivery};
use crate::values::{At, DeliveryId, EmailAddress, Language};

/// The receipt of a gift, or a copy of it (`email-templates/receipt`).
#[derive(Debug, Clone, Serialize)]
pub struct ReceiptMail {
    #[serde(flatten)]
    pub content: Content,
    pub copy: bool,
}

/// Money went back (`email-templates/refund_confirmation`).
#[derive(Debug, Clone, Serialize)]
pub struct RefundMail {
    /// As the donor's language writes it, as all amounts and dates here.
    pub amount: String,
    pub gift_amount: String,
    pub gift_date: String,
    /// The receipt's number.
    pub number: String,
    /// The whole gift went back: its receipt is void.
    pub full: bool,
    pub website_url: String,
    pub test: bool,
}

/// A repeated gift has ended (`email-templates/pledge_ended`).
#[derive(Debug, Clone, Serialize)]
pub struct PledgeEndedMail {
    pub amount: String,
    /// `month`, `year`
    pub every: String,
    pub donate_url: String,
    pub test: bool,
}

/// A payment of a repeated gift failed (`email-templates/pledge_payment_failed`).
#[derive(Debug, Clone, Serialize)]
pub struct PaymentFailedMail {
    pub amount: String,
    pub every: String,
    /// When Stripe tries again; empty after the last try.
    pub next_try: String,
    pub donate_url: String,
    pub manage_url: String,
    pub test: bool,
}

macro_rules! mails {
    ($($mail:ident => $template:literal),* $(,)?) => {$(
        impl $mail {
            /// Puts the mail into the outbox, once per key.
            ///
            /// # Errors
            /// The database's.
            pub fn enqueue(
                &self, db: &mut Db, to: &EmailAddress, language: &Language, key: String, now: At,
            ) -> Result<DeliveryId, Error> {
                let mail = NewDelivery::system($template, to.clone(), language.clone(), self)?.once(key);
                Ok(outbox::enqueue(db, &mail, now)?)
            }
        }
    )*};
}

mails! {
    ReceiptMail => "receipt",
    RefundMail => "refund_confirmation",
    PledgeEndedMail => "pledge_ended",
    PaymentFailedMail => "pledge_payment_failed",
}
