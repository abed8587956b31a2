//! The account map in memory: which account a row is booked to.

use std::collections::HashMap;

use diesel::QueryResult;

use super::store;
use crate::db::Db;
use crate::finance::{AccountKind, AccountRole, JournalAccount};
use crate::values::{BankAccountId, FundId, JournalAccountId};

/// What each role begins with: kind, code, name. `other` accounts are staff's own.
pub(super) const DEFAULTS: [(AccountRole, AccountKind, &str, &str); 7] = [
    (AccountRole::Bank, AccountKind::Assets, "1200", "Bank"),
    (AccountRole::Stripe, AccountKind::Assets, "1210", "Stripe balance"),
    (AccountRole::Transit, AccountKind::Assets, "1220", "Stripe payouts on their way"),
    (AccountRole::Income, AccountKind::Income, "4000", "Donations"),
    (AccountRole::Fees, AccountKind::Expenses, "6000", "Payment fees"),
    (AccountRole::Opening, AccountKind::Equity, "9000", "Opening balances"),
    (AccountRole::Suspense, AccountKind::Assets, "9990", "Suspense"),
];

/// All accounts. Each role has one, also before [`ensure`](super::accounts::ensure) wrote them down.
#[derive(Debug, Clone)]
pub struct Chart {
    accounts: Vec<JournalAccount>,
    general: General,
    by_fund: HashMap<FundId, usize>,
    by_bank: HashMap<BankAccountId, usize>,
}

/// The account of each role, as a place in the list.
type General = HashMap<AccountRole, usize>;

impl Chart {
    /// # Errors
    /// The database's.
    pub fn load(db: &mut Db) -> QueryResult<Self> {
        Ok(Self::of(store::accounts::list(db)?))
    }

    pub(super) fn of(mut accounts: Vec<JournalAccount>) -> Self {
        for (place, (role, kind, code, name)) in (0_i64..).zip(DEFAULTS) {
            if !accounts.iter().any(|account| is_general(account) && account.role == role) {
                accounts.push(JournalAccount {
                    // No row's number.
                    id: JournalAccountId(-1 - place),
                    role,
                    kind,
                    fund_id: None,
                    bank_account_id: None,
                    code: code.into(),
                    name: name.into(),
                });
            }
        }
        accounts.sort_by(|a, b| a.code.cmp(&b.code).then(a.id.cmp(&b.id)));
        let mut general = General::new();
        let (mut by_fund, mut by_bank) = (HashMap::new(), HashMap::new());
        for (place, account) in accounts.iter().enumerate() {
            if is_general(account) {
                general.insert(account.role, place);
            }
            if let Some(fund) = account.fund_id {
                by_fund.insert(fund, place);
            }
            if let Some(bank) = account.bank_account_id {
                by_bank.insert(bank, place);
            }
        }
        Self { accounts, general, by_fund, by_bank }
    }

    /// All of them, by code.
    pub fn all(&self) -> &[JournalAccount] {
        &self.accounts
    }
    pub fn find(&self, id: JournalAccountId) -> Option<&JournalAccount> {
        self.accounts.iter().find(|account| account.id == id)
    }
    /// The general account of a role; none for `other`.
    pub fn role(&self, role: AccountRole) -> Option<&JournalAccount> {
        self.general.get(&role).and_then(|place| self.accounts.get(*place))
    }
    /// Where gifts for that fund are booked: its own account, or the general one.
    pub fn income(&self, fund: Option<FundId>) -> Option<&JournalAccount> {
        let own = fund.and_then(|fund| self.by_fund.get(&fund)).and_then(|place| self.accounts.get(*place));
        own.or_else(|| self.role(AccountRole::Income))
    }
    /// Where money on that bank account is booked: its own account, or the general one.
    pub fn bank(&self, bank: BankAccountId) -> Option<&JournalAccount> {
        let own = self.by_bank.get(&bank).and_then(|place| self.accounts.get(*place));
        own.or_else(|| self.role(AccountRole::Bank))
    }
}

/// Whether it is the one that its role falls back to.
pub(super) fn is_general(account: &JournalAccount) -> bool {
    account.role != AccountRole::Other && account.fund_id.is_none() && account.bank_account_id.is_none()
}
