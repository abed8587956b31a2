//! Rows of giving, and the states of a gift with their steps.

use diesel::prelude::*;
use serde::Serialize;

use crate::db::MultiBackend;
use crate::db::schema::{donations, donors, gift_events, giving, pledges, receipts, refunds};
use crate::error::Error;
use crate::stripe::{Interval, RefundStatus, SubscriptionStatus};
use crate::text_enum;
use crate::values::{
    At, CampaignId, Currency, DeliveryId, DonationId, DonorId, EmailAddress, FundId, Language, Money, PledgeId,
    ReceiptId, RefundId, Slug, StaffId,
};

text_enum! {
    /// How a gift stands. `paid` is final: money that goes back is a refund, a row of its own.
    pub enum DonationState {
        /// The form was sent; nobody paid yet.
        Initiated => "initiated",
        /// Promised, not there: a bank debit on its way, or a question for staff.
        Processing => "processing",
        Paid => "paid",
        Failed => "failed",
        /// The payment page was left or ran out.
        Cancelled => "cancelled",
    }
}

impl DonationState {
    /// Whether a gift may go on to that state. The same state again is no step. To `paid` from everywhere: when the money
    /// is there, nothing that we believed before matters.
    pub fn may_become(self, next: Self) -> bool {
        use DonationState as S;
        matches!(
            (self, next),
            (S::Initiated, S::Processing | S::Paid | S::Failed | S::Cancelled)
                | (S::Processing, S::Paid | S::Failed | S::Cancelled)
                | (S::Failed | S::Cancelled, S::Paid)
        )
    }
}

text_enum! {
    /// How a repeated gift stands.
    pub enum PledgeState {
        /// The form was sent; the first payment is not there.
        Incomplete => "incomplete",
        Active => "active",
        /// A payment failed; Stripe tries again.
        PastDue => "past_due",
        Paused => "paused",
        /// Final.
        Ended => "ended",
    }
}

impl PledgeState {
    /// What Stripe's state of the subscription means for the pledge; none when nothing follows.
    pub fn of(status: SubscriptionStatus) -> Option<Self> {
        match status {
            SubscriptionStatus::Incomplete => Some(Self::Incomplete),
            SubscriptionStatus::Trialing | SubscriptionStatus::Active => Some(Self::Active),
            SubscriptionStatus::PastDue | SubscriptionStatus::Unpaid => Some(Self::PastDue),
            SubscriptionStatus::Paused => Some(Self::Paused),
            SubscriptionStatus::Canceled | SubscriptionStatus::IncompleteExpired => Some(Self::Ended),
            SubscriptionStatus::Unknown => None,
        }
    }
    pub fn may_become(self, next: Self) -> bool {
        self != next && self != Self::Ended && next != Self::Incomplete
    }
}

text_enum! {
    pub enum RefundState {
        /// Staff asked; Stripe was not told yet.
        Requested => "requested",
        /// Stripe has it.
        Pending => "pending",
        Succeeded => "succeeded",
        /// The money came back to us, or Stripe refused.
        Failed => "failed",
        Cancelled => "cancelled",
    }
}

impl RefundState {
    pub fn of(status: RefundStatus) -> Option<Self> {
        match status {
            RefundStatus::Pending | RefundStatus::RequiresAction => Some(Self::Pending),
            RefundStatus::Succeeded => Some(Self::Succeeded),
            RefundStatus::Failed => Some(Self::Failed),
            RefundStatus::Canceled => Some(Self::Cancelled),
            RefundStatus::Unknown => None,
        }
    }
    /// A refund may fail after it succeeded (the bank sends it back), so only `failed` and `cancelled` are final.
    pub fn may_become(self, next: Self) -> bool {
        use RefundState as S;
        matches!(
            (self, next),
            (S::Requested, S::Pending | S::Succeeded | S::Failed | S::Cancelled)
                | (S::Pending, S::Succeeded | S::Failed | S::Cancelled)
                | (S::Succeeded, S::Failed)
        )
    }
    /// Whether its amount cannot be given back a second time.
    pub fn counts(self) -> bool {
        matches!(self, Self::Requested | Self::Pending | Self::Succeeded)
    }
}

text_enum! {
    /// What a line of a gift's timeline records.
    pub enum GiftEventKind {
        Initiated => "initiated",
        CheckoutOpened => "checkout_opened",
        CheckoutFailed => "checkout_failed",
        Declined => "declined",
        Processing => "processing",
        Paid => "paid",
        Failed => "failed",
        Cancelled => "cancelled",
        Question => "question",
        Answered => "answered",
        ReceiptIssued => "receipt_issued",
        ReceiptSentAgain => "receipt_sent_again",
        ReceiptVoided => "receipt_voided",
        RefundRequested => "refund_requested",
        RefundPending => "refund_pending",
        RefundSucceeded => "refund_succeeded",
        RefundFailed => "refund_failed",
        PledgeStarted => "pledge_started",
        PledgePastDue => "pledge_past_due",
        PledgePaused => "pledge_paused",
        PledgeResumed => "pledge_resumed",
        EndRequested => "end_requested",
        PledgeEnded => "pledge_ended",
    }
}

/// Whether gifts are taken: the switch of the staff.
#[derive(HasQuery, Debug, Clone)]
#[diesel(table_name = giving)]
#[diesel(check_for_backend(MultiBackend))]
pub struct Giving {
    pub is_open: bool,
    /// Why it is closed, for colleagues.
    pub reason: String,
    pub changed_at: At,
}

