//! Giving: funds, donors, one-off donations and pledges, receipts, refunds. Money is believed when Stripe shows it (`book/`),
//! never when a browser comes back.

mod model;

pub use model::{
    Donation, DonationState, Donor, Fund, GiftEvent, GiftEventKind, Giving, Pledge, PledgeState, Receipt, Refund,
    RefundState,
};
