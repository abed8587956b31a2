//! The story's end: Stripe pays out, finance follows every cent to the bank and the journal, and one payment that nobody
//! can explain stands where it has to be found.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};

use super::ground::Ready;
use super::visitor::Visitor;
use super::{must, say};
use crate::app::App;
use crate::error::Error;
use crate::finance::bank;
use crate::finance::payouts::{self, Filter, InBank, Sum};
use crate::finance::{Explanation, balance, checks};
use crate::i18n::Texts;
use crate::staff::Role;
use crate::stripe::{PayoutStatus, Reconciliation};
use crate::values::{Currency, Day, Language, Money, Month, PageRequest};

/// What the sandbox's bank calls the account, and what finance does.
const ACCOUNT: &str = "Main account";
/// More than there is, on one page.
const ALL: i64 = 200;

/// Plays it; gifts were given and renewed before.
pub async fn play(app: &Arc<App>, ready: &Ready) -> anyhow::Result<()> {
    say("\n5. Stripe pays out, and finance follows the money")?;
    let mut finance = Visitor::new(app.config.web.public_url.as_str())?;
    let (_, email) = ready.staff.iter().find(|(role, _)| *role == Role::Finance).context("an account for finance")?;
    finance.log_in(email.as_str(), &ready.password).await?;
    plant(&mut finance).await?;
    let shown = pay_out(app, &mut finance).await?;
    look_at_payouts(app, &mut finance, &shown).await?;
    import(app, &mut finance, &shown).await?;
    follow_the_gifts(app, &mut finance).await?;
    export(app, &mut finance, &shown).await?;
    check(app, &mut finance).await
}

/// Somebody takes a payment in Stripe's dashboard, past the form: no gift is behind it.
async fn plant(finance: &mut Visitor) -> anyhow::Result<()> {
    let by_hand = [("what", "charge"), ("amount", "33.00"), ("currency", "EUR"), ("description", "Books at the fair")];
    finance.submit("/sandbox/stripe/money", &by_hand).await?;
    say("   Somebody took 33.00 EUR for books in Stripe’s dashboard, past the form.")
}

