//! Dialogues, word for word.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::io::DuplexStream;

use super::*;

#[derive(Default)]
struct Shelf {
    mails: Mutex<Vec<Mail>>,
    broken: AtomicBool,
}
impl Keep for Shelf {
    async fn keep(&self, mail: Mail) -> Result<(), NotKept> {
        if self.broken.load(Ordering::SeqCst) {
            return Err(NotKept);
        }
        self.mails.lock().unwrap().push(mail);
        Ok(())
    }
}

/// Small limits, so that the tests reach them.
fn small() -> Limits {
    Limits { mail_bytes: 200, line_bytes: 100, recipients: 3, mistakes: 3, ..Limits::default() }
}

/// Writes the packets one by one, hangs up, and gives every answer and what was kept.
async fn talk(limits: Limits, packets: &[&str]) -> (Vec<String>, Vec<Mail>) {
    let (mut client, server) = tokio::io::duplex(64 * 1024);
    let (shelf, (_stop, stopped)) = (Shelf::default(), watch::channel(false));
    let say = async {
        for packet in packets {
            client.write_all(packet.as_bytes()).await.unwrap();
            tokio::task::yield_now().await;
        }
        let _ = client.shutdown().await;
        let mut answers = String::new();
        client.read_to_string(&mut answers).await.unwrap();
        answers
    };
    let (answers, _) = tokio::join!(say, serve(server, &shelf, limits, stopped));
    let mails = shelf.mails.into_inner().unwrap();
    (answers.lines().map(str::to_owned).collect(), mails)
}

fn codes(answers: &[String]) -> Vec<&str> {
    answers.iter().filter(|line| line.as_bytes()[3] == b' ').map(|line| &line[..3]).collect()
}

#[tokio::test]
async fn takes_a_mail_step_by_step_and_a_pipelined_one_behind_it() {
    let (answers, mails) = talk(
        small(),
        &[
            "EHLO me\r\n",
            "MAIL FROM:<a@b.org> SIZE=20\r\n",
            "RCPT TO:<c@d.org>\r\n",
            "DATA\r\n",
            "Subject: x\r\n\r\n..dot\r\n.\r\n",
            "MAIL FROM:<>\r\nRCPT TO:<e@f.org>\r\nRCPT TO:<g@h.org>\r\nDATA\r\nhi\r\n.\r\nNOOP\r\nQUIT\r\n",
        ],
    )
    .await;
    assert_eq!(
        codes(&answers),
        ["220", "250", "250", "250", "354", "250", "250", "250", "250", "354", "250", "250", "221"]
    );
    assert_eq!(
        mails,
        [
            Mail {
                sender: "a@b.org".into(),
                recipients: vec!["c@d.org".into()],
                raw: b"Subject: x\r\n\r\n.dot\r\n".to_vec()
            },
            Mail { sender: "".into(), recipients: vec!["e@f.org".into(), "g@h.org".into()], raw: b"hi\r\n".to_vec() },
        ]
    );
    assert!(answers.iter().any(|line| line == "250-PIPELINING"), "{answers:?}");
}

#[tokio::test]
async fn does_not_mind_where_packets_are_cut() {
    let dialogue = "EHLO me\r\nMAIL FROM:<ä@b.org> SMTPUTF8\r\nRCPT TO:<ö@d.org>\r\nDATA\r\n..\r\n\r\n.\r\nQUIT\r\n";
    let letters: Vec<String> = dialogue.chars().map(String::from).collect();
    let packets: Vec<&str> = letters.iter().map(String::as_str).collect();
    let (answers, mails) = talk(small(), &packets).await;
    assert_eq!(codes(&answers), ["220", "250", "250", "250", "354", "250", "221"]);
    assert_eq!(mails[0].raw, b".\r\n\r\n");
    assert_eq!(mails[0].sender, "ä@b.org");
}

