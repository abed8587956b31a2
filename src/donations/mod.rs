//! Giving: funds, donors, one-off donations and pledges, receipts, refunds. Money is believed when Stripe shows it (`book/`),
//! never when a browser comes back.

pub mod amounts;
pub mod book;
pub mod checkout;
mod emails;
pub mod export;
pub mod funds;
mod limits;
mod model;
pub mod pledge;
pub mod purge;
pub mod question;
pub mod receipt;
pub mod reference;
pub mod refund;
pub mod store;
pub mod switch;
pub mod timeline;
pub mod totals;

pub use book::Books;
pub use checkout::{Begun, GiftRequest, Standing, Stands};
pub use model::{
    Donation, DonationState, Donor, Fund, GiftEvent, GiftEventKind, Giving, Pledge, PledgeState, Receipt, Refund,
    RefundState,
};
pub use reference::Gift;

/// Makes an absolute link of a path: `/donate` becomes `https://…/donate`.
pub type Link<'a> = &'a dyn Fn(&str) -> String;
