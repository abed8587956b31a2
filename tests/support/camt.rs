//! Bank statements as a bank would write them: CAMT.053.001.08, one thing a line, so that tests know the lines.

use std::fmt::Write;

pub const IBAN: &str = "DE02120300000000202051";

/// One statement. Its first entry is in the sixth line of it, and in line 9 of a file that begins with it.
#[derive(Debug, Clone)]
pub struct Camt {
    pub reference: String,
    pub iban: String,
    pub currency: String,
    pub period: Option<(String, String)>,
    pub closes_on: String,
    pub opening: i64,
    /// Added to the right closing balance.
    pub off_by: i64,
    pub entries: Vec<Entry>,
}

#[derive(Debug, Clone)]
pub struct Entry {
    pub day: String,
    pub minor: i64,
    pub counterparty: String,
    pub words: String,
    pub status: &'static str,
    pub currency: Option<String>,
}

impl Camt {
    pub fn new(reference: &str, from: &str, to: &str, opening: i64) -> Self {
        Self {
            reference: reference.into(),
            iban: IBAN.into(),
            currency: "EUR".into(),
            period: Some((from.into(), to.into())),
            closes_on: to.into(),
            opening,
            off_by: 0,
            entries: Vec::new(),
        }
    }
    /// An entry of the bank; money that goes is negative.
    pub fn entry(mut self, day: &str, minor: i64, counterparty: &str, words: &str) -> Self {
        self.entries.push(Entry {
            day: day.into(),
            minor,
            counterparty: counterparty.into(),
            words: words.into(),
            status: "BOOK",
            currency: None,
        });
        self
    }
    /// Money of Stripe.
    pub fn stripe(self, day: &str, minor: i64) -> Self {
        self.entry(day, minor, "Stripe Payments Europe Ltd", "STRIPE PAYOUT")
    }
    pub fn pending(mut self, day: &str, minor: i64) -> Self {
        self = self.entry(day, minor, "", "soon");
        self.entries.last_mut().unwrap().status = "PDNG";
        self
    }
    pub fn closing(&self) -> i64 {
        let booked = self.entries.iter().filter(|entry| entry.status == "BOOK");
        self.opening + booked.map(|entry| entry.minor).sum::<i64>() + self.off_by
    }

    fn statement(&self) -> String {
        let mut out = format!("<Stmt>\n<Id>{}</Id>", escaped(&self.reference));
        if let Some((from, to)) = &self.period {
            write!(out, "<FrToDt><FrDtTm>{from}T00:00:00</FrDtTm><ToDtTm>{to}T23:59:59</ToDtTm></FrToDt>").unwrap();
        }
        write!(out, "\n<Acct><Id><IBAN>{}</IBAN></Id><Ccy>{}</Ccy></Acct>\n", self.iban, self.currency).unwrap();
        out += &self.balance("OPBD", self.opening);
        out += &self.balance("CLBD", self.closing());
        self.entries.iter().for_each(|entry| out += &self.entry_text(entry));
        out + "</Stmt>\n"
    }
    fn balance(&self, kind: &str, minor: i64) -> String {
        let (currency, day) = (&self.currency, &self.closes_on);
        let (amount, way) = (amount(minor), way(minor));
        format!(
            "<Bal><Tp><CdOrPrtry><Cd>{kind}</Cd></CdOrPrtry></Tp><Amt Ccy=\"{currency}\">{amount}</Amt>\
             <CdtDbtInd>{way}</CdtDbtInd><Dt><Dt>{day}</Dt></Dt></Bal>\n"
        )
    }
    fn entry_text(&self, entry: &Entry) -> String {
        let party = if entry.minor < 0 { "Cdtr" } else { "Dbtr" };
        format!(
            "<Ntry><Amt Ccy=\"{}\">{}</Amt><CdtDbtInd>{}</CdtDbtInd><Sts><Cd>{}</Cd></Sts><BookgDt><Dt>{day}</Dt></BookgDt>\
             <ValDt><Dt>{day}</Dt></ValDt><NtryDtls><TxDtls><RltdPties><{party}><Pty><Nm>{}</Nm></Pty></{party}></RltdPties>\
             <RmtInf><Ustrd>{}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>\n",
            entry.currency.as_ref().unwrap_or(&self.currency),
            amount(entry.minor),
            way(entry.minor),
            entry.status,
            escaped(&entry.counterparty),
            escaped(&entry.words),
            day = entry.day,
        )
    }
    pub fn file(&self) -> String {
        file(std::slice::from_ref(self))
    }
}

/// A file of several statements.
pub fn file(statements: &[Camt]) -> String {
    let statements: String = statements.iter().map(Camt::statement).collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.08\">\
         <BkToCstmrStmt>\n<GrpHdr><MsgId>M-1</MsgId><CreDtTm>2026-03-31T06:00:00</CreDtTm></GrpHdr>\n{statements}\
         </BkToCstmrStmt></Document>\n"
    )
}

fn amount(minor: i64) -> String {
    format!("{}.{:02}", minor.abs() / 100, minor.abs() % 100)
}
fn way(minor: i64) -> &'static str {
    if minor < 0 { "DBIT" } else { "CRDT" }
}
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
