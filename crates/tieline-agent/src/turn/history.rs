//! The conversation as it is sent: as it is stored, made acceptable for model APIs.

use crate::model::{AssistantPart, Message, ResultPart, UserPart};
use crate::turn::result::interrupted_call;

/// Reads stored messages. One that is damaged is left out rather than ending the session.
pub(super) fn read(bodies: &[String]) -> Vec<Message> {
    let messages = bodies.iter().filter_map(|body| {
        let read = serde_json::from_str(body);
        if read.is_err() {
            tracing::error!("a stored message of a session cannot be read, so it is left out");
        }
        read.ok()
    });
    mended(messages.collect())
}

/// Model APIs refuse a tool use without its result, a result without its use, and some of them two messages of one side
/// in a row.
pub(super) fn mended(messages: Vec<Message>) -> Vec<Message> {
    let mut mended: Vec<Message> = Vec::with_capacity(messages.len());
    let mut asked: Vec<String> = Vec::new();
    for message in messages {
        match message {
            Message::Assistant(parts) => {
                let parts = worth_sending(parts);
                answer_for(&mut mended, std::mem::take(&mut asked));
                if parts.is_empty() {
                    continue;
                }
                asked = tool_uses(&parts);
                match mended.last_mut() {
                    Some(Message::Assistant(before)) => before.extend(parts),
                    _ => mended.push(Message::Assistant(parts)),
                }
            }
            Message::User(parts) => {
                let parts: Vec<UserPart> = parts
                    .into_iter()
                    .filter(|part| match part {
                        UserPart::ToolResult { call_id, .. } => take(&mut asked, call_id),
                        UserPart::Text(_) => true,
                    })
                    .collect();
                append(&mut mended, parts, std::mem::take(&mut asked));
            }
        }
    }
    answer_for(&mut mended, asked);
    mended
}

/// Adds a user message: first the results that are missing, then what it says.
fn append(messages: &mut Vec<Message>, parts: Vec<UserPart>, missing: Vec<String>) {
    let mut all: Vec<UserPart> = missing.into_iter().map(missing_result).collect();
    let (results, texts): (Vec<_>, Vec<_>) = parts
        .into_iter()
        .partition(|part| matches!(part, UserPart::ToolResult { .. }));
    all.extend(results);
    all.extend(texts);
    if all.is_empty() {
        return;
    }
    match messages.last_mut() {
        Some(Message::User(before)) => before.extend(all),
        _ => messages.push(Message::User(all)),
    }
}

fn answer_for(messages: &mut Vec<Message>, missing: Vec<String>) {
    if !missing.is_empty() {
        append(messages, Vec::new(), missing);
    }
}

fn missing_result(call_id: String) -> UserPart {
    UserPart::ToolResult {
        call_id,
        is_error: true,
        parts: vec![ResultPart::Text(interrupted_call().to_owned())],
    }
}

fn take(asked: &mut Vec<String>, id: &str) -> bool {
    let at = asked.iter().position(|asked| asked == id);
    at.is_some_and(|at| {
        asked.remove(at);
        true
    })
}

/// The parts of an answer that may go back: not an empty text, and thinking only together with what it led to.
pub(super) fn worth_sending(parts: Vec<AssistantPart>) -> Vec<AssistantPart> {
    let parts: Vec<AssistantPart> = parts
        .into_iter()
        .filter(|part| !matches!(part, AssistantPart::Text(text) if text.trim().is_empty()))
        .collect();
    let says = |part: &AssistantPart| !matches!(part, AssistantPart::Thinking(_));
    if parts.iter().any(says) {
        parts
    } else {
        Vec::new()
    }
}

fn tool_uses(parts: &[AssistantPart]) -> Vec<String> {
    let ids = parts.iter().filter_map(|part| match part {
        AssistantPart::ToolUse { id, .. } => Some(id.clone()),
        _ => None,
    });
    ids.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Message {
        Message::User(vec![UserPart::Text(text.to_owned())])
    }

    fn used(id: &str) -> AssistantPart {
        AssistantPart::ToolUse {
            id: id.to_owned(),
            name: "t".to_owned(),
            arguments: "{}".to_owned(),
        }
    }

    fn result(id: &str) -> UserPart {
        UserPart::ToolResult {
            call_id: id.to_owned(),
            is_error: false,
            parts: vec![ResultPart::Text("r".to_owned())],
        }
    }

    #[test]
    fn what_is_whole_stays_as_it_is() {
        let whole = vec![
            said("a"),
            Message::Assistant(vec![
                AssistantPart::Text("b".to_owned()),
                used("1"),
                used("2"),
            ]),
            Message::User(vec![result("2"), result("1")]),
            Message::Assistant(vec![AssistantPart::Text("c".to_owned())]),
        ];
        assert_eq!(mended(whole.clone()), whole);
    }

    #[test]
    fn a_call_without_a_result_gets_one() {
        let broken = vec![
            said("a"),
            Message::Assistant(vec![used("1"), used("2")]),
            Message::User(vec![result("2"), result("9")]),
            said("b"),
        ];
        let Some(Message::User(parts)) = mended(broken).pop() else {
            panic!("a user message comes last");
        };
        let ids: Vec<_> = parts
            .iter()
            .map(|part| match part {
                UserPart::ToolResult {
                    call_id, is_error, ..
                } => (call_id.as_str(), *is_error),
                UserPart::Text(text) => (text.as_str(), false),
            })
            .collect();
        assert_eq!(ids, [("1", true), ("2", false), ("b", false)]);
    }

    #[test]
    fn an_empty_answer_is_none() {
        let empty = vec![
            said("a"),
            Message::Assistant(vec![AssistantPart::Text(" ".to_owned())]),
            said("b"),
        ];
        assert_eq!(
            mended(empty),
            [Message::User(vec![
                UserPart::Text("a".to_owned()),
                UserPart::Text("b".to_owned())
            ])]
        );
    }
}
