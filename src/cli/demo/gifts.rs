//! The story goes on: readers give through the sandbox's payment page, its webhooks come twice and out of order, each gift
//! is booked once and receipted once, and a month later the monthly gift renews.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};

use super::ground::Ready;
use super::story::{READER, mails_to};
use super::visitor::Visitor;
use super::{must, say};
use crate::app::App;
use crate::donations::totals;
use crate::error::Error;
use crate::staff::Role;
use crate::values::CampaignId;

/// Who gives monthly, and who gives yen.
const AMINA: &str = "amina@mail.example";
const KENJI: &str = "kenji@mail.example";

/// Plays the giving; `campaign` is the one whose mail asked for it.
pub async fn play(app: &Arc<App>, ready: &Ready, campaign: CampaignId) -> anyhow::Result<()> {
    say("\n4. Readers give")?;
    let mut reader = Visitor::new(app.config.web.public_url.as_str())?;
    reader.submit("/sandbox/stripe/mischief", &[("mischief", "realistic")]).await?;
    let mails = mails_to(app, READER).await?;
    let link = mails.iter().flat_map(|mail| &mail.links).find(|link| link.contains("/donate?"));
    let link = link.context("the campaign's mail has a link for gifts")?.clone();
    let code = format!("c{campaign}");
    give(&mut reader, &link, &[("amount", "25.00"), ("currency", "EUR"), ("email", READER), ("from", &code)]).await?;
    say(&format!(
        "   {READER} followed the link in the campaign’s mail and gave 25.00 EUR on the sandbox’s payment page."
    ))?;
    let monthly = [("amount", "10"), ("currency", "EUR"), ("every", "month"), ("email", AMINA), ("name", "Amina")];
    give(&mut reader, "/donate?currency=EUR&lang=ru", &monthly).await?;
    let yen = [("amount", "3,000"), ("currency", "JPY"), ("email", KENJI), ("name", "Kenji")];
    give(&mut reader, "/donate?currency=JPY&lang=en", &yen).await?;
    say(&format!("   {AMINA} gives 10.00 EUR a month, {KENJI} gave 3,000 JPY."))?;
    wait_for_gifts(app, 3).await?;
    let mut finance = Visitor::new(app.config.web.public_url.as_str())?;
    let (_, email) = ready.staff.iter().find(|(role, _)| *role == Role::Finance).context("an account for finance")?;
    finance.log_in(email.as_str(), &ready.password).await?;
    let gifts =
        check(app, &mut finance, &[("25.00", "EUR", READER), ("10.00", "EUR", AMINA), ("3000", "JPY", KENJI)]).await?;
    say(
        "   Webhooks came twice and out of order; each gift is booked once, and each giver has one receipt in their language.",
    )?;
    let page = finance.get(&format!("/staff/campaigns/{campaign}")).await?;
    must(page.status == 200 && page.body.contains("€25.00"), "the campaign’s page counts the gift that it brought")?;
    renew(app, &mut reader, &mut finance).await?;
    ask_again(app).await?;
    show(app, &mut finance, &gifts).await
}

/// Fills in the form, pays on Stripe's page, and comes back.
async fn give(reader: &mut Visitor, link: &str, fields: &[(&str, &str)]) -> anyhow::Result<()> {
    let page = reader.get(link).await?;
    must(page.status == 200 && page.body.contains("<form"), "the page for gifts has a form")?;
    let lang = if link.contains("lang=ru") { "ru" } else { "en" };
    let answer = reader.submit(&format!("/donate?lang={lang}"), fields).await?;
    let checkout = answer.location.context("the form leads to the payment page")?;
    must(checkout.contains("/sandbox/stripe/checkout/"), "the form leads to the payment page")?;
    must(reader.get(&checkout).await?.status == 200, "the payment page opens")?;
    let back = reader.submit(&checkout, &[("outcome", "paid")]).await?.location.context("paying leads back")?;
    must(reader.get(&back).await?.status == 200, "a page says how the gift stands")
}

