//! Balance transactions: what explains each, and what staff say of those that nothing does.

use crate::on_both;
use crate::support::TestDb;
use crate::support::money::{Line, Payout, Till};
use diesel::prelude::*;
use pledgepost::audit::Actor;
use pledgepost::db::schema;
use pledgepost::error::Error;
use pledgepost::finance::balance::{self, Filter};
use pledgepost::finance::{Explanation, explain};
use pledgepost::values::{At, Day, Money, PageRequest};

pub fn noon(day: &str) -> At {
    At(format!("{day}T12:00:00Z").parse().unwrap())
}

fn told(till: &Till, id: &str) -> (Explanation, String) {
    till.db
        .read_here(|db| {
            let line = balance::find(db, false, id)?;
            let words = balance::why_unexplained(db, &line)?;
            Ok::<_, Error>((line.explanation, words))
        })
        .unwrap()
}

fn explanation(till: &Till, id: &str) -> Explanation {
    told(till, id).0
}

fn ids(till: &Till, filter: &Filter) -> Vec<String> {
    let all = PageRequest::new(None, 100);
    let page =
        till.db.read_here(|db| balance::list(db, false, filter, chrono_tz::UTC, all).map_err(Error::from)).unwrap();
    assert_eq!(page.total, i64::try_from(page.rows.len()).unwrap());
    let mut ids: Vec<String> = page.rows.into_iter().map(|row| row.id).collect();
    ids.sort();
    ids
}

