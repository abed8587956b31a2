//! One type per kind of row number, so that a campaign's id cannot be handed in for a subscriber's.

use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types::BigInt;

macro_rules! id {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, AsExpression, FromSqlRow,
            serde::Serialize, serde::Deserialize,
        )]
        #[diesel(sql_type = BigInt)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl<DB: Backend> FromSql<BigInt, DB> for $name where i64: FromSql<BigInt, DB> {
            fn from_sql(bytes: DB::RawValue<'_>) -> deserialize::Result<Self> {
                i64::from_sql(bytes).map($name)
            }
        }
        impl<DB: Backend> ToSql<BigInt, DB> for $name where i64: ToSql<BigInt, DB> {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
                self.0.to_sql(out)
            }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }
        impl std::str::FromStr for $name {
            type Err = std::num::ParseIntError;
            fn from_str(s: &str) -> Result<Self, Self::Err> {
                s.parse().map($name)
            }
        }
    )*};
}

id! {
    AnalysisId,
    BankAccountId,
    BankLineId,
    BankStatementId,
    CampaignId,
    DeliveryId,
    DonationId,
    DonorId,
    FundId,
    JobId,
    JournalAccountId,
    JournalExportId,
    /// A payout and its bank line.
    MatchId,
    /// One life of one process (see `lease`): never used twice, so it is the lease's token too.
    NodeId,
    /// Something to be done at Stripe (see `payments`).
    PaymentCommandId,
    /// A row of the webhook inbox.
    PaymentEventId,
    PledgeId,
    ReceiptId,
    RefundId,
    SignupId,
    StaffId,
    SubscriberId,
    TopicId,
    /// One language of a campaign.
    VariantId,
}
