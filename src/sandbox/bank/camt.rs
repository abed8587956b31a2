//! A statement as banks send it: ISO 20022 `camt.053.001.08` (element names and their order by the message's definition).

use chrono::{NaiveDate, SecondsFormat};

use super::book::{Booking, balance_before, bookings, opened};
use super::iban;
use super::xml::Xml;
use crate::db::Db;
use crate::error::Error;
use crate::organisation;
use crate::values::{At, Currency, Money};

const NAMESPACE: &str = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08";
/// No bank gives more at once.
const MOST_DAYS: i64 = 3_660;
/// `Max140Text` of the message's definition.
const LONG: usize = 140;

/// The statement of an account for `first` to `last`, both included. A statement that ends before today (by the
/// sandbox's clock) is final; what Stripe pays today may still be missing in one that includes it.
///
/// # Errors
/// `Invalid` when the days are in the wrong order or too many; the database's.
pub fn camt(db: &mut Db, currency: &Currency, first: NaiveDate, last: NaiveDate, now: At) -> Result<String, Error> {
    if last < first {
        return Err(Error::invalid("to", "is before the first day"));
    }
    if (last - first).num_days() > MOST_DAYS {
        return Err(Error::invalid("from", "a statement is for ten years at most"));
    }
    let owner = organisation::store::get(db, now)?;
    let opening = balance_before(db, currency, first)?;
    let lines = bookings(db, currency, first, last)?;
    let closing = lines.iter().fold(opening, |sum, line| sum.saturating_add(line.amount.minor));
    let statement = Statement { currency, first, last, now, owner: &owner.name, opening, closing, lines: &lines };
    let mut xml = Xml::new()?;
    xml.inside("Document", Some(("xmlns", NAMESPACE)), |xml| {
        xml.group("BkToCstmrStmt", |xml| {
            xml.group("GrpHdr", |xml| {
                xml.leaf("MsgId", &statement.id("M"))?;
                xml.leaf("CreDtTm", &statement.made())
            })?;
            xml.group("Stmt", |xml| statement.write(xml))
        })
    })?;
    xml.finish()
}

struct Statement<'a> {
    currency: &'a Currency,
    first: NaiveDate,
    last: NaiveDate,
    now: At,
    owner: &'a str,
    /// Minor units.
    opening: i64,
    closing: i64,
    lines: &'a [Booking],
}