on_both! {
    async fn each_line_says_what_explains_it(backend) {
        let test = TestDb::new(backend);
        let till = Till::new(&test.connect(), noon("2026-11-24"));
        let gift = till.gift("one", 5000, 100);
        let refund = till.refund(&gift, "one", 2000);
        till.refund_fails(&refund, 2000);
        till.line(Line::of("txn_fee", "fee", -300));
        till.payout(Payout::of("po_1", 4000).failed());
        assert_eq!(explanation(&till, "txn_one"), Explanation::Gift);
        assert_eq!(explanation(&till, "txn_re_one"), Explanation::Refund);
        assert_eq!(explanation(&till, "txn_back_re_one"), Explanation::RefundFailure);
        assert_eq!(explanation(&till, "txn_fee"), Explanation::Fee);
        assert_eq!(explanation(&till, "txn_po_1"), Explanation::Payout);
        assert_eq!(explanation(&till, "txn_back_po_1"), Explanation::PayoutReturned);
        let rows = till.db.read_here(|db| balance::of_donation(db, false, gift.donation).map_err(Error::from)).unwrap();
        let rows: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
        assert_eq!(rows, ["txn_back_re_one", "txn_one", "txn_re_one"]);
        let line = till.db.read_here(|db| balance::find(db, false, &gift.line)).unwrap();
        assert_eq!((line.donation_id, line.fund_id), (Some(gift.donation), Some(gift.fund)));
        let parts = till.db.read_here(|db| balance::fee_details(db, "txn_one").map_err(Error::from)).unwrap();
        assert_eq!((parts.len(), parts[0].amount_minor), (1, 100));
        // Real money does not see it.
        assert!(till.db.read_here(|db| balance::find(db, true, "txn_one")).is_err());
    }

    async fn what_nothing_explains_says_what_is_known(backend) {
        let test = TestDb::new(backend);
        let till = Till::new(&test.connect(), noon("2026-11-24"));
        // A payment link of the dashboard.
        till.line(Line::of("txn_link", "charge", 1500).source("ch_link"));
        let (kind, words) = told(&till, "txn_link");
        assert_eq!(kind, Explanation::Unexplained);
        assert!(words.contains("15.00 EUR that did not come through the donation page"), "{words}");
        // A donation with a question, and its refund: both wait for the answer.
        let asked = till.donation("asked", 1000, "EUR", "processing");
        till.write(|db| {
            use schema::donations as d;
            diesel::update(d::table.filter(d::id.eq(asked))).set(d::question.eq("12.00 EUR came, not 10.00 EUR.")).execute(db)
        });
        till.charge("asked", 1200, "EUR");
        till.line(Line::of("txn_asked", "charge", 1200).source("ch_asked"));
        let given = crate::support::money::Given {
            donation: asked, fund: till.fund("relief"), payment: "pi_asked".into(), charge: "ch_asked".into(), line: String::new(),
        };
        till.refund(&given, "asked", 200);
        let (kind, words) = told(&till, "txn_asked");
        assert_eq!(kind, Explanation::Unexplained);
        assert!(words.contains(&format!("donation #{asked}, which has an open question: 12.00 EUR came, not 10.00 EUR.")), "{words}");
        assert_eq!(explanation(&till, "txn_re_asked"), Explanation::Unexplained, "income that was never booked is not reduced");
        // A gift that failed here.
        till.donation("failed", 900, "EUR", "failed");
        till.charge("failed", 900, "EUR");
        till.line(Line::of("txn_failed", "charge", 900).source("ch_failed"));
        let (kind, words) = told(&till, "txn_failed");
        assert_eq!(kind, Explanation::Unexplained);
        assert!(words.contains("which is failed here"), "{words}");
        // A dispute names the charge in its words alone; its money and fee are not the gift's line.
        let gift = till.gift("fine", 3000, 70);
        till.line(Line::of("txn_dispute", "dispute", -3000).fee(2000).source("du_1").says("Chargeback withdrawal for ch_fine"));
        let (kind, words) = told(&till, "txn_dispute");
        assert_eq!(kind, Explanation::Unexplained);
        assert!(words.contains(&format!("disputes the payment of donation #{}: 30.00 EUR is held back", gift.donation)), "{words}");
        till.line(Line::of("txn_won", "dispute_reversal", 3000).source("du_1").says("Chargeback reversal for ch_fine"));
        assert!(told(&till, "txn_won").1.contains("was won, or withdrawn"));
        // A late reversal of a bank debit, by the charge itself.
        till.line(Line::of("txn_debit", "charge_failure", -3000).source("ch_fine"));
        let (kind, words) = told(&till, "txn_debit");
        assert_eq!(kind, Explanation::Unexplained);
        assert!(words.contains(&format!("A bank debit of donation #{} was called back", gift.donation)), "{words}");
        // A word that is newer than the program.
        till.line(Line::of("txn_new", "moon_dust", 1));
        assert!(told(&till, "txn_new").1.contains("\"moon_dust\", which no rule here knows"));
        let found = ids(&till, &Filter { explanation: Some(Explanation::Unexplained), ..Filter::default() });
        assert_eq!(found.len(), 8);
    }

    async fn lists_find_by_id_day_and_category(backend) {
        let test = TestDb::new(backend);
        let till = Till::new(&test.connect(), noon("2026-10-31"));
        let gift = till.gift("old", 5000, 100);
        till.at(noon("2026-11-24")).gift("new", 7000, 100);
        till.at(noon("2026-11-25")).refund(&gift, "old", 1000);
        till.pays_out("po_1", &["txn_old"]);
        let q = |q: &str| ids(&till, &Filter { q: q.into(), ..Filter::default() });
        assert_eq!(q("txn_new"), ["txn_new"]);
        assert_eq!(q(" pi_old "), ["txn_old", "txn_re_old"]);
        assert_eq!(q("ch_old"), ["txn_old", "txn_re_old"]);
        assert_eq!(q("re_old"), ["txn_re_old"]);
        assert_eq!(q("po_1"), ["txn_old", "txn_po_1"]);
        assert_eq!(q(&format!("#{}", gift.donation)), ["txn_old", "txn_re_old"]);
        assert!(q("ch_nothing").is_empty());
        let day = |day: &str| Some(Day::parse(day).unwrap());
        let november = Filter { from: day("2026-11-01"), to: day("2026-11-30"), ..Filter::default() };
        assert_eq!(ids(&till, &november), ["txn_new", "txn_re_old"]);
        let refunds = Filter { category: Some("refund".into()), ..Filter::default() };
        assert_eq!(ids(&till, &refunds), ["txn_re_old"]);
        let sums = till.db.read_here(|db| balance::sums(db, false, &november, chrono_tz::UTC).map_err(Error::from)).unwrap();
        assert_eq!((sums.len(), sums[0].count, sums[0].amount, sums[0].net), (1, 2, 6000, 5900));
        assert_eq!(november.query(), "from=2026-11-01&to=2026-11-30");
    }

    async fn staff_explain_and_take_back(backend) {
        let test = TestDb::new(backend);
        let till = Till::new(&test.connect(), noon("2026-11-24"));
        let (now, actor) = (till.now, Actor::program());
        till.gift("one", 5000, 100);
        till.line(Line::of("txn_link", "charge", 1500).source("ch_link"));
        till.line(Line::of("txn_lost_payout", "payout", -100).source("po_unknown"));
        let sales = till.journal_account("other", "income", "4400", "Sales of books");
        let stripe = till.journal_account("stripe", "assets", "1360", "Stripe");
        let say = |id: &str, account, note: &str| {
            till.db.write_here(|db| explain::explain(db, false, id, account, note, &actor, now)).map_err(|error| error.to_string())
        };
        assert!(say("txn_link", sales, " ").unwrap_err().contains("note: say what it is"));
        assert!(say("txn_link", stripe, "a book").unwrap_err().contains("account: 1360 Stripe is kept by the journal itself"));
        assert!(say("txn_one", sales, "a book").unwrap_err().contains("explained already"));
        assert!(say("txn_lost_payout", sales, "?").unwrap_err().contains("stripe sync"));
        assert!(say("txn_nothing", sales, "a book").unwrap_err().contains("balance transaction"));
        say("txn_link", sales, "a book").unwrap();
        say("txn_link", sales, "two books").unwrap();
        let line = till.db.read_here(|db| balance::find(db, false, "txn_link")).unwrap();
        assert_eq!((line.explanation, line.journal_account_id), (Explanation::Staff, Some(sales)));
        assert_eq!(line.note.as_deref(), Some("two books"));
        assert_eq!(line.net(), Money::new(1500, "EUR".parse().unwrap()));
        let back = || till.db.write_here(|db| explain::take_back(db, false, "txn_link", &actor, now));
        back().unwrap();
        assert_eq!(explanation(&till, "txn_link"), Explanation::Unexplained);
        assert!(matches!(back(), Err(Error::Conflict(_))));
        let audit: Vec<(String, String)> = till.write(|db| {
            use schema::audit_entries as a;
            a::table.order(a::id.asc()).select((a::action, a::detail)).load(db)
        });
        assert_eq!(audit.len(), 3);
        assert_eq!(audit[0].1, "txn_link, 15.00 EUR net, is 4400 Sales of books: a book");
        assert_eq!(audit[2].0, "took back the explanation");
    }

    async fn what_is_older_than_the_books_is_nobodys_to_explain(backend) {
        let test = TestDb::new(backend);
        let till = Till::new(&test.connect(), noon("2026-10-31"));
        let actor = Actor::program();
        till.line(Line::of("txn_old", "charge", 1500).source("ch_old"));
        till.at(noon("2026-11-01")).line(Line::of("txn_new", "charge", 1500).source("ch_new"));
        let begin = |day: Option<&str>| {
            let day = day.map(|day| Day::parse(day).unwrap());
            till.db.write_here(|db| explain::set_beginning(db, day, chrono_tz::Europe::Berlin, &actor, noon("2026-11-24")))
        };
        assert!(begin(Some("2026-11-25")).unwrap_err().to_string().contains("in the future"));
        begin(Some("2026-11-01")).unwrap();
        let begins = till.db.read_here(|db| explain::begins_at(db).map_err(Error::from)).unwrap();
        assert_eq!(begins.unwrap().rfc3339(), "2026-10-31T23:00:00Z");
        assert_eq!(explanation(&till, "txn_old"), Explanation::Before);
        assert_eq!(explanation(&till, "txn_new"), Explanation::Unexplained);
        let sales = till.journal_account("other", "income", "4400", "Sales of books");
        let refused = till.db.write_here(|db| explain::explain(db, false, "txn_old", sales, "a book", &actor, till.now));
        assert!(refused.unwrap_err().to_string().contains("older than the books"));
        begin(None).unwrap();
        assert_eq!(explanation(&till, "txn_old"), Explanation::Unexplained);
    }
}
