//! What may happen to a webhook between Stripe and us. Decided by row numbers, so that a failure can be played again.

use chrono::Duration;

use super::store::Webhook;
use crate::text_enum;

text_enum! {
    /// How the sandbox treats its webhooks.
    pub enum Mischief {
        /// Each once, in order, at once.
        Honest => "none",
        /// Each two times, at the same moment.
        Twice => "twice",
        /// Held back for some seconds.
        Late => "late",
        /// What is due together goes out in reverse.
        Shuffled => "shuffled",
        /// Never sent.
        Lost => "lost",
        /// Some twice, some behind others, a few late.
        Realistic => "realistic",
    }
}

impl Mischief {
    /// As a sentence beside its radio button.
    pub fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Honest => ("None", "Each event arrives once, in order, at once."),
            Self::Twice => ("Twice", "Each event arrives two times at the same moment."),
            Self::Late => ("Late", "Each event is held back for three to seven seconds."),
            Self::Shuffled => ("Shuffled", "Events that are due together arrive in reverse."),
            Self::Lost => ("Lost", "No event arrives; they can still be listed."),
            Self::Realistic => ("Realistic", "Some arrive twice, some out of order, a few late."),
        }
    }
}

/// What is done to one webhook that is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Plan {
    Send { copies: i64 },
    Hold(Duration),
    Lose,
}

pub(super) fn plan(mischief: Mischief, webhook: &Webhook) -> Plan {
    let once = Plan::Send { copies: 1 };
    // What was tried, held back or sent by hand has had its mischief.
    if webhook.attempts > 0 || !webhook.answer.is_empty() {
        return once;
    }
    let number = webhook.id;
    match mischief {
        Mischief::Honest | Mischief::Shuffled => once,
        Mischief::Twice => Plan::Send { copies: 2 },
        Mischief::Late => Plan::Hold(Duration::seconds(3 + number % 5)),
        Mischief::Lost => Plan::Lose,
        Mischief::Realistic if number % 7 == 3 => Plan::Hold(Duration::seconds(2 + number % 3)),
        Mischief::Realistic if number % 4 == 1 => Plan::Send { copies: 2 },
        Mischief::Realistic => once,
    }
}

/// The order in which a batch goes out.
pub(super) fn order<T>(mischief: Mischief, batch: &mut [T], number: impl Fn(&T) -> i64) {
    match mischief {
        Mischief::Shuffled => batch.reverse(),
        // Every third lets the others go first.
        Mischief::Realistic => batch.sort_by_key(|row| number(row) % 3 == 0),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::At;

    fn webhook(id: i64, attempts: i64, answer: &str) -> Webhook {
        let due_at = At::from_micros(0);
        Webhook {
            id,
            event_id: "evt_1".into(),
            due_at,
            attempts,
            delivered_at: None,
            given_up_at: None,
            answer: answer.into(),
        }
    }

    #[test]
    fn each_kind_does_what_it_says() {
        let plan_of = |mischief| plan(mischief, &webhook(9, 0, ""));
        assert_eq!(plan_of(Mischief::Honest), Plan::Send { copies: 1 });
        assert_eq!(plan_of(Mischief::Twice), Plan::Send { copies: 2 });
        assert_eq!(plan_of(Mischief::Late), Plan::Hold(Duration::seconds(7)));
        assert_eq!(plan_of(Mischief::Lost), Plan::Lose);
        for done in [webhook(9, 1, ""), webhook(9, 0, "held back")] {
            assert!(Mischief::ALL.iter().all(|mischief| plan(*mischief, &done) == Plan::Send { copies: 1 }));
        }
    }

    #[test]
    fn realistic_is_a_mixture() {
        let plans: Vec<Plan> = (1..=84).map(|id| plan(Mischief::Realistic, &webhook(id, 0, ""))).collect();
        let count = |wanted: fn(&Plan) -> bool| plans.iter().filter(|plan| wanted(plan)).count();
        assert_eq!(count(|plan| matches!(plan, Plan::Hold(_))), 12);
        assert_eq!(count(|plan| matches!(plan, Plan::Send { copies: 2 })), 18);
        let mut batch: Vec<i64> = (1..=6).collect();
        order(Mischief::Realistic, &mut batch, |id| *id);
        assert_eq!(batch, [1, 2, 4, 5, 3, 6]);
        order(Mischief::Shuffled, &mut batch, |id| *id);
        assert_eq!(batch, [6, 3, 5, 4, 2, 1]);
        order(Mischief::Twice, &mut batch, |id| *id);
        assert_eq!(batch, [6, 3, 5, 4, 2, 1]);
    }
}
