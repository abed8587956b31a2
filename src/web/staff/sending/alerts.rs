//! What is worth a notice on the start page: rules over numbers, without a database or a clock.

use chrono::Duration;

use crate::outbox::backlog::Waiting;
use crate::values::{At, CampaignId};

/// Confirmations and receipts overtake everything: this long none of them waits while all is well.
const SYSTEM_PATIENCE: Duration = Duration::minutes(2);
/// A campaign that may send records something every second.
const CAMPAIGN_PATIENCE: Duration = Duration::minutes(10);
/// Fewer are put off by everyday trouble.
const MANY: i64 = 100;

/// What the rules look at.
#[derive(Debug, Clone, Default)]
pub struct Numbers {
    pub nodes: i64,
    /// System mails that were never tried.
    pub system: Waiting,
    /// Whether some mail server takes campaigns now.
    pub open: bool,
    /// Those that are being sent.
    pub campaigns: Vec<Progress>,
}

/// How a campaign gets on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    pub id: CampaignId,
    pub name: String,
    /// Whether it keeps hours: then it may wait for them.
    pub keeps_hours: bool,
    /// When something was recorded last, or when it was started or resumed.
    pub moved_at: At,
    pub queued: i64,
    pub deferred: i64,
    /// What is through, one way or another.
    pub done: i64,
}

/// A state that somebody should know of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alert<'a> {
    NobodyDelivers { waiting: i64 },
    SystemMailsWait { mails: i64, longest: Duration },
    StandsStill { campaign: &'a Progress, since: Duration },
    ManyPutOff(&'a Progress),
}

/// What is wrong at `now`, the gravest first. Nothing is told twice: while nobody delivers, everything waits.
pub fn alerts(numbers: &Numbers, now: At) -> Vec<Alert<'_>> {
    let mut all = Vec::new();
    let waited = numbers.system.oldest.map(|oldest| now - oldest).filter(|waited| *waited > SYSTEM_PATIENCE);
    if numbers.nodes == 0 {
        all.push(Alert::NobodyDelivers { waiting: numbers.system.mails });
    } else if let Some(longest) = waited {
        all.push(Alert::SystemMailsWait { mails: numbers.system.mails, longest });
    }
    for campaign in numbers.campaigns.iter().filter(|campaign| !campaign.keeps_hours) {
        let since = now - campaign.moved_at;
        if numbers.nodes > 0 && numbers.open && campaign.queued > 0 && since > CAMPAIGN_PATIENCE {
            all.push(Alert::StandsStill { campaign, since });
        }
        if campaign.deferred >= MANY && campaign.deferred * 4 > campaign.done {
            all.push(Alert::ManyPutOff(campaign));
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: At = At(chrono::DateTime::UNIX_EPOCH);

    fn ago(minutes: i64) -> At {
        NOW - Duration::minutes(minutes)
    }

    fn campaign() -> Progress {
        Progress {
            id: CampaignId(1),
            name: "News".into(),
            keeps_hours: false,
            moved_at: ago(0),
            queued: 5000,
            deferred: 0,
            done: 1000,
        }
    }

    fn numbers(campaign: Progress) -> Numbers {
        Numbers { nodes: 1, system: Waiting::default(), open: true, campaigns: vec![campaign] }
    }

    #[test]
    fn nothing_is_said_while_all_is_well() {
        let fresh = Waiting { mails: 3, oldest: Some(ago(2)) };
        assert_eq!(alerts(&Numbers { system: fresh, ..numbers(campaign()) }, NOW), []);
        assert_eq!(alerts(&numbers(Progress { moved_at: ago(10), ..campaign() }), NOW), []);
        let nothing_left = Progress { moved_at: ago(600), queued: 0, deferred: 99, done: 1, ..campaign() };
        assert_eq!(alerts(&numbers(nothing_left), NOW), [], "the rest waits for its next try");
    }

    #[test]
    fn system_mails_that_wait() {
        let system = Waiting { mails: 3, oldest: Some(ago(3)) };
        let all = Numbers { system, ..numbers(campaign()) };
        assert_eq!(alerts(&all, NOW), [Alert::SystemMailsWait { mails: 3, longest: Duration::minutes(3) }]);
        let nobody = Numbers { nodes: 0, ..all };
        assert_eq!(alerts(&nobody, NOW), [Alert::NobodyDelivers { waiting: 3 }]);
    }

    #[test]
    fn a_campaign_that_stands_still() {
        let still = Progress { moved_at: ago(11), ..campaign() };
        let stands = Alert::StandsStill { campaign: &still, since: Duration::minutes(11) };
        let all = numbers(still.clone());
        assert_eq!(alerts(&all, NOW), [stands]);
        assert_eq!(alerts(&numbers(Progress { keeps_hours: true, ..still.clone() }), NOW), []);
        assert_eq!(alerts(&Numbers { open: false, ..all.clone() }, NOW), [], "the servers say why");
        assert_eq!(alerts(&Numbers { nodes: 0, ..all.clone() }, NOW), [Alert::NobodyDelivers { waiting: 0 }]);
    }

    #[test]
    fn many_that_were_put_off() {
        let put_off = |deferred, done| Progress { deferred, done, ..campaign() };
        for (deferred, done, many) in [(99, 0, false), (100, 0, true), (100, 400, false), (101, 400, true)] {
            let all = numbers(put_off(deferred, done));
            let expected: &[Alert<'_>] = if many { &[Alert::ManyPutOff(&all.campaigns[0])] } else { &[] };
            assert_eq!(alerts(&all, NOW), expected, "{deferred} beside {done}");
        }
        let later = Progress { keeps_hours: true, ..put_off(5000, 0) };
        assert_eq!(alerts(&numbers(later), NOW), [], "they wait for their hours");
    }
}
