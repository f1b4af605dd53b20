//! What stands in a question before it is answered: who and what is affected.

use tieline_hub::UserUsage;

use crate::dashboard::words::counted;

/// What a person did in the last 7 days.
pub(super) fn lately(usage: &UserUsage) -> String {
    if usage.calls == 0 {
        return "No calls in the last 7 days.".to_owned();
    }
    format!(
        "{} to {} in the last 7 days.",
        counted(usage.calls, "call", "calls"),
        counted(usage.connectors, "connector", "connectors")
    )
}

/// What ends at once when the person is suspended, one line for each kind of thing.
pub(super) fn ends(usage: &UserUsage) -> Vec<String> {
    let line = |count: u64, one, many, verb: [&str; 2]| {
        let verb = verb[usize::from(count != 1)];
        (count > 0).then(|| format!("{} {verb}", counted(count, one, many)))
    };
    let lines = [
        line(
            usage.turns,
            "running turn of the agent",
            "running turns of the agent",
            ["is stopped.", "are stopped."],
        ),
        line(
            usage.keys,
            "access key",
            "access keys",
            ["stops working.", "stop working."],
        ),
        line(
            usage.sign_ins,
            "browser",
            "browsers",
            ["is signed out.", "are signed out."],
        ),
    ];
    let mut lines: Vec<String> = lines.into_iter().flatten().collect();
    if lines.is_empty() {
        lines.push("Nothing runs now: no turn, no key, no sign-in.".to_owned());
    }
    lines.push(lately(usage));
    lines
}

/// What goes on all the same when the person loses the administration, and what they did.
pub(super) fn goes_on(usage: &UserUsage) -> Vec<String> {
    let mut lines = Vec::new();
    if usage.turns > 0 {
        let turns = counted(usage.turns, "running turn goes", "running turns go");
        lines.push(format!("{turns} on."));
    }
    if usage.keys > 0 {
        let keys = counted(usage.keys, "access key has", "access keys have");
        lines.push(format!("{keys} the rights of the new role."));
    }
    lines.push(lately(usage));
    lines
}

#[cfg(test)]
mod tests {
    use super::{ends, goes_on};
    use tieline_hub::UserUsage;

    #[test]
    fn what_ends_is_counted_and_what_is_not_there_is_left_out() {
        let usage = UserUsage {
            turns: 1,
            keys: 2,
            sign_ins: 1,
            calls: 1_214,
            connectors: 3,
        };
        assert_eq!(
            ends(&usage),
            [
                "1 running turn of the agent is stopped.",
                "2 access keys stop working.",
                "1 browser is signed out.",
                "1,214 calls to 3 connectors in the last 7 days."
            ]
        );
        assert_eq!(
            ends(&UserUsage::default()),
            [
                "Nothing runs now: no turn, no key, no sign-in.",
                "No calls in the last 7 days."
            ]
        );
        assert_eq!(
            goes_on(&usage)[..2],
            [
                "1 running turn goes on.",
                "2 access keys have the rights of the new role."
            ]
        );
    }
}
