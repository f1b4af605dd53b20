//! Example data for the page of one tool.

use super::samples::HOSTILE;
use super::try_view::{TryField, TryPage, TryResult};
use crate::dashboard::activity::view::SelectOption;
use crate::dashboard::chat::markup::exact;
use crate::dashboard::parts::{Status, Tone};
use crate::dashboard::shell::{Section, Shell};

/// The form with what is wrong, and with what came of a call.
pub(crate) fn pages(shell: &Shell) -> Vec<(&'static str, TryPage)> {
    let mut shell = shell.clone();
    shell.section = Section::Integrations;
    let field = |at: usize, label: &str, note: &str, help: &str| TryField {
        id: format!("arg-{at}"),
        name: format!("arg.{label}"),
        label: label.to_owned(),
        note: note.to_owned(),
        help: help.to_owned(),
        ..TryField::default()
    };
    let option = |value: &str, label: &str| SelectOption {
        value: value.to_owned(),
        label: label.to_owned(),
        chosen: value.is_empty(),
    };
    let fields = vec![
        TryField {
            problem: "This input is required.".to_owned(),
            ..field(
                0,
                "customer",
                "string, required",
                "Customer id, e-mail address or name",
            )
        },
        TryField {
            choices: vec![
                option("", "Leave out"),
                option("0", "open"),
                option("1", HOSTILE),
            ],
            ..field(1, "status", "one of", "Leave out for every status")
        },
        TryField {
            long: true,
            value: HOSTILE.to_owned(),
            ..field(2, "filter", "object, as JSON", HOSTILE)
        },
        field(3, HOSTILE, "integer", ""),
    ];
    let wrong = TryPage {
        shell,
        name: "Acme MCP".to_owned(),
        slug: "acme_mcp".to_owned(),
        tool: "refund_order".to_owned(),
        title: "refund_order".to_owned(),
        description: "Refund an order in full or in part.".to_owned(),
        writes: true,
        off: String::new(),
        problem: "Nothing was called: one input needs another look.".to_owned(),
        fields,
        result: None,
        schema: exact("{\n  \"type\": \"object\",\n  \"title\": \"<b>\u{202e}</b>\"\n}"),
        schema_cut: "Cut here: 1,204,112 bytes in all.".to_owned(),
        exposed: "mcp__acme_mcp__refund_order".to_owned(),
        tokens: "176 tokens".to_owned(),
    };
    let mut done = wrong.clone();
    done.problem = String::new();
    done.fields[0].problem = String::new();
    done.result = Some(TryResult {
        status: Status::new(Tone::Good, "Done", ""),
        took: "214 ms".to_owned(),
        text: exact(HOSTILE),
        cut: String::new(),
        raw: exact("{ \"content\": [] }"),
    });
    let off = TryPage {
        problem: String::new(),
        fields: Vec::new(),
        off: "This tool is off. Turn it on to try it.".to_owned(),
        ..wrong.clone()
    };
    vec![("try-wrong", wrong), ("try-done", done), ("try-off", off)]
}