#[tokio::test]
async fn keeps_the_order_of_commands() {
    let patient = Limits { mistakes: 100, ..small() };
    let (answers, mails) = talk(
        patient,
        &["MAIL FROM:<a@b.org>\r\nHELO me\r\nRCPT TO:<a@b.org>\r\nDATA\r\nMAIL FROM:<a@b.org>\r\nMAIL FROM:<a@b.org>\r\n\
           DATA\r\nRSET\r\nDATA\r\nMAIL FROM:<a@b.org>\r\nEHLO me\r\nRCPT TO:<a@b.org>\r\nVRFY x\r\nHELP\r\n"],
    )
    .await;
    assert_eq!(
        codes(&answers),
        ["220", "503", "250", "503", "503", "250", "503", "554", "250", "503", "250", "250", "503", "252", "214"]
    );
    assert!(mails.is_empty());
}

#[tokio::test]
async fn refuses_what_is_too_much() {
    let body = "x".repeat(90) + "\r\n";
    let data = format!("DATA\r\n{}.\r\n", body.repeat(3));
    let long = format!("NOOP {}\r\n", "y".repeat(250));
    let (answers, mails) = talk(
        small(),
        &[
            "EHLO me\r\nMAIL FROM:<a@b.org> SIZE=201\r\nMAIL FROM:<a@b.org>\r\n",
            "RCPT TO:<1@b.org>\r\nRCPT TO:<2@b.org>\r\nRCPT TO:<3@b.org>\r\nRCPT TO:<4@b.org>\r\n",
            &data,
            &long,
            "NOOP\r\nMAIL FROM:<ä@b.org>\r\n",
        ],
    )
    .await;
    assert_eq!(
        codes(&answers),
        ["220", "250", "552", "250", "250", "250", "250", "452", "354", "552", "500", "250", "553"]
    );
    assert!(mails.is_empty());
}

#[tokio::test]
async fn parts_after_too_many_mistakes() {
    let (answers, _) = talk(small(), &["WHAT\r\nAUTH PLAIN\r\nMAIL FROM:x\r\nRCPT\r\nNOOP\r\n"]).await;
    assert_eq!(codes(&answers), ["220", "500", "502", "501", "501", "421"]);
}

async fn read_some(client: &mut DuplexStream) -> String {
    let mut buffer = vec![0; 4096];
    let read = client.read(&mut buffer).await.unwrap();
    String::from_utf8_lossy(&buffer[..read]).into_owned()
}

#[tokio::test]
async fn answers_before_waiting_also_when_half_a_command_is_in() {
    let (mut client, server) = tokio::io::duplex(4096);
    let (shelf, (stop, stopped)) = (Shelf::default(), watch::channel(false));
    let say = async {
        assert!(read_some(&mut client).await.starts_with("220"));
        client.write_all(b"EHLO me\r\nNOO").await.unwrap();
        assert!(read_some(&mut client).await.starts_with("250-"));
        stop.send(true).unwrap();
        assert!(read_some(&mut client).await.starts_with("421 4.3.2"));
    };
    let (_, end) = tokio::join!(say, serve(server, &shelf, small(), stopped));
    end.unwrap();
}

#[tokio::test]
async fn parts_from_the_silent_and_defers_what_cannot_be_kept() {
    let (mut client, server) = tokio::io::duplex(4096);
    let (shelf, (_stop, stopped)) = (Shelf::default(), watch::channel(false));
    shelf.broken.store(true, Ordering::SeqCst);
    let say = async {
        client.write_all(b"EHLO me\r\nMAIL FROM:<a@b.org>\r\nRCPT TO:<c@d.org>\r\nDATA\r\nx\r\n.\r\n").await.unwrap();
        let mut answers = String::new();
        client.read_to_string(&mut answers).await.unwrap();
        answers
    };
    let limits = Limits { idle: Duration::from_millis(30), ..small() };
    let (answers, end) = tokio::join!(say, serve(server, &shelf, limits, stopped));
    end.unwrap();
    let lines: Vec<String> = answers.lines().map(str::to_owned).collect();
    assert_eq!(codes(&lines), ["220", "250", "250", "250", "354", "451", "421"]);
}
