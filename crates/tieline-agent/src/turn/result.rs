//! What came of a call: all of it for the person, as much as fits for the model, and a sentence where there is no
//! result.

use std::fmt::Write as _;

use serde::Deserialize;
use serde_json::value::RawValue;
use tieline_hub::CallOutcome;

use crate::event::GivenPart;
use crate::model::ResultPart;

/// Pictures that model APIs take.
const PICTURES: [&str; 4] = ["image/png", "image/jpeg", "image/gif", "image/webp"];
/// A picture is not text: it has limits of its own, those of model APIs.
const PICTURE_BYTES: usize = 5 * 1024 * 1024;
const PICTURES_AT_ONCE: usize = 8;

/// What came of one call.
#[derive(Debug)]
pub(super) struct CallResult {
    pub(super) outcome: &'static str,
    pub(super) code: Option<String>,
    /// For the person: a JSON array of MCP content blocks.
    pub(super) content: Box<RawValue>,
    /// For the model.
    pub(super) is_error: bool,
    pub(super) parts: Vec<ResultPart>,
    /// How much of the text that is, when it is not all of it.
    pub(super) given: Option<GivenPart>,
}

impl CallResult {
    /// A call that Tieline itself answers with a sentence that the model can act on.
    pub(super) fn refused(code: &str, sentence: impl Into<String>) -> Self {
        Self::sentence("refused", Some(code), sentence)
    }

    pub(super) fn sentence(
        outcome: &'static str,
        code: Option<&str>,
        sentence: impl Into<String>,
    ) -> Self {
        let sentence = sentence.into();
        Self {
            outcome,
            code: code.map(str::to_owned),
            content: content_of_text(&sentence),
            is_error: outcome != "ok",
            parts: vec![ResultPart::Text(sentence)],
            given: None,
        }
    }

    pub(super) fn of(outcome: CallOutcome, cap: usize) -> Self {
        let word = outcome.word();
        let code = outcome.code().map(str::to_owned);
        let code = code.as_deref();
        match outcome {
            CallOutcome::Ok { result, .. } | CallOutcome::ToolError { result, .. } => {
                Self::answer(word, &result, cap)
            }
            // Not to be had by a caller that declares nothing and reads every answer whole.
            CallOutcome::InputRequired { .. }
            | CallOutcome::Task { .. }
            | CallOutcome::PassedOn(_) => Self::sentence(
                "upstream_failure",
                Some("input_required"),
                "The server asked for input from a person, which this agent cannot give.",
            ),
            CallOutcome::RpcError {
                code: number,
                message,
                ..
            } => Self::sentence(
                word,
                code,
                format!(
                    "The server refused the call: {message} ({number}). Check the tool's name and arguments."
                ),
            ),
            CallOutcome::UpstreamFailure(failure) if failure.code == "cancelled" => {
                Self::sentence(word, code, stopped_call())
            }
            CallOutcome::UpstreamFailure(failure) => Self::sentence(
                word,
                code,
                format!(
                    "{} Tieline does not repeat a call by itself, because it may have been carried out.",
                    failure.message
                ),
            ),
            CallOutcome::Refused(refusal) => Self::sentence(word, code, refusal.to_string()),
        }
    }

