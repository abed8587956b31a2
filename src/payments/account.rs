//! Which Stripe account our key belongs to: asked once per key, for every row of the mirror names it.

use diesel::prelude::*;

use super::Payments;
use super::trouble::Trouble;
use crate::db::schema::stripe_accounts;
use crate::db::{Both, Db};
use crate::error::Error;
use crate::values::At;

impl Payments {
    /// `acct_…`
    pub(super) async fn account_id(&self) -> Result<&str, Trouble> {
        let asked = self.account.get_or_try_init(|| async {
            let hash = self.key_hash.clone();
            if let Some(known) = self.db.read(move |db| Ok::<_, Error>(known(db, &hash)?)).await? {
                return Ok::<_, Trouble>(known);
            }
            let account = self.api.account().await?;
            let (hash, now, kept) = (self.key_hash.clone(), self.clock.now(), account.clone());
            self.db.write(move |db| Ok::<_, Error>(keep(db, &hash, &kept, now)?)).await?;
            Ok(account)
        });
        asked.await.map(String::as_str)
    }
}

fn known(db: &mut Db, key_hash: &str) -> QueryResult<Option<String>> {
    stripe_accounts::table.find(key_hash).select(stripe_accounts::account).first(db).optional()
}

fn keep(db: &mut Db, key_hash: &str, account: &str, now: At) -> QueryResult<()> {
    let insert = diesel::insert_into(stripe_accounts::table).values((
        stripe_accounts::key_hash.eq(key_hash),
        stripe_accounts::account.eq(account),
        stripe_accounts::seen_at.eq(now),
    ));
    Both(insert.on_conflict_do_nothing()).execute(db).map(drop)
}
