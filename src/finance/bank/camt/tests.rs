use super::*;

fn day(text: &str) -> Day {
    Day::parse(text).unwrap()
}
fn entry(amount: &str, direction: &str, more: &str) -> String {
    format!(
        "<Ntry><Amt Ccy=\"EUR\">{amount}</Amt><CdtDbtInd>{direction}</CdtDbtInd><Sts>BOOK</Sts>\
         <BookgDt><Dt>2026-11-12</Dt></BookgDt>{more}</Ntry>\n"
    )
}
fn balance(kind: &str, amount: &str) -> String {
    format!(
        "<Bal><Tp><CdOrPrtry><Cd>{kind}</Cd></CdOrPrtry></Tp><Amt Ccy=\"EUR\">{amount}</Amt>\
         <CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-11-12</Dt></Dt></Bal>\n"
    )
}
fn file(balances: &[(&str, &str)], entries: &str) -> String {
    let balances: String = balances.iter().map(|(kind, amount)| balance(kind, amount)).collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.02\"><BkToCstmrStmt><Stmt><Id>S-1</Id>\n\
         <Acct><Id><IBAN>DE02 1203 0000 0000 2020 51</IBAN></Id></Acct>\n{balances}{entries}</Stmt></BkToCstmrStmt></Document>"
    )
}
fn one(text: &str) -> Statement {
    read(text.as_bytes()).unwrap().remove(0)
}
fn flaw(text: impl AsRef<[u8]>) -> String {
    read(text.as_ref()).unwrap_err().to_string()
}

#[test]
fn both_directions_and_where_they_stand() {
    let entries = entry("10.5", "CRDT", "") + &entry("0.50", "DBIT", "<RvslInd>true</RvslInd>");
    let found = one(&file(&[("OPBD", "100"), ("CLBD", "110.00")], &entries));
    assert_eq!(found.identification, "DE02120300000000202051");
    assert_eq!((found.opening_minor, found.closing_minor), (10_000, 11_000));
    let amounts: Vec<_> = found.lines.iter().map(|line| (line.line, line.amount_minor)).collect();
    assert_eq!(amounts, [(6, 1050), (7, -50)]);
    assert_eq!((found.opens_on, found.closes_on), (day("2026-11-12"), day("2026-11-12")));
}

#[test]
fn pages_have_interim_balances() {
    for balances in [
        [("OPBD", "0"), ("ITBD", "1")],
        [("ITBD", "0"), ("ITBD", "1")],
        [("ITBD", "0"), ("CLBD", "1")],
        [("PRCD", "0"), ("CLBD", "1")],
    ] {
        assert_eq!(one(&file(&balances, &entry("1", "CRDT", ""))).closing_minor, 100, "{balances:?}");
    }
    assert!(flaw(file(&[("CLBD", "1")], "")).contains("no opening balance"));
    assert!(flaw(file(&[("ITBD", "1")], "")).contains("no closing balance"));
}

#[test]
fn a_batch_is_one_line_with_all_words() {
    let details = "<NtryDtls><TxDtls><RltdPties><Dbtr><Nm>Ana</Nm></Dbtr></RltdPties><RmtInf><Ustrd>For the </Ustrd>\
        <Ustrd>garden &amp; &#x44F;</Ustrd></RmtInf></TxDtls><TxDtls><Refs><EndToEndId>NOTPROVIDED</EndToEndId></Refs>\
        <RltdPties><Dbtr><Pty><Nm>Bo\u{202e}b</Nm></Pty></Dbtr></RltdPties><RmtInf><Ustrd><![CDATA[a<b]]></Ustrd></RmtInf>\
        </TxDtls></NtryDtls><AddtlNtryInf>SEPA batch</AddtlNtryInf>";
    let found = one(&file(&[("OPBD", "0"), ("CLBD", "1")], &entry("1", "CRDT", details)));
    let line = found.lines.first().unwrap();
    assert_eq!(line.words, "For the garden & я / a<b / SEPA batch");
    assert_eq!(line.counterparty, "Ana, Bo b");
}

#[test]
fn amounts_as_the_standard_writes_them() {
    for bad in ["-1", "+1", "1,00", "1e3", "1.", ".5", "", "0x1", "1 000", "1.005", "99999999999999999999", "١"] {
        let error = flaw(file(&[("OPBD", "0"), ("CLBD", "0")], &entry(bad, "CRDT", "")));
        assert!(error.starts_with("line 6: ") && error.contains("amount"), "{bad:?}: {error}");
    }
    assert_eq!(one(&file(&[("OPBD", "0"), ("CLBD", "1.50000")], &entry("1.5", "CRDT", ""))).closing_minor, 150);
}

