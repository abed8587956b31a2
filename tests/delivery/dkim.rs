//! dkimpy, a verifier in Python, on what we signed: a judge that was not written here.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use pledgepost::campaigns::CampaignMails;
use pledgepost::mail::{Email, Kind, Sender, Signer};
use pledgepost::outbox::{Prepared, Renderer};
use pledgepost::values::{EmailAddress, Language};
use serde_json::json;

use crate::on_both;
use crate::support::analyses::topic;
use crate::support::campaigns::*;
use crate::support::{TestDb, python};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/dkim_verify.py");
const VERSION: &str = include_str!("../../scripts/dkim-python-version");
const RSA: &str = include_str!("../../src/mail/testdata/dkim-rsa-pkcs8.pem");
const ED25519: &str = include_str!("../../src/mail/testdata/dkim-ed25519.pem");

fn judge() -> PathBuf {
    let python = python();
    let wanted = format!(
        "import sys, dkim, nacl; from importlib.metadata import version; sys.exit(version('dkimpy') != {:?})",
        VERSION.trim()
    );
    let found = Command::new(&python).arg("-c").arg(wanted).stderr(Stdio::null()).status();
    assert!(
        found.is_ok_and(|status| status.success()),
        "{} does not have dkimpy {} with PyNaCl: run scripts/test, which installs them, or set PLEDGEPOST_TEST_PYTHON",
        python.display(),
        VERSION.trim()
    );
    python
}

fn replaced(mail: &[u8], from: &str, to: &str) -> Vec<u8> {
    let text = String::from_utf8(mail.to_vec()).unwrap();
    assert!(text.contains(from), "{from} is not in {text}");
    text.replacen(from, to, 1).into_bytes()
}

on_both! {
    async fn a_verifier_of_others_accepts_our_signatures(backend) {
        let test = TestDb::new(backend);
        let app = app(&test);
        let law = in_db(&app, |db| Ok(topic(db, "law", now()).1)).unwrap();
        reader(&app, "anna@a.example", "en", "active", &[law]);
        reader(&app, "boris@a.example", "ru", "active", &[law]);
        let russian = "Здравствуйте, {{subscriber.name}}!\n\n".to_owned() + &"Много слов о праве.  И ещё.\n\n".repeat(40);
        let texts = [
            ("en", "News for {{subscriber.name}}", "Dear {{subscriber.name}}  \n\n{{#if subscriber.topics.law}}Law.{{/if}}\n\n.\n"),
            ("ru", "Новости", russian.as_str()),
        ];
        let id = campaign(&app, &texts, &["law"]);
        let rows = started(&app, id);
        let signer = Signer::new("org.example", &[("rsa", RSA), ("ed", ED25519)]).unwrap();
        let one = Signer::new("org.example", &[("rsa", RSA)]).unwrap();
        let mails = CampaignMails::new(app.campaign_mails.clone());
        let prepared = in_db(&app, |db| Ok(mails.prepare(db, &rows, now()).unwrap())).unwrap();
        let mut written: Vec<Vec<u8>> = Vec::new();
        for mail in prepared {
            let Prepared::Mail(mail) = mail else { panic!("skipped") };
            let mut bytes = Vec::new();
            mail.write(Some(&signer), &mut bytes).unwrap();
            written.push(bytes);
        }
        let system = Email {
            from: Sender { name: "Книги, и Ко".into(), address: EmailAddress::parse("news@org.example").unwrap() },
            reply_to: None,
            to: EmailAddress::parse("anna@a.example").unwrap(),
            to_name: None,
            subject: "Confirm, please".into(),
            text: "A  text \t\n\n.\nwith an end\n\n\n".into(),
            html: "<p>A   text</p>\n".into(),
            language: Language::english(),
            date: now(),
            message_id: "a@org.example".into(),
            kind: Kind::System,
        };
        let (anna, boris) = (written[0].clone(), written[1].clone());
        assert!(String::from_utf8_lossy(&boris).contains("Content-Transfer-Encoding: base64"));
        let cases = [
            ("campaign", anna.clone(), vec![true, true]),
            ("russian", boris.clone(), vec![true, true]),
            ("system", system.to_wire(Some(&signer)).unwrap(), vec![true, true]),
            ("one-key", system.to_wire(Some(&one)).unwrap(), vec![true]),
            ("other-leave", replaced(&anna, "List-Unsubscribe: <http", "List-Unsubscribe: <hxxp"), vec![false, false]),
            ("other-body", replaced(&anna, "Dear ", "Bear "), vec![false, false]),
            ("second-from", replaced(&anna, "\r\nTo: ", "\r\nFrom: evil@other.example\r\nTo: "), vec![false, false]),
        ];
        let folder = tempfile::tempdir().unwrap();
        let mut list = Vec::new();
        for (name, bytes, valid) in cases {
            let path = folder.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            list.push(json!({ "path": path, "valid": valid }));
        }
        let records: serde_json::Map<_, _> = signer.records().into_iter().map(|(name, value)| (name, value.into())).collect();
        let mut script = Command::new(judge())
            .args(["-B", SCRIPT])
            .env_remove("PYTHONPATH")
            .stdin(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        script.stdin.take().unwrap().write_all(json!({ "records": records, "mails": list }).to_string().as_bytes()).unwrap();
        let ended = script.wait_with_output().unwrap();
        assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    }
}
