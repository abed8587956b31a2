//! Small value types without input or output: what is parsed here is right everywhere else.

mod clock;
mod day;
mod email_address;
mod fingerprint;
mod ids;
mod language;
mod money;
mod page;
mod slug;
mod text;
mod text_value;
mod token;

pub use clock::{At, Clock};
pub use day::{Day, InvalidDay, InvalidMonth, Month};
pub use email_address::{EmailAddress, InvalidEmailAddress, mask};
pub use fingerprint::Fingerprint;
pub use ids::{
    AnalysisId, BankAccountId, BankLineId, BankStatementId, CampaignId, DeliveryId, DonationId, DonorId, FundId, JobId,
    JournalAccountId, JournalExportId, MatchId, NodeId, PaymentCommandId, PaymentEventId, PledgeId, ReceiptId,
    RefundId, SignupId, StaffId, SubscriberId, TopicId, VariantId,
};
pub use language::{InvalidLanguage, Language};
pub use money::{Currency, InvalidAmount, InvalidCurrency, Money};
pub use page::{Page, PageRequest};
pub use slug::{InvalidSlug, Slug};
pub use text::{InvalidText, clean_line, clean_text, spreadsheet_cell};
pub use token::{Expiry, InvalidToken, Purpose, RootKey, random_token, sha256_hex};
