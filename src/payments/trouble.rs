//! What may go wrong with a row, and when it is tried again.

use chrono::Duration;

use crate::error::Error;
use crate::stripe::Failure;

/// Why a row could not be brought to its end.
#[derive(Debug)]
pub(super) enum Trouble {
    Stripe(Failure),
    Database(Error),
    /// Others wrote the object again and again while it was fetched.
    Busy,
    /// The row is not ours any more: somebody else has it.
    Lost,
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        Self::Stripe(failure)
    }
}
impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Self::Database(error)
    }
}
impl From<diesel::result::Error> for Trouble {
    fn from(error: diesel::result::Error) -> Self {
        Self::Database(error.into())
    }
}

/// What becomes of a row that had trouble.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    Later {
        wait: Duration,
        words: String,
        /// Whether this try counts towards giving up.
        counts: bool,
    },
    Failed(String),
}

/// Growing waits from 30 seconds to 6 hours add up to three days with this many tries.
const MOST_TRIES: i64 = 21;
/// An event may be faster than the object it names can be read.
const WAITS_FOR_OBJECT: [i64; 4] = [10, 30, 120, 300];

/// 30 s, 1 min, 2 min … 6 h.
pub(super) fn wait(tries: i64) -> Duration {
    let doublings = u32::try_from(tries.clamp(0, 10)).unwrap_or(10);
    Duration::seconds((30 * 2_i64.pow(doublings)).min(6 * 3600))
}

impl Trouble {
    /// In words for staff.
    pub(super) fn words(&self) -> String {
        match self {
            Self::Stripe(failure) => failure.to_string(),
            Self::Database(Error::Internal(cause) | Error::Unavailable(cause)) => format!("{cause:#}"),
            Self::Database(error) => error.to_string(),
            Self::Busy => "the object changed again and again while it was fetched".into(),
            Self::Lost => "another process took it over".into(),
        }
    }

    /// For a row that was tried `tries` times before this.
    pub(super) fn next(&self, tries: i64) -> Next {
        let words = self.words();
        match self {
            Self::Stripe(Failure::NotFound(_)) => {
                match usize::try_from(tries).ok().and_then(|tries| WAITS_FOR_OBJECT.get(tries)) {
                    Some(seconds) => Next::Later { wait: Duration::seconds(*seconds), words, counts: true },
                    None => Next::Failed(words),
                }
            }
            Self::Stripe(Failure::Refused { .. }) => Next::Failed(words),
            // Nothing is wrong with the row: it waits for the operator.
            Self::Stripe(Failure::Key(_)) => Next::Later { wait: Duration::minutes(5), words, counts: false },
            _ if tries + 1 >= MOST_TRIES => Next::Failed(format!("given up after three days: {words}")),
            _ => Next::Later { wait: wait(tries), words, counts: true },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_three_days() {
        let away = Trouble::Stripe(Failure::Unavailable("no answer".into()));
        let (mut total, mut tries) = (Duration::zero(), 0);
        while let Next::Later { wait, counts: true, .. } = away.next(tries) {
            total += wait;
            tries += 1;
        }
        assert_eq!(tries, 20);
        assert!((Duration::hours(66)..Duration::hours(75)).contains(&total), "{total}");
        assert_eq!((wait(0).num_seconds(), wait(1).num_seconds(), wait(99).num_hours()), (30, 60, 6));
    }

    #[test]
    fn a_refusal_is_final_and_a_bad_key_never() {
        let refused = Failure::Refused { code: "x".into(), message: "no".into() };
        assert!(matches!(Trouble::from(refused).next(0), Next::Failed(_)));
        assert!(matches!(Trouble::from(Failure::Key("401".into())).next(10_000), Next::Later { counts: false, .. }));
        let gone = Trouble::from(Failure::NotFound("cs_1".into()));
        assert!(matches!(gone.next(3), Next::Later { .. }) && matches!(gone.next(4), Next::Failed(_)));
    }
}
