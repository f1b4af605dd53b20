//! What was said in a call, as the call's page shows it: arguments and result, or why they are not there.

use tieline_hub::{CallContent, CallRow, KEPT_CONTENT, KeptText};

use crate::dashboard::chat::json_text::pretty;
use crate::dashboard::chat::markup::{Markup, exact};
use crate::dashboard::words::size;

/// What was said.
#[derive(Debug, Clone, Default)]
pub struct Content {
    /// Arguments and result, as far as they are kept.
    pub parts: Vec<ContentPart>,
    /// What else is to be known of them; empty when nothing is.
    pub note: &'static str,
    /// Where that can be changed, or where it is to be read: label and address.
    pub way: Option<(&'static str, String)>,
}

/// Arguments, or a result.
#[derive(Debug, Clone)]
pub struct ContentPart {
    /// Which of both.
    pub title: &'static str,
    /// As much as is kept.
    pub text: Markup,
    /// "Cut at 16 KB of 9.4 MB."; empty when it is all there.
    pub cut: String,
}

impl Content {
    /// In words.
    pub(super) fn of(call: &CallRow, said: &CallContent) -> Self {
        let note = |note, way| Self {
            parts: Vec::new(),
            note,
            way,
        };
        let settings = || Some(("Settings, Data", "/settings/data".to_owned()));
        match said {
            CallContent::Kept { arguments, result } => Self {
                parts: [("Arguments", arguments), ("Result", result)]
                    .into_iter()
                    .filter_map(|(title, text)| Some(part(title, text.as_ref()?)))
                    .collect(),
                note: match (arguments, result, call.outcome.as_str()) {
                    (None, ..) => "The arguments could not be kept.",
                    (_, None, "ok" | "tool_error") => "The result was not kept.",
                    (_, None, _) => "There was no result.",
                    _ => "",
                },
                way: None,
            },
            CallContent::Off => note("Arguments and results are not kept.", settings()),
            CallContent::Missing => note(
                "What was said in this call is not kept, or not any more.",
                settings(),
            ),
            CallContent::OfChat { own: None } => note(
                "This call is part of a chat. What is said there stays with its owner.",
                None,
            ),
            CallContent::OfChat { own: Some(session) } => note(
                "This call is part of your chat, which nobody else can read.",
                Some(("Open the chat", format!("/chat/{session}"))),
            ),
        }
    }
}

/// JSON that is all there is laid out; the rest is shown as it came.
fn part(title: &'static str, kept: &KeptText) -> ContentPart {
    let laid_out = Some(kept).filter(|kept| !kept.is_cut());
    let laid_out = laid_out.and_then(|kept| pretty(&kept.text));
    ContentPart {
        title,
        text: exact(laid_out.as_deref().unwrap_or(&kept.text)),
        cut: if kept.is_cut() {
            let whole = usize::try_from(kept.bytes).unwrap_or(usize::MAX);
            format!("Cut at {} of {}.", size(KEPT_CONTENT), size(whole))
        } else {
            String::new()
        },
    }
}

#[cfg(test)]
mod tests {
    use tieline_hub::KeptText;

    use super::part;

    #[test]
    fn a_text_that_was_cut_says_where_and_markup_stays_text() {
        let cut = part(
            "Result",
            &KeptText {
                text: "{\"a\":\"<script>".to_owned(),
                bytes: 9_856_000,
            },
        );
        assert_eq!(cut.cut, "Cut at 16 KB of 9.3 MB.");
        assert_eq!(cut.text.to_string(), "{&quot;a&quot;:&quot;&lt;script&gt;");
        let whole = part(
            "Arguments",
            &KeptText {
                text: "{\"a\":1}".to_owned(),
                bytes: 7,
            },
        );
        assert_eq!(whole.text.to_string(), "{ &quot;a&quot;: 1 }");
        assert_eq!(whole.cut, "");
    }
}
