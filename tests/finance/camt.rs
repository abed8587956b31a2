//! The reader of statements on files that nobody wrote by hand: changed, cut, made up.

use pledgepost::finance::bank::camt::read;
use proptest::prelude::*;

use crate::support::camt::{Camt, file};

/// Statements in the shapes of several banks.
const FILES: [(&str, &[u8]); 3] = [
    ("savings bank, camt.053.001.02", include_bytes!("statements/savings_bank_02.xml")),
    ("cooperative bank, camt.053.001.04", include_bytes!("statements/cooperative_bank_04.xml")),
    ("direct bank, camt.053.001.08", include_bytes!("statements/direct_bank_08.xml")),
];

#[test]
fn banks_write_differently_and_mean_the_same() {
    for (bank, bytes) in FILES {
        let statements = read(bytes).unwrap_or_else(|flaw| panic!("{bank}: {flaw}"));
        let lines: Vec<_> = statements.iter().flat_map(|statement| &statement.lines).collect();
        let payout = lines.iter().find(|line| line.amount_minor == 9752).expect(bank);
        assert_eq!(payout.booked_on.to_string(), "2026-03-12", "{bank}");
        assert!(payout.counterparty.to_lowercase().contains("stripe"), "{bank}: {payout:?}");
        assert!(payout.words.contains("STRIPE"), "{bank}: {payout:?}");
        assert!(payout.bank_reference.is_some(), "{bank}");
        assert!(lines.iter().any(|line| line.amount_minor == -85_000), "{bank}");
    }
}

fn statement() -> impl Strategy<Value = Camt> {
    let entry = (1_u32..=28, -500_000_i64..500_000, "[a-zA-Zäя&<>]{0,12}", "[ -~äя]{0,30}");
    (proptest::collection::vec(entry, 0..20), -900_000_i64..900_000).prop_map(|(entries, opening)| {
        entries.into_iter().fold(Camt::new("S 1", "2026-03-01", "2026-03-31", opening), |camt, entry| {
            let (day, minor, name, words) = entry;
            camt.entry(&format!("2026-03-{day:02}"), minor, &name, &words)
        })
    })
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn what_is_written_is_read(camt in statement()) {
        let read = read(camt.file().as_bytes()).unwrap().remove(0);
        prop_assert_eq!((read.opening_minor, read.closing_minor), (camt.opening, camt.closing()));
        prop_assert_eq!(read.lines.len(), camt.entries.len());
        for (line, entry) in read.lines.iter().zip(&camt.entries) {
            prop_assert_eq!((line.booked_on.to_string(), line.amount_minor), (entry.day.clone(), entry.minor));
            prop_assert_eq!(&line.words, &one_line(&entry.words));
            prop_assert_eq!(&line.counterparty, &one_line(&entry.counterparty));
        }
    }

    #[test]
    fn any_bytes_are_answered(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = read(&bytes);
    }

    #[test]
    fn a_damaged_file_is_read_or_refused_with_a_line(
        which in 0_usize..3,
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in any::<prop::sample::Index>(),
        cuts in any::<bool>(),
    ) {
        let mut bytes = FILES[which].1.to_vec();
        for (place, byte) in changes {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        if cuts {
            bytes.truncate(cut.index(bytes.len()));
        }
        let lines = 1 + bytes.iter().filter(|byte| **byte == b'\n').count();
        if let Err(flaw) = read(&bytes) {
            prop_assert!((1..=lines).contains(&flaw.line), "{} of {}", flaw, lines);
        }
    }

    #[test]
    fn a_piece_moved_or_doubled_is_answered(
        from in any::<prop::sample::Index>(),
        length in 1_usize..200,
        to in any::<prop::sample::Index>(),
    ) {
        let camt = Camt::new("S", "2026-03-01", "2026-03-31", 0).stripe("2026-03-02", 100);
        let mut bytes = file(&[camt]).into_bytes();
        let from = from.index(bytes.len());
        let piece = bytes[from..(from + length).min(bytes.len())].to_vec();
        let to = to.index(bytes.len());
        bytes.splice(to..to, piece);
        let _ = read(&bytes);
    }
}
