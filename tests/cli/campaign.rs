//! `pledgepost campaign …`

use pledgepost::app::App;
use pledgepost::cli::campaign::{CampaignCommand, run};
use pledgepost::outbox::DeliveryState;
use pledgepost::values::CampaignId;

use crate::on_both;
use crate::support::TestDb;
use crate::support::analyses::topic;
use crate::support::campaigns::*;

fn call(app: &App, command: CampaignCommand) -> Result<String, String> {
    let mut out = Vec::new();
    run(app, command, &mut out).map_err(|error| format!("{error:#}"))?;
    Ok(String::from_utf8(out).unwrap())
}

fn create(app: &App, body: &std::path::Path, topic: &str, language: Option<&str>) -> Result<String, String> {
    let language = language.map(str::to_owned);
    call(
        app,
        CampaignCommand::Create { subject: "News".into(), body: body.to_path_buf(), topic: topic.into(), language },
    )
}

on_both! {
    async fn from_create_to_deliveries(backend) {
        let test = TestDb::new(backend);
        let app = app(&test);
        let law = in_db(&app, |db| Ok(topic(db, "law", now()).1)).unwrap();
        reader(&app, "anna@a.example", "en", "active", &[law]);
        reader(&app, "boris@a.example", "ru", "active", &[law]);
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("body.md");
        std::fs::write(&file, "\u{feff}Dear {{subscriber.name}}").unwrap();
        let id: i64 = create(&app, &file, "law", Some("ru")).unwrap().strip_suffix('\n').unwrap().parse().unwrap();

        assert_eq!(call(&app, CampaignCommand::Send { id, wait: false }).unwrap(), "");
        assert_eq!(call(&app, CampaignCommand::Send { id, wait: false }).unwrap(), "", "again is the same");
        let json = call(&app, CampaignCommand::Status { id, json: true }).unwrap();
        assert_eq!(json, format!(
            "{{\"id\":{id},\"state\":\"sending\",\"total\":2,\"queued\":2,\"sending\":0,\"sent\":0,\"deferred\":0,\"failed\":0,\"skipped\":0,\"unknown\":0,\"reason\":null,\"started_at\":\"{}\",\"finished_at\":null}}\n",
            now().rfc3339()
        ));
        call(&app, CampaignCommand::Pause { id }).unwrap();
        assert!(call(&app, CampaignCommand::Send { id, wait: false }).unwrap_err().contains("is paused"));
        let words = call(&app, CampaignCommand::Status { id, json: false }).unwrap();
        assert!(words.starts_with(&format!("campaign {id}: paused\n  Paused by command line.\n  total             2\n")), "{words}");
        call(&app, CampaignCommand::Resume { id }).unwrap();

        let first = &rows(&app, CampaignId(id))[0];
        set_state(&app, first, DeliveryState::Sent);
        let csv = call(&app, CampaignCommand::Deliveries { id, state: None, csv: true }).unwrap();
        let lines: Vec<&str> = csv.lines().collect();
        assert_eq!(lines[0], "email,state,attempts,code,reply,message_id,updated_at");
        assert!(lines[1].starts_with("anna@a.example,sent,0,,,") && lines[1].contains("@127.0.0.1,2026-"), "{csv}");
        assert_eq!(lines.len(), 3);
        let queued = call(&app, CampaignCommand::Deliveries { id, state: Some("queued".into()), csv: false }).unwrap();
        assert_eq!(queued, "queued   boris@a.example\n");
        assert_eq!(call(&app, CampaignCommand::Cancel { id }).unwrap(), "cancelled; 1 not mailed\n");
        let csv = call(&app, CampaignCommand::Deliveries { id, state: Some("skipped".into()), csv: true }).unwrap();
        assert!(csv.contains("boris@a.example,skipped,0,,campaign cancelled,"), "{csv}");
        assert!(call(&app, CampaignCommand::Pause { id }).unwrap_err().contains("was cancelled, so it cannot be paused"));
    }

    async fn bad_input_is_named_and_changes_nothing(backend) {
        let test = TestDb::new(backend);
        let app = app(&test);
        in_db(&app, |db| Ok(topic(db, "law", now()))).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, bytes: &[u8]| { let file = folder.path().join(name); std::fs::write(&file, bytes).unwrap(); file };
        let good = file("good.md", b"Hello");
        for (result, words) in [
            (create(&app, &file("bad.md", b"line\n{{web_ur}}"), "law", None), "body: line 2: there is no placeholder {{web_ur}}"),
            (create(&app, &file("latin1.md", b"caf\xe9"), "law", None), "is not UTF-8 text"),
            (create(&app, &file("empty.md", b" \n"), "law", None), "is empty"),
            (create(&app, &file("nul.md", b"a\0b"), "law", None), "control character"),
            (create(&app, &file("big.md", &b"x".repeat(1_000_000)), "law", None), "too long"),
            (create(&app, &folder.path().join("none.md"), "law", None), "cannot read"),
            (create(&app, &good, "nothing", None), "there is no topic \"nothing\""),
            (create(&app, &good, "law", Some("no language")), "a language is written as a short tag"),
            (call(&app, CampaignCommand::Send { id: 7, wait: false }), "there is no such campaign"),
            (call(&app, CampaignCommand::Status { id: 7, json: true }), "there is no such campaign"),
            (call(&app, CampaignCommand::Deliveries { id: 7, state: None, csv: true }), "there is no such campaign"),
            (call(&app, CampaignCommand::Deliveries { id: 7, state: Some("lost".into()), csv: true }), "\"lost\" is none of: queued, sending,"),
        ] {
            let error = result.unwrap_err();
            assert!(error.contains(words), "{words}: {error}");
        }
        let all = in_db(&app, |db| Ok(pledgepost::campaigns::store::list(db, None, None, pledgepost::values::PageRequest::new(None, 10))?.total));
        assert_eq!(all.unwrap(), 0);
    }
}
