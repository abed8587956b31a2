use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll};

use proptest::prelude::*;
use tokio::io::ReadBuf;

use super::*;

/// Gives what it was given, piece by piece, and then ends.
struct Pieces(VecDeque<Vec<u8>>);

impl AsyncRead for Pieces {
    fn poll_read(mut self: Pin<&mut Self>, _: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<std::io::Result<()>> {
        if let Some(mut piece) = self.0.pop_front() {
            let rest = piece.split_off(piece.len().min(buf.remaining()));
            buf.put_slice(&piece);
            if !rest.is_empty() {
                self.0.push_front(rest);
            }
        }
        Poll::Ready(Ok(()))
    }
}

fn all(pieces: impl IntoIterator<Item = Vec<u8>>) -> (Vec<Reply>, String) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let mut from = Pieces(pieces.into_iter().filter(|piece| !piece.is_empty()).collect());
        let (mut inbox, mut replies) = (Inbox::new(), Vec::new());
        loop {
            match inbox.next(&mut from).await {
                Ok(code) => {
                    let reply = inbox.reply();
                    assert_eq!(reply.code, code);
                    replies.push(reply);
                }
                Err(Failure::Lost(_, why)) => return (replies, why),
                Err(Failure::Refused(reply)) => panic!("{reply}"),
            }
        }
    })
}

fn one(text: &[u8]) -> Result<String, String> {
    let (replies, why) = all([text.to_vec()]);
    replies.first().map(ToString::to_string).ok_or(why)
}

#[test]
fn reads_what_servers_say() {
    for (said, read) in [
        (&b"250 ok\r\n"[..], "250 ok"),
        (b"250\r\n", "250 "),
        (b"250 \r\n", "250 "),
        (b"250 ok\n", "250 ok"),
        (b"250-one\r\n250-\r\n250 two\r\n", "250 one two"),
        (b"550-5.1.1 no such user\r\n550 5.1.1 really not\r\n", "550 5.1.1 no such user really not"),
        (b"550-5.1.1 no\r\n550-5.1.1\r\n550 5.7.1 x\r\n", "550 5.1.1 no 5.7.1 x"),
        ("550 кто\0\r\n".as_bytes(), "550 ???????"),
        (b"450-the\r\n450 the\r\n", "450 the the"),
    ] {
        assert_eq!(one(said).as_deref(), Ok(read), "{said:?}");
    }
}

#[test]
fn what_is_no_reply_is_not_taken_for_one() {
    for said in
        ["garbage\r\n", "25\r\n", "\r\n", "250ok\r\n", "150 ok\r\n", "999 ok\r\n", "250-a\r\n251 b\r\n", "+OK\r\n"]
    {
        assert!(one(said.as_bytes()).unwrap_err().starts_with("it does not speak SMTP"), "{said:?}");
    }
    assert_eq!(one(b"250 no end").unwrap_err(), "the connection was closed");
    assert_eq!(one(&b"250-more\r\n".repeat(2000)).unwrap_err(), "it answers without end");
    assert_eq!(one(&b"2".repeat(20_000)).unwrap_err(), "it answers without end");
    assert!(one(&[b"250 ", &b"x".repeat(9000)[..], b"\r\n"].concat()).unwrap().len() < 3000, "what is kept is bounded");
}

prop_compose! {
    fn reply()(code in 200..=599u16, lines in prop::collection::vec("[a-z ]{0,20}", 1..4)) -> (u16, Vec<String>) {
        (code, lines)
    }
}

proptest! {
    #[test]
    fn replies_are_the_same_however_they_are_split(
        said in prop::collection::vec(reply(), 1..8),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
    ) {
        let mut bytes = Vec::new();
        for (code, lines) in &said {
            for (n, line) in lines.iter().enumerate() {
                let mark = if n + 1 == lines.len() { ' ' } else { '-' };
                bytes.extend_from_slice(format!("{code}{mark}{line}\r\n").as_bytes());
            }
        }
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len())).collect();
        cuts.extend([0, bytes.len()]);
        cuts.sort_unstable();
        let pieces: Vec<Vec<u8>> = cuts.windows(2).map(|ends| bytes[ends[0]..ends[1]].to_vec()).collect();
        let (replies, why) = all(pieces);
        let (whole, _) = all([bytes]);
        prop_assert_eq!(why, "the connection was closed");
        prop_assert_eq!(&replies, &whole);
        let codes: Vec<u16> = replies.iter().map(|reply| reply.code).collect();
        prop_assert_eq!(codes, said.iter().map(|(code, _)| *code).collect::<Vec<_>>());
    }

    #[test]
    fn nothing_makes_it_panic(pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..20)) {
        all(pieces);
    }

    #[test]
    fn nor_does_anything_like_a_reply(text in "([0-9]{2,4}[ -]?[a-z.5 \u{0}é]{0,9}\r?\n?){0,9}") {
        all([text.into_bytes()]);
    }
}
