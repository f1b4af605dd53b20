//! The chat with example data, for the gallery: every state of picture 07 and its neighbours.

use super::markdown;
use super::markup::exact;
use super::view::{
    Block, Call, Calls, ChatPage, Composer, DeletePage, LeftOut, NotSetUpPage, Note, OpenSession,
    Panel, PanelRow, Payload, RenamePage, Sentence, SessionGroup, SessionRow, Talk, Way, Work,
};
use crate::dashboard::integrations::samples::HOSTILE;
use crate::dashboard::monogram::Monogram;
use crate::dashboard::parts::{Status, Tone, When};
use crate::dashboard::shell::Shell;

/// Every state of the chat page.
pub(in crate::dashboard) fn pages(shell: &Shell) -> Vec<(&'static str, ChatPage)> {
    let working = working(shell);
    let mut asking = working.clone();
    asking.talk.blocks.truncate(2);
    asking.talk.blocks.push(Block::Calls(Calls {
        calls: vec![approval()],
        fold: String::new(),
        open: true,
    }));
    asking.notes = vec![removed()];
    let mut done = working.clone();
    done.talk.work = Work::Idle;
    done.talk.blocks.truncate(2);
    done.talk.blocks.push(Block::Calls(Calls {
        calls: (0..6)
            .map(|at| call(at, if at == 4 { Tone::Bad } else { Tone::Good }))
            .collect(),
        fold: "6 calls, 1 failed".to_owned(),
        open: false,
    }));
    done.talk.blocks.push(Block::Text {
        html: markdown::render(ANSWER),
    });
    done.talk.blocks.push(Block::Note(Note {
        class: "",
        text: Sentence::of("Stopped by you."),
        way: Way::None,
    }));
    done.talk.blocks.push(Block::Note(Note {
        class: "bad",
        text: Sentence::of("The model API rejected its key. An admin has to enter another one."),
        way: Way::Link {
            label: "Settings, Models",
            href: "/settings/models".to_owned(),
        },
    }));
    done.panel.mode = Sentence {
        lead: "About 41,200 tokens of definitions.".to_owned(),
        rest: "Above the budget of 20,000, so the agent searches its tools instead of carrying the whole list.".to_owned(),
    };
    done.panel.left_out = vec![LeftOut {
        tool: "mcp__acme_mcp__odd".to_owned(),
        reason: "The model API refused its input schema.".to_owned(),
    }];
    let mut queued = working.clone();
    queued.talk.work = Work::Queued;
    queued.talk.blocks.truncate(1);
    "Waiting for a free place, 3 ahead of you.".clone_into(&mut queued.talk.line);
    queued.talk.queued = vec!["And tell me which of them were refunded.".to_owned()];
    queued.notes.clear();
    vec![
        ("chat", working),
        ("chat-approval", asking),
        ("chat-done", done),
        ("chat-queued", queued),
        ("chat-new", new(shell)),
        ("chat-hostile", hostile(shell)),
    ]
}