#[test]
fn what_is_no_statement_is_named() {
    for (text, says) in [
        ("", "is empty"),
        ("  \n ", "is empty"),
        ("%PDF-1.7 ...", "PDF"),
        ("PK\u{3}\u{4}...", "ZIP"),
        ("<!DOCTYPE html><html>", "HTML"),
        ("{1:F01BANKDEFF}{4:\n:20:STARTUMS\n:25:1/2\n:60F:C261101EUR0,", "MT940"),
        ("Buchungstag;Betrag;Text\n1;2;3", "CSV"),
        ("hello", "no XML"),
        ("<rss/>", "begins with <rss>"),
        ("<Document xmlns='urn:iso:std:iso:20022:tech:xsd:camt.052.001.02'><BkToCstmrAcctRpt/></Document>", "camt.052"),
        ("<Document xmlns='urn:iso:std:iso:20022:tech:xsd:camt.054.001.08'/>", "camt.054"),
        ("<Document xmlns='urn:iso:std:iso:20022:tech:xsd:pain.001.001.03'/>", "an order to the bank"),
        ("<Document><BkToCstmrStmt/></Document>", "namespace is missing"),
        ("<Document xmlns='urn:iso:std:iso:20022:tech:xsd:camt.053.001.02'/>", "no statement in this file"),
        ("<?xml version='1.0' encoding='windows-1251'?><a/>", "windows-1251"),
    ] {
        let error = flaw(text);
        assert!(error.starts_with("line 1: ") && error.contains(says), "{text:?}: {error}");
    }
    assert!(flaw(vec![b' '; FILE_MAX + 1]).contains("larger than 10 MB"));
    assert!(flaw(b"\xFF\xFE<\0").contains("UTF-16"));
}

#[test]
fn letters() {
    let entries = entry("1", "CRDT", "<AddtlNtryInf>Grüße</AddtlNtryInf>");
    let text = file(&[("OPBD", "0"), ("CLBD", "1")], &entries);
    let marked = format!("\u{feff}{text}");
    assert_eq!(one(&marked).lines.first().unwrap().words, "Grüße");
    let latin: Vec<u8> = text.replace("UTF-8", "ISO-8859-1").chars().map(|c| u8::try_from(c).unwrap()).collect();
    assert_eq!(read(&latin).unwrap().remove(0).lines.first().unwrap().words, "Grüße");
    let wrong: Vec<u8> = text.chars().map(|c| u8::try_from(c).unwrap()).collect();
    assert_eq!(flaw(wrong), "line 6: a letter here is not UTF-8, as the file should be; it may be damaged");
}

#[test]
fn nothing_is_read_from_a_document_type() {
    let good = file(&[("OPBD", "0"), ("CLBD", "1")], &entry("1", "CRDT", ""));
    let bomb = "<!DOCTYPE x [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;&a;\">]>\n<Document";
    assert!(flaw(good.replacen("<Document", bomb, 1)).starts_with("line 2: the file has a document type"));
    assert!(flaw("<?xml version='1.0'?>\n<!DOCTYPE x [<!ENTITY a").starts_with("line 2: the file has a document type"));
    assert!(flaw(good.replacen("S-1", "&xxe;", 1)).starts_with("line 2: \"&xxe;\" stands for nothing"));
    assert!(flaw(good.replacen("S-1", "&#0;", 1)).contains("stands for nothing"));
    assert!(flaw("<a>".repeat(100_000)).contains("begins with <a>"));
    let deep = good.replacen("S-1", &"<a>".repeat(100_000), 1);
    assert!(flaw(deep).contains("deeper than a statement"));
    let wide = good.replacen("S-1", &"<a/>".repeat(300_000), 1);
    assert!(flaw(wide).contains("more parts"));
}

#[test]
fn cut_anywhere_it_is_refused() {
    let good = file(&[("OPBD", "0"), ("CLBD", "1")], &entry("1", "CRDT", "<AddtlNtryInf>Grüße &amp; x</AddtlNtryInf>"));
    let end = good.len();
    for cut in 0..end {
        assert!(read(good.as_bytes().get(..cut).unwrap()).is_err(), "{cut}");
    }
    let cut = good.find("<CdtDbtInd>DBIT").unwrap_or(good.len() / 2);
    assert!(flaw(good.get(..cut).unwrap()).contains("cut off"), "{}", flaw(good.get(..cut).unwrap()));
    assert_eq!(
        flaw(good.replacen("</Acct>", "</Akkt>", 1)),
        "line 3: </Akkt> stands where </Acct> should; the file is damaged"
    );
}