    fn answer(word: &'static str, result: &RawValue, cap: usize) -> Self {
        let read: Answer<'_> = serde_json::from_str(result.get()).unwrap_or_default();
        let blocks = read.content.map_or("[]", RawValue::get);
        let is_empty = serde_json::from_str::<Vec<&RawValue>>(blocks).is_ok_and(|b| b.is_empty());
        let content = match read.structured_content {
            // Servers that answer with structure alone are allowed; people see it as its JSON.
            Some(structured) if is_empty => content_of_text(structured.get()),
            _ => RawValue::from_string(blocks.to_owned()).expect("this was raw JSON before"),
        };
        let (parts, given) = parts_of(content.get(), cap);
        Self {
            outcome: word,
            code: None,
            is_error: word != "ok",
            parts,
            given,
            content,
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Answer<'a> {
    #[serde(borrow)]
    content: Option<&'a RawValue>,
    #[serde(borrow)]
    structured_content: Option<&'a RawValue>,
}

/// A content block of MCP. Fields that a kind does not have are missing.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Block {
    r#type: String,
    text: Option<String>,
    data: Option<String>,
    mime_type: Option<String>,
    uri: Option<String>,
    name: Option<String>,
    resource: Option<Resource>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Resource {
    uri: Option<String>,
    text: Option<String>,
    mime_type: Option<String>,
}

fn parts_of(content: &str, cap: usize) -> (Vec<ResultPart>, Option<GivenPart>) {
    let Ok(blocks) = serde_json::from_str::<Vec<&RawValue>>(content) else {
        let (text, given) = capped(content.to_owned(), cap);
        return (vec![ResultPart::Text(text)], given);
    };
    let mut parts = Vec::new();
    let mut text = String::new();
    let mut pictures = 0;
    for raw in blocks {
        // What is no block that we know is shown as what it is.
        let block: Block = serde_json::from_str(raw.get()).unwrap_or_default();
        if let Some(picture) = picture_of(&block).filter(|_| pictures < PICTURES_AT_ONCE) {
            pictures += 1;
            parts.push(picture);
            continue;
        }
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&words_of(block, raw.get()));
    }
    if text.is_empty() && parts.is_empty() {
        "The tool answered without any content.".clone_into(&mut text);
    }
    let (text, given) = capped(text, cap);
    if !text.is_empty() {
        parts.insert(0, ResultPart::Text(text));
    }
    (parts, given)
}

fn picture_of(block: &Block) -> Option<ResultPart> {
    let (data, media_type) = (block.data.as_ref()?, block.mime_type.as_ref()?);
    let is_one = block.r#type == "image" && PICTURES.contains(&media_type.as_str());
    (is_one && data.len() <= PICTURE_BYTES).then(|| ResultPart::Image {
        media_type: media_type.clone(),
        data: data.clone(),
    })
}

fn words_of(block: Block, raw: &str) -> String {
    let kind = block.mime_type.unwrap_or_else(|| "unknown type".to_owned());
    match block.r#type.as_str() {
        "text" => block.text.unwrap_or_default(),
        "image" | "audio" => format!(
            "[{}, {kind}, {} bytes in base64: not passed on to you, the person can see it]",
            block.r#type,
            block.data.map_or(0, |data| data.len())
        ),
        "resource_link" => format!(
            "[link: {} {}]",
            block.name.unwrap_or_default(),
            block.uri.unwrap_or_default()
        ),
        "resource" => {
            let resource = block.resource.unwrap_or_default();
            let uri = resource.uri.unwrap_or_default();
            match resource.text {
                Some(text) => format!("[{uri}]\n{text}"),
                None => format!(
                    "[{uri}, {}: bytes, not passed on to you]",
                    resource.mime_type.unwrap_or(kind)
                ),
            }
        }
        _ => raw.to_owned(),
    }
}

/// Cuts what is too long for the model, and says so.
fn capped(mut text: String, cap: usize) -> (String, Option<GivenPart>) {
    if text.len() <= cap {
        return (text, None);
    }
    let all = text.len();
    let kept = text.floor_char_boundary(cap.saturating_sub(200));
    text.truncate(kept);
    let _ = write!(
        text,
        "\n\n[Tieline cut this result: it has {all} bytes, and you see the first {kept}. The person sees all of it. Ask \
         the tool for less, for example with a filter or a page, if you need the rest.]"
    );
    let given = GivenPart {
        all: all as u64,
        given: kept as u64,
    };
    (text, Some(given))
}

/// A JSON array with one block of text.
pub(crate) fn content_of_text(text: &str) -> Box<RawValue> {
    let json = serde_json::json!([{ "type": "text", "text": text }]).to_string();
    RawValue::from_string(json).expect("this was JSON a moment ago")
}