/// Waits until that many gifts are paid.
async fn wait_for_gifts(app: &Arc<App>, count: i64) -> anyhow::Result<()> {
    for _ in 0..600 {
        let overview = app.db.read(totals::overview).await?;
        match overview.totals.iter().map(|total| total.count).sum::<i64>() {
            paid if paid == count => return Ok(()),
            paid if paid > count => bail!("{paid} gifts are booked where {count} were given"),
            _ => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
    bail!("{count} gifts were given, but not all are booked after half a minute")
}

/// A row of what finance exports.
struct Row {
    id: i64,
    receipt: String,
}

/// Compares what finance exports and what the givers got: each gift once, each receipt once, numbers without a gap.
async fn check(app: &Arc<App>, finance: &mut Visitor, expected: &[(&str, &str, &str)]) -> anyhow::Result<Vec<Row>> {
    let file = finance.get("/staff/donations.csv?state=paid").await?;
    let mut reader = csv::Reader::from_reader(file.body.trim_start_matches('\u{feff}').as_bytes());
    let header = reader.headers()?.clone();
    let column = |name: &str| header.iter().position(|column| column == name).with_context(|| format!("column {name}"));
    let (id, amount, currency) = (column("id")?, column("amount")?, column("currency")?);
    let (email, receipt) = (column("donor_email")?, column("receipt")?);
    let (mut rows, mut given) = (Vec::new(), Vec::new());
    for record in reader.records() {
        let record = record?;
        let cell = |index: usize| record.get(index).unwrap_or_default().to_owned();
        given.push((cell(amount), cell(currency), cell(email)));
        rows.push(Row { id: cell(id).parse()?, receipt: cell(receipt) });
    }
    let mut wanted: Vec<_> = expected.iter().map(|(a, c, e)| ((*a).into(), (*c).into(), (*e).into())).collect();
    wanted.sort();
    given.sort();
    must(given == wanted, "finance exports each gift once")?;
    let numbers: BTreeSet<String> = rows.iter().map(|row| row.receipt.clone()).collect();
    let last = numbers.last().cloned().unwrap_or_default();
    must(numbers.len() == rows.len() && last.ends_with(&format!("{:06}", rows.len())), "receipts have no gap")?;
    let mut received = BTreeSet::new();
    for giver in expected.iter().map(|(_, _, email)| *email).collect::<BTreeSet<_>>() {
        let gifts = expected.iter().filter(|(_, _, email)| *email == giver).count();
        let found = wait_for_receipts(app, giver, &numbers, gifts).await?;
        received.extend(found);
    }
    must(received == numbers, "every receipt arrived, each at its giver")?;
    Ok(rows)
}

/// The numbers of the receipts in one mailbox, once there are that many.
async fn wait_for_receipts(
    app: &Arc<App>,
    giver: &str,
    numbers: &BTreeSet<String>,
    count: usize,
) -> anyhow::Result<Vec<String>> {
    for _ in 0..200 {
        let mails = mails_to(app, giver).await?;
        let texts: Vec<String> = mails.into_iter().filter_map(|mail| mail.text).collect();
        let found: Vec<String> =
            texts.iter().flat_map(|text| numbers.iter().filter(|number| text.contains(*number))).cloned().collect();
        match found.len() {
            got if got == count => return Ok(found),
            got if got > count => bail!("{giver} got {got} receipts for {count} gifts"),
            _ => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
    bail!("the receipts of {giver} did not come within ten seconds")
}

async fn renew(app: &Arc<App>, reader: &mut Visitor, finance: &mut Visitor) -> anyhow::Result<()> {
    reader.submit("/sandbox/stripe/clock", &[("by", "month")]).await?;
    wait_for_gifts(app, 4).await?;
    let all = [("25.00", "EUR", READER), ("10.00", "EUR", AMINA), ("10.00", "EUR", AMINA), ("3000", "JPY", KENJI)];
    check(app, finance, &all).await?;
    say(&format!(
        "   A month passed on Stripe’s clock: the monthly gift renewed, is booked, and {AMINA} has a second receipt."
    ))
}

/// `stripe sync` after everything is booked finds nothing to book.
async fn ask_again(app: &Arc<App>) -> anyhow::Result<()> {
    let payments = app.payments.as_ref().context("giving is set up")?;
    payments.sync(None).await?;
    let overview = app.db.read(|db| -> Result<_, Error> { totals::overview(db) }).await?;
    must(
        overview.totals.iter().map(|total| total.count).sum::<i64>() == 4,
        "asking Stripe for everything again books nothing",
    )?;
    say("   Asked for everything once more, Stripe brought nothing new.")
}

/// Where to look at it.
async fn show(app: &Arc<App>, finance: &mut Visitor, gifts: &[Row]) -> anyhow::Result<()> {
    for gift in gifts {
        let page = finance.get(&format!("/staff/donations/{}", gift.id)).await?;
        must(page.status == 200 && page.body.contains(&gift.receipt), "each gift’s page shows its receipt")?;
    }
    say(&format!("   The books: {}", app.config.web.link("/staff/donations")))?;
    say(&format!("   Stripe’s side of it: {}", app.config.web.link("/sandbox/stripe")))
}