/// What a gift is for, in one language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fund {
    pub id: FundId,
    pub slug: Slug,
    pub name: String,
    pub description: String,
    pub is_default: bool,
    pub closed: bool,
}

#[derive(HasQuery, Debug, Clone)]
#[diesel(table_name = donors)]
#[diesel(check_for_backend(MultiBackend))]
pub struct Donor {
    pub id: DonorId,
    pub email: EmailAddress,
    /// Empty when it was not given.
    pub name: String,
    pub language: Language,
    pub created_at: At,
    pub updated_at: At,
}

/// One gift.
#[derive(HasQuery, QueryableByName, Debug, Clone)]
#[diesel(table_name = donations)]
#[diesel(check_for_backend(MultiBackend))]
pub struct Donation {
    pub id: DonationId,
    pub state: DonationState,
    /// Set when it is paid.
    pub donor_id: Option<DonorId>,
    /// Set when it is a payment of a repeated gift.
    pub pledge_id: Option<PledgeId>,
    pub fund_id: FundId,
    /// The campaign whose link the giver followed.
    pub campaign_id: Option<CampaignId>,
    pub amount_minor: i64,
    pub currency: Currency,
    /// As typed into the form. The text is empty when the row was cleared after an abandoned checkout.
    pub email: String,
    pub name: String,
    pub language: Language,
    /// No real money: a test key, or the sandbox.
    pub test: bool,
    pub account: Option<String>,
    /// `cs_…`, `pi_…`, `in_…`
    pub checkout: Option<String>,
    pub payment: Option<String>,
    pub invoice: Option<String>,
    pub question: Option<String>,
    pub received_minor: Option<i64>,
    pub received_currency: Option<Currency>,
    pub failure: Option<String>,
    pub paid_at: Option<At>,
    pub created_at: At,
    pub updated_at: At,
}

/// The address of a giver; cleared ones have none.
fn address(email: &str) -> Result<EmailAddress, Error> {
    EmailAddress::parse(email).map_err(|_| {
        Error::conflict("the giver was cleared as abandoned: nobody is left to be told. Give it back at Stripe")
    })
}

impl Donation {
    /// # Errors
    /// `Conflict` when it was cleared.
    pub fn address(&self) -> Result<EmailAddress, Error> {
        address(&self.email)
    }
    pub fn amount(&self) -> Money {
        Money::new(self.amount_minor, self.currency.clone())
    }
}

/// A repeated gift. Its payments are donations.
#[derive(HasQuery, QueryableByName, Debug, Clone)]
#[diesel(table_name = pledges)]
#[diesel(check_for_backend(MultiBackend))]
pub struct Pledge {
    pub id: PledgeId,
    pub state: PledgeState,
    pub donor_id: Option<DonorId>,
    pub fund_id: FundId,
    pub campaign_id: Option<CampaignId>,
    pub amount_minor: i64,
    pub currency: Currency,
    pub every: Interval,
    pub email: String,
    pub name: String,
    pub language: Language,
    pub test: bool,
    pub account: Option<String>,
    pub checkout: Option<String>,
    pub subscription: Option<String>,
    pub customer: Option<String>,
    pub end_reason: String,
    /// When somebody asked to end it; Stripe's answer makes it `ended`.
    pub ending_at: Option<At>,
    pub started_at: Option<At>,
    pub ended_at: Option<At>,
    pub created_at: At,
    pub updated_at: At,
}

impl Pledge {
    /// # Errors
    /// `Conflict` when it was cleared.
    pub fn address(&self) -> Result<EmailAddress, Error> {
        address(&self.email)
    }
    pub fn amount(&self) -> Money {
        Money::new(self.amount_minor, self.currency.clone())
    }
}

#[derive(HasQuery, Debug, Clone)]
#[diesel(table_name = refunds)]
#[diesel(check_for_backend(MultiBackend))]
pub struct Refund {
    pub id: RefundId,
    pub donation_id: DonationId,
    pub state: RefundState,
    pub amount_minor: i64,
    pub currency: Currency,
    pub reason: String,
    /// None: it was made at Stripe itself.
    pub staff_id: Option<StaffId>,
    pub account: Option<String>,
    /// `re_…`
    pub stripe_refund: Option<String>,
    pub failure: Option<String>,
    pub created_at: At,
    pub updated_at: At,
}

impl Refund {
    pub fn amount(&self) -> Money {
        Money::new(self.amount_minor, self.currency.clone())
    }
}

#[derive(HasQuery, Debug, Clone)]
#[diesel(table_name = receipts)]
#[diesel(check_for_backend(MultiBackend))]
pub struct Receipt {
    pub id: ReceiptId,
    pub donation_id: DonationId,
    /// `2026`, `TEST-2026`
    pub series: String,
    pub number: i64,
    /// The mail's variables as JSON: what it says stays what it said.
    pub content: String,
    pub delivery_id: DeliveryId,
    pub voided_at: Option<At>,
    pub issued_at: At,
}

impl Receipt {
    /// `2026-000123`
    pub fn shown(&self) -> String {
        format!("{}-{:06}", self.series, self.number)
    }
}

/// A line of a timeline.
#[derive(HasQuery, Debug, Clone)]
#[diesel(table_name = gift_events)]
#[diesel(check_for_backend(MultiBackend))]
pub struct GiftEvent {
    pub kind: GiftEventKind,
    /// In English, for staff.
    pub detail: String,
    /// Who: an address of staff, `donor`, `Stripe`, `Pledgepost`.
    pub actor: String,
    pub at: At,
}
