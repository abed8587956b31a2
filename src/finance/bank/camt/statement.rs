//! One statement (`Stmt`), built from its pieces as they are read.

use super::entry::{Entry, entry};
use super::fields::{day, day_of, short, signed, words};
use super::node::Node;
use super::{Flaw, Line, Statement};
use crate::values::{Currency, Day, Money};

/// The most entries of one statement.
const LINES_MAX: usize = 50_000;
const NAME_MAX: usize = 70;

/// A balance of the statement.
struct Balance {
    line: usize,
    /// `OPBD`, `CLBD`, …
    kind: String,
    minor: i64,
    currency: Currency,
    on: Option<Day>,
}

pub(super) struct Builder {
    line: usize,
    reference: Option<String>,
    identification: Option<String>,
    currency: Option<(Currency, usize)>,
    opens_on: Option<Day>,
    ended_on: Option<Day>,
    balances: Vec<Balance>,
    lines: Vec<(Line, Currency)>,
    announced: usize,
}

impl Builder {
    pub(super) fn new(line: usize) -> Self {
        Self {
            line,
            reference: None,
            identification: None,
            currency: None,
            opens_on: None,
            ended_on: None,
            balances: Vec::new(),
            lines: Vec::new(),
            announced: 0,
        }
    }

    pub(super) fn take(&mut self, node: Node) -> Result<(), Flaw> {
        match node.tag.name.as_str() {
            "Id" => self.reference = Some(words(&node.text, NAME_MAX)),
            "FrToDt" => {
                let at = |name: &str| node.child(name).map(day_of).transpose();
                self.opens_on = at("FrDtTm")?.or(at("FrDt")?);
                self.ended_on = at("ToDtTm")?.or(at("ToDt")?);
            }
            "Acct" => self.account(&node)?,
            "Bal" => {
                let (minor, currency) = signed(&node)?;
                let kind = node.text_at("Tp/CdOrPrtry/Cd").or_else(|| node.text_at("Tp/CdOrPrtry/Prtry"));
                let kind = kind.or_else(|| node.text_at("Tp/Cd")).unwrap_or_default().to_owned();
                self.balances.push(Balance { line: node.line(), kind, minor, currency, on: day(&node, "Dt")? });
            }
            "Ntry" if self.lines.len() >= LINES_MAX => {
                let words =
                    format!("this statement has more than {LINES_MAX} entries; ask the bank for shorter periods");
                return Err(Flaw::new(node.line(), words));
            }
            "Ntry" => match entry(&node)? {
                Entry::Booked(line, currency) => self.lines.push((line, currency)),
                Entry::Announced => self.announced += 1,
            },
            _ => {}
        }
        Ok(())
    }

    fn account(&mut self, node: &Node) -> Result<(), Flaw> {
        let id =
            node.text_at("Id/IBAN").or_else(|| node.text_at("Id/Othr/Id")).or_else(|| node.text_at("Id/PrtryAcct/Id"));
        let id = id.ok_or_else(|| Flaw::new(node.line(), "the account has neither an IBAN nor a number"))?;
        let id: String = id.chars().filter(|c| !c.is_whitespace() && !c.is_control()).collect();
        self.identification = Some(words(&id.to_uppercase(), NAME_MAX));
        if let Some(currency) = node.child("Ccy") {
            let parsed = Currency::parse(&currency.text)
                .map_err(|_| Flaw::new(currency.line(), format!("{:?} is no currency", short(&currency.text))))?;
            self.currency = Some((parsed, currency.line()));
        }
        Ok(())
    }

    /// Opening and closing. On the pages of a statement that go on, interim balances (`ITBD`) stand for them.
    fn ends(&self, end: usize) -> Result<(&Balance, &Balance), Flaw> {
        let of = |kind: &str| self.balances.iter().find(|balance| balance.kind == kind);
        let interim = |balance: &&Balance| balance.kind == "ITBD";
        let opening = of("OPBD").or_else(|| of("PRCD")).or_else(|| self.balances.iter().find(interim));
        let opening = opening.ok_or_else(|| missing(end, "opening balance (OPBD or PRCD)"))?;
        let last = self.balances.iter().rev().find(interim).filter(|balance| !std::ptr::eq(*balance, opening));
        let closing = of("CLBD").or(last).ok_or_else(|| missing(end, "closing balance (CLBD)"))?;
        Ok((opening, closing))
    }

    /// `end`: the line in which the statement ends.
    pub(super) fn finish(self, end: usize) -> Result<Statement, Flaw> {
        let (opening, closing) = self.ends(end)?;
        let currency =
            self.currency.as_ref().map_or_else(|| closing.currency.clone(), |(currency, _)| currency.clone());
        let amounts = self.balances.iter().map(|balance| (balance.line, "balance", &balance.currency));
        let amounts = amounts.chain(self.lines.iter().map(|(line, currency)| (line.line, "entry", currency)));
        for (line, what, other) in amounts {
            if *other != currency {
                return Err(Flaw::new(line, format!("this {what} is in {other}, but the account is in {currency}")));
            }
        }
        let identification = self.identification.clone();
        let identification =
            identification.ok_or_else(|| Flaw::new(self.line, "it is not said of which account this is"))?;
        self.adds_up(opening, closing, &currency)?;
        let days = || self.lines.iter().map(|(line, _)| line.booked_on);
        let closes_on = closing.on.or(self.ended_on).into_iter().chain(days()).max();
        let closes_on = closes_on.ok_or_else(|| Flaw::new(closing.line, "the closing balance has no day"))?;
        // Banks date an opening balance by the day before or by the day itself; the first entry can be relied on.
        let opens_on = self.opens_on.into_iter().chain(days()).min().unwrap_or(closes_on).min(closes_on);
        Ok(Statement {
            line: self.line,
            reference: self.reference.clone().filter(|text| !text.is_empty()).unwrap_or_else(|| closes_on.to_string()),
            identification,
            currency,
            opens_on,
            closes_on,
            opening_minor: opening.minor,
            closing_minor: closing.minor,
            announced: self.announced,
            lines: self.lines.into_iter().map(|(line, _)| line).collect(),
        })
    }

    fn adds_up(&self, opening: &Balance, closing: &Balance, currency: &Currency) -> Result<(), Flaw> {
        let too_large = || Flaw::new(closing.line, "the amounts of this statement are too large");
        let mut sum = opening.minor;
        for (line, _) in &self.lines {
            sum = sum.checked_add(line.amount_minor).ok_or_else(too_large)?;
        }
        if sum == closing.minor {
            return Ok(());
        }
        let said = |minor| Money::new(minor, currency.clone()).to_string();
        Err(Flaw::new(
            closing.line,
            format!(
                "the statement does not add up: it opens with {}, its booked entries lead to {}, but it closes with {}",
                said(opening.minor),
                said(sum),
                said(closing.minor)
            ),
        ))
    }
}

fn missing(line: usize, what: &str) -> Flaw {
    Flaw::new(line, format!("the statement that ends here has no {what}, so that it cannot be checked"))
}