/// The pages beside it.
pub(in crate::dashboard) fn not_set_up(
    shell: &Shell,
    member: &Shell,
) -> [(&'static str, NotSetUpPage); 2] {
    let meanwhile =
        "Claude Code, Cursor, VS Code and other clients can use the 120 connected tools today."
            .to_owned();
    [
        (
            "chat-admin",
            NotSetUpPage {
                shell: shell.clone(),
                text: "Give it a model API first.".to_owned(),
                meanwhile: meanwhile.clone(),
            },
        ),
        (
            "chat-member",
            NotSetUpPage {
                shell: member.clone(),
                text: format!("Ask Admin account or {HOSTILE}."),
                meanwhile,
            },
        ),
    ]
}

/// The dialogs.
pub(in crate::dashboard) fn rename(shell: &Shell) -> RenamePage {
    RenamePage {
        shell: shell.clone(),
        href: "/chat/0".to_owned(),
        title: HOSTILE.to_owned(),
        problem: "A title has 1 to 120 characters.".to_owned(),
    }
}

/// The other dialog.
pub(in crate::dashboard) fn delete(shell: &Shell) -> DeletePage {
    DeletePage {
        shell: shell.clone(),
        href: "/chat/0".to_owned(),
        title: HOSTILE.to_owned(),
    }
}

const ANSWER: &str = "28 of the 31 refunds carry the reason **late delivery**, and all 28 went out with \
NordFreight after the depot change on 14 November.\n\n## What to do\n\n1. Ask [NordFreight](https://nordfreight.example/status) \
about the depot.\n2. Check `AC-48121` first.\n\n| Order | Total | Reason |\n|---|---|---|\n| AC-48121 | 412.00 | late delivery |\n\
| AC-48126 | 388.50 | late delivery |\n\n```sql\nselect * from refunds where reason = 'late_delivery';\n```\n";

fn row(title: &str, time: &str, state: &'static str, current: bool) -> SessionRow {
    SessionRow {
        href: "/chat/0".to_owned(),
        title: title.to_owned(),
        when: When::new(time, "22 Nov 2026, 11:20:00 UTC", "2026-11-22T11:20:00Z"),
        state,
        current,
    }
}

fn groups() -> Vec<SessionGroup> {
    vec![
        SessionGroup {
            title: "Today",
            sessions: vec![
                row(
                    "Refund spike for Baltic Foods",
                    "14:06",
                    "Working now",
                    true,
                ),
                row("Rollout plan, checkout flags", "11:20", "", false),
            ],
        },
        SessionGroup {
            title: "Yesterday",
            sessions: vec![
                row("Which orders missed the cut-off", "17:48", "", false),
                row("Draft the incident summary", "15:02", "", false),
                row("Compare plan tiers by churn", "09:31", "", false),
            ],
        },
        SessionGroup {
            title: "This week",
            sessions: vec![row("SLA wording for the renewal", "Thu", "", false)],
        },
    ]
}

fn panel() -> Panel {
    let rows = [
        ("Acme MCP", "acme_mcp", 11),
        ("Docs search", "docs_search", 4),
        ("Feature flags", "feature_flags", 6),
        ("GitHub", "github", 41),
        ("Incident room", "incident_room", 17),
        ("Linear", "linear", 24),
        ("Runbooks", "runbooks", 9),
        ("Billing warehouse", "billing_warehouse", 8),
    ];
    Panel {
        summary: String::new(),
        fixed: Some(When::new(
            "14:06",
            "22 Nov 2026, 14:06:11 UTC",
            "2026-11-22T14:06:11Z",
        )),
        count: "120 tools.".to_owned(),
        mode: Sentence {
            lead: "About 18,400 tokens of definitions.".to_owned(),
            rest: "The agent carries the whole list.".to_owned(),
        },
        connectors: rows
            .iter()
            .map(|(name, slug, tools)| PanelRow {
                name: (*name).to_owned(),
                monogram: Monogram::of(name, slug),
                count: tools.to_string(),
                cost: "about 1,700 tokens".to_owned(),
                status: (*tools == 8).then(|| Status::new(Tone::Bad, "Failing", "")),
            })
            .collect(),
        left_out: Vec::new(),
    }
}

fn payload(title: &str, text: &str) -> Payload {
    Payload {
        title: title.to_owned(),
        text: exact(text),
        whole: "/chat/0/calls/1/sent".to_owned(),
        more: String::new(),
    }
}

fn call(at: usize, tone: Tone) -> Call {
    let (word, trouble) = match tone {
        Tone::Good => ("Done", None),
        Tone::Bad => (
            "Failed",
            Some(Sentence {
                lead: "Billing warehouse did not accept Tieline’s token.".to_owned(),
                rest: "An admin has to replace it. The agent goes on without this tool.".to_owned(),
            }),
        ),
        _ => ("Running, 3 s", None),
    };
    let (tool, name, slug) = match tone {
        Tone::Good => ("search_orders", "Acme MCP", "acme_mcp"),
        Tone::Bad => ("run_query", "Billing warehouse", "billing_warehouse"),
        _ => ("search_docs", "Docs search", "docs_search"),
    };
    Call {
        key: format!("c-{slug}-{at}"),
        monogram: Monogram::of(name, slug),
        tool: tool.to_owned(),
        connector: name.to_owned(),
        took: if tone == Tone::Busy {
            String::new()
        } else {
            "214 ms".to_owned()
        },
        running_ms: (tone == Tone::Busy).then_some(3_000),
        status: Status::new(tone, word, ""),
        open: trouble.is_some(),
        trouble,
        cut: String::new(),
        sent: payload(
            "Sent",
            "{ \"customer\": \"Baltic Foods\", \"status\": \"refunded\", \"since\": \"2026-11-13\" }",
        ),
        received: None,
        decide: None,
    }
}

fn approval() -> Call {
    Call {
        key: "c-ask".to_owned(),
        tool: "refund_order".to_owned(),
        took: String::new(),
        status: Status::new(Tone::Warn, "Needs approval", ""),
        open: true,
        sent: payload("Sent", "{ \"id\": \"AC-48121\", \"amount\": 412.00 }"),
        decide: Some("/chat/0/calls/1/decision".to_owned()),
        ..call(9, Tone::Good)
    }
}

fn removed() -> Note {
    Note {
        class: "warn",
        text: Sentence::of("Runbooks was removed. Its tools no longer work here."),
        way: Way::NewSession,
    }
}

fn working(shell: &Shell) -> ChatPage {
    let mut first = call(0, Tone::Good);
    first.open = true;
    "search_orders returned 9.4 MB; the agent got the first 255.8 KB.".clone_into(&mut first.cut);
    let mut received = payload(
        "Received, 31 entries",
        "[\n  { \"id\": \"AC-48121\", \"total\": 412.00, \"reason\": \"late_delivery\" },\n  { \"id\": \"AC-48126\", \"total\": 388.50, \"reason\": \"late_delivery\" },",
    );
    "Show all, 6.1 KB".clone_into(&mut received.more);
    first.received = Some(received);
    ChatPage {
        shell: shell.clone(),
        groups: groups(),
        open: Some(OpenSession {
            href: "/chat/0".to_owned(),
            title: "Refund spike for Baltic Foods".to_owned(),
            model: "claude-opus-5".to_owned(),
        }),
        talk: Talk {
            blocks: vec![
                Block::User { text: "Why did refunds for Baltic Foods jump last week? Check the orders and the payments ledger.".to_owned() },
                Block::Text { html: markdown::render("I’ll look at their orders first, then match the refunds in the ledger.") },
                Block::Calls(Calls {
                    calls: vec![first, call(1, Tone::Bad), call(2, Tone::Busy)],
                    fold: String::new(),
                    open: true,
                }),
                Block::Typing {
                    html: markdown::render("28 of the 31 refunds carry the reason late delivery, and all 28 went out with NordFreight after the depot change on 14 November. The ledger is not reachable right now, so I can’t confirm the **amounts**"),
                },
            ],
            from: 0,
            work: Work::Running,
            line: String::new(),
            later: String::new(),
            queued: Vec::new(),
        },
        notes: vec![Note {
            class: "acc",
            text: Sentence { lead: "Acme MCP has 3 new tools.".to_owned(), rest: "This session keeps its own.".to_owned() },
            way: Way::NewSession,
        }],
        composer: Composer {
            action: "/chat/0/send".to_owned(),
            stop: "/chat/0/stop".to_owned(),
            draft: String::new(),
            placeholder: "Ask for something",
            problem: String::new(),
            models: Vec::new(),
        },
        panel: panel(),
    }
}

fn new(shell: &Shell) -> ChatPage {
    let page = working(shell);
    ChatPage {
        open: None,
        talk: Talk::default(),
        notes: vec![Note {
            class: "acc",
            text: Sentence {
                lead: "Since your last session:".to_owned(),
                rest: "+4 tools from Linear, Jira is failing, 1 tool changed.".to_owned(),
            },
            way: Way::None,
        }],
        composer: Composer {
            action: "/chat".to_owned(),
            stop: String::new(),
            problem: "Write a message first.".to_owned(),
            models: vec!["Claude".to_owned(), "Local".to_owned()],
            ..page.composer
        },
        panel: Panel {
            fixed: None,
            summary: "What a session that you start now gets, and keeps.".to_owned(),
            ..page.panel
        },
        ..page
    }
}

fn hostile(shell: &Shell) -> ChatPage {
    let mut page = working(shell);
    let mut call = call(0, Tone::Good);
    HOSTILE.clone_into(&mut call.tool);
    HOSTILE.clone_into(&mut call.connector);
    if let Some(row) = page.panel.connectors.first_mut() {
        "A connector with sixty characters in its name, no more, no less".clone_into(&mut row.name);
    }
    call.received = Some(payload(
        "Received",
        &format!("{HOSTILE}<script>alert(1)</script>\u{202e}evil"),
    ));
    page.talk.blocks = vec![
        Block::User {
            text: HOSTILE.to_owned(),
        },
        Block::Text {
            html: markdown::render(&format!(
                "{HOSTILE} [x](javascript:alert(1)) ![y](https://track.example/p.png)"
            )),
        },
        Block::Calls(Calls {
            calls: vec![call],
            fold: String::new(),
            open: false,
        }),
        Block::Typing {
            html: markdown::render(HOSTILE),
        },
    ];
    page.talk.queued = vec![HOSTILE.to_owned()];
    page.groups[0].sessions[0].title = format!("{HOSTILE} {}", "x".repeat(100));
    HOSTILE.clone_into(&mut page.panel.connectors[0].name);
    if let Some(open) = &mut page.open {
        open.title = format!("{HOSTILE} {}", "y".repeat(100));
        HOSTILE.clone_into(&mut open.model);
    }
    HOSTILE.clone_into(&mut page.composer.draft);
    page
}