/// What is known of a call whose process ended.
pub(crate) fn interrupted_call() -> &'static str {
    "Tieline stopped while this call was under way. It may or may not have been carried out; check before you repeat it."
}

/// What is known of a call that was stopped.
pub(super) fn stopped_call() -> &'static str {
    "The call was stopped before it was over. It may or may not have been carried out; check before you repeat it."
}

#[cfg(test)]
mod tests {
    use super::*;
    use tieline_hub::CallRefusal;

    fn raw(json: &serde_json::Value) -> Box<RawValue> {
        RawValue::from_string(json.to_string()).expect("JSON")
    }

    #[test]
    fn a_result_has_its_text_first_and_its_pictures() {
        let result = raw(&serde_json::json!({ "content": [
            { "type": "image", "data": "AAAA", "mimeType": "image/png" },
            { "type": "text", "text": "<script>\u{202e}" },
            { "type": "audio", "data": "AAAA", "mimeType": "audio/wav" },
            { "type": "resource", "resource": { "uri": "file:///a", "text": "inside" } },
            { "type": "resource_link", "uri": "https://a.example", "name": "A" },
            { "type": "new_kind", "x": 1 },
            7,
        ]}));
        let found = CallResult::answer("ok", &result, 1_000);
        let [ResultPart::Text(text), ResultPart::Image { media_type, .. }] = &found.parts[..]
        else {
            panic!("{:?}", found.parts);
        };
        assert_eq!(media_type, "image/png");
        assert_eq!(
            text,
            "<script>\u{202e}\n[audio, audio/wav, 4 bytes in base64: not passed on to you, the person can see it]\n\
             [file:///a]\ninside\n[link: A https://a.example]\n{\"type\":\"new_kind\",\"x\":1}\n7"
        );
        assert!(!found.is_error);
    }

    #[test]
    fn too_much_is_cut_with_a_word_about_it_and_kept_for_the_person() {
        let long = "ß".repeat(1_000);
        let result = raw(&serde_json::json!({ "content": [{ "type": "text", "text": long }] }));
        let found = CallResult::answer("ok", &result, 500);
        let [ResultPart::Text(text)] = &found.parts[..] else {
            panic!("{:?}", found.parts);
        };
        assert!(
            text.contains("it has 2000 bytes, and you see the first 300"),
            "{text}"
        );
        assert!(text.len() < 600);
        assert!(found.content.get().contains(&long));
        let part = GivenPart {
            all: 2_000,
            given: 300,
        };
        assert_eq!(found.given, Some(part));
    }

    #[test]
    fn structure_alone_and_nothing_at_all_are_words_too() {
        let cases = [
            (
                serde_json::json!({ "structuredContent": { "a": 1 } }),
                r#"{"a":1}"#,
            ),
            (
                serde_json::json!({ "content": [], "structuredContent": { "a": 1 } }),
                r#"{"a":1}"#,
            ),
            (
                serde_json::json!({}),
                "The tool answered without any content.",
            ),
            (serde_json::json!({ "content": "odd" }), "\"odd\""),
        ];
        for (result, expected) in cases {
            let found = CallResult::answer("ok", &raw(&result), 500);
            assert_eq!(
                found.parts,
                [ResultPart::Text(expected.to_owned())],
                "{result}"
            );
        }
    }

    #[test]
    fn a_refusal_is_a_sentence_for_the_model() {
        let refusal = CallRefusal::ConnectorRemoved {
            name: "Acme MCP".to_owned(),
        };
        let found = CallResult::of(CallOutcome::Refused(refusal), 500);
        assert_eq!((found.outcome, found.is_error), ("refused", true));
        assert_eq!(found.code.as_deref(), Some("connector_removed"));
        assert_eq!(
            found.parts,
            [ResultPart::Text(
                "Acme MCP was removed by an admin. Its tools no longer work here.".to_owned()
            )]
        );
    }
}