impl Statement<'_> {
    /// The same days have the same id.
    fn id(&self, letter: &str) -> String {
        format!("SBX{letter}-{}-{}-{}", self.currency, self.first.format("%Y%m%d"), self.last.format("%Y%m%d"))
    }

    fn made(&self) -> String {
        self.now.0.to_rfc3339_opts(SecondsFormat::Secs, true)
    }

    fn write(&self, xml: &mut Xml) -> Result<(), Error> {
        xml.leaf("Id", &self.id("S"))?;
        // One number per day, so that it grows from statement to statement.
        xml.leaf("ElctrncSeqNb", &((self.first - opened()).num_days().max(0) + 1).to_string())?;
        xml.leaf("CreDtTm", &self.made())?;
        xml.group("FrToDt", |xml| {
            xml.leaf("FrDtTm", &format!("{}T00:00:00", self.first))?;
            xml.leaf("ToDtTm", &format!("{}T23:59:59", self.last))
        })?;
        xml.group("Acct", |xml| {
            xml.group("Id", |xml| xml.leaf("IBAN", &iban(self.currency)))?;
            xml.leaf("Ccy", self.currency.as_str())?;
            xml.group("Ownr", |xml| xml.leaf("Nm", &cut(self.owner)))
        })?;
        self.balance(xml, "OPBD", self.opening, self.first)?;
        self.balance(xml, "CLBD", self.closing, self.last)?;
        self.summary(xml)?;
        for (line, number) in self.lines.iter().zip(1..) {
            xml.group("Ntry", |xml| entry(xml, line, number))?;
        }
        Ok(())
    }

    fn balance(&self, xml: &mut Xml, code: &str, minor: i64, day: NaiveDate) -> Result<(), Error> {
        xml.group("Bal", |xml| {
            xml.group("Tp", |xml| xml.group("CdOrPrtry", |xml| xml.leaf("Cd", code)))?;
            amount(xml, &Money::new(minor, self.currency.clone()))?;
            xml.group("Dt", |xml| xml.leaf("Dt", &day.to_string()))
        })
    }

    fn summary(&self, xml: &mut Xml) -> Result<(), Error> {
        let amounts = |keep: fn(i64) -> bool| {
            let minor = self.lines.iter().map(|line| line.amount.minor).filter(move |minor| keep(*minor));
            minor.fold((0, 0), |(count, sum), minor| (count + 1, sum + minor.abs()))
        };
        let (credits, debits) = (amounts(|minor| minor >= 0), amounts(|minor| minor < 0));
        let net = Money::new(credits.1 - debits.1, self.currency.clone());
        let sum = |minor| Money::new(minor, self.currency.clone()).decimal();
        xml.group("TxsSummry", |xml| {
            xml.group("TtlNtries", |xml| {
                xml.leaf("NbOfNtries", &self.lines.len().to_string())?;
                xml.leaf("Sum", &sum(credits.1 + debits.1))?;
                xml.group("TtlNetNtry", |xml| {
                    xml.leaf("Amt", &sum(net.minor.abs()))?;
                    xml.leaf("CdtDbtInd", indicator(&net))
                })
            })?;
            for (name, (count, total)) in [("TtlCdtNtries", credits), ("TtlDbtNtries", debits)] {
                xml.group(name, |xml| {
                    xml.leaf("NbOfNtries", &i64::to_string(&count))?;
                    xml.leaf("Sum", &sum(total))
                })?;
            }
            Ok(())
        })
    }
}

fn entry(xml: &mut Xml, line: &Booking, number: u32) -> Result<(), Error> {
    let day = line.booked_on.to_string();
    xml.leaf("NtryRef", &number.to_string())?;
    amount(xml, &line.amount)?;
    xml.group("Sts", |xml| xml.leaf("Cd", "BOOK"))?;
    xml.group("BookgDt", |xml| xml.leaf("Dt", &day))?;
    xml.group("ValDt", |xml| xml.leaf("Dt", &day))?;
    xml.leaf("AcctSvcrRef", &line.reference)?;
    let [domain, family, kind] = line.code;
    xml.group("BkTxCd", |xml| {
        xml.group("Domn", |xml| {
            xml.leaf("Cd", domain)?;
            xml.group("Fmly", |xml| {
                xml.leaf("Cd", family)?;
                xml.leaf("SubFmlyCd", kind)
            })
        })
    })?;
    xml.group("NtryDtls", |xml| xml.group("TxDtls", |xml| details(xml, line)))
}

fn details(xml: &mut Xml, line: &Booking) -> Result<(), Error> {
    xml.group("Refs", |xml| {
        xml.leaf("AcctSvcrRef", &line.reference)?;
        xml.leaf("EndToEndId", line.end_to_end.as_deref().unwrap_or("NOTPROVIDED"))
    })?;
    amount(xml, &line.amount)?;
    let role = if line.amount.minor < 0 { "Cdtr" } else { "Dbtr" };
    xml.group("RltdPties", |xml| xml.group(role, |xml| xml.group("Pty", |xml| xml.leaf("Nm", &cut(&line.party)))))?;
    xml.group("RmtInf", |xml| xml.leaf("Ustrd", &cut(&line.words)))
}

/// Amounts have no sign: the indicator beside them says which way the money went.
fn amount(xml: &mut Xml, money: &Money) -> Result<(), Error> {
    let without_sign = Money::new(money.minor.abs(), money.currency.clone());
    xml.leaf_with("Amt", Some(("Ccy", money.currency.as_str())), &without_sign.decimal())?;
    xml.leaf("CdtDbtInd", indicator(money))
}

fn indicator(money: &Money) -> &'static str {
    if money.minor < 0 { "DBIT" } else { "CRDT" }
}

fn cut(text: &str) -> String {
    text.chars().take(LONG).collect()
}