/// Moves Stripe's clock until all money is on its way, and waits until the mirror has it all.
async fn pay_out(app: &Arc<App>, finance: &mut Visitor) -> anyhow::Result<Vec<payouts::Shown>> {
    finance.submit("/sandbox/stripe/clock", &[("by", "week")]).await?;
    finance.submit("/sandbox/stripe/clock", &[("by", "week")]).await?;
    app.payments.as_ref().context("giving is set up")?.sync(None).await?;
    for _ in 0..600 {
        let shown = all_payouts(app).await?;
        let done = |shown: &payouts::Shown| {
            shown.payout.status == PayoutStatus::Paid && shown.payout.reconciliation == Reconciliation::Completed
        };
        if !shown.is_empty() && shown.iter().all(done) && at_stripe(app).await?.values().all(|minor| *minor == 0) {
            return Ok(shown);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    bail!("the payouts are not here after half a minute")
}

async fn all_payouts(app: &Arc<App>) -> anyhow::Result<Vec<payouts::Shown>> {
    let (livemode, today) = (livemode(app)?, today(app).await?);
    let read = move |db: &mut crate::db::Db| -> Result<_, Error> {
        let page = payouts::list(db, livemode, &Filter::default(), today, PageRequest::new(None, ALL))?;
        page.rows.iter().map(|row| payouts::show(db, livemode, &row.payout.id, today)).collect::<Result<Vec<_>, _>>()
    };
    Ok(app.db.read(read).await?)
}

/// What is left on the balance, by currency.
async fn at_stripe(app: &Arc<App>) -> anyhow::Result<BTreeMap<String, i64>> {
    let livemode = livemode(app)?;
    let filter = balance::Filter::default();
    let read = move |db: &mut crate::db::Db| -> Result<_, Error> {
        Ok(balance::list(db, livemode, &filter, chrono_tz::UTC, PageRequest::new(None, ALL))?)
    };
    let mut sums = BTreeMap::new();
    for line in app.db.read(read).await?.rows {
        *sums.entry(line.currency.to_string()).or_default() += line.net_minor;
    }
    Ok(sums)
}

/// Each payout's page: the sum of its transactions is what was paid out.
async fn look_at_payouts(app: &Arc<App>, finance: &mut Visitor, shown: &[payouts::Shown]) -> anyhow::Result<()> {
    for one in shown {
        must(one.sum == Sum::Fits && one.net == one.payout.amount_minor, "a payout is the sum of its transactions")?;
        let path = format!("/staff/finance/payouts/{}", one.payout.id);
        let page = finance.get(&path).await?;
        let amount = money(&one.payout.amount());
        must(page.status == 200 && page.body.contains(&amount), "the payout’s page says what came")?;
        let fees = money(&Money::new(one.fees, one.payout.currency.clone()));
        let lines = if one.lines == 1 { "one transaction".into() } else { format!("{} transactions", one.lines) };
        say(&format!(
            "   Stripe paid out {amount}: {lines}, {fees} of fees, to the cent: {}",
            app.config.web.link(&path)
        ))?;
    }
    Ok(())
}

/// Finance brings the bank's statement; each payout finds its line by itself. The same file again changes nothing.
async fn import(app: &Arc<App>, finance: &mut Visitor, shown: &[payouts::Shown]) -> anyhow::Result<()> {
    let first = today(app).await?.plus(-1);
    let last = shown.iter().map(|one| one.payout.arrives_on).max().context("a payout")?.plus(5);
    for currency in shown.iter().map(|one| one.payout.currency.to_string()).collect::<std::collections::BTreeSet<_>>() {
        let path = format!("/sandbox/bank/statement.xml?currency={currency}&from={first}&to={last}");
        let statement = finance.get(&path).await?;
        must(statement.status == 200 && statement.body.contains("camt.053"), "the bank makes a statement")?;
        let name = format!("{ACCOUNT} {currency}");
        let file = ("file", "statement.xml", statement.body.as_bytes());
        let before = lines(app).await?;
        let page = finance.upload("/staff/finance/bank/import", &[("account", "new"), ("name", &name)], file).await?;
        must(page.status == 200, "the statement is taken")?;
        let taken = lines(app).await?;
        must(taken > before, "the statement’s lines are there")?;
        let again = finance.upload("/staff/finance/bank/import", &[("account", "new"), ("name", &name)], file).await?;
        must(again.status == 200 && lines(app).await? == taken, "the same statement again changes nothing")?;
        say(&format!(
            "   The bank’s statement (CAMT.053, {currency}) was imported twice: {} on record, once each.",
            if taken - before == 1 { "one line".into() } else { format!("{} lines", taken - before) }
        ))?;
    }
    let matched = all_payouts(app).await?;
    must(matched.iter().all(|one| one.in_bank == InBank::There), "each payout has its line at the bank")?;
    say(&format!(
        "   Each payout found its line by amount, currency and day: {}",
        app.config.web.link("/staff/finance/bank")
    ))
}

/// Each gift's page names its payout and the line at the bank.
async fn follow_the_gifts(app: &Arc<App>, finance: &mut Visitor) -> anyhow::Result<()> {
    let gifts = transactions(app, Explanation::Gift).await?;
    must(gifts.len() == 4, "four transactions have a gift behind them")?;
    for line in &gifts {
        let id = line.donation_id.context("a gift’s transaction has its donation")?;
        let payout = line.payout.as_deref().context("a gift’s transaction has its payout")?;
        let page = finance.get(&format!("/staff/donations/{id}")).await?;
        must(
            page.status == 200 && page.body.contains(payout) && page.body.contains(ACCOUNT),
            "a gift’s page shows its payout and the bank’s line",
        )?;
    }
    say("   Each gift’s page shows its payout and its line at the bank.")
}

/// The journal of each month balances in itself, in every currency, and goes out for a spreadsheet and for beancount.
async fn export(app: &Arc<App>, finance: &mut Visitor, shown: &[payouts::Shown]) -> anyhow::Result<()> {
    let last = shown.iter().map(|one| one.payout.arrives_on).max().context("a payout")?.month();
    let mut month = today(app).await?.month();
    let mut suspense = 0;
    loop {
        let file = journal(finance, month, "csv").await?;
        let (entries, found) = add_up(&file)?;
        suspense += found;
        let text = journal(finance, month, "beancount").await?;
        must(text.contains("option \"operating_currency\"") || entries == 0, "the journal goes out for beancount")?;
        if entries > 0 {
            say(&format!("   The journal of {month}: {entries} entries, debits are credits."))?;
        }
        if month >= last {
            break;
        }
        month = month.next();
    }
    must(suspense == 3300, "what nobody explained stands in suspense, and nothing else")?;
    say(&format!("   {}", app.config.web.link("/staff/finance/journal")))
}

async fn journal(finance: &mut Visitor, month: Month, format: &str) -> anyhow::Result<String> {
    let fields = [("month", month.to_string()), ("format", format.to_owned())];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let answer = finance.submit("/staff/finance/journal/export", &fields).await?;
    must(answer.status == 200, "the journal is exported")?;
    Ok(answer.body)
}

/// How many entries a journal has, and what it holds in suspense (minor units of two digits); an error when an entry does not
/// balance.
fn add_up(file: &str) -> anyhow::Result<(usize, i64)> {
    let mut reader = csv::Reader::from_reader(file.trim_start_matches('\u{feff}').as_bytes());
    let header = reader.headers()?.clone();
    let column = |name: &str| header.iter().position(|column| column == name).with_context(|| format!("column {name}"));
    let (entry, currency, name) = (column("entry")?, column("currency")?, column("account_name")?);
    let (debit, credit) = (column("debit")?, column("credit")?);
    let (mut sums, mut suspense): (BTreeMap<String, i64>, i64) = (BTreeMap::new(), 0);
    for record in reader.records() {
        let record = record?;
        let cell = |index: usize| record.get(index).unwrap_or_default();
        let currency = Currency::parse(cell(currency))?;
        let minor = |text: &str| match text {
            "" => Ok(0),
            text => Money::parse(text, currency.clone()).map(|money| money.minor),
        };
        let amount = minor(cell(debit))? - minor(cell(credit))?;
        *sums.entry(cell(entry).to_owned()).or_default() += amount;
        if cell(name).to_lowercase().contains("suspense") {
            suspense -= amount;
        }
    }
    must(sums.values().all(|sum| *sum == 0), "each entry’s debits are its credits")?;
    Ok((sums.len(), suspense))
}

/// One thing is left for people: the payment that nobody can explain. All else holds.
async fn check(app: &Arc<App>, finance: &mut Visitor) -> anyhow::Result<()> {
    let open = transactions(app, Explanation::Unexplained).await?;
    let [line] = open.as_slice() else { bail!("{} transactions are unexplained, not one", open.len()) };
    must(line.amount_minor == 3300, "the unexplained one is the payment past the form")?;
    let list = finance.get("/staff/finance/transactions?explanation=unexplained").await?;
    must(list.status == 200 && list.body.contains(&line.id), "it stands in the list of unexplained transactions")?;
    let (livemode, zone, now) = (livemode(app)?, zone(app).await?, app.clock.now());
    let report = app.db.read(move |db| checks::run(db, livemode, zone, now)).await?;
    let broken: Vec<u8> = report.checks.iter().filter(|check| !check.holds).map(|check| check.number).collect();
    must(broken == [6], "all checks hold but the one of charges without a gift")?;
    must(finance.get("/staff/finance/checks").await?.status == 200, "finance sees the checks")?;
    let home = finance.get("/staff/finance").await?;
    must(home.status == 200 && home.body.contains("nexplained"), "finance’s home says so")?;
    say(&format!(
        "   All checks hold but one: a charge of {} has no gift behind it. It waits for somebody to explain it: {}",
        money(&line.amount()),
        app.config.web.link("/staff/finance")
    ))
}

async fn transactions(app: &Arc<App>, explanation: Explanation) -> anyhow::Result<Vec<crate::finance::Explained>> {
    let livemode = livemode(app)?;
    let filter = balance::Filter { explanation: Some(explanation), ..balance::Filter::default() };
    let read = move |db: &mut crate::db::Db| -> Result<_, Error> {
        Ok(balance::list(db, livemode, &filter, chrono_tz::UTC, PageRequest::new(None, ALL))?)
    };
    Ok(app.db.read(read).await?.rows)
}

/// How many bank lines there are.
async fn lines(app: &Arc<App>) -> anyhow::Result<i64> {
    let read = |db: &mut crate::db::Db| -> Result<_, Error> {
        Ok(bank::lines(db, &bank::LineFilter::default(), PageRequest::new(None, 1))?.total)
    };
    Ok(app.db.read(read).await?)
}

fn livemode(app: &App) -> anyhow::Result<bool> {
    Ok(app.payments.as_ref().context("giving is set up")?.livemode)
}

async fn zone(app: &Arc<App>) -> anyhow::Result<chrono_tz::Tz> {
    let now = app.clock.now();
    let organisation = app.db.read(move |db| -> Result<_, Error> { Ok(crate::organisation::store::get(db, now)?) });
    Ok(organisation.await?.zone())
}

async fn today(app: &Arc<App>) -> anyhow::Result<Day> {
    Ok(Day::of(app.clock.now(), zone(app).await?))
}

fn money(amount: &Money) -> String {
    Texts::get().money(&Language::english(), amount)
}
