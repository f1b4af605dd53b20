//! Words as the search compares them: split, small, without endings.

/// Words that say nothing about a tool.
const EMPTY: &[&str] = &[
    "a", "about", "all", "an", "and", "any", "are", "as", "at", "be", "by", "can", "do", "does",
    "for", "from", "give", "has", "have", "how", "i", "if", "in", "is", "it", "its", "let", "me",
    "my", "of", "on", "or", "our", "please", "so", "some", "that", "the", "their", "them", "there",
    "these", "this", "those", "to", "tool", "up", "us", "use", "want", "was", "we", "were", "what",
    "when", "where", "which", "who", "will", "with", "would", "you", "your", "mcp",
];

/// Words that people and servers use for one thing. One that only means the same counts less than the word itself.
const SAME: &[&[&str]] = &[
    &["search", "find", "look", "query", "lookup"],
    &[
        "list", "show", "get", "fetch", "read", "see", "display", "retriev", "view",
    ],
    &[
        "create", "add", "make", "new", "open", "file", "start", "write",
    ],
    &[
        "update", "change", "edit", "modify", "set", "rename", "move",
    ],
    &["delete", "remove", "drop", "erase"],
    &["send", "post", "publish", "reply"],
    &["issue", "ticket", "bug", "task"],
    &["error", "exception", "crash", "failure"],
    &["message", "dm", "chat"],
    &["document", "doc", "page", "note"],
    &["repository", "repo"],
    &["pull", "pr"],
    &["customer", "client", "account"],
    &["invoice", "bill"],
    &["refund", "reimburse"],
    &["meeting", "event", "appointment", "calendar"],
    &["person", "people", "user", "member"],
    &["comment", "reply", "remark"],
    &["assign", "assignee", "owner"],
    &["merge", "land"],
    &["channel", "room"],
    &["cancel", "stop", "end", "terminate"],
    &["payment", "charge", "pay"],
    &["price", "cost", "pricing"],
    &["close", "resolve", "done", "complete"],
    &["folder", "directory"],
    &["mail", "email"],
    &["metric", "chart", "graph", "statistic"],
    &["deploy", "release", "rollout", "ship"],
    &["job", "run", "workflow", "pipeline", "build", "ci"],
];

/// The stems of other words that mean the same.
pub(super) fn synonyms(stem: &str) -> Vec<String> {
    SAME.iter()
        .map(|group| {
            group
                .iter()
                .map(|word| self::stem(word))
                .collect::<Vec<_>>()
        })
        .filter(|group| group.iter().any(|word| word == stem))
        .flatten()
        .filter(|word| word != stem)
        .collect()
}

/// The stems of a text, in its order.
pub(super) fn stems(text: &str) -> impl Iterator<Item = String> {
    split(text)
        .into_iter()
        .filter(|word| !EMPTY.contains(&word.as_str()))
        .map(|word| stem(&word))
}

/// Splits at everything that is no letter or digit, and inside `camelCase`, `HTTPServer` and `v2Api`.
fn split(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let characters: Vec<char> = text.chars().collect();
    for (at, &character) in characters.iter().enumerate() {
        if !character.is_alphanumeric() {
            take(&mut words, &mut word);
            continue;
        }
        let before = at.checked_sub(1).map(|at| characters[at]);
        let after = characters.get(at + 1);
        let hump = before.is_some_and(|before| {
            character.is_uppercase()
                && (before.is_lowercase()
                    || before.is_ascii_digit()
                    || (before.is_uppercase() && after.is_some_and(|after| after.is_lowercase())))
        });
        if hump {
            take(&mut words, &mut word);
        }
        word.extend(character.to_lowercase());
    }
    take(&mut words, &mut word);
    words
}

fn take(words: &mut Vec<String>, word: &mut String) {
    if !word.is_empty() {
        words.push(std::mem::take(word));
    }
}

/// Takes the common endings of English off. Both sides of a comparison pass through here, so a stem need not be a word.
fn stem(word: &str) -> String {
    if !word.is_ascii() || word.len() < 4 {
        return word.to_owned();
    }
    let base = plural(word);
    for ending in [
        "ations", "ation", "ings", "ing", "edly", "ers", "ed", "er", "ly",
    ] {
        if let Some(rest) = base.strip_suffix(ending)
            && rest.len() >= 4
        {
            return without_tail(rest);
        }
    }
    without_tail(&base)
}

fn plural(word: &str) -> String {
    if let Some(rest) = word.strip_suffix("ies")
        && rest.len() >= 2
    {
        return format!("{rest}y");
    }
    for ending in ["sses", "shes", "ches", "xes"] {
        if word.ends_with(ending) {
            return word[..word.len() - 2].to_owned();
        }
    }
    match word.strip_suffix('s') {
        Some(rest) if !rest.ends_with(['s', 'u', 'i']) => rest.to_owned(),
        _ => word.to_owned(),
    }
}

/// `create`, `creat(ing)` and `merg(ed)`, `merge` meet without their last `e`; `stopp(ed)` and `stop` with one letter.
fn without_tail(word: &str) -> String {
    let word = word
        .strip_suffix('e')
        .filter(|rest| rest.len() >= 3)
        .unwrap_or(word);
    let mut ends = word.bytes().rev();
    let (last, before) = (ends.next(), ends.next());
    if last == before && word.len() > 4 && last.is_some_and(|l| !b"aeiouls".contains(&l)) {
        return word[..word.len() - 1].to_owned();
    }
    word.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str) -> Vec<String> {
        stems(text).collect()
    }

    #[test]
    fn identifiers_fall_into_words() {
        assert_eq!(all("create_pull_request"), ["creat", "pull", "request"]);
        assert_eq!(all("listHTTPRoutes2"), ["list", "http", "routes2"]);
        assert_eq!(all("search-issues.v2Api"), ["search", "issu", "v2", "api"]);
        assert_eq!(all("Find the BUG 🐛, please"), ["find", "bug"]);
    }

    #[test]
    fn endings_do_not_matter() {
        for (one, other) in [
            ("issues", "issue"),
            ("merged", "merge"),
            ("creating", "create"),
            ("stopped", "stop"),
            ("repositories", "repository"),
            ("branches", "branch"),
            ("assigned", "assign"),
            ("invoices", "invoicing"),
        ] {
            assert_eq!(stem(one), stem(other), "{one} and {other}");
        }
        assert_eq!(stem("status"), "status");
        assert_eq!(stem("größe"), "größe");
    }

    #[test]
    fn everyday_words_stand_for_those_of_servers() {
        let same = synonyms(&stem("tickets"));
        assert!(same.contains(&stem("issue")), "{same:?}");
        assert!(synonyms("zebra").is_empty());
    }
}
